//! MOVE

use crate::command::generic::db_index::{SAME_OBJECT, db_index};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::Txn;

pub static SPEC: Spec = Spec::write("move", 3, DOC, run)
    .flags(Flags::FAST)
    .check(|args| db_index(args.arg(2)).map(drop))
    .cluster_check(|_| Err(ReplyError::new("ERR MOVE is not allowed in cluster mode")))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Moves a key to another database unless a key has its name there.",
    since: "1.0.0",
    group: Family::Generic,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("db", ArgKind::Integer)],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let key = args.arg(1);
    let db = db_index(args.arg(2))?;
    if db == txn.db_index() {
        return Err(SAME_OBJECT);
    }
    if !txn.exists(key) || txn.on_db(db).exists(key) {
        return Ok(Reply::Int(0));
    }
    Ok(Reply::Int(i64::from(txn.transfer(key, db, key))))
}
