//! SWAPDB

use crate::command::generic::db_index::{existing, parse_int};
use crate::command::{Arg, ArgKind, Categories, Doc, Flags, Group, Outcome, Run, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::Txn;

const INVALID_FIRST: ReplyError = ReplyError::new("ERR invalid first DB index");
const INVALID_SECOND: ReplyError = ReplyError::new("ERR invalid second DB index");

pub static SPEC: Spec = Spec {
    name: "swapdb",
    arity: 3,
    flags: Flags::WRITE.union(Flags::FAST),
    categories: Categories::KEYSPACE.union(Categories::DANGEROUS),
    keys: &[],
    doc: Doc {
        summary: "Exchanges the contents of two databases.",
        since: "4.0.0",
        group: Group::Server,
        complexity: "O(1)",
        args: &[Arg::new("index1", ArgKind::Integer), Arg::new("index2", ArgKind::Integer)],
    },
    run: Run::Write(run),
    subcommands: &[],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let first = parse_int(args.arg(1)).map_err(|_| INVALID_FIRST)?;
    let second = parse_int(args.arg(2)).map_err(|_| INVALID_SECOND)?;
    txn.swap(existing(first)?, existing(second)?);
    Ok(Reply::Ok)
}
