//! GETSET

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Deadline, Event, Str, Txn};

pub static SPEC: Spec = Spec::write("getset", 3, DOC, run)
    .event(Event::string("set"))
    .flags(Flags::DENYOOM.union(Flags::FAST))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Sets a key to a string and returns the one before.",
    since: "1.0.0",
    group: Family::String,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("value", ArgKind::String)],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let key = args.arg(1);
    let before = txn.read_typed::<Str>(key)?.map_or(Reply::Nil, |value| Reply::Bulk(value.to_bytes()));
    txn.set(key, Str::new(args.arg(2)).into(), Deadline::Clear);
    Ok(before)
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;

    #[test]
    fn getset_returns_the_old_value() {
        let mut bench = Bench::new();
        bench.put_hash("h");
        for (line, text) in [
            ("GETSET k a", "$-1"),
            ("PEXPIRE k 100", ":1"),
            ("GETSET k b", "$1 a"),
            ("GET k", "$1 b"),
            ("GETSET h b", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
            ("GET h", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ] {
            assert_eq!(bench.text(line), text, "{line}");
        }
        assert_eq!(bench.deadline_ms("k"), None);
    }
}
