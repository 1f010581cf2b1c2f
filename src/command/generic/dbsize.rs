//! DBSIZE

use crate::command::{Categories, Doc, Family, Flags, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::View;

pub static SPEC: Spec = Spec::read("dbsize", 1, DOC, run).flags(Flags::FAST).categories(Categories::KEYSPACE);

const DOC: Doc = Doc {
    summary: "Counts the keys of the database, those that are due and not yet removed included.",
    since: "1.0.0",
    group: Family::Server,
    complexity: "O(1)",
    args: &[],
};

fn run(view: &View<'_>, _args: &Args) -> Outcome {
    Ok(Reply::Int(view.db().len() as i64))
}
