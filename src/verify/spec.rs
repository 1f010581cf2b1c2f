//! What Lockstep promises of a log and the state that it makes, as rules on facts: nothing here knows how the state is kept.
//!
//! Whoever replays a log, or watches a cluster, tells a [`Spec`] what he sees, in the order of the log; it notes each fact that contradicts
//! what it was told before.
//! - Entries have consecutive indexes, and terms that do not fall.
//! - Of each boot batches 1, 2, 3 … are applied, each once: none is left out whose turn it is, none comes without the one before.
//! - A fencing token is above all that were given before it, but for those of the same entry (LOCK.MULTI gives one for all), and above all of
//!   its own lock whatever the entry.
//! - A lock has one holder, or as many as its limit, or shared ones; each holder's hold was told of when it began, and is told of when it ends.
//! - A hold ends by its time only when that is over, and never before what its owner was told; neither does a key.
//! - A leader's digest of a state is that of the same entries here.

use std::collections::BTreeMap;

/// Most that one [`Spec`] keeps of what is wrong; the rest is counted.
const KEPT_MAX: usize = 50;

/// How a hold changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It begins.
    Begins,
    /// It lasts longer.
    Lasts,
    /// It ends by its time, or that of its session.
    Expires,
    /// It ends otherwise.
    Ends,
}

/// A lock: its database and its name.
pub type LockName = (u8, Box<[u8]>);

/// Something that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// An entry is applied; cluster time is this from now on, ms.
    Entry {
        /// Its index.
        index: u64,
        /// Its term.
        term: u64,
        /// Cluster time.
        now_ms: u64,
    },
    /// A boot begins.
    Booted(u64),
    /// A boot ends.
    BootEnded(u64),
    /// A batch stands in the log.
    Batch {
        /// Of this boot.
        boot: u64,
        /// With this number.
        seq: u64,
        /// It was applied; else it changed nothing.
        is_applied: bool,
    },
    /// A leader's digest of the state behind an entry, and the one that was found.
    Digest {
        /// The entry.
        index: u64,
        /// What the leader says.
        told: u64,
        /// What was found.
        found: u64,
    },
    /// A hold of a lock changes.
    Hold {
        /// Of which lock.
        lock: LockName,
        /// How.
        change: Change,
        /// Its fencing token.
        token: u64,
        /// Its end, ms; None: not known.
        deadline_ms: Option<u64>,
        /// Its end is that of a session, which may have been moved since.
        is_sessions: bool,
    },
    /// Who holds a lock now.
    Lock {
        /// Which.
        lock: LockName,
        /// Most holders; None: shared.
        limit: Option<u64>,
        /// The holds' tokens, as they stand.
        tokens: Vec<u64>,
    },
    /// A key ends by its time.
    KeyExpires {
        /// Its database.
        db: u8,
        /// The key.
        key: Box<[u8]>,
        /// Its end, ms; None: it had none.
        deadline_ms: Option<u64>,
    },
}

/// A fact that should not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// At which entry; 0: of the state that all began with.
    pub index: u64,
    /// What is wrong.
    pub what: String,
}

/// What was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Entries.
    pub entries: u64,
    /// Batches that were applied.
    pub batches: u64,
    /// Batches that changed nothing: sent again, or of a boot that had ended.
    pub passed_over: u64,
    /// Boots.
    pub boots: u64,
    /// Digests of leaders that were compared.
    pub digests: u64,
    /// Holds that began.
    pub holds: u64,
    /// Holds that ended.
    pub ends: u64,
    /// Keys that ended by their time.
    pub expired: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct OpenHold {
    /// As its owner was told; None: not known, or a session's.
    deadline_ms: Option<u64>,
}

/// See the module's header.
#[derive(Debug, Default)]
pub struct Spec {
    index: u64,
    term: u64,
    now_ms: u64,
    boots: BTreeMap<u64, u64>,
    /// Holds by their tokens.
    locks: BTreeMap<LockName, BTreeMap<u64, OpenHold>>,
    /// The newest token of each lock, and of all before this entry.
    newest: BTreeMap<LockName, u64>,
    newest_before: u64,
    newest_now: u64,
    /// What was looked at.
    pub counts: Counts,
    violations: Vec<Violation>,
    violation_count: u64,
}

