//! What BZPOPMIN and BZPOPMAX share.

use super::pop::{self, Extreme};
use crate::command::waiting::timeout_ms;
use crate::command::{Arg, ArgKind, Wait};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::Txn;

pub(super) const fn pop_args() -> &'static [Arg] {
    const { &[Arg::new("key", ArgKind::Key(0)).multiple(), Arg::new("timeout", ArgKind::Double)] }
}

/// Keys up to the last argument, which is the timeout.
pub(super) fn wait_for_keys(args: &Args) -> Result<Wait, ReplyError> {
    let last = args.len().saturating_sub(1);
    let timeout_ms = timeout_ms(args, last)?;
    Ok(Wait::new((1..last).map(|at| args.arg(at)), timeout_ms))
}

/// Takes a member out of the first set among those keys.
pub(super) fn pop_first(txn: &mut Txn<'_>, args: &Args, extreme: Extreme) -> Result<Option<Reply>, ReplyError> {
    wait_for_keys(args)?;
    for key in args.from(1).take(args.len().saturating_sub(2)) {
        if let Some(popped) = pop::pop(txn, key, extreme, 1)? {
            let elements = pop::pairs(popped).into_iter().flat_map(|(member, score)| [member, score]);
            return Ok(Some(Reply::Array(std::iter::once(Reply::bulk(key)).chain(elements).collect())));
        }
    }
    Ok(None)
}
