//! What HEXPIRE, HPEXPIRE, HEXPIREAT and HPEXPIREAT share.

use std::ops::Range;

use super::field_list::fields;
use super::field_time::FieldTime;
use super::field_work;
use crate::command::string::expire_option::Time;
use crate::command::{Flags, KeyFlags, KeySpec, Outcome};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, Event, HashLimits, Txn};

/// Their flags.
pub(super) const FLAGS: Flags = Flags::DENYOOM.union(Flags::FAST);
/// Their keys.
pub(super) const KEYS: &[KeySpec] = &[KeySpec::first(KeyFlags::RW.union(KeyFlags::UPDATE))];

const NO_FIELDS: ReplyError = ReplyError::new("ERR Parameter `numFields` should be greater than 0");

/// There is no such field.
pub(super) const ABSENT: i64 = -2;
const REFUSED: i64 = 0;
const SET: i64 = 1;
const REMOVED: i64 = 2;

/// On which present ends the new one takes effect.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition {
    Nx,
    Xx,
    Gt,
    Lt,
}

impl Condition {
    fn at(args: &Args, at: usize) -> Option<Self> {
        let words = [("NX", Self::Nx), ("XX", Self::Xx), ("GT", Self::Gt), ("LT", Self::Lt)];
        words.into_iter().find(|(word, _)| args.is(at, word)).map(|(_, condition)| condition)
    }

    /// No end counts as an infinitely late one.
    fn allows(self, present_ms: Option<u64>, end_ms: u64) -> bool {
        match self {
            Self::Nx => present_ms.is_none(),
            Self::Xx => present_ms.is_some(),
            Self::Gt => present_ms.is_some_and(|present_ms| end_ms > present_ms),
            Self::Lt => present_ms.is_none_or(|present_ms| end_ms < present_ms),
        }
    }
}

/// What the arguments ask for.
pub(super) struct Request {
    time: FieldTime,
    condition: Option<Condition>,
    fields: Range<usize>,
}

/// Reads the arguments of the command called `name`, whose time is meant as `time` says.
///
/// # Errors
/// Redis's texts for times out of range and fields that are not given as they have to be.
pub(super) fn request(args: &Args, name: &'static str, time: Time) -> Result<Request, ReplyError> {
    let time = FieldTime::read(time, args.arg(2), name)?;
    let condition = Condition::at(args, 3);
    let fields = fields(args, if condition.is_some() { 4 } else { 3 }, NO_FIELDS)?;
    Ok(Request { time, condition, fields })
}

/// Does what is asked for: for each field 1 if it has the end, 2 if it is gone because the time has come already, 0 if the condition does not
/// allow it, -2 if it is not there.
///
/// # Errors
/// Redis's text for an end that leaves the range; WRONGTYPE.
pub(super) fn expire(txn: &mut Txn<'_>, args: &Args, request: Request) -> Outcome {
    let Request { time, condition, fields } = request;
    let (key, now_ms) = (args.arg(1), txn.now_ms());
    let end_ms = time.end_ms(now_ms)?;
    let limits = HashLimits::from(&txn.state().options);
    field_work::announce(txn, key, fields.len(), 0, limits)?;
    let count = fields.len();
    if end_ms <= now_ms {
        txn.call_it(Event::hash("hdel"));
    }
    let replies = txn.edit_hash(key, Create::No, |hash| {
        let mut is_changed = false;
        let replies = fields.map(|at| {
            let field = args.arg(at);
            if hash.get(field).is_none() {
                return ABSENT;
            }
            if condition.is_some_and(|condition| !condition.allows(hash.end_ms(field), end_ms)) {
                return REFUSED;
            }
            is_changed = true;
            if end_ms <= now_ms {
                hash.remove(field);
                return REMOVED;
            }
            hash.set_end(field, Some(end_ms));
            SET
        });
        let replies: Vec<i64> = replies.collect();
        Ok((replies, Changed(is_changed)))
    })?;
    Ok(integers(replies.unwrap_or_else(|| vec![ABSENT; count])))
}

/// A reply of one number for each field.
pub(super) fn integers(numbers: impl IntoIterator<Item = i64>) -> Reply {
    Reply::Array(numbers.into_iter().map(Reply::Int).collect())
}
