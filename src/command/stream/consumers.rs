//! Consumers that come to be because they ask: told as if XGROUP CREATECONSUMER had made them.

use crate::error::ReplyError;
use crate::store::{Event, Stream, Txn};

/// Does `change`, and tells of the stream at `key` if there is such a consumer of the group only since then.
///
/// # Errors
/// Those of `change`.
pub(super) fn told<T>(
    txn: &mut Txn<'_>,
    (key, group, consumer): (&[u8], &[u8], &[u8]),
    change: impl FnOnce(&mut Txn<'_>) -> Result<T, ReplyError>,
) -> Result<T, ReplyError> {
    if txn.state().options.events == 0 {
        return change(txn);
    }
    let is_there = |txn: &mut Txn<'_>| {
        let group = txn.typed::<Stream>(key).ok().flatten().and_then(|stream| stream.group(group));
        group.is_some_and(|group| group.consumer(consumer).is_some())
    };
    let was_there = is_there(txn);
    let result = change(txn)?;
    if !was_there && is_there(txn) {
        txn.tell(key, Event::stream("xgroup-createconsumer"));
    }
    Ok(result)
}
