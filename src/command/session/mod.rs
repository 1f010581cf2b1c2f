//! Sessions: what clients keep alive, and what ends with it.

mod bind;
mod close;
mod info;
mod keepalive;
mod list;
mod open;
#[cfg(test)]
mod tests;

use super::{Arg, ArgKind, Doc, Family, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, parse_i64};

/// The family.
pub static SPECS: &[&Spec] = &[&bind::SPEC, &close::SPEC, &info::SPEC, &keepalive::SPEC, &list::SPEC, &open::SPEC];

/// The feature level that came with sessions.
const LEVEL: u32 = 3;

const NO_ID: ReplyError = ReplyError::new("ERR session id is not an integer or out of range");

const ID: Arg = Arg::new("id", ArgKind::Integer);

const fn doc(complexity: &'static str, summary: &'static str, args: &'static [Arg]) -> Doc {
    Doc { summary, since: "0.2.0", group: Family::Lock, complexity, args }
}

/// The id of a session. (No session has a negative one.)
///
/// # Errors
/// It is no integer.
pub fn session_id(value: &[u8]) -> Result<u64, ReplyError> {
    parse_i64(value).map(|id| u64::try_from(id).unwrap_or(0)).ok_or(NO_ID)
}

/// Finds nothing wrong with `name id`.
fn check_id(args: &Args) -> Result<(), ReplyError> {
    session_id(args.arg(1)).map(drop)
}
