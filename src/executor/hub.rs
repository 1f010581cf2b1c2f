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

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::task::AtomicWaker;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::Place;
use super::tracking::{Changed, Told, Tracking};
use crate::command::context::{Client, Tracked, TrackingFigures};
use crate::command::glob::{Case, matches};
use crate::protocol::{Reply, Resp, encode};
use crate::store::{KeyEvent, LostHold, PubSub, SubscriptionKind};

/// What a message takes in a queue besides its bytes, roughly.
const MESSAGE_BYTES: usize = 64;

/// When a queue is too long (`client-output-buffer-limit`, class pubsub). 0 = no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BufferLimits {
    /// Bytes that it must never have.
    pub hard: u64,
    /// Bytes that it must not have for longer than `soft_for`.
    pub soft: u64,
    /// See above.
    pub soft_for: Duration,
}

/// What waits for one connection. Its bytes are those of RESP3; in RESP2 the first one is another.
#[derive(Debug)]
pub struct Mailbox {
    client: Arc<Client>,
    queue: Mutex<Queue>,
    /// Of the connection's task.
    waker: AtomicWaker,
}

#[derive(Debug)]
struct Message {
    place: Place,
    bytes: Bytes,
    in_resp2: InResp2,
}

/// What a message is in RESP2.
#[derive(Debug)]
enum InResp2 {
    /// The same; a push has another first byte.
    Same,
    /// There is none such.
    Nothing,
    /// Another message; its bytes are those of RESP3.
    Other(Bytes),
}

#[derive(Debug, Default)]
struct Queue {
    messages: VecDeque<Message>,
    bytes: usize,
    over_soft_since: Option<Instant>,
    is_to_hold_again: bool,
}

impl Mailbox {
    fn new(client: Arc<Client>) -> Self {
        Self { client, queue: Mutex::default(), waker: AtomicWaker::new() }
    }

    fn push(&self, message: Message, limits: BufferLimits) {
        let mut queue = self.queue.lock();
        queue.bytes += message.bytes.len() + MESSAGE_BYTES;
        queue.messages.push_back(message);
        let bytes = queue.bytes as u64;
        let is_over = |limit: u64| limit != 0 && bytes > limit;
        let mut is_too_long = is_over(limits.hard);
        if is_over(limits.soft) {
            let now = Instant::now();
            let since = *queue.over_soft_since.get_or_insert(now);
            is_too_long |= now.duration_since(since) > limits.soft_for;
        } else {
            queue.over_soft_since = None;
        }
        if is_too_long {
            *queue = Queue::default();
            drop(queue);
            tracing::warn!(addr = self.client.addr, bytes, "closed a subscriber that does not read what it is sent");
            self.client.kill();
        }
    }

    /// A line for who watches this node's commands: it has no place in the log, and goes before whatever comes later.
    pub(super) fn push_line(&self, bytes: Bytes, limits: BufferLimits) {
        self.push(Message { place: Place { index: 0, position: 0 }, bytes, in_resp2: InResp2::Same }, limits);
        self.waker.wake();
    }

    /// The next message for a connection of this version of the protocol, if there is one at a place before `before` (None: at any place).
    pub fn take(&self, before: Option<Place>, resp: Resp) -> Option<Bytes> {
        let mut queue = self.queue.lock();
        loop {
            if before.is_some_and(|before| queue.messages.front().is_some_and(|message| message.place >= before)) {
                return None;
            }
            let message = queue.messages.pop_front()?;
            queue.bytes -= message.bytes.len() + MESSAGE_BYTES;
            if queue.messages.is_empty() {
                queue.over_soft_since = None;
            }
            match message.in_resp2 {
                InResp2::Nothing if resp == Resp::V2 => {}
                InResp2::Other(bytes) if resp == Resp::V2 => return Some(bytes),
                _ => return Some(message.bytes),
            }
        }
    }

    /// True once the state no longer has what the connection holds; said once.
    pub fn take_hold_again(&self) -> bool {
        std::mem::take(&mut self.queue.lock().is_to_hold_again)
    }

    /// Asks for it again.
    pub fn set_hold_again(&self) {
        self.queue.lock().is_to_hold_again = true;
        self.waker.wake();
    }

    /// Returns when a message at a place before `before` (None: at any) waits, or what the connection holds is to be told again. Only its task
    /// may wait for it: there is room for one.
    pub fn ready(&self, before: impl Fn() -> Option<Place>) -> impl Future<Output = ()> {
        poll_fn(move |context| {
            self.waker.register(context.waker());
            let before = before();
            let queue = self.queue.lock();
            let is_there = |message: &Message| before.is_none_or(|before| message.place < before);
            let is_ready = queue.messages.front().is_some_and(is_there) || (before.is_none() && queue.is_to_hold_again);
            if is_ready { Poll::Ready(()) } else { Poll::Pending }
        })
    }
}

#[derive(Debug)]
struct Held {
    mailbox: Arc<Mailbox>,
    names: BTreeSet<(SubscriptionKind, Bytes)>,
    /// It is told when its holds of locks end (LOCK.NOTIFY).
    is_notified: bool,
}

