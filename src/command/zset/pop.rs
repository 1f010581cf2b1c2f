//! Taking out the members of lowest or highest scores.

use bytes::Bytes;

use super::member_work;
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{Changed, Create, ELEMENT_UNITS, Event, Txn, ZSet};

/// From which end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extreme {
    /// Lowest scores first.
    Min,
    /// Highest scores first.
    Max,
}

/// Members and scores that were taken out.
pub(super) type Popped = Vec<(Bytes, f64)>;

const NO_KEYS: ReplyError = ReplyError::new("ERR numkeys should be greater than 0");
const NO_COUNT: ReplyError = ReplyError::new("ERR count should be greater than 0");

/// How many keys are named, from which end members are taken, and how many at most.
pub(super) type Request = (usize, Extreme, u64);

/// Reads `numkeys key [key …] MIN|MAX [COUNT count]`, with `numkeys` at argument `at`.
///
/// # Errors
/// Redis's for numbers that are none or not above 0, and for anything else there.
pub(super) fn request(args: &Args, at: usize) -> Result<Request, ReplyError> {
    let above_0 = |arg| parse_i64(arg).and_then(|number| u64::try_from(number).ok()).filter(|number| *number > 0);
    let keys = above_0(args.arg(at)).ok_or(NO_KEYS)?;
    let end = usize::try_from(keys).ok().and_then(|keys| keys.checked_add(at + 1)).ok_or(SYNTAX)?;
    let extreme = match args.opt(end).map(<[u8]>::to_ascii_uppercase).as_deref() {
        Some(b"MIN") => Extreme::Min,
        Some(b"MAX") => Extreme::Max,
        _ => return Err(SYNTAX),
    };
    let count = match args.len() - end {
        1 => 1,
        // One COUNT alone, but what stands behind it is looked at first, as in Redis.
        2.. if args.is(end + 1, "COUNT") && args.len() > end + 2 => {
            let count = above_0(args.arg(end + 2)).ok_or(NO_COUNT)?;
            if args.len() > end + 3 {
                return Err(SYNTAX);
            }
            count
        }
        _ => return Err(SYNTAX),
    };
    Ok((keys as usize, extreme, count))
}

/// Takes up to `count` members out of the set at `key`; None if there is no such key.
///
/// # Errors
/// WRONGTYPE; or the command may not do as much.
pub(super) fn pop(txn: &mut Txn<'_>, key: &[u8], extreme: Extreme, count: u64) -> Result<Option<Popped>, ReplyError> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    member_work::announce(txn, key, |set| set.lookup_units() + count.min(set.len()) as u64 * ELEMENT_UNITS)?;
    txn.call_it(Event::zset(if extreme == Extreme::Min { "zpopmin" } else { "zpopmax" }));
    txn.edit(key, Create::No, |set: &mut ZSet| {
        let count = count.min(set.len());
        let owned = |(member, score): (&[u8], f64)| (Bytes::copy_from_slice(member), score);
        let (ranks, popped): (_, Popped) = match extreme {
            Extreme::Min => (0..count, set.range(0..count).map(owned).collect()),
            Extreme::Max => {
                let ranks = set.len() - count..set.len();
                (ranks.clone(), set.range(ranks).rev().map(owned).collect())
            }
        };
        set.remove_range(ranks);
        Ok((popped, Changed(count > 0)))
    })
}

/// Does what ZMPOP and BZMPOP ask for, whose number of keys stands at argument `at`: the first set's key and its members, each an array
/// with its score in both versions of the protocol. None if no key is there.
///
/// # Errors
/// Those of [`request`], and WRONGTYPE of a key in front of the first set.
pub(super) fn from_first(txn: &mut Txn<'_>, args: &Args, at: usize) -> Result<Option<Reply>, ReplyError> {
    let (keys, extreme, count) = request(args, at)?;
    for key in args.from(at + 1).take(keys) {
        if let Some(popped) = pop(txn, key, extreme, count)? {
            let elements = pairs(popped).into_iter().map(|(member, score)| Reply::Array(vec![member, score])).collect();
            return Ok(Some(Reply::Array(vec![Reply::bulk(key), Reply::Array(elements)])));
        }
    }
    Ok(None)
}

/// Each member with its score, as pairs.
pub(super) fn pairs(popped: Popped) -> Vec<(Reply, Reply)> {
    popped.into_iter().map(|(member, score)| (Reply::Bulk(member), Reply::Double(score))).collect()
}
