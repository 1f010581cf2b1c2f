//! The group's snapshots.

use std::sync::atomic::{AtomicU64, Ordering};

use futures::future::BoxFuture;

use crate::command::context::{SnapshotFacts, Snapshots};
use crate::error::ReplyError;
use crate::executor::DiskSpace;
use crate::replication::take_snapshot as take;
use crate::server::Server;
use crate::snapshot::{Meta, SnapshotReader, write};
use crate::store::State;

impl Snapshots for Server {
    fn take_snapshot(&self) -> BoxFuture<'_, Result<(), ReplyError>> {
        Box::pin(async { take(self.group()?).await.map_err(|why| ReplyError::text(format!("ERR {why}"))) })
    }

    fn begin_snapshot(&self) -> Result<(), ReplyError> {
        let group = self.group()?.clone();
        drop(crate::replication::spawn(async move {
            if let Err(why) = take(&group).await {
                tracing::warn!(node = group.node, error = why, "BGSAVE failed");
            }
        }));
        Ok(())
    }

    fn verify_snapshot(&self) -> BoxFuture<'_, Result<(), ReplyError>> {
        Box::pin(async {
            let executor = self.executor()?;
            let image = executor.gate.read().await.image();
            self.env.heavy(move || verify(&image)).await.map_err(|why| {
                ReplyError::text(format!("ERR the snapshot of this node's state does not give it back: {why}"))
            })
        })
    }

    fn is_disk_full(&self) -> bool {
        self.group().is_ok_and(|group| group.own_disk_space() == DiskSpace::Out)
    }

    fn snapshots(&self) -> SnapshotFacts {
        let Ok(group) = self.group() else { return SnapshotFacts::default() };
        let stats = &group.snapshots.stats;
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let in_progress = get(&stats.in_progress) == 1;
        let ended = get(&stats.begun).saturating_sub(u64::from(in_progress));
        let since_s = |began_ns: u64| group.env.clocks.monotonic_ns().saturating_sub(began_ns) / 1_000_000_000;
        SnapshotFacts {
            in_progress,
            last_took_s: (ended > 0).then(|| get(&stats.last_took_ns) / 1_000_000_000),
            present_s: in_progress.then(|| since_s(get(&stats.began_ns))),
            failed_in_row: group.snapshots.failures.in_row(),
            taken: get(&stats.taken),
            installed: get(&stats.installed),
            last_s: get(&stats.last_s),
            last_bytes: get(&stats.last_bytes),
            last_index: group.snapshots.covered(),
        }
    }
}

fn verify(image: &State) -> Result<(), String> {
    gives_back(&written(image)?, image)
}

fn written(state: &State) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    write(state, &Meta::of(state, 0, 0, 0, Vec::new()), &mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// Equal states give equal bytes: so what was read is the state, if it is written as that is.
fn gives_back(bytes: &[u8], state: &State) -> Result<(), String> {
    let read = SnapshotReader::new(bytes, "the snapshot").and_then(SnapshotReader::read_state);
    let (_, read) = read.map_err(|error| error.to_string())?;
    match written(&read)? == written(state)? {
        true => Ok(()),
        false => Err("what was read is written as something else".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Entry, Str};

    fn state(value: &[u8]) -> State {
        let mut state = State::default();
        state.restore_counters(2, 10_000, 0, &[]);
        state.restore_entry(0, Entry::new(b"key", Str::new(value).into(), 1, None, 10_000));
        state
    }

    #[test]
    fn a_snapshot_gives_back_its_own_state_and_no_other() {
        let own = state(b"value");
        verify(&own).unwrap();
        let mut bytes = written(&own).unwrap();
        assert!(gives_back(&bytes, &state(b"other")).unwrap_err().contains("something else"));
        bytes.pop();
        assert!(gives_back(&bytes, &own).is_err());
    }
}
