//! What commands did that INFO counts: keys that they looked up, commands that scripts called; and what is told of their reads.
//!
//! Invariant: it is no part of the state and enters no digest. Only the node that answers a command counts it: a write runs on every
//! node, and would be counted by each.

use std::collections::BTreeMap;

use super::{Denial, PubSub};
use crate::error::ReplyError;

/// Most different codes of errors that are told apart.
const CODES_MAX: usize = 128;
/// Most calls that are kept which a user was not allowed.
const DENIALS_MAX: usize = 128;

/// See the module's header.
#[derive(Debug, Default)]
pub struct Tally {
    /// Keyspace hits: keys found by reads, and by the reading part of writes.
    pub hits: u64,
    /// Keyspace misses: keys that those did not find.
    pub misses: u64,
    /// What clients of this node are told of its reads.
    pub told: Vec<PubSub>,
    /// Nothing until a script calls.
    pub calls: Option<Box<ScriptCalls>>,
}

/// Commands that scripts called.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ScriptCalls {
    /// By the command's place in the table of commands.
    pub by_command: BTreeMap<usize, CallCounts>,
    /// How often each code of an error was given to a script.
    pub errors: BTreeMap<Vec<u8>, u64>,
    /// Calls that its user is not allowed, the first of them.
    pub denials: Vec<Denial>,
}

/// Calls of one command.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct CallCounts {
    /// That ran.
    pub calls: u64,
    /// Of those, answered by an error.
    pub failed: u64,
    /// Refused before they ran.
    pub rejected: u64,
}

impl Tally {
    /// Notes a key that was looked up.
    pub fn look_up(&mut self, is_found: bool) {
        if is_found { self.hits += 1 } else { self.misses += 1 }
    }

    /// Adds what another has counted.
    pub fn add(&mut self, other: Self) {
        self.hits += other.hits;
        self.misses += other.misses;
        self.told.extend(other.told);
        match (&mut self.calls, other.calls) {
            (Some(calls), Some(others)) => calls.add(&others),
            (None, others @ Some(_)) => self.calls = others,
            (_, None) => {}
        }
    }

    /// The calls of scripts, to be added to.
    pub fn calls_mut(&mut self) -> &mut ScriptCalls {
        self.calls.get_or_insert_default()
    }
}

impl ScriptCalls {
    /// Counters of the command at this place in the table.
    pub fn of(&mut self, command: usize) -> &mut CallCounts {
        self.by_command.entry(command).or_default()
    }

    /// Notes an error that a script was given, or takes one back that its caller is given too and counts.
    pub fn error(&mut self, error: &ReplyError, is_given: bool) {
        self.add_errors(error.code(), 1, is_given);
    }

    fn add_errors(&mut self, code: &[u8], count: u64, is_given: bool) {
        let has_room = self.errors.len() < CODES_MAX;
        match self.errors.get_mut(code) {
            Some(present) if is_given => *present += count,
            Some(present) => *present = present.saturating_sub(count),
            None if is_given && has_room => drop(self.errors.insert(code.to_vec(), count)),
            None => {}
        }
    }

    /// Notes a call that its user is not allowed.
    pub fn deny(&mut self, denial: Denial) {
        if self.denials.len() < DENIALS_MAX {
            self.denials.push(denial);
        }
    }

    /// Adds what another has counted.
    pub fn add(&mut self, other: &Self) {
        other.denials.iter().for_each(|denial| self.deny(denial.clone()));
        for (command, counts) in &other.by_command {
            let own = self.of(*command);
            own.calls += counts.calls;
            own.failed += counts.failed;
            own.rejected += counts.rejected;
        }
        for (code, count) in &other.errors {
            self.add_errors(code, *count, true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tallies_are_summed() {
        let mut whole = Tally::default();
        for command in [3, 5, 3] {
            let mut one = Tally::default();
            one.look_up(command == 3);
            *one.calls_mut().of(command) = CallCounts { calls: 2, failed: 1, rejected: 0 };
            one.calls_mut().error(&ReplyError::new("ERR a"), true);
            whole.add(one);
        }
        let counts = |calls| CallCounts { calls, failed: calls / 2, rejected: 0 };
        let calls = whole.calls_mut();
        assert_eq!(calls.by_command, [(3, counts(4)), (5, counts(2))].into());
        calls.error(&ReplyError::new("ERR b"), false);
        assert_eq!(calls.errors, [(b"ERR".to_vec(), 2)].into());
        assert_eq!((whole.hits, whole.misses), (2, 1));
    }
}
