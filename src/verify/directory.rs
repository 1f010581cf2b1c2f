//! The directory: what is in it.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::course::{GROUP, Source, judge, read_newest};
use super::replay::Replay;
use super::report::{Origin, Report};
use crate::FEATURE_LEVEL;
use crate::error::Fatal;
use crate::node::NodeIdentity;
use crate::replication::log::ReadOnlyLog;
use crate::snapshot::Opened;

/// Bytes of entries that are read at once.
const READ_BYTES: usize = 4 << 20;

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
    let mut names = Vec::new();
    if snapshots.is_dir() {
        for file in std::fs::read_dir(&snapshots)? {
            names.extend(file?.file_name().into_string());
        }
    }
    let open = |name: &str| {
        let file = File::open(snapshots.join(name))?;
        Ok(Opened { len: file.metadata()?.len(), reader: Box::new(file) })
    };
    let snapshot = match read_newest(names, open, FEATURE_LEVEL)? {
        Ok(snapshot) => snapshot,
        Err(why) => {
            report.wrong(why);
            None
        }
    };
    if let Some((state, log)) = log {
        report.notices.clone_from(&log.notices);
        let entries = |start, end| log.read(GROUP, start, end, READ_BYTES);
        let source = Source { entries: &entries, size: log.size, known: FEATURE_LEVEL };
        judge(&mut report, &state, &source, snapshot)?;
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
