//! The only reader of any clock, and the cluster clock (design 5).
//!
//! Invariants
//! - The cluster clock advances by CLOCK_BOOTTIME (it counts suspend and knows no steps), held within ± 0.05 % of
//!   CLOCK_MONOTONIC_RAW plus suspend: neither a stepped nor a slewed wall clock moves it.
//! - [`ClusterClock::estimate_ms`] never goes back in one process, and is never before the last applied `now_ms`.
//! - The base is set by a live leader's message, by an election, or from disk if the machine has not rebooted since; by a
//!   wall clock only if no member that elects has either. A leader whose base is not set yet sends nobody its estimate.

use std::time::{SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;

/// The clocks of a machine. The simulation has its own.
pub trait Clocks: Send + Sync {
    /// Wall clock, ms since the Unix epoch.
    fn wall_ms(&self) -> u64;
    /// CLOCK_BOOTTIME, ns.
    fn boottime_ns(&self) -> u64;
    /// CLOCK_MONOTONIC, ns.
    fn monotonic_ns(&self) -> u64;
    /// CLOCK_MONOTONIC_RAW, ns.
    fn raw_ns(&self) -> u64;
    /// Changes when the machine reboots; also names the time namespace.
    fn machine_boot(&self) -> String;
}

/// The machine's clocks.
pub struct SystemClocks;

impl Clocks for SystemClocks {
    fn wall_ms(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64
    }

    fn boottime_ns(&self) -> u64 {
        read(rustix::time::ClockId::Boottime)
    }

    fn monotonic_ns(&self) -> u64 {
        read(rustix::time::ClockId::Monotonic)
    }

    fn raw_ns(&self) -> u64 {
        read(rustix::time::ClockId::MonotonicRaw)
    }

    fn machine_boot(&self) -> String {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let namespace = std::fs::read_link("/proc/self/ns/time").unwrap_or_default();
        format!("{} {}", boot.trim(), namespace.display())
    }
}

fn read(id: rustix::time::ClockId) -> u64 {
    let now = rustix::time::clock_gettime(id);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// The wall clock as text, for log lines.
pub fn wall_text() -> String {
    let ms = SystemClocks.wall_ms();
    let (days, rest_ms) = (ms / 86_400_000, ms % 86_400_000);
    // Civil date from days (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    let z = days as i64 + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let year = yoe + era * 400 + i64::from(month <= 2);
    let (h, m, s) = (rest_ms / 3_600_000, rest_ms / 60_000 % 60, rest_ms / 1000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.{:03}Z", rest_ms % 1000)
}

/// Largest accepted difference of rates between the boot-time clock and the raw one: 0.05 %.
const RATE_LIMIT_PER_MILLION: i128 = 500;

/// A steady reading: boot time, with its rate held to the raw clock's.
#[derive(Debug, Default)]
struct Steady {
    steady_ns: u64,
    /// Monotonic and raw clock at the last reading.
    last: Option<(u64, u64)>,
    /// How far boot time is ahead of the monotonic clock: what the machine has slept. The most that was seen, because a pause between
    /// the two readings makes it less, and a later reading must not count that pause again.
    slept_ns: u64,
}

impl Steady {
    fn read(&mut self, clocks: &dyn Clocks) -> u64 {
        let (boot, mono, raw) = (clocks.boottime_ns(), clocks.monotonic_ns(), clocks.raw_ns());
        let slept_ns = boot.saturating_sub(mono);
        let Some((last_mono, last_raw)) = self.last else {
            self.slept_ns = slept_ns;
            self.last = Some((mono, raw));
            self.steady_ns = boot;
            return boot;
        };
        let span = raw.saturating_sub(last_raw);
        let suspended = slept_ns.saturating_sub(self.slept_ns);
        if span < 1_000_000 {
            // Over short spans the clocks' granularity is larger than the limit.
            return self.steady_ns + span + suspended;
        }
        let awake = i128::from(mono.saturating_sub(last_mono));
        let span = i128::from(span);
        let slack = span * RATE_LIMIT_PER_MILLION / 1_000_000;
        let awake = awake.clamp(span - slack, span + slack) as u64;
        self.steady_ns += awake + suspended;
        self.last = Some((mono, raw));
        self.slept_ns = self.slept_ns.max(slept_ns);
        self.steady_ns
    }
}

/// Where a node's base comes from; later ones count more (design 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Nothing known.
    None,
    /// From disk, by an earlier process on the same boot of the machine.
    Disk,
    /// A leader was heard, or this node led, in this process.
    Live,
}

/// What a voter reports to a candidate of its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Where its estimate comes from.
    pub source: Source,
    /// Its estimate, ms; 0 for [`Source::None`].
    pub estimate_ms: u64,
    /// Its wall clock, ms.
    pub wall_ms: u64,
}

#[derive(Debug)]
struct Inner {
    steady: Steady,
    source: Source,
    /// Cluster ns at steady ns 0 (may be negative).
    offset_ns: i128,
    floor_ms: u64,
    shown_ms: u64,
    votes: Vec<(u64, u64, Reading)>,
}

/// A node's idea of cluster time.
pub struct ClusterClock {
    clocks: std::sync::Arc<dyn Clocks>,
    inner: Mutex<Inner>,
}

impl ClusterClock {
    /// A clock without a base.
    pub fn new(clocks: std::sync::Arc<dyn Clocks>) -> Self {
        let inner = Inner {
            steady: Steady::default(),
            source: Source::None,
            offset_ns: 0,
            floor_ms: 0,
            shown_ms: 0,
            votes: Vec::new(),
        };
        Self { clocks, inner: Mutex::new(inner) }
    }

    /// The estimate for hiding keys and for PTTL, ms. Never goes back.
    pub fn estimate_ms(&self) -> u64 {
        let mut inner = self.inner.lock();
        let now = inner.raw_estimate_ms(&*self.clocks).max(inner.floor_ms);
        inner.shown_ms = inner.shown_ms.max(now);
        inner.shown_ms
    }

    /// The estimate as the base gives it: what a leader stamps and sends, ms.
    pub fn leader_ms(&self) -> u64 {
        let mut inner = self.inner.lock();
        let now = inner.raw_estimate_ms(&*self.clocks);
        now.max(inner.floor_ms)
    }

    /// What a leader's message carries: its estimate, or 0 while its base is not live (its messages begin before
    /// [`Self::elected`] is called).
    pub fn told_ms(&self) -> u64 {
        if self.source() == Source::Live { self.leader_ms() } else { 0 }
    }

    /// An applied entry's stamp: the floor, never a base.
    pub fn applied(&self, now_ms: u64) {
        let mut inner = self.inner.lock();
        inner.floor_ms = inner.floor_ms.max(now_ms);
    }

    /// A message of the present leader carried its estimate: taken over as it is. 0: it has none.
    pub fn follow(&self, leader_ms: u64) {
        if leader_ms == 0 {
            return;
        }
        self.inner.lock().set(&*self.clocks, Source::Live, leader_ms);
    }

    /// What this node reports to a candidate.
    pub fn reading(&self) -> Reading {
        let mut inner = self.inner.lock();
        let estimate_ms = match inner.source {
            Source::None => 0,
            _ => inner.raw_estimate_ms(&*self.clocks),
        };
        Reading { source: inner.source, estimate_ms, wall_ms: self.clocks.wall_ms() }
    }

    /// A voter granted its vote in `term` and reported its clock.
    pub fn granted(&self, term: u64, voter: u64, reading: Reading) {
        let mut inner = self.inner.lock();
        inner.votes.retain(|(known, from, _)| *known >= term && !(*known == term && *from == voter));
        if inner.votes.len() < 64 {
            inner.votes.push((term, voter, reading));
        }
    }

    /// This node was elected in `term`: the highest live estimate among itself and those that elected it, else the highest from
    /// disk, else the lowest wall clock. True if a wall clock had to do.
    pub fn elected(&self, term: u64) -> bool {
        let own = self.reading();
        let mut inner = self.inner.lock();
        let mut readings = vec![own];
        readings.extend(inner.votes.iter().filter(|(known, _, _)| *known == term).map(|(_, _, reading)| *reading));
        inner.votes.clear();
        let best = |source| readings.iter().filter(|r| r.source == source).map(|r| r.estimate_ms).max();
        let floor = inner.floor_ms;
        let (now, by_wall) = match best(Source::Live).or_else(|| best(Source::Disk)) {
            Some(estimate) => (estimate, false),
            None => (readings.iter().map(|r| r.wall_ms).min().unwrap_or_default(), true),
        };
        inner.set(&*self.clocks, Source::Live, now.max(floor));
        by_wall
    }

    /// The base as text for the disk: machine boot, steady reading and offset, ns.
    pub fn to_disk(&self) -> Option<String> {
        let mut inner = self.inner.lock();
        if inner.source == Source::None {
            return None;
        }
        let reading = inner.steady.read(&*self.clocks);
        Some(format!("1\n{}\n{reading}\n{}\n", self.clocks.machine_boot(), inner.offset_ns))
    }

    /// Takes a base from disk, if it is of the same boot of this machine and not ahead of its clock. True if it counts.
    pub fn restore(&self, text: &str) -> bool {
        let mut lines = text.lines();
        let (version, boot) = (lines.next(), lines.next());
        let reading = lines.next().and_then(|line| line.parse::<u64>().ok());
        let offset = lines.next().and_then(|line| line.parse::<i128>().ok());
        let (Some("1"), Some(boot), Some(reading), Some(offset)) = (version, boot, reading, offset) else {
            return false;
        };
        let mut inner = self.inner.lock();
        let now = inner.steady.read(&*self.clocks);
        if boot != self.clocks.machine_boot() || reading > now || inner.source != Source::None {
            return false;
        }
        inner.source = Source::Disk;
        inner.offset_ns = offset;
        true
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

impl Inner {
    fn raw_estimate_ms(&mut self, clocks: &dyn Clocks) -> u64 {
        if self.source == Source::None {
            return 0;
        }
        let now_ns = i128::from(self.steady.read(clocks)) + self.offset_ns;
        u64::try_from(now_ns / 1_000_000).unwrap_or(0)
    }

    fn set(&mut self, clocks: &dyn Clocks, source: Source, now_ms: u64) {
        self.offset_ns = i128::from(now_ms) * 1_000_000 - i128::from(self.steady.read(clocks));
        self.source = source;
    }
}

#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;
