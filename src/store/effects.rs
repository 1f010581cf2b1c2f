//! Side effects of applying an entry, executed once the gate is released.

use bytes::Bytes;
use triomphe::Arc;

use super::{Audited, CallLog, Database, Entry, Group, PubSub, Tally, Value, WaiterId};
use crate::protocol::Reply;

/// What apply asks each node to do for its own connections after the gate is released.
#[derive(Default, Debug)]
pub struct Effects {
    /// What may be large: freed in the background, as by Redis's UNLINK.
    pub garbage: Vec<Garbage>,
    /// Emptied databases, likewise.
    pub flushed: Vec<Database>,
    /// Keys that expired, for INFO's `expired_keys`.
    pub expired: u64,
    /// Keys that gave way for want of memory, for INFO's `evicted_keys`.
    pub evicted: u64,
    /// Bytes of keys and values that are gone and that an image shares.
    pub shared_bytes: u64,
    /// Fields of hashes that expired, for INFO's `expired_subkeys`.
    pub expired_fields: u64,
    /// Waits that have ended, in order, and what is answered.
    pub released: Vec<(WaiterId, Reply)>,
    /// Scripts that went for others, for INFO's `evicted_scripts`.
    pub evicted_scripts: u64,
    /// What happens to subscribers, each with the place of its command in the entry.
    pub pubsub: Vec<(u64, PubSub)>,
    /// The place in the entry of the command that runs now: 1, 2, 3 …
    pub position: u64,
    /// What the origin alone counts, for INFO: no part of the state.
    pub tally: Tally,
    /// Clients of this node are told of changes of keys.
    pub is_tracked: bool,
    /// The connection of this node whose command runs now; 0: none.
    pub author: u64,
    /// The same if it is to be told when what it reads changes.
    pub reader: u64,
    /// Keeps what the script that runs now calls, if this node's commands are watched.
    pub calls: Option<CallLog>,
    /// CLIENT NO-TOUCH of the client whose group runs now: what it reads leaves no trace.
    pub no_touch: bool,
    /// This node answers what runs now, and so counts it.
    pub is_counting: bool,
    /// What an audit is told, if this is one.
    pub audit: Option<Vec<Audited>>,
}

/// What is freed in the background.
#[derive(Debug)]
pub enum Garbage {
    /// A value that was removed or replaced.
    Value(Value),
    /// A consumer group, which was removed from its stream.
    Group(Group),
}

impl Effects {
    /// Adds what a command has counted, if this node answers it.
    pub fn count(&mut self, mut tally: Tally) {
        if self.is_counting {
            let position = self.position;
            self.pubsub.extend(tally.told.drain(..).map(|what| (position, what)));
            self.tally.add(tally);
        }
    }

    /// Adds what concerns a connection that is this node's, if the command that runs now is one of its clients'.
    pub(super) fn of_own(&mut self, what: PubSub) {
        if self.is_counting {
            self.pubsub.push((self.position, what));
        }
    }

    /// About how many bytes are freed in the background; of emptied databases nobody knows.
    pub fn garbage_bytes(&self) -> usize {
        let values =
            self.garbage.iter().map(|garbage| if let Garbage::Value(value) = garbage { value.memory() } else { 0 });
        values.sum()
    }

    /// How many objects are: values and groups, and the keys of emptied databases.
    pub fn garbage_len(&self) -> usize {
        self.garbage.len() + self.flushed.iter().map(Database::len).sum::<usize>()
    }

    /// A key has changed: called wherever that enters the digest.
    pub(super) fn note_change(&mut self, key: &[u8]) {
        if self.is_tracked {
            self.pubsub.push((self.position, PubSub::Changed(Bytes::copy_from_slice(key), self.author)));
        }
    }

    /// Any key may have changed.
    pub(super) fn note_changes_of_all(&mut self) {
        if self.is_tracked {
            self.pubsub.push((self.position, PubSub::AllChanged));
        }
    }

    pub(super) fn discard_value(&mut self, value: Value) {
        if value.is_slow_to_free() {
            self.garbage.push(Garbage::Value(value));
        }
    }

    pub(super) fn discard_group(&mut self, group: Group) {
        if group.is_slow_to_free() {
            self.garbage.push(Garbage::Group(group));
        }
    }

    pub(super) fn discard(&mut self, entry: Arc<Entry>) {
        if !entry.is_unique() {
            self.shared_bytes += entry.memory() as u64;
        }
        if entry.value().is_slow_to_free()
            && let Ok(entry) = Arc::try_unwrap(entry)
        {
            self.garbage.push(Garbage::Value(entry.into_value()));
        }
    }
}
