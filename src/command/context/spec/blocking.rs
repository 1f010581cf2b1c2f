//! Commands that wait in the replicated state until they can do their work.
//!
//! Invariant: an attempt that has to wait has changed nothing, but what [`Blocking::found_nothing`] does behind the first one. So it may be
//! made again, at any later entry, and a waiter that is tried in vain is as it was.

use std::sync::Arc;

use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::{Claim, LockMode, Txn, Wants};

/// How such a command runs.
#[derive(Clone, Copy)]
pub struct Blocking {
    /// Does its work; None if it has to wait.
    pub attempt: fn(&mut Txn<'_>, &Args) -> Result<Option<Reply>, ReplyError>,
    /// What it waits for, and how long; no keys: it does not wait, as the arguments say.
    pub wait: fn(&Args) -> Result<Wait, ReplyError>,
    /// What makes one of its keys worth another attempt.
    pub wants: Wants,
    /// The reply where it must not wait: in a transaction.
    pub nothing: fn() -> Reply,
    /// What it does when it has found nothing to do, be it that it waits from then on or must not. Other arguments: by those it waits.
    pub found_nothing: Option<FindsNothing>,
}

/// See [`Blocking::found_nothing`].
pub type FindsNothing = fn(&mut Txn<'_>, &Args) -> Option<Args>;

/// See [`Blocking::wait`].
#[derive(Clone, Debug, PartialEq)]
pub struct Wait {
    /// The keys, each once.
    pub keys: Vec<Arc<[u8]>>,
    /// ms; 0 = for ever.
    pub timeout_ms: u64,
    /// The session with which the wait ends.
    pub session: Option<u64>,
    /// What it would hold of each, if they are locks.
    pub claim: Option<Claim>,
}

impl Wait {
    /// A wait for these keys, of which some may be named more than once.
    pub fn new<'a>(keys: impl IntoIterator<Item = &'a [u8]>, timeout_ms: u64) -> Self {
        let mut seen = std::collections::BTreeSet::new();
        let keys = keys.into_iter().filter(|key| seen.insert(*key)).map(Arc::from).collect();
        Self { keys, timeout_ms, session: None, claim: None }
    }

    /// The same for locks.
    pub fn claiming(self, owner: &[u8], mode: LockMode) -> Self {
        Self { claim: Some(Claim { owner: owner.into(), mode }), ..self }
    }
}
