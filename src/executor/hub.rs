//! This node's connections that are subscribed, and what they are given: carries out, in the log's order, what applying entries says of
//! publishing and subscribing.
//!
//! Invariants
//! - Each subscriber of a channel gets every message whose entry is applied here while it is subscribed, once, in the order of the log: what
//!   happens to subscriptions and messages comes through here alone, in that order. So subscribers of all nodes see one order, and a
//!   change of leaders takes nothing from those on nodes that survive it.
//! - Whoever may have missed a message is not subscribed any more: a snapshot that takes this node over entries closes the connections
//!   that are subscribed ([`Hub::cut_off`]), and so does a queue that has become too long.
//! - A message stands before the reply to a command of the same connection if and only if it comes before the command in the log. Messages of an
//!   entry are queued before its replies are sent, and shown as complete afterwards ([`Hub::answered`]). So a connection that has no reply to
//!   what it handed over knows that the messages of complete entries come before it, and one that has it finds all those before it in its
//!   queue. A message that a command publishes to its own connection follows its reply, as in Redis 7.2.
//! - A connection that is to be told of its locks is told of every hold that ends by an entry applied here since, unless it is closed.
//! - Applying waits for no client: a queue takes what comes, or its client is closed.
//! - What a connection is subscribed to here is what its replies have told it, whatever becomes of the boot under which the state counts it.

mod table;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use parking_lot::Mutex;

use super::Place;
use super::mailbox::{BufferLimits, Mailbox};
use crate::command::context::{Client, Tracked, TrackingFigures};
use crate::store::{PubSub, SubscriptionKind};
use table::{Held, Table};

/// See the module's header.
#[derive(Debug, Default)]
pub struct Hub {
    table: Mutex<Table>,
    answered: AtomicU64,
    applied: AtomicU64,
    is_tracking: AtomicBool,
}

impl Hub {
    /// The mailbox of a connection, which has to be there before its first subscription is handed over.
    pub fn open(&self, client: &Arc<Client>) -> Arc<Mailbox> {
        let new =
            || Held { mailbox: Arc::new(Mailbox::new(client.clone())), names: BTreeSet::new(), is_notified: false };
        self.table.lock().connections.entry(client.id).or_insert_with(new).mailbox.clone()
    }

    /// What a connection is subscribed to.
    pub fn names(&self, connection: u64) -> BTreeSet<(SubscriptionKind, Bytes)> {
        self.table.lock().connections.get(&connection).map_or_else(BTreeSet::new, |held| held.names.clone())
    }

    /// Ends all that a connection is subscribed to. Its mailbox stays: it may be used again.
    pub fn end_subscriptions(&self, connection: u64) {
        let mut table = self.table.lock();
        SubscriptionKind::ALL.into_iter().for_each(|kind| table.remove_all(connection, kind));
    }

    /// Takes a connection out that is gone, with all that it is subscribed to.
    pub fn close(&self, connection: u64) {
        self.end_subscriptions(connection);
        self.table.lock().connections.remove(&connection);
    }

    /// Whether a connection is told from now on when its holds of locks end.
    pub fn notify(&self, client: &Arc<Client>, is_notified: bool) {
        if is_notified {
            self.open(client);
        }
        if let Some(held) = self.table.lock().connections.get_mut(&client.id) {
            held.is_notified = is_notified;
        }
    }

    /// How a client is told from now on when keys change; None: it is not.
    pub fn track(&self, client: &Arc<Client>, tracked: Option<Tracked>) {
        if tracked.is_some() {
            self.open(client);
        }
        let mut table = self.table.lock();
        table.tracking.set(client.id, tracked);
        self.is_tracking.store(!table.tracking.is_empty(), Ordering::Release);
    }

    /// True if any is.
    pub fn is_tracking(&self) -> bool {
        self.is_tracking.load(Ordering::Acquire)
    }

    /// How many are, and of what.
    pub fn tracking_figures(&self) -> TrackingFigures {
        self.table.lock().tracking.figures()
    }

    /// Sets of how many keys clients may be told; 0: of any number.
    pub fn set_tracked_keys_max(&self, keys_max: usize) {
        let place = Place { index: self.applied(), position: u64::MAX };
        let mut table = self.table.lock();
        let told = table.tracking.set_keys_max(keys_max);
        let reached = table.invalidate(place, told);
        drop(table);
        reached.iter().for_each(|mailbox| mailbox.waker.wake());
    }

    /// The state is that behind this entry. Called with the gate held.
    pub fn set_applied(&self, index: u64) {
        self.applied.store(index, Ordering::Release);
    }

    /// Index of the state, for who holds the gate: no higher than it is.
    pub fn applied(&self) -> u64 {
        self.applied.load(Ordering::Acquire)
    }

    /// Locks may be bound to this connection from now on.
    pub fn bind(&self, client: &Arc<Client>) {
        self.table.lock().bound.insert(client.id, client.clone());
    }

