//! What the node counts.

use bytes::Bytes;

use super::{Latencies, Spec};
use crate::store::Policy;
use crate::sys::latency::Spikes;

/// See the module's header.
pub trait Statistics: Send + Sync {
    /// What INFO shows of eviction.
    fn eviction(&self) -> EvictionFacts;
    /// What is freed in the background.
    fn frees(&self) -> FreeFacts;
    /// See [`Counters`].
    fn counters(&self) -> Counters;
    /// See [`KeyCounts`].
    fn key_counts(&self) -> KeyCounts;
    /// Counters of each command that runs by itself, in the order of the table.
    fn counts_by_command(&self) -> Vec<(&'static Spec, CommandCounts)>;
    /// How long the calls of each command took that has been timed (`latency-tracking`), in the order of the table.
    fn latencies(&self) -> Vec<(&'static Spec, Latencies)>;
    /// What took long (`latency-monitor-threshold`).
    fn spikes(&self) -> &Spikes;
    /// Codes of errors and how often each was sent.
    fn errors_by_code(&self) -> Vec<(Vec<u8>, u64)>;
    /// CONFIG RESETSTAT.
    fn reset_statistics(&self);
    /// The newest slow commands, newest first.
    fn slow_commands(&self, count: usize) -> Vec<SlowEntry>;
    /// How many there are.
    fn slow_commands_len(&self) -> usize;
    /// Forgets them.
    fn clear_slow_commands(&self);
}

/// What INFO stats shows; all since the start or the last CONFIG RESETSTAT.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counters {
    /// Connections accepted.
    pub connections: u64,
    /// Connections refused by `maxclients`.
    pub rejected_connections: u64,
    /// Commands executed.
    pub commands: u64,
    /// Bytes read from clients.
    pub input_bytes: u64,
    /// Bytes written to clients.
    pub output_bytes: u64,
    /// Error replies.
    pub errors: u64,
    /// Times that sockets were read.
    pub reads: u64,
    /// Times that sockets were written.
    pub writes: u64,
    /// Commands, input bytes and output bytes in the last second.
    pub per_s: [u64; 3],
    /// What users were denied: to be who they say, commands, keys, channels.
    pub denied: [u64; 4],
}

/// What INFO stats shows of keys.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyCounts {
    /// Keys found by reads.
    pub hits: u64,
    /// Keys not found by reads.
    pub misses: u64,
    /// Keys that the log expired while this node applied it.
    pub expired: u64,
    /// Keys that gave way for want of memory meanwhile.
    pub evicted: u64,
    /// Fields of hashes that it expired meanwhile.
    pub expired_fields: u64,
    /// Scripts that went for others meanwhile.
    pub evicted_scripts: u64,
}

/// Counters of one command.
#[derive(Clone, Copy, Debug, Default)]
pub struct CommandCounts {
    /// Calls that were answered.
    pub calls: u64,
    /// Their time, µs.
    pub usec: u64,
    /// Refused before they ran.
    pub rejected: u64,
    /// Answered by an error.
    pub failed: u64,
}

/// One slow command.
#[derive(Clone, Debug)]
pub struct SlowEntry {
    /// Rises by one with each entry.
    pub id: u64,
    /// Wall clock, s.
    pub at_s: u64,
    /// How long it took, µs.
    pub took_us: u64,
    /// Its arguments, shortened.
    pub args: Vec<Bytes>,
    /// The client's address.
    pub addr: String,
    /// The client's name.
    pub name: Bytes,
}

/// What INFO shows of eviction.
#[derive(Clone, Copy, Debug)]
pub struct EvictionFacts {
    /// The policy as last applied.
    pub policy: Policy,
    /// Bytes in use that eviction does not go by.
    pub not_counted: u64,
    /// How long the memory in use was above the bound, in all, ms.
    pub exceeded_ms: u64,
    /// And since it is above it, without a break.
    pub exceeding_ms: u64,
}

/// What INFO shows of what is freed in the background, in objects.
#[derive(Clone, Copy, Debug, Default)]
pub struct FreeFacts {
    /// Still to be freed.
    pub pending: u64,
    /// Freed since the start or the last CONFIG RESETSTAT.
    pub freed: u64,
}
