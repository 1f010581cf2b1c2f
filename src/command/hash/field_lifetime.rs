//! What HTTL, HPTTL, HEXPIRETIME and HPEXPIRETIME share. What is true of PTTL is true of HPTTL (`generic/lifetime.rs`).

use std::ops::Range;

use super::field_expiry::{ABSENT, integers};
use super::field_list::{NO_FIELDS, fields};
use super::field_work;
use crate::command::generic::lifetime::{Shown, Unit};
use crate::command::{KeyFlags, KeySpec, Outcome};
use crate::error::ReplyError;
use crate::protocol::Args;
use crate::store::View;

/// Their keys.
pub(super) const KEYS: &[KeySpec] = &[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))];

/// The field has no end.
pub(super) const NO_END: i64 = -1;

/// Which arguments are the fields.
///
/// # Errors
/// Redis's texts for fields that are not given as they have to be.
pub(super) fn named(args: &Args) -> Result<Range<usize>, ReplyError> {
    fields(args, 2, NO_FIELDS)
}

/// For each field -2 if it is not there, -1 if it has no end. Seconds are rounded up, as in Redis.
///
/// # Errors
/// WRONGTYPE; those of [`named`].
pub(super) fn report(view: &View<'_>, args: &Args, shown: Shown, unit: Unit) -> Outcome {
    let fields = named(args)?;
    let hash = field_work::find(view, args.arg(1), fields.len())?;
    let of_field = |at| {
        let Some(hash) = hash.filter(|hash| hash.get(args.arg(at)).is_some()) else { return ABSENT };
        let Some(end_ms) = hash.end_ms(args.arg(at)) else { return NO_END };
        let ms = match shown {
            Shown::Left => end_ms.saturating_sub(view.now_ms()),
            Shown::Deadline => end_ms,
        };
        match unit {
            Unit::Milliseconds => ms as i64,
            Unit::Seconds => ms.div_ceil(1000) as i64,
        }
    };
    Ok(integers(fields.map(of_field)))
}
