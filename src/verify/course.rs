//! The way through a log: what is applied of it, and what the snapshot has to be.

use std::io::Write;
use std::ops::Range;
use std::sync::mpsc;
use std::thread;

use super::replay::Replay;
use super::report::{LogFacts, Origin, Report, SnapshotFacts};
use crate::error::Fatal;
use crate::executor::apply::level_behind;
use crate::executor::entry::decode;
use crate::executor::prepare::PreparedEntry;
use crate::replication::log::GroupState;
use crate::replication::raft_meta;
use crate::replication::types::{Entry, EntryPayload, LogId};
use crate::snapshot::{Meta, Opened, Problem, SnapshotId, SnapshotReader, write};
use crate::store::State;
use crate::sys::version::objection;

/// The only group that there is.
pub const GROUP: u64 = 0;
/// Pieces that are read ahead of those that are applied.
const AHEAD: usize = 4;

/// An entry, read and decoded; none: it changes no state.
type Read = (LogId, Option<PreparedEntry>);
/// Reads some entries from the first to before the second index; at least one.
pub type Entries<'a> = dyn Fn(u64, u64) -> std::io::Result<Vec<Entry>> + Sync + 'a;

/// Where a log comes from, and who looks at it.
pub struct Source<'a> {
    /// The entries.
    pub entries: &'a Entries<'a>,
    /// Files, and their bytes.
    pub size: (usize, u64),
    /// The feature level that is known here.
    pub known: u32,
}

/// A snapshot that was read.
pub struct Snapshot {
    file: String,
    len: u64,
    meta: Meta,
    /// The state.
    pub state: State,
    /// The last entry in it.
    pub covers: Option<LogId>,
}

/// The newest snapshot of these files; the inner error is what is wrong with it.
pub fn read_newest(
    names: impl IntoIterator<Item = String>,
    open: impl FnOnce(&str) -> std::io::Result<Opened>,
    known: u32,
) -> Result<Result<Option<Snapshot>, String>, Fatal> {
    let Some(id) = SnapshotId::newest(names) else { return Ok(Ok(None)) };
    let name = id.file_name();
    let Opened { len, reader } = open(&name)?;
    let (meta, state) = match SnapshotReader::new(reader, &name).and_then(SnapshotReader::read_state) {
        Ok(read) => read,
        Err(error) if matches!(error.problem, Problem::Io(_) | Problem::Version(_)) => {
            return Err(Fatal(error.to_string()));
        }
        Err(error) => return Ok(Err(error.to_string())),
    };
    if let Some(why) = objection("the snapshot", state.cluster.level, known) {
        return Err(Fatal(why));
    }
    let covers = match raft_meta(&meta) {
        Ok(raft) => raft.last_log_id,
        Err(error) => return Ok(Err(format!("snapshot {name}: what Raft keeps in it cannot be read: {error}"))),
    };
    let place = covers.map_or((0, 0), |covers| (covers.index, covers.leader_id.term));
    if (meta.last_index, meta.last_term) != place || (id.last_index, id.last_term) != place || meta.group != GROUP {
        return Ok(Err(format!("snapshot {name} is another one than its name says")));
    }
    Ok(Ok(Some(Snapshot { file: name, len, meta, state, covers })))
}

impl Snapshot {
    /// What is known of it as soon as it is read.
    pub fn facts(&self) -> SnapshotFacts {
        SnapshotFacts {
            file: self.file.clone(),
            len: self.len,
            index: self.meta.last_index,
            term: self.meta.last_term,
            digest: self.state.digest.value(),
            is_remade: false,
        }
    }
}

/// Applies what the log holds and is committed, from the beginning where it has that.
pub fn judge(
    report: &mut Report,
    log: &GroupState,
    source: &Source<'_>,
    snapshot: Option<Snapshot>,
) -> Result<(), Fatal> {
    let (first, end) = log.range();
    report.snapshot = snapshot.as_ref().map(Snapshot::facts);
    // What a snapshot covers is committed, and the log's record of that may be older.
    let covered = snapshot.as_ref().map_or(0, |snapshot| snapshot.meta.last_index + 1);
    let committed = log.committed.map_or(0, |committed| committed.index + 1).max(covered).min(end);
    let (count, bytes) = source.size;
    report.log = Some(LogFacts { first, end, first_id: None, last: log.last, committed, files: count, bytes });
    let (replay, origin, snapshot) = match snapshot {
        Some(snapshot) if log.purged.is_some() || covered > end => {
            (Replay::from_state(snapshot.state, snapshot.covers), Origin::Snapshot, None)
        }
        other => (Replay::from_nothing(), Origin::Nothing, other),
    };
    let mut applies = if origin == Origin::Snapshot { covered..committed } else { first..committed };
    if first > covered {
        report
            .wrong(format!("entries {covered} to {} are missing: neither the log nor a snapshot has them", first - 1));
        applies = end..end;
    }
    let mut course = Course { report, replay, snapshot, applies, last: None, known: source.known };
    let is_read = course.take_all(source.entries, first, end);
    let Course { report, replay, last, .. } = course;
    let last = last.or(log.purged);
    match is_read {
        Err(Stop::Newer(why)) => return Err(Fatal(why)),
        Err(Stop::Wrong(why)) => report.wrong(why),
        Ok(()) if last != log.last => {
            report.wrong(format!("the log ends with {last:?}, its record says {:?}", log.last));
        }
        Ok(()) => {}
    }
    report.judged(replay, origin);
    Ok(())
}

