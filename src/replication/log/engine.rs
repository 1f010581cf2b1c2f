//! The log on disk: raft-engine, with one thread that writes, one that reads, one that removes old files and one that
//! prepares new ones.
//!
//! Reads have a thread of their own because raft-engine caches the last block read per thread, without regard to which
//! engine it came from, and because a slow disk must not stall the runtime.

mod writer;

use std::fs;
use std::fs::File;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use raft_engine::Config;
use raft_engine::ReadableSize;
use raft_engine::RecoveryMode;
use raft_engine::Version;
use raft_engine::env::FileSystem;
use tokio::sync::oneshot;

use super::files::LogFiles;
use super::io::LogIo;
use super::io::Write;
use super::prefilled::{PrefilledFiles, free_bytes};
use super::queue::Queue;
use super::record::Record;
use super::region::{STATE_KEY, region};
use super::scan;
use super::state::GroupState;
use super::state::StateError;
use crate::error::Fatal;
use crate::replication::types::Entry;
use crate::sys::disk;
use crate::sys::latency::Spikes;

/// Most entries that one read looks up, whatever their size.
const READ_ENTRIES_MAX: u64 = 4096;

/// Where and how raft-engine keeps its files.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// The log's own directory; made if it is not there.
    pub dir: PathBuf,
    /// Size at which a new file is begun.
    pub file_bytes: u64,
    /// Size of the log above which files are removed or reused, if nothing in them is needed.
    pub purge_threshold_bytes: u64,
    /// Space written with zeros ahead of the log, in whole files: an fsync is then cheaper (see `prefilled`).
    pub prefill_bytes: u64,
    /// Write past the page cache, where the file system can.
    pub direct: bool,
    /// Below so much free disk there are no files of zeros: they are given back.
    pub keep_free_bytes: u64,
    /// How often files are looked at for removal.
    pub purge_interval: Duration,
    /// Where it is noted how long writes take.
    pub spikes: Arc<Spikes>,
}

impl EngineOptions {
    /// The defaults, in `dir`.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            file_bytes: 64 << 20,
            purge_threshold_bytes: 512 << 20,
            prefill_bytes: 128 << 20,
            direct: true,
            keep_free_bytes: 0,
            purge_interval: Duration::from_secs(10),
            spikes: Arc::default(),
        }
    }

    pub(super) fn config(&self) -> Config {
        Config {
            dir: self.dir.to_string_lossy().into_owned(),
            // What may be cut off was cut off by `scan`; anything else is damage.
            recovery_mode: RecoveryMode::AbsoluteConsistency,
            recovery_threads: 2,
            batch_compression_threshold: ReadableSize(0),
            format_version: Version::V2,
            target_file_size: ReadableSize(self.file_bytes),
            purge_threshold: ReadableSize(self.purge_threshold_bytes.max(self.file_bytes)),
            enable_log_recycle: true,
            ..Config::default()
        }
    }
}

/// raft-engine on our files.
pub type Engine = raft_engine::Engine<LogFiles>;

type Job = Box<dyn FnOnce(&Engine) + Send>;

/// Between two pieces of a spare file: written at once, they would make the log's own fsyncs wait.
const SPARE_PAUSE: Duration = Duration::from_millis(6);

/// The logs of all groups in one directory. Dropping it writes what is queued and closes the files.
pub struct EngineLog {
    engine: Arc<Engine>,
    queue: Arc<Queue>,
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    stop_purge: Mutex<Option<mpsc::Sender<()>>>,
    spares: Arc<PrefilledFiles>,
    threads: Mutex<Vec<thread::JoinHandle<()>>>,
}

