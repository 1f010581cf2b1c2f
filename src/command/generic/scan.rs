//! SCAN

use crate::command::generic::cursor::parse_cursor;
use crate::command::generic::name_pattern::NamePattern;
use crate::command::{Arg, ArgKind, Doc, Family, Outcome, Spec};
use crate::error::{NOT_AN_INTEGER, ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{ELEMENT_UNITS, Entry, View};

pub static SPEC: Spec = Spec::read("scan", -2, DOC, run).check(|args| Options::parse(args).map(drop));

const DOC: Doc = Doc {
    summary: "Goes through the keys of the database in steps.",
    since: "2.8.0",
    group: Family::Generic,
    complexity: "O(1) for a step, O(N) for all keys",
    args: &[
        Arg::new("cursor", ArgKind::Integer),
        Arg::new("pattern", ArgKind::Pattern).token("MATCH").optional(),
        Arg::new("count", ArgKind::Integer).token("COUNT").optional(),
        Arg::new("type", ArgKind::String).token("TYPE").optional(),
    ],
};

/// Keys looked at in one step, whatever COUNT says: so a step stays short, and its reply within bounds.
const COUNT_MAX: i64 = 10_000;

struct Options<'a> {
    cursor: u64,
    count: usize,
    pattern: NamePattern<'a>,
    type_name: Option<&'a [u8]>,
}

impl<'a> Options<'a> {
    fn parse(args: &'a Args) -> Result<Self, ReplyError> {
        let cursor = parse_cursor(args.arg(1))?;
        let mut options = Self { cursor, count: 10, pattern: NamePattern::ALL, type_name: None };
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
            } else if args.is(at, "TYPE") {
                options.type_name = Some(value);
            } else {
                return Err(SYNTAX);
            }
        }
        Ok(options)
    }

    /// A type that there is not is no error, as in Redis 7.2: no key is of it.
    fn select(&self, entry: &Entry) -> bool {
        let is_type = |name: &[u8]| entry.value().type_name().as_bytes().eq_ignore_ascii_case(name);
        self.pattern.matches(entry.key()) && self.type_name.is_none_or(is_type)
    }
}

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let options = Options::parse(args)?;
    let looked_at = options.count.saturating_add(view.db().step_len()).min(view.db().len());
    view.work(looked_at as u64 * ELEMENT_UNITS)?;
    let (next, entries) = view.db().scan(options.cursor, options.count);
    view.work(entries.iter().map(|entry| options.pattern.units(entry.key())).sum())?;
    let keys = entries.into_iter().filter(|entry| options.select(entry) && view.is_alive(entry)).map(Entry::key);
    Ok(Reply::Array(vec![Reply::bulk(itoa::Buffer::new().format(next)), Reply::bulks(keys)]))
}
