//! DBSIZE

use crate::command::{Categories, Doc, Flags, Group, Outcome, Run, Spec};
use crate::protocol::{Args, Reply};
use crate::store::View;

pub static SPEC: Spec = Spec {
    name: "dbsize",
    arity: 1,
    flags: Flags::READONLY.union(Flags::FAST),
    categories: Categories::KEYSPACE,
    keys: &[],
    doc: Doc {
        summary: "Counts the keys of the database, those that are due and not yet removed included.",
        since: "1.0.0",
        group: Group::Server,
        complexity: "O(1)",
        args: &[],
    },
    run: Run::Read(run),
    subcommands: &[],
};

fn run(view: &View<'_>, _args: &Args) -> Outcome {
    Ok(Reply::Int(view.db().len() as i64))
}