impl Spec {
    /// One that begins behind the entry `index`, at this cluster time and with what there is by then: boots with the batches that they have
    /// had applied, and a number that no token is below from now on.
    pub fn behind(index: u64, term: u64, now_ms: u64, boots: impl IntoIterator<Item = (u64, u64)>, token: u64) -> Self {
        let boots = boots.into_iter().collect();
        Self { index, term, now_ms, boots, newest_before: token, newest_now: token, ..Self::default() }
    }

    /// What is wrong, the first of it, and how much in all.
    pub fn violations(&self) -> (&[Violation], u64) {
        (&self.violations, self.violation_count)
    }

    /// The holds of all locks, by the locks.
    pub fn held(&self) -> impl Iterator<Item = (&LockName, Vec<u64>)> {
        self.locks
            .iter()
            .filter(|(_, holds)| !holds.is_empty())
            .map(|(lock, holds)| (lock, holds.keys().copied().collect()))
    }

    /// The boots that have not ended, with the number of each one's last batch.
    pub fn boots(&self) -> &BTreeMap<u64, u64> {
        &self.boots
    }

    /// Notes something that is wrong.
    pub fn wrong(&mut self, what: String) {
        self.violation_count += 1;
        if self.violations.len() < KEPT_MAX {
            self.violations.push(Violation { index: self.index, what });
        }
    }

    /// A hold that there is to begin with.
    pub fn holds(&mut self, lock: LockName, token: u64, deadline_ms: Option<u64>) {
        let newest = self.newest.entry(lock.clone()).or_default();
        *newest = token.max(*newest);
        self.no_token_below(token);
        self.locks.entry(lock).or_default().insert(token, OpenHold { deadline_ms });
    }

    /// A token was given before this: later ones are above it.
    pub fn no_token_below(&mut self, token: u64) {
        self.newest_before = self.newest_before.max(token);
        self.newest_now = self.newest_now.max(token);
    }

    /// Compares a fact with what was told before.
    pub fn take(&mut self, fact: Fact) {
        match fact {
            Fact::Entry { index, term, now_ms } => self.entry(index, term, now_ms),
            Fact::Booted(boot) => {
                self.counts.boots += 1;
                self.boots.insert(boot, 0);
            }
            Fact::BootEnded(boot) => {
                if self.boots.remove(&boot).is_none() {
                    self.wrong(format!("boot {boot} ends, and had not begun, or had ended"));
                }
            }
            Fact::Batch { boot, seq, is_applied } => self.batch(boot, seq, is_applied),
            Fact::Digest { index, told, found } => {
                self.counts.digests += 1;
                if told != found {
                    self.wrong(format!("the leader's digest of entry {index} is {told:016x}, here it is {found:016x}"));
                }
            }
            Fact::Hold { lock, change, token, deadline_ms, is_sessions } => {
                let told_ms = deadline_ms.filter(|_| !is_sessions);
                match change {
                    Change::Begins => self.hold_begins(lock, token, told_ms),
                    Change::Lasts => self.hold_lasts(&lock, token, told_ms),
                    Change::Expires => self.hold_ends(&lock, token, Some((deadline_ms, is_sessions))),
                    Change::Ends => self.hold_ends(&lock, token, None),
                }
            }
            Fact::Lock { lock, limit, tokens } => self.lock_stands(&lock, limit, &tokens),
            Fact::KeyExpires { db, key, deadline_ms } => {
                self.counts.expired += 1;
                if deadline_ms.is_none_or(|deadline_ms| self.now_ms <= deadline_ms) {
                    let (key, now_ms) = (name(&key), self.now_ms);
                    self.wrong(format!(
                        "key {key} of database {db} expires at {now_ms} ms, its end is {deadline_ms:?}"
                    ));
                }
            }
        }
    }

    fn entry(&mut self, index: u64, term: u64, now_ms: u64) {
        if self.index != 0 && index != self.index + 1 {
            self.wrong(format!("entry {index} follows entry {}", self.index));
        }
        self.index = index;
        if term < self.term {
            self.wrong(format!("its term is {term}, that of the entry before {}", self.term));
        }
        self.term = self.term.max(term);
        self.now_ms = self.now_ms.max(now_ms);
        self.newest_before = self.newest_now;
        self.counts.entries += 1;
    }

