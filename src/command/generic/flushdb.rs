//! FLUSHDB

use crate::command::generic::flush_type::{FLUSH_TYPE, check_mode};
use crate::command::{Categories, Doc, Family, Flags, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::Txn;

pub static SPEC: Spec = Spec::write("flushdb", -1, DOC, run)
    .flags(Flags::FREES)
    .check(check_mode)
    .categories(Categories::KEYSPACE.union(Categories::DANGEROUS));

const DOC: Doc = Doc {
    summary: "Removes all keys of the database.",
    since: "1.0.0",
    group: Family::Server,
    complexity: "O(1); the memory is freed in the background",
    args: &[FLUSH_TYPE],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    check_mode(args)?;
    txn.flush([txn.db_index()]);
    Ok(Reply::Ok)
}
