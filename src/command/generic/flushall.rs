//! FLUSHALL

use crate::command::generic::flush_type::{FLUSH_TYPE, check_mode};
use crate::command::{Categories, Doc, Flags, Group, Outcome, Run, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{DATABASES, Txn};

pub static SPEC: Spec = Spec {
    name: "flushall",
    arity: -1,
    flags: Flags::WRITE.union(Flags::FREES),
    categories: Categories::KEYSPACE.union(Categories::DANGEROUS),
    keys: &[],
    doc: Doc {
        summary: "Removes all keys of all databases.",
        since: "1.0.0",
        group: Group::Server,
        complexity: "O(1); the memory is freed in the background",
        args: &[FLUSH_TYPE],
    },
    run: Run::Write(run),
    subcommands: &[],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    check_mode(args)?;
    txn.flush(0..DATABASES);
    Ok(Reply::Ok)
}
