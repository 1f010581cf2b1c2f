//! Ends the wait of any connection of the cluster, as if its time were over or with an error: CLIENT UNBLOCK.

use super::{FLAGS, LEVEL, doc};
use crate::command::{Outcome, Spec};
use crate::error::{NOT_AN_INTEGER, UNBLOCKED};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::Txn;

/// `wait._unblock connection timeout|error`
pub static UNBLOCK: Spec =
    Spec::write("wait._unblock", 3, doc("Ends the wait of a connection."), run).flags(FLAGS).since(LEVEL);

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let connection = parse_i64(args.arg(1)).ok_or(NOT_AN_INTEGER)? as u64;
    let waiters = txn.state().waiters();
    let found = waiters.find(connection).and_then(|id| Some((id, waiters.get(id)?.1.wants)));
    let Some((id, wants)) = found else { return Ok(Reply::Int(0)) };
    let reply = if args.is(2, "error") { Reply::Error(UNBLOCKED) } else { wants.timed_out() };
    Ok(Reply::Int(i64::from(txn.end_wait(id, reply))))
}
