//! BLMOVE

use super::block::move_one;
use super::ends::{SOURCE_AND_DESTINATION, end};
use crate::command::waiting::timeout_ms;
use crate::command::{Arg, ArgKind, Blocking, Doc, Family, Flags, Spec, Wait};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::Wants;

/// The command.
pub static SPEC: Spec = Spec::blocking(
    "blmove",
    6,
    DOC,
    Blocking {
        attempt: |txn, args| move_one(txn, args, end(args, 3)?, end(args, 4)?),
        wait,
        wants: Wants::List,
        nothing: || Reply::Nil,
        found_nothing: None,
    },
)
.since(3)
.flags(Flags::DENYOOM)
.check(|args| wait(args).map(drop))
.keys(SOURCE_AND_DESTINATION);

const END: ArgKind = ArgKind::OneOf(&[Arg::word("left", "LEFT"), Arg::word("right", "RIGHT")]);

const DOC: Doc = Doc {
    summary: "Takes an element off one end of a list and adds it at an end of another or the same one; waits until there is one.",
    since: "6.2.0",
    group: Family::List,
    complexity: "O(1)",
    args: &[
        Arg::new("source", ArgKind::Key(0)),
        Arg::new("destination", ArgKind::Key(1)),
        Arg::new("wherefrom", END),
        Arg::new("whereto", END),
        Arg::new("timeout", ArgKind::Double),
    ],
};

fn wait(args: &Args) -> Result<Wait, ReplyError> {
    end(args, 3)?;
    end(args, 4)?;
    Ok(Wait::new([args.arg(1)], timeout_ms(args, 5)?))
}
