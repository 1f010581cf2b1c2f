//! FUNCTION DELETE

use super::{LEVEL, doc};
use crate::command::{Arg, ArgKind, Flags, Outcome, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::Txn;

pub static SPEC: Spec = Spec::write(
    "function|delete",
    3,
    doc("7.0.0", "O(1)", "Removes a library and its functions.").args(&[Arg::new("library-name", ArgKind::String)]),
    run,
)
.flags(Flags::NOSCRIPT)
.since(LEVEL);

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    if !txn.state_mut().libraries.remove(args.arg(2)) {
        return Err(ReplyError::new("ERR Library not found"));
    }
    txn.note(b"function delete");
    txn.note(args.arg(2));
    Ok(Reply::Ok)
}
