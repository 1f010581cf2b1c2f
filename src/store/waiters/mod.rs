//! Who waits for keys (design 3): clients whose blocking command could not complete, in the order in which they came.
//!
//! Invariants
//! - Per key first come, first served: a queue is in the order of tickets, a ticket is given once and never again, and a waiter that is
//!   tried and not served keeps its place.
//! - A waiter stands in the queue of each of its keys, in `deadlines` if it has one, and in `by_id`; or nowhere. So whoever takes it out
//!   (served, ended by its deadline, cancelled) is the only one to do so, and it is answered once.
//! - Queues are of *names*: what becomes of the keys (FLUSHALL, RENAME, SWAPDB) moves no waiter.
//! - Keys become ready in the order in which a command gave them a value of a type that somebody waits for; each counts once until it is
//!   looked at. Nothing is ready between two entries.
//! - Whoever waits for a lock is served in turn: not before all those in front that wait for it too. So the end of a wait in front makes the
//!   key ready for those behind.
//! - All is bounded: waiters of a key, waiters in all, bytes of their arguments.
//!
//! All tables are shared with images, so that a snapshot costs nothing here.

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};

use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::LockMode;

/// Most bytes of the arguments of all waiters together.
const BYTES_MAX: u64 = 256 << 20;
/// What a waiter takes besides its arguments, roughly.
const WAITER_BYTES: u64 = 256;
/// What its place in the queue of a key takes, roughly.
const PLACE_BYTES: u64 = 96;

const TOO_MANY_OF_KEY: ReplyError = ReplyError::new("LIMIT too many clients wait for this key (waiters-per-key-max)");
const TOO_MANY: ReplyError = ReplyError::new("LIMIT too many clients wait (waiters-max)");
const TOO_LARGE: ReplyError = ReplyError::new("LIMIT the arguments of the clients that wait take too much memory");

/// One wait of one connection, unique in the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct WaiterId {
    /// The boot whose batch brought it.
    pub boot: u64,
    /// The connection.
    pub connection: u64,
    /// 1, 2, 3 … of the connection's waits.
    pub number: u64,
}

/// What makes a key worth a look for a waiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// A list.
    List,
    /// A sorted set.
    SortedSet,
    /// A lock, or that there is no key.
    Lock,
    /// A stream.
    Stream,
    /// A stream with a group; that it, or the key, is gone or is another one ends the wait.
    StreamGroup,
    /// A list of a length: one that has become longer is worth a look too.
    LongerList,
}

impl Wants {
    /// All, by their numbers in a snapshot.
    pub const ALL: [Self; 6] =
        [Self::List, Self::SortedSet, Self::Lock, Self::Stream, Self::StreamGroup, Self::LongerList];
    /// What TYPE says of a lock.
    pub(in crate::store) const LOCK_TYPE: &str = "lock";

    /// Its number.
    pub fn number(self) -> usize {
        self as usize
    }

    /// True if a value whose type is so called may serve.
    pub fn accepts(self, type_name: &str) -> bool {
        match self {
            Self::List | Self::LongerList => type_name == "list",
            Self::SortedSet => type_name == "zset",
            Self::Lock => type_name == Self::LOCK_TYPE,
            Self::Stream => type_name == "stream",
            Self::StreamGroup => true,
        }
    }

    /// True if the end of a key is worth a look.
    pub fn is_for_end(self) -> bool {
        matches!(self, Self::Lock | Self::StreamGroup)
    }

    /// True if those behind one that is not served are not either.
    pub fn is_in_turn(self) -> bool {
        self == Self::Lock
    }

    /// What is answered when the time is over.
    pub fn timed_out(self) -> Reply {
        match self {
            Self::List | Self::SortedSet | Self::Lock | Self::Stream | Self::StreamGroup | Self::LongerList => {
                Reply::NilArray
            }
        }
    }
}

/// What a waiter for locks is to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Who.
    pub owner: Arc<[u8]>,
    /// How.
    pub mode: LockMode,
}

/// A command that waits.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiter {
    /// Index of its database.
    pub db: u8,
    /// The command: to be run again when one of its keys is ready.
    pub args: Args,
    /// The keys that it waits for, each once.
    pub keys: Vec<Arc<[u8]>>,
    /// What makes them ready.
    pub wants: Wants,
    /// What it is to hold of each: of those that are served in turn, and of no others.
    pub claim: Option<Claim>,
    /// Cluster time when it began, ms.
    pub since_ms: u64,
    /// Cluster time when it ends, ms; 0 = never.
    pub deadline_ms: u64,
    /// The session with which it ends.
    pub session: Option<u64>,
    /// The address of its client.
    pub from: Option<SocketAddr>,
}

