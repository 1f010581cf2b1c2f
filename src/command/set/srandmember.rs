//! SRANDMEMBER

use crate::command::strings::bulks;
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{NOT_AN_INTEGER, ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{ELEMENT_UNITS, Set, SetMember, View};

pub static SPEC: Spec = Spec::read("srandmember", -2, DOC, run)
    .since(3)
    .check(|args| count(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Returns random members of a set: different ones, or with a negative count independent ones.",
    since: "1.0.0",
    group: Family::Set,
    complexity: "O(N) with the number of members returned",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("count", ArgKind::Integer).optional()],
};

/// Most members that a negative count may ask for. Redis streams such a reply; here it is built first.
const REPEATS_MAX: u64 = 1 << 20;
/// Units of one member picked at random out of a large set: it takes a few draws.
const PICK_UNITS: u64 = 4 * ELEMENT_UNITS;

const NO_LONG: ReplyError =
    ReplyError::new("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807");
const OUT_OF_RANGE: ReplyError = ReplyError::new("ERR value is out of range");

/// How many members; None for one that is no array.
fn count(args: &Args) -> Result<Option<i64>, ReplyError> {
    if args.len() > 3 {
        return Err(SYNTAX);
    }
    let Some(count) = args.opt(2) else { return Ok(None) };
    let count = parse_i64(count).ok_or(NOT_AN_INTEGER)?;
    if count == i64::MIN { Err(NO_LONG) } else { Ok(Some(count)) }
}

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let count = count(args)?;
    let set = view.typed::<Set>(args.arg(1))?;
    let Some(count) = count else {
        return Ok(Reply::bulk_or_nil(set.and_then(|set| set.picks(view.rng()).next())));
    };
    let Some(set) = set else { return Ok(Reply::Array(Vec::new())) };
    let picks = if count < 0 { count.unsigned_abs().min(REPEATS_MAX) } else { (count as u64).min(set.len() as u64) };
    view.work(picks * PICK_UNITS + set.lookup_units())?;
    let members = if count < 0 {
        repeats(view, set, count.unsigned_abs())?
    } else {
        set.sample(usize::try_from(count).unwrap_or(usize::MAX), view.rng())
    };
    Ok(Reply::Array(bulks(members.iter()).collect()))
}

/// `count` members, independent of each other. As one may come any number of times, the reply could be larger than all that is stored: what
/// more than one pick for each member adds is bounded by `proto-max-bulk-len`.
fn repeats<'a>(view: &View<'a>, set: &'a Set, count: u64) -> Result<Vec<SetMember<'a>>, ReplyError> {
    if count > REPEATS_MAX {
        return Err(OUT_OF_RANGE);
    }
    let mut bytes_left = view.state().options.bulk_len_max;
    let mut members = Vec::new();
    for member in set.picks(view.rng()).take(count as usize) {
        if members.len() >= set.len() {
            bytes_left = bytes_left.checked_sub(member.as_ref().len() as u64).ok_or(OUT_OF_RANGE)?;
        }
        members.push(member);
    }
    Ok(members)
}
