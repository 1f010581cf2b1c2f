//! COPY

use crate::command::generic::db_index::{SAME_OBJECT, db_index};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{ReplyError, SYNTAX, WRONG_TYPE};
use crate::protocol::{Args, Reply};
use crate::store::Txn;

pub static SPEC: Spec = Spec::write("copy", -3, DOC, run)
    .flags(Flags::DENYOOM)
    .check(|args| options(args).map(drop))
    .cluster_check(within)
    .keys(&[
        KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS)),
        KeySpec::range(2, 0, 1, KeyFlags::OW.union(KeyFlags::UPDATE)),
    ]);

const DOC: Doc = Doc {
    summary: "Copies the value and the deadline of a key to another key.",
    since: "6.2.0",
    group: Family::Generic,
    complexity: "O(1) for large values, which are shared until one side changes",
    args: &[
        Arg::new("source", ArgKind::Key(0)),
        Arg::new("destination", ArgKind::Key(1)),
        Arg::new("destination-db", ArgKind::Integer).token("DB").optional(),
        Arg::word("replace", "REPLACE").optional(),
    ],
};

/// What is wrong with the options is said by the command itself.
fn within(args: &Args) -> Result<(), ReplyError> {
    match options(args) {
        Ok(Options { db: Some(1..), .. }) => {
            Err(ReplyError::new("ERR Copying to another database is not allowed in cluster mode"))
        }
        _ => Ok(()),
    }
}

struct Options {
    /// Another than that of the command.
    db: Option<usize>,
    replace: bool,
}

fn options(args: &Args) -> Result<Options, ReplyError> {
    let mut options = Options { db: None, replace: false };
    let mut at = 3;
    while at < args.len() {
        if args.is(at, "REPLACE") {
            options.replace = true;
        } else if args.is(at, "DB") && at + 1 < args.len() {
            at += 1;
            options.db = Some(db_index(args.arg(at))?);
        } else {
            return Err(SYNTAX);
        }
        at += 1;
    }
    Ok(options)
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let (key, target) = (args.arg(1), args.arg(2));
    let Options { db, replace } = options(args)?;
    let db = db.unwrap_or(txn.db_index());
    if db == txn.db_index() && key == target {
        return Err(SAME_OBJECT);
    }
    let Some(units) = txn.read(key).map(|entry| entry.value().copy_units()) else { return Ok(Reply::Int(0)) };
    let is_there = txn.on_db(db).get(target).map(|entry| entry.value().is_lock());
    if is_there == Some(true) {
        return Err(WRONG_TYPE);
    }
    if !replace && is_there.is_some() {
        return Ok(Reply::Int(0));
    }
    // What is large is shared, and the next write to either side makes the copy.
    txn.work(units)?;
    Ok(Reply::Int(i64::from(txn.copy(key, db, target))))
}
