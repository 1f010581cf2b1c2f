//! SETBIT

use super::offset::{bounded, offset};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{Changed, Create, Event, Str, Txn, units_of_bytes};

pub static SPEC: Spec = Spec::write("setbit", 4, DOC, run)
    .event(Event::string("setbit"))
    .since(3)
    .flags(Flags::DENYOOM.union(Flags::GROWS))
    .check(|args| arguments(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Sets or clears a bit of the string that a key holds, which grows as far as needed; returns the bit that was there.",
    since: "2.2.0",
    group: Family::Bitmap,
    complexity: "O(1)",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("offset", ArgKind::Integer),
        Arg::new("value", ArgKind::Integer),
    ],
};

/// The place and the bit.
fn arguments(args: &Args) -> Result<(u64, bool), ReplyError> {
    let offset = offset(args.arg(2), None)?;
    match parse_i64(args.arg(3)) {
        Some(0) => Ok((offset, false)),
        Some(1) => Ok((offset, true)),
        _ => Err(ReplyError::new("ERR bit is not an integer or out of range")),
    }
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let (offset, bit) = arguments(args)?;
    bounded(offset, txn.state().options.bulk_len_max)?;
    let (at, mask) = ((offset / 8) as usize, 0x80u8 >> (offset % 8));
    if txn.is_work_bounded() {
        let before = txn.typed::<Str>(args.arg(1))?.map_or(0, Str::len);
        txn.work(units_of_bytes((at + 1).saturating_sub(before)))?;
    }
    let was_set = txn.edit(args.arg(1), Create::Yes, |value: &mut Str| {
        let grows = at >= value.len();
        let before = value.as_bytes().get(at).copied().unwrap_or(0);
        let was_set = before & mask != 0;
        let after = if bit { before | mask } else { before & !mask };
        value.overwrite(at, &[after]);
        Ok((was_set, Changed(grows || was_set != bit)))
    })?;
    Ok(Reply::Int(was_set.unwrap_or_default().into()))
}