impl EngineLog {
    /// Opens the log; also returns what the operator should hear about, such as a torn tail that was dropped.
    ///
    /// Everything read here is durable when it returns, though a crash may have left it in the page cache only.
    ///
    /// # Errors
    /// The log is damaged, in use, or written by another version.
    pub fn open(options: &EngineOptions) -> Result<(Self, Vec<String>), Fatal> {
        let dir = &options.dir;
        fs::create_dir_all(dir).map_err(|error| cannot("create", dir, &error))?;
        let notices = scan::check(dir)?;
        let count = usize::try_from(options.prefill_bytes / options.file_bytes.max(1)).unwrap_or(0);
        let spares =
            PrefilledFiles::open(dir, options.file_bytes, count).map_err(|error| cannot("prepare", dir, &error))?;
        let spares = Arc::new(spares);
        // The first file is one of them. What cannot be written, for want of space perhaps, the log can do without.
        if scan::is_empty(dir) {
            drop(spares.fill(|| spares.is_empty() && spares.has_room(options.keep_free_bytes)));
        }
        let files = Arc::new(LogFiles::new(Arc::clone(&spares), options.direct));
        let engine = Engine::open_with_file_system(options.config(), files).map_err(|error| {
            Fatal(format!("the log in {} cannot be opened: {error}. {}", dir.display(), super::DAMAGED))
        })?;
        sync_all(dir)?;
        let engine = Arc::new(engine);
        let queue = Arc::new(Queue::default());
        let (jobs, work) = mpsc::channel::<Job>();
        let (stop_purge, stopped) = mpsc::channel::<()>();
        let (interval, keep_free) = (options.purge_interval, options.keep_free_bytes);

        let spawn = |name: &str, body: Box<dyn FnOnce(&Engine) + Send>| {
            let (thread_name, engine) = (name.to_owned(), Arc::clone(&engine));
            thread::Builder::new()
                .name(thread_name.clone())
                .spawn(move || super::abort::guarded(&thread_name, || body(&engine)))
                .map_err(|error| Fatal(format!("thread {name} cannot be started: {error}")))
        };
        let queued = Arc::clone(&queue);
        let (filled, taken) = (Arc::clone(&spares), spares.watch());
        let given_back = Arc::clone(&spares);
        let spikes = Arc::clone(&options.spikes);
        let threads = vec![
            spawn("log-writer", Box::new(move |engine| writer::run(engine, &queued, &spikes)))?,
            spawn("log-reader", Box::new(move |engine| work.iter().for_each(|job| job(engine))))?,
            spawn(
                "log-purge",
                Box::new(move |engine| {
                    while let Err(mpsc::RecvTimeoutError::Timeout) = stopped.recv_timeout(interval) {
                        purge_files(engine);
                        if free_bytes(given_back.dir()).is_some_and(|free| free < keep_free) {
                            given_back.give_back();
                        }
                    }
                }),
            )?,
            spawn("log-spare", Box::new(move |_| fill_spares(&filled, &taken, keep_free)))?,
        ];
        let log = Self {
            engine,
            queue,
            jobs: Mutex::new(Some(jobs)),
            stop_purge: Mutex::new(Some(stop_purge)),
            spares,
            threads: Mutex::new(threads),
        };
        Ok((log, notices))
    }

    /// Removes files now, as the thread does from time to time.
    #[cfg(test)]
    pub fn purge_files(&self) {
        self.engine.purge_expired_files().unwrap();
    }
}

fn purge_files(engine: &Engine) {
    // Nothing is lost by files that stay; a full disk is what the next round may cure.
    if let Err(error) = engine.purge_expired_files() {
        tracing::warn!(path = engine.path(), %error, "old log files could not be removed");
    }
}

fn fill_spares(spares: &PrefilledFiles, taken: &mpsc::Receiver<()>, keep_free: u64) {
    loop {
        let filled = spares.fill(|| {
            thread::sleep(SPARE_PAUSE);
            spares.is_watched() && spares.has_room(keep_free)
        });
        // The log can do without; the next one taken is the next try.
        drop(filled);
        if taken.recv().is_err() {
            return;
        }
    }
}