impl Waiter {
    fn bytes(&self) -> u64 {
        let owner = self.claim.as_ref().map_or(0, |claim| claim.owner.len() as u64);
        let places: u64 = self.keys.iter().map(|key| key.len() as u64 + PLACE_BYTES).sum();
        self.args.size() as u64 + owner + places + WAITER_BYTES
    }
}

/// Bounds of the queues.
#[derive(Clone, Copy, Debug)]
pub struct WaiterLimits {
    /// Waiters of one key.
    pub per_key: u64,
    /// Waiters in all.
    pub in_all: u64,
}

/// A key of a database.
type Name = (u8, Arc<[u8]>);

/// True if one of so many of each kind minds the end of the key.
fn awaits_end(counts: &[u64; Wants::ALL.len()]) -> bool {
    Wants::ALL.iter().zip(counts).any(|(wants, count)| *count > 0 && wants.is_for_end())
}

/// See the module's header.
#[derive(Clone, Debug, Default)]
pub struct Waiters {
    by_id: OrdMap<WaiterId, (u64, Arc<Waiter>)>,
    /// In order of the tickets of each key.
    queues: OrdMap<(Name, u64), WaiterId>,
    /// How many of a key's waiters want what.
    lens: OrdMap<Name, [u64; Wants::ALL.len()]>,
    /// Keys whose end matters to one of their waiters.
    end_awaited: usize,
    deadlines: OrdMap<(u64, u64), WaiterId>,
    /// Of those that are served in turn, by owner and ticket.
    owners: OrdMap<(Arc<[u8]>, u64), WaiterId>,
    /// Those that end with a session, with their tickets.
    sessions: OrdSet<(u64, u64, WaiterId)>,
    last_ticket: u64,
    /// Those that are served in turn.
    in_turn: usize,
    /// Their places in queues.
    places_in_turn: u64,
    bytes: u64,
    ready: VecDeque<Name>,
    is_ready: BTreeSet<Name>,
}

impl Waiters {
    /// Number of waiters.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// True if nobody waits.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The ticket that was given last.
    pub fn last_ticket(&self) -> u64 {
        self.last_ticket
    }

    /// A waiter with its ticket.
    pub fn get(&self, id: WaiterId) -> Option<(u64, &Arc<Waiter>)> {
        self.by_id.get(&id).map(|(ticket, waiter)| (*ticket, waiter))
    }

    /// All, with their tickets, in order of id.
    pub fn iter(&self) -> impl Iterator<Item = (WaiterId, u64, &Waiter)> {
        self.by_id.iter().map(|(id, (ticket, waiter))| (*id, *ticket, &**waiter))
    }

    /// Puts a waiter at the end of the queue of each of its keys.
    ///
    /// # Errors
    /// LIMIT: a bound is reached, and nothing changed.
    pub fn join(&mut self, id: WaiterId, waiter: Waiter, limits: WaiterLimits) -> Result<(), ReplyError> {
        self.remove(id);
        if self.len() as u64 >= limits.in_all {
            return Err(TOO_MANY);
        }
        if self.bytes + waiter.bytes() > BYTES_MAX {
            return Err(TOO_LARGE);
        }
        if waiter.keys.iter().any(|key| self.len_of(waiter.db, key) >= limits.per_key) {
            return Err(TOO_MANY_OF_KEY);
        }
        self.last_ticket += 1;
        self.put(id, self.last_ticket, waiter);
        Ok(())
    }

    fn put(&mut self, id: WaiterId, ticket: u64, waiter: Waiter) {
        self.bytes += waiter.bytes();
        if waiter.wants.is_in_turn() {
            self.in_turn += 1;
            self.places_in_turn += waiter.keys.len() as u64;
        }
        for key in &waiter.keys {
            let name = (waiter.db, key.clone());
            let counts = self.lens.entry(name.clone()).or_default();
            self.end_awaited += usize::from(waiter.wants.is_for_end() && !awaits_end(counts));
            if let Some(count) = counts.get_mut(waiter.wants.number()) {
                *count += 1;
            }
            self.queues.insert((name, ticket), id);
        }
        if waiter.deadline_ms != 0 {
            self.deadlines.insert((waiter.deadline_ms, ticket), id);
        }
        if let Some(claim) = &waiter.claim {
            self.owners.insert((claim.owner.clone(), ticket), id);
        }
        if let Some(session) = waiter.session {
            self.sessions.insert((session, ticket, id));
        }
        self.by_id.insert(id, (ticket, Arc::new(waiter)));
    }

