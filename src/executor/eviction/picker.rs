//! Which keys the leader picks.
//!
//! A hand goes round the keyspace, table by table, and every key that it passes and that may go is looked at once in a round; of those that it has passed,
//! the ones that are to go first by the policy are kept in a pool. For each victim it has to have passed [`PER_SAMPLE`] × `maxmemory-samples` keys,
//! and the first of the pool goes, if it was not asked for since. So what goes is among the first tenth of all, or so, and a key that
//! nobody asks for goes within a round. Redis looks at random keys and keeps the best 16 of them; here the pool is larger and nothing in it is stale.
//!
//! Under the volatile policies the hand goes through the index of deadlines, so that few keys with one among many without cost nothing; under
//! `volatile-ttl` the first of the index goes, always.
//!
//! Invariants
//! - A pick looks at no more than [`LOOK_MAX`] keys and a table more: the gate is held meanwhile.
//! - What is on its way is not picked again.
//! - That there is none to pick is said only when a whole round has found none.

use std::collections::{BTreeMap, BTreeSet};

use crate::store::{DATABASES, Entry, Policy, Position, State, Victim, prefetch};

/// How many keys are looked at for each victim and unit of `maxmemory-samples`.
const PER_SAMPLE: u64 = 2;
/// Most of them for one victim.
const PER_VICTIM_MAX: u64 = 256;
/// See the module's header.
const LOOK_MAX: usize = 4096;
/// Keys that are looked at together.
const LOOK_STEP: usize = 128;
/// Best keys that are kept.
const POOL_MAX: usize = 1024;
/// Most bytes of their names, and of those of one pick: of long ones fewer are kept.
const NAMES_MAX: usize = 1 << 20;
/// Most victims of one pick.
pub const VICTIMS_MAX: usize = 512;

/// What was picked.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Picked {
    /// Which keys.
    pub victims: Vec<Victim>,
    /// About how many bytes they take.
    pub bytes: u64,
    /// No key of the whole keyspace may go.
    pub is_none_left: bool,
}

/// See the module's header.
#[derive(Debug)]
pub struct Picker {
    policy: Policy,
    /// By their ranks.
    pool: BTreeMap<(u64, u64), Victim>,
    /// Picked, and not yet said to have gone: database and position.
    taken: BTreeSet<(u8, u64)>,
    /// Bytes of the names in it.
    pool_names: usize,
    /// Keys that were looked at and that no victim has used up.
    looked: u64,
    /// Keys that the hand has passed since it last found one that may go.
    barren: usize,
    /// Counts all that is looked at: of those of one rank the hand's order decides.
    number: u64,
    db: usize,
    at: Position,
    /// The same in the index of deadlines.
    after: Option<(u64, Box<[u8]>)>,
}

impl Default for Picker {
    fn default() -> Self {
        Self {
            policy: Policy::NoEviction,
            pool: BTreeMap::new(),
            taken: BTreeSet::new(),
            pool_names: 0,
            looked: 0,
            barren: 0,
            number: 0,
            db: 0,
            at: Position(0),
            after: None,
        }
    }
}

impl Picker {
    /// Forgets what was found and picked; the hand stays where it is.
    pub fn rest(&mut self) {
        self.taken.clear();
        self.begin();
    }

    /// Victims have gone, or will not.
    pub fn settle(&mut self, victims: &[(u8, u64)]) {
        victims.iter().for_each(|victim| _ = self.taken.remove(victim));
    }

    fn begin(&mut self) {
        self.pool.clear();
        self.pool_names = 0;
        (self.looked, self.barren) = (0, 0);
    }

