//! What the commands that wait for lists share.

use super::ends::{pop, transfer};
use crate::command::waiting::timeout_ms;
use crate::command::{Arg, ArgKind, Wait};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::{End, Txn};

/// Complexity of BLPOP and BRPOP.
pub(super) const FROM_ANY: &str = "O(N) with the number of keys";

/// Arguments of BLPOP and BRPOP.
pub(super) const fn pop_args() -> &'static [Arg] {
    const { &[Arg::new("key", ArgKind::Key(0)).multiple(), Arg::new("timeout", ArgKind::Double)] }
}

/// Keys up to the last argument, which is the timeout.
pub(super) fn wait_for_keys(args: &Args) -> Result<Wait, ReplyError> {
    let last = args.len().saturating_sub(1);
    let timeout_ms = timeout_ms(args, last)?;
    Ok(Wait::new((1..last).map(|at| args.arg(at)), timeout_ms))
}

/// Takes an element off the first list among those keys.
pub(super) fn pop_first(txn: &mut Txn<'_>, args: &Args, end: End) -> Result<Option<Reply>, ReplyError> {
    wait_for_keys(args)?;
    for at in 1..args.len().saturating_sub(1) {
        if let Some(mut popped) = pop(txn, args.arg(at), end, 1)? {
            popped.insert(0, Reply::bulk(args.arg(at)));
            return Ok(Some(Reply::Array(popped)));
        }
    }
    Ok(None)
}

/// Moves an element from the first key to the second; None while there is none.
pub(super) fn move_one(txn: &mut Txn<'_>, args: &Args, from: End, to: End) -> Result<Option<Reply>, ReplyError> {
    Ok(transfer(txn, (args.arg(1), from), (args.arg(2), to))?.map(Reply::Bulk))
}
