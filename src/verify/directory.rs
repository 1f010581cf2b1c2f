//! The directory: what is in it, and in which order it is looked at.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::ops::Range;
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use super::replay::Replay;
use super::report::{LogFacts, Origin, Report, SnapshotFacts};
use crate::error::Fatal;
use crate::executor::apply::level_behind;
use crate::executor::entry::decode;
use crate::executor::prepare::PreparedEntry;
use crate::node::NodeIdentity;
use crate::replication::log::{GroupState, ReadOnlyLog};
use crate::replication::raft_meta;
use crate::replication::types::{EntryPayload, LogId};
use crate::snapshot::{Meta, Problem, SnapshotId, SnapshotReader, write};
use crate::store::State;
use crate::sys::version::objection;

/// The only group that there is.
const GROUP: u64 = 0;
/// Bytes of entries that are read at once.
const READ_BYTES: usize = 4 << 20;
/// Pieces that are read ahead of those that are applied.
const AHEAD: usize = 4;

/// An entry, read and decoded; none: it changes no state.
type Read = (LogId, Option<PreparedEntry>);

pub fn look(dir: &Path) -> Result<Report, Fatal> {
    if !dir.is_dir() {
        return Err(Fatal("there is no such directory".into()));
    }
    let _lock = lock(dir)?;
    let (log_dir, snapshots) = (dir.join("log"), dir.join("snapshots"));
    if !log_dir.is_dir() {
        return Err(Fatal("no node's data are there: the directory `log` is missing".into()));
    }
    let mut report = Report::new(dir);
    let log = match ReadOnlyLog::open(&log_dir).and_then(|log| Ok((log.state(GROUP)?, log))) {
        Ok((state, log)) => Some((state.unwrap_or_default(), log)),
        Err(error) if is_of_another_version(&error.0) => return Err(error),
        Err(error) => {
            report.wrong(error.0);
            None
        }
    };
    let snapshot = match read_newest(&snapshots)? {
        Ok(snapshot) => snapshot,
        Err(why) => {
            report.wrong(why);
            None
        }
    };
    if let Some((state, log)) = log {
        report.notices.clone_from(&log.notices);
        judge(&mut report, &state, &log, snapshot)?;
    } else if let Some(snapshot) = snapshot {
        report.snapshot = Some(snapshot.facts());
        report.judged(Replay::from_state(snapshot.state, snapshot.covers), Origin::Snapshot);
    }
    look_at_identity(&mut report, dir)?;
    Ok(report)
}

fn is_of_another_version(why: &str) -> bool {
    why.contains("start the version that wrote it")
}

/// Holds the directory's own lock, as a node that runs does; a copy may have none.
fn lock(dir: &Path) -> Result<Option<File>, Fatal> {
    let lock = match File::open(dir.join("lock")) {
        Ok(lock) => lock,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => {
            Err(Fatal("a node runs on it: stop that node, or copy the directory and verify the copy".into()))
        }
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Who the node is has to fit what it has.
fn look_at_identity(report: &mut Report, dir: &Path) -> Result<(), Fatal> {
    let text = match std::fs::read(dir.join("identity")) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            report.wrong("the file `identity` is missing".into());
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let Some(identity) = NodeIdentity::from_text(&text) else {
        report.wrong("the file `identity` is damaged".into());
        return Ok(());
    };
    let mut clusters = [Some(identity.cluster), identity.made_of.map(|of| of.cluster)].into_iter().flatten();
    if let Some(found) = report.cluster()
        && !clusters.any(|cluster| cluster == found)
    {
        let told = identity.cluster;
        report.wrong(format!("the file `identity` is of cluster {told:032x}, the state is of {found:032x}"));
    }
    report.identity = Some((identity.node, identity.cluster));
    Ok(())
}

/// A snapshot that was read.
struct Snapshot {
    file: String,
    len: u64,
    meta: Meta,
    state: State,
    covers: Option<LogId>,
}

/// The newest snapshot; the inner error is what is wrong with it.
fn read_newest(dir: &Path) -> Result<Result<Option<Snapshot>, String>, Fatal> {
    if !dir.is_dir() {
        return Ok(Ok(None));
    }
    let mut names = Vec::new();
    for file in std::fs::read_dir(dir)? {
        names.extend(file?.file_name().into_string());
    }
    let Some(id) = SnapshotId::newest(names) else { return Ok(Ok(None)) };
    let path = dir.join(id.file_name());
    let (file, len) = (File::open(&path)?, std::fs::metadata(&path)?.len());
    let shown = path.display().to_string();
    let (meta, state) = match SnapshotReader::new(file, &shown).and_then(SnapshotReader::read_state) {
        Ok(read) => read,
        Err(error) if matches!(error.problem, Problem::Io(_) | Problem::Version(_)) => {
            return Err(Fatal(error.to_string()));
        }
        Err(error) => return Ok(Err(error.to_string())),
    };
    if let Some(why) = objection("the snapshot", state.cluster.level, crate::FEATURE_LEVEL) {
        return Err(Fatal(why));
    }
    let covers = match raft_meta(&meta) {
        Ok(raft) => raft.last_log_id,
        Err(error) => return Ok(Err(format!("snapshot {shown}: what Raft keeps in it cannot be read: {error}"))),
    };
    let place = covers.map_or((0, 0), |covers| (covers.index, covers.leader_id.term));
    if (meta.last_index, meta.last_term) != place || (id.last_index, id.last_term) != place || meta.group != GROUP {
        return Ok(Err(format!("snapshot {shown} is another one than its name says")));
    }
    Ok(Ok(Some(Snapshot { file: id.file_name(), len, meta, state, covers })))
}

impl Snapshot {
    /// What is known of it as soon as it is read.
    fn facts(&self) -> SnapshotFacts {
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
fn judge(report: &mut Report, log: &GroupState, files: &ReadOnlyLog, snapshot: Option<Snapshot>) -> Result<(), Fatal> {
    let (first, end) = log.range();
    report.snapshot = snapshot.as_ref().map(Snapshot::facts);
    // What a snapshot covers is committed, and the log's record of that may be older.
    let covered = snapshot.as_ref().map_or(0, |snapshot| snapshot.meta.last_index + 1);
    let committed = log.committed.map_or(0, |committed| committed.index + 1).max(covered).min(end);
    let (count, bytes) = files.size;
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
    let mut course = Course { report, replay, snapshot, applies, last: None };
    let is_read = course.take_all(files, first, end);
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
}

impl Course<'_> {
    /// Takes the entries from `first` to before `end`; a thread of its own reads ahead.
    fn take_all(&mut self, files: &ReadOnlyLog, first: u64, end: u64) -> Result<(), Stop> {
        thread::scope(|threads| {
            let (pieces, read) = mpsc::sync_channel(AHEAD);
            threads.spawn(move || {
                let mut next = first;
                while next < end {
                    let piece = read_piece(files, next, end);
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
                objection("the log", level, crate::FEATURE_LEVEL).map_or(Ok(()), |why| Err(Stop::Newer(why)))?;
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

fn read_piece(files: &ReadOnlyLog, next: u64, end: u64) -> Result<Vec<Read>, String> {
    let unreadable = |why: String| format!("the log cannot be read at entry {next}: {why}");
    let entries = files.read(GROUP, next, end, READ_BYTES).map_err(|error| unreadable(error.to_string()))?;
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
