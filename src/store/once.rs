//! Replies of commands that run once, by the id that the client gave the request (ONCE).
//!
//! Invariants
//! - An id is here from the entry that ran its command until its deadline, by the log's clock: meanwhile it gets the same reply again,
//!   whoever sends it to which node, and nothing runs. One that is due and not swept yet counts as absent.
//! - `deadlines` holds exactly the (deadline, id) of all, `bytes` what they count; both follow from `by_id`.
//! - What comes and goes is in the digest (`txn/once.rs`, `expiry.rs`).

use std::sync::Arc;

use bytes::Bytes;
use imbl::{OrdMap, OrdSet};

/// What an id takes besides its bytes (counted twice, as it stands in two places) and its reply's.
const OVERHEAD: u64 = 256;
/// Longest form of a reply that is kept, bytes.
pub const ONCE_REPLY_MAX: usize = 64 * 1024;

/// What is kept of a command that has run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnceReply {
    /// Hash of the command and its database.
    pub command: u128,
    /// Form of the reply; None if that was too large.
    pub form: Option<Bytes>,
    /// Last ms of cluster time at which it is known.
    pub deadline_ms: u64,
}

/// See the module's header. Cloned in O(1).
#[derive(Clone, Debug, Default)]
pub struct OnceReplies {
    by_id: OrdMap<Arc<[u8]>, OnceReply>,
    deadlines: OrdSet<(u64, Arc<[u8]>)>,
    bytes: u64,
}

impl OnceReply {
    fn bytes(&self, id: &[u8]) -> u64 {
        OVERHEAD + 2 * id.len() as u64 + self.form.as_ref().map_or(0, |form| form.len() as u64)
    }
}

impl OnceReplies {
    /// All, by id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], &OnceReply)> {
        self.by_id.iter().map(|(id, reply)| (&**id, reply))
    }

    /// What all together take, bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What is kept under this id, due or not.
    pub fn get(&self, id: &[u8]) -> Option<&OnceReply> {
        self.by_id.get(id)
    }

    /// True if there is room within `bytes_max` for a reply under this id, however long it will be.
    pub fn has_room(&self, id: &[u8], bytes_max: u64) -> bool {
        let needed = OVERHEAD + 2 * id.len() as u64 + ONCE_REPLY_MAX as u64;
        self.bytes.saturating_add(needed) <= bytes_max
    }

    /// The earliest deadline and whose it is.
    pub fn first_deadline(&self) -> Option<(u64, &Arc<[u8]>)> {
        self.deadlines.get_min().map(|(deadline_ms, id)| (*deadline_ms, id))
    }

    /// Keeps a reply, in the place of one with the same id.
    pub fn insert(&mut self, id: &[u8], reply: OnceReply) {
        self.remove(id);
        let id: Arc<[u8]> = id.into();
        self.bytes += reply.bytes(&id);
        self.deadlines.insert((reply.deadline_ms, id.clone()));
        self.by_id.insert(id, reply);
    }

    /// Forgets an id: true if it was known.
    pub(super) fn remove(&mut self, id: &[u8]) -> bool {
        let Some((id, reply)) = self.by_id.remove_with_key(id) else { return false };
        self.bytes -= reply.bytes(&id);
        self.deadlines.remove(&(reply.deadline_ms, id));
        true
    }

    /// Checks the invariants.
    ///
    /// # Errors
    /// Names the first thing that is wrong.
    pub fn validate(&self) -> Result<(), String> {
        let bytes: u64 = self.iter().map(|(id, reply)| reply.bytes(id)).sum();
        let is_listed =
            |(id, reply): (&Arc<[u8]>, &OnceReply)| self.deadlines.contains(&(reply.deadline_ms, id.clone()));
        if bytes != self.bytes || self.deadlines.len() != self.by_id.len() || !self.by_id.iter().all(is_listed) {
            return Err(format!("{} ids of ONCE in {bytes} bytes, counted {}", self.by_id.len(), self.bytes));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(len: usize, deadline_ms: u64) -> OnceReply {
        OnceReply { command: 1, form: Some(vec![6; len].into()), deadline_ms }
    }

    #[test]
    fn bytes_and_deadlines_follow_what_is_kept() {
        let mut kept = OnceReplies::default();
        kept.insert(b"one", reply(10, 7));
        kept.insert(b"two", reply(20, 5));
        assert_eq!(kept.bytes(), 2 * (OVERHEAD + 6) + 30);
        assert_eq!(kept.first_deadline().map(|(deadline_ms, id)| (deadline_ms, &**id)), Some((5, &b"two"[..])));
        let image = kept.clone();
        kept.insert(b"two", reply(1, 9));
        kept.validate().unwrap();
        assert_eq!(kept.first_deadline().map(|(deadline_ms, _)| deadline_ms), Some(7));
        assert!(kept.remove(b"one") && kept.remove(b"two") && !kept.remove(b"two"));
        assert_eq!((kept.bytes(), kept.first_deadline()), (0, None));
        kept.validate().unwrap();
        image.validate().unwrap();
        assert_eq!(image.iter().len(), 2, "an image stays as it was");
    }

    #[test]
    fn there_is_room_up_to_the_bound_for_the_longest_reply() {
        let mut kept = OnceReplies::default();
        let needed = OVERHEAD + 2 * 3 + ONCE_REPLY_MAX as u64;
        assert!(kept.has_room(b"one", needed) && !kept.has_room(b"one", needed - 1));
        kept.insert(b"two", reply(10, 7));
        let taken = OVERHEAD + 2 * 3 + 10;
        assert!(kept.has_room(b"one", taken + needed) && !kept.has_room(b"one", taken + needed - 1));
    }

    #[test]
    fn replies_whose_parts_do_not_agree_are_refused() {
        let mut kept = OnceReplies::default();
        kept.insert(b"one", reply(10, 7));
        kept.validate().unwrap();
        let mut changed = kept.clone();
        changed.bytes += 1;
        assert!(changed.validate().is_err());
        let mut changed = kept.clone();
        changed.deadlines.insert((8, Arc::from(&b"two"[..])));
        assert!(changed.validate().is_err(), "a deadline of nothing");
        kept.deadlines.clear();
        kept.deadlines.insert((8, Arc::from(&b"one"[..])));
        assert!(kept.validate().is_err(), "another deadline");
    }
}
