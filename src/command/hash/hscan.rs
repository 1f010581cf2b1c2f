//! HSCAN

use crate::command::generic::{cursor::parse_cursor, name_pattern::NamePattern};
use crate::command::strings::bulks;
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{NOT_AN_INTEGER, ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{ELEMENT_UNITS, Hash, View};

pub static SPEC: Spec = Spec::read("hscan", -3, DOC, run)
    .check(|args| parse_cursor(args.arg(2)).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Goes through the fields of a hash and their values in steps.",
    since: "2.8.0",
    group: Family::Hash,
    complexity: "O(1) for a step, O(N) for all fields",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("cursor", ArgKind::Integer),
        Arg::new("pattern", ArgKind::Pattern).token("MATCH").optional(),
        Arg::new("count", ArgKind::Integer).token("COUNT").optional(),
    ],
};

/// COUNT, unless it is given.
const COUNT_DEFAULT: usize = 10;

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let cursor = parse_cursor(args.arg(2))?;
    // As in Redis, options are not even looked at where there is no hash.
    let Some(hash) = view.typed::<Hash>(args.arg(1))? else { return Ok(reply(0, Vec::new())) };
    let (pattern, count) = options(args)?;
    view.work(if hash.is_large() { (count.min(hash.len()) as u64) * ELEMENT_UNITS } else { hash.iter_units() })?;
    let (next, mut fields) = hash.scan(cursor, count);
    view.work(fields.iter().map(|(field, _)| pattern.units(field)).sum())?;
    fields.retain(|(field, _)| pattern.matches(field));
    Ok(reply(next, bulks(fields.iter().flat_map(|(field, value)| [*field, *value])).collect()))
}

/// MATCH, and about how many fields a step looks at.
fn options(args: &Args) -> Result<(NamePattern<'_>, usize), ReplyError> {
    let (mut pattern, mut count) = (NamePattern::ALL, COUNT_DEFAULT);
    for at in (3..args.len()).step_by(2) {
        let value = args.opt(at + 1).ok_or(SYNTAX)?;
        if args.is(at, "COUNT") {
            let number = parse_i64(value).ok_or(NOT_AN_INTEGER)?;
            count = usize::try_from(number).ok().filter(|count| *count > 0).ok_or(SYNTAX)?;
        } else if args.is(at, "MATCH") {
            pattern = NamePattern::new(value);
        } else {
            return Err(SYNTAX);
        }
    }
    Ok((pattern, count))
}

fn reply(next: u64, fields: Vec<Reply>) -> Reply {
    Reply::Array(vec![Reply::bulk(itoa::Buffer::new().format(next)), Reply::Array(fields)])
}
