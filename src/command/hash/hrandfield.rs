//! HRANDFIELD

use crate::command::generic::random_count::{options, repeats, units};
use crate::command::strings::{bulk_pairs, bulks};
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{FieldValue, View};

pub static SPEC: Spec = Spec::read("hrandfield", -2, DOC, run)
    .check(|args| options(args, WORD).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Returns random fields of a hash: different ones, or with a negative count independent ones.",
    since: "6.2.0",
    group: Family::Hash,
    complexity: "O(N) with the number of fields returned",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new(
            "options",
            ArgKind::Block(&[Arg::new("count", ArgKind::Integer), Arg::word("withvalues", "WITHVALUES").optional()]),
        )
        .optional(),
    ],
};

/// Asks for values too.
const WORD: &str = "WITHVALUES";

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let Some((count, with_values)) = options(args, WORD)? else {
        let hash = view.hash(args.arg(1))?;
        return Ok(Reply::bulk_or_nil(hash.and_then(|hash| hash.picks(view.rng()).next()).map(|(field, _)| field)));
    };
    let Some(hash) = view.hash(args.arg(1))? else { return Ok(Reply::Array(Vec::new())) };
    view.work(units(count, hash.len()) + hash.lookup_units())?;
    let fields = if count < 0 {
        let size = |(field, value): &FieldValue<'_>| field.len() + value.len();
        repeats(view, hash.picks(view.rng()), count.unsigned_abs(), hash.len(), size)?
    } else {
        hash.sample(usize::try_from(count).unwrap_or(usize::MAX), view.rng())
    };
    Ok(if with_values {
        Reply::Pairs(bulk_pairs(fields.into_iter()))
    } else {
        Reply::Array(bulks(fields.into_iter().map(|(field, _)| field)).collect())
    })
}
