//! LMOVEM, of Redis 8.10.

use super::ends::SOURCE_AND_DESTINATION;
use super::movem::{END, HOW_MANY, ManyMoved};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::Txn;

/// Where how many are moved stands.
const AT: usize = 5;

pub static SPEC: Spec = Spec::write("lmovem", -5, DOC, run)
    .since(3)
    .flags(Flags::DENYOOM)
    .check(|args| ManyMoved::parse(args, AT).map(drop))
    .keys(SOURCE_AND_DESTINATION);

const DOC: Doc = Doc {
    summary: "Takes elements off one end of a list, adds them at an end of another or the same one, and returns them.",
    since: "8.10.0",
    group: Family::List,
    complexity: "O(N) with the number of elements moved",
    args: &[
        Arg::new("source", ArgKind::Key(0)),
        Arg::new("destination", ArgKind::Key(1)),
        Arg::new("wherefrom", END),
        Arg::new("whereto", END),
        HOW_MANY,
    ],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let moved = ManyMoved::parse(args, AT)?.run(txn, args)?;
    Ok(moved.unwrap_or(Reply::NilArray))
}