    /// Takes a waiter out.
    pub fn remove(&mut self, id: WaiterId) -> Option<Arc<Waiter>> {
        let (ticket, waiter) = self.by_id.remove(&id)?;
        self.bytes -= waiter.bytes();
        if waiter.wants.is_in_turn() {
            self.in_turn -= 1;
            self.places_in_turn -= waiter.keys.len() as u64;
        }
        for key in &waiter.keys {
            let name = (waiter.db, key.clone());
            if let Some(counts) = self.lens.get_mut(&name) {
                if let Some(count) = counts.get_mut(waiter.wants.number()) {
                    *count -= 1;
                }
                self.end_awaited -= usize::from(waiter.wants.is_for_end() && !awaits_end(counts));
                if counts.iter().all(|count| *count == 0) {
                    self.lens.remove(&name);
                }
            }
            self.queues.remove(&(name, ticket));
        }
        if waiter.deadline_ms != 0 {
            self.deadlines.remove(&(waiter.deadline_ms, ticket));
        }
        if let Some(claim) = &waiter.claim {
            self.owners.remove(&(claim.owner.clone(), ticket));
        }
        if let Some(session) = waiter.session {
            self.sessions.remove(&(session, ticket, id));
        }
        if waiter.wants.is_in_turn() {
            waiter.keys.iter().for_each(|key| self.signal(waiter.db, key, Wants::LOCK_TYPE));
        }
        Some(waiter)
    }

    /// How many are served in turn.
    pub fn in_turn_len(&self) -> usize {
        self.in_turn
    }

    /// True if all that are served in turn wait for this key alone.
    pub fn all_in_turn_wait_for(&self, db: u8, key: &Arc<[u8]>) -> bool {
        self.in_turn_of(db, key) == self.places_in_turn
    }

    /// How many of those that wait for a key are served in turn.
    pub fn in_turn_of(&self, db: u8, key: &Arc<[u8]>) -> u64 {
        let counts = self.lens.get(&(db, key.clone()));
        counts.and_then(|counts| counts.get(Wants::Lock.number())).copied().unwrap_or(0)
    }

    /// True if somebody waits for a key to whom its end matters.
    pub fn is_end_awaited(&self, db: u8, key: &Arc<[u8]>) -> bool {
        let counts = self.lens.get(&(db, key.clone()));
        counts.is_some_and(awaits_end)
    }

    /// Keys that somebody waits for, and those of them whose end matters to one who does.
    pub fn key_counts(&self) -> (usize, usize) {
        (self.lens.len(), self.end_awaited)
    }

    /// The first of those that wait for a key and are served in turn.
    pub fn first_in_turn(&self, db: u8, key: &[u8]) -> Option<WaiterId> {
        if self.in_turn == 0 {
            return None;
        }
        let key: Arc<[u8]> = key.into();
        if self.in_turn_of(db, &key) == 0 {
            return None;
        }
        self.of_key(db, key).find(|(_, waiter)| waiter.wants.is_in_turn()).map(|(id, _)| id)
    }

    /// Those that wait for a key, in order.
    pub fn of_key(&self, db: u8, key: Arc<[u8]>) -> impl Iterator<Item = (WaiterId, &Waiter)> {
        let name = || (db, key.clone());
        self.queues
            .range((name(), 0)..=(name(), u64::MAX))
            .filter_map(|(_, id)| self.by_id.get(id).map(|(_, waiter)| (*id, &**waiter)))
    }

