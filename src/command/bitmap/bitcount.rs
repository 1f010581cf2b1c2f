//! BITCOUNT

use super::bits;
use super::span::{Unit, integer};
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::SYNTAX;
use crate::protocol::{Args, Reply};
use crate::store::{Str, View, units_of_bytes};

// The range is looked at behind the key, as in Redis 7.2.
pub static SPEC: Spec =
    Spec::read("bitcount", -2, DOC, run).since(3).keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Counts the bits that are set in the string that a key holds, or in a part of it.",
    since: "2.6.0",
    group: Family::Bitmap,
    complexity: "O(N) with the length of the part",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new(
            "range",
            ArgKind::Block(&[Arg::new("start", ArgKind::Integer), Arg::new("end", ArgKind::Integer), UNIT]),
        )
        .optional(),
    ],
};

/// BYTE or BIT.
pub(super) const UNIT: Arg =
    Arg::new("unit", ArgKind::OneOf(&[Arg::word("byte", "BYTE"), Arg::word("bit", "BIT")])).optional();

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let Some(value) = view.typed::<Str>(args.arg(1))? else { return Ok(Reply::Int(0)) };
    let range = match args.len() {
        2 => 0..value.len() * 8,
        4 | 5 => {
            let (start, end) = (integer(args, 2)?, integer(args, 3)?);
            // Both before the first byte would otherwise meet at 0. As in Redis the unit is not looked at then.
            if start < 0 && end < 0 && start > end {
                return Ok(Reply::Int(0));
            }
            Unit::at(args, 4)?.bits(start, end, value.len())
        }
        _ => return Err(SYNTAX),
    };
    view.work(units_of_bytes(range.len() / 8))?;
    Ok(Reply::Int(bits::count(value.as_bytes(), range) as i64))
}