impl Drop for EngineLog {
    fn drop(&mut self) {
        self.queue.close();
        self.jobs.lock().take();
        self.stop_purge.lock().take();
        self.spares.close();
        for thread in self.threads.lock().drain(..) {
            // A panic in it would have ended the process.
            drop(thread.join());
        }
    }
}

impl LogIo for EngineLog {
    fn load(&self, group: u64) -> Result<Option<GroupState>, Fatal> {
        load(&self.engine, group)
    }

    fn submit(&self, write: Write) {
        self.queue.push(write);
    }

    fn read(&self, group: u64, start: u64, end: u64, max_bytes: usize) -> BoxFuture<'static, io::Result<Vec<Entry>>> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |engine| {
            let mut records: Vec<Record> = Vec::new();
            let end = end.min(start.saturating_add(READ_ENTRIES_MAX));
            let fetched = engine.fetch_entries_to::<Record>(region(group), start, end, Some(max_bytes), &mut records);
            let result = match fetched {
                Ok(_) => Ok(records.into_iter().map(|record| record.0).collect()),
                Err(error) => Err(io::Error::other(error)),
            };
            // A reader that has gone away wants nothing.
            drop(answer.send(result));
        });
        let sent = self.jobs.lock().as_ref().is_some_and(|jobs| jobs.send(job).is_ok());
        async move {
            let closed = || io::Error::other("the log was closed");
            if sent { answered.await.map_err(|_| closed())? } else { Err(closed()) }
        }
        .boxed()
    }

    fn disk_bytes(&self) -> u64 {
        self.engine.get_used_size() as u64
    }
}

/// The record of a group, and that what it promises is there.
pub(super) fn load<F: FileSystem>(engine: &raft_engine::Engine<F>, group: u64) -> Result<Option<GroupState>, Fatal> {
    let region = region(group);
    let broken =
        |why: String| Fatal(format!("the log of group {group} in {} {why}. {}", engine.path(), super::DAMAGED));
    let (found_first, found_last) = (engine.first_index(region), engine.last_index(region));
    let Some(bytes) = engine.get(region, STATE_KEY) else {
        return match found_first {
            None => Ok(None),
            Some(_) => Err(broken("has entries but no record of them".to_owned())),
        };
    };
    let state = GroupState::decode(bytes).map_err(|error| match error {
        StateError::Format(version) => Fatal(format!(
            "the log in {} has format version {version}, this program reads {}: start the version that wrote it",
            engine.path(),
            super::FORMAT_VERSION
        )),
        StateError::Malformed(error) => broken(format!("has a damaged record ({error})")),
    })?;
    let (first, end) = state.range();
    let there = found_first.is_some_and(|found| found <= first) && found_last.is_some_and(|found| found + 1 >= end);
    if first < end && !there {
        let found = format!("{found_first:?} to {found_last:?}");
        return Err(broken(format!("should hold entries {first} to {}, but holds {found}", end - 1)));
    }
    Ok(Some(state))
}

/// Makes durable what recovery read, the files' names, and the directory's own.
fn sync_all(dir: &Path) -> Result<(), Fatal> {
    let failed = |path: &Path, error: io::Error| cannot("sync", path, &error);
    for file in fs::read_dir(dir).map_err(|error| cannot("list", dir, &error))? {
        let path = file.map_err(|error| cannot("list", dir, &error))?.path();
        File::open(&path).and_then(|file| disk::sync_all(&file)).map_err(|error| failed(&path, error))?;
    }
    disk::sync_dir(dir).map_err(|error| failed(dir, error))?;
    let dir = fs::canonicalize(dir).map_err(|error| cannot("find", dir, &error))?;
    dir.parent().map_or(Ok(()), |parent| disk::sync_dir(parent).map_err(|error| failed(parent, error)))
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> Fatal {
    Fatal(format!("cannot {what} {}: {error}. Check the disk and the permissions.", path.display()))
}
