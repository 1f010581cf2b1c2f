//! APPEND

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::STRING_TOO_LONG;
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, Deadline, Event, Str, Txn};

pub static SPEC: Spec = Spec::write("append", 3, DOC, run)
    .event(Event::string("append"))
    .flags(Flags::DENYOOM.union(Flags::FAST))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::INSERT))]);

const DOC: Doc = Doc {
    summary: "Appends to the string that a key holds; an absent key is made.",
    since: "2.0.0",
    group: Family::String,
    complexity: "O(N) with the length of the string",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("value", ArgKind::String)],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let (key, tail) = (args.arg(1), args.arg(2));
    let len_max = txn.state().options.bulk_len_max;
    let len = txn.edit(key, Create::No, |value: &mut Str| {
        if value.len().checked_add(tail.len()).is_none_or(|len| len as u64 > len_max) {
            return Err(STRING_TOO_LONG);
        }
        value.append(tail);
        Ok((value.len(), Changed(true)))
    })?;
    let len = len.unwrap_or_else(|| {
        // Not through `edit`: what is set whole has another encoding than what grew.
        txn.set(key, Str::new(tail).into(), Deadline::Clear);
        tail.len()
    });
    Ok(Reply::Int(len as i64))
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;

    #[test]
    fn append_grows_the_string_up_to_the_bound() {
        let mut bench = Bench::new();
        bench.put_hash("h");
        bench.state.options.bulk_len_max = 8;
        for (line, text) in [
            ("APPEND k 12", ":2"),
            ("PEXPIRE k 1000", ":1"),
            ("APPEND k 34", ":4"),
            ("APPEND k \"\"", ":4"),
            ("GET k", "$4 1234"),
            ("APPEND k 56789", "-ERR string exceeds maximum allowed size (proto-max-bulk-len)"),
            ("APPEND k 5678", ":8"),
            ("APPEND empty \"\"", ":0"),
            ("GET empty", "$0"),
            ("APPEND h x", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ] {
            assert_eq!(bench.text(line), text, "{line}");
        }
        assert_eq!(bench.deadline_ms("k"), Some(bench.now_ms + 1000));
        assert_eq!(bench.state.db(0).get(b"k").unwrap().value().encoding(), "raw");
    }

    #[test]
    fn append_leaves_a_shared_reply_unchanged() {
        let mut bench = Bench::new();
        bench.run(&format!("SET k {}", "x".repeat(5000)));
        let before = bench.run("GET k");
        bench.run("APPEND k y");
        assert_eq!(before, crate::protocol::Reply::bulk("x".repeat(5000)));
        assert_eq!(bench.text("STRLEN k"), ":5001");
    }
}
