//! Ends the waits of the connection that asks, up to the one that it names, and what is bound to it: it is gone, or begins anew.

use super::{FLAGS, LEVEL, doc};
use crate::command::{Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::Txn;

/// See the module's header.
pub static LEAVE: Spec = Spec::write("wait._leave", 1, doc("Ends what is bound to the connection that asks."), run)
    .flags(FLAGS)
    .since(LEVEL);

fn run(txn: &mut Txn<'_>, _args: &Args) -> Outcome {
    Ok(Reply::Int(txn.leave() as i64))
}
