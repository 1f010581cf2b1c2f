//! SSCAN

use crate::command::generic::{cursor::parse_cursor, scan_step};
use crate::command::strings::bulks;
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::Args;
use crate::store::{ELEMENT_UNITS, Set, SetForm, View};

pub static SPEC: Spec = Spec::read("sscan", -3, DOC, run)
    .since(3)
    .check(|args| parse_cursor(args.arg(2)).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Goes through the members of a set in steps.",
    since: "2.8.0",
    group: Family::Set,
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
    let Some(set) = view.typed::<Set>(args.arg(1))? else { return Ok(scan_step::reply(0, Vec::new())) };
    let scan_step::Options { pattern, count, .. } = scan_step::options(args, view.state().cluster.level, false)?;
    let is_large = set.form() == SetForm::Large;
    view.work(if is_large { (count.min(set.len()) as u64) * ELEMENT_UNITS } else { set.iter_units() })?;
    let (next, mut members) = set.scan(cursor, count);
    view.work(members.iter().map(|member| pattern.units(member.as_ref())).sum())?;
    members.retain(|member| pattern.matches(member.as_ref()));
    Ok(scan_step::reply(next, bulks(members.iter()).collect()))
}
