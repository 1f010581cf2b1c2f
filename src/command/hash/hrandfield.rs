//! HRANDFIELD

use crate::command::strings::{bulk_pairs, bulks};
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{NOT_AN_INTEGER, ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{ELEMENT_UNITS, FieldValue, Hash, View};

pub static SPEC: Spec = Spec::read("hrandfield", -2, DOC, run)
    .check(|args| options(args).map(drop))
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

/// Most fields that a negative count may ask for. Redis streams such a reply and bounds it at 2^62 only; here it is
/// built first.
const REPEATS_MAX: u64 = 1 << 20;

/// Units of one field picked at random out of a large hash: it takes a few draws.
const PICK_UNITS: u64 = 4 * ELEMENT_UNITS;

const NO_LONG: ReplyError =
    ReplyError::new("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807");
const OUT_OF_RANGE: ReplyError = ReplyError::new("ERR value is out of range");

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let Some((count, with_values)) = options(args)? else {
        let hash = view.typed::<Hash>(args.arg(1))?;
        return Ok(Reply::bulk_or_nil(hash.and_then(|hash| hash.picks(view.rng()).next()).map(|(field, _)| field)));
    };
    let Some(hash) = view.typed::<Hash>(args.arg(1))? else { return Ok(Reply::Array(Vec::new())) };
    let picks = if count < 0 { count.unsigned_abs().min(REPEATS_MAX) } else { (count as u64).min(hash.len() as u64) };
    view.work(picks * PICK_UNITS + hash.lookup_units())?;
    let fields = if count < 0 {
        repeats(view, hash, count.unsigned_abs())?
    } else {
        hash.sample(usize::try_from(count).unwrap_or(usize::MAX), view.rng())
    };
    Ok(if with_values {
        Reply::Pairs(bulk_pairs(fields.into_iter()))
    } else {
        Reply::Array(bulks(fields.into_iter().map(|(field, _)| field)).collect())
    })
}

/// Count, and whether values are wanted; None if one field is.
fn options(args: &Args) -> Result<Option<(i64, bool)>, ReplyError> {
    if args.len() == 2 {
        return Ok(None);
    }
    let count = parse_i64(args.arg(2)).ok_or(NOT_AN_INTEGER)?;
    if count == i64::MIN {
        return Err(NO_LONG);
    }
    let with_values = match args.len() {
        3 => false,
        4 if args.is(3, "WITHVALUES") => true,
        _ => return Err(SYNTAX),
    };
    // As in Redis: the reply would have twice as many elements.
    if with_values && count.unsigned_abs() > i64::MAX as u64 / 2 {
        return Err(OUT_OF_RANGE);
    }
    Ok(Some((count, with_values)))
}

/// `count` fields, independent of each other. As a field may come any number of times, the reply could be larger than
/// all that is stored: what more than one pick for each field adds is bounded by `proto-max-bulk-len`.
fn repeats<'a>(view: &View<'a>, hash: &'a Hash, count: u64) -> Result<Vec<FieldValue<'a>>, ReplyError> {
    if count > REPEATS_MAX {
        return Err(OUT_OF_RANGE);
    }
    let mut bytes_left = view.state().options.bulk_len_max;
    let mut fields = Vec::new();
    for (field, value) in hash.picks(view.rng()).take(count as usize) {
        if fields.len() >= hash.len() {
            let bytes = (field.len() + value.len()) as u64;
            bytes_left = bytes_left.checked_sub(bytes).ok_or(OUT_OF_RANGE)?;
        }
        fields.push((field, value));
    }
    Ok(fields)
}
