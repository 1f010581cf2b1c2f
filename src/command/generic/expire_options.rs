//! What EXPIRE, PEXPIRE, EXPIREAT and PEXPIREAT share.

use super::lifetime::Unit;
use crate::command::{Arg, ArgKind, Outcome};
use crate::error::{NOT_AN_INTEGER, ReplyError, invalid_expire};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{Entry, Txn};

/// Documentation of the condition.
pub const CONDITION: Arg = Arg::new(
    "condition",
    ArgKind::OneOf(&[Arg::word("nx", "NX"), Arg::word("xx", "XX"), Arg::word("gt", "GT"), Arg::word("lt", "LT")]),
)
.optional();

const NX_WITH_OTHERS: ReplyError =
    ReplyError::new("ERR NX and XX, GT or LT options at the same time are not compatible");
const GT_WITH_LT: ReplyError = ReplyError::new("ERR GT and LT options at the same time are not compatible");

/// What a time argument counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeBase {
    /// The entry's time.
    Now,
    /// 1970.
    Epoch,
}

/// On which present deadlines the new one takes effect. XX may stand with GT or LT.
#[derive(Default)]
struct Conditions {
    nx: bool,
    xx: bool,
    gt: bool,
    lt: bool,
}

impl Conditions {
    fn parse(args: &Args) -> Result<Self, ReplyError> {
        let mut conditions = Self::default();
        for at in 3..args.len() {
            let condition = if args.is(at, "NX") {
                &mut conditions.nx
            } else if args.is(at, "XX") {
                &mut conditions.xx
            } else if args.is(at, "GT") {
                &mut conditions.gt
            } else if args.is(at, "LT") {
                &mut conditions.lt
            } else {
                return Err(unsupported(args.arg(at)));
            };
            *condition = true;
        }
        if conditions.nx && (conditions.xx || conditions.gt || conditions.lt) {
            return Err(NX_WITH_OTHERS);
        }
        if conditions.gt && conditions.lt {
            return Err(GT_WITH_LT);
        }
        Ok(conditions)
    }

    /// No deadline counts as an infinitely late one.
    fn allow(&self, present_ms: Option<u64>, at_ms: i64) -> bool {
        let present = present_ms.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX));
        !(self.nx && present.is_some()
            || self.xx && present.is_none()
            || self.gt && present.is_none_or(|present| at_ms <= present)
            || self.lt && present.is_some_and(|present| at_ms >= present))
    }
}

fn unsupported(option: &[u8]) -> ReplyError {
    ReplyError::about("ERR Unsupported option ", option, "")
}

/// What the arguments ask for.
pub struct Request {
    conditions: Conditions,
    ms: i64,
    name: &'static str,
}

/// Reads the arguments of the command called `name`.
///
/// # Errors
/// Redis's texts for times out of range, unknown and contradictory options.
pub fn request(args: &Args, name: &'static str, unit: Unit) -> Result<Request, ReplyError> {
    let conditions = Conditions::parse(args)?;
    let time = parse_i64(args.arg(2)).ok_or(NOT_AN_INTEGER)?;
    let ms_per_unit = if unit == Unit::Seconds { 1000 } else { 1 };
    let ms = time.checked_mul(ms_per_unit).ok_or_else(|| invalid_expire(name))?;
    Ok(Request { conditions, ms, name })
}

/// Does what is asked for: 1 if the deadline was set, or the key removed because the time has come already.
///
/// # Errors
/// Redis's text for a deadline that leaves the range; it comes before the key is looked at.
pub fn expire(txn: &mut Txn<'_>, args: &Args, base: TimeBase, request: Request) -> Outcome {
    let key = args.arg(1);
    let Request { conditions, ms, name } = request;
    let base_ms = if base == TimeBase::Now { i64::try_from(txn.now_ms()).ok() } else { Some(0) };
    // Negative ones are merely past.
    let at_ms = base_ms.and_then(|base| ms.checked_add(base)).ok_or_else(|| invalid_expire(name))?;
    let Some(present_ms) = txn.get(key).map(Entry::deadline_ms) else { return Ok(Reply::Int(0)) };
    if !conditions.allow(present_ms, at_ms) {
        return Ok(Reply::Int(0));
    }
    let done = match u64::try_from(at_ms) {
        Ok(at_ms) if at_ms > txn.now_ms() => txn.set_deadline(key, Some(at_ms)),
        _ => txn.remove(key),
    };
    Ok(Reply::Int(i64::from(done)))
}
