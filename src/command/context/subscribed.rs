//! What a connection is subscribed to, as it was told.

use std::collections::BTreeSet;

use bytes::Bytes;

use crate::store::SubscriptionKind;

/// See the module's header.
#[derive(Debug, Default)]
pub struct Subscribed([BTreeSet<Bytes>; SubscriptionKind::ALL.len()]);

impl Subscribed {
    /// All names of a kind, in order.
    pub fn names(&self, kind: SubscriptionKind) -> impl Iterator<Item = &Bytes> {
        self.0.get(kind.number()).into_iter().flatten()
    }

    /// How many names of a kind there are.
    pub fn len(&self, kind: SubscriptionKind) -> usize {
        self.0.get(kind.number()).map_or(0, BTreeSet::len)
    }

    /// The number that Redis shows behind a name of this kind: channels and patterns count together.
    pub fn shown_count(&self, kind: SubscriptionKind) -> usize {
        match kind {
            SubscriptionKind::Shard => self.len(SubscriptionKind::Shard),
            _ => self.len(SubscriptionKind::Channel) + self.len(SubscriptionKind::Pattern),
        }
    }

    /// True without any.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(BTreeSet::is_empty)
    }

    /// Adds one.
    pub fn insert(&mut self, kind: SubscriptionKind, name: Bytes) {
        if let Some(names) = self.0.get_mut(kind.number()) {
            names.insert(name);
        }
    }

    /// Takes one out.
    pub fn remove(&mut self, kind: SubscriptionKind, name: &Bytes) {
        if let Some(names) = self.0.get_mut(kind.number()) {
            names.remove(name);
        }
    }
}
