//! What finding fields costs: a small hash is searched linearly for each.

use crate::error::ReplyError;
use crate::store::{Hash, HashLimits, LiveHash, Txn, View};

/// The hash at `key`, in which `count` fields are to be found.
///
/// # Errors
/// WRONGTYPE; or the command may not do as much.
pub(super) fn find<'v, 'a>(
    view: &'v View<'a>,
    key: &[u8],
    count: usize,
) -> Result<Option<LiveHash<'v, 'a>>, ReplyError> {
    let hash = view.hash(key)?;
    view.work(hash.map_or(0, |hash| hash.lookup_units().saturating_mul(count as u64)))?;
    Ok(hash)
}

/// Says what finding `count` fields of `key` costs, of which `added` may be new, before they are changed.
///
/// # Errors
/// As [`find`].
pub(super) fn announce(
    txn: &mut Txn<'_>,
    key: &[u8],
    count: usize,
    added: usize,
    limits: HashLimits,
) -> Result<(), ReplyError> {
    // Only a script asks; other writes shall not look the key up twice.
    if !txn.is_work_bounded() {
        return Ok(());
    }
    let (mut units, mut is_large) = (0, added as u64 > limits.entries_max);
    if let Some(hash) = txn.typed::<Hash>(key)? {
        units = hash.lookup_units();
        is_large |= hash.is_large();
    }
    // The new ones are gone through by those after them, on the average by half of them.
    let grown = if is_large { 0 } else { added as u64 / 2 };
    txn.work((units + grown).saturating_mul(count as u64))
}
