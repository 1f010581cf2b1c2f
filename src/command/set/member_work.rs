//! What finding and changing members costs: a small set is searched linearly for each, and what stands in one allocation moves.

use crate::error::ReplyError;
use crate::store::{ELEMENT_UNITS, Set, Txn, View};

/// The set at `key`, in which `count` members are to be found.
///
/// # Errors
/// WRONGTYPE; or the command may not do as much.
pub(super) fn find<'a>(view: &View<'a>, key: &[u8], count: usize) -> Result<Option<&'a Set>, ReplyError> {
    let set = view.typed::<Set>(key)?;
    view.work(set.map_or(0, |set| set.lookup_units().saturating_mul(count as u64)))?;
    Ok(set)
}

/// Says what adding or removing `count` members of `key` costs, of which `added` may be new, before they are changed.
///
/// # Errors
/// As [`find`].
pub(super) fn announce(txn: &mut Txn<'_>, key: &[u8], count: usize, added: usize) -> Result<(), ReplyError> {
    // Only a script asks; other writes shall not look the key up twice.
    if !txn.is_work_bounded() {
        return Ok(());
    }
    let units = txn.typed::<Set>(key)?.map_or(0, Set::change_units);
    // The new ones are gone through by those after them, on the average by half of them, unless they are too many for a small set.
    let grown = (added as u64 / 2).min(txn.state().options.set_small_entries_max);
    txn.work((units + grown + ELEMENT_UNITS).saturating_mul(count as u64))
}
