//! DELIFEQ

use super::compare::Comparison;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::Txn;

pub static SPEC: Spec = Spec::write("delifeq", 3, DOC, run)
    .since(3)
    .flags(Flags::FAST.union(Flags::FREES))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::DELETE))]);

const DOC: Doc = Doc {
    summary: "Removes a key if it holds exactly this string.",
    since: "9.0.0",
    group: Family::String,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("value", ArgKind::String)],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let key = args.arg(1);
    let is_held = Comparison::equal(args.arg(2)).holds(txn, key)?;
    Ok(Reply::Int(i64::from(is_held && txn.remove(key))))
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;

    #[test]
    fn delifeq_removes_only_the_same_string() {
        let mut bench = Bench::new();
        bench.put_hash("h");
        for (line, text) in [
            ("DELIFEQ k v", ":0"),
            ("SET k v", "+OK"),
            ("DELIFEQ k V", ":0"),
            ("DELIFEQ k \"\"", ":0"),
            ("GET k", "$1 v"),
            ("DELIFEQ k v", ":1"),
            ("EXISTS k", ":0"),
            ("DELIFEQ h v", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
            ("EXISTS h", ":1"),
            ("DELIFEQ k", "-ERR wrong number of arguments for 'delifeq' command"),
        ] {
            assert_eq!(bench.text(line), text, "{line}");
        }
    }
}
