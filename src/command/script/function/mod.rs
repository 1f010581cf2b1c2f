//! FUNCTION: libraries of functions. They are replicated state, loaded by the log, and run on any node ([`crate::store::Libraries`]).

mod delete;
mod dump;
mod flush;
mod help;
mod kill;
mod list;
mod load;
mod restore;
mod stats;

use crate::command::{Doc, Family, Spec};

pub static SPEC: Spec = Spec::container(
    "function",
    doc("7.0.0", "Depends on subcommand.", "Loads, lists and removes libraries of functions."),
    &[
        &delete::SPEC,
        &dump::SPEC,
        &flush::SPEC,
        &help::SPEC,
        &kill::SPEC,
        &list::SPEC,
        &load::SPEC,
        &restore::SPEC,
        &stats::SPEC,
    ],
)
.since(LEVEL);

/// The feature level that came with functions.
const LEVEL: u32 = 3;

const fn doc(since: &'static str, complexity: &'static str, summary: &'static str) -> Doc {
    Doc::new(Family::Scripting, since, complexity, summary)
}
