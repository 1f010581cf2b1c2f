//! The one thread that writes: it takes what has collected, makes it one batch and one fsync, and tells who waits.
//!
//! Writes that arrive during an fsync share the next one, so throughput grows with load and nothing is delayed on
//! purpose.

use std::collections::BTreeMap;

use raft_engine::Command;
use raft_engine::LogBatch;
use raft_engine::take_perf_context;

use super::super::abort::abort;
use super::super::io::Write;
use super::super::io::complete;
use super::super::queue::Queue;
use super::super::record::Record;
use super::super::region::{STATE_KEY, region};
use super::Engine;
use crate::sys::clock::SystemClocks;
use crate::sys::latency::{LOG_FSYNC, Spikes};

/// Writes until the queue is closed and empty.
pub fn run(engine: &Engine, queue: &Queue, spikes: &Spikes) {
    let mut batch = LogBatch::default();
    while let Some(mut writes) = queue.take() {
        let began_ns = spikes.begin(&SystemClocks);
        let written = fill(&mut batch, &mut writes).and_then(|()| engine.write(&mut batch, true));
        if let Err(error) = written {
            abort(&format!("writing the log in {} failed: {error}", engine.path()));
        }
        spikes.end(&SystemClocks, LOG_FSYNC, began_ns);
        debug_assert!(!take_perf_context().log_sync_duration.is_zero(), "acknowledged without an fsync");
        complete(writes);
    }
}

fn fill(batch: &mut LogBatch, writes: &mut [Write]) -> raft_engine::Result<()> {
    let mut states = BTreeMap::new();
    for write in writes {
        let region = region(write.group);
        let records: Vec<Record> = std::mem::take(&mut write.entries).into_iter().map(Record).collect();
        batch.add_entries::<Record>(region, &records)?;
        if let Some(index) = write.compact_to {
            batch.add_command(region, Command::Compact { index });
        }
        states.insert(region, std::mem::take(&mut write.state));
    }
    for (region, state) in states {
        batch.put(region, STATE_KEY.to_vec(), state)?;
    }
    Ok(())
}
