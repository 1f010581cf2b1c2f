//! XREVRANGE

use super::range::{COUNT, Range};
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Spec};

pub static SPEC: Spec =
    Spec::read("xrevrange", -4, DOC, |view, args| Range::parse(args, 3, 2)?.run(view, args.arg(1), true))
        .since(3)
        .check(|args| Range::parse(args, 3, 2).map(drop))
        .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Returns the entries of a stream between two ids, the last one first.",
    since: "5.0.0",
    group: Family::Stream,
    complexity: "O(N) with the number of entries returned",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("end", ArgKind::String),
        Arg::new("start", ArgKind::String),
        COUNT,
    ],
};
