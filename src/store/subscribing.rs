//! How subscriptions begin and end, and messages are sent, as changes of the state.
//!
//! Invariant: whatever changes in [`super::Subscriptions`] is in the digest, and so is what is published; what a node's own connections get of
//! it is among the effects, in the order of the commands.

use std::sync::Arc;

use bytes::Bytes;

use super::subscriptions::{BYTES_MAX, Held, bytes_of};
use super::{PubSub, State, SubscriptionKind, Subscriptions, Txn, WaiterId};
use crate::error::ReplyError;

const TOO_LARGE: ReplyError = ReplyError::new("LIMIT the subscriptions of all clients take too much memory");

impl State {
    /// Who is subscribed to what.
    pub fn subscriptions(&self) -> &Subscriptions {
        &self.subscriptions
    }

    /// Puts back what a snapshot held.
    pub fn restore_subscriptions(&mut self, subscriptions: Subscriptions) {
        self.subscriptions = subscriptions;
    }

    /// Ends the subscriptions of a boot that has ended.
    pub fn end_subscriptions_of_boot(&mut self, boot: u64) {
        for held in self.subscriptions.of_boot(boot) {
            self.unsubscribe(&held);
        }
    }

    fn subscribe(&mut self, held: Held) -> bool {
        self.note_subscription(1, &held);
        self.subscriptions.add(held)
    }

    fn unsubscribe(&mut self, held: &Held) -> bool {
        self.note_subscription(2, held);
        self.subscriptions.remove(held)
    }

    fn note_subscription(&mut self, what: u64, (boot, connection, kind, name): &Held) {
        for number in [what, *boot, *connection, kind.number() as u64] {
            self.digest.number(number);
        }
        self.digest.bytes(name);
    }
}

