//! What is known of accesses to the keys of a state ([`super::access`]).

use super::access::place_of;
use super::{Accesses, State, Touch};

impl State {
    /// What an access at this moment does.
    pub(super) fn access(&self, now_ms: u64) -> Touch {
        let number = if self.options.policy().counts_uses() { self.accesses.next() } else { 0 };
        Touch::one(now_ms, &self.options, number)
    }

    /// Notes what another node has read.
    pub fn note_reads(&self, weight: u32, keys: &[u64], now_ms: u64) {
        for read in keys {
            let (db, position) = place_of(*read);
            if let Some(entry) = self.db(db).likely(position) {
                entry.touch(self.access(now_ms).times(weight));
            }
        }
    }

    /// What this node counts of accesses.
    pub fn accesses(&self) -> &Accesses {
        &self.accesses
    }

    /// Goes on with what another state of this node's counted.
    pub fn take_over_accesses(&mut self, before: &Self) {
        self.accesses = before.accesses.clone();
    }
}
