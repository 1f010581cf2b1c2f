//! What finding members costs: a small sorted set is searched linearly for each.

use crate::error::ReplyError;
use crate::store::{Txn, View, ZSet, ZSetLimits};

/// The set at `key`, in which `count` members or places are to be found.
///
/// # Errors
/// WRONGTYPE; or the command may not do as much.
pub(in crate::command) fn find<'a>(view: &View<'a>, key: &[u8], count: usize) -> Result<Option<&'a ZSet>, ReplyError> {
    let set = view.typed::<ZSet>(key)?;
    view.work(set.map_or(0, |set| set.lookup_units().saturating_mul(count as u64)))?;
    Ok(set)
}

/// Says what a change of `key` costs, before it is made: `units` is asked of what is there.
///
/// # Errors
/// As [`find`].
pub(super) fn announce(txn: &mut Txn<'_>, key: &[u8], units: impl FnOnce(&ZSet) -> u64) -> Result<(), ReplyError> {
    // Only a script asks; other writes shall not look the key up twice.
    if !txn.is_work_bounded() {
        return Ok(());
    }
    let units = txn.typed::<ZSet>(key)?.map_or(0, units);
    txn.work(units)
}

/// Says what finding `count` members of `key` costs, of which `added` may be new.
///
/// # Errors
/// As [`find`].
pub(super) fn announce_members(
    txn: &mut Txn<'_>,
    key: &[u8],
    count: usize,
    added: usize,
    limits: ZSetLimits,
) -> Result<(), ReplyError> {
    if !txn.is_work_bounded() {
        return Ok(());
    }
    let (mut units, mut is_large) = (0, added as u64 > limits.entries_max);
    if let Some(set) = txn.typed::<ZSet>(key)? {
        units = set.lookup_units();
        is_large |= set.is_large();
    }
    // The new ones are gone through by those after them, on the average by half of them.
    let grown = if is_large { 0 } else { added as u64 / 2 };
    txn.work((units + grown).saturating_mul(count as u64))
}
