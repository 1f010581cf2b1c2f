//! What happens to holds of locks, told once: to the history, to those who are subscribed to `__lock__:<name>`, and in the digest.
//!
//! Invariants
//! - Every hold that begins, lasts longer or ends is recorded here, at the change of the lock, in the order of the changes: an event and its
//!   change are of one entry, and a change that does not come about has none.
//! - Holds that end together are recorded in the order of their deadlines if it is by their deadlines, else in that of their tokens.

use bytes::Bytes;

use super::{
    Audited, Bound, Effects, Event, Hold, Kind, Lock, LockEvent, LockHistory, LockRecord, LostHold, PubSub, State,
    SubscriptionKind, Value, is_over,
};

/// What the name of a lock's channel begins with.
const CHANNEL: &[u8] = b"__lock__:";

impl State {
    /// What happened to locks.
    pub fn lock_history(&self) -> &LockHistory {
        &self.lock_history
    }

    /// Puts back what a snapshot held.
    pub fn restore_lock_history(&mut self, history: LockHistory) {
        self.lock_history = history;
    }

    /// The one place where an event is told.
    pub(super) fn record(&mut self, db: usize, key: &[u8], event: LockEvent, hold: &Hold, effects: &mut Effects) {
        let channel = Bytes::from([CHANNEL, key].concat());
        let mut token = itoa::Buffer::new();
        let words = [event.name().as_bytes(), token.format(hold.token).as_bytes(), &hold.owner];
        let message = Bytes::from(words.join(&b' '));
        self.digest.bytes(&channel);
        self.digest.bytes(&message);
        effects.pubsub.push((effects.position, PubSub::Published(SubscriptionKind::Channel, channel, message)));
        if let Some(audit) = &mut effects.audit {
            let is_sessions = matches!(hold.bound, Bound::Session(_));
            let (lock, owner) = (key.into(), hold.owner.clone());
            let (token, deadline_ms) = (hold.token, hold.deadline_ms);
            audit.push(Audited::Hold { db: db as u8, lock, event, owner, token, deadline_ms, is_sessions });
        }
        let record = LockRecord {
            db: db as u8,
            name: key.into(),
            event,
            owner: hold.owner.clone(),
            token: hold.token,
            at_ms: self.now_ms,
        };
        self.lock_history.push(record, self.options.lock_history_bytes);
        self.tell(db, key, Event::lock(event.name()), effects);
        self.tell_holder(key, event, hold, effects);
    }

    /// Has those told whose hold it was, if nobody has released it: the connection that acquired it, and the one that opened its session.
    fn tell_holder(&self, key: &[u8], event: LockEvent, hold: &Hold, effects: &mut Effects) {
        let session = hold.bound.session();
        let reason = match event {
            LockEvent::Expired => "expired",
            LockEvent::Broken => "broken",
            LockEvent::Lost if session.is_some() => "session",
            // Who has lost it with its connection is gone, or was told that the outcome is unknown.
            LockEvent::Lost | LockEvent::Released | LockEvent::Acquired | LockEvent::Extended => return,
        };
        let acquirer = hold.acquirer;
        let opener = session.and_then(|id| self.sessions.get(id)).and_then(|session| session.opener);
        for (boot, connection) in acquirer.into_iter().chain(opener.filter(|opener| Some(*opener) != acquirer)) {
            let name = Bytes::copy_from_slice(key);
            let lost = LostHold { boot, connection, name, token: hold.token, reason };
            effects.pubsub.push((effects.position, PubSub::LockLost(lost)));
        }
    }

    /// These holds are over.
    pub(super) fn record_expired(&mut self, db: usize, key: &[u8], mut holds: Vec<Hold>, effects: &mut Effects) {
        holds.sort_by_key(|hold| (hold.deadline_ms, hold.token));
        holds.iter().for_each(|hold| self.record(db, key, hold.end_by_itself(), hold, effects));
    }

    /// This value of `key` is gone, by no command for locks: if it was a lock, what was due has expired, and the rest is broken.
    pub(super) fn record_gone(&mut self, db: usize, key: &[u8], value: &Value, effects: &mut Effects) {
        let Some(lock) = Lock::of(value) else { return };
        let now_ms = self.now_ms;
        let (over, broken) = lock.holds().iter().cloned().partition(|hold: &Hold| is_over(hold.deadline_ms, now_ms));
        self.record_expired(db, key, over, effects);
        let broken: Vec<Hold> = broken;
        broken.iter().for_each(|hold| self.record(db, key, LockEvent::Broken, hold, effects));
    }
}
