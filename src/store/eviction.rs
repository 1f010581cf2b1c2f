//! Which keys eviction may pick.
//!
//! Invariant: a lock, and a key that somebody waits for, is never evicted. Neither is a string that NX made and that has a deadline, which by all
//! signs is somebody's lock, unless the operator wants it (`protect-locks no`).

use super::State;

impl State {
    /// True if there is such a key, and eviction may take it. One that is due is there until it is removed.
    pub fn may_evict(&self, db: usize, key: &[u8]) -> bool {
        let Some(entry) = self.db(db).get(key) else { return false };
        let is_by_all_signs_a_lock = entry.is_made_by_nx() && entry.deadline_ms().is_some();
        !entry.value().is_lock()
            && self.waiters.len_of(db as u8, &key.into()) == 0
            && !(is_by_all_signs_a_lock && self.options.protect_locks != 0)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::protocol::Args;
    use crate::store::{
        Binding, Deadline, Effects, LockMode, LockRequest, Rng, State, Str, Waiter, WaiterId, WaiterLimits, Wants,
    };

    /// The keys of database 0 that eviction may pick.
    fn evictable(state: &State) -> Vec<&str> {
        let keys = ["plain", "with ttl", "nx", "nx with ttl", "lock", "awaited", "absent"];
        keys.into_iter().filter(|key| state.may_evict(0, key.as_bytes())).collect()
    }

    #[test]
    fn what_may_be_somebody_s_lock_is_not_evicted() {
        let mut state = State::default();
        state.cluster.level = crate::FEATURE_LEVEL;
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
}
