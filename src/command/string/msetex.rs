//! MSETEX

use super::expire_option::{Expiry, make_until, set_until};
use super::set::Lifetime;
use crate::command::{Arg, ArgKind, BeginSearch, Doc, Family, FindKeys, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{Deadline, Event, Str, Txn};

pub static SPEC: Spec = Spec::write("msetex", -4, DOC, run)
    .event(Event::string("set"))
    .since(3)
    .flags(Flags::DENYOOM.union(Flags::MOVABLEKEYS))
    .check(|args| options(args).map(drop))
    .keys(&[KeySpec {
        begin: BeginSearch::Index(1),
        find: FindKeys::Keynum { index: 0, first: 1, step: 2 },
        flags: KeyFlags::OW.union(KeyFlags::UPDATE),
    }]);

const DOC: Doc = Doc {
    summary: "Sets several keys to strings at once, with one time to live, if all of them are absent or all are there.",
    since: "8.4.0",
    group: Family::String,
    complexity: "O(N) with the number of keys",
    args: &[
        Arg::new("numkeys", ArgKind::Integer),
        Arg::new("data", ArgKind::Block(&[Arg::new("key", ArgKind::Key(0)), Arg::new("value", ArgKind::String)]))
            .multiple(),
        Arg::new("condition", ArgKind::OneOf(&[Arg::word("nx", "NX"), Arg::word("xx", "XX")])).optional(),
        super::set::EXPIRATION,
    ],
};

const NUMKEYS: ReplyError = ReplyError::new("ERR invalid numkeys value");
const PAIRS: ReplyError = ReplyError::new("ERR wrong number of key-value pairs");

struct Options {
    /// The argument behind the last value.
    pairs_end: usize,
    /// All keys have to be there (XX), or none (NX).
    present: Option<bool>,
    lifetime: Lifetime,
}

fn options(args: &Args) -> Result<Options, ReplyError> {
    let numkeys = parse_i64(args.arg(1)).filter(|number| (1..=i64::from(i32::MAX)).contains(number)).ok_or(NUMKEYS)?;
    let pairs_end = usize::try_from(numkeys).ok().and_then(|number| number.checked_mul(2)?.checked_add(2));
    let pairs_end = pairs_end.filter(|end| *end <= args.len()).ok_or(PAIRS)?;
    let mut present = None;
    let mut expiry = Expiry::Unsaid;
    let mut at = pairs_end;
    while at < args.len() {
        if args.is(at, "NX") && present != Some(true) {
            present = Some(false);
        } else if args.is(at, "XX") && present != Some(false) {
            present = Some(true);
        } else {
            at += expiry.take(args, at, "KEEPTTL").ok_or(SYNTAX)?;
            continue;
        }
        at += 1;
    }
    Ok(Options { pairs_end, present, lifetime: Lifetime::of(expiry, SPEC.name)? })
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let Options { pairs_end, present, lifetime } = options(args)?;
    let deadline = lifetime.deadline(txn.now_ms())?;
    let keys = (2..pairs_end).step_by(2);
    if present.is_some_and(|wanted| keys.clone().any(|at| txn.exists(args.arg(at)) != wanted)) {
        return Ok(Reply::Int(0));
    }
    for at in keys {
        let value = Str::new(args.arg(at + 1));
        match deadline {
            _ if present == Some(false) => make_until(txn, args.arg(at), value, deadline),
            Deadline::At(deadline_ms) => set_until(txn, args.arg(at), value, deadline_ms),
            _ => txn.set(args.arg(at), value.into(), deadline),
        }
    }
    Ok(Reply::Int(1))
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;

    #[test]
    fn msetex_sets_all_or_nothing() {
        let mut bench = Bench::new();
        bench.put_hash("h");
        for (line, text) in [
            ("MSETEX 2 a 1 b 2 NX", ":1"),
            ("MSETEX 2 c 3 b 4 NX", ":0"),
            ("MSETEX 2 c 3 b 4 XX", ":0"),
            ("MGET a b c", "*3 $1 1 $1 2 $-1"),
            ("MSETEX 2 a 5 b 6 XX XX", ":1"),
            ("MSETEX 2 h 1 h 2", ":1"),
            ("MGET a b h", "*3 $1 5 $1 6 $1 2"),
            ("MSETEX 1 NX nx", ":1"),
            ("GET NX", "$2 nx"),
        ] {
            assert_eq!(bench.text(line), text, "{line}");
        }
    }

    #[test]
    fn msetex_gives_all_keys_one_time_to_live() {
        let mut bench = Bench::new();
        let now_ms = bench.now_ms;
        for (options, deadline_ms) in [
            ("EX 10", Some(now_ms + 10_000)),
            ("NX", Some(now_ms + 10_000)),
            ("KEEPTTL", Some(now_ms + 10_000)),
            ("PX 7 XX", Some(now_ms + 7)),
            ("EXAT 1800000000", Some(1_800_000_000_000)),
            ("XX PXAT 1800000000001", Some(1_800_000_000_001)),
            ("", None),
        ] {
            let reply = bench.text(&format!("MSETEX 2 a 1 b 2 {options}"));
            assert!(reply.starts_with(':'), "{options}: {reply}");
            assert_eq!((bench.deadline_ms("a"), bench.deadline_ms("b")), (deadline_ms, deadline_ms), "{options}");
        }
        assert_eq!(bench.text("MSETEX 2 a 1 b 2 PXAT 1"), ":1");
        assert_eq!(bench.text("EXISTS a b"), ":0");
    }

    #[test]
    fn msetex_with_wrong_arguments_sets_nothing() {
        let mut bench = Bench::new();
        for (line, text) in [
            ("MSETEX key1 val1 ex 10", "-ERR invalid numkeys value"),
            ("MSETEX 0 a 1", "-ERR invalid numkeys value"),
            ("MSETEX -1 a 1", "-ERR invalid numkeys value"),
            ("MSETEX 2147483648 a 1 ex 10", "-ERR invalid numkeys value"),
            ("MSETEX 2147483647 a 1 ex 10", "-ERR wrong number of key-value pairs"),
            ("MSETEX 2 a 1 b", "-ERR wrong number of key-value pairs"),
            ("MSETEX 1 a 1 foo", "-ERR syntax error"),
            ("MSETEX 1 a 1 NX XX", "-ERR syntax error"),
            ("MSETEX 1 a 1 EX 1 PX 1", "-ERR syntax error"),
            ("MSETEX 1 a 1 KEEPTTL EX 1", "-ERR syntax error"),
            ("MSETEX 1 a 1 EX", "-ERR syntax error"),
            ("MSETEX 1 a 1 EX 0", "-ERR invalid expire time in 'msetex' command"),
            ("MSETEX 1 a 1 EX x", "-ERR value is not an integer or out of range"),
            ("MSETEX 1 a", "-ERR wrong number of arguments for 'msetex' command"),
        ] {
            assert_eq!(bench.text(line), text, "{line}");
        }
        assert_eq!(bench.state.db(0).len(), 0);
    }
}
