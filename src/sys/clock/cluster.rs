//! The cluster clock (design 5): what a node takes for cluster time, how it is handed on, and what a new leader begins with.
//!
//! A leader's clock is the cluster's while it leads: it stamps entries with it, cut to whole ms, and every message of its carries it, in
//! ns, while a quorum answers it. A node's *base* is what a leader told it last (or what it led with itself), and its *estimate* that plus
//! what its own steady reading has counted since. Every rate is within ρ = 0.05 % of true time's.
//!
//! **Never early.** Let N(e) be the newest stamp up to and including entry e, in ms, and t(e) the true time at which e was stamped. A
//! clock is *sound for e* if at every t it shows less than N(e) + 1 ms + (1 + ρ)(t - t(e)). Then a deadline e + TTL, which is over when a
//! stamp is greater than it, is not over before TTL / (1 + ρ) have passed since. To hold: *a leader's clock is sound for every entry of
//! its log* (which has all that is committed).
//! - While it leads: its own stamps are its own clock's, which runs at most 1 + ρ fast, and is set by nothing but [`Inner::raise`], to a stamp
//!   of its log: N(e) for all entries behind that one, and sound for those before, because the leader that made it was.
//! - What it tells is that clock, later by the message's delay and never rounded up; so a chain of n hand-overs adds n delays, and
//!   each of them makes it later.
//! - When it is elected ([`ClusterClock::elected`]): let L be the leader of some entry X of its log behind which nothing is stamped, or only by L. By
//!   log matching L had all of the log before X. So what L told at time t0 is sound for every entry that L had then. An entry that L stamped
//!   later, at t(e), has a stamp of at least what L told + (1 - ρ)(t(e) - t0), and an estimate that goes back to L was at most
//!   (1 + ρ)(t(e) - t0) beyond it then: sound once 2ρ / (1 - ρ) of (newest stamp - told) are taken off ([`Reading::sound_ns`]). Estimates
//!   that go back to other leaders say nothing: what an hour's freely running clock has gained may be more than the whole life of a key
//!   that was set since. They never count, however high they are, and wherever they come from: the candidate, a voter, the disk.
//! - If none counts, the newest stamp of the log does, which is sound whatever happened.
//!
//! **Not late without bound.** The highest that is sound is taken, whoever has it, live or from disk: so cluster time loses the delay of
//! one message and 0.1 % of what was stamped after it, not an outage. If a clock fell behind its log it goes on from there at once and does
//! not wait ([`Inner::raise`]). An outage is lost (and a log line says so) only if no member that answers has a base that counts: the machines of
//! all that were told by the leader of the newest stamp were off, or their processes ended before the base was on disk, which is written when
//! its leader changes and every second; or that leader has told nobody: it stamps from the first moment, but tells only once a quorum has
//! answered it, with a heartbeat at the latest. Before that is believed all members are asked, not only the voters that elected.
//!
//! Exception: if none that answers has any base (their machines have rebooted, and they are a quorum), the lowest of their wall clocks
//! sets it.
//!
//! More invariants
//! - A base is replaced by a newer message of its leader, or one of a later leader; but not one that covers this node's log by one
//!   that does not yet ([`ClusterClock::follow`]), or the new leader's death would leave none.
//! - What is shown ([`ClusterClock::estimate_ms`]) never goes back in one process, and is never before the last applied `now_ms`.

mod disk;

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::Clocks;
use super::reading::{LogEnd, Reading, Teller, Told};
use super::steady::{Moment, Steady};

/// Votes of one election that are remembered.
const VOTES_MAX: usize = 64;
const NS_PER_MS: u64 = 1_000_000;

/// Where a node's base comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Nothing known.
    None,
    /// From disk, by an earlier process on the same boot of the machine.
    Disk,
    /// A leader was heard, or this node led, in this process.
    Live,
}

/// What set the clock of a leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elected {
    /// It was set before.
    Already,
    /// Nothing yet: who has voted so far has no clock that counts.
    NotYet,
    /// A clock that one of those that elected had.
    Told,
    /// The newest stamp of its log: how much time was lost is unknown.
    Stamp,
    /// A wall clock.
    Wall,
}

