//! ZSCAN

use crate::command::generic::{cursor::parse_cursor, scan_step};
use crate::command::strings::bulks;
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply, double_text, double_text_17};
use crate::store::{ELEMENT_UNITS, View, ZSet};

pub static SPEC: Spec = Spec::read("zscan", -3, DOC, run)
    .since(3)
    .check(|args| parse_cursor(args.arg(2)).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Goes through the members of a sorted set and their scores in steps.",
    since: "2.8.0",
    group: Family::SortedSet,
    complexity: "O(1) for a step, O(N) for all members",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("cursor", ArgKind::Integer),
        Arg::new("pattern", ArgKind::Pattern).token("MATCH").optional(),
        Arg::new("count", ArgKind::Integer).token("COUNT").optional(),
    ],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let cursor = parse_cursor(args.arg(2))?;
    // As in Redis, options are not even looked at where there is no set.
    let Some(set) = view.typed::<ZSet>(args.arg(1))? else { return Ok(scan_step::reply(0, Vec::new())) };
    let scan_step::Options { pattern, count, .. } = scan_step::options(args, view.state().cluster.level, false)?;
    view.work(if set.is_large() { (count.min(set.len()) as u64) * ELEMENT_UNITS } else { set.iter_units() })?;
    let (next, mut found) = set.scan(cursor, count);
    view.work(found.iter().map(|(member, _)| pattern.units(member)).sum())?;
    found.retain(|(member, _)| pattern.matches(member));
    // Text in both versions of the protocol, and with more digits for a large set, as in Redis.
    let text = |score| if set.is_large() { double_text_17(score) } else { double_text(score) };
    let members = bulks(found.iter().map(|(member, _)| *member));
    let elements = members.zip(&found).flat_map(|(member, (_, score))| [member, Reply::bulk(text(*score))]);
    Ok(scan_step::reply(next, elements.collect()))
}
