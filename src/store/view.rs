//! What a read command sees: the state at one moment, without a way to change it.
//!
//! Invariant: a key whose deadline, or that of the session that it is bound to, or the end of the last field of a hash is before `applied_ms` is absent. One whose deadline is not, but before `estimate_ms`, is
//! hidden as well, and noted: whoever asked for a linearizable read then submits a tick and reads again, because only the log
//! expires keys (design 5).

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::work::Work;
use super::{
    ABSENCE_LEVEL, CallLog, Database, Entry, Event, Hash, Hold, Kind, Mark, PubSub, Rng, ScriptCalls, Session, State,
    Tally, User, is_over,
};
use crate::error::ReplyError;

/// By which times keys are hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Horizon {
    /// The last applied `now_ms`: what is due by it is absent for good.
    pub applied_ms: u64,
    /// The node's estimate of cluster time, never before `applied_ms`; what PTTL counts from.
    pub estimate_ms: u64,
}

/// Read access for one command.
pub struct View<'a> {
    state: &'a State,
    db: usize,
    horizon: Horizon,
    rng: RefCell<Rng>,
    met_due: Cell<bool>,
    tally: RefCell<Tally>,
    /// The connection that is told when what it reads changes; 0: none.
    reader: u64,
    calls: Option<CallLog>,
    marks_access: bool,
    /// No other node reads this.
    is_of_node: bool,
    in_script: bool,
    in_cluster: bool,
    acting: Option<Arc<User>>,
    log_alone: bool,
    work: Work,
    stop: Option<Arc<AtomicBool>>,
}

impl<'a> View<'a> {
    /// A view of `state` for a command on database `db`.
    pub fn new(state: &'a State, db: usize, horizon: Horizon, rng: Rng) -> Self {
        Self {
            state,
            db,
            horizon,
            rng: RefCell::new(rng),
            met_due: Cell::new(false),
            tally: RefCell::default(),
            reader: 0,
            calls: None,
            marks_access: true,
            is_of_node: true,
            in_script: false,
            in_cluster: false,
            acting: None,
            log_alone: false,
            work: Work::unbounded(),
            stop: None,
        }
    }

    /// The same for a script that stops once `flag` is set.
    pub fn stopped_by(mut self, flag: Arc<AtomicBool>) -> Self {
        self.stop = Some(flag);
        self
    }

    /// The same for a connection that is told when what it reads changes (0: it is not).
    pub fn read_by(mut self, reader: u64) -> Self {
        self.reader = reader;
        self
    }

    /// The same for a script whose calls are kept.
    pub fn logged(mut self, calls: Option<CallLog>) -> Self {
        self.calls = calls;
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

    /// What keeps them.
    pub fn calls(&self) -> Option<CallLog> {
        self.calls.clone()
    }

    /// True if it is.
    pub fn is_tracked(&self) -> bool {
        self.reader != 0
    }

    /// A command that only reads has this key.
    pub fn note_read(&self, key: &[u8]) {
        let read = PubSub::Read(self.reader, bytes::Bytes::copy_from_slice(key));
        self.tally.borrow_mut().told.push(read);
    }

    /// True if somebody may stop what reads here.
    pub fn may_be_stopped(&self) -> bool {
        self.stop.is_some()
    }

    /// True if somebody has.
    pub fn is_stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(|flag| flag.load(Relaxed))
    }

    /// The same, and looked-up keys keep their idle time (CLIENT NO-TOUCH, OBJECT, TTL …).
    pub fn without_touch(mut self) -> Self {
        self.marks_access = false;
        self
    }

    /// True if a command may answer what only this node knows: not where others run it too, nor a script's, which may be run by one or by all.
    pub fn may_tell_of_node(&self) -> bool {
        self.is_of_node && !self.in_script
    }

    /// The same within apply: every node reads it.
    pub(super) fn of_every_node(mut self) -> Self {
        self.is_of_node = false;
        self
    }

    /// The same, and only what the log has expired is hidden: for the second look, after a tick.
    pub fn hide_by_log_alone(mut self) -> Self {
        self.log_alone = true;
        self
    }

    /// The same, for a command that may do `units` of work.
    pub fn allowed(mut self, units: u64) -> Self {
        self.work = Work::bounded(units);
        self
    }

