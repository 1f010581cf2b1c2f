//! What reads see of a lock's holds.

use crate::error::ReplyError;
use crate::store::{ELEMENT_UNITS, Hold, Lock, View};

/// The holds of a lock that are alive, in the order of their tokens.
///
/// # Errors
/// WRONGTYPE; it may not do so much.
pub(super) fn holds<'a>(view: &View<'a>, name: &[u8]) -> Result<impl Iterator<Item = &'a Hold>, ReplyError> {
    let lock = view.typed::<Lock>(name)?;
    view.work(ELEMENT_UNITS * lock.map_or(0, |lock| lock.holds().len() as u64))?;
    Ok(lock.into_iter().flat_map(Lock::holds).filter(|hold| view.is_held(hold)))
}
