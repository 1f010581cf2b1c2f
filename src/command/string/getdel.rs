//! GETDEL

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Str, Txn};

pub static SPEC: Spec = Spec::write("getdel", 2, DOC, run)
    .flags(Flags::FAST.union(Flags::FREES))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE))]);

const DOC: Doc = Doc {
    summary: "Returns the string that a key holds and removes the key.",
    since: "6.2.0",
    group: Family::String,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0))],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let key = args.arg(1);
    let Some(value) = txn.read_typed::<Str>(key)?.map(Str::to_bytes) else { return Ok(Reply::Nil) };
    txn.remove(key);
    Ok(Reply::Bulk(value))
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;

    #[test]
    fn getdel_returns_and_removes() {
        let mut bench = Bench::new();
        bench.put_hash("h");
        for (line, text) in [
            ("GETDEL k", "$-1"),
            ("SET k v", "+OK"),
            ("GETDEL k", "$1 v"),
            ("GET k", "$-1"),
            ("GETDEL h", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
            ("DEL h", ":1"),
        ] {
            assert_eq!(bench.text(line), text, "{line}");
        }
    }
}
