//! BRPOPLPUSH

use super::block::move_one;
use super::ends::SOURCE_AND_DESTINATION;
use crate::command::waiting::timeout_ms;
use crate::command::{Arg, ArgKind, Blocking, Doc, Family, Flags, Spec, Wait};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::{End, Wants};

/// The command.
pub static SPEC: Spec = Spec::blocking(
    "brpoplpush",
    4,
    DOC,
    Blocking {
        attempt: |txn, args| move_one(txn, args, End::Tail, End::Head),
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

const DOC: Doc = Doc {
    summary: "Takes the last element off a list and adds it at the beginning of another one; waits until there is one.",
    since: "2.2.0",
    group: Family::List,
    complexity: "O(1)",
    args: &[
        Arg::new("source", ArgKind::Key(0)),
        Arg::new("destination", ArgKind::Key(1)),
        Arg::new("timeout", ArgKind::Double),
    ],
};

fn wait(args: &Args) -> Result<Wait, ReplyError> {
    Ok(Wait::new([args.arg(1)], timeout_ms(args, 3)?))
}
