//! SET

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply};
use crate::store::{Deadline, Str, Txn};

use super::expire_option::{Expiry, Until, set_until};

pub static SPEC: Spec =
    Spec::write("set", -3, DOC, run).flags(Flags::DENYOOM).check(|args| options(args).map(drop)).keys(&[
        KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE).union(KeyFlags::VARIABLE_FLAGS)),
    ]);

const DOC: Doc = Doc {
    summary: "Sets a key to a string, whatever it held before.",
    since: "1.0.0",
    group: Family::String,
    complexity: "O(1)",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("value", ArgKind::String),
        Arg::new("condition", ArgKind::OneOf(&[Arg::word("nx", "NX"), Arg::word("xx", "XX")])).optional(),
        Arg::word("get", "GET").optional(),
        Arg::new(
            "expiration",
            ArgKind::OneOf(&[
                Arg::new("seconds", ArgKind::Integer).token("EX"),
                Arg::new("milliseconds", ArgKind::Integer).token("PX"),
                Arg::new("unix-time-seconds", ArgKind::UnixTime).token("EXAT"),
                Arg::new("unix-time-milliseconds", ArgKind::UnixTime).token("PXAT"),
                Arg::word("keepttl", "KEEPTTL"),
            ]),
        )
        .optional(),
    ],
};

/// NX or XX.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition {
    Absent,
    Present,
}

/// What becomes of the deadline.
enum Lifetime {
    Endless,
    Kept,
    Until(Until),
}

struct Options {
    condition: Option<Condition>,
    get: bool,
    lifetime: Lifetime,
}