    fn batch(&mut self, boot: u64, seq: u64, is_applied: bool) {
        let last = self.boots.get(&boot).copied();
        let (counts, is_next) = (&mut self.counts, last.is_some_and(|last| seq == last + 1));
        counts.batches += u64::from(is_applied);
        counts.passed_over += u64::from(!is_applied);
        match last {
            _ if is_applied && is_next => _ = self.boots.insert(boot, seq),
            _ if !is_applied && !is_next => {}
            _ if is_next => self.wrong(format!("batch {seq} of boot {boot} is left out, and it is its turn")),
            None => self.wrong(format!("batch {seq} of boot {boot} is applied, and there is no such boot")),
            Some(last) if seq <= last => self.wrong(format!("batch {seq} of boot {boot} is applied twice")),
            Some(last) => {
                self.wrong(format!(
                    "batch {seq} of boot {boot} is applied, and {} to {} are missing",
                    last + 1,
                    seq - 1
                ));
                self.boots.insert(boot, seq);
            }
        }
    }

    fn hold_begins(&mut self, lock: LockName, token: u64, deadline_ms: Option<u64>) {
        self.counts.holds += 1;
        let of_lock = self.newest.get(&lock).copied().unwrap_or(0);
        if token <= of_lock || token <= self.newest_before {
            let newest = of_lock.max(self.newest_before);
            self.wrong(format!("lock {} is held by token {token}, after {newest} was given", name(&lock.1)));
        }
        self.newest_now = self.newest_now.max(token);
        self.newest.insert(lock.clone(), token.max(of_lock));
        if self.locks.entry(lock.clone()).or_default().insert(token, OpenHold { deadline_ms }).is_some() {
            self.wrong(format!("the hold {token} of lock {} begins twice", name(&lock.1)));
        }
    }

    fn hold_lasts(&mut self, lock: &LockName, token: u64, deadline_ms: Option<u64>) {
        match self.locks.get_mut(lock).and_then(|holds| holds.get_mut(&token)) {
            Some(hold) if hold.deadline_ms > deadline_ms && deadline_ms.is_some() => {
                self.wrong(format!("the hold {token} of lock {} is made shorter", name(&lock.1)));
            }
            Some(hold) => hold.deadline_ms = deadline_ms,
            None => self.wrong(format!("the hold {token} of lock {} is to last, and there is none", name(&lock.1))),
        }
    }

    /// `by_time`: the end that it had, and whether that was a session's.
    fn hold_ends(&mut self, lock: &LockName, token: u64, by_time: Option<(Option<u64>, bool)>) {
        self.counts.ends += 1;
        let Some(hold) = self.locks.get_mut(lock).and_then(|holds| holds.remove(&token)) else {
            self.wrong(format!("the hold {token} of lock {} ends, and there is none", name(&lock.1)));
            return;
        };
        let Some((Some(deadline_ms), is_sessions)) = by_time else { return };
        let told_ms = hold.deadline_ms.filter(|_| !is_sessions).unwrap_or(0);
        let least_ms = deadline_ms.max(told_ms);
        if self.now_ms <= least_ms {
            let now_ms = self.now_ms;
            self.wrong(format!(
                "the hold {token} of lock {} expires at {now_ms} ms, its end is {least_ms}",
                name(&lock.1)
            ));
        }
    }

    fn lock_stands(&mut self, lock: &LockName, limit: Option<u64>, tokens: &[u64]) {
        let of_lock = || name(&lock.1);
        if limit.is_some_and(|limit| tokens.len() as u64 > limit) {
            let limit = limit.unwrap_or_default();
            self.wrong(format!("lock {} has {} holders, {limit} at most may be: {tokens:?}", of_lock(), tokens.len()));
        }
        if !tokens.is_sorted_by(|a, b| a < b) {
            self.wrong(format!("the tokens of lock {} do not rise: {tokens:?}", of_lock()));
        }
        let told: Vec<u64> = self.locks.get(lock).into_iter().flat_map(BTreeMap::keys).copied().collect();
        if told != tokens {
            self.wrong(format!("lock {} is held by {tokens:?}, what was told makes that {told:?}", of_lock()));
        }
        if tokens.is_empty() {
            self.locks.remove(lock);
        }
    }
}

/// A name as text.
pub fn name(bytes: &[u8]) -> String {
    format!("'{}'", bytes.escape_ascii())
}
