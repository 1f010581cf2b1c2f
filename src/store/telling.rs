//! Keyspace events are told: what happens to a key, told to those who are subscribed, as Redis names it.
//!
//! Invariants
//! - A command is told by the change that it makes, in the order of the changes: [`Txn::set`] and [`Txn::edit`] tell what its spec calls itself,
//!   [`Txn::remove`] `del`, [`Txn::set_deadline`] `expire` or `persist`, and so on; a command that does several things says which comes next
//!   ([`Txn::call_it`]) or tells by itself ([`Txn::tell`]). What changes nothing tells nothing.
//! - Which classes are wanted is a replicated option: every node tells the same of an entry, in the same order, and each to its own
//!   subscribers. Only a read that has missed its key is told of by the node alone that answers it.
//! - Without a class of events nothing is copied, and nothing is told.

use super::{Effects, Event, PubSub, State, Txn};

impl State {
    /// Tells of something that has happened to `key`.
    pub(super) fn tell(&self, db: usize, key: &[u8], event: Event, effects: &mut Effects) {
        if let Some(event) = event.of_key(self.options.events, db, key) {
            effects.pubsub.push((effects.position, PubSub::Event(event)));
        }
    }
}

impl Txn<'_> {
    /// What the next changes of values are called. None: they are not told.
    pub fn call_it(&mut self, event: impl Into<Option<Event>>) {
        self.event = event.into();
    }

    /// Tells of something that has happened to `key`.
    pub fn tell(&mut self, key: &[u8], event: Event) {
        self.state.tell(self.db, key, event, self.effects);
    }

    /// Tells of `key` what the command is called.
    pub fn tell_of(&mut self, key: &[u8]) {
        if let Some(event) = self.event {
            self.tell(key, event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::events;
    use crate::store::{Changed, Create, Deadline, Hash, Rng, Str};

    /// What is told, as `<key> <event>`.
    fn told(effects: &mut Effects) -> Vec<String> {
        let told = effects.pubsub.drain(..).filter_map(|(_, what)| match what {
            PubSub::Event(event) => Some(format!("{} {}", String::from_utf8_lossy(&event.key), event.name)),
            _ => None,
        });
        told.collect()
    }

    #[test]
    fn each_change_is_told_once_in_order_and_what_changes_nothing_is_not() {
        let (mut state, mut effects) = (State::default(), Effects::default());
        state.options.events = u64::MAX;
        state.advance_clock(50);
        let value = || Str::new(b"v").into();
        let mut txn = state.txn(0, Rng::new(1), &mut effects);
        txn.call_it(Event::string("set"));
        txn.set(b"k", value(), Deadline::At(100));
        txn.set(b"k", value(), Deadline::Keep);
        txn.remove(b"none");
        txn.set_deadline(b"none", None);
        txn.set_deadline(b"k", None);
        txn.transfer(b"k", 0, b"moved");
        txn.copy(b"moved", 1, b"copied");
        txn.call_it(Event::hash("hdel"));
        for (is_changed, field) in [(true, true), (false, true), (true, false)] {
            let edited = txn.edit(b"h", Create::Yes, |hash: &mut Hash| {
                let limits = crate::store::HashLimits { entries_max: 9, value_max: 9 };
                if field {
                    _ = hash.set(b"f", b"v", limits)
                } else {
                    _ = hash.remove(b"f")
                }
                Ok(((), Changed(is_changed)))
            });
            edited.unwrap();
        }
        let events = [
            "k new",
            "k set",
            "k set",
            "k persist",
            "moved new",
            "k rename_from",
            "moved rename_to",
            "copied new",
            "copied copy_to",
            "h new",
            "h hdel",
            "h hdel",
            "h del",
        ];
        assert_eq!(told(&mut effects), events);
        // What is due expires before it is replaced.
        let mut txn = state.txn(0, Rng::new(1), &mut effects);
        txn.set(b"k", value(), Deadline::At(100));
        state.advance_clock(200);
        state.txn(0, Rng::new(1), &mut effects).set(b"k", value(), Deadline::At(150));
        state.sweep(9, &mut effects);
        assert_eq!(told(&mut effects), ["k new", "k expired", "k new", "k expired"]);
    }

    #[test]
    fn only_wanted_classes_are_told_and_only_on_wanted_channels() {
        let of = |wanted| Event::DEL.of_key(wanted, 3, b"k");
        assert_eq!(
            (of(0), of(events::GENERIC), of(events::BY_KEY), of(events::BY_KEY | events::SET)),
            Default::default()
        );
        let told = of(events::GENERIC | events::BY_EVENT).unwrap();
        assert_eq!((told.by_key, told.by_event, told.db), (false, true, 3));
        assert!(of(events::GENERIC | events::BY_KEY).unwrap().by_key);
    }
}
