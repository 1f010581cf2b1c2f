//! IFEQ, IFNE, IFDEQ, IFDNE and IFREV: what a key has to hold for SET and DELEX to act.
//!
//! Invariant: the comparison and what depends on it are one command in the log, so nothing comes between them.

use xxhash_rust::xxh3::xxh3_64;

use crate::error::{NOT_AN_INTEGER, ReplyError};
use crate::protocol::{Args, parse_i64};
use crate::store::{Str, Txn, units_of_bytes};

/// Characters of a digest.
const DIGEST_LEN: usize = 16;
const NO_DIGEST: ReplyError = ReplyError::new("ERR must be exactly 16 hexadecimal characters");

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// IFEQ, IFNE: the string.
    Value,
    /// IFDEQ, IFDNE: the string's digest.
    Digest,
    /// IFREV (ours): the revision of a value of any type; 0 for an absent key.
    Revision,
}

/// A comparison among the arguments of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Comparison<'a> {
    pub by: By,
    /// What is compared has to be the same, else another.
    wants_equal: bool,
    operand: &'a [u8],
}

impl<'a> Comparison<'a> {
    /// The comparison whose word stands at argument `at`, its operand behind it; None if there is none, or no operand.
    pub fn at(args: &'a Args, at: usize) -> Option<Self> {
        let words = [
            ("IFEQ", By::Value, true),
            ("IFNE", By::Value, false),
            ("IFDEQ", By::Digest, true),
            ("IFDNE", By::Digest, false),
            ("IFREV", By::Revision, true),
        ];
        let (_, by, wants_equal) = words.into_iter().find(|(word, _, _)| args.is(at, word))?;
        Some(Self { by, wants_equal, operand: args.opt(at + 1)? })
    }

    /// IFEQ with this operand.
    pub fn equal(operand: &'a [u8]) -> Self {
        Self { by: By::Value, wants_equal: true, operand }
    }

    /// True if this is the same kind of comparison, whatever the operand.
    pub fn is_like(self, other: Self) -> bool {
        (self.by, self.wants_equal) == (other.by, other.wants_equal)
    }

    /// Refuses an operand that is wrong whatever the key holds.
    ///
    /// # Errors
    /// A revision that is no integer. (A digest of a wrong length is found behind the look at the key, as in Redis.)
    pub fn check(self) -> Result<(), ReplyError> {
        if self.by == By::Revision { self.revision().map(drop) } else { Ok(()) }
    }

    /// True if `key` holds what is wanted. An absent one holds another string than any, and has revision 0.
    ///
    /// # Errors
    /// WRONGTYPE; a digest of a wrong length; a revision that is no integer.
    pub fn holds(self, txn: &mut Txn<'_>, key: &[u8]) -> Result<bool, ReplyError> {
        if self.by == By::Revision {
            return Ok(self.revision()? == revision_of(txn, key));
        }
        let Some(length) = txn.typed::<Str>(key)?.map(Str::len) else { return Ok(!self.wants_equal) };
        txn.work(units_of_bytes(length))?;
        let Some(held) = txn.typed::<Str>(key)? else { return Ok(!self.wants_equal) };
        let is_equal = match self.by {
            By::Digest if self.operand.len() != DIGEST_LEN => return Err(NO_DIGEST),
            By::Digest => digest(held.as_bytes()).as_bytes().eq_ignore_ascii_case(self.operand),
            _ => held.as_bytes() == self.operand,
        };
        Ok(is_equal == self.wants_equal)
    }

    fn revision(self) -> Result<u64, ReplyError> {
        parse_i64(self.operand).and_then(|revision| u64::try_from(revision).ok()).ok_or(NOT_AN_INTEGER)
    }
}

/// The revision that LOCK.TOKEN answers; 0 for an absent key.
fn revision_of(txn: &mut Txn<'_>, key: &[u8]) -> u64 {
    if !txn.exists(key) {
        return 0;
    }
    let db = txn.state().db(txn.db_index());
    db.get(key).map_or(0, |entry| db.watched_revision(entry))
}

/// XXH3 of a string in lower-case hex.
pub(super) fn digest(string: &[u8]) -> String {
    format!("{:016x}", xxh3_64(string))
}
