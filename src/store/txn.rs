//! What a write command gets: the state, to change.
//!
//! Invariants
//! - Every change of a value stamps the key with the command's revision, and every change of a value or deadline enters the
//!   digest as (key, revision, deadline). Both happen here and in [`keyspace`], and nowhere else.
//! - A key comes to be by [`Txn::set`] alone, which notes it for WATCH, or with the whole of a database ([`Txn::swap`]).
//! - A key that comes to be, or gets another value, is ready for those who wait for it ([`super::Waiters`]): noted at the same places. So
//!   is one whose value changes, if its type wants that ([`super::ValueType::wakes_by_change`]), a list that has become longer, and one that is gone. But for a change by
//!   which nobody's attempt would have another outcome than to wait on ([`Txn::edit_quietly`]).
//! - The mark of a string that NX made is set by [`Txn::make`] alone, on the value of that moment: whatever stamps another revision takes it
//!   away ([`Entry::made_by_nx`]).
//! - A command never sees a key that is due at the entry's `now_ms`, or bound to a session that is: a write that meets one removes it first.
//! - Nothing here reads a clock or an unordered iteration.

mod keyspace;
mod once;
mod scripts;

use std::net::SocketAddr;
use std::sync::Arc;

use super::ties::{Ties, TiesOfKey};
use super::work::Work;
use super::{
    CallLog, Effects, Entry, Event, Group, Hash, HashEdit, Horizon, Kind, Lock, Rng, ScriptCalls, State, Str, Stream,
    Tally, User, Value, View, WaiterId, is_over,
};
use crate::error::ReplyError;

/// The feature level since which strings that NX makes are marked.
const MADE_BY_NX_LEVEL: u32 = 3;
/// In the digest, behind the key: it is marked.
const MADE_BY_NX: u64 = 1;

/// What a new value does to the key's deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// The key has none afterwards.
    Clear,
    /// As before.
    Keep,
    /// At this cluster time, ms.
    At(u64),
}

impl From<Option<u64>> for Deadline {
    /// That of another entry, in ms.
    fn from(deadline_ms: Option<u64>) -> Self {
        deadline_ms.map_or(Self::Clear, Self::At)
    }
}

/// Whether [`Txn::edit`] may make an absent key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Create {
    /// Start from an empty value.
    Yes,
    /// Do nothing.
    No,
}

/// Whether the closure of [`Txn::edit`] changed the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed(pub bool);

/// Write access for one command.
pub struct Txn<'a> {
    pub(super) state: &'a mut State,
    pub(super) db: usize,
    rng: Rng,
    pub(super) effects: &'a mut Effects,
    work: Work,
    is_short_of_memory: bool,
    in_cluster: bool,
    acting: Option<Arc<User>>,
    asker: Option<WaiterId>,
    from: Option<SocketAddr>,
    /// See `store/telling.rs`.
    pub(super) event: Option<Event>,
}

impl State {
    /// A transaction for one command: raises the revision by one.
    pub fn txn<'a>(&'a mut self, db: usize, rng: Rng, effects: &'a mut Effects) -> Txn<'a> {
        Txn::new(self, db, rng, effects)
    }
}

impl<'a> Txn<'a> {
    pub(super) fn new(state: &'a mut State, db: usize, rng: Rng, effects: &'a mut Effects) -> Self {
        state.revision += 1;
        Self {
            state,
            db,
            rng,
            effects,
            work: Work::unbounded(),
            is_short_of_memory: false,
            in_cluster: false,
            acting: None,
            asker: None,
            from: None,
            event: None,
        }
    }

    /// The same with the origin's verdict on its memory, which scripts ask for.
    pub fn short_of_memory(mut self, is_short: bool) -> Self {
        self.is_short_of_memory = is_short;
        self
    }

    /// The same for a script that runs for a client of Redis Cluster.
    pub fn in_cluster(mut self, is_in_cluster: bool) -> Self {
        self.in_cluster = is_in_cluster;
        self
    }

    /// The same for a script that runs as a user; None: it may everything.
    pub fn acting(mut self, user: Option<Arc<User>>) -> Self {
        self.acting = user;
        self
    }

