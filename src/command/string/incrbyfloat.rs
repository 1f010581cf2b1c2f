//! INCRBYFLOAT

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{NOT_A_FLOAT, NOT_FINITE, ReplyError};
use crate::protocol::{Args, LongDouble, Reply};
use crate::store::{Changed, Create, Deadline, Event, Str, Txn};

pub static SPEC: Spec = Spec::write("incrbyfloat", 3, DOC, run)
    .event(Event::string("incrbyfloat"))
    .flags(Flags::DENYOOM.union(Flags::FAST))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Adds to the number that a key holds, with fractions; an absent key counts as 0.",
    since: "2.6.0",
    group: Family::String,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("increment", ArgKind::Double)],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let key = args.arg(1);
    if txn.is_work_bounded() {
        let before = txn.typed::<Str>(key)?.map_or(0, Str::len);
        txn.work(LongDouble::text_units(before) + LongDouble::text_units(args.arg(2).len()))?;
    }
    let text = txn.edit(key, Create::No, |value: &mut Str| {
        let text = sum(LongDouble::parse(value.as_bytes()).ok_or(NOT_A_FLOAT)?, args.arg(2))?;
        *value = Str::text(text.as_bytes());
        Ok((text, Changed(true)))
    })?;
    let text = match text {
        Some(text) => text,
        None => {
            let text = sum(LongDouble::ZERO, args.arg(2))?;
            txn.set(key, Str::text(text.as_bytes()).into(), Deadline::Clear);
            text
        }
    };
    // Known only now: `1e4932` is short.
    txn.work(LongDouble::text_units(text.len()))?;
    Ok(Reply::bulk(text))
}

fn sum(before: LongDouble, increment: &[u8]) -> Result<String, ReplyError> {
    let sum = before + LongDouble::parse(increment).ok_or(NOT_A_FLOAT)?;
    if sum.is_finite() { Ok(sum.to_text()) } else { Err(NOT_FINITE) }
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;

    #[test]
    fn incrbyfloat_adds_as_redis_does() {
        let mut bench = Bench::new();
        bench.put_hash("h");
        for (line, text) in [
            ("INCRBYFLOAT k x", "-ERR value is not a valid float"),
            ("GET k", "$-1"),
            ("INCRBYFLOAT k 10.50", "$4 10.5"),
            ("PEXPIRE k 1000", ":1"),
            ("INCRBYFLOAT k 0.1", "$4 10.6"),
            ("INCRBYFLOAT k -5", "$3 5.6"),
            ("SET e 5.0e3", "+OK"),
            ("INCRBYFLOAT e 2.0e2", "$4 5200"),
            ("INCRBYFLOAT e inf", "-ERR increment would produce NaN or Infinity"),
            ("INCRBYFLOAT e nan", "-ERR value is not a valid float"),
            ("INCRBYFLOAT e \" 1\"", "-ERR value is not a valid float"),
            ("GET e", "$4 5200"),
            ("SET empty \"\"", "+OK"),
            ("INCRBYFLOAT empty 1", "-ERR value is not a valid float"),
            ("INCRBYFLOAT h 1", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
            ("INCRBYFLOAT h x", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ] {
            assert_eq!(bench.text(line), text, "{line}");
        }
        assert_eq!(bench.deadline_ms("k"), Some(bench.now_ms + 1000));
    }

    /// As redis-server 7.0 shows them.
    #[test]
    fn incrbyfloat_leaves_a_text_encoding() {
        let mut bench = Bench::new();
        for (line, encoding) in [
            ("INCRBYFLOAT k 5", "embstr"),
            ("INCRBYFLOAT k 0.5", "embstr"),
            ("INCRBYFLOAT k 0.5", "embstr"),
            ("COPY k copy", "embstr"),
            ("PEXPIRE k 1000", "embstr"),
            ("INCR k", "int"),
            ("INCRBYFLOAT k 1", "embstr"),
            ("APPEND k 1", "raw"),
            ("INCRBYFLOAT k 1", "embstr"),
            ("SET k 12", "int"),
            ("INCRBYFLOAT k 1e60", "raw"),
        ] {
            bench.run(line);
            let key = if line.starts_with("COPY") { "copy" } else { "k" };
            let got = bench.text(&format!("OBJECT ENCODING {key}"));
            assert_eq!(got.rsplit(' ').next(), Some(encoding), "{line}");
        }
    }
}
