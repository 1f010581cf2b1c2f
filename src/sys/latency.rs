//! What took at least `latency-monitor-threshold` ms: LATENCY shows it.
//!
//! Invariant: with the threshold at 0, which is the default, nothing is kept and no lock is taken; else the lock is taken for what is slow
//! alone. Per event there are at most [`SAMPLES_MAX`] samples, one for each second, and its worst of all.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::clock::Clocks;

/// Most samples of an event (Redis's bound).
pub const SAMPLES_MAX: usize = 160;

/// A command that is not marked as fast.
pub const COMMAND: &str = "command";
/// One that is: O(1) or O(log n).
pub const FAST_COMMAND: &str = "fast-command";
/// A tick: the entry of the log that ends what is due, as it is applied.
pub const EXPIRE_CYCLE: &str = "expire-cycle";
/// The leader's search for keys that give way.
pub const EVICTION_CYCLE: &str = "eviction-cycle";
/// The entry of the log that removes them, as it is applied.
pub const EVICTION_DEL: &str = "eviction-del";
/// A write of the log with its fsync, before which nothing is acknowledged: what Redis calls so under `appendfsync always`.
pub const LOG_FSYNC: &str = "aof-fsync-always";

/// See the module's header.
#[derive(Debug, Default)]
pub struct Spikes {
    /// ms; 0: nothing is kept.
    threshold_ms: AtomicU64,
    events: Mutex<BTreeMap<&'static str, Series>>,
}

/// The spikes of one event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Series {
    /// The oldest first.
    pub samples: VecDeque<Sample>,
    /// The longest since the event was first seen or reset, ms.
    pub worst_ms: u64,
}

/// The longest spike of a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Wall clock, s.
    pub at_s: u64,
    /// How long it took, ms.
    pub took_ms: u64,
}

impl Spikes {
    /// Sets the threshold, ms; 0: nothing is kept from now on.
    pub fn set_threshold_ms(&self, threshold_ms: u64) {
        self.threshold_ms.store(threshold_ms, Ordering::Relaxed);
    }

    /// True if anything is kept.
    pub fn is_on(&self) -> bool {
        self.threshold_ms.load(Ordering::Relaxed) != 0
    }

    /// When something begins that may become a spike, ns; None: nobody wants to know.
    pub fn begin(&self, clocks: &dyn Clocks) -> Option<u64> {
        self.is_on().then(|| clocks.monotonic_ns())
    }

    /// The end of what [`Self::begin`] has seen begin.
    pub fn end(&self, clocks: &dyn Clocks, event: &'static str, began_ns: Option<u64>) {
        if let Some(began_ns) = began_ns {
            self.note(clocks, event, clocks.monotonic_ns().saturating_sub(began_ns));
        }
    }

    /// Keeps what took so many ns, if that is long enough.
    pub fn note(&self, clocks: &dyn Clocks, event: &'static str, took_ns: u64) {
        let (threshold_ms, took_ms) = (self.threshold_ms.load(Ordering::Relaxed), took_ns / 1_000_000);
        if threshold_ms == 0 || took_ms < threshold_ms {
            return;
        }
        let at_s = clocks.wall_ms() / 1000;
        let mut events = self.events.lock();
        let series = events.entry(event).or_default();
        series.worst_ms = series.worst_ms.max(took_ms);
        match series.samples.back_mut().filter(|last| last.at_s == at_s) {
            Some(last) => last.took_ms = last.took_ms.max(took_ms),
            None => {
                if series.samples.len() == SAMPLES_MAX {
                    series.samples.pop_front();
                }
                series.samples.push_back(Sample { at_s, took_ms });
            }
        }
    }

    /// All events, by name.
    pub fn events(&self) -> Vec<(&'static str, Series)> {
        self.events.lock().iter().map(|(name, series)| (*name, series.clone())).collect()
    }

