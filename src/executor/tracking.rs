//! Which clients of this node are told that keys have changed (CLIENT TRACKING), and what of.
//!
//! Invariants
//! - A client that keeps the reply to a read of the state at index i is told of every change of its key by an entry behind i, once, unless it asks
//!   again: a read notes its keys while it holds the state ([`Tracking::remember`]), at the place up to which it has seen the log, and a change at a
//!   later place, applied only afterwards, tells those who stand at the key and takes them out. A change at an earlier place, which may be told of
//!   later than the read has noted its keys, leaves them. (A read of an image is noted when the state has moved on: it is told of at once then, because
//!   nobody knows whether its keys have changed.)
//! - It is told behind the reply that it keeps: `server/connection/subscribed.rs`.
//! - Every change of a key is told of where it enters the state's digest: nothing changes without that (`store/txn.rs`). Every node applies every
//!   entry, so it knows of writes that came through another, of expiry and of eviction.
//! - Who may have missed something is told that everything has changed: when a snapshot takes this node over entries.
//! - What clients make grow is bounded: keys by `tracking-table-max-keys` and [`KEY_BYTES_MAX`] (beyond, those who stand at one are told that it has changed), prefixes
//!   by [`PREFIXES_MAX`] for each client. What waits for a client is bounded as for a subscriber.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use bytes::Bytes;

use super::Place;
use crate::command::context::{Tracked, TrackingFigures};

/// Most bytes of all keys together.
const KEY_BYTES_MAX: usize = 256 << 20;

/// What a client is told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Changed {
    /// These keys.
    Keys(Vec<Bytes>),
    /// All keys.
    All,
}

/// A client, and what it is told of.
pub(super) type Told = (u64, Changed);

/// See the module's header.
#[derive(Debug, Default)]
pub(super) struct Tracking {
    trackers: BTreeMap<u64, Tracked>,
    keys: BTreeMap<Bytes, BTreeMap<u64, Place>>,
    /// Clients at keys.
    items: usize,
    key_bytes: usize,
    prefixes: BTreeMap<Bytes, BTreeSet<u64>>,
    keys_max: usize,
    /// The key that had to go last: the next one is behind it.
    gone: Bytes,
    /// Index of the last entry that changed a key.
    last_change: u64,
    /// What the entry has changed so far, by the prefixes that clients have asked for.
    broadcast: BTreeMap<Bytes, Broadcast>,
}

/// What an entry has changed of one prefix.
#[derive(Debug, Default)]
struct Broadcast {
    /// The keys, and who has changed each.
    keys: BTreeMap<Bytes, u64>,
    /// Where in the entry the last one was changed.
    position: u64,
}

impl Tracking {
    /// Sets how many keys there may be; 0: any number.
    pub(super) fn set_keys_max(&mut self, keys_max: usize) -> Vec<Told> {
        self.keys_max = keys_max;
        self.fit()
    }

    /// How a client tracks from now on; None: it no longer does.
    pub(super) fn set(&mut self, client: u64, tracked: Option<Tracked>) {
        if let Some(before) = self.trackers.remove(&client) {
            for prefix in before.prefixes {
                if let Some(clients) = self.prefixes.get_mut(&prefix) {
                    clients.remove(&client);
                    if clients.is_empty() {
                        self.prefixes.remove(&prefix);
                    }
                }
            }
        }
        if let Some(tracked) = tracked {
            for prefix in &tracked.prefixes {
                self.prefixes.entry(prefix.clone()).or_default().insert(client);
            }
            self.trackers.insert(client, tracked);
        }
        if self.trackers.is_empty() {
            self.forget_keys();
        }
    }

    pub(super) fn tracked(&self, client: u64) -> Option<&Tracked> {
        self.trackers.get(&client)
    }

    /// True without clients that track.
    pub(super) fn is_empty(&self) -> bool {
        self.trackers.is_empty()
    }

    pub(super) fn figures(&self) -> TrackingFigures {
        let (clients, prefixes) = (self.trackers.len(), self.prefixes.len());
        TrackingFigures { clients, keys: self.keys.len(), items: self.items, prefixes }
    }

    fn forget_keys(&mut self) {
        self.keys.clear();
        (self.items, self.key_bytes) = (0, 0);
    }