    /// The same view of another database, for a command of a script.
    pub fn on_db(&self, db: usize) -> View<'a> {
        View {
            state: self.state,
            db,
            horizon: self.horizon,
            rng: RefCell::new(Rng::new(self.rng.borrow_mut().next_u64())),
            met_due: Cell::new(false),
            tally: RefCell::default(),
            reader: self.reader,
            calls: None,
            marks_access: self.marks_access,
            is_of_node: self.is_of_node,
            in_script: true,
            in_cluster: self.in_cluster,
            acting: self.acting.clone(),
            log_alone: self.log_alone,
            work: Work::unbounded(),
            stop: None,
        }
    }

    /// The whole state.
    pub fn state(&self) -> &'a State {
        self.state
    }

    /// The database of the command.
    pub fn db(&self) -> &'a Database {
        self.state.db(self.db)
    }

    /// Its index.
    pub fn db_index(&self) -> usize {
        self.db
    }

    /// Cluster time for PTTL, TIME and their kin, ms.
    pub fn now_ms(&self) -> u64 {
        self.horizon.estimate_ms
    }

    /// The next random number: the node's own, or in apply the entry's.
    pub fn random(&self) -> u64 {
        self.rng.borrow_mut().next_u64()
    }

    /// A generator that goes on from this one.
    pub fn rng(&self) -> Rng {
        Rng::new(self.random())
    }

    /// The entry of `key` if it is alive.
    pub fn get(&self, key: &[u8]) -> Option<&'a Entry> {
        let entry = self.find(key)?;
        if self.marks_access {
            self.note_access(entry);
        }
        Some(entry)
    }

    fn note_access(&self, entry: &Entry) {
        entry.touch(self.state.access(self.horizon.estimate_ms));
        if self.is_of_node {
            self.state.accesses().note(self.db, entry.key());
        }
    }

    /// The entry of `key` if it is alive; its idle time stays, and nobody is told that there is none (OBJECT).
    pub fn look_at(&self, key: &[u8]) -> Option<&'a Entry> {
        let found = self.peek(key);
        self.tally.borrow_mut().look_up(found.is_some());
        found
    }

    /// The same, and it is told that there is none (TTL, TYPE …).
    pub fn find(&self, key: &[u8]) -> Option<&'a Entry> {
        let found = self.look_at(key);
        if found.is_none()
            && let Some(event) = Event::MISS.of_key(self.state.options.events, self.db, key)
        {
            self.tally.borrow_mut().told.push(PubSub::Event(event));
        }
        found
    }

    /// The same for who is not counted among those that ask for keys (MEMORY USAGE, WATCH).
    pub fn peek(&self, key: &[u8]) -> Option<&'a Entry> {
        let entry = self.db().get(key)?;
        self.is_alive(entry).then_some(entry)
    }

    /// The entry of `key` if it is alive; its idle time ends, even without touch (TOUCH).
    pub fn touch(&self, key: &[u8]) -> Option<&'a Entry> {
        let entry = self.find(key)?;
        self.note_access(entry);
        Some(entry)
    }

    /// True unless the entry is due; notes that it is due by the estimate alone.
    pub fn is_alive(&self, entry: &Entry) -> bool {
        let of_session = self.state.sessions().deadline_of(self.db, entry.key());
        let of_value = entry.value().last_end_ms();
        let mut ends = entry.deadline_ms().into_iter().chain(of_session).chain(of_value);
        ends.all(|deadline_ms| self.is_not_over(deadline_ms))
    }

    /// A session that lives; notes that it does not by the estimate alone.
    pub fn session(&self, id: u64) -> Option<&'a Session> {
        self.state.sessions().get(id).filter(|session| self.is_not_over(session.deadline_ms))
    }

    /// True unless the hold of a lock is over; notes that it is by the estimate alone.
    pub fn is_held(&self, hold: &Hold) -> bool {
        self.is_not_over(hold.deadline_ms)
    }

    /// What is before this is hidden, cluster time in ms.
    pub(super) fn hides_at_ms(&self) -> u64 {
        if self.log_alone { self.horizon.applied_ms } else { self.horizon.estimate_ms.max(self.horizon.applied_ms) }
    }

    /// True unless a time is over; notes that it is by the estimate alone.
    pub fn is_not_over(&self, deadline_ms: u64) -> bool {
        if is_over(deadline_ms, self.horizon.applied_ms) {
            return false;
        }
        if !self.log_alone && is_over(deadline_ms, self.horizon.estimate_ms) {
            self.met_due.set(!crate::planted::is("a read ends what the log has not ended"));
            return false;
        }
        true
    }

    /// The value of `key` as a `K`.
    ///
    /// # Errors
    /// WRONGTYPE if it is of another type.
    pub fn typed<K: Kind>(&self, key: &[u8]) -> Result<Option<&'a K>, ReplyError> {
        self.get(key).map(|entry| entry.value().typed()).transpose()
    }

    /// What WATCH remembers of a key.
    pub fn watch_mark(&self, key: &[u8]) -> Mark {
        let is_absence_sure = self.state.cluster.level >= ABSENCE_LEVEL;
        match self.peek(key) {
            Some(entry) => self.mark_of(entry),
            None => Mark::Absent { at: if is_absence_sure { self.state.revision() } else { u64::MAX } },
        }
    }

    /// True if `key` is as WATCH saw it, and has been all the time.
    pub fn is_as_watched(&self, key: &[u8], mark: Mark) -> bool {
        match (self.peek(key), mark) {
            (None, Mark::Present { .. }) if crate::planted::is("WATCH is blind to expiry") => true,
            (Some(_), Mark::Present { .. }) if crate::planted::is("WATCH is blind to writes") => true,
            (Some(entry), Mark::Present { .. }) => self.mark_of(entry) == mark,
            (None, Mark::Absent { at }) => self.state.creations().last(self.db, key) <= at,
            _ => false,
        }
    }

    fn mark_of(&self, entry: &Entry) -> Mark {
        let deadline_ms = entry.deadline_ms().unwrap_or(0);
        let next_ms = Hash::of(entry.value()).and_then(Hash::ends).and_then(|ends| {
            let at_ms = self.hides_at_ms();
            if let Some(end_ms) = ends.last_over_ms(at_ms) {
                self.is_not_over(end_ms);
            }
            ends.next_ms(at_ms)
        });
        let deadline_ms = next_ms.map_or(deadline_ms, |next_ms| Mark::until(deadline_ms, next_ms));
        Mark::Present { revision: self.db().watched_revision(entry), deadline_ms }
    }

    /// Says that the command now does so much, in units (`store::work`).
    ///
    /// # Errors
    /// It may not: it has to end with this, having done nothing.
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

    /// True if a key was hidden that the log has not expired yet.
    pub fn met_due(&self) -> bool {
        self.met_due.get()
    }

    /// What has been counted, which is given away.
    pub fn take_tally(&self) -> Tally {
        self.tally.take()
    }

    /// Counts a call of a script on this view.
    pub fn count_call(&self, count: impl FnOnce(&mut ScriptCalls)) {
        count(self.tally.borrow_mut().calls_mut());
    }

    /// Takes over what another view of the same command met and counted.
    pub fn take_over(&self, other: &View<'_>) {
        self.met_due.set(self.met_due.get() || other.met_due());
        self.tally.borrow_mut().add(other.take_tally());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Deadline, Effects, Str};

    #[test]
    fn a_due_key_is_absent_whatever_was_swept_and_noted_if_only_the_estimate_says_so() {
        let mut state = State::default();
        let value = Str::new(b"v").into();
        state.txn(0, Rng::new(1), &mut Effects::default()).set(b"k", value, Deadline::At(100));
        for (applied_ms, estimate_ms, by_log_alone, found, met_due) in [
            (99, 99, false, true, false),
            (99, 100, false, true, false),
            (100, 100, false, true, false),
            (100, 101, false, false, true),
            (100, 101, true, true, false),
            (101, 101, false, false, false),
            (101, 101, true, false, false),
        ] {
            let view = View::new(&state, 0, Horizon { applied_ms, estimate_ms }, Rng::new(1));
            let view = if by_log_alone { view.hide_by_log_alone() } else { view };
            let seen = (view.get(b"k").is_some(), view.met_due());
            assert_eq!(seen, (found, met_due), "applied {applied_ms}, estimate {estimate_ms}, {by_log_alone}");
        }
    }
}
