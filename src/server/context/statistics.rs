//! The counters of this node.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::command::context::{
    CommandCounts, Counters, EvictionFacts, FreeFacts, KeyCounts, Latencies, SlowEntry, Statistics,
};
use crate::command::{Spec, runnable};
use crate::server::Server;
use crate::store::Denied;
use crate::store::{Policy, ScriptCalls};
use crate::sys::latency::Spikes;

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

impl Server {
    /// What scripts called, of this node's clients. Their time is in that of the scripts: nothing in apply reads a clock.
    fn script_calls(&self) -> ScriptCalls {
        self.router.executor().map(|executor| executor.key_stats.calls.lock().clone()).unwrap_or_default()
    }
}

impl Statistics for Server {
    fn eviction(&self) -> EvictionFacts {
        let none = EvictionFacts { policy: Policy::NoEviction, not_counted: 0, exceeded_ms: 0, exceeding_ms: 0 };
        self.executor().map_or(none, |executor| {
            let (exceeded_ms, exceeding_ms) = executor.eviction.exceeded_ms();
            let (policy, not_counted) = (executor.eviction.policy(), executor.eviction.not_counted());
            EvictionFacts { policy, not_counted, exceeded_ms, exceeding_ms }
        })
    }

    fn frees(&self) -> FreeFacts {
        self.executor().map_or_else(
            |_| FreeFacts::default(),
            |executor| {
                let frees = &executor.eviction.frees;
                FreeFacts { pending: frees.pending(), freed: frees.freed() }
            },
        )
    }

    fn counters(&self) -> Counters {
        let stats = &self.stats;
        let scripts = self.script_calls();
        Counters {
            connections: get(&stats.connections),
            rejected_connections: get(&stats.rejected_connections),
            commands: get(&stats.commands) + scripts.by_command.values().map(|counts| counts.calls).sum::<u64>(),
            input_bytes: get(&stats.input_bytes),
            output_bytes: get(&stats.output_bytes),
            errors: get(&stats.errors) + scripts.errors.values().sum::<u64>(),
            reads: get(&stats.reads),
            writes: get(&stats.writes),
            per_s: stats.rates(),
            denied: [Denied::Auth, Denied::Command, Denied::Key, Denied::Channel].map(|what| self.acl_log.count(what)),
        }
    }

    fn key_counts(&self) -> KeyCounts {
        let Ok(executor) = self.executor() else { return KeyCounts::default() };
        let keys = &executor.key_stats;
        KeyCounts {
            hits: get(&keys.hits),
            misses: get(&keys.misses),
            expired: get(&keys.expired),
            evicted: get(&keys.evicted),
            expired_fields: get(&keys.expired_fields),
            evicted_scripts: get(&keys.evicted_scripts),
        }
    }

    fn counts_by_command(&self) -> Vec<(&'static Spec, CommandCounts)> {
        let scripts = self.script_calls();
        let counts = |(index, spec): (usize, &&'static Spec)| {
            let stats = self.stats.of(spec)?;
            let of_scripts = scripts.by_command.get(&index).copied().unwrap_or_default();
            let counts = CommandCounts {
                calls: get(&stats.calls) + of_scripts.calls,
                usec: get(&stats.usec),
                rejected: get(&stats.rejected) + of_scripts.rejected,
                failed: get(&stats.failed) + of_scripts.failed,
            };
            Some((*spec, counts))
        };
        runnable().iter().enumerate().filter_map(counts).collect()
    }

    fn latencies(&self) -> Vec<(&'static Spec, Latencies)> {
        let of = |spec: &&'static Spec| Some((*spec, self.stats.of(spec)?.latencies.latencies()?));
        runnable().iter().filter_map(of).collect()
    }

    fn spikes(&self) -> &Spikes {
        &self.env.spikes
    }

    fn errors_by_code(&self) -> Vec<(Vec<u8>, u64)> {
        let mut errors: BTreeMap<Vec<u8>, u64> = self.stats.errors_by_code().into_iter().collect();
        for (code, count) in self.script_calls().errors {
            *errors.entry(code).or_default() += count;
        }
        errors.into_iter().filter(|(_, count)| *count > 0).collect()
    }

    fn reset_statistics(&self) {
        self.stats.reset();
        self.acl_log.reset_counts();
        if let Some(executor) = self.router.executor() {
            executor.key_stats.reset();
            executor.eviction.frees.reset();
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
