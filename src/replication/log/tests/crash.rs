//! Every state of the log's directory that a crash could leave is opened: nothing that was acknowledged is missing, nothing that was never
//! written is there, and the log starts.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use openraft::storage::{RaftLogStorage, RaftLogStorageExt};

use super::{all, options, run, small_window};
use crate::bounds;
use crate::error::Fatal;
use crate::replication::log::testing::{entry, id};
use crate::replication::log::{EngineLog, EngineOptions, LogOptions, LogStore};
use crate::replication::types::{Entry, LogId, Vote};
use crate::sys::disk::crash::{Files, Recorder, hash_of, put};

/// Groups in the log: one that everything happens to, and one that has a little to be kept.
const GROUPS: [u64; 2] = [0, 9];

/// What a group's log holds.
#[derive(Clone, Debug, Default, PartialEq)]
struct Held {
    vote: Option<Vote>,
    committed: Option<LogId>,
    purged: Option<LogId>,
    last: Option<LogId>,
    entries: Vec<Entry>,
}

/// What was asked of the log, with each step that it can be found at.
struct History {
    /// By the number of writes asked for.
    versions: Vec<[Held; 2]>,
    recorder: Recorder,
}

impl History {
    /// A write is asked for, after which the log holds this.
    fn begin(&mut self, change: impl FnOnce(&mut [Held; 2])) {
        let mut next = self.versions.last().unwrap().clone();
        change(&mut next);
        self.versions.push(next);
        self.recorder.mark(2 * (self.versions.len() as u64 - 1));
    }

    /// All that was asked for is acknowledged.
    fn acknowledge(&self) {
        self.recorder.mark(2 * (self.versions.len() as u64 - 1) + 1);
    }

    /// Numbers of the first and the last version that may be found at this step.
    fn allowed(&self, at: usize) -> (usize, usize) {
        let marks = self.recorder.marks(at);
        let newest =
            |odd| marks.iter().filter(|mark| *mark % 2 == odd).map(|mark| mark / 2).max().unwrap_or(0) as usize;
        (newest(1), newest(0))
    }
}

async fn stores(log: Arc<EngineLog>, window: &LogOptions) -> Result<[LogStore; 2], Fatal> {
    let first = LogStore::open(log.clone(), GROUPS[0], window.clone()).await?;
    Ok([first, LogStore::open(log, GROUPS[1], window.clone()).await?])
}

/// Opens the log and reads all of it.
fn look(options: &EngineOptions, then: impl FnOnce()) -> Result<[Held; 2], String> {
    run(async {
        let (log, _notices) = EngineLog::open(options).map_err(|error| error.0)?;
        let mut held = [Held::default(), Held::default()];
        let stores = stores(Arc::new(log), &small_window()).await.map_err(|error| error.0)?;
        for (mut store, held) in stores.into_iter().zip(&mut held) {
            let state = store.get_log_state().await.unwrap();
            let committed = store.read_committed().await.unwrap();
            let (purged, last) = (state.last_purged_log_id, state.last_log_id);
            *held = Held { vote: store.vote(), committed, purged, last, entries: all(&mut store).await };
        }
        then();
        Ok(held)
    })
}

fn options_of(dir: &Path, direct: bool) -> EngineOptions {
    // One file of zeros, made when the log is.
    EngineOptions { direct, prefill_bytes: 16 << 10, ..options(dir) }
}