#[derive(Clone, Copy, Debug)]
struct Base {
    told: Told,
    /// Cluster ns at steady ns 0 (may be negative).
    offset_ns: i128,
    /// It is this node's own, as a leader: told anew whenever it is looked at.
    own: bool,
}

#[derive(Debug)]
struct Vote {
    term: u64,
    voter: u64,
    reading: Reading,
    /// When it came.
    at: Moment,
}

#[derive(Debug)]
struct Inner {
    steady: Steady,
    source: Source,
    base: Option<Base>,
    floor_ms: u64,
    shown_ms: u64,
    votes: Vec<Vote>,
}

/// A node's idea of cluster time.
pub struct ClusterClock {
    clocks: Arc<dyn Clocks>,
    inner: Mutex<Inner>,
    /// Wakes who keeps the base on disk: another leader is behind it.
    pub base_changed: Notify,
}

impl ClusterClock {
    /// A clock without a base.
    pub fn new(clocks: Arc<dyn Clocks>) -> Self {
        let inner = Inner {
            steady: Steady::default(),
            source: Source::None,
            base: None,
            floor_ms: 0,
            shown_ms: 0,
            votes: Vec::new(),
        };
        Self { clocks, inner: Mutex::new(inner), base_changed: Notify::new() }
    }

    /// The estimate for hiding keys and for PTTL, ms. Never goes back.
    pub fn estimate_ms(&self) -> u64 {
        let mut inner = self.inner.lock();
        let now_ms = inner.estimate_ns(&*self.clocks) / NS_PER_MS;
        inner.shown_ms = inner.shown_ms.max(now_ms).max(inner.floor_ms);
        inner.shown_ms
    }

    /// Shows at least this from now on: the leader said so.
    pub fn show(&self, leader_ms: u64) {
        let mut inner = self.inner.lock();
        inner.shown_ms = inner.shown_ms.max(leader_ms);
    }

    /// What a leader stamps, ms.
    pub fn leader_ms(&self) -> u64 {
        self.inner.lock().raise(&*self.clocks) / NS_PER_MS
    }

    /// What a message of this node as leader `by` carries, ns; 0 if it leads no more.
    pub fn told_ns(&self, by: Teller) -> u64 {
        let mut inner = self.inner.lock();
        match inner.base {
            Some(base) if base.own && base.told.by == by => inner.raise(&*self.clocks),
            _ => 0,
        }
    }

    /// An applied entry's stamp: the floor, never a base.
    pub fn applied(&self, now_ms: u64) {
        let mut inner = self.inner.lock();
        inner.floor_ms = inner.floor_ms.max(now_ms);
    }

    /// Now, to be noted when a message comes in.
    pub fn moment(&self) -> Moment {
        self.inner.lock().steady.read(&*self.clocks)
    }

    /// A message of the present leader that came at `at` carried its clock, ns (0: it has none): taken over as it is, downwards too, unless a later
    /// one was. `log_leader`: the leader of the last entry of this node's log.
    pub fn follow(&self, by: Teller, told_ns: u64, at: Moment, log_leader: Option<Teller>) {
        if told_ns == 0 {
            return;
        }
        let mut inner = self.inner.lock();
        let before = inner.base.map(|base| base.told);
        if let Some(before) = before {
            let is_older = (by, told_ns) <= (before.by, before.at_ns);
            let would_uncover = log_leader == Some(before.by) && log_leader != Some(by);
            if is_older || would_uncover {
                return;
            }
        }
        let told = Told { by, at_ns: told_ns };
        inner.base = Some(Base { told, offset_ns: i128::from(told_ns) - i128::from(at.0), own: false });
        inner.source = Source::Live;
        drop(inner);
        if before.is_none_or(|before| before.by != by) {
            self.base_changed.notify_one();
        }
    }

    /// What this node reports to a candidate.
    pub fn reading(&self) -> Reading {
        let wall_ms = self.clocks.wall_ms();
        let mut inner = self.inner.lock();
        let estimate_ns = inner.estimate_ns(&*self.clocks);
        Reading { told: inner.told(estimate_ns), estimate_ns, wall_ms }
    }

