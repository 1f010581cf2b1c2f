//! Applies a log's entries to a state as a node would, and tells a [`Spec`] what it sees.
//!
//! What apply says of itself is not taken for granted: the spec knows by its own count which batch has its turn and who holds what, and the
//! leaders' digests in the log are compared.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::spec::{Change, Fact, LockName, Spec, name};
use crate::executor::apply::{EntryOutcome, apply};
use crate::executor::entry::Content;
use crate::executor::prepare::PreparedEntry;
use crate::replication::types::LogId;
use crate::store::{Audited, DATABASES, Kind, Lock, LockEvent, LockMode, LockRecord, State, is_over};

/// So many digests are kept for a leader's to be compared with.
const DIGESTS_MAX: usize = 1 << 20;

/// A state on its way through the log.
pub struct Replay {
    /// What is seen.
    pub spec: Spec,
    /// The state behind the last entry.
    pub state: State,
    /// What the spec says of the locks' events that the state holds, which go back further than the log.
    pub history: Spec,
    /// The first and the last of those events: cluster time, ms.
    pub history_ms: Option<(u64, u64)>,
    /// The state's digests behind the last entries, with their indexes, which are consecutive.
    digests: VecDeque<(u64, u64)>,
    last: Option<LogId>,
}

fn change_of(event: LockEvent) -> Change {
    match event {
        LockEvent::Acquired => Change::Begins,
        LockEvent::Extended => Change::Lasts,
        LockEvent::Expired => Change::Expires,
        LockEvent::Released | LockEvent::Broken | LockEvent::Lost => Change::Ends,
    }
}

fn locks(state: &State) -> impl Iterator<Item = (LockName, &Lock)> {
    (0..DATABASES).filter(|db| state.db(*db).has_locks()).flat_map(|db| {
        let entries = state.db(db).iter_unordered();
        entries.filter_map(move |entry| Some(((db as u8, entry.key().into()), Lock::of(entry.value())?)))
    })
}

/// Who holds a lock, if it is there.
fn lock_fact(lock: LockName, there: Option<&Lock>) -> Fact {
    let limit = match there.map(Lock::mode) {
        Some(LockMode::Limit(limit)) => Some(limit),
        Some(LockMode::Shared) => None,
        None => Some(0),
    };
    let tokens = there.iter().flat_map(|lock| lock.holds()).map(|hold| hold.token).collect();
    Fact::Lock { lock, limit, tokens }
}

impl Replay {
    /// From nothing.
    pub fn from_nothing() -> Self {
        Self {
            spec: Spec::default(),
            state: State::default(),
            history: Spec::default(),
            history_ms: None,
            digests: VecDeque::new(),
            last: None,
        }
    }

    /// From a state that covers the log up to `covers`.
    pub fn from_state(state: State, covers: Option<LogId>) -> Self {
        let boots = state.origins.iter().map(|(boot, of)| (boot, of.last_seq));
        let (index, term) = covers.map_or((0, 0), |covers| (covers.index, covers.leader_id.term));
        let mut spec = Spec::behind(index, term, state.now_ms(), boots, state.revision());
        for (lock, holds) in locks(&state) {
            for hold in holds.holds() {
                let told_ms = hold.bound.session().is_none().then_some(hold.deadline_ms);
                spec.holds(lock.clone(), hold.token, told_ms);
            }
        }
        let (history, history_ms) = look_back(&state, &mut spec);
        let digests = VecDeque::from([(index, state.digest.value())]);
        Self { spec, state, history, history_ms, digests, last: covers }
    }

    /// The last entry that the state covers.
    pub fn last(&self) -> Option<LogId> {
        self.last
    }

    /// An entry that changes no state: an empty one, a membership.
    pub fn pass(&mut self, id: LogId) {
        let (index, term) = (id.index, id.leader_id.term);
        self.spec.take(Fact::Entry { index, term, now_ms: 0 });
        self.behind(id);
    }

    fn behind(&mut self, id: LogId) {
        self.digests.push_back((id.index, self.state.digest.value()));
        if self.digests.len() > DIGESTS_MAX {
            self.digests.pop_front();
        }
        self.last = Some(id);
    }

    /// The state's digest behind an entry, if that is known.
    fn digest_at(&self, index: u64) -> Option<u64> {
        let (first, _) = self.digests.front()?;
        let at = usize::try_from(index.checked_sub(*first)?).ok()?;
        self.digests.get(at).filter(|(found, _)| *found == index).map(|(_, digest)| *digest)
    }

    /// Applies the next entry.
    pub fn apply(&mut self, id: LogId, mut entry: PreparedEntry) {
        let (index, stamp) = (id.index, entry.stamp);
        // By the stamps, whatever the state says of its time.
        self.spec.take(Fact::Entry { index, term: id.leader_id.term, now_ms: stamp.now_ms });
        if stamp.digest_index != 0
            && let Some(found) = self.digest_at(stamp.digest_index)
        {
            self.spec.take(Fact::Digest { index: stamp.digest_index, told: stamp.digest, found });
        }
        if stamp.digest_index >= index {
            self.spec.wrong(format!("entry {index} tells the digest of entry {}", stamp.digest_index));
        }
        entry.is_audited = true;
        let batch = match &entry.content {
            Content::Batch(batch) if batch.boot != 0 => Some((batch.boot, batch.seq)),
            _ => None,
        };
        let mut outcome = apply(&mut self.state, index, entry, |_, _| None);
        if let Some((boot, seq)) = batch {
            self.spec.take(Fact::Batch { boot, seq, is_applied: outcome.accepted });
        }
        self.tell(&mut outcome);
        self.behind(id);
    }

