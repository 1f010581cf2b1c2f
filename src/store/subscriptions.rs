//! Who is subscribed to what, in the whole cluster (design 3).
//!
//! Invariants
//! - A connection holds a subscription once, however often it asks for it: what is told twice, or again after a new boot, counts once. Counts
//!   are those of connections, and are kept together with what they count.
//! - A boot's end takes all that its connections hold: nothing is held under a boot that does not exist.
//! - All is bounded: a subscription that would make the names larger than [`BYTES_MAX`] is refused, with all others of its command.
//!
//! All tables are shared with images, so that a snapshot costs nothing here.

use std::sync::Arc;

use bytes::Bytes;
use imbl::{OrdMap, OrdSet};

use super::KeyEvent;

/// Most bytes that all subscriptions take together.
pub(super) const BYTES_MAX: u64 = 512 << 20;
/// What one takes besides its name, roughly.
pub(super) const SUBSCRIPTION_BYTES: u64 = 128;

/// What a subscription names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SubscriptionKind {
    /// A channel (SUBSCRIBE).
    Channel,
    /// A pattern of channels (PSUBSCRIBE).
    Pattern,
    /// A channel of a shard (SSUBSCRIBE).
    Shard,
}

impl SubscriptionKind {
    /// All, by their numbers in a snapshot.
    pub const ALL: [Self; 3] = [Self::Channel, Self::Pattern, Self::Shard];

    /// Its number.
    pub fn number(self) -> usize {
        self as usize
    }
}

/// What happens to subscriptions, and to those who hold them: for each node's own connections, in the log's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PubSub {
    /// A connection of this node has subscribed.
    Subscribed(u64, SubscriptionKind, Bytes),
    /// A connection of this node no longer is.
    Unsubscribed(u64, SubscriptionKind, Bytes),
    /// A connection of this node no longer is subscribed to anything of this kind.
    UnsubscribedFromAll(u64, SubscriptionKind),
    /// A message on a channel.
    Published(SubscriptionKind, Bytes, Bytes),
    /// A hold of a lock has ended, and nobody has released it.
    LockLost(LostHold),
    /// Something has happened to a key.
    Event(KeyEvent),
    /// A client of this node (by its connection) that keeps what it reads has read this key.
    Read(u64, Bytes),
    /// A key has changed, by the client of this connection (0: by none of this node's).
    Changed(Bytes, u64),
    /// Any key may have changed.
    AllChanged,
}

/// What LOCK.NOTIFY tells of a hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostHold {
    /// The boot under which the connection had it that is told.
    pub boot: u64,
    /// That connection.
    pub connection: u64,
    /// The lock.
    pub name: Bytes,
    /// The fencing token.
    pub token: u64,
    /// Why.
    pub reason: &'static str,
}

/// One subscription: boot, connection, kind, name.
pub(super) type Held = (u64, u64, SubscriptionKind, Arc<[u8]>);

/// See the module's header.
#[derive(Clone, Debug, Default)]
pub struct Subscriptions {
    held: OrdSet<Held>,
    counts: [OrdMap<Arc<[u8]>, u64>; SubscriptionKind::ALL.len()],
    /// What all take together.
    pub(super) bytes: u64,
}

impl Subscriptions {
    /// How many connections are subscribed to this name.
    pub fn count(&self, kind: SubscriptionKind, name: &[u8]) -> u64 {
        self.of_kind(kind).and_then(|counts| counts.get(name)).copied().unwrap_or(0)
    }

    /// Everything of this kind that anybody is subscribed to, in order, each with the number of connections.
    pub fn names(&self, kind: SubscriptionKind) -> impl Iterator<Item = (&[u8], u64)> {
        self.of_kind(kind).into_iter().flatten().map(|(name, count)| (&**name, *count))
    }

    /// How many names of this kind there are.
    pub fn len(&self, kind: SubscriptionKind) -> usize {
        self.of_kind(kind).map_or(0, OrdMap::len)
    }

    /// True without any subscription.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// All, as (boot, connection, kind, name), in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (u64, u64, SubscriptionKind, &[u8])> {
        self.held.iter().map(|(boot, connection, kind, name)| (*boot, *connection, *kind, &**name))
    }

    /// What a connection holds.
    pub fn of_connection(&self, boot: u64, connection: u64) -> Vec<(SubscriptionKind, Arc<[u8]>)> {
        self.from(boot, connection)
            .take_while(|held| (held.0, held.1) == (boot, connection))
            .map(|(_, _, kind, name)| (*kind, name.clone()))
            .collect()
    }

    pub(super) fn of_boot(&self, boot: u64) -> Vec<Held> {
        self.from(boot, 0).take_while(|held| held.0 == boot).cloned().collect()
    }

    fn from(&self, boot: u64, connection: u64) -> impl Iterator<Item = &Held> {
        let first: Held = (boot, connection, SubscriptionKind::Channel, Arc::from([]));
        self.held.range(first..)
    }

    fn of_kind(&self, kind: SubscriptionKind) -> Option<&OrdMap<Arc<[u8]>, u64>> {
        self.counts.get(kind.number())
    }

    /// Adds one; false if it is there already.
    pub(super) fn add(&mut self, held: Held) -> bool {
        if self.held.contains(&held) {
            return false;
        }
        let (kind, name) = (held.2, held.3.clone());
        self.bytes += bytes_of(&name);
        self.held.insert(held);
        if let Some(counts) = self.counts.get_mut(kind.number()) {
            *counts.entry(name).or_insert(0) += 1;
        }
        true
    }

    /// Takes one out; false if it is not there.
    pub(super) fn remove(&mut self, held: &Held) -> bool {
        if self.held.remove(held).is_none() {
            return false;
        }
        let (kind, name) = (held.2, &held.3);
        self.bytes -= bytes_of(name);
        if let Some(counts) = self.counts.get_mut(kind.number())
            && let Some(count) = counts.get_mut(&**name)
        {
            *count -= 1;
            if *count == 0 {
                counts.remove(&**name);
            }
        }
        true
    }

    /// Puts back what a snapshot held. False if it stands there twice.
    #[must_use]
    pub fn restore(&mut self, boot: u64, connection: u64, kind: SubscriptionKind, name: &[u8]) -> bool {
        self.add((boot, connection, kind, Arc::from(name)))
    }

    /// Checks the invariants of the module's header.
    ///
    /// # Errors
    /// Names the first thing that is wrong.
    pub fn validate(&self) -> Result<(), String> {
        let mut again = Self::default();
        for held in &self.held {
            again.add(held.clone());
        }
        if again.counts != self.counts || again.bytes != self.bytes {
            return Err("the counts of subscriptions are not those of who is subscribed".into());
        }
        Ok(())
    }
}

pub(super) fn bytes_of(name: &[u8]) -> u64 {
    name.len() as u64 + SUBSCRIPTION_BYTES
}
