//! INCR

use crate::command::{Arg, ArgKind, Categories, Doc, Flags, Group, KeyFlags, KeySpec, Outcome, Run, Spec};
use crate::error::{NOT_AN_INTEGER, OVERFLOW};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{Changed, Create, Str, Txn};

pub static SPEC: Spec = Spec {
    name: "incr",
    arity: 2,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    categories: Categories::empty(),
    keys: &[KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))],
    doc: Doc {
        summary: "Adds one to the number that a key holds; an absent key counts as 0.",
        since: "1.0.0",
        group: Group::String,
        complexity: "O(1)",
        args: &[Arg::new("key", ArgKind::Key(0))],
    },
    run: Run::Write(run),
    subcommands: &[],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let sum = txn.edit(args.arg(1), Create::Yes, |value: &mut Str| {
        let before = if value.is_empty() { 0 } else { parse_i64(value.as_bytes()).ok_or(NOT_AN_INTEGER)? };
        let sum = before.checked_add(1).ok_or(OVERFLOW)?;
        *value = Str::new(itoa::Buffer::new().format(sum).as_bytes());
        Ok((sum, Changed(true)))
    })?;
    Ok(Reply::Int(sum.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;

    #[test]
    fn counts_and_refuses_what_is_no_number() {
        let mut bench = Bench::new();
        assert_eq!(bench.text("INCR n"), ":1");
        assert_eq!(bench.text("INCR n"), ":2");
        bench.run("SET s abc");
        assert_eq!(bench.text("INCR s"), "-ERR value is not an integer or out of range");
        assert_eq!(bench.text("GET s"), "$3 abc");
    }
}