fn options(args: &Args) -> Result<Options, ReplyError> {
    let mut options = Options { condition: None, get: false, lifetime: Lifetime::Endless };
    let mut expiry = Expiry::Unsaid;
    let mut at = 3;
    while at < args.len() {
        if args.is(at, "NX") && options.condition != Some(Condition::Present) {
            options.condition = Some(Condition::Absent);
        } else if args.is(at, "XX") && options.condition != Some(Condition::Absent) {
            options.condition = Some(Condition::Present);
        } else if args.is(at, "GET") {
            options.get = true;
        } else {
            at += expiry.take(args, at, "KEEPTTL").ok_or(SYNTAX)?;
            continue;
        }
        at += 1;
    }
    // Behind the whole syntax, and the last amount only, as in Redis.
    options.lifetime = match expiry {
        Expiry::Unsaid => Lifetime::Endless,
        Expiry::Word => Lifetime::Kept,
        Expiry::Given(time, amount) => Lifetime::Until(time.until(amount, SPEC.name)?),
    };
    Ok(options)
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let (key, value) = (args.arg(1), args.arg(2));
    let options = options(args)?;
    let deadline = match options.lifetime {
        Lifetime::Endless => Deadline::Clear,
        Lifetime::Kept => Deadline::Keep,
        Lifetime::Until(until) => Deadline::At(until.deadline_ms(txn.now_ms())?),
    };
    let before = if options.get { txn.read_typed::<Str>(key)?.map(Str::to_bytes) } else { None };
    let met = match options.condition {
        None => true,
        Some(Condition::Absent) => !txn.exists(key),
        Some(Condition::Present) => txn.exists(key),
    };
    if met {
        match deadline {
            Deadline::At(at) => set_until(txn, key, Str::new(value), at),
            _ => txn.set(key, Str::new(value).into(), deadline),
        }
    }
    Ok(match before {
        Some(before) => Reply::Bulk(before),
        None if met && !options.get => Reply::Ok,
        None => Reply::Nil,
    })
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;

    const WRONG_TYPE: &str = "-WRONGTYPE Operation against a key holding the wrong kind of value";

    #[test]
    fn set_obeys_nx_xx_and_get() {
        let mut bench = Bench::new();
        bench.put_hash("h");
        for (line, text) in [
            ("SET k a xx", "$-1"),
            ("SET k a NX", "+OK"),
            ("SET k b nx", "$-1"),
            ("GET k", "$1 a"),
            ("SET k b XX", "+OK"),
            ("SET k c GET", "$1 b"),
            ("SET k d NX GET", "$1 c"),
            ("GET k", "$1 c"),
            ("SET new x GET NX", "$-1"),
            ("GET new", "$1 x"),
            ("SET absent x XX GET", "$-1"),
            ("GET absent", "$-1"),
            ("SET k nx NX NX GET get", "$1 c"),
            ("SET h x GET", WRONG_TYPE),
            ("SET h x NX GET", WRONG_TYPE),
            ("SET h x NX", "$-1"),
            ("GET h", WRONG_TYPE),
            ("SET h x", "+OK"),
            ("GET h", "$1 x"),
        ] {
            assert_eq!(bench.text(line), text, "{line}");
        }
    }

    #[test]
    fn set_with_contradictions_or_bad_times_changes_nothing() {
        let mut bench = Bench::new();
        bench.run("SET k v");
        let state = bench.state.image();
        const INVALID: &str = "-ERR invalid expire time in 'set' command";
        const INTEGER: &str = "-ERR value is not an integer or out of range";
        for (options, text) in [
            ("NX XX", "-ERR syntax error"),
            ("XX NX", "-ERR syntax error"),
            ("EX", "-ERR syntax error"),
            ("EX 1 PX 1", "-ERR syntax error"),
            ("EXAT 1 EX 1", "-ERR syntax error"),
            ("PXAT 1 EXAT 1", "-ERR syntax error"),
            ("EX 1 KEEPTTL", "-ERR syntax error"),
            ("KEEPTTL PXAT 1", "-ERR syntax error"),
            ("PERSIST", "-ERR syntax error"),
            ("NX foo", "-ERR syntax error"),
            ("EX 0", INVALID),
            ("EX -1", INVALID),
            ("PXAT 0", INVALID),
            ("EXAT -5", INVALID),
            ("EX 9223372036854775807", INVALID),
            ("EX 9223372036854775", INVALID),
            ("EXAT 9223372036854776", INVALID),
            ("PX 9223372036854775807", INVALID),
            ("PX 9223372036854775808", INTEGER),
            ("EX 1.5", INTEGER),
            ("EX 0x10 GET", INTEGER),
            ("EX 0 XX GET", INVALID),
            ("EX 10 EX 0", INVALID),
        ] {
            assert_eq!(bench.text(&format!("SET k w {options}")), text, "{options}");
        }
        assert_eq!(bench.text("GET k"), "$1 v");
        assert_eq!(bench.deadline_ms("k"), None);
        assert_eq!(bench.state.db(0).get(b"k").unwrap().revision(), state.db(0).get(b"k").unwrap().revision());
    }

    #[test]
    fn set_deadlines_are_those_of_redis() {
        let mut bench = Bench::new();
        let now_ms = bench.now_ms;
        for (options, deadline_ms) in [
            ("EX 10", Some(now_ms + 10_000)),
            ("KEEPTTL", Some(now_ms + 10_000)),
            ("XX keepttl KEEPTTL", Some(now_ms + 10_000)),
            ("", None),
            ("px 7", Some(now_ms + 7)),
            ("EX abc EX 20 XX", Some(now_ms + 20_000)),
            ("EXAT 1800000000", Some(1_800_000_000_000)),
            ("PXAT 1800000000001 GET", Some(1_800_000_000_001)),
            ("PXAT 9223372036854775807", Some(i64::MAX as u64)),
            ("KEEPTTL GET", Some(i64::MAX as u64)),
        ] {
            let reply = bench.text(&format!("SET k v {options}"));
            assert!(!reply.starts_with('-'), "{options}: {reply}");
            assert_eq!(bench.deadline_ms("k"), deadline_ms, "{options}");
        }
        bench.run("SET k v PX 7");
        bench.now_ms += 7;
        assert_eq!(bench.text("GET k"), "$1 v");
        bench.now_ms += 1;
        assert_eq!(bench.text("GET k"), "$-1");
        assert_eq!(bench.text("SET k w KEEPTTL"), "+OK");
        assert_eq!(bench.deadline_ms("k"), None);
    }

    #[test]
    fn set_with_a_past_deadline_leaves_no_key() {
        let mut bench = Bench::new();
        let just_over = format!("PXAT {}", bench.now_ms - 1);
        for options in ["PXAT 1", "EXAT 1", &just_over] {
            bench.run("SET k v");
            assert_eq!(bench.text(&format!("SET k w {options}")), "+OK", "{options}");
            assert_eq!(bench.text("GET k"), "$-1", "{options}");
            assert_eq!(bench.state.db(0).len(), 0, "{options}");
        }
        bench.run("SET k v");
        assert_eq!(bench.text("SET k w PXAT 1 GET"), "$1 v");
        assert_eq!(bench.text("SET k w PXAT 1 NX"), "+OK");
        let now = format!("SET k w PXAT {}", bench.now_ms);
        assert_eq!(bench.text(&now), "+OK");
        assert_eq!((bench.text("EXISTS k"), bench.text("PTTL k")), (":1".into(), ":0".into()), "as Redis 7.0.15");
        let getex = format!("GETEX k PXAT {}", bench.now_ms);
        assert_eq!((bench.text(&getex), bench.text("EXISTS k")), ("$1 w".into(), ":0".into()), "as Redis 7.0.15");
    }
}
