//! BITPOS

use super::bitcount::UNIT;
use super::bits;
use super::span::{Unit, integer};
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply};
use crate::store::{Str, View, units_of_bytes};

// The range is looked at behind the key, as in Redis 7.2.
pub static SPEC: Spec = Spec::read("bitpos", -3, DOC, run)
    .since(3)
    .check(|args| bit(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Finds the first bit of a value in the string that a key holds, or in a part of it.",
    since: "2.8.7",
    group: Family::Bitmap,
    complexity: "O(N) with the length of the part",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("bit", ArgKind::Integer),
        Arg::new(
            "range",
            ArgKind::Block(&[
                Arg::new("start", ArgKind::Integer),
                Arg::new("end-unit-block", ArgKind::Block(&[Arg::new("end", ArgKind::Integer), UNIT])).optional(),
            ]),
        )
        .optional(),
    ],
};

fn bit(args: &Args) -> Result<bool, ReplyError> {
    match integer(args, 2)? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(ReplyError::new("ERR The bit argument must be 1 or 0.")),
    }
}

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let bit = bit(args)?;
    // What is absent is zeros without end.
    let Some(value) = view.typed::<Str>(args.arg(1))? else { return Ok(Reply::Int(if bit { -1 } else { 0 })) };
    let range = match args.len() {
        3 => 0..value.len() * 8,
        4 => Unit::Byte.bits(integer(args, 3)?, -1, value.len()),
        5 | 6 => {
            let start = integer(args, 3)?;
            let unit = Unit::at(args, 5)?;
            unit.bits(start, integer(args, 4)?, value.len())
        }
        _ => return Err(SYNTAX),
    };
    // Nothing is found in nothing, not even what is behind it.
    if range.is_empty() {
        return Ok(Reply::Int(-1));
    }
    view.work(units_of_bytes(range.len() / 8))?;
    let end = range.end;
    Ok(Reply::Int(match bits::find(value.as_bytes(), range, bit) {
        Some(found) => found as i64,
        // Unless the range was given an end, zeros follow.
        None if !bit && args.len() < 5 => end as i64,
        None => -1,
    }))
}
