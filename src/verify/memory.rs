//! The same for a node of the simulation, whose disks are memory: its seeds end with it.

use std::path::Path;

use super::course::{GROUP, Source, judge, read_newest};
use super::report::Report;
use crate::error::Fatal;
use crate::replication::log::MemoryDisk;
use crate::snapshot::{MemoryStore, SnapshotStore};

/// Looks at what is durable of a node, with a binary that knows this feature level. There is no identity beside it.
///
/// # Errors
/// As [`super::verify`].
pub fn verify_memory(name: &str, log: &MemoryDisk, snapshots: &MemoryStore, known: u32) -> Result<Report, Fatal> {
    let mut report = Report::new(Path::new(name));
    let snapshot = match read_newest(snapshots.list()?, |name| snapshots.open(name), known)? {
        Ok(snapshot) => snapshot,
        Err(why) => {
            report.wrong(why);
            None
        }
    };
    let (state, entries) = log.durable(GROUP)?;
    let first = state.range().0;
    let read = |start: u64, end: u64| {
        let at = |index: u64| usize::try_from(index - first).unwrap_or(usize::MAX);
        Ok(entries.get(at(start)..at(end).min(entries.len())).unwrap_or_default().to_vec())
    };
    judge(&mut report, &state, &Source { entries: &read, size: (0, 0), known }, snapshot)?;
    Ok(report)
}
