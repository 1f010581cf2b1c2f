//! SESSION.BIND

use super::{ID, LEVEL, check_id, doc, session_id};
use crate::command::{Arg, ArgKind, Doc, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::Txn;

pub static SPEC: Spec = Spec::write("session.bind", -3, DOC, run)
    .since(LEVEL)
    .flags(Flags::DENYOOM)
    .check(check_id)
    .keys(&[KeySpec::range(2, -1, 1, KeyFlags::RW.union(KeyFlags::UPDATE))]);

const DOC: Doc = doc(
    "O(N) with the number of keys",
    "Binds keys that exist to a session, and to no other: they are deleted when it ends. Answers how many there are.",
    &[ID, Arg::new("key", ArgKind::Key(0)).multiple()],
);

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let keys: Vec<&[u8]> = args.from(2).collect();
    Ok(Reply::Int(txn.bind_keys(session_id(args.arg(1))?, &keys)? as i64))
}
