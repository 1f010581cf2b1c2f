//! LOCK.LIST

use std::sync::Arc;

use crate::command::generic::cursor::parse_cursor;
use crate::command::generic::name_pattern::NamePattern;
use crate::command::{Arg, ArgKind, Doc, Family, Outcome, Spec};
use crate::error::{NOT_AN_INTEGER, ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{ELEMENT_UNITS, Entry, Kind, Lock, View, hold_left_ms};

pub static SPEC: Spec = Spec::read("lock.list", -2, DOC, run).since(3).check(|args| Options::parse(args).map(drop));

const DOC: Doc = Doc {
    summary: "Goes through the locks of the database in steps: of each the last holder, and how many hold it and wait for it.",
    since: "0.2.0",
    group: Family::Lock,
    complexity: "O(N) with the number of keys looked at in a step",
    args: &[
        Arg::new("cursor", ArgKind::Integer),
        Arg::new("pattern", ArgKind::Pattern).token("MATCH").optional(),
        Arg::new("count", ArgKind::Integer).token("COUNT").optional(),
    ],
};

/// Keys looked at in one step, whatever COUNT says: so a step stays short, and its reply within bounds.
const COUNT_MAX: i64 = 10_000;

struct Options<'a> {
    cursor: u64,
    count: usize,
    pattern: NamePattern<'a>,
}

impl<'a> Options<'a> {
    fn parse(args: &'a Args) -> Result<Self, ReplyError> {
        let mut options = Self { cursor: parse_cursor(args.arg(1))?, count: 10, pattern: NamePattern::ALL };
        for at in (2..args.len()).step_by(2) {
            let value = args.opt(at + 1).ok_or(SYNTAX)?;
            if args.is(at, "COUNT") {
                let count = parse_i64(value).ok_or(NOT_AN_INTEGER)?;
                if count < 1 {
                    return Err(SYNTAX);
                }
                options.count = count.min(COUNT_MAX) as usize;
            } else if args.is(at, "MATCH") {
                options.pattern = NamePattern::new(value);
            } else {
                return Err(SYNTAX);
            }
        }
        Ok(options)
    }
}

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let options = Options::parse(args)?;
    view.work(view.db().scan_locks_len(options.count) as u64 * ELEMENT_UNITS)?;
    let (next, locks) = view.db().scan_locks(options.cursor, options.count);
    view.work(locks.iter().map(|entry| options.pattern.units(entry.key())).sum())?;
    let meant = locks.into_iter().filter(|entry| options.pattern.matches(entry.key()));
    let shown: Vec<Reply> = meant.filter_map(|entry| shown(view, entry)).collect();
    Ok(Reply::Array(vec![Reply::bulk(itoa::Buffer::new().format(next)), Reply::Array(shown)]))
}

/// None if nobody holds it any more.
fn shown(view: &View<'_>, entry: &Entry) -> Option<Reply> {
    let holds = Lock::of(entry.value())?.holds();
    let holders = holds.iter().filter(|hold| view.is_held(hold)).count();
    let last = holds.iter().rfind(|hold| view.is_held(hold))?;
    let waiters = view.state().waiters().in_turn_of(view.db_index() as u8, &Arc::from(entry.key()));
    Some(Reply::map([
        ("name", Reply::bulk(entry.key())),
        ("holder", Reply::bulk(&last.owner)),
        ("token", Reply::Int(last.token as i64)),
        ("ttl_ms", Reply::Int(hold_left_ms(last, view.now_ms()).unwrap_or(0) as i64)),
        ("holders", Reply::Int(holders as i64)),
        ("waiters", Reply::Int(waiters as i64)),
    ]))
}
