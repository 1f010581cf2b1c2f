//! All that the log builds.

use std::sync::Arc;

use super::images::Images;
use super::ties::Ties;
use super::{
    Accesses, Cluster, Creations, DATABASES, Database, Digest, Kind, Libraries, LockHistory, OnceReplies, Options,
    Origins, Scripts, Sessions, Subscriptions, User, Users, Waiters,
};

/// 2026-01-01 in seconds since the Unix epoch: revisions start from the time since then (design 3).
pub const FIRST_REVISION_EPOCH_S: u64 = 1_767_225_600;

/// The state machine's data at one log index.
///
/// Invariants: `revision` and `now_ms` never go back; everything here is a function of the log alone.
#[derive(Debug)]
pub struct State {
    pub(super) dbs: Vec<Database>,
    pub(super) revision: u64,
    pub(super) now_ms: u64,
    pub(super) creations: Creations,
    pub(super) waiters: Waiters,
    pub(super) subscriptions: Subscriptions,
    pub(super) sessions: Sessions,
    /// Made of the locks: no snapshot holds it.
    pub(super) ties: Ties,
    pub(super) lock_history: LockHistory,
    /// This node's: no part of the state.
    pub(super) accesses: Accesses,
    /// Likewise.
    pub(super) images: Images,
    /// Of an image, that it is alive.
    pub(super) _is_image: Option<std::sync::Arc<()>>,
    /// See [`Digest`].
    pub digest: Digest,
    /// Boots and what each has had applied.
    pub origins: Origins,
    /// Loaded scripts.
    pub scripts: Scripts,
    /// Libraries of functions.
    pub libraries: Libraries,
    /// Users.
    pub users: Arc<Users>,
    /// Replies that ONCE keeps.
    pub once: OnceReplies,
    /// Replicated options.
    pub options: Options,
    /// Members and cluster id.
    pub cluster: Cluster,
}

impl Default for State {
    fn default() -> Self {
        Self {
            dbs: (0..DATABASES).map(|_| Database::default()).collect(),
            revision: 0,
            now_ms: 0,
            creations: Creations::default(),
            waiters: Waiters::default(),
            subscriptions: Subscriptions::default(),
            sessions: Sessions::default(),
            ties: Ties::default(),
            lock_history: LockHistory::default(),
            accesses: Accesses::default(),
            images: Images::default(),
            _is_image: None,
            digest: Digest::default(),
            origins: Origins::default(),
            scripts: Scripts::default(),
            libraries: Libraries::default(),
            users: Arc::default(),
            once: OnceReplies::default(),
            options: Options::default(),
            cluster: Cluster::default(),
        }
    }
}

static NO_DATABASE: std::sync::LazyLock<Database> = std::sync::LazyLock::new(Database::default);

impl State {
    /// Database `index`; an empty one if there is none.
    pub fn db(&self, index: usize) -> &Database {
        self.dbs.get(index).unwrap_or(&NO_DATABASE)
    }

    /// The counter behind WATCH and fencing tokens.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Cluster time of the last applied entry, ms.
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// When keys were created.
    pub fn creations(&self) -> &Creations {
        &self.creations
    }

    /// Who a script runs as that a user of this name sent; None: it may everything. One who is gone may nothing.
    pub fn acting(&self, name: Option<&[u8]>) -> Option<Arc<User>> {
        let name = name?;
        Some(self.users.get(name).cloned().unwrap_or_else(|| Arc::new(User::new(name, false))))
    }

    /// Advances cluster time to an entry's stamp; it never goes back.
    pub fn advance_clock(&mut self, now_ms: u64) {
        self.now_ms = self.now_ms.max(now_ms);
    }

    /// Sets the counter where it starts (cluster creation, snapshot); never lowers it.
    pub fn raise_revision(&mut self, revision: u64) {
        self.revision = self.revision.max(revision);
    }

