//! Which keys eviction may pick, which of them go first, and how one goes.
//!
//! Invariants
//! - A lock, and a key that somebody waits for, is never evicted. Neither is a string that NX made and that has a deadline, which by all
//!   signs is somebody's lock, nor a key that is bound to a session, unless the operator wants it (`protect-locks no`); nor what the policy
//!   does not take. That is asked where the leader picks, and again when the entry is applied: it may have come to be so in between.
//! - Only the key that was picked goes: one with another value, or another deadline, since then stays. So whether a key goes is a function of state
//!   and entry, and which ones are picked is the leader's choice alone ([`super::access`]).
//! - What is evicted is gone for WATCH, waiters and digest like any key that is removed, and is announced in one place, [`State::evict`].

use super::access::mixed;
use super::{About, Effects, Entry, Event, Policy, State};

/// A key that the leader has picked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Victim {
    /// Its database.
    pub db: u8,
    /// Its name.
    pub key: Box<[u8]>,
    /// The revision at which its value last changed.
    pub revision: u64,
    /// Its deadline, ms; 0 = none.
    pub deadline_ms: u64,
}

impl Victim {
    /// This key.
    pub fn new(db: u8, entry: &Entry) -> Self {
        let deadline_ms = entry.deadline_ms().unwrap_or(0);
        Self { db, key: entry.key().into(), revision: entry.revision(), deadline_ms }
    }

    /// What is to be fetched to look at it.
    pub fn about(&self) -> About<'_> {
        About { db: self.db.into(), key: &self.key, name: None, score: None }
    }
}

impl State {
    /// The counter of a key under an LFU policy, as OBJECT FREQ shows it.
    pub fn uses_of(&self, entry: &Entry, now_ms: u64) -> u8 {
        entry.uses(now_ms, self.options.lfu_decay_min)
    }

    /// True if eviction may take this key under the policy of the moment. One that is due is there until it is removed.
    pub fn may_evict(&self, db: usize, entry: &Entry) -> bool {
        let policy = self.options.policy();
        let is_by_all_signs_a_lock = entry.is_made_by_nx() && entry.deadline_ms().is_some();
        policy.evicts()
            && (!policy.is_volatile()
                || entry.deadline_ms().is_some()
                || crate::planted::is("eviction takes what is to stay"))
            && !entry.value().is_lock()
            && (self.waiters.is_empty() || self.waiters.len_of(db as u8, &entry.key().into()) == 0)
            && (self.options.protect_locks == 0
                || !is_by_all_signs_a_lock && self.sessions.deadline_of(db, entry.key()).is_none())
    }

    /// What says how soon a key goes under the policy of the moment: those with less go first. `number`: another one each time, for the policies
    /// that go by chance.
    pub fn eviction_rank(&self, entry: &Entry, now_ms: u64, number: u64) -> u64 {
        // A time in ms has room below.
        const TIME_BITS: u32 = 48;
        match self.options.policy() {
            Policy::AllkeysLru | Policy::VolatileLru => entry.accessed_ms(now_ms),
            // Of those that are asked for as seldom, the one that was not for longest.
            Policy::AllkeysLfu | Policy::VolatileLfu => {
                u64::from(self.uses_of(entry, now_ms)) << TIME_BITS | entry.accessed_ms(now_ms)
            }
            Policy::VolatileTtl => entry.deadline_ms().unwrap_or(u64::MAX),
            Policy::AllkeysRandom | Policy::VolatileRandom => mixed(number),
            Policy::NoEviction => u64::MAX,
        }
    }

    /// The entry of a victim, if it is still the one that was picked and may go.
    pub fn still_victim(&self, victim: &Victim) -> Option<&Entry> {
        let db = victim.db.into();
        let entry = self.db(db).get(&victim.key)?;
        let is_same = entry.revision() == victim.revision && entry.deadline_ms().unwrap_or(0) == victim.deadline_ms;
        (is_same && self.may_evict(db, entry)).then_some(entry)
    }

