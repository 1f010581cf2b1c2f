//! Ends the waits of the connection that asks, up to the one that it names: it is gone, or was told that the outcome is unknown. A hold on
//! a lock that this one was granted meanwhile ends too, unless its owner has acquired it again since.

use super::{FLAGS, LEVEL, doc};
use crate::command::{Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::Txn;

/// See the module's header.
pub static CANCEL: Spec =
    Spec::write("wait._cancel", 1, doc("Ends the waits of the connection that asks."), run).flags(FLAGS).since(LEVEL);

fn run(txn: &mut Txn<'_>, _args: &Args) -> Outcome {
    let Some(asker) = txn.asker() else { return Ok(Reply::Int(0)) };
    let waits = txn.state().waiters().of_connection(asker);
    let ended = waits.into_iter().filter(|id| txn.end_wait(*id, Reply::Nil)).count();
    txn.end_grant(asker);
    Ok(Reply::Int(ended as i64))
}