    /// A client has read a key, as it stood at this place.
    pub(super) fn remember(&mut self, client: u64, key: &Bytes, place: Place) -> Vec<Told> {
        if self.trackers.get(&client).is_none_or(|tracked| tracked.broadcasts) {
            return Vec::new();
        }
        let clients = match self.keys.get_mut(key) {
            Some(clients) => clients,
            None => {
                self.key_bytes += key.len();
                // A copy of its own: it may be part of something larger.
                self.keys.entry(Bytes::copy_from_slice(key)).or_default()
            }
        };
        let before = clients.get(&client).copied();
        self.items += usize::from(before.is_none());
        clients.insert(client, before.map_or(place, |before| before.max(place)));
        if self.last_change > place.index {
            return self.take(key, Place::LAST, 0);
        }
        self.fit()
    }

    /// A key has changed at this place, by this client (0: by none of this node).
    pub(super) fn change(&mut self, key: &Bytes, place: Place, by: u64) -> Vec<Told> {
        self.last_change = place.index;
        for (prefix, _) in self.prefixes.iter().filter(|(prefix, _)| key.starts_with(prefix)) {
            let broadcast = self.broadcast.entry(prefix.clone()).or_default();
            broadcast.keys.insert(key.clone(), by);
            broadcast.position = place.position;
        }
        self.take(key, place, by)
    }

    /// Everything has changed.
    pub(super) fn change_all(&mut self, place: Place) -> Vec<Told> {
        self.last_change = place.index;
        self.forget_keys();
        self.trackers.keys().map(|client| (*client, Changed::All)).collect()
    }

    /// What clients with prefixes are told of at the end of an entry, each as of a position in it.
    pub(super) fn end_entry(&mut self) -> Vec<(u64, Told)> {
        let mut told = Vec::new();
        for (prefix, Broadcast { keys, position }) in std::mem::take(&mut self.broadcast) {
            for client in self.prefixes.get(&prefix).into_iter().flatten() {
                let without_own = self.trackers.get(client).is_some_and(|tracked| tracked.is_without_own);
                let is_told = |(_, by): &(&Bytes, &u64)| !(without_own && *by == client);
                let keys: Vec<Bytes> = keys.iter().filter(is_told).map(|(key, _)| key.clone()).collect();
                if !keys.is_empty() {
                    told.push((position, (*client, Changed::Keys(keys))));
                }
            }
        }
        told
    }

    /// Takes out who stands at a key up to a place, and is told.
    fn take(&mut self, key: &Bytes, place: Place, by: u64) -> Vec<Told> {
        let Some(clients) = self.keys.get_mut(key) else { return Vec::new() };
        let before = clients.len();
        let mut gone = Vec::new();
        clients.retain(|client, at| {
            let stays = *at > place;
            if !stays {
                gone.push(*client);
            }
            stays
        });
        self.items -= before - clients.len();
        if clients.is_empty() {
            self.keys.remove(key);
            self.key_bytes -= key.len();
        }
        let is_told = |client: &u64| {
            let tracked = self.trackers.get(client).filter(|tracked| !tracked.broadcasts);
            tracked.is_some_and(|tracked| !(tracked.is_without_own && *client == by))
        };
        gone.into_iter().filter(is_told).map(|client| (client, Changed::Keys(vec![key.clone()]))).collect()
    }

