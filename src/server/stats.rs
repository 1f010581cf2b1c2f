//! Counters of one node: INFO shows them, CONFIG RESETSTAT clears some.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;

use super::histogram::Histogram;
use crate::command::{Spec, index_of, runnable};

/// Most codes of errors that are told apart.
const ERROR_CODES_MAX: usize = 128;

/// Counters; all since the start or the last CONFIG RESETSTAT.
#[derive(Debug)]
pub struct Stats {
    /// Wall clock at the start, ms.
    pub started_ms: u64,
    /// Connections accepted.
    pub connections: AtomicU64,
    /// Connections refused by `maxclients`.
    pub rejected_connections: AtomicU64,
    /// Commands executed.
    pub commands: AtomicU64,
    /// Bytes read from clients.
    pub input_bytes: AtomicU64,
    /// Bytes written to clients.
    pub output_bytes: AtomicU64,
    /// Error replies.
    pub errors: AtomicU64,
    /// Times that sockets were read.
    pub reads: AtomicU64,
    /// Times that sockets were written.
    pub writes: AtomicU64,
    /// `latency-tracking`
    is_tracking: AtomicBool,
    by_command: Vec<CommandStats>,
    by_error: Mutex<BTreeMap<Vec<u8>, u64>>,
    rates: Mutex<Rates>,
}

/// Counters of one command.
#[derive(Debug, Default)]
pub struct CommandStats {
    /// Calls that were answered.
    pub calls: AtomicU64,
    /// Their time, µs: an equal share of the time of the group that each one came in.
    pub usec: AtomicU64,
    /// Refused before they ran.
    pub rejected: AtomicU64,
    /// Answered by an error.
    pub failed: AtomicU64,
    /// How long calls took, each from when it was handed over until it was answered: for a client that waits for its reply, what it felt.
    pub latencies: Histogram,
}

/// Counters as they were sampled last, and what they rose by in a second.
#[derive(Debug, Default)]
struct Rates {
    last: [u64; 3],
    per_s: [u64; 3],
}

impl Stats {
    /// Zeros.
    pub fn new(started_ms: u64, is_tracking: bool) -> Self {
        Self {
            started_ms,
            connections: AtomicU64::new(0),
            rejected_connections: AtomicU64::new(0),
            commands: AtomicU64::new(0),
            input_bytes: AtomicU64::new(0),
            output_bytes: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            reads: AtomicU64::new(0),
            writes: AtomicU64::new(0),
            is_tracking: is_tracking.into(),
            by_command: runnable().iter().map(|_| CommandStats::default()).collect(),
            by_error: Mutex::default(),
            rates: Mutex::default(),
        }
    }

    /// Adds to a counter.
    pub fn add(counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Ordering::Relaxed);
    }

    /// A command's own counters.
    pub fn of(&self, spec: &'static Spec) -> Option<&CommandStats> {
        self.by_command.get(index_of(spec)?)
    }

    /// Notes a command that was refused before it ran.
    pub fn rejected(&self, spec: &'static Spec) {
        if let Some(stats) = self.of(spec) {
            Self::add(&stats.rejected, 1);
        }
    }

    /// `latency-tracking`: whether times of calls are counted.
    pub fn set_tracking(&self, is_tracking: bool) {
        self.is_tracking.store(is_tracking, Ordering::Relaxed);
    }

    /// Notes an answered call: its share of the time of its group, and how long it took itself, if that says anything of it.
    pub fn called(&self, spec: &'static Spec, usec: u64, failed: bool, took_ns: Option<u64>) {
        Self::add(&self.commands, 1);
        if let Some(stats) = self.of(spec) {
            Self::add(&stats.calls, 1);
            Self::add(&stats.usec, usec);
            Self::add(&stats.failed, u64::from(failed));
            if let Some(took_ns) = took_ns.filter(|_| self.is_tracking.load(Ordering::Relaxed)) {
                stats.latencies.add(took_ns);
            }
        }
    }

    /// Notes an error reply.
    pub fn failed(&self, code: &[u8]) {
        Self::add(&self.errors, 1);
        let mut by_error = self.by_error.lock();
        if let Some(count) = by_error.get_mut(code) {
            *count += 1;
        } else if by_error.len() < ERROR_CODES_MAX {
            by_error.insert(code.to_vec(), 1);
        }
    }

    /// Codes of errors and how often each was sent.
    pub fn errors_by_code(&self) -> Vec<(Vec<u8>, u64)> {
        self.by_error.lock().iter().map(|(code, count)| (code.clone(), *count)).collect()
    }

    /// Called once a second: what commands, input and output bytes rose by.
    pub fn sample_rates(&self) {
        let now =
            [&self.commands, &self.input_bytes, &self.output_bytes].map(|counter| counter.load(Ordering::Relaxed));
        let mut rates = self.rates.lock();
        for ((per_s, last), now) in rates.pairs().zip(now) {
            *per_s = now.saturating_sub(*last);
            *last = now;
        }
    }

    /// Commands, input bytes and output bytes in the last second that was sampled.
    pub fn rates(&self) -> [u64; 3] {
        self.rates.lock().per_s
    }

    /// CONFIG RESETSTAT.
    pub fn reset(&self) {
        let of_commands =
            self.by_command.iter().flat_map(|stats| [&stats.calls, &stats.usec, &stats.rejected, &stats.failed]);
        let own = [
            &self.connections,
            &self.rejected_connections,
            &self.commands,
            &self.input_bytes,
            &self.output_bytes,
            &self.errors,
            &self.reads,
            &self.writes,
        ];
        own.into_iter().chain(of_commands).for_each(|counter| counter.store(0, Ordering::Relaxed));
        self.by_command.iter().for_each(|stats| stats.latencies.reset());
        self.by_error.lock().clear();
        *self.rates.lock() = Rates::default();
    }
}

impl Rates {
    fn pairs(&mut self) -> impl Iterator<Item = (&mut u64, &mut u64)> {
        self.per_s.iter_mut().zip(self.last.iter_mut())
    }
}
