//! What a command does beyond reading its arguments and giving its reply, in units of work.
//!
//! A command whose time is not bounded by the bytes and elements of its arguments and reply says so *before* it begins, to
//! its view or transaction ([`super::View::work`], [`super::Txn::work`]). Scripts allow it what is left of their budget; nobody
//! else bounds it. How much a command says is a function of the state and its arguments, so a script ends at the same
//! point on every node.
//!
//! A unit is about 4 ns, as everywhere in a script's budget.

use std::cell::Cell;

use crate::error::ReplyError;

/// Units of one key or field that is looked at: its place in memory, its hash, its share of a sort.
pub const ELEMENT_UNITS: u64 = 16;
/// Bytes that are copied or filled for one unit.
const BYTES_PER_UNIT: u64 = 16;

/// Never shown: the script that called the command ends in its place.
const TOO_MUCH: ReplyError = ReplyError::new("ERR the command needs more work than it is allowed");

/// The units of filling or copying `bytes` bytes.
pub fn units_of_bytes(bytes: usize) -> u64 {
    bytes as u64 / BYTES_PER_UNIT
}

/// The sum of the units of several things. Whoever may not do more than `left` need not know by how much it is more.
pub fn total_units(each: impl IntoIterator<Item = u64>, left: u64) -> u64 {
    let mut total = 0u64;
    for units in each {
        total = total.saturating_add(units);
        if total > left {
            break;
        }
    }
    total
}

/// How much one command may do, and has done.
#[derive(Debug)]
pub(super) struct Work {
    allowed: Option<u64>,
    done: Cell<u64>,
}

impl Work {
    pub(super) fn unbounded() -> Self {
        Self { allowed: None, done: Cell::new(0) }
    }

    pub(super) fn bounded(units: u64) -> Self {
        Self { allowed: Some(units), done: Cell::new(0) }
    }

    pub(super) fn is_bounded(&self) -> bool {
        self.allowed.is_some()
    }

    pub(super) fn add(&self, units: u64) -> Result<(), ReplyError> {
        self.done.set(self.done.get().saturating_add(units));
        if self.allowed.is_some_and(|allowed| self.done.get() > allowed) { Err(TOO_MUCH) } else { Ok(()) }
    }

    /// What may still be done; all there is if nobody asks.
    pub(super) fn left(&self) -> u64 {
        self.allowed.map_or(u64::MAX, |allowed| allowed.saturating_sub(self.done.get()))
    }

    pub(super) fn done(&self) -> u64 {
        self.done.get()
    }
}
