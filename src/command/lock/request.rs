//! What the commands of locks share: reading their arguments, and the replies.

use crate::command::session::session_id;
use crate::command::{Arg, ArgKind};
use crate::error::{NOT_AN_INTEGER, ReplyError, SYNTAX, invalid_expire};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{Binding, Grant, LockMode};

/// Longest name of a lock, and of an owner, bytes.
const NAME_MAX: usize = 512;
/// Longest TTL and wait: ten years, ms.
const TIME_MAX_MS: i64 = 10 * 365 * 24 * 3600 * 1000;

const NAME_TOO_LONG: ReplyError = ReplyError::new("LIMIT the name of a lock has at most 512 bytes");
const OWNER_TOO_LONG: ReplyError = ReplyError::new("LIMIT the owner of a lock has at most 512 bytes");
const TTL_TOO_LONG: ReplyError = ReplyError::new("LIMIT a lock is held for at most 10 years at a time");
const WAIT_TOO_LONG: ReplyError = ReplyError::new("LIMIT a wait lasts at most 10 years");
const TIMEOUT_NO_INTEGER: ReplyError = ReplyError::new("ERR timeout is not an integer or out of range");
const TIMEOUT_NEGATIVE: ReplyError = ReplyError::new("ERR timeout is negative");
const DELAY_NEGATIVE: ReplyError = ReplyError::new("ERR DELAY is negative");
const DELAY_TOO_LONG: ReplyError = ReplyError::new("LIMIT a delay lasts at most 10 years");
const LIMIT_TOO_LOW: ReplyError = ReplyError::new("ERR LIMIT must be 1 or more");
const NO_TOKEN: ReplyError = ReplyError::new("ERR token is not an integer or out of range");

/// Arguments that name the lock and its holder.
pub(super) const NAME: Arg = Arg::new("name", ArgKind::Key(0));
pub(super) const OWNER: Arg = Arg::new("owner", ArgKind::String);
pub(super) const TOKEN: Arg = Arg::new("token", ArgKind::Integer);
/// The time of a hold.
pub(super) const TTL: ArgKind = ArgKind::OneOf(&[
    Arg::new("milliseconds", ArgKind::Integer).token("PX"),
    Arg::new("seconds", ArgKind::Integer).token("EX"),
]);

/// What LOCK.ACQUIRE asks for.
pub(super) struct Acquire<'a> {
    pub name: &'a [u8],
    pub owner: &'a [u8],
    /// None: that of the session.
    pub ttl_ms: Option<u64>,
    pub mode: LockMode,
    /// How long to wait, ms; 0: for ever. None: not at all.
    pub wait_ms: Option<u64>,
    pub binding: Binding,
    /// For how long nobody gets it after a hold that was not released, ms.
    pub delay_ms: u64,
}

impl<'a> Acquire<'a> {
    /// `LOCK.ACQUIRE name owner [PX ms|EX s] [WAIT ms] [SHARED|LIMIT n] [CONNECTION|SESSION id] [DELAY ms]`, options in any order.
    pub(super) fn parse(args: &'a Args) -> Result<Self, ReplyError> {
        let (name, owner) = names(args)?;
        let (mut ttl_ms, mut wait_ms, mut mode, mut binding, mut delay_ms) = (None, None, None, None, None);
        let mut at = 3;
        while at < args.len() {
            let is_new = if args.is(at, "SHARED") {
                at += 1;
                mode.replace(LockMode::Shared).is_none()
            } else if args.is(at, CONNECTION) {
                at += 1;
                binding.replace(Binding::Connection).is_none()
            } else {
                let value = args.opt(at + 1).ok_or(SYNTAX)?;
                at += 2;
                if let Some(ms) = ttl(args, at - 2, "lock.acquire")? {
                    ttl_ms.replace(ms).is_none()
                } else if args.is(at - 2, "WAIT") {
                    wait_ms.replace(wait(value)?).is_none()
                } else if args.is(at - 2, "LIMIT") {
                    mode.replace(LockMode::Limit(limit(value)?)).is_none()
                } else if args.is(at - 2, "SESSION") {
                    binding.replace(Binding::Session(session_id(value)?)).is_none()
                } else if args.is(at - 2, "DELAY") {
                    delay_ms.replace(delay(value)?).is_none()
                } else {
                    false
                }
            };
            if !is_new {
                return Err(SYNTAX);
            }
        }
        let (mode, binding) = (mode.unwrap_or(LockMode::EXCLUSIVE), binding.unwrap_or_default());
        if ttl_ms.is_none() && !matches!(binding, Binding::Session(_)) {
            return Err(SYNTAX);
        }
        Ok(Self { name, owner, ttl_ms, mode, wait_ms, binding, delay_ms: delay_ms.unwrap_or(0) })
    }
}