    /// The earliest deadline of any key, field or session.
    pub fn first_deadline_ms(&self) -> Option<u64> {
        let of_keys = self.dbs.iter().filter_map(|db| db.first_deadline().map(|(deadline, _)| deadline));
        let of_fields = self.dbs.iter().filter_map(|db| db.first_field_end().map(|(end_ms, _)| end_ms));
        let of_ids = self.dbs.iter().filter_map(|db| db.first_id_end().map(|(end_ms, _)| end_ms));
        of_keys.chain(of_fields).chain(of_ids).chain(self.sessions.first_deadline().map(|(deadline, _)| deadline)).min()
    }

    /// The state as it is now, unchanged by what is applied later, at the cost of one count for each shard. Only to be
    /// read.
    pub fn image(&self) -> Self {
        Self {
            dbs: self.dbs.iter().map(Database::image).collect(),
            revision: self.revision,
            now_ms: self.now_ms,
            creations: self.creations.clone(),
            waiters: self.waiters.clone(),
            subscriptions: self.subscriptions.clone(),
            sessions: self.sessions.clone(),
            ties: self.ties.clone(),
            lock_history: self.lock_history.clone(),
            accesses: self.accesses.clone(),
            images: Images::default(),
            _is_image: Some(self.images.begin()),
            digest: self.digest.clone(),
            origins: self.origins.clone(),
            scripts: self.scripts.image(),
            libraries: self.libraries.clone(),
            users: self.users.clone(),
            once: self.once.clone(),
            options: self.options.clone(),
            cluster: self.cluster.clone(),
        }
    }

    /// Restores an entry that a snapshot held.
    pub fn restore_entry(&mut self, db: usize, entry: super::Entry) {
        let Some(database) = self.dbs.get_mut(db) else { return };
        if let Some(lock) = super::Lock::of(entry.value()) {
            self.ties.change(db, entry.key(), &Default::default(), &Ties::of_key(lock.holds()));
        }
        database.insert(entry);
    }

    /// Restores what a snapshot held besides keys.
    pub fn restore_counters(&mut self, revision: u64, now_ms: u64, digest: u64, floors: &[u64]) {
        self.revision = revision;
        self.now_ms = now_ms;
        self.digest = Digest::from_value(digest);
        for (db, floor) in self.dbs.iter_mut().zip(floors) {
            db.raise_floor(*floor);
        }
    }

    /// Puts back what a snapshot held of the waiters.
    pub fn restore_waiters(&mut self, waiters: Waiters) {
        self.waiters = waiters;
    }

    /// Puts back what a snapshot held of the creations.
    pub fn restore_creations(&mut self, creations: Creations) {
        self.creations = creations;
    }

    /// Checks the invariants of all parts; for tests and after a snapshot is installed.
    ///
    /// # Errors
    /// Names the first thing that is wrong.
    pub fn validate(&self) -> Result<(), String> {
        for (index, db) in self.dbs.iter().enumerate() {
            db.validate().map_err(|what| format!("database {index}: {what}"))?;
            if let Some(entry) = db.iter_unordered().find(|entry| entry.revision() > self.revision) {
                return Err(format!("database {index}: key {:?} is newer than the state", entry.key()));
            }
        }
        self.scripts.validate()?;
        if self.creations.newest() > self.revision {
            return Err("a creation is newer than the state".into());
        }
        self.libraries.validate()?;
        self.once.validate()?;
        self.sessions.validate()?;
        if self.sessions.iter().any(|(id, _)| id > self.revision) {
            return Err("a session is newer than the state".into());
        }
        self.lock_history.validate()?;
        self.waiters.validate()?;
        self.subscriptions.validate()?;
        if let Some(held) = self.subscriptions.iter().find(|held| self.origins.get(held.0).is_none()) {
            return Err(format!("connection {} is subscribed, and its boot {} has ended", held.1, held.0));
        }
        self.validate_locks()?;
        match self.waiters.iter().find(|(id, _, _)| self.origins.get(id.boot).is_none()) {
            Some((id, _, _)) => Err(format!("{id:?} waits, and its boot has ended")),
            None => Ok(()),
        }
    }
}
