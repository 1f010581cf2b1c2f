//! ZPOPMIN and ZPOPMAX.

use super::numbers;
use super::pop::{self, Extreme};
use crate::command::Outcome;
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply};
use crate::store::Txn;

/// The count, if one is given.
pub(super) fn count(args: &Args) -> Result<Option<u64>, ReplyError> {
    match args.len() {
        2 => Ok(None),
        3 => numbers::count(args.arg(2)).map(Some),
        _ => Err(SYNTAX),
    }
}

pub(super) fn run(txn: &mut Txn<'_>, args: &Args, extreme: Extreme) -> Outcome {
    let count = count(args)?;
    let popped = pop::pop(txn, args.arg(1), extreme, count.unwrap_or(1))?.unwrap_or_default();
    let pairs = pop::pairs(popped);
    Ok(match count {
        Some(_) => Reply::Pairs(pairs),
        // Flat in both versions of the protocol.
        None => Reply::Array(pairs.into_iter().flat_map(|(member, score)| [member, score]).collect()),
    })
}