    /// The one of this name.
    pub fn event(&self, name: &[u8]) -> Option<(&'static str, Series)> {
        let events = self.events.lock();
        events.iter().find(|(known, _)| known.as_bytes() == name).map(|(name, series)| (*name, series.clone()))
    }

    /// Forgets the events of this name, whatever its case, or all; how many there were.
    pub fn reset(&self, name: Option<&[u8]>) -> usize {
        let mut events = self.events.lock();
        let before = events.len();
        events.retain(|known, _| name.is_some_and(|name| !known.as_bytes().eq_ignore_ascii_case(name)));
        before - events.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A wall clock that is set.
    #[derive(Default)]
    struct At(AtomicU64);

    impl Clocks for At {
        fn wall_ms(&self) -> u64 {
            self.0.load(Ordering::Relaxed)
        }

        fn boottime_ns(&self) -> u64 {
            0
        }

        fn monotonic_ns(&self) -> u64 {
            self.wall_ms() * 1_000_000
        }

        fn raw_ns(&self) -> u64 {
            0
        }

        fn machine_boot(&self) -> String {
            String::new()
        }
    }

    const MS: u64 = 1_000_000;

    #[test]
    fn what_is_shorter_than_the_threshold_is_not_kept() {
        let (spikes, clocks) = (Spikes::default(), At::default());
        spikes.note(&clocks, COMMAND, 5000 * MS);
        assert_eq!((spikes.events(), spikes.begin(&clocks)), (vec![], None), "off");
        spikes.set_threshold_ms(10);
        spikes.note(&clocks, COMMAND, 10 * MS - 1);
        assert!(spikes.events().is_empty());
        spikes.note(&clocks, COMMAND, 10 * MS);
        let began_ns = spikes.begin(&clocks);
        clocks.0.store(12, Ordering::Relaxed);
        spikes.end(&clocks, EXPIRE_CYCLE, began_ns);
        let took: Vec<_> = spikes.events().iter().map(|(name, series)| (*name, series.worst_ms)).collect();
        assert_eq!(took, [(COMMAND, 10), (EXPIRE_CYCLE, 12)]);
    }

    #[test]
    fn a_second_has_one_sample_its_longest_and_the_oldest_goes_first() {
        let (spikes, clocks) = (Spikes::default(), At::default());
        spikes.set_threshold_ms(1);
        for (at_ms, took_ms) in [(7000, 5), (7999, 9), (7001, 3), (8000, 2)] {
            clocks.0.store(at_ms, Ordering::Relaxed);
            spikes.note(&clocks, COMMAND, took_ms * MS);
        }
        let samples = |spikes: &Spikes| spikes.event(b"command").unwrap().1.samples;
        assert_eq!(samples(&spikes), [Sample { at_s: 7, took_ms: 9 }, Sample { at_s: 8, took_ms: 2 }]);
        for second in 100..100 + SAMPLES_MAX as u64 {
            clocks.0.store(second * 1000, Ordering::Relaxed);
            spikes.note(&clocks, COMMAND, 4 * MS);
        }
        let kept = samples(&spikes);
        assert_eq!((kept.len(), kept.front().map(|sample| sample.at_s)), (SAMPLES_MAX, Some(100)));
        assert_eq!(spikes.event(b"command").unwrap().1.worst_ms, 9, "also once its sample is gone");
    }

    #[test]
    fn events_are_reset_by_name_in_any_case_or_all_at_once() {
        let (spikes, clocks) = (Spikes::default(), At::default());
        spikes.set_threshold_ms(1);
        let fill = || [COMMAND, FAST_COMMAND, LOG_FSYNC].map(|event| spikes.note(&clocks, event, 2 * MS));
        fill();
        assert_eq!((spikes.reset(Some(b"nosuch")), spikes.reset(Some(b"Fast-Command"))), (0, 1));
        assert!(spikes.event(b"fast-command").is_none() && spikes.event(b"Command").is_none());
        fill();
        assert_eq!((spikes.reset(None), spikes.reset(None)), (3, 0));
    }
}