impl Txn<'_> {
    /// Subscribes the connection that asks to these names, and returns how many of them are new to it.
    ///
    /// # Errors
    /// LIMIT: the names would take too much memory; nothing has changed.
    pub fn subscribe(&mut self, kind: SubscriptionKind, names: &[Bytes]) -> Result<u64, ReplyError> {
        let Some(WaiterId { boot, connection, .. }) = self.asker() else { return Ok(0) };
        let (state, effects) = self.parts();
        let more: u64 = names.iter().map(|name| bytes_of(name)).sum();
        if state.subscriptions.bytes + more > BYTES_MAX {
            return Err(TOO_LARGE);
        }
        let mut new = 0;
        for name in names {
            new += u64::from(state.subscribe((boot, connection, kind, Arc::from(&**name))));
            effects.of_own(PubSub::Subscribed(connection, kind, name.clone()));
        }
        Ok(new)
    }

    /// Ends subscriptions of the connection that asks, and returns how many of these it had.
    pub fn unsubscribe(&mut self, kind: SubscriptionKind, names: &[Bytes]) -> u64 {
        let Some(WaiterId { boot, connection, .. }) = self.asker() else { return 0 };
        let (state, effects) = self.parts();
        let mut ended = 0;
        for name in names {
            ended += u64::from(state.unsubscribe(&(boot, connection, kind, Arc::from(&**name))));
            effects.of_own(PubSub::Unsubscribed(connection, kind, name.clone()));
        }
        ended
    }

    /// Ends all subscriptions of this kind of the connection that asks, and returns how many there were.
    pub fn unsubscribe_from_all(&mut self, kind: SubscriptionKind) -> u64 {
        let Some(WaiterId { boot, connection, .. }) = self.asker() else { return 0 };
        let (state, effects) = self.parts();
        let mut ended = 0;
        for (_, name) in state.subscriptions.of_connection(boot, connection).into_iter().filter(|held| held.0 == kind) {
            ended += u64::from(state.unsubscribe(&(boot, connection, kind, name)));
        }
        effects.of_own(PubSub::UnsubscribedFromAll(connection, kind));
        ended
    }

    /// Has the connection that asks hold these subscriptions and no others, whatever it held; for the count alone: its node
    /// delivers to it what it did before.
    pub fn hold_subscriptions(&mut self, names: &[(SubscriptionKind, Bytes)]) {
        let Some(WaiterId { boot, connection, .. }) = self.asker() else { return };
        let (state, _) = self.parts();
        for (kind, name) in state.subscriptions.of_connection(boot, connection) {
            state.unsubscribe(&(boot, connection, kind, name));
        }
        for (kind, name) in names {
            state.subscribe((boot, connection, *kind, Arc::from(&**name)));
        }
    }

    /// Has every node give a message to its own connections.
    pub fn publish(&mut self, kind: SubscriptionKind, channel: Bytes, message: Bytes) {
        self.note(&channel);
        self.note(&message);
        let (_, effects) = self.parts();
        effects.pubsub.push((effects.position, PubSub::Published(kind, channel, message)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::subscriptions::SUBSCRIPTION_BYTES;
    use super::*;
    use crate::store::{Effects, Rng};

    fn names(names: &[&str]) -> Vec<Bytes> {
        names.iter().map(|name| Bytes::copy_from_slice(name.as_bytes())).collect()
    }

    fn with<T>(state: &mut State, asker: (u64, u64), act: impl FnOnce(&mut Txn<'_>) -> T) -> T {
        let mut effects = Effects::default();
        let asker = WaiterId { boot: asker.0, connection: asker.1, number: 1 };
        let result = act(&mut state.txn(0, Rng::new(1), &mut effects).asked_by(Some(asker)));
        state.subscriptions.validate().unwrap();
        result
    }

    fn counts(state: &State) -> Vec<(String, u64)> {
        let names = SubscriptionKind::ALL.into_iter().flat_map(|kind| state.subscriptions.names(kind));
        names.map(|(name, count)| (String::from_utf8_lossy(name).into_owned(), count)).collect()
    }

    #[test]
    fn a_subscription_counts_once_for_each_connection() {
        use SubscriptionKind::{Channel, Pattern};
        let mut state = State::default();
        assert_eq!(with(&mut state, (1, 5), |txn| txn.subscribe(Channel, &names(&["a", "b", "a"]))), Ok(2));
        assert_eq!(with(&mut state, (1, 6), |txn| txn.subscribe(Channel, &names(&["a"]))), Ok(1));
        assert_eq!(with(&mut state, (1, 6), |txn| txn.subscribe(Pattern, &names(&["a"]))), Ok(1));
        assert_eq!(with(&mut state, (2, 5), |txn| txn.subscribe(Channel, &names(&["a"]))), Ok(1));
        assert_eq!(counts(&state), [("a".into(), 3), ("b".into(), 1), ("a".into(), 1)]);
        assert_eq!(with(&mut state, (1, 5), |txn| txn.unsubscribe(Channel, &names(&["a", "x", "a"]))), 1);
        assert_eq!(with(&mut state, (1, 6), |txn| txn.unsubscribe_from_all(Channel)), 1);
        assert_eq!(counts(&state), [("a".into(), 1), ("b".into(), 1), ("a".into(), 1)]);
    }

    #[test]
    fn a_boot_takes_its_subscriptions_with_it_and_what_is_held_again_counts_once() {
        use SubscriptionKind::{Channel, Shard};
        let mut state = State::default();
        with(&mut state, (1, 5), |txn| txn.subscribe(Channel, &names(&["a"]))).unwrap();
        with(&mut state, (2, 5), |txn| txn.subscribe(Channel, &names(&["a"]))).unwrap();
        state.end_subscriptions_of_boot(1);
        assert_eq!(counts(&state), [("a".into(), 1)]);
        let held = [(Channel, Bytes::from_static(b"a")), (Shard, Bytes::from_static(b"s"))];
        for _ in 0..2 {
            with(&mut state, (3, 5), |txn| txn.hold_subscriptions(&held));
            assert_eq!(counts(&state), [("a".into(), 2), ("s".into(), 1)]);
        }
        with(&mut state, (3, 5), |txn| txn.hold_subscriptions(&[]));
        assert_eq!(counts(&state), [("a".into(), 1)]);
    }

    #[test]
    fn names_beyond_the_bound_are_refused_together() {
        let mut state = State::default();
        state.subscriptions.bytes = BYTES_MAX - 2 * SUBSCRIPTION_BYTES - 1;
        let mut effects = Effects::default();
        let asker = WaiterId { boot: 1, connection: 1, number: 1 };
        let mut txn = state.txn(0, Rng::new(1), &mut effects).asked_by(Some(asker));
        assert_eq!(txn.subscribe(SubscriptionKind::Channel, &names(&["a", "b"])), Err(TOO_LARGE));
        assert_eq!(txn.subscribe(SubscriptionKind::Channel, &names(&["a"])), Ok(1));
        assert_eq!(counts(&state), [("a".into(), 1)]);
    }
}
