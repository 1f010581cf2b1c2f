//! LMOVE

use super::ends::{SOURCE_AND_DESTINATION, end, transfer};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, Outcome, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::{End, Txn};

pub static SPEC: Spec = Spec::write("lmove", 5, DOC, run)
    .since(3)
    .flags(Flags::DENYOOM)
    .check(|args| ends(args).map(drop))
    .keys(SOURCE_AND_DESTINATION);

const FROM: ArgKind = ArgKind::OneOf(&[Arg::word("left", "LEFT"), Arg::word("right", "RIGHT")]);

const DOC: Doc = Doc {
    summary: "Takes an element off one end of a list, adds it at an end of another or the same one, and returns it.",
    since: "6.2.0",
    group: Family::List,
    complexity: "O(1)",
    args: &[
        Arg::new("source", ArgKind::Key(0)),
        Arg::new("destination", ArgKind::Key(1)),
        Arg::new("wherefrom", FROM),
        Arg::new("whereto", FROM),
    ],
};

fn ends(args: &Args) -> Result<(End, End), ReplyError> {
    Ok((end(args, 3)?, end(args, 4)?))
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let (from, to) = ends(args)?;
    let element = transfer(txn, (args.arg(1), from), (args.arg(2), to))?;
    Ok(element.map_or(Reply::Nil, Reply::Bulk))
}
