//! DEBUG DIGEST and DIGEST-VALUE: sums of what keys hold, to be compared with others. Whether nodes are the same, RAFT.DIGEST says.

use super::content::Sum;
use super::{PROTECTED, doc};
use crate::command::{Arg, ArgKind, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::View;

pub static DIGEST: Spec = Spec::read(
    "debug|digest",
    2,
    doc("1.0.0", "O(N) with the size of all values", "Returns a digest of all keys and values."),
    all,
)
.since(3)
.without(Flags::READONLY)
.flags(PROTECTED.difference(super::OPEN).union(Flags::UNBOUNDED));
pub static DIGEST_VALUE: Spec = Spec::read(
    "debug|digest-value",
    -2,
    doc("5.0.0", "O(N) with the size of the values", "Returns a digest of each value.").args(&[Arg::new(
        "key",
        ArgKind::Key(0),
    )
    .multiple()]),
    values,
)
.since(3)
.without(Flags::READONLY)
.flags(PROTECTED.difference(super::OPEN).union(Flags::UNBOUNDED).union(Flags::NO_MANDATORY_KEYS))
.keys(&[KeySpec::range(2, -1, 1, KeyFlags::RO)]);

fn all(view: &View<'_>, _args: &Args) -> Outcome {
    Ok(show(Sum::of_all(view)))
}

fn values(view: &View<'_>, args: &Args) -> Outcome {
    Ok(Reply::Array(args.from(2).map(|key| show(Sum::of_value(view, key))).collect()))
}

fn show(sum: Sum) -> Reply {
    Reply::Simple(sum.to_string().into_bytes().into())
}
