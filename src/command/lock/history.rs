//! LOCK.HISTORY

use super::request::NAME;
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{NOT_AN_INTEGER, ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{ELEMENT_UNITS, LockRecord, View};

pub static SPEC: Spec = Spec::read("lock.history", -2, DOC, run)
    .since(3)
    .check(|args| count(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Tells what happened to a lock, newest first, as far back as the server remembers.",
    since: "0.2.0",
    group: Family::Lock,
    complexity: "O(N) with the number of events returned",
    args: &[NAME, Arg::new("count", ArgKind::Integer).token("COUNT").optional()],
};

/// Events, unless COUNT says how many.
const COUNT_DEFAULT: usize = 100;
/// Most events of one reply, so that it stays within bounds.
const COUNT_MAX: usize = 10_000;

fn count(args: &Args) -> Result<usize, ReplyError> {
    match args.len() {
        2 => Ok(COUNT_DEFAULT),
        4 if args.is(2, "COUNT") => match parse_i64(args.arg(3)).ok_or(NOT_AN_INTEGER)? {
            ..1 => Err(SYNTAX),
            count => Ok(usize::try_from(count).map_or(COUNT_MAX, |count| count.min(COUNT_MAX))),
        },
        _ => Err(SYNTAX),
    }
}

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let count = count(args)?;
    let events = view.state().lock_history().of(view.db_index() as u8, args.arg(1)).take(count);
    let events: Vec<Reply> = events.map(shown).collect();
    view.work(events.len() as u64 * ELEMENT_UNITS)?;
    Ok(Reply::Array(events))
}

fn shown(record: &LockRecord) -> Reply {
    Reply::map([
        ("event", Reply::bulk(record.event.name())),
        ("owner", Reply::bulk(&record.owner)),
        ("token", Reply::Int(record.token as i64)),
        ("time_ms", Reply::Int(record.at_ms as i64)),
    ])
}
