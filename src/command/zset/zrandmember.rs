//! ZRANDMEMBER

use super::replies;
use crate::command::generic::random_count::{options, repeats, units};
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Element, View, ZSet};

pub static SPEC: Spec = Spec::read("zrandmember", -2, DOC, run)
    .since(3)
    .check(|args| options(args, WORD).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Returns random members of a sorted set: different ones, or with a negative count independent ones.",
    since: "6.2.0",
    group: Family::SortedSet,
    complexity: "O(N) with the number of members returned",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new(
            "options",
            ArgKind::Block(&[Arg::new("count", ArgKind::Integer), Arg::word("withscores", "WITHSCORES").optional()]),
        )
        .optional(),
    ],
};

/// Asks for scores too.
const WORD: &str = "WITHSCORES";

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let Some((count, with_scores)) = options(args, WORD)? else {
        let set = view.typed::<ZSet>(args.arg(1))?;
        return Ok(Reply::bulk_or_nil(set.and_then(|set| set.picks(view.rng()).next()).map(|(member, _)| member)));
    };
    let Some(set) = view.typed::<ZSet>(args.arg(1))? else { return Ok(Reply::Array(Vec::new())) };
    view.work(units(count, set.len()) + set.lookup_units())?;
    let chosen = if count < 0 {
        let size = |(member, _): &Element<'_>| member.len() + size_of::<f64>();
        repeats(view, set.picks(view.rng()), count.unsigned_abs(), set.len(), size)?
    } else {
        set.sample(usize::try_from(count).unwrap_or(usize::MAX), view.rng())
    };
    Ok(replies::elements(&chosen, with_scores))
}
