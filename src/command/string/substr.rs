//! SUBSTR

use super::getrange::{range, run};
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Spec};

pub static SPEC: Spec = Spec::read("substr", 4, DOC, run)
    .check(|args| range(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "GETRANGE under its old name.",
    since: "1.0.0",
    group: Family::String,
    complexity: "O(N) with the length of the part; O(1) for a part of a long string",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("start", ArgKind::Integer), Arg::new("end", ArgKind::Integer)],
};