    /// See [`Self::acting`].
    pub fn user(&self) -> Option<&Arc<User>> {
        self.acting.as_ref()
    }

    /// See [`Self::in_cluster`].
    pub fn is_in_cluster(&self) -> bool {
        self.in_cluster
    }

    /// The same for the command of a connection that may wait, under this name.
    pub fn asked_by(mut self, asker: Option<WaiterId>) -> Self {
        self.asker = asker;
        self
    }

    /// The same for a client at this address.
    pub fn from(mut self, from: Option<SocketAddr>) -> Self {
        self.from = from;
        self
    }

    /// The address of the client that asks, where it is kept.
    pub fn client_addr(&self) -> Option<SocketAddr> {
        self.from
    }

    /// See [`Self::asked_by`].
    pub fn asker(&self) -> Option<WaiterId> {
        self.asker
    }

    /// See [`Self::short_of_memory`].
    pub fn is_short_of_memory(&self) -> bool {
        self.is_short_of_memory
    }

    /// The same, for a command that may do `units` of work.
    pub fn allowed(mut self, units: u64) -> Self {
        self.work = Work::bounded(units);
        self
    }

    /// A transaction for a command inside this one (EXEC, scripts): its own revision.
    pub fn nested(&mut self, db: usize) -> Txn<'_> {
        let rng = Rng::new(self.rng.next_u64());
        Txn::new(self.state, db, rng, self.effects)
    }

    /// The same command at work on another database: the revision stays. What it may do is asked of the first one.
    pub fn on_db(&mut self, db: usize) -> Txn<'_> {
        let rng = Rng::new(self.rng.next_u64());
        let is_short_of_memory = self.is_short_of_memory;
        let (state, effects) = (&mut *self.state, &mut *self.effects);
        Txn {
            state,
            db,
            rng,
            effects,
            work: Work::unbounded(),
            is_short_of_memory,
            in_cluster: self.in_cluster,
            acting: self.acting.clone(),
            asker: None,
            from: None,
            event: None,
        }
    }

    /// What keeps the calls of the script that runs, if this node answers it.
    pub fn calls(&self) -> Option<CallLog> {
        self.effects.calls.clone().filter(|_| self.effects.is_counting)
    }

    /// Read access to the same moment, by the entry's time alone.
    pub fn view(&mut self) -> View<'_> {
        let rng = Rng::new(self.rng.next_u64());
        let now_ms = self.state.now_ms;
        let reader = if self.effects.is_counting { self.effects.reader } else { 0 };
        View::new(self.state, self.db, Horizon { applied_ms: now_ms, estimate_ms: now_ms }, rng)
            .of_every_node()
            .read_by(reader)
    }

    /// The same, and what is done by it is asked of this command's allowance, which then has to be told ([`View::worked`]).
    pub fn bounded_view(&mut self) -> View<'_> {
        let left = self.work.is_bounded().then(|| self.work.left());
        let view = self.view();
        match left {
            Some(left) => view.allowed(left),
            None => view,
        }
    }

    /// The whole state, to read.
    pub fn state(&self) -> &State {
        self.state
    }

    /// The parts of the state that are no keys (options, scripts, cluster), to change.
    pub fn state_mut(&mut self) -> &mut State {
        self.state
    }

    pub(super) fn parts(&mut self) -> (&mut State, &mut Effects) {
        (self.state, self.effects)
    }

    /// Index of the command's database.
    pub fn db_index(&self) -> usize {
        self.db
    }

    /// The entry's cluster time, ms.
    pub fn now_ms(&self) -> u64 {
        self.state.now_ms
    }

    /// This command's revision.
    pub fn revision(&self) -> u64 {
        self.state.revision
    }

    /// The next random number of this command.
    pub fn random(&mut self) -> u64 {
        self.rng.next_u64()
    }

    /// Says that the command now does so much, in units (`store::work`).
    ///
    /// # Errors
    /// It may not: it has to end with this, having changed nothing; unless it knows only afterwards what it has done.
    pub fn work(&self, units: u64) -> Result<(), ReplyError> {
        self.work.add(units)
    }

    /// True if anybody asks how much the command does; otherwise nothing need be looked up to say it.
    pub fn is_work_bounded(&self) -> bool {
        self.work.is_bounded()
    }

    /// How much it may still do, in units; `u64::MAX` where nobody asks.
    pub fn work_left(&self) -> u64 {
        self.work.left()
    }

    /// How much the command has said that it does, in units.
    pub fn worked(&self) -> u64 {
        self.work.done()
    }

    /// The entry of `key`; removes it first if it is due.
    pub fn get(&mut self, key: &[u8]) -> Option<&Entry> {
        self.expire_if_due(key);
        let entry = self.state.db(self.db).get(key)?;
        entry.touch(self.state.access(self.state.now_ms));
        Some(entry)
    }

    /// The entry of `key` for the part of a write that reads (GETEX, COPY …): counted as a read's.
    pub fn read(&mut self, key: &[u8]) -> Option<&Entry> {
        self.expire_if_due(key);
        let found = self.state.db(self.db).get(key);
        if self.effects.is_counting {
            self.effects.tally.look_up(found.is_some());
            if found.is_none() {
                self.state.tell(self.db, key, Event::MISS, self.effects);
            }
        }
        let entry = found?;
        entry.touch(self.state.access(self.state.now_ms));
        Some(entry)
    }

    /// The same as a `K`.
    ///
    /// # Errors
    /// WRONGTYPE if it is of another type.
    pub fn read_typed<K: Kind>(&mut self, key: &[u8]) -> Result<Option<&K>, ReplyError> {
        self.read(key).map(|entry| entry.value().typed()).transpose()
    }

    /// Adds what a read within this command has counted.
    pub fn count(&mut self, tally: Tally) {
        self.effects.count(tally);
    }

    /// Counts a call of a script within this command.
    pub fn count_call(&mut self, count: impl FnOnce(&mut ScriptCalls)) {
        if self.effects.is_counting {
            count(self.effects.tally.calls_mut());
        }
    }

    /// True if `key` exists.
    pub fn exists(&mut self, key: &[u8]) -> bool {
        self.get(key).is_some()
    }

    /// The value of `key` as a `K`.
    ///
    /// # Errors
    /// WRONGTYPE if it is of another type.
    pub fn typed<K: Kind>(&mut self, key: &[u8]) -> Result<Option<&K>, ReplyError> {
        self.get(key).map(|entry| entry.value().typed()).transpose()
    }

    /// Gives `key` a value, whatever it held before.
    pub fn set(&mut self, key: &[u8], value: Value, deadline: Deadline) {
        self.put(key, value, deadline, false);
    }

    /// The same, and what the key held before counts as removed first: it is told that the key is new.
    pub fn set_anew(&mut self, key: &[u8], value: Value, deadline: Deadline) {
        self.put(key, value, deadline, true);
    }

    fn put(&mut self, key: &[u8], value: Value, deadline: Deadline, is_anew: bool) {
        if self.state.sessions.has_keys() {
            // A key whose session is over is another one's from now on.
            self.expire_if_due(key);
        }
        let before = if deadline == Deadline::Keep { self.get(key).and_then(Entry::deadline_ms) } else { None };
        let deadline_ms = match deadline {
            Deadline::Clear => None,
            Deadline::Keep => before,
            Deadline::At(at) => Some(at),
        };
        let (revision, now_ms) = (self.state.revision, self.state.now_ms);
        let touch = self.state.access(now_ms);
        self.state.digest.key(self.db, key, revision, deadline_ms.unwrap_or(0));
        self.effects.note_change(key);
        if !self.state.waiters.is_empty() {
            self.state.waiters.signal(self.db as u8, key, value.type_name());
        }
        let after = Lock::of(&value).map(|lock| Ties::of_key(lock.holds()));
        let Some(db) = self.state.dbs.get_mut(self.db) else { return };
        let old = db.put(key, value, revision, deadline_ms, (now_ms, touch));
        if let Some((old, ..)) = old.as_ref().filter(|(old, ..)| old.is_lock()) {
            self.state.retie(self.db, key, old, None);
            self.state.record_gone(self.db, key, old, self.effects);
        }
        if let Some(after) = after {
            self.state.ties.change(self.db, key, &TiesOfKey::default(), &after);
        }
        let is_new = old.as_ref().is_none_or(|(_, was_due, _)| *was_due);
        if is_new {
            self.note_creation(key);
        }
        if self.state.options.events != 0 {
            if old.as_ref().is_some_and(|(_, was_due, _)| *was_due) {
                self.tell(key, Event::EXPIRED);
            }
            if is_new || is_anew {
                self.tell(key, Event::NEW);
            }
            self.tell_of(key);
        }
        if let Some((old, was_due, shared_bytes)) = old {
            self.effects.shared_bytes += shared_bytes as u64;
            // A due one that the new value replaced has expired all the same.
            self.effects.expired += u64::from(was_due);
            self.effects.discard_value(old);
        }
    }

    /// Gives the absent `key` a string, as NX does, and marks it so ([`Entry::made_by_nx`]).
    pub fn make(&mut self, key: &[u8], value: Str, deadline: Deadline) {
        self.set(key, value.into(), deadline);
        if self.state.cluster.level < MADE_BY_NX_LEVEL {
            return;
        }
        if let Some(db) = self.state.dbs.get_mut(self.db) {
            db.update(key, Entry::mark_made_by_nx);
        }
        self.state.digest.number(MADE_BY_NX);
    }

    /// Lets WATCH know that `key` was created, even if it is gone at once ([`Creations`](super::Creations)).
    pub fn note_creation(&mut self, key: &[u8]) {
        self.state.creations.note(self.db, key, self.state.revision);
    }

    /// Lets `edit` work on the value of `key` as a `K`; with [`Create::Yes`] on an empty one if the key is absent. A value
    /// that is empty afterwards is removed with its key. `None`: the key is absent and was not to be made.
    ///
    /// # Errors
    /// WRONGTYPE, or what `edit` returns: it must not have changed anything then.
    pub fn edit<K: Kind, T>(
        &mut self,
        key: &[u8],
        create: Create,
        edit: impl FnOnce(&mut K) -> Result<(T, Changed), ReplyError>,
    ) -> Result<Option<T>, ReplyError> {
        self.edit_waking(K::wakes_by_change(), key, create, edit)
    }

    /// The same, with a change that can serve nobody who waits for the key, and ends no wait: nobody is tried again for it.
    ///
    /// # Errors
    /// As [`Self::edit`].
    pub fn edit_quietly<K: Kind, T>(
        &mut self,
        key: &[u8],
        create: Create,
        edit: impl FnOnce(&mut K) -> Result<(T, Changed), ReplyError>,
    ) -> Result<Option<T>, ReplyError> {
        self.edit_waking(false, key, create, edit)
    }

    fn edit_waking<K: Kind, T>(
        &mut self,
        wakes: bool,
        key: &[u8],
        create: Create,
        edit: impl FnOnce(&mut K) -> Result<(T, Changed), ReplyError>,
    ) -> Result<Option<T>, ReplyError> {
        self.expire_if_due(key);
        let (revision, touch) = (self.state.revision, self.state.access(self.state.now_ms));
        let Some(db) = self.state.dbs.get_mut(self.db) else { return Ok(None) };
        // Types are compared before anything shared with a snapshot is copied.
        match db.get(key).map(|entry| entry.value().typed::<K>().map(|_| ())) {
            Some(Ok(())) => {}
            Some(Err(error)) => return Err(error),
            None if create == Create::No => return Ok(None),
            None => {
                let mut value = K::default();
                let (result, _) = edit(&mut value)?;
                if !value.is_vacant() {
                    self.set(key, value.into(), Deadline::Clear);
                }
                return Ok(Some(result));
            }
        }
        let outcome = db.update(key, |entry| {
            entry.touch(touch);
            let deadline_ms = entry.deadline_ms().unwrap_or(0);
            let value = entry.value_mut().typed_mut::<K>()?;
            let before = value.elements();
            let (result, changed) = edit(value)?;
            let (vacant, type_name) = (value.is_vacant(), value.type_name());
            let is_longer = value.elements() > before;
            if changed.0 {
                entry.set_revision(revision);
            }
            Ok::<_, ReplyError>((result, changed.0, vacant, (type_name, is_longer), deadline_ms))
        });
        let Some(outcome) = outcome else { return Ok(None) };
        let (result, changed, vacant, (type_name, is_longer), deadline_ms) = outcome?;
        if changed {
            self.tell_of(key);
        }
        if vacant {
            self.remove(key);
        } else if changed {
            self.state.digest.key(self.db, key, revision, deadline_ms);
            self.effects.note_change(key);
            if wakes && !self.state.waiters.is_empty() {
                self.state.waiters.signal(self.db as u8, key, type_name);
            } else if is_longer && !self.state.waiters.is_empty() {
                self.state.waiters.signal_longer(self.db as u8, key);
            }
        }
        Ok(Some(result))
    }

    /// [`Self::edit`] of a hash, as of the entry's time.
    ///
    /// # Errors
    /// As there.
    pub fn edit_hash<T>(
        &mut self,
        key: &[u8],
        create: Create,
        edit: impl FnOnce(&mut HashEdit<'_>) -> Result<(T, Changed), ReplyError>,
    ) -> Result<Option<T>, ReplyError> {
        let (now_ms, mut expired) = (self.now_ms(), 0);
        let result = self.edit(key, create, |hash: &mut Hash| {
            let mut hash = HashEdit::new(hash, now_ms);
            let result = edit(&mut hash);
            expired = hash.expired();
            result
        });
        self.effects.expired_fields += expired;
        result
    }

    /// Changes the deadline of an existing key; its revision stays.
    pub fn set_deadline(&mut self, key: &[u8], deadline_ms: Option<u64>) -> bool {
        self.expire_if_due(key);
        let Some(db) = self.state.dbs.get_mut(self.db) else { return false };
        if db.get(key).is_none() {
            return false;
        }
        let revision = db.update(key, |entry| {
            entry.set_deadline(deadline_ms);
            entry.revision()
        });
        if let Some(revision) = revision {
            self.state.digest.key(self.db, key, revision, deadline_ms.unwrap_or(0));
            self.effects.note_change(key);
            self.tell(key, if deadline_ms.is_some() { Event::EXPIRE } else { Event::PERSIST });
        }
        revision.is_some()
    }

    /// Lets `key` look as if nobody had asked for it for so many seconds (RESTORE). Each node keeps its own times, and nothing follows from them.
    pub fn make_idle(&mut self, key: &[u8], idle_s: u64) {
        if let Some(entry) = self.state.db(self.db).get(key) {
            entry.set_idle(self.state.now_ms, idle_s);
        }
    }

    /// Lets `key` look as if it had been asked for as often as this counter says (RESTORE). As above.
    pub fn make_used(&mut self, key: &[u8], uses: u8) {
        if let Some(entry) = self.state.db(self.db).get(key) {
            entry.set_uses(uses);
        }
    }

    /// Removes `key`: true if it was there.
    pub fn remove(&mut self, key: &[u8]) -> bool {
        let was_there = self.discard(key);
        if was_there {
            self.tell(key, Event::DEL);
        }
        was_there
    }

    /// The same, and it is not told that it is gone.
    pub fn discard(&mut self, key: &[u8]) -> bool {
        self.take(key).map(|entry| self.effects.discard(entry)).is_some()
    }

    /// Frees a consumer group that was removed from its stream.
    pub fn discard_group(&mut self, group: Group) {
        self.effects.discard_group(group);
    }

    /// Frees the ids of producers that a stream has forgotten.
    pub fn discard_ids(&mut self, forgotten: Stream) {
        self.effects.discard_value(forgotten.into());
    }

    /// Notes something in the digest that is neither a key nor the command's result.
    pub fn note(&mut self, bytes: &[u8]) {
        self.state.digest.bytes(bytes);
    }

    fn expire_if_due(&mut self, key: &[u8]) {
        let now_ms = self.state.now_ms;
        let is_due = self.state.db(self.db).get(key).is_some_and(|entry| entry.is_due(now_ms));
        let of_session = self.state.sessions.deadline_of(self.db, key);
        if is_due || of_session.is_some_and(|deadline_ms| is_over(deadline_ms, now_ms)) {
            super::expiry::expire(self.state, self.db, key, now_ms, self.effects);
        }
    }
}
