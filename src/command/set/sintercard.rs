//! SINTERCARD

use super::algebra::{ascending, inputs, lookup_units};
use crate::command::{Arg, ArgKind, BeginSearch, Doc, Family, FindKeys, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::View;

pub static SPEC: Spec = Spec::read("sintercard", -3, DOC, run)
    .since(3)
    .flags(Flags::MOVABLEKEYS)
    .check(|args| options(args).map(drop))
    .keys(&[KeySpec {
        begin: BeginSearch::Index(1),
        find: FindKeys::Keynum { index: 0, first: 1, step: 1 },
        flags: KeyFlags::RO.union(KeyFlags::ACCESS),
    }]);

const DOC: Doc = Doc {
    summary: "Returns how many members all of several sets have.",
    since: "7.0.0",
    group: Family::Set,
    complexity: "O(N*M) with the number of members of the smallest set and the number of sets",
    args: &[
        Arg::new("numkeys", ArgKind::Integer),
        Arg::new("key", ArgKind::Key(0)).multiple(),
        Arg::new("limit", ArgKind::Integer).token("LIMIT").optional(),
    ],
};

const NUMKEYS: ReplyError = ReplyError::new("ERR numkeys should be greater than 0");
const TOO_MANY_KEYS: ReplyError = ReplyError::new("ERR Number of keys can't be greater than number of args");
const LIMIT: ReplyError = ReplyError::new("ERR LIMIT can't be negative");

/// Where the keys end, and up to how many members are counted.
fn options(args: &Args) -> Result<(usize, usize), ReplyError> {
    let number = |at: usize, min: i64, refusal: ReplyError| -> Result<usize, ReplyError> {
        let number = parse_i64(args.arg(at)).filter(|number| *number >= min);
        number.and_then(|number| number.try_into().ok()).ok_or(refusal)
    };
    let count = number(1, 1, NUMKEYS)?;
    if count > args.len() - 2 {
        return Err(TOO_MANY_KEYS);
    }
    let mut limit = 0;
    for at in (2 + count..args.len()).step_by(2) {
        if !args.is(at, "LIMIT") || at + 1 == args.len() {
            return Err(SYNTAX);
        }
        limit = number(at + 1, 0, LIMIT)?;
    }
    Ok((2 + count, if limit == 0 { usize::MAX } else { limit }))
}

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let (keys_end, limit) = options(args)?;
    let sets = ascending(&inputs(view, args, 2..keys_end)?).unwrap_or_default();
    let Some((smallest, others)) = sets.split_first() else { return Ok(Reply::Int(0)) };
    view.work(lookup_units(smallest, others.iter().copied()))?;
    let is_common = |member: &crate::store::SetMember<'_>| others.iter().all(|set| set.contains(member.as_ref()));
    Ok(Reply::Int(smallest.iter().filter(is_common).take(limit).count() as i64))
}
