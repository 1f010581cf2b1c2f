//! SUBSTR

use super::getrange::run;
use crate::command::{Arg, ArgKind, Categories, Doc, Flags, Group, KeyFlags, KeySpec, Run, Spec};

pub static SPEC: Spec = Spec {
    name: "substr",
    arity: 4,
    flags: Flags::READONLY,
    categories: Categories::empty(),
    keys: &[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))],
    doc: Doc {
        summary: "GETRANGE under its old name.",
        since: "1.0.0",
        group: Group::String,
        complexity: "O(N) with the length of the part; O(1) for a part of a long string",
        args: &[
            Arg::new("key", ArgKind::Key(0)),
            Arg::new("start", ArgKind::Integer),
            Arg::new("end", ArgKind::Integer),
        ],
    },
    run: Run::Read(run),
    subcommands: &[],
};