/// Why the log is read no further.
enum Stop {
    /// That is what is wrong.
    Wrong(String),
    /// A newer binary has to look.
    Newer(String),
}

/// The way through the log.
struct Course<'a> {
    report: &'a mut Report,
    replay: Replay,
    /// What the replay comes by, if it does.
    snapshot: Option<Snapshot>,
    /// Which entries are applied.
    applies: Range<u64>,
    /// The last entry that was read.
    last: Option<LogId>,
    known: u32,
}

impl Course<'_> {
    /// Takes the entries from `first` to before `end`; a thread of its own reads ahead.
    fn take_all(&mut self, entries: &Entries<'_>, first: u64, end: u64) -> Result<(), Stop> {
        thread::scope(|threads| {
            let (pieces, read) = mpsc::sync_channel(AHEAD);
            threads.spawn(move || {
                let mut next = first;
                while next < end {
                    let piece = read_piece(entries, next, end);
                    next += piece.as_ref().map_or(end, |piece| piece.len() as u64);
                    if pieces.send(piece).is_err() {
                        return;
                    }
                }
            });
            for piece in read {
                for (id, entry) in piece.map_err(Stop::Wrong)? {
                    self.take(id, entry)?;
                }
            }
            Ok(())
        })
    }

    fn take(&mut self, id: LogId, entry: Option<PreparedEntry>) -> Result<(), Stop> {
        if self.last.is_some_and(|last| last.leader_id > id.leader_id) {
            self.report.wrong(format!("entry {} is of an earlier term than the one before", id.index));
        }
        self.last = Some(id);
        if let Some(log) = &mut self.report.log {
            log.first_id.get_or_insert(id);
        }
        if !self.applies.contains(&id.index) {
            return Ok(());
        }
        match entry {
            None => self.replay.pass(id),
            Some(entry) => {
                let level = level_behind(&self.replay.state, &entry.content);
                objection("the log", level, self.known).map_or(Ok(()), |why| Err(Stop::Newer(why)))?;
                self.replay.apply(id, entry);
            }
        }
        if let Some(snapshot) = self.snapshot.take_if(|snapshot| snapshot.meta.last_index == id.index) {
            match remade(&snapshot, &self.replay) {
                Ok(()) => self.report.snapshot.iter_mut().for_each(|facts| facts.is_remade = true),
                Err(why) => self.report.wrong(why),
            }
        }
        Ok(())
    }
}

fn read_piece(entries: &Entries<'_>, next: u64, end: u64) -> Result<Vec<Read>, String> {
    let unreadable = |why: String| format!("the log cannot be read at entry {next}: {why}");
    let entries = entries(next, end).map_err(|error| unreadable(error.to_string()))?;
    if entries.is_empty() {
        return Err(unreadable("it is missing".into()));
    }
    let mut piece = Vec::with_capacity(entries.len());
    for (entry, index) in entries.into_iter().zip(next..) {
        if entry.log_id.index != index {
            return Err(unreadable(format!("entry {} stands in the place of {index}", entry.log_id)));
        }
        let prepared = match entry.payload {
            EntryPayload::Normal(payload) => {
                let prepared = decode(&payload.0).and_then(PreparedEntry::new);
                Some(prepared.map_err(|what| format!("log entry {index} cannot be applied: {what}"))?)
            }
            EntryPayload::Blank | EntryPayload::Membership(_) => None,
        };
        piece.push((entry.log_id, prepared));
    }
    Ok(piece)
}

/// Whether the state that the log makes is the snapshot's, to the last byte.
fn remade(snapshot: &Snapshot, replay: &Replay) -> Result<(), String> {
    let (file, index) = (&snapshot.file, snapshot.meta.last_index);
    if replay.last() != snapshot.covers {
        return Err(format!("snapshot {file} covers {:?}, the log has {:?} there", snapshot.covers, replay.last()));
    }
    let (own, made) = (snapshot.state.digest.value(), replay.state.digest.value());
    if own != made {
        return Err(format!("snapshot {file} has the digest {own:016x}, the log makes {made:016x} of entry {index}"));
    }
    let sum = |state: &State| {
        let meta = Meta::of(state, GROUP, index, snapshot.meta.last_term, Vec::new());
        write(state, &meta, &mut Nowhere).map(|summary| summary.hash).map_err(|error| error.to_string())
    };
    if sum(&snapshot.state)? == sum(&replay.state)? {
        return Ok(());
    }
    Err(format!("snapshot {file} is not the state that the log makes of entry {index}, though their digests are equal"))
}

struct Nowhere;

impl Write for Nowhere {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
