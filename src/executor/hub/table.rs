//! Who is subscribed to what, and is told of what.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::{Bytes, BytesMut};

use crate::command::context::Client;
use crate::command::glob::{Case, matches};
use crate::executor::Place;
use crate::executor::mailbox::{BufferLimits, InResp2, Mailbox, Message};
use crate::executor::tracking::{Changed, Told, Tracking};
use crate::protocol::{Reply, Resp, encode};
use crate::store::{KeyEvent, LostHold, SubscriptionKind};

#[derive(Debug)]
pub(super) struct Held {
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) names: BTreeSet<(SubscriptionKind, Bytes)>,
    /// It is told when its holds of locks end (LOCK.NOTIFY).
    pub(super) is_notified: bool,
}

#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) connections: BTreeMap<u64, Held>,
    pub(super) channels: HashMap<Bytes, BTreeMap<u64, Arc<Mailbox>>>,
    pub(super) shards: HashMap<Bytes, BTreeMap<u64, Arc<Mailbox>>>,
    /// In order: messages are given to those of one pattern after those of another.
    pub(super) patterns: BTreeMap<Bytes, BTreeMap<u64, Arc<Mailbox>>>,
    /// Connections that locks may be bound to.
    pub(super) bound: BTreeMap<u64, Arc<Client>>,
    /// The first boot of this process; 0: none yet.
    pub(super) first_boot: u64,
    pub(super) limits: BufferLimits,
    pub(super) tracking: Tracking,
}

impl Table {
    fn subscribers(&mut self, kind: SubscriptionKind, name: &Bytes) -> Option<&mut BTreeMap<u64, Arc<Mailbox>>> {
        match kind {
            SubscriptionKind::Channel => self.channels.get_mut(name),
            SubscriptionKind::Pattern => self.patterns.get_mut(name),
            SubscriptionKind::Shard => self.shards.get_mut(name),
        }
    }

    pub(super) fn insert(&mut self, connection: u64, kind: SubscriptionKind, name: Bytes) {
        // One that has gone meanwhile: its end takes the subscription from the state.
        let Some(held) = self.connections.get_mut(&connection) else { return };
        // A copy of its own: it is part of a whole entry.
        let name = Bytes::copy_from_slice(&name);
        if !held.names.insert((kind, name.clone())) {
            return;
        }
        let mailbox = held.mailbox.clone();
        let subscribers = match kind {
            SubscriptionKind::Channel => self.channels.entry(name).or_default(),
            SubscriptionKind::Pattern => self.patterns.entry(name).or_default(),
            SubscriptionKind::Shard => self.shards.entry(name).or_default(),
        };
        subscribers.insert(connection, mailbox);
    }

    pub(super) fn remove(&mut self, connection: u64, kind: SubscriptionKind, name: &Bytes) {
        let Some(held) = self.connections.get_mut(&connection) else { return };
        held.names.remove(&(kind, name.clone()));
        let Some(subscribers) = self.subscribers(kind, name) else { return };
        subscribers.remove(&connection);
        if subscribers.is_empty() {
            match kind {
                SubscriptionKind::Channel => _ = self.channels.remove(name),
                SubscriptionKind::Pattern => _ = self.patterns.remove(name),
                SubscriptionKind::Shard => _ = self.shards.remove(name),
            }
        }
    }

    pub(super) fn remove_all(&mut self, connection: u64, kind: SubscriptionKind) {
        let Some(held) = self.connections.get(&connection) else { return };
        let names: Vec<_> = held.names.iter().filter(|name| name.0 == kind).map(|name| name.1.clone()).collect();
        names.iter().for_each(|name| self.remove(connection, kind, name));
    }

    /// A hold that a connection of an earlier process had is nobody's here, though ids of connections begin anew.
    pub(super) fn tell_lost(&self, place: Place, lost: &LostHold, reached: &mut Vec<Arc<Mailbox>>) {
        let held = self.connections.get(&lost.connection).filter(|held| held.is_notified);
        let is_own = self.first_boot != 0 && lost.boot >= self.first_boot;
        if let Some(held) = held.filter(|_| is_own) {
            let token = Reply::Int(lost.token as i64);
            let name = Reply::Bulk(lost.name.clone());
            let bytes = encoded(vec![Reply::bulk("lock-lost"), name, token, Reply::bulk(lost.reason)]);
            held.mailbox.push(Message { place, bytes, in_resp2: InResp2::Nothing }, self.limits);
            reached.push(held.mailbox.clone());
        }
    }

