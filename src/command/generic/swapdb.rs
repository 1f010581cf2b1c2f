//! SWAPDB

use crate::command::generic::db_index::{existing, parse_int};
use crate::command::{Arg, ArgKind, Categories, Doc, Family, Flags, Outcome, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::Txn;

const INVALID_FIRST: ReplyError = ReplyError::new("ERR invalid first DB index");
const HOLDS_LOCKS: ReplyError = ReplyError::new("ERR SWAPDB is not possible while one of the databases holds locks");
const INVALID_SECOND: ReplyError = ReplyError::new("ERR invalid second DB index");

pub static SPEC: Spec = Spec::write("swapdb", 3, DOC, run)
    .flags(Flags::FAST)
    .check(|args| indexes(args).map(drop))
    .cluster_check(|_| Err(ReplyError::new("ERR SWAPDB is not allowed in cluster mode")))
    .categories(Categories::KEYSPACE.union(Categories::DANGEROUS));

const DOC: Doc = Doc {
    summary: "Exchanges the contents of two databases.",
    since: "4.0.0",
    group: Family::Server,
    complexity: "O(1)",
    args: &[Arg::new("index1", ArgKind::Integer), Arg::new("index2", ArgKind::Integer)],
};

fn indexes(args: &Args) -> Result<(usize, usize), ReplyError> {
    let first = parse_int(args.arg(1)).map_err(|_| INVALID_FIRST)?;
    let second = parse_int(args.arg(2)).map_err(|_| INVALID_SECOND)?;
    Ok((existing(first)?, existing(second)?))
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let (first, second) = indexes(args)?;
    if [first, second].into_iter().any(|index| txn.state().db(index).has_locks()) {
        return Err(HOLDS_LOCKS);
    }
    txn.swap(first, second);
    Ok(Reply::Ok)
}
