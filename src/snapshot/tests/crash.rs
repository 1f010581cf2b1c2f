//! Every state of the directory that a crash could leave is opened: the newest snapshot that was acknowledged, or one that was being
//! written, is there as a whole.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::super::{DiskStore, SnapshotDir};
use super::*;
use crate::bounds;
use crate::sys::disk::crash::{Recorder, hash_of, put};

fn open(dir: &Path) -> SnapshotDir {
    SnapshotDir::open(Arc::new(DiskStore::open(dir).unwrap()), 0).unwrap()
}

fn state_at(index: u64) -> State {
    let mut state = sample();
    state.raise_revision(2_000_000_000_000 + index);
    state
}

fn meta_at(state: &State, last_index: u64) -> Meta {
    Meta { last_index, ..meta_of(state) }
}

/// Which snapshot is the newest, and that it is whole. `then` is called when the directory is open.
fn newest(dir: &Path, then: impl FnOnce()) -> Result<u64, String> {
    let dir = open(dir);
    then();
    let Some((meta, state)) = dir.load_latest().map_err(|error| error.to_string())? else { return Ok(0) };
    assert_eq!(dir.latest().map(|id| id.last_index), Some(meta.last_index));
    assert_same(&state, &state_at(meta.last_index));
    Ok(meta.last_index)
}

#[test]
fn every_state_that_a_crash_can_leave_has_the_newest_snapshot_or_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let recorded = Recorder::begin(dir.path());
    let recorder = recorded.0.clone();
    let mut snapshots = open(dir.path());
    // Some are written, some come from a peer; one is overtaken, one is not wanted, and the directory is opened anew between.
    for number in 1..=bounds::of_long(bounds::CRASH_SNAPSHOTS, 5 * bounds::CRASH_SNAPSHOTS) {
        let index = 10 * number;
        let state = state_at(index);
        recorder.mark(2 * index);
        if number % 2 == 1 {
            snapshots.write(&state, &meta_at(&state, index), 0).unwrap();
        } else {
            let mut bytes = Vec::new();
            crate::snapshot::write(&state, &meta_at(&state, index), &mut bytes).unwrap();
            let mut unwanted = snapshots.receive(0).unwrap();
            unwanted.push(&bytes[..bytes.len() / 2]).unwrap();
            drop(unwanted);
            let mut incoming = snapshots.receive(0).unwrap();
            for piece in bytes.chunks(bytes.len() / 2 + 1) {
                incoming.push(piece).unwrap();
            }
            incoming.finish().unwrap().publish().unwrap();
        }
        recorder.mark(2 * index + 1);
        let late = state_at(index - 5);
        snapshots.write(&late, &meta_at(&late, index - 5), 0).unwrap();
        if number % 3 == 0 {
            snapshots = open(dir.path());
        }
    }
    let mut known: BTreeMap<u64, Result<u64, String>> = BTreeMap::new();
    let (mut states, mut newer) = (0, 0);
    for at in 0..=recorder.steps() {
        let marks = recorder.marks(at);
        let last = |odd| marks.iter().filter(|mark| *mark % 2 == odd).map(|mark| mark / 2).max().unwrap_or(0);
        for files in recorder.states(at, bounds::of_long(2, 30) as usize, bounds::SEED) {
            states += 1;
            let found = known.entry(hash_of(&files)).or_insert_with(|| {
                let dir = put(&files);
                let recorded = Recorder::begin(dir.path());
                let mut durable = None;
                let found = newest(dir.path(), || durable = Some(recorded.0.durable()));
                // Power is lost again, as soon as it was opened.
                let again = put(&durable.unwrap());
                assert_eq!(newest(again.path(), || ()), found, "what was shown was not durable");
                found
            });
            let names: Vec<_> = files.iter().map(|(name, bytes)| (name, bytes.len())).collect();
            let (least, most) = (last(1), last(0));
            assert!(
                matches!(found, Ok(index) if [least, most].contains(index)),
                "step {at}: {found:?}, not {least}; {names:?}"
            );
            newer += usize::from(*found != Ok(least));
        }
    }
    println!("snapshots: {states} states, {} opened, {newer} with the next", known.len());
    assert!(known.len() > 60 && newer > 5, "too little was tried");
}
