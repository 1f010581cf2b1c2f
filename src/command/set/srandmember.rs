//! SRANDMEMBER

use crate::command::generic::random_count::{self, repeats, units};
use crate::command::strings::bulks;
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply};
use crate::store::{Set, View};

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

/// How many members; None for one that is no array.
fn count(args: &Args) -> Result<Option<i64>, ReplyError> {
    if args.len() > 3 { Err(SYNTAX) } else { random_count::count(args) }
}

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let count = count(args)?;
    let set = view.typed::<Set>(args.arg(1))?;
    let Some(count) = count else {
        return Ok(Reply::bulk_or_nil(set.and_then(|set| set.picks(view.rng()).next())));
    };
    let Some(set) = set else { return Ok(Reply::Array(Vec::new())) };
    view.work(units(count, set.len()) + set.lookup_units())?;
    let members = if count < 0 {
        repeats(view, set.picks(view.rng()), count.unsigned_abs(), set.len(), |member| member.as_ref().len())?
    } else {
        set.sample(usize::try_from(count).unwrap_or(usize::MAX), view.rng())
    };
    Ok(Reply::Array(bulks(members.iter()).collect()))
}