    /// A voter granted its vote in `term` and reported its clock, or a member reported it to the leader that was elected in it.
    pub fn granted(&self, term: u64, voter: u64, reading: Reading) {
        let mut inner = self.inner.lock();
        inner.votes.retain(|vote| vote.term >= term && !(vote.term == term && vote.voter == voter));
        if inner.votes.len() < VOTES_MAX {
            let at = inner.steady.read(&*self.clocks);
            inner.votes.push(Vote { term, voter, reading, at });
        }
    }

    /// This node was elected as `by`, with a log that ends as `end` says: sets its clock, the first time that it is told so, by the module's
    /// rule. `at_last`: nobody else will tell a clock that counts.
    pub fn elected(&self, by: Teller, at_last: bool, end: impl FnOnce() -> LogEnd) -> Elected {
        if self.inner.lock().is_set_for(by) {
            return Elected::Already;
        }
        let (own, end) = (self.reading(), end());
        let mut inner = self.inner.lock();
        if inner.is_set_for(by) {
            return Elected::Already;
        }
        let now = inner.steady.read(&*self.clocks);
        let mut readings = vec![own];
        for vote in inner.votes.iter().filter(|vote| vote.term == by.term) {
            let since_ns = now.0.saturating_sub(vote.at.0);
            readings.push(Reading { estimate_ns: vote.reading.estimate_ns + since_ns, ..vote.reading });
        }
        let (now_ns, how) = match best(&readings, &end) {
            (_, how) if how != Elected::Told && !at_last => return Elected::NotYet,
            best => best,
        };
        let floor_ms = inner.floor_ms.max(end.newest_ms.unwrap_or(0));
        let at_ns = now_ns.max(floor_ms * NS_PER_MS);
        let offset_ns = i128::from(at_ns) - i128::from(now.0);
        inner.base = Some(Base { told: Told { by, at_ns }, offset_ns, own: true });
        inner.source = Source::Live;
        inner.votes.clear();
        drop(inner);
        self.base_changed.notify_one();
        how
    }

    /// How far cluster time is from the wall clock, ms (INFO).
    pub fn wall_difference_ms(&self) -> i64 {
        self.estimate_ms() as i64 - self.clocks.wall_ms() as i64
    }

    /// Where the base comes from.
    pub fn source(&self) -> Source {
        self.inner.lock().source
    }
}

/// What a new leader begins with, unless its log is beyond it, ns.
fn best(readings: &[Reading], end: &LogEnd) -> (u64, Elected) {
    let is_forgotten = crate::planted::is("a new leader's clock begins where the log ends");
    let sound = readings.iter().filter_map(|reading| reading.sound_ns(end)).max();
    if let Some(sound_ns) = sound.filter(|_| !is_forgotten) {
        return (sound_ns, Elected::Told);
    }
    if readings.iter().any(|reading| reading.told.is_some()) {
        return (0, Elected::Stamp);
    }
    let lowest_ms = readings.iter().map(|reading| reading.wall_ms).min().unwrap_or_default();
    (lowest_ms * NS_PER_MS, Elected::Wall)
}

impl Inner {
    /// What the base gives now, ns; 0 without one.
    fn estimate_ns(&mut self, clocks: &dyn Clocks) -> u64 {
        let Some(base) = self.base else { return 0 };
        u64::try_from(i128::from(self.steady.read(clocks).0) + base.offset_ns).unwrap_or(0)
    }

    /// A leader's clock now, ns: one that is behind what the log has goes on from there. If it stood still instead until it comes there,
    /// those that follow it would be ahead.
    fn raise(&mut self, clocks: &dyn Clocks) -> u64 {
        let (now_ns, floor_ns) = (self.estimate_ns(clocks), self.floor_ms * NS_PER_MS);
        if let Some(base) = &mut self.base
            && now_ns < floor_ns
        {
            base.offset_ns += i128::from(floor_ns - now_ns);
        }
        now_ns.max(floor_ns)
    }

    fn told(&self, estimate_ns: u64) -> Option<Told> {
        let base = self.base?;
        Some(if base.own { Told { at_ns: estimate_ns, ..base.told } } else { base.told })
    }

    /// True if the base is this leader's or a later one's.
    fn is_set_for(&self, by: Teller) -> bool {
        self.base.is_some_and(|base| base.told.by >= by)
    }
}