#[derive(Debug, Default)]
struct Table {
    connections: BTreeMap<u64, Held>,
    channels: HashMap<Bytes, BTreeMap<u64, Arc<Mailbox>>>,
    shards: HashMap<Bytes, BTreeMap<u64, Arc<Mailbox>>>,
    /// In order: messages are given to those of one pattern after those of another.
    patterns: BTreeMap<Bytes, BTreeMap<u64, Arc<Mailbox>>>,
    /// Connections that locks may be bound to.
    bound: BTreeMap<u64, Arc<Client>>,
    /// The first boot of this process; 0: none yet.
    first_boot: u64,
    limits: BufferLimits,
    tracking: Tracking,
}

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
        for held in table.connections.values().filter(|held| !held.names.is_empty() || held.is_notified) {
            held.mailbox.client.kill();
        }
        drop(table);
        // Whoever tracks is told that all may have changed: behind what reads of the state before have seen, and before what later ones see.
        let place = behind(self.applied());
        self.set_applied(place.index);
        let mut table = self.table.lock();
        let told = table.tracking.change_all(place);
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

impl Table {
    fn subscribers(&mut self, kind: SubscriptionKind, name: &Bytes) -> Option<&mut BTreeMap<u64, Arc<Mailbox>>> {
        match kind {
            SubscriptionKind::Channel => self.channels.get_mut(name),
            SubscriptionKind::Pattern => self.patterns.get_mut(name),
            SubscriptionKind::Shard => self.shards.get_mut(name),
        }
    }

