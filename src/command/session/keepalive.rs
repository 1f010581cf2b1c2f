//! SESSION.KEEPALIVE

use super::{ID, LEVEL, check_id, doc, session_id};
use crate::command::{Doc, Flags, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::Txn;

pub static SPEC: Spec = Spec::write("session.keepalive", 2, DOC, run).since(LEVEL).flags(Flags::FREES).check(check_id);

const DOC: Doc = doc(
    "O(N) with the number of holds of the session",
    "Lets a session live for its whole time from now, and answers that time in ms.",
    &[ID],
);

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    Ok(Reply::Int(txn.keep_session(session_id(args.arg(1))?)? as i64))
}
