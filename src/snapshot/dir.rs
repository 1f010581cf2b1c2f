//! The snapshots of one group: the current one, which is the newest, and those under way.
//!
//! Names: `<index>-<term>.snapshot`, both with 20 digits, so that names sort as their snapshots do; what is under way ends in
//! `.tmp`. Other files are left alone.
//!
//! Invariant: the newest one's metadata is known without its file once it was written, received or loaded here, so that Raft,
//! which cannot go on without it, needs no disk for it.
//!
//! All calls block on the disk.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::error::Problem;
use super::temp::Temp;
use super::{Meta, Opened, SnapshotError, SnapshotReader, SnapshotStore, Summary, disk_space};
use crate::store::State;

const SUFFIX: &str = ".snapshot";
const TEMP_SUFFIX: &str = ".tmp";

const DAMAGE_ADVICE: &str = "This node does not start without it, because the log before it may be purged. Remove the node \
     (RAFT.REMOVE) and let it join again with an empty directory; a cluster of one node needs its backup";

/// Which snapshot: the last log entry in it. Ordered as the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SnapshotId {
    /// Its index.
    pub last_index: u64,
    /// Its term.
    pub last_term: u64,
}

impl SnapshotId {
    fn of(meta: &Meta) -> Self {
        Self { last_index: meta.last_index, last_term: meta.last_term }
    }

    /// The name of its file.
    pub fn file_name(self) -> String {
        format!("{:020}-{:020}{SUFFIX}", self.last_index, self.last_term)
    }

    /// The newest of these names.
    pub fn newest(names: impl IntoIterator<Item = String>) -> Option<Self> {
        names.into_iter().filter_map(|name| Self::parse(&name)).max()
    }

    fn parse(name: &str) -> Option<Self> {
        let (index, term) = name.strip_suffix(SUFFIX)?.split_once('-')?;
        let id = Self { last_index: index.parse().ok()?, last_term: term.parse().ok()? };
        (id.file_name() == name).then_some(id)
    }
}

/// The newest snapshot, to be sent.
pub struct OpenSnapshot {
    /// Its metadata.
    pub meta: Meta,
    /// Length of the file, bytes.
    pub len: u64,
    /// The file from its start; stays readable when a newer one takes its place.
    pub reader: Box<dyn Read + Send>,
}

/// Keeps the newest snapshot of a group. Clones share it.
#[derive(Clone)]
pub struct SnapshotDir(Arc<Inner>);

struct Newest {
    id: SnapshotId,
    /// None until it was read.
    meta: Option<Meta>,
}

struct Inner {
    store: Arc<dyn SnapshotStore>,
    group: u64,
    latest: Mutex<Option<Newest>>,
    /// Held while a file gets its name; never together with I/O that `latest` would have to wait for.
    publishing: Mutex<()>,
    temps: AtomicU64,
}

impl SnapshotDir {
    /// Takes the files of `group`. Removes what was under way and what is older than the newest; reads none.
    ///
    /// # Errors
    /// Those of the store.
    pub fn open(store: Arc<dyn SnapshotStore>, group: u64) -> Result<Self, SnapshotError> {
        let failed = |error| SnapshotError::io(&store.describe(""), error);
        let names = store.list().map_err(failed)?;
        let latest = SnapshotId::newest(names.iter().cloned());
        for name in names.iter().filter(|name| name.ends_with(TEMP_SUFFIX)) {
            store.remove(name).map_err(failed)?;
        }
        // A process that was killed may have renamed the newest and no more.
        store.sync_dir().map_err(failed)?;
        remove_older(&*store, latest).map_err(failed)?;
        Ok(Self(Arc::new(Inner {
            store,
            group,
            latest: Mutex::new(latest.map(|id| Newest { id, meta: None })),
            publishing: Mutex::new(()),
            temps: AtomicU64::new(0),
        })))
    }

    /// The newest snapshot.
    pub fn latest(&self) -> Option<SnapshotId> {
        self.0.latest.lock().as_ref().map(|newest| newest.id)
    }

    /// The newest snapshot's metadata; read from its file only if that was never done.
    ///
    /// # Errors
    /// Damage to its meta; those of the store.
    pub fn latest_meta(&self) -> Result<Option<Meta>, SnapshotError> {
        let known = self.0.latest.lock().as_ref().and_then(|newest| newest.meta.clone());
        match known {
            None => Ok(self.open_latest()?.map(|opened| opened.meta)),
            known => Ok(known),
        }
    }

    /// Writes a snapshot of `image`, makes it durable and then the newest; should a newer one have come meanwhile, it is
    /// dropped again. It never takes the last `keep_free` bytes of the disk. A failed one leaves nothing behind.
    ///
    /// # Errors
    /// Those of the store, the same one in the same words; too little disk space; a `meta` that is not that of `image` or of this group.
    pub fn write(&self, image: &State, meta: &Meta, keep_free: u64) -> Result<Summary, SnapshotError> {
        self.check_group(meta, &self.0.store.describe(&SnapshotId::of(meta).file_name()))?;
        let temp = self.temp("write");
        let write = || {
            let mut writer = disk_space::create(&self.0.store, &temp.name, keep_free)?;
            let summary = super::write(image, meta, &mut writer)?;
            writer.finish()?;
            self.publish(&temp, meta)?;
            Ok(summary)
        };
        write().map_err(|error: io::Error| SnapshotError::io(&self.0.store.describe(""), error))
    }

