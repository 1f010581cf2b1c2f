//! SESSION.CLOSE

use super::{ID, LEVEL, check_id, doc, session_id};
use crate::command::{Doc, Flags, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::Txn;

pub static SPEC: Spec = Spec::write("session.close", 2, DOC, run).since(LEVEL).flags(Flags::FREES).check(check_id);

const DOC: Doc = doc(
    "O(N) with what the session holds and binds",
    "Ends a session: releases its locks and deletes the keys that are bound to it. Answers how many; 0 if it has ended before.",
    &[ID],
);

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    Ok(Reply::Int(txn.close_session(session_id(args.arg(1))?)? as i64))
}
