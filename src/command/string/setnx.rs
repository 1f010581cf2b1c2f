//! SETNX

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Deadline, Event, Str, Txn};

pub static SPEC: Spec = Spec::write("setnx", 3, DOC, run)
    .event(Event::string("set"))
    .flags(Flags::DENYOOM.union(Flags::FAST))
    .keys(&[KeySpec::first(KeyFlags::OW.union(KeyFlags::INSERT))]);

const DOC: Doc = Doc {
    summary: "Sets a key to a string if the key is absent.",
    since: "1.0.0",
    group: Family::String,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("value", ArgKind::String)],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let key = args.arg(1);
    if txn.exists(key) {
        return Ok(Reply::Int(0));
    }
    txn.make(key, Str::new(args.arg(2)), Deadline::Clear);
    Ok(Reply::Int(1))
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;

    #[test]
    fn setnx_sets_only_an_absent_key() {
        let mut bench = Bench::new();
        bench.put_hash("h");
        for (line, text) in
            [("SETNX k a", ":1"), ("SETNX k b", ":0"), ("GET k", "$1 a"), ("SETNX h b", ":0"), ("PEXPIRE k 10", ":1")]
        {
            assert_eq!(bench.text(line), text, "{line}");
        }
        bench.now_ms += 11;
        assert_eq!(bench.text("SETNX k c"), ":1");
    }
}
