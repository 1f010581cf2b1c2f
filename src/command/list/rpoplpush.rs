//! RPOPLPUSH

use super::ends::{SOURCE_AND_DESTINATION, transfer};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{End, Txn};

pub static SPEC: Spec =
    Spec::write("rpoplpush", 3, DOC, run).since(3).flags(Flags::DENYOOM).keys(SOURCE_AND_DESTINATION);

const DOC: Doc = Doc {
    summary: "Takes the last element off a list, adds it in front of another or the same one, and returns it.",
    since: "1.2.0",
    group: Family::List,
    complexity: "O(1)",
    args: &[Arg::new("source", ArgKind::Key(0)), Arg::new("destination", ArgKind::Key(1))],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let element = transfer(txn, (args.arg(1), End::Tail), (args.arg(2), End::Head))?;
    Ok(element.map_or(Reply::Nil, Reply::Bulk))
}