    /// The newest snapshot as meta and state; `None` if there is none yet.
    ///
    /// # Errors
    /// Damage to the newest, whatever older files there are; those of the store.
    pub fn load_latest(&self) -> Result<Option<(Meta, State)>, SnapshotError> {
        let Some((id, file, opened)) = self.open_file()? else { return Ok(None) };
        let reader = SnapshotReader::new(opened.reader, &file).map_err(|error| error.advise(DAMAGE_ADVICE))?;
        self.check_name(reader.meta(), id, &file)?;
        let (meta, state) = reader.read_state().map_err(|error| error.advise(DAMAGE_ADVICE))?;
        if let Some(newest) = self.0.latest.lock().as_mut().filter(|newest| newest.id == id) {
            newest.meta = Some(meta.clone());
        }
        Ok(Some((meta, state)))
    }

    /// The newest snapshot as bytes, for a peer, which checks them; `None` if there is none yet.
    ///
    /// # Errors
    /// Damage to its meta; those of the store.
    pub fn open_latest(&self) -> Result<Option<OpenSnapshot>, SnapshotError> {
        let Some((id, file, Opened { len, mut reader })) = self.open_file()? else { return Ok(None) };
        // The part that the meta needs is read once and then served again.
        let mut head = Vec::new();
        let meta = SnapshotReader::new(Tee { input: &mut reader, copy: &mut head }, &file)
            .map_err(|error| error.advise(DAMAGE_ADVICE))?
            .meta()
            .clone();
        self.check_name(&meta, id, &file)?;
        Ok(Some(OpenSnapshot { meta, len, reader: Box::new(io::Cursor::new(head).chain(reader)) }))
    }

    /// Makes a whole, durable file the newest; false if a newer one is there already.
    pub(super) fn publish(&self, temp: &Temp, meta: &Meta) -> io::Result<bool> {
        let id = SnapshotId::of(meta);
        let _one_at_a_time = self.0.publishing.lock();
        let latest = self.latest();
        if latest > Some(id) {
            return Ok(false);
        }
        let store = &self.0.store;
        store.rename(&temp.name, &id.file_name())?;
        if let Err(error) = store.sync_dir() {
            if latest != Some(id) {
                // What is not current takes no disk space. Whichever of both a loss of power undoes, the file is whole.
                let _ = store.remove(&id.file_name());
            }
            return Err(error);
        }
        *self.0.latest.lock() = Some(Newest { id, meta: Some(meta.clone()) });
        // It is current whatever becomes of the older ones: the next one, or the next start, removes them.
        let _ = remove_older(&**store, Some(id));
        Ok(true)
    }

    /// Refuses a meta of another group.
    pub(super) fn check_group(&self, meta: &Meta, file: &str) -> Result<(), SnapshotError> {
        if meta.group == self.0.group {
            return Ok(());
        }
        Err(Problem::Misplaced(format!("it is of group {}, not {}", meta.group, self.0.group)).of(file))
    }

    fn check_name(&self, meta: &Meta, id: SnapshotId, file: &str) -> Result<(), SnapshotError> {
        self.check_group(meta, file)?;
        let found = SnapshotId::of(meta);
        if found == id {
            return Ok(());
        }
        Err(Problem::Misplaced(format!("by its contents it is {}", found.file_name())).of(file))
    }

    /// Where the files are.
    pub(super) fn store(&self) -> &Arc<dyn SnapshotStore> {
        &self.0.store
    }

    fn open_file(&self) -> Result<Option<(SnapshotId, String, Opened)>, SnapshotError> {
        loop {
            let Some(id) = self.latest() else { return Ok(None) };
            let name = id.file_name();
            let file = self.0.store.describe(&name);
            match self.0.store.open(&name) {
                Ok(opened) => return Ok(Some((id, file, opened))),
                // A newer one has just taken its place.
                Err(error) if error.kind() == io::ErrorKind::NotFound && self.latest() != Some(id) => {}
                Err(error) => return Err(SnapshotError::io(&file, error)),
            }
        }
    }

    pub(super) fn temp(&self, purpose: &str) -> Temp {
        let number = self.0.temps.fetch_add(1, Ordering::Relaxed);
        Temp { store: self.0.store.clone(), name: format!("{purpose}-{number}{TEMP_SUFFIX}") }
    }
}

/// Only when the name of the latest is durable: a loss of power could leave none otherwise.
fn remove_older(store: &dyn SnapshotStore, latest: Option<SnapshotId>) -> io::Result<()> {
    for name in store.list()? {
        if SnapshotId::parse(&name).is_some_and(|id| Some(id) < latest) {
            store.remove(&name)?;
        }
    }
    Ok(())
}

struct Tee<'a, R> {
    input: &'a mut R,
    copy: &'a mut Vec<u8>,
}

impl<R: Read> Read for Tee<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.copy.extend_from_slice(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}
