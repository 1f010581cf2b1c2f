//! XRANGE

use super::range::{COUNT, Range};
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Spec};

pub static SPEC: Spec =
    Spec::read("xrange", -4, DOC, |view, args| Range::parse(args, 2, 3)?.run(view, args.arg(1), false))
        .since(3)
        .check(|args| Range::parse(args, 2, 3).map(drop))
        .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Returns the entries of a stream between two ids.",
    since: "5.0.0",
    group: Family::Stream,
    complexity: "O(N) with the number of entries returned",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("start", ArgKind::String),
        Arg::new("end", ArgKind::String),
        COUNT,
    ],
};