    /// No longer.
    pub fn unbind(&self, connection: u64) {
        self.table.lock().bound.remove(&connection);
    }

    /// This process has a boot.
    pub fn booted(&self, boot: u64) {
        let mut table = self.table.lock();
        if table.first_boot == 0 {
            table.first_boot = boot;
        }
    }

    /// Sets when a queue is too long.
    pub fn set_limits(&self, limits: BufferLimits) {
        self.table.lock().limits = limits;
    }

    /// The last entry of which all replies have been sent, of those with messages.
    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::Acquire)
    }

    /// Carries out what an entry did. Its replies are to be sent next, and then [`Self::release`] is due with what this returns.
    #[must_use]
    pub fn queue(&self, index: u64, effects: Vec<(u64, PubSub)>) -> Vec<Arc<Mailbox>> {
        if effects.is_empty() {
            return Vec::new();
        }
        let mut reached = Vec::new();
        let mut table = self.table.lock();
        for (position, what) in effects {
            match what {
                PubSub::Subscribed(connection, kind, name) => table.insert(connection, kind, name),
                PubSub::Unsubscribed(connection, kind, name) => table.remove(connection, kind, &name),
                PubSub::UnsubscribedFromAll(connection, kind) => table.remove_all(connection, kind),
                PubSub::Published(kind, channel, message) => {
                    table.publish(Place { index, position }, kind, &channel, message, &mut reached);
                }
                PubSub::LockLost(lost) => table.tell_lost(Place { index, position }, &lost, &mut reached),
                PubSub::Event(event) => table.tell_event(Place { index, position }, &event, &mut reached),
                PubSub::Read(connection, key) => {
                    let told = table.tracking.remember(connection, &key, Place { index, position });
                    reached.extend(table.invalidate(behind(index), told));
                }
                PubSub::Changed(key, by) => {
                    let told = table.tracking.change(&key, Place { index, position }, by);
                    reached.extend(table.invalidate(Place { index, position }, told));
                }
                PubSub::AllChanged => {
                    let told = table.tracking.change_all(Place { index, position });
                    reached.extend(table.invalidate(Place { index, position }, told));
                }
            }
        }
        for (position, told) in table.tracking.end_entry() {
            reached.extend(table.invalidate(Place { index, position }, vec![told]));
        }
        reached
    }

    /// What reads of the state of this index have met: keys that are noted, which has to be done while the gate is held if it is the state's present one, and
    /// what somebody is told of them, behind all that they have seen.
    pub fn tell_of_reads(&self, index: u64, told: Vec<PubSub>) {
        if told.is_empty() {
            return;
        }
        let mut reached = Vec::new();
        let mut table = self.table.lock();
        for what in told {
            match what {
                PubSub::Read(connection, key) => {
                    let told = table.tracking.remember(connection, &key, Place { index, position: u64::MAX });
                    reached.extend(table.invalidate(behind(index), told));
                }
                PubSub::Event(event) => table.tell_event(behind(index), &event, &mut reached),
                _ => {}
            }
        }
        drop(table);
        reached.iter().for_each(|mailbox| mailbox.waker.wake());
    }

    /// The replies of entry `index` have been sent: its messages may be written.
    pub fn release(&self, index: u64, reached: Vec<Arc<Mailbox>>) {
        if !reached.is_empty() {
            self.answered.store(index, Ordering::Release);
            reached.iter().for_each(|mailbox| mailbox.waker.wake());
        }
    }

    /// A snapshot took this node over entries whose messages nobody here will get: connections that are subscribed are closed, so that
    /// their clients notice.
    pub fn cut_off(&self) {
        let table = self.table.lock();
        let is_forgotten = crate::planted::is("subscribers are not told of a gap");
        let subscribed = |held: &&Held| (!held.names.is_empty() || held.is_notified) && !is_forgotten;
        for held in table.connections.values().filter(subscribed) {
            held.mailbox.client.kill();
        }
        drop(table);
        // Whoever tracks is told that all may have changed: behind what reads of the state before have seen, and before what later ones see.
        let place = behind(self.applied());
        self.set_applied(place.index);
        let mut table = self.table.lock();
        let is_forgotten = crate::planted::is("trackers are not told of a gap");
        let told = if is_forgotten { Vec::new() } else { table.tracking.change_all(place) };
        let reached = table.invalidate(place, told);
        drop(table);
        reached.iter().for_each(|mailbox| mailbox.waker.wake());
    }

    /// The state has lost what the connections hold: each is to tell it again. Connections that locks may be bound to are closed: the next boot
    /// ends those.
    pub fn hold_again(&self) {
        let table = self.table.lock();
        table.connections.values().for_each(|held| held.mailbox.set_hold_again());
        table.bound.values().for_each(|client| client.kill());
    }
}

/// Behind all of an entry, and before the next one.
fn behind(index: u64) -> Place {
    Place { index: index + 1, position: 0 }
}

#[cfg(test)]
mod tests;