pub(super) const CONNECTION: &str = "CONNECTION";

/// True if a command that acquires locks may bind them to its connection. It may also say so of one whose owner is called as the option is.
pub fn binds_connection(args: &Args) -> bool {
    (1..args.len()).any(|at| args.is(at, CONNECTION))
}

/// The lock and the owner, which stand first.
///
/// # Errors
/// LIMIT.
pub(super) fn names(args: &Args) -> Result<(&[u8], &[u8]), ReplyError> {
    let (name, owner) = (args.arg(1), args.arg(2));
    check_name(name)?;
    check_owner(owner)?;
    Ok((name, owner))
}

/// # Errors
/// LIMIT: the name of a lock is too long.
pub(super) fn check_name(name: &[u8]) -> Result<(), ReplyError> {
    if name.len() > NAME_MAX { Err(NAME_TOO_LONG) } else { Ok(()) }
}

/// # Errors
/// LIMIT: an owner is too long.
pub(super) fn check_owner(owner: &[u8]) -> Result<(), ReplyError> {
    if owner.len() > NAME_MAX { Err(OWNER_TOO_LONG) } else { Ok(()) }
}

/// `PX ms` or `EX s` at this place, ms; None if something else stands there.
///
/// # Errors
/// Redis's, as for SET; LIMIT.
pub(super) fn ttl(args: &Args, at: usize, command: &'static str) -> Result<Option<u64>, ReplyError> {
    let ms_per_unit = if args.is(at, "PX") {
        1
    } else if args.is(at, "EX") {
        1000
    } else {
        return Ok(None);
    };
    let amount = parse_i64(args.opt(at + 1).ok_or(SYNTAX)?).ok_or(NOT_AN_INTEGER)?;
    if amount <= 0 {
        return Err(invalid_expire(command));
    }
    match amount.checked_mul(ms_per_unit) {
        Some(ms) if ms <= TIME_MAX_MS => Ok(Some(ms.unsigned_abs())),
        _ => Err(TTL_TOO_LONG),
    }
}

/// How long to wait, ms; 0: for ever.
///
/// # Errors
/// Redis's, as for BLPOP; LIMIT.
pub(super) fn wait(value: &[u8]) -> Result<u64, ReplyError> {
    match parse_i64(value).ok_or(TIMEOUT_NO_INTEGER)? {
        ms if ms < 0 => Err(TIMEOUT_NEGATIVE),
        ms if ms > TIME_MAX_MS => Err(WAIT_TOO_LONG),
        ms => Ok(ms.unsigned_abs()),
    }
}

fn delay(value: &[u8]) -> Result<u64, ReplyError> {
    match parse_i64(value).ok_or(NOT_AN_INTEGER)? {
        ms if ms < 0 => Err(DELAY_NEGATIVE),
        ms if ms > TIME_MAX_MS => Err(DELAY_TOO_LONG),
        ms => Ok(ms.unsigned_abs()),
    }
}

fn limit(value: &[u8]) -> Result<u64, ReplyError> {
    match parse_i64(value).ok_or(NOT_AN_INTEGER)? {
        limit if limit < 1 => Err(LIMIT_TOO_LOW),
        limit => Ok(limit.unsigned_abs()),
    }
}

/// A token.
///
/// # Errors
/// It is no integer. (A negative one is one that nobody has.)
pub(super) fn token(value: &[u8]) -> Result<u64, ReplyError> {
    parse_i64(value).map(|token| u64::try_from(token).unwrap_or(0)).ok_or(NO_TOKEN)
}

/// The token, and for how long the lock is held for certain: counted from when the client sent the command, so that clocks whose rates
/// differ by 0.1 % agree that it is not over.
pub(super) fn granted(grant: &Grant) -> Reply {
    let span_ms = grant.deadline_ms.saturating_sub(grant.asked_ms);
    let validity_ms = span_ms.saturating_sub(span_ms.div_ceil(1000) + 1);
    Reply::Array(vec![Reply::Int(grant.token as i64), Reply::Int(validity_ms as i64)])
}
