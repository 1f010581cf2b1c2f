//! SCRIPT KILL

use crate::command::{Doc, Family, Flags, Outcome, Spec};
use crate::error::ReplyError;
use crate::protocol::Args;
use crate::store::View;

pub static SPEC: Spec =
    Spec::read("script|kill", 2, DOC, run).without(Flags::READONLY).flags(Flags::NOSCRIPT.union(Flags::ALLOW_BUSY));

const DOC: Doc = Doc {
    summary: "Finds no script to stop: a script ends by its budget, at the same point on every node.",
    since: "2.6.0",
    group: Family::Scripting,
    complexity: "O(1)",
    args: &[],
};

fn run(_: &View<'_>, _: &Args) -> Outcome {
    // No command runs beside a script, so whoever is answered here is answered between scripts.
    Err(ReplyError::new("NOTBUSY No scripts in execution right now."))
}