    /// Takes out keys until there are not too many.
    fn fit(&mut self) -> Vec<Told> {
        let mut told = Vec::new();
        while self.keys_max != 0 && self.keys.len() > self.keys_max || self.key_bytes > KEY_BYTES_MAX {
            let behind = (Bound::Excluded(self.gone.clone()), Bound::Unbounded);
            let next = self.keys.range::<Bytes, _>(behind).next().or_else(|| self.keys.iter().next());
            let Some(key) = next.map(|(key, _)| key.clone()) else { break };
            told.extend(self.take(&key, Place::LAST, 0));
            self.gone = key;
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(index: u64, position: u64) -> Place {
        Place { index, position }
    }

    fn key(text: &str) -> Bytes {
        Bytes::copy_from_slice(text.as_bytes())
    }

    /// Clients that track plainly.
    fn tracking<const N: usize>(clients: [u64; N]) -> Tracking {
        let mut tracking = Tracking::default();
        clients.into_iter().for_each(|client| tracking.set(client, Some(Tracked::default())));
        tracking
    }

    fn told(client: u64, keys: &[&str]) -> Told {
        (client, Changed::Keys(keys.iter().map(|text| key(text)).collect()))
    }

    #[test]
    fn a_change_behind_the_read_is_told_once_and_one_before_it_is_not() {
        let mut tracking = tracking([1, 2]);
        let read = at(5, u64::MAX);
        assert_eq!(tracking.remember(1, &key("k"), read), []);
        // Entry 5 is told of after the read that has seen it.
        assert_eq!(tracking.change(&key("k"), at(5, 3), 0), []);
        assert_eq!(tracking.remember(2, &key("k"), at(6, 2)), []);
        assert_eq!(tracking.change(&key("other"), at(6, 2), 0), []);
        assert_eq!(
            tracking.change(&key("k"), at(6, 2), 0),
            [told(1, &["k"]), told(2, &["k"])],
            "by the command that has read it"
        );
        assert_eq!(tracking.change(&key("k"), at(7, 1), 0), []);
        assert_eq!(tracking.figures(), TrackingFigures { clients: 2, ..TrackingFigures::default() });
    }

    #[test]
    fn a_read_of_an_image_that_has_grown_old_is_told_of_at_once() {
        let mut tracking = tracking([1]);
        tracking.change(&key("other"), at(7, 1), 0);
        assert_eq!(tracking.remember(1, &key("k"), at(6, u64::MAX)), [told(1, &["k"])]);
        assert_eq!(tracking.remember(1, &key("k"), at(7, u64::MAX)), []);
        assert_eq!(tracking.figures().items, 1);
    }

    #[test]
    fn own_changes_are_not_told_who_does_not_want_them_and_everybody_is_told_of_all() {
        let mut tracking = tracking([1, 2]);
        let noloop = Tracked { is_without_own: true, ..Tracked::default() };
        tracking.set(1, Some(noloop.clone()));
        let prefixes = BTreeSet::from([key("k"), key("x")]);
        tracking.set(3, Some(Tracked { broadcasts: true, prefixes, ..noloop }));
        for (by, seen) in [(1, &[2][..]), (2, &[1, 2]), (3, &[1, 2])] {
            [1, 2].into_iter().for_each(|client| assert_eq!(tracking.remember(client, &key("k1"), at(9, 9)), []));
            let expected: Vec<Told> = seen.iter().map(|client| told(*client, &["k1"])).collect();
            assert_eq!(tracking.change(&key("k1"), at(9, 9), by), expected, "by {by}");
            tracking.change(&key("k0"), at(9, 9), 0);
            let shown = if by == 3 { vec!["k0"] } else { vec!["k0", "k1"] };
            assert_eq!(tracking.end_entry(), [(9, told(3, &shown))]);
        }
        tracking.remember(2, &key("k"), at(9, 9));
        assert_eq!(tracking.change_all(at(10, 1)), [1, 2, 3].map(|client| (client, Changed::All)));
        assert_eq!(tracking.figures(), TrackingFigures { clients: 3, keys: 0, items: 0, prefixes: 2 });
        tracking.set(3, None);
        assert_eq!(tracking.figures().prefixes, 0);
    }

    #[test]
    fn keys_beyond_the_bound_are_told_as_if_they_had_changed() {
        let mut tracking = tracking([1]);
        assert_eq!(tracking.set_keys_max(2), []);
        let read = |tracking: &mut Tracking, name: &str| tracking.remember(1, &key(name), at(1, 1));
        assert_eq!((read(&mut tracking, "a"), read(&mut tracking, "b"), read(&mut tracking, "b")), Default::default());
        assert_eq!(read(&mut tracking, "c"), [told(1, &["a"])]);
        assert_eq!(read(&mut tracking, "a"), [told(1, &["b"])], "each in its turn");
        assert_eq!(tracking.set_keys_max(1), [told(1, &["c"])]);
        assert_eq!(tracking.figures(), TrackingFigures { clients: 1, keys: 1, items: 1, prefixes: 0 });
        tracking.set(1, None);
        assert_eq!(tracking.figures(), TrackingFigures::default());
    }
}