    /// Picks keys that take about `wanted` bytes, or as many as there are and one pick may.
    pub fn pick(&mut self, state: &State, wanted: u64, now_ms: u64) -> Picked {
        let mut picked = Picked::default();
        let policy = state.options.policy();
        if policy != self.policy {
            self.begin();
            self.policy = policy;
        }
        if !policy.evicts() {
            return picked;
        }
        let per_victim = state.options.maxmemory_samples.saturating_mul(PER_SAMPLE).clamp(1, PER_VICTIM_MAX);
        if policy == Policy::VolatileTtl {
            // The index has them in order.
            self.begin();
            self.after = None;
            self.db = 0;
        }
        let mut left = LOOK_MAX;
        let mut names = 0;
        while picked.bytes < wanted && picked.victims.len() < VICTIMS_MAX && names < NAMES_MAX {
            let wants_more =
                if policy == Policy::VolatileTtl { self.pool.is_empty() } else { self.looked < per_victim };
            if wants_more && left > 0 && !self.is_round_over(state) {
                let passed = self.look(state, now_ms);
                left = left.saturating_sub(passed.max(1));
                continue;
            }
            let Some(((rank, _), victim)) = self.pool.pop_first() else { break };
            self.looked = self.looked.saturating_sub(per_victim);
            self.pool_names -= victim.key.len();
            if !self.taken.insert(place(&victim)) {
                continue;
            }
            // It may have been asked for since.
            if let Some(entry) = state.still_victim(&victim)
                && (!policy.minds_reads() || state.eviction_rank(entry, now_ms, 0) <= rank)
            {
                picked.bytes += entry.memory() as u64;
                names += victim.key.len();
                picked.victims.push(victim);
            } else {
                self.taken.remove(&place(&victim));
            }
        }
        picked.is_none_left = picked.victims.is_empty() && self.pool.is_empty() && self.is_round_over(state);
        if picked.is_none_left {
            // The next pick looks again.
            self.barren = 0;
        }
        picked
    }

    /// True if the hand has passed all keys that there are since it last found one that may go.
    fn is_round_over(&self, state: &State) -> bool {
        let keys = |db| if self.policy.is_volatile() { state.db(db).volatile_len() } else { state.db(db).len() };
        // Some came and went meanwhile; a few twice are a small price.
        self.barren >= (0..DATABASES).map(keys).sum::<usize>()
    }

    /// Moves the hand on: how many keys it passed.
    fn look(&mut self, state: &State, now_ms: u64) -> usize {
        let db = state.db(self.db);
        if self.policy.is_volatile() {
            let after = self.after.take();
            let mut last = None;
            let mut passed = 0;
            for (deadline_ms, key) in db.volatile_after(after.as_ref()).take(LOOK_STEP) {
                passed += 1;
                last = Some((deadline_ms, key));
                if let Some(entry) = db.get(key) {
                    self.offer(state, entry, now_ms);
                }
            }
            self.after = last.map(|(deadline_ms, key)| (deadline_ms, key.into()));
            if passed < LOOK_STEP {
                self.after = None;
                self.db = (self.db + 1) % DATABASES;
            }
            return passed;
        }
        let (next, entries) = db.walk(self.at, LOOK_STEP);
        prefetch(entries.iter().map(|entry| &**entry));
        for entry in &entries {
            self.offer(state, entry, now_ms);
        }
        match next {
            Some(next) => self.at = next,
            None => (self.db, self.at) = ((self.db + 1) % DATABASES, Position(0)),
        }
        entries.len()
    }

    fn offer(&mut self, state: &State, entry: &Entry, now_ms: u64) {
        self.number += 1;
        if !state.may_evict(self.db, entry) {
            self.barren += 1;
            return;
        }
        self.looked += 1;
        self.barren = 0;
        let rank = (state.eviction_rank(entry, now_ms, self.number), self.number);
        let is_full = self.pool.len() >= POOL_MAX || self.pool_names > NAMES_MAX;
        if is_full && self.pool.last_key_value().is_some_and(|(last, _)| *last <= rank) {
            return;
        }
        self.pool_names += entry.key().len();
        self.pool.insert(rank, Victim::new(self.db as u8, entry));
        while self.pool.len() > POOL_MAX || self.pool_names > NAMES_MAX && self.pool.len() > 1 {
            self.pool_names -= self.pool.pop_last().map_or(0, |(_, victim)| victim.key.len());
        }
    }
}

/// What a victim is known by.
pub fn place(victim: &Victim) -> (u8, u64) {
    (victim.db, Position::of(&victim.key).0)
}

#[cfg(test)]
mod tests;
