//! SCRIPT

use super::{debug, exists, flush, help, kill, load};
use crate::command::{Categories, Doc, Flags, Group, Run, Spec};

pub static SPEC: Spec = Spec {
    name: "script",
    arity: -2,
    flags: Flags::empty(),
    categories: Categories::empty(),
    keys: &[],
    doc: Doc {
        summary: "Loads, finds and forgets scripts.",
        since: "2.6.0",
        group: Group::Scripting,
        complexity: "Depends on subcommand.",
        args: &[],
    },
    run: Run::Container,
    subcommands: &[&debug::SPEC, &exists::SPEC, &flush::SPEC, &help::SPEC, &kill::SPEC, &load::SPEC],
};