    fn insert(&mut self, connection: u64, kind: SubscriptionKind, name: Bytes) {
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

    fn remove(&mut self, connection: u64, kind: SubscriptionKind, name: &Bytes) {
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

    fn remove_all(&mut self, connection: u64, kind: SubscriptionKind) {
        let Some(held) = self.connections.get(&connection) else { return };
        let names: Vec<_> = held.names.iter().filter(|name| name.0 == kind).map(|name| name.1.clone()).collect();
        names.iter().for_each(|name| self.remove(connection, kind, name));
    }

    /// A hold that a connection of an earlier process had is nobody's here, though ids of connections begin anew.
    fn tell_lost(&self, place: Place, lost: &LostHold, reached: &mut Vec<Arc<Mailbox>>) {
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
    fn invalidate(&self, place: Place, told: Vec<Told>) -> Vec<Arc<Mailbox>> {
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

    fn tell_event(&self, place: Place, event: &KeyEvent, reached: &mut Vec<Arc<Mailbox>>) {
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

    fn publish(
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

/// Behind all of an entry, and before the next one.
fn behind(index: u64) -> Place {
    Place { index: index + 1, position: 0 }
}

/// A message as it is sent in RESP3, shared by all whom it is for.
fn encoded(parts: Vec<Reply>) -> Bytes {
    let mut out = BytesMut::new();
    encode(&mut out, &Reply::Push(parts), Resp::V3);
    out.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(id: u64) -> Arc<Client> {
        Arc::new(Client::new(id, String::new(), String::new(), 0))
    }

    fn name(text: &str) -> Bytes {
        Bytes::copy_from_slice(text.as_bytes())
    }

    fn subscribed(connection: u64, kind: SubscriptionKind, text: &str) -> PubSub {
        PubSub::Subscribed(connection, kind, name(text))
    }

    fn published(channel: &str, message: &str) -> PubSub {
        PubSub::Published(SubscriptionKind::Channel, name(channel), name(message))
    }

    fn apply(hub: &Hub, index: u64, effects: Vec<PubSub>) {
        let reached = hub.queue(index, (1..).zip(effects).collect());
        hub.release(index, reached);
    }

    /// The last word of each message.
    fn words(mailbox: &Mailbox, before: Option<Place>) -> Vec<String> {
        let last = |message: Bytes| {
            let text = String::from_utf8_lossy(&message).into_owned();
            text.trim_end().rsplit("\r\n").next().unwrap().to_owned()
        };
        std::iter::from_fn(|| mailbox.take(before, Resp::V3)).map(last).collect()
    }

    fn lost(boot: u64, connection: u64, token: u64) -> PubSub {
        PubSub::LockLost(LostHold { boot, connection, name: name("l"), token, reason: "expired" })
    }

    #[test]
    fn who_asks_is_told_of_holds_that_this_process_s_connections_had() {
        let hub = Hub::default();
        let [asks, silent] = [client(1), client(2)];
        let _silent = hub.open(&silent);
        hub.notify(&asks, true);
        let mailbox = hub.open(&asks);
        apply(&hub, 5, vec![lost(4, 1, 7)]);
        assert!(mailbox.take(None, Resp::V3).is_none(), "there was no boot yet");
        hub.booted(9);
        hub.booted(12);
        apply(&hub, 20, vec![lost(8, 1, 7), lost(9, 2, 7), lost(9, 1, 8), lost(12, 1, 9), published("a", "x")]);
        let told = |token: u64| format!(">4\r\n$9\r\nlock-lost\r\n$1\r\nl\r\n:{token}\r\n$7\r\nexpired\r\n");
        let take = || mailbox.take(None, Resp::V3).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert_eq!((take(), take(), take()), (Some(told(8)), Some(told(9)), None));
        apply(&hub, 21, vec![subscribed(1, SubscriptionKind::Channel, "a"), lost(9, 1, 7), published("a", "x")]);
        assert!(mailbox.take(None, Resp::V2).is_some_and(|bytes| bytes.ends_with(b"x\r\n")), "RESP2 has no pushes");
        apply(&hub, 22, vec![PubSub::UnsubscribedFromAll(1, SubscriptionKind::Channel)]);
        hub.cut_off();
        assert!(asks.is_killed() && !silent.is_killed(), "it may have missed one");
        hub.notify(&asks, false);
        apply(&hub, 23, vec![lost(9, 1, 7)]);
        assert_eq!(take(), None);
    }

    #[test]
    fn connections_that_locks_are_bound_to_are_closed_when_their_boot_is_lost() {
        let hub = Hub::default();
        let [bound, left, other] = [client(1), client(2), client(3)];
        hub.bind(&bound);
        hub.bind(&left);
        hub.unbind(2);
        hub.hold_again();
        assert_eq!([&bound, &left, &other].map(|client| client.is_killed()), [true, false, false]);
    }

    #[test]
    fn messages_between_subscribing_and_unsubscribing_are_given_in_order() {
        let hub = Hub::default();
        let (first, second) = (hub.open(&client(1)), hub.open(&client(2)));
        apply(
            &hub,
            5,
            vec![
                published("a", "before"),
                subscribed(1, SubscriptionKind::Channel, "a"),
                published("a", "one"),
                subscribed(1, SubscriptionKind::Channel, "a"),
                subscribed(2, SubscriptionKind::Pattern, "?"),
                subscribed(2, SubscriptionKind::Shard, "a"),
            ],
        );
        apply(&hub, 6, vec![published("a", "two"), published("ab", "other")]);
        let unsubscribed = PubSub::Unsubscribed(1, SubscriptionKind::Channel, name("a"));
        apply(&hub, 7, vec![unsubscribed, published("a", "three")]);
        assert_eq!(words(&first, Some(Place { index: 6, position: 1 })), ["one"]);
        assert_eq!(words(&first, Some(Place { index: 7, position: 1 })), ["two"]);
        assert_eq!(words(&first, None), [""; 0]);
        assert_eq!(words(&second, None), ["two", "three"]);
        hub.close(2);
        apply(&hub, 8, vec![published("a", "four")]);
        assert_eq!(words(&second, None), [""; 0]);
        assert!(hub.table.lock().patterns.is_empty() && hub.table.lock().shards.is_empty());
    }

    #[test]
    fn an_entry_is_complete_once_its_replies_are_sent() {
        let hub = Hub::default();
        let mailbox = hub.open(&client(1));
        apply(&hub, 5, vec![subscribed(1, SubscriptionKind::Channel, "a"), published("a", "one")]);
        assert_eq!(hub.answered(), 5);
        let reached = hub.queue(6, vec![(1, published("a", "two"))]);
        let complete = Some(Place { index: hub.answered() + 1, position: 0 });
        assert_eq!(words(&mailbox, complete), ["one"]);
        hub.release(6, reached);
        assert_eq!(hub.answered(), 6);
    }

    #[tokio::test(start_paused = true)]
    async fn a_queue_that_grows_too_long_closes_its_client() {
        let hub = Hub::default();
        hub.set_limits(BufferLimits { hard: 1000, soft: 100, soft_for: Duration::from_secs(10) });
        let clients = [client(1), client(2)];
        let mailboxes = clients.each_ref().map(|client| hub.open(client));
        let kind = SubscriptionKind::Channel;
        apply(&hub, 1, vec![subscribed(1, kind, "a"), subscribed(2, kind, "a"), subscribed(2, kind, "b")]);
        for index in 2..5 {
            apply(&hub, index, vec![published("a", "x")]);
        }
        tokio::time::sleep(Duration::from_secs(9)).await;
        apply(&hub, 5, vec![published("a", "x")]);
        assert!(clients.iter().all(|client| !client.is_killed()));
        assert_eq!(words(&mailboxes[1], None).len(), 4);
        tokio::time::sleep(Duration::from_secs(2)).await;
        apply(&hub, 6, vec![published("a", "x")]);
        assert!(clients[0].is_killed() && !clients[1].is_killed());
        apply(&hub, 7, vec![published("b", &"x".repeat(1000))]);
        assert!(clients[1].is_killed());
    }

    #[test]
    fn a_snapshot_closes_those_who_are_subscribed() {
        let hub = Hub::default();
        let clients = [client(1), client(2)];
        let _mailboxes = clients.each_ref().map(|client| hub.open(client));
        apply(&hub, 1, vec![subscribed(1, SubscriptionKind::Shard, "a")]);
        hub.cut_off();
        assert!(clients[0].is_killed() && !clients[1].is_killed());
    }
}
