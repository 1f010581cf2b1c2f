//! EXISTS

use crate::command::{Arg, ArgKind, Categories, Doc, Flags, Group, KeyFlags, KeySpec, Outcome, Run, Spec};
use crate::protocol::{Args, Reply};
use crate::store::View;

pub static SPEC: Spec = Spec {
    name: "exists",
    arity: -2,
    flags: Flags::READONLY.union(Flags::FAST),
    categories: Categories::empty(),
    keys: &[KeySpec::range(1, -1, 1, KeyFlags::RO)],
    doc: Doc {
        summary: "Counts which of the keys exist; a key named twice counts twice.",
        since: "1.0.0",
        group: Group::Generic,
        complexity: "O(N) with the number of keys",
        args: &[Arg::new("key", ArgKind::Key(0)).multiple()],
    },
    run: Run::Read(run),
    subcommands: &[],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    Ok(Reply::Int(args.from(1).filter(|key| view.peek(key).is_some()).count() as i64))
}
