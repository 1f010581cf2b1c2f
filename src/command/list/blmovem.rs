//! BLMOVEM, of Redis 8.10: with COUNT it waits for one element, with EXACTLY for as many. Nothing is kept for who waits: others may take what
//! is not enough, and who comes later may be served before.

use super::ends::SOURCE_AND_DESTINATION;
use super::movem::{END, HOW_MANY, ManyMoved};
use crate::command::waiting::timeout_ms;
use crate::command::{Arg, ArgKind, Blocking, Doc, Family, Flags, Spec, Wait};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::Wants;

/// Where how many are moved stands.
const AT: usize = 6;

/// The command.
pub static SPEC: Spec = Spec::blocking(
    "blmovem",
    -6,
    DOC,
    Blocking {
        attempt: |txn, args| {
            wait(args)?;
            ManyMoved::parse(args, AT)?.run(txn, args)
        },
        wait,
        wants: Wants::LongerList,
        nothing: || Reply::NilArray,
        found_nothing: None,
    },
)
.since(3)
.without(Flags::NOSCRIPT)
.flags(Flags::DENYOOM)
.check(|args| wait(args).map(drop))
.keys(SOURCE_AND_DESTINATION);

const DOC: Doc = Doc {
    summary: "Takes elements off one end of a list and adds them at an end of another or the same one; waits until there are enough.",
    since: "8.10.0",
    group: Family::List,
    complexity: "O(N) with the number of elements moved",
    args: &[
        Arg::new("source", ArgKind::Key(0)),
        Arg::new("destination", ArgKind::Key(1)),
        Arg::new("wherefrom", END),
        Arg::new("whereto", END),
        Arg::new("timeout", ArgKind::Double),
        HOW_MANY,
    ],
};

fn wait(args: &Args) -> Result<Wait, ReplyError> {
    ManyMoved::parse(args, AT)?;
    Ok(Wait::new([args.arg(1)], timeout_ms(args, 5)?))
}
