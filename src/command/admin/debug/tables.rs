//! DEBUG HTSTATS and HTSTATS-KEY: how many elements there are in what Redis keeps in hash tables. There are trees and tries in their place
//! here, which have no more to tell.

use super::{PROTECTED, doc};
use crate::command::{Arg, ArgKind, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{NO_SUCH_KEY, NOT_AN_INTEGER, ReplyError};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{DATABASES, View};

const FULL: Arg = Arg::word("full", "FULL").optional();

pub static HTSTATS: Spec = Spec::read(
    "debug|htstats",
    -3,
    doc("1.0.0", "O(1)", "Shows how many keys a database has.").args(&[Arg::new("dbid", ArgKind::Integer), FULL]),
    of_database,
)
.since(3)
.without(Flags::READONLY)
.flags(PROTECTED.difference(super::OPEN));
pub static HTSTATS_KEY: Spec = Spec::read(
    "debug|htstats-key",
    -3,
    doc("1.0.0", "O(1)", "Shows how many elements a large hash, set or sorted set has.")
        .args(&[Arg::new("key", ArgKind::Key(0)), FULL]),
    of_key,
)
.since(3)
.without(Flags::READONLY)
.flags(PROTECTED.difference(super::OPEN))
.keys(&[KeySpec::range(2, 0, 1, KeyFlags::RO)]);

fn of_database(view: &View<'_>, args: &Args) -> Outcome {
    let index = parse_i64(args.arg(2)).ok_or(NOT_AN_INTEGER)?;
    let index = usize::try_from(index).ok().filter(|index| *index < DATABASES);
    let db = view.state().db(index.ok_or(ReplyError::new("ERR Out of range database"))?);
    let text = format!("[Dictionary HT]\n{}[Expires HT]\n{}", elements(db.len()), elements(db.volatile_len()));
    Ok(Reply::Verbatim(*b"txt", text.into()))
}

fn of_key(view: &View<'_>, args: &Args) -> Outcome {
    let value = view.peek(args.arg(2)).ok_or(NO_SUCH_KEY)?.value();
    if !matches!(value.encoding(), "hashtable" | "skiplist") {
        return Err(ReplyError::new(
            "ERR The value stored at the specified key is not represented using an hash table",
        ));
    }
    Ok(Reply::Verbatim(*b"txt", elements(value.elements()).into()))
}

fn elements(count: usize) -> String {
    match count {
        0 => "No stats available for empty dictionaries\n".into(),
        _ => format!(" number of elements: {count}\n"),
    }
}
