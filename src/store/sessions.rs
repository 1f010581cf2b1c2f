//! Sessions: what their clients keep alive, and what ends with them.
//!
//! Invariants
//! - An id is the revision of the command that opened it, so none is given twice. A session is there from that entry to the one that ends it;
//!   once its deadline is over it counts as ended, whether or not that has been done yet.
//! - `deadlines` holds exactly the (deadline, id) of all. A bound key stands in `keys` and in `owners`, with one session alone, and as long as it
//!   exists: a key that is gone is bound no more, whoever makes it again.
//! - Holds and waits of sessions are found by [`super::ties`] and [`super::Waiters`].
//! - All is bounded: sessions (`sessions-max`), and what each holds and binds (`session-items-max`).
//!
//! All tables are shared with images, so that a snapshot costs nothing here.

use std::net::SocketAddr;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};

/// What a client has opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// For how long it lives each time that it is kept alive, ms.
    pub timeout_ms: u64,
    /// Last ms of cluster time at which it lives.
    pub deadline_ms: u64,
    /// Cluster time when it was opened, ms.
    pub opened_ms: u64,
    /// What the client calls it.
    pub label: Arc<[u8]>,
    /// The boot and the connection that opened it; None: a script did.
    pub opener: Option<(u64, u64)>,
    /// The address of that client.
    pub from: Option<SocketAddr>,
}

type Name = (u8, Arc<[u8]>);

/// See the module's header.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sessions {
    by_id: OrdMap<u64, Session>,
    deadlines: OrdSet<(u64, u64)>,
    keys: OrdSet<(u64, Name)>,
    owners: OrdMap<Name, u64>,
    counts: OrdMap<u64, u64>,
}

impl Sessions {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// True without any.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// A session, over or not.
    pub fn get(&self, id: u64) -> Option<&Session> {
        self.by_id.get(&id)
    }

    /// All, by id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (u64, &Session)> {
        self.by_id.iter().map(|(id, session)| (*id, session))
    }

    /// The earliest deadline and whose it is.
    pub fn first_deadline(&self) -> Option<(u64, u64)> {
        self.deadlines.get_min().copied()
    }

    /// The keys that are bound to a session, in the order of database and key.
    pub fn keys_of(&self, id: u64) -> impl Iterator<Item = (usize, &[u8])> {
        let first = (id, (0, Arc::from([])));
        let of_session = self.keys.range(first..).take_while(move |(of, _)| *of == id);
        of_session.map(|(_, (db, key))| (usize::from(*db), &**key))
    }

    /// True if any key is bound.
    pub fn has_keys(&self) -> bool {
        !self.owners.is_empty()
    }

    /// How many keys are bound to a session.
    pub fn key_count(&self, id: u64) -> u64 {
        self.counts.get(&id).copied().unwrap_or(0)
    }

    /// The session that a key is bound to.
    pub fn owner_of(&self, db: usize, key: &[u8]) -> Option<u64> {
        if self.owners.is_empty() {
            return None;
        }
        self.owners.get(&(db as u8, Arc::from(key))).copied()
    }

    /// The deadline of that session.
    pub fn deadline_of(&self, db: usize, key: &[u8]) -> Option<u64> {
        Some(self.by_id.get(&self.owner_of(db, key)?)?.deadline_ms)
    }

    /// Puts one in. False if there is one of this id.
    pub(super) fn insert(&mut self, id: u64, session: Session) -> bool {
        if self.by_id.contains_key(&id) {
            return false;
        }
        self.deadlines.insert((session.deadline_ms, id));
        self.by_id.insert(id, session);
        true
    }

    /// Lets a session live until then.
    pub(super) fn set_deadline(&mut self, id: u64, deadline_ms: u64) {
        let Some(session) = self.by_id.get_mut(&id) else { return };
        self.deadlines.remove(&(session.deadline_ms, id));
        session.deadline_ms = deadline_ms;
        self.deadlines.insert((deadline_ms, id));
    }

    /// Takes a session out that has no keys.
    pub(super) fn remove(&mut self, id: u64) -> bool {
        let Some(session) = self.by_id.remove(&id) else { return false };
        self.deadlines.remove(&(session.deadline_ms, id));
        true
    }

    /// Binds a key to a session, and to no other one.
    pub(super) fn bind(&mut self, id: u64, db: usize, key: &[u8]) {
        self.unbind(db, key);
        let name: Name = (db as u8, key.into());
        self.keys.insert((id, name.clone()));
        *self.counts.entry(id).or_insert(0) += 1;
        self.owners.insert(name, id);
    }

    /// A key is gone.
    pub(super) fn unbind(&mut self, db: usize, key: &[u8]) {
        if self.owners.is_empty() {
            return;
        }
        let name: Name = (db as u8, key.into());
        let Some(id) = self.owners.remove(&name) else { return };
        self.keys.remove(&(id, name));
        if let Some(count) = self.counts.get_mut(&id) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&id);
            }
        }
    }

    /// All keys of a database are gone.
    pub(super) fn unbind_all(&mut self, db: usize) {
        for key in self.bound_in(db) {
            self.unbind(db, &key);
        }
    }

    /// Two databases have been exchanged.
    pub(super) fn swap(&mut self, a: usize, b: usize) {
        let moves: Vec<_> = [(a, b), (b, a)]
            .into_iter()
            .flat_map(|(from, to)| self.bound_in(from).into_iter().map(move |key| (from, to, key)))
            .filter_map(|(from, to, key)| Some((self.owner_of(from, &key)?, from, to, key)))
            .collect();
        for (_, from, _, key) in &moves {
            self.unbind(*from, key);
        }
        for (id, _, to, key) in &moves {
            self.bind(*id, *to, key);
        }
    }

    fn bound_in(&self, db: usize) -> Vec<Arc<[u8]>> {
        let first: Name = (db as u8, Arc::from([]));
        let of_db = self.owners.range(first..).take_while(|((of, _), _)| usize::from(*of) == db);
        of_db.map(|((_, key), _)| key.clone()).collect()
    }

    /// Puts back what a snapshot held. False if it stands there twice.
    #[must_use]
    pub fn restore(&mut self, id: u64, session: Session) -> bool {
        self.insert(id, session)
    }

    /// Puts back a binding. False if the session is not there, or the key is bound.
    #[must_use]
    pub fn restore_key(&mut self, id: u64, db: usize, key: &[u8]) -> bool {
        let is_right = self.get(id).is_some() && self.owner_of(db, key).is_none();
        if is_right {
            self.bind(id, db, key);
        }
        is_right
    }

    /// Checks the invariants of the module's header.
    ///
    /// # Errors
    /// Names the first thing that is wrong.
    pub fn validate(&self) -> Result<(), String> {
        let is_listed = |(id, session): (&u64, &Session)| self.deadlines.contains(&(session.deadline_ms, *id));
        if self.deadlines.len() != self.by_id.len() || !self.by_id.iter().all(is_listed) {
            return Err(format!("{} sessions, {} deadlines", self.by_id.len(), self.deadlines.len()));
        }
        let is_mutual =
            |(name, id): (&Name, &u64)| self.keys.contains(&(*id, name.clone())) && self.by_id.contains_key(id);
        let counted: u64 = self.counts.iter().map(|(_, count)| *count).sum();
        if self.keys.len() != self.owners.len()
            || counted != self.keys.len() as u64
            || !self.owners.iter().all(is_mutual)
            || self.counts.iter().any(|(id, count)| self.keys_of(*id).count() as u64 != *count)
        {
            return Err("the keys of sessions are not those that are bound to them".into());
        }
        Ok(())
    }
}
