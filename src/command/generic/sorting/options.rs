//! The options of SORT.

use crate::command::KeyFlags;
use crate::error::{NOT_AN_INTEGER, ReplyError, SYNTAX};
use crate::protocol::{Args, parse_i64};
use crate::store::{Entry, Kind, Set, slot};

/// What the arguments behind the key ask for.
#[derive(Default)]
pub struct Options<'a> {
    pub descends: bool,
    /// ALPHA: in the order of bytes instead of numbers.
    pub by_bytes: bool,
    /// LIMIT: how many are left out, and how many are shown.
    limit: Option<(i64, i64)>,
    /// BY: the pattern of the keys that hold the weights; one without an asterisk leaves the order as it is.
    pub by: Option<&'a [u8]>,
    pub gets: Vec<&'a [u8]>,
    /// STORE: the argument that names the key.
    pub store_at: Option<usize>,
}

impl<'a> Options<'a> {
    /// Reads them.
    ///
    /// # Errors
    /// As Redis finds them.
    pub fn read(args: &'a Args, may_store: bool) -> Result<Self, ReplyError> {
        let mut options = Self::default();
        let mut at = 2;
        while at < args.len() {
            let behind = args.len() - at - 1;
            at += 1 + if args.is(at, "ASC") {
                options.descends = false;
                0
            } else if args.is(at, "DESC") {
                options.descends = true;
                0
            } else if args.is(at, "ALPHA") {
                options.by_bytes = true;
                0
            } else if args.is(at, "LIMIT") && behind >= 2 {
                let number = |at: usize| parse_i64(args.arg(at)).ok_or(NOT_AN_INTEGER);
                options.limit = Some((number(at + 1)?, number(at + 2)?));
                2
            } else if args.is(at, "STORE") && behind >= 1 && may_store {
                options.store_at = Some(at + 1);
                1
            } else if args.is(at, "BY") && behind >= 1 {
                options.by = Some(args.arg(at + 1));
                1
            } else if args.is(at, "GET") && behind >= 1 {
                options.gets.push(args.arg(at + 1));
                1
            } else {
                return Err(SYNTAX);
            };
        }
        Ok(options)
    }

    /// True if weights are looked up.
    pub fn weighs(&self) -> bool {
        self.by.is_some_and(|by| by.contains(&b'*'))
    }

    /// True if the elements of this value are put in order.
    pub fn sorts(&self, entry: &Entry) -> bool {
        self.by.is_none() || self.weighs() || Set::of(entry.value()).is_some()
    }

    /// Which of `len` elements are shown: from the first, to in front of the second.
    pub fn range(&self, len: usize) -> (usize, usize) {
        let (skipped, count) = self.limit.unwrap_or((0, -1));
        let start = usize::try_from(skipped).unwrap_or(0).min(len);
        let count = usize::try_from(count).unwrap_or(len);
        (start, start.saturating_add(count).min(len))
    }
}

/// Refuses patterns that may lead to keys of other slots, which Redis Cluster does not look up. What is wrong with the options is said by
/// the command itself.
///
/// # Errors
/// Redis's texts.
pub fn check_in_cluster(args: &Args, may_store: bool) -> Result<(), ReplyError> {
    let Ok(options) = Options::read(args, may_store) else { return Ok(()) };
    let is_elsewhere = |pattern: &[u8]| slot_of_pattern(pattern) != Some(slot(args.arg(1)));
    if options.weighs() && options.by.is_some_and(is_elsewhere) {
        return Err(denied("BY"));
    }
    if options.gets.iter().any(|get| *get != b"#" && is_elsewhere(get)) {
        return Err(denied("GET"));
    }
    Ok(())
}

fn denied(option: &str) -> ReplyError {
    ReplyError::text(format!(
        "ERR {option} option of SORT denied in Cluster mode when keys formed by the pattern may be in different slots."
    ))
}

/// Refuses patterns to whom the rules do not let read every key.
pub fn refuse_patterns(args: &Args, may_store: bool) -> Option<ReplyError> {
    let options = Options::read(args, may_store).ok()?;
    let refused = |option: &str| {
        ReplyError::text(format!("ERR {option} option of SORT denied due to insufficient ACL permissions."))
    };
    if options.weighs() {
        return Some(refused("BY"));
    }
    if options.gets.is_empty() { None } else { Some(refused("GET")) }
}

/// The slot of all keys that a pattern can name; None if there may be several: no `{tag}` stands in front of what it leaves open.
fn slot_of_pattern(pattern: &[u8]) -> Option<u16> {
    let is_open = |byte: &u8| matches!(byte, b'*' | b'?' | b'[' | b'\\');
    let Some(open) = pattern.iter().position(is_open) else { return Some(slot(pattern)) };
    let fixed = pattern.get(..open)?;
    let tag = fixed.iter().position(|byte| *byte == b'{').and_then(|start| fixed.get(start + 1..))?;
    let end = tag.iter().position(|byte| *byte == b'}').filter(|end| *end > 0)?;
    tag.get(..end).map(slot)
}

/// The key, and what the last STORE names, whatever else is wrong.
pub fn keys(args: &Args) -> Vec<(usize, KeyFlags)> {
    let mut keys = vec![(1, KeyFlags::RO.union(KeyFlags::ACCESS))];
    let mut at = 2;
    while at < args.len() {
        if args.is(at, "STORE") && at + 1 < args.len() {
            keys.truncate(1);
            keys.push((at + 1, KeyFlags::OW.union(KeyFlags::UPDATE)));
        }
        at += if args.is(at, "LIMIT") {
            3
        } else if args.is(at, "STORE") || args.is(at, "GET") || args.is(at, "BY") {
            2
        } else {
            1
        };
    }
    keys
}