    fn tell(&mut self, outcome: &mut EntryOutcome) {
        let mut touched = BTreeSet::new();
        for audited in outcome.effects.audit.take().into_iter().flatten() {
            match audited {
                Audited::Hold { db, lock, event, token, deadline_ms, is_sessions, owner: _ } => {
                    let lock = (db, lock);
                    touched.insert(lock.clone());
                    // A hold that is lost with its session may be so by time or otherwise.
                    let change = change_of(event);
                    self.spec.take(Fact::Hold { lock, change, token, deadline_ms: Some(deadline_ms), is_sessions });
                }
                Audited::BootEnded(boot) => self.spec.take(Fact::BootEnded(boot)),
                Audited::Expired { db, key, deadline_ms } => {
                    self.spec.take(Fact::KeyExpires { db, key, deadline_ms });
                }
            }
        }
        // A process that asks again has its boot already.
        if let Some((_, _, boot)) = outcome.booted.filter(|(_, _, boot)| !self.spec.boots().contains_key(boot)) {
            self.spec.take(Fact::Booted(boot));
        }
        for lock in touched {
            let fact = lock_fact(
                lock.clone(),
                self.state.db(lock.0.into()).get(&lock.1).and_then(|entry| Lock::of(entry.value())),
            );
            self.spec.take(fact);
        }
    }

    /// Compares all that the spec was told of with the state at the end.
    pub fn finish(&mut self) {
        let boots: BTreeMap<u64, u64> = self.state.origins.iter().map(|(boot, of)| (boot, of.last_seq)).collect();
        if boots != *self.spec.boots() {
            let told = self.spec.boots().clone();
            self.spec.wrong(format!(
                "the state's boots and last batches are {boots:?}, what was applied makes that {told:?}"
            ));
        }
        let told: BTreeSet<LockName> = self.spec.held().map(|(lock, _)| lock.clone()).collect();
        let there: BTreeMap<LockName, &Lock> = locks(&self.state).collect();
        for (lock, of) in &there {
            self.spec.take(lock_fact(lock.clone(), Some(of)));
        }
        for lock in told.into_iter().filter(|lock| !there.contains_key(lock)) {
            self.spec.take(lock_fact(lock, None));
        }
        if let Err(what) = self.state.validate() {
            self.spec.wrong(format!("the state contradicts itself: {what}"));
        }
    }
}

/// What a state remembers of its locks, judged as far as that goes: neither ends nor modes are in it.
fn look_back(state: &State, spec: &mut Spec) -> (Spec, Option<(u64, u64)>) {
    let mut history = Spec::default();
    let records = state.lock_history().iter();
    let mut known = BTreeSet::new();
    let (mut time, mut given) = (None, 0);
    for LockRecord { db, name, event, owner: _, token, at_ms } in records {
        let lock = (*db, Box::from(&**name));
        let (first_ms, last_ms) = time.unwrap_or((*at_ms, *at_ms));
        if *at_ms < last_ms {
            history.wrong(format!(
                "an event of lock {} is of {at_ms} ms, the one before of {last_ms} ms",
                super::spec::name(name)
            ));
        }
        time = Some((first_ms, last_ms.max(*at_ms)));
        if *event == LockEvent::Acquired {
            known.insert((lock.clone(), *token));
        } else if known.insert((lock.clone(), *token)) {
            // It began before what is remembered.
            history.holds(lock.clone(), *token, None);
        }
        // One entry may give one token for several locks (LOCK.MULTI), and end holds in between.
        if *event == LockEvent::Acquired && given != *token {
            history.take(Fact::Entry { index: 0, term: 0, now_ms: *at_ms });
            given = *token;
        }
        history.take(Fact::Hold {
            lock,
            change: change_of(*event),
            token: *token,
            deadline_ms: None,
            is_sessions: false,
        });
        spec.no_token_below(*token);
    }
    let open: Vec<(LockName, Vec<u64>)> = history.held().map(|(lock, tokens)| (lock.clone(), tokens)).collect();
    for (lock, tokens) in open {
        let there = state.db(lock.0.into()).get(&lock.1).and_then(|entry| Lock::of(entry.value()));
        for token in tokens
            .into_iter()
            .filter(|token| !there.iter().flat_map(|lock| lock.holds()).any(|hold| hold.token == *token))
        {
            history.wrong(format!("the hold {token} of lock {} has not ended, and is not there", name(&lock.1)));
        }
    }
    let now_ms = state.now_ms();
    if time.is_some_and(|(_, last_ms)| is_over(now_ms, last_ms)) {
        history.wrong(format!("an event of a lock is of a time that has not come yet, {now_ms} ms"));
    }
    (history, time)
}
