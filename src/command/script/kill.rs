//! SCRIPT KILL

use crate::command::context::{Answer, Call};
use crate::command::{Doc, Family, Flags, Spec};
use crate::protocol::{Args, Reply};

pub static SPEC: Spec = Spec::session("script|kill", 2, Flags::NOSCRIPT.union(Flags::ALLOW_BUSY), DOC, run);

const DOC: Doc = Doc {
    summary: "Stops the scripts that run on this node and only read; one that may write ends by its budget, at the same point on every node.",
    since: "2.6.0",
    group: Family::Scripting,
    complexity: "O(1)",
    args: &[],
};

fn run(call: &mut Call<'_>, _: &Args) -> Answer {
    call.node.stop_scripts(false).map_or_else(Reply::Error, |()| Reply::Ok).into()
}
