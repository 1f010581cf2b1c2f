//! What ONCE asks of the state and leaves there, as changes that are in the digest.

use bytes::Bytes;

use super::Txn;
use crate::error::ReplyError;
use crate::store::{OnceReply, is_over};

const FULL: ReplyError =
    ReplyError::new("LIMIT the replies that ONCE keeps fill once-bytes; the command was not executed");

impl Txn<'_> {
    /// What is kept under this id.
    pub fn once(&mut self, id: &[u8]) -> Option<&OnceReply> {
        let now_ms = self.now_ms();
        let state = self.state_mut();
        if state.once.get(id).is_some_and(|reply| is_over(reply.deadline_ms, now_ms)) {
            state.expire_once(id);
        }
        state.once.get(id)
    }

    /// Makes sure that there is room for a reply under this id, however long it will be.
    ///
    /// # Errors
    /// LIMIT: there is not.
    pub fn check_once_room(&self, id: &[u8]) -> Result<(), ReplyError> {
        let state = self.state();
        if state.once.has_room(id, state.options.once_bytes) { Ok(()) } else { Err(FULL) }
    }

    /// Keeps the reply of the command that has just run, for `once-keep-ms`.
    pub fn keep_once(&mut self, id: &[u8], command: u128, form: Option<Bytes>) {
        let deadline_ms = self.now_ms().saturating_add(self.state().options.once_keep_ms);
        let state = self.state_mut();
        state.digest.bytes(id);
        state.digest.number(command as u64);
        state.digest.number((command >> 64) as u64);
        state.digest.number(deadline_ms);
        state.digest.bytes(form.as_deref().unwrap_or_default());
        state.once.insert(id, OnceReply { command, form, deadline_ms });
    }
}