    /// Evicts a key, if it is still the one that was picked and may go.
    pub fn evict(&mut self, victim: &Victim, effects: &mut Effects) {
        if self.still_victim(victim).is_none() {
            return;
        }
        if let Some(entry) = self.take_key(victim.db.into(), &victim.key) {
            // Whoever is to learn of evicted keys learns of them here.
            effects.evicted += 1;
            effects.discard(entry);
            effects.note_change(&victim.key);
            self.tell(victim.db.into(), &victim.key, Event::EVICTED, effects);
        }
    }

    /// Notes so many bytes that are gone and that an image shares.
    pub fn keep_for_images(&self, bytes: u64) {
        self.images.keep(bytes);
    }

    /// Bytes that are kept for images alone.
    pub fn kept_for_images(&self) -> u64 {
        self.images.kept_bytes()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Victim;
    use crate::protocol::Args;
    use crate::store::{
        Binding, Deadline, Effects, LockMode, LockRequest, Policy, PubSub, Rng, State, Str, Waiter, WaiterId,
        WaiterLimits, Wants,
    };

    /// The keys of database 0 that eviction may pick.
    fn evictable(state: &State) -> Vec<&str> {
        let keys = ["plain", "with ttl", "nx", "nx with ttl", "lock", "awaited", "absent"];
        let may_go = |key: &&str| state.db(0).get(key.as_bytes()).is_some_and(|entry| state.may_evict(0, entry));
        keys.into_iter().filter(may_go).collect()
    }

    #[test]
    fn what_may_be_somebody_s_lock_is_not_evicted() {
        let mut state = State::default();
        state.cluster.level = crate::FEATURE_LEVEL;
        state.options.maxmemory_policy = Policy::AllkeysLru as u64;
        let mut effects = Effects::default();
        let mut txn = state.txn(0, Rng::new(1), &mut effects);
        let at = Deadline::At(100);
        for (key, deadline) in [("plain", Deadline::Clear), ("with ttl", at), ("awaited", at)] {
            txn.set(key.as_bytes(), Str::new(b"v").into(), deadline);
        }
        txn.make(b"nx", Str::new(b"v"), Deadline::Clear);
        txn.make(b"nx with ttl", Str::new(b"v"), at);
        let (mode, binding) = (LockMode::EXCLUSIVE, Binding::Time);
        let request = LockRequest { owner: b"a", mode, ttl_ms: Some(9), binding, delay_ms: 0 };
        txn.acquire(b"lock", &request).unwrap().unwrap();
        let (args, keys) = (Args::from_slices(["BLPOP", "awaited", "0"]), vec![Arc::from(&b"awaited"[..])]);
        let waiter = Waiter {
            db: 0,
            args,
            keys,
            wants: Wants::List,
            claim: None,
            since_ms: 0,
            deadline_ms: 0,
            session: None,
            from: None,
        };
        let id = WaiterId { boot: 1, connection: 1, number: 1 };
        state.waiters.join(id, waiter, WaiterLimits { per_key: 9, in_all: 9 }).unwrap();
        assert_eq!(evictable(&state), ["plain", "with ttl", "nx"]);
        state.options.protect_locks = 0;
        assert_eq!(evictable(&state), ["plain", "with ttl", "nx", "nx with ttl"]);
        state.options.protect_locks = 1;
        // Another value, which nobody made by NX; and nobody waits any more.
        state.txn(0, Rng::new(1), &mut effects).set(b"nx with ttl", Str::new(b"w").into(), Deadline::At(100));
        state.waiters.remove(id);
        assert_eq!(evictable(&state), ["plain", "with ttl", "nx", "nx with ttl", "awaited"]);
    }

    #[test]
    fn volatile_policies_take_only_keys_with_a_deadline_and_noeviction_takes_none() {
        let mut state = State::default();
        let mut txn_effects = Effects::default();
        for (key, deadline) in [("plain", Deadline::Clear), ("with ttl", Deadline::At(100))] {
            state.txn(0, Rng::new(1), &mut txn_effects).set(key.as_bytes(), Str::new(b"v").into(), deadline);
        }
        for policy in Policy::ALL {
            state.options.maxmemory_policy = policy as u64;
            let expected: &[&str] = match policy {
                Policy::NoEviction => &[],
                _ if policy.is_volatile() => &["with ttl"],
                _ => &["plain", "with ttl"],
            };
            assert_eq!(evictable(&state), expected, "{policy:?}");
        }
    }

    #[test]
    fn victim_that_changed_since_it_was_picked_stays() {
        let mut state = State::default();
        state.options.maxmemory_policy = Policy::VolatileLru as u64;
        let mut effects = Effects::default();
        let keys = ["same", "value", "deadline", "persisted", "gone", "protected"];
        for key in keys {
            let value = Str::new(b"v").into();
            state.txn(0, Rng::new(1), &mut effects).set(key.as_bytes(), value, Deadline::At(1000));
        }
        let victims = keys.map(|key| Victim::new(0, state.db(0).get(key.as_bytes()).unwrap()));
        let mut txn = state.txn(0, Rng::new(1), &mut effects);
        txn.set(b"value", Str::new(b"w").into(), Deadline::At(1000));
        txn.set_deadline(b"deadline", Some(2000));
        txn.set_deadline(b"persisted", None);
        txn.remove(b"gone");
        let (before, digest) = (state.revision(), state.digest.value());
        for victim in victims.iter().filter(|victim| &*victim.key != b"protected") {
            state.evict(victim, &mut effects);
        }
        assert_eq!(effects.evicted, 1);
        let left: Vec<_> = keys.into_iter().filter(|key| state.db(0).get(key.as_bytes()).is_some()).collect();
        assert_eq!(left, ["value", "deadline", "persisted", "protected"]);
        assert_eq!(state.revision(), before);
        state.digest.finish(1);
        assert_ne!(state.digest.value(), digest, "what goes is in the digest");
        // The policy of the moment at which it is applied counts.
        state.options.maxmemory_policy = Policy::NoEviction as u64;
        state.evict(&victims[5], &mut effects);
        assert_eq!(effects.evicted, 1);
    }

    #[test]
    fn key_that_is_bound_to_a_session_is_not_evicted_unless_the_operator_wants_it() {
        let mut state = State::default();
        state.cluster.level = crate::FEATURE_LEVEL;
        state.options.maxmemory_policy = Policy::AllkeysLru as u64;
        let mut effects = Effects::default();
        let mut txn = state.txn(0, Rng::new(1), &mut effects);
        for key in ["plain", "with ttl"] {
            txn.set(key.as_bytes(), Str::new(b"v").into(), Deadline::Clear);
        }
        let session = txn.open_session(1000, b"").unwrap();
        txn.bind_keys(session, &[b"plain"]).unwrap();
        assert_eq!(evictable(&state), ["with ttl"]);
        state.options.protect_locks = 0;
        assert_eq!(evictable(&state), ["plain", "with ttl"]);
        state.options.protect_locks = 1;
        state.txn(0, Rng::new(1), &mut effects).close_session(session).unwrap();
        assert_eq!(evictable(&state), ["with ttl"], "what was bound is gone with it");
    }

    #[test]
    fn what_is_evicted_is_told_to_those_who_track_or_subscribe_to_it() {
        let mut state = State::default();
        state.options.maxmemory_policy = Policy::AllkeysLru as u64;
        state.options.events = u64::MAX;
        let mut effects = Effects::default();
        state.txn(0, Rng::new(1), &mut effects).set(b"k", Str::new(b"v").into(), Deadline::Clear);
        let victim = Victim::new(0, state.db(0).get(b"k").unwrap());
        let mut effects = Effects { is_tracked: true, ..Effects::default() };
        state.evict(&victim, &mut effects);
        state.evict(&victim, &mut effects);
        let told = effects.pubsub.iter().map(|(_, what)| match what {
            PubSub::Event(event) => format!("{} {:?}", event.name, event.key),
            PubSub::Changed(key, _) => format!("changed {key:?}"),
            other => panic!("{other:?}"),
        });
        assert_eq!(told.collect::<Vec<_>>(), ["changed b\"k\"", "evicted b\"k\""]);
        assert_eq!(effects.evicted, 1);
    }
}