    /// Those of an owner that wait for locks, in order.
    pub fn of_owner<'a>(&'a self, owner: &Arc<[u8]>) -> impl Iterator<Item = (u64, WaiterId, &'a Waiter)> + use<'a> {
        let all = (owner.clone(), 0)..=(owner.clone(), u64::MAX);
        self.owners.range(all).filter_map(|(_, id)| self.get(*id).map(|(ticket, waiter)| (ticket, *id, &**waiter)))
    }

    /// Whoever waits for the same owner as this one, which waits no more, and for one of its keys, in order. It takes no longer than a look
    /// at the shorter of both: what waits for the owner, and what waits for the keys.
    pub fn beside(&self, gone: &Waiter) -> Vec<WaiterId> {
        let Some(claim) = &gone.claim else { return Vec::new() };
        let places: u64 = gone.keys.iter().map(|key| self.len_of(gone.db, key)).sum();
        let places = usize::try_from(places).unwrap_or(usize::MAX);
        let shares = |waiter: &Waiter| waiter.db == gone.db && waiter.keys.iter().any(|key| gone.keys.contains(key));
        if places == 0 {
            return Vec::new();
        }
        if self.of_owner(&claim.owner).take(places).count() < places {
            return self.of_owner(&claim.owner).filter(|(.., other)| shares(other)).map(|(_, id, _)| id).collect();
        }
        let at_keys = gone.keys.iter().flat_map(|key| self.of_key(gone.db, key.clone()));
        let of_owner =
            at_keys.filter(|(_, other)| other.claim.as_ref().is_some_and(|other| other.owner == claim.owner));
        let tickets = of_owner.filter_map(|(id, _)| Some((self.get(id)?.0, id)));
        let in_order: BTreeSet<(u64, WaiterId)> = tickets.collect();
        in_order.into_iter().map(|(_, id)| id).collect()
    }

    /// How many wait for a key.
    pub fn len_of(&self, db: u8, key: &Arc<[u8]>) -> u64 {
        self.lens.get(&(db, key.clone())).map_or(0, |counts| counts.iter().sum())
    }

    /// The first of a key's queue behind this ticket (0: of all).
    pub fn next_of(&self, db: u8, key: &Arc<[u8]>, behind: u64) -> Option<(u64, WaiterId)> {
        let name = || (db, key.clone());
        let rest = (name(), behind + 1)..=(name(), u64::MAX);
        self.queues.range(rest).next().map(|((_, ticket), id)| (*ticket, *id))
    }

    /// The waiters of one connection under one boot, up to this number.
    pub fn of_connection(&self, upto: WaiterId) -> Vec<WaiterId> {
        self.by_id.range(WaiterId { number: 0, ..upto }..=upto).map(|(id, _)| *id).collect()
    }

    /// The first waiter of a connection, whatever its boot is.
    pub fn find(&self, connection: u64) -> Option<WaiterId> {
        let mut from = WaiterId { connection, ..WaiterId::default() };
        loop {
            let (found, _) = self.by_id.range(from..).next()?;
            if found.connection == connection {
                return Some(*found);
            }
            // The next place at which it may stand.
            let boot = if found.connection < connection { found.boot } else { found.boot.checked_add(1)? };
            from = WaiterId { boot, connection, number: 0 };
        }
    }

    /// The waiters of a boot.
    pub fn of_boot(&self, boot: u64) -> Vec<WaiterId> {
        let first = WaiterId { boot, ..WaiterId::default() };
        self.by_id.range(first..).map(|(id, _)| *id).take_while(|id| id.boot == boot).collect()
    }

    /// The waiters that end with a session, in the order in which they came.
    pub fn of_session(&self, session: u64) -> impl Iterator<Item = WaiterId> {
        let of_session = self.sessions.range((session, 0, WaiterId::default())..);
        of_session.take_while(move |(of, _, _)| *of == session).map(|(_, _, id)| *id)
    }

    /// The earliest deadline and whose it is.
    pub fn first_deadline(&self) -> Option<(u64, WaiterId)> {
        self.deadlines.get_min().map(|((deadline_ms, _), id)| (*deadline_ms, *id))
    }

    /// A key has got a value of this type: it is ready if somebody waits for that.
    pub(in crate::store) fn signal(&mut self, db: u8, key: &[u8], type_name: &str) {
        let name: Name = (db, key.into());
        let Some(counts) = self.lens.get(&name) else { return };
        let is_wanted = Wants::ALL.iter().zip(counts).any(|(wants, count)| *count > 0 && wants.accepts(type_name));
        if is_wanted && self.is_ready.insert(name.clone()) {
            self.ready.push_back(name);
        }
    }

    /// The list at a key has become longer: it is ready if somebody waits for that.
    pub(in crate::store) fn signal_longer(&mut self, db: u8, key: &[u8]) {
        let name: Name = (db, key.into());
        let counts = self.lens.get(&name).and_then(|counts| counts.get(Wants::LongerList.number()));
        if counts.is_some_and(|count| *count > 0) && self.is_ready.insert(name.clone()) {
            self.ready.push_back(name);
        }
    }

    /// A key is gone: it is ready if that matters to somebody.
    pub(in crate::store) fn signal_end(&mut self, db: u8, key: &[u8]) {
        let name: Name = (db, key.into());
        if self.is_end_awaited(db, &name.1) && self.is_ready.insert(name.clone()) {
            self.ready.push_back(name);
        }
    }

    /// The key that has been ready for longest.
    pub fn next_ready(&mut self) -> Option<(u8, Arc<[u8]>)> {
        let name = self.ready.pop_front()?;
        self.is_ready.remove(&name);
        Some(name)
    }

    /// The keys of a database that somebody waits for, in their order.
    pub(in crate::store) fn keys_of(&self, db: u8) -> Vec<Arc<[u8]>> {
        let first: Name = (db, Arc::from([]));
        self.lens
            .range(first..)
            .map(|(name, _)| name)
            .take_while(|name| name.0 == db)
            .map(|(_, key)| key.clone())
            .collect()
    }

    /// Puts back what a snapshot held. False if it contradicts itself.
    #[must_use]
    pub fn restore(&mut self, id: WaiterId, ticket: u64, waiter: Waiter) -> bool {
        let is_new = !self.by_id.contains_key(&id) && (1..=self.last_ticket).contains(&ticket);
        let keys: BTreeSet<_> = waiter.keys.iter().collect();
        let is_free = waiter.keys.iter().all(|key| !self.queues.contains_key(&((waiter.db, key.clone()), ticket)));
        let is_claim = waiter.claim.is_some() == waiter.wants.is_in_turn();
        if !is_new || !is_free || !is_claim || keys.is_empty() || keys.len() != waiter.keys.len() {
            return false;
        }
        self.put(id, ticket, waiter);
        true
    }

    /// Puts back the ticket that was given last, before all waiters.
    pub fn restore_last_ticket(&mut self, ticket: u64) {
        self.last_ticket = ticket;
    }

    /// Checks the invariants of the module's header.
    ///
    /// # Errors
    /// Names the first thing that is wrong.
    pub fn validate(&self) -> Result<(), String> {
        let (mut places, mut deadlines, mut bytes) = (0, 0, 0);
        let in_turn = self.by_id.values().filter(|(_, waiter)| waiter.wants.is_in_turn()).count();
        if in_turn != self.in_turn {
            return Err(format!("{in_turn} waiters that are served in turn, counted {}", self.in_turn));
        }
        let in_turn = self.by_id.values().filter(|(_, waiter)| waiter.wants.is_in_turn());
        if in_turn.map(|(_, waiter)| waiter.keys.len() as u64).sum::<u64>() != self.places_in_turn {
            return Err("the places of those that are served in turn are counted wrong".into());
        }
        for (id, (ticket, waiter)) in &self.by_id {
            places += waiter.keys.len();
            deadlines += usize::from(waiter.deadline_ms != 0);
            bytes += waiter.bytes();
            let stands = |key: &Arc<[u8]>| self.queues.get(&((waiter.db, key.clone()), *ticket)) == Some(id);
            if !waiter.keys.iter().all(stands) || *ticket > self.last_ticket {
                return Err(format!("{id:?} does not stand in the queues of its keys"));
            }
            let stands = |claim: &Claim| self.owners.get(&(claim.owner.clone(), *ticket)) == Some(id);
            if !waiter.claim.as_ref().is_none_or(stands) {
                return Err(format!("{id:?} is not among those of its owner"));
            }
            if waiter.deadline_ms != 0 && self.deadlines.get(&(waiter.deadline_ms, *ticket)) != Some(id) {
                return Err(format!("the deadline of {id:?} is not indexed"));
            }
            if waiter.session.is_some_and(|session| !self.sessions.contains(&(session, *ticket, *id))) {
                return Err(format!("{id:?} is not among the waiters of its session"));
            }
        }
        let of_sessions = self.by_id.values().filter(|(_, waiter)| waiter.session.is_some()).count();
        if of_sessions != self.sessions.len() {
            return Err(format!("{of_sessions} waiters of sessions, indexed {}", self.sessions.len()));
        }
        if self.in_turn != self.owners.len() {
            return Err(format!("{} waiters that are served in turn, of owners {}", self.in_turn, self.owners.len()));
        }
        let end_awaited = self.lens.values().filter(|counts| awaits_end(counts)).count();
        if end_awaited != self.end_awaited {
            return Err(format!("the end of {end_awaited} keys is awaited, counted {}", self.end_awaited));
        }
        let counted: u64 = self.lens.values().flatten().sum();
        if (places, deadlines, bytes) != (self.queues.len(), self.deadlines.len(), self.bytes)
            || counted != places as u64
        {
            return Err(format!("{} waiters, and queues or deadlines of others", self.len()));
        }
        if !self.ready.is_empty() || !self.is_ready.is_empty() {
            return Err("a key is ready, and nobody has looked".into());
        }
        Ok(())
    }
}
