//! The counters of this node.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::command::context::{CommandCounts, Counters, KeyCounts, SlowEntry, Statistics};
use crate::command::{Spec, runnable};
use crate::server::Server;

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

impl Statistics for Server {
    fn counters(&self) -> Counters {
        let stats = &self.stats;
        Counters {
            connections: get(&stats.connections),
            rejected_connections: get(&stats.rejected_connections),
            commands: get(&stats.commands),
            input_bytes: get(&stats.input_bytes),
            output_bytes: get(&stats.output_bytes),
            errors: get(&stats.errors),
            reads: get(&stats.reads),
            writes: get(&stats.writes),
            per_s: stats.rates(),
        }
    }

    fn key_counts(&self) -> KeyCounts {
        let Ok(executor) = self.executor() else { return KeyCounts::default() };
        let keys = &executor.key_stats;
        KeyCounts { hits: get(&keys.hits), misses: get(&keys.misses), expired: get(&keys.expired) }
    }

    fn counts_by_command(&self) -> Vec<(&'static Spec, CommandCounts)> {
        let counts = |spec: &&'static Spec| {
            let stats = self.stats.of(spec)?;
            let (calls, usec) = (get(&stats.calls), get(&stats.usec));
            Some((*spec, CommandCounts { calls, usec, rejected: get(&stats.rejected), failed: get(&stats.failed) }))
        };
        runnable().iter().filter_map(counts).collect()
    }

    fn errors_by_code(&self) -> Vec<(Vec<u8>, u64)> {
        self.stats.errors_by_code()
    }

    fn reset_statistics(&self) {
        self.stats.reset();
        if let Some(executor) = self.router.executor() {
            executor.key_stats.reset();
        }
    }

    fn slow_commands(&self, count: usize) -> Vec<SlowEntry> {
        self.slowlog.newest(count)
    }

    fn slow_commands_len(&self) -> usize {
        self.slowlog.len()
    }

    fn clear_slow_commands(&self) {
        self.slowlog.clear();
    }
}
