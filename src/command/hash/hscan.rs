//! HSCAN

use crate::command::generic::{cursor::parse_cursor, scan_step};
use crate::command::strings::bulks;
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::Args;
use crate::store::{ELEMENT_UNITS, View};

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
        Arg::word("novalues", "NOVALUES").optional(),
    ],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let cursor = parse_cursor(args.arg(2))?;
    // As in Redis, options are not even looked at where there is no hash.
    let Some(hash) = view.hash(args.arg(1))? else { return Ok(scan_step::reply(0, Vec::new())) };
    let scan_step::Options { pattern, count, no_values } = scan_step::options(args, view.state().cluster.level, true)?;
    view.work(if hash.is_large() { (count.min(hash.len()) as u64) * ELEMENT_UNITS } else { hash.iter_units() })?;
    let (next, mut fields) = hash.scan(cursor, count);
    view.work(fields.iter().map(|(field, _)| pattern.units(field)).sum())?;
    fields.retain(|(field, _)| pattern.matches(field));
    if no_values {
        return Ok(scan_step::reply(next, bulks(fields.iter().map(|(field, _)| *field)).collect()));
    }
    Ok(scan_step::reply(next, bulks(fields.iter().flat_map(|(field, value)| [*field, *value])).collect()))
}