    /// Has clients told that keys have changed, or those who are told in their place.
    pub(super) fn invalidate(&self, place: Place, told: Vec<Told>) -> Vec<Arc<Mailbox>> {
        let mut reached = Vec::new();
        for (client, changed) in told {
            let Some(own) = self.connections.get(&client) else { continue };
            let redirect = self.tracking.tracked(client).map_or(0, |tracked| tracked.redirect);
            let target = if redirect == 0 { Some(own) } else { self.connections.get(&redirect) };
            let Some(target) = target else {
                own.mailbox.client.has_lost_redirect.store(true, Ordering::Relaxed);
                let parts = vec![Reply::bulk("tracking-redir-broken"), Reply::Int(redirect as i64)];
                own.mailbox.push(Message { place, bytes: encoded(parts), in_resp2: InResp2::Nothing }, self.limits);
                reached.push(own.mailbox.clone());
                continue;
            };
            let keys = match changed {
                Changed::Keys(keys) => Reply::Array(keys.into_iter().map(Reply::Bulk).collect()),
                Changed::All => Reply::Nil,
            };
            let in_resp2 = if redirect != 0 && !target.names.is_empty() {
                let mut bytes = BytesMut::from(&b">3\r\n"[..]);
                for part in [Reply::bulk("message"), Reply::bulk("__redis__:invalidate"), keys.clone()] {
                    encode(&mut bytes, &part, Resp::V2);
                }
                InResp2::Other(bytes.freeze())
            } else {
                InResp2::Nothing
            };
            let bytes = encoded(vec![Reply::bulk("invalidate"), keys]);
            target.mailbox.push(Message { place, bytes, in_resp2 }, self.limits);
            reached.push(target.mailbox.clone());
        }
        reached
    }

    pub(super) fn tell_event(&self, place: Place, event: &KeyEvent, reached: &mut Vec<Arc<Mailbox>>) {
        if self.channels.is_empty() && self.patterns.is_empty() {
            return;
        }
        let (kind, db) = (SubscriptionKind::Channel, event.db);
        if event.by_key {
            let channel = Bytes::from([format!("__keyspace@{db}__:").as_bytes(), &event.key].concat());
            self.publish(place, kind, &channel, Bytes::from_static(event.name.as_bytes()), reached);
        }
        if event.by_event {
            let channel = Bytes::from(format!("__keyevent@{db}__:{}", event.name));
            self.publish(place, kind, &channel, event.key.clone(), reached);
        }
    }

    pub(super) fn publish(
        &self,
        place: Place,
        kind: SubscriptionKind,
        channel: &Bytes,
        message: Bytes,
        reached: &mut Vec<Arc<Mailbox>>,
    ) {
        let (direct, word) = match kind {
            SubscriptionKind::Shard => (self.shards.get(channel), "smessage"),
            _ => (self.channels.get(channel), "message"),
        };
        let mut give = |subscribers: &BTreeMap<u64, Arc<Mailbox>>, parts: Vec<Reply>| {
            let message = encoded(parts);
            for mailbox in subscribers.values() {
                mailbox.push(Message { place, bytes: message.clone(), in_resp2: InResp2::Same }, self.limits);
                reached.push(mailbox.clone());
            }
        };
        let bulk = |bytes: &Bytes| Reply::Bulk(bytes.clone());
        if let Some(subscribers) = direct {
            give(subscribers, vec![Reply::bulk(word), bulk(channel), bulk(&message)]);
        }
        if kind == SubscriptionKind::Shard {
            return;
        }
        for (pattern, subscribers) in &self.patterns {
            if matches(pattern, channel, Case::Sensitive) {
                give(subscribers, vec![Reply::bulk("pmessage"), bulk(pattern), bulk(channel), bulk(&message)]);
            }
        }
    }
}

/// A message as it is sent in RESP3, shared by all whom it is for.
fn encoded(parts: Vec<Reply>) -> Bytes {
    let mut out = BytesMut::new();
    encode(&mut out, &Reply::Push(parts), Resp::V3);
    out.freeze()
}