/// Writes, truncates, purges, removes files and starts again, in `dir`.
async fn work(dir: &Path, direct: bool, steps: u64, seed: u64) -> History {
    let mut random = seed | 1;
    let mut below = |bound: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random >> 11) % bound
    };
    let recorded = Recorder::begin(dir);
    let mut history = History { versions: vec![Default::default()], recorder: recorded.0.clone() };
    let mut log = Arc::new(EngineLog::open(&options_of(dir, direct)).unwrap().0);
    let [mut store, mut idle] = stores(log.clone(), &small_window()).await.unwrap();
    history.begin(|held| {
        held[1].entries = vec![entry(1, 0, 40), entry(1, 1, 40)];
        held[1].last = Some(id(1, 1));
    });
    idle.blocking_append([entry(1, 0, 40), entry(1, 1, 40)]).await.unwrap();
    history.acknowledge();
    let mut term = 1;
    for step in 0..steps {
        let held = history.versions.last().unwrap()[0].clone();
        let next = held.last.map_or(0, |last| last.index + 1);
        match below(20) {
            0..=10 => {
                let len = if below(25) == 0 { 20_000 } else { 10 + below(2200) as usize };
                let entries: Vec<Entry> = (next..next + 1 + below(3)).map(|index| entry(term, index, len)).collect();
                if below(3) == 0 {
                    // Durable with the next write.
                    store.save_committed(held.last).await.unwrap();
                }
                let committed = store.read_committed().await.unwrap();
                history.begin(|held| {
                    held[0].committed = committed;
                    held[0].last = entries.last().map(|last| last.log_id);
                    held[0].entries.extend(entries.clone());
                });
                store.blocking_append(entries).await.unwrap();
                history.acknowledge();
            }
            11 | 12 => {
                term += 1;
                let vote = Vote::new(term, below(3));
                let committed = store.read_committed().await.unwrap();
                history.begin(|held| {
                    held[0].vote = Some(vote);
                    held[0].committed = committed;
                });
                store.save_vote(&vote).await.unwrap();
                history.acknowledge();
            }
            13 | 14 if held.entries.len() > 2 && held.committed < held.last => {
                let keep = held.entries.iter().filter(|entry| Some(entry.log_id) <= held.committed).count();
                let keep = keep.max(1) + below((held.entries.len() - keep.max(1)) as u64) as usize;
                let last = held.entries[keep - 1].log_id;
                let committed = store.read_committed().await.unwrap();
                if last != held.entries.last().unwrap().log_id {
                    history.begin(|held| {
                        held[0].entries.truncate(keep);
                        held[0].last = Some(last);
                        held[0].committed = committed;
                    });
                    store.truncate_after(Some(last)).await.unwrap();
                    term += 1;
                }
            }
            15 | 16 if held.entries.len() > 6 => {
                let gone = 1 + below(held.entries.len() as u64 - 5) as usize;
                let purged = held.entries[gone - 1].log_id;
                let committed = store.read_committed().await.unwrap();
                history.begin(|held| {
                    held[0].entries.drain(..gone);
                    held[0].purged = Some(purged);
                    held[0].committed = committed;
                });
                store.purge(purged).await.unwrap();
            }
            17 | 18 => log.purge_files(),
            _ if step % 2 == 0 => {
                drop((store, idle, log));
                history.acknowledge();
                log = Arc::new(EngineLog::open(&options_of(dir, direct)).unwrap().0);
                [store, idle] = stores(log.clone(), &small_window()).await.unwrap();
                let committed = store.read_committed().await.unwrap();
                assert_eq!(committed, history.versions.last().unwrap()[0].committed);
            }
            _ => {}
        }
    }
    drop((store, idle, log));
    history.acknowledge();
    history
}

#[derive(Debug, Default)]
struct Count {
    states: usize,
    opened: usize,
    again: usize,
    between: usize,
}

/// Opens all that a crash could leave of this.
fn open_all(history: &History, direct: bool, random: usize, seed: u64) -> Count {
    let mut known: BTreeMap<u64, Result<[Held; 2], String>> = BTreeMap::new();
    let mut count = Count::default();
    for at in 0..=history.recorder.steps() {
        let (first, last) = history.allowed(at);
        let allowed = &history.versions[first..=last];
        for files in history.recorder.states(at, random, seed) {
            count.states += 1;
            let hash = hash_of(&files);
            let held = known.entry(hash).or_insert_with(|| {
                count.opened += 1;
                let dir = put(&files);
                let recorded = (count.opened % 8 == 0).then(|| Recorder::begin(dir.path()));
                let mut durable = None;
                let held = look(&options_of(dir.path(), direct), || {
                    durable = recorded.as_ref().map(|recorded| recorded.0.durable());
                });
                // Power is lost again, as soon as it was opened.
                if let (Ok(held), Some(durable)) = (&held, durable) {
                    count.again += 1;
                    assert_eq!(found(&durable, direct).as_ref(), Ok(held), "step {at}: what was shown was not durable");
                }
                held
            });
            let names: Vec<_> = files.iter().map(|(name, bytes)| (name, bytes.len())).collect();
            match held {
                Ok(held) => {
                    let number = history.versions.iter().position(|version| version == held);
                    assert!(allowed.contains(held), "step {at}: version {number:?}, not {first} to {last}; {names:?}");
                    count.between += usize::from(allowed.len() > 1 && *held != allowed[0]);
                }
                Err(error) => panic!("step {at}, versions {first} to {last}: {error} {names:?}"),
            }
        }
    }
    count
}

fn found(files: &Files, direct: bool) -> Result<[Held; 2], String> {
    let dir = put(files);
    look(&options_of(dir.path(), direct), || ())
}

#[test]
fn every_state_that_a_crash_can_leave_is_one_that_was_acknowledged_or_asked_for() {
    for round in 0..bounds::of_long(1, 40) {
        for direct in [true, false] {
            let seed = bounds::SEED + round;
            let dir = tempfile::tempdir().unwrap();
            let history = run(work(dir.path(), direct, bounds::CRASH_STEPS, seed));
            let count = open_all(&history, direct, bounds::of_long(2, 30) as usize, seed);
            println!("log, seed {seed}, direct {direct}: {} versions, {count:?}", history.versions.len());
            assert!(count.opened > 200 && count.again > 20 && count.between > 20, "too little was tried: {count:?}");
        }
    }
}
