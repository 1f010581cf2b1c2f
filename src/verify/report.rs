//! What is said at the end.

use std::fmt;
use std::path::{Path, PathBuf};

use super::replay::Replay;
use super::spec::{Counts, Violation};
use crate::replication::types::LogId;
use crate::sys::clock::time_text;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is wrong: exit code 0.
    Certified,
    /// Something is: exit code 1.
    Wrong,
}

/// Where the replay began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// With the first entry that there ever was.
    Nothing,
    /// With the snapshot.
    Snapshot,
}

/// What the log is.
#[derive(Clone, Debug)]
pub struct LogFacts {
    /// Index of its first entry.
    pub first: u64,
    /// Index behind its last.
    pub end: u64,
    /// The first entry.
    pub first_id: Option<LogId>,
    /// The last entry, or the last one purged.
    pub last: Option<LogId>,
    /// Index behind the last one that is known to be committed.
    pub committed: u64,
    /// How many files.
    pub files: usize,
    /// Of how many bytes.
    pub bytes: u64,
}

/// What the newest snapshot is.
#[derive(Clone, Debug)]
pub struct SnapshotFacts {
    /// Its file's name.
    pub file: String,
    /// Bytes.
    pub len: u64,
    /// Index of the last entry in it.
    pub index: u64,
    /// Its term.
    pub term: u64,
    /// The state's digest.
    pub digest: u64,
    /// The log makes the same state.
    pub is_remade: bool,
}

/// What the replay came to.
#[derive(Debug)]
struct End {
    origin: Origin,
    cluster: Option<u128>,
    last: Option<LogId>,
    now_ms: u64,
    digest: u64,
    revision: u64,
    counts: Counts,
    history: Counts,
    history_ms: Option<(u64, u64)>,
}

/// See the module's header.
#[derive(Debug)]
pub struct Report {
    dir: PathBuf,
    /// The node, and its cluster.
    pub identity: Option<(u64, u128)>,
    /// Notices of the log.
    pub notices: Vec<String>,
    /// The log, if it could be read.
    pub log: Option<LogFacts>,
    /// The newest snapshot, if there is one that could be read.
    pub snapshot: Option<SnapshotFacts>,
    end: Option<End>,
    wrong: Vec<String>,
    more: u64,
}

impl Report {
    /// Of this directory.
    pub fn new(dir: &Path) -> Self {
        Self {
            dir: dir.into(),
            identity: None,
            notices: Vec::new(),
            log: None,
            snapshot: None,
            end: None,
            wrong: Vec::new(),
            more: 0,
        }
    }

    /// Notes something that is wrong.
    pub fn wrong(&mut self, what: String) {
        self.wrong.push(what);
    }

    /// The replay is at its end.
    pub fn judged(&mut self, mut replay: Replay, origin: Origin) {
        replay.finish();
        for (spec, what) in [(&replay.history, "what is remembered of locks"), (&replay.spec, "entry")] {
            let (violations, count) = spec.violations();
            self.wrong.extend(violations.iter().map(|Violation { index, what: why }| match what {
                "entry" => format!("entry {index}: {why}"),
                _ => format!("{what}: {why}"),
            }));
            self.more += count - violations.len() as u64;
        }
        self.end = Some(End {
            origin,
            cluster: Some(&replay.state.cluster).filter(|cluster| cluster.is_created()).map(|cluster| cluster.id),
            last: replay.last(),
            now_ms: replay.state.now_ms(),
            digest: replay.state.digest.value(),
            revision: replay.state.revision(),
            counts: replay.spec.counts,
            history: replay.history.counts,
            history_ms: replay.history_ms,
        });
    }

    /// What is wrong.
    pub fn what_is_wrong(&self) -> &[String] {
        &self.wrong
    }

    /// How many entries were applied.
    pub fn applied(&self) -> u64 {
        self.end.as_ref().map_or(0, |end| end.counts.entries)
    }

    /// True if the replay began with the first entry that there ever was.
    pub fn is_from_nothing(&self) -> bool {
        self.end.as_ref().is_some_and(|end| end.origin == Origin::Nothing)
    }

    /// What was looked at.
    pub fn counts(&self) -> Counts {
        self.end.as_ref().map(|end| end.counts).unwrap_or_default()
    }

    /// The cluster that the state is of.
    pub fn cluster(&self) -> Option<u128> {
        self.end.as_ref()?.cluster
    }

    /// What came of it.
    pub fn verdict(&self) -> Verdict {
        if self.wrong.is_empty() { Verdict::Certified } else { Verdict::Wrong }
    }
}

fn place(id: Option<LogId>) -> String {
    id.map_or_else(
        || "none".into(),
        |id| format!("{} (term {}, node {})", id.index, id.leader_id.term, id.leader_id.node_id),
    )
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "directory   {}", self.dir.display())?;
        if let Some((node, cluster)) = self.identity {
            writeln!(f, "identity    node {node} of cluster {cluster:032x}")?;
        }
        if let Some(log) = &self.log {
            let (first, last) = (place(log.first_id), place(log.last));
            let (count, mb) = (log.end - log.first, log.bytes as f64 / 1e6);
            writeln!(
                f,
                "log         {count} entries, {first} to {last}, in {} files of {mb:.1} MB: all checksums read",
                log.files
            )?;
            let count = log.end - log.committed.clamp(log.first, log.end);
            if count > 0 {
                writeln!(f, "            the last {count} of them may not be committed, and are not applied")?;
            }
        }
        if let Some(snapshot) = &self.snapshot {
            let SnapshotFacts { file, len, index, term, digest, is_remade } = snapshot;
            let mb = *len as f64 / 1e6;
            writeln!(
                f,
                "snapshot    {file}, {mb:.1} MB: whole; covers entry {index} (term {term}), digest {digest:016x}"
            )?;
            if *is_remade {
                writeln!(f, "            it is what the log makes, to the last byte")?;
            }
        }
        if let Some(end) = &self.end {
            let Counts { entries, batches, passed_over, boots, digests, holds, ends, expired } = end.counts;
            let from = match end.origin {
                Origin::Nothing => "from the first entry that there ever was",
                Origin::Snapshot => "from the snapshot: what was before it is not known here",
            };
            let (last, time) = (place(end.last), time_text(end.now_ms));
            writeln!(
                f,
                "applied     {entries} entries, {from}; the last is {last}, of {time}, digest {:016x}",
                end.digest
            )?;
            writeln!(
                f,
                "batches     {batches} applied once and in order, {passed_over} passed over; {boots} boots began"
            )?;
            writeln!(f, "locks       {holds} holds began and {ends} ended; no token is above {}", end.revision)?;
            if let Some((first_ms, last_ms)) = end.history_ms {
                let (first, last) = (time_text(first_ms), time_text(last_ms));
                let count = end.history.holds + end.history.ends;
                writeln!(f, "            {count} older events that the snapshot remembers, of {first} to {last}")?;
            }
            writeln!(f, "expired     {expired} keys, none before its time")?;
            writeln!(f, "digests     {digests} of leaders compared")?;
        }
        for notice in &self.notices {
            writeln!(f, "notice      {notice}")?;
        }
        for what in &self.wrong {
            writeln!(f, "WRONG       {what}")?;
        }
        if self.more > 0 {
            writeln!(f, "WRONG       … and {} more", self.more)?;
        }
        match self.verdict() {
            Verdict::Certified => write!(f, "certified: nothing is wrong with what was looked at"),
            Verdict::Wrong => write!(f, "not certified"),
        }
    }
}
