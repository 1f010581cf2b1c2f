//! GETEX

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply};
use crate::store::{Str, Txn};

use super::expire_option::{EXPIRATION_OR_PERSIST, Expiry};

pub static SPEC: Spec = Spec::write("getex", -2, DOC, run)
    .flags(Flags::FAST)
    .check(|args| expiry(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Returns the string that a key holds, and changes when the key expires.",
    since: "6.2.0",
    group: Family::String,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0)), EXPIRATION_OR_PERSIST],
};

/// The syntax alone: the amount is looked at behind the key, as in Redis.
fn expiry(args: &Args) -> Result<Expiry<'_>, ReplyError> {
    let mut expiry = Expiry::Unsaid;
    let mut at = 2;
    while at < args.len() {
        at += expiry.take(args, at, "PERSIST").ok_or(SYNTAX)?;
    }
    Ok(expiry)
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let key = args.arg(1);
    let expiry = expiry(args)?;
    let Some(entry) = txn.read(key) else { return Ok(Reply::Nil) };
    let has_deadline = entry.deadline_ms().is_some();
    // Present, so this only fails for another type.
    let value = txn.typed::<Str>(key)?.map_or(Reply::Nil, |value| Reply::Bulk(value.to_bytes()));
    match expiry {
        Expiry::Unsaid => {}
        Expiry::Word if has_deadline => {
            txn.set_deadline(key, None);
        }
        Expiry::Word => {}
        Expiry::Given(time, amount) => {
            let deadline_ms = time.until(amount, SPEC.name)?.deadline_ms(txn.now_ms())?;
            if deadline_ms <= txn.now_ms() {
                txn.remove(key);
            } else {
                txn.set_deadline(key, Some(deadline_ms));
            }
        }
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;

    #[test]
    fn getex_moves_the_deadline_and_keeps_the_revision() {
        let mut bench = Bench::new();
        bench.run("SET k v");
        let now_ms = bench.now_ms;
        let revision = bench.revision("k");
        for (options, deadline_ms) in [
            ("", None),
            ("PERSIST", None),
            ("EX 10", Some(now_ms + 10_000)),
            ("", Some(now_ms + 10_000)),
            ("px 5 PX 6", Some(now_ms + 6)),
            ("EXAT 1800000000", Some(1_800_000_000_000)),
            ("PXAT 1800000000001", Some(1_800_000_000_001)),
            ("persist PERSIST", None),
        ] {
            assert_eq!(bench.text(&format!("GETEX k {options}")), "$1 v", "{options}");
            assert_eq!(bench.deadline_ms("k"), deadline_ms, "{options}");
        }
        assert_eq!(bench.revision("k"), revision);
        assert_eq!(bench.text("GETEX k PXAT 1"), "$1 v");
        assert_eq!(bench.text("GET k"), "$-1");
    }

    #[test]
    fn getex_refuses_in_the_order_of_redis() {
        let mut bench = Bench::new();
        bench.put_hash("h");
        bench.run("SET k v PX 1000");
        for (line, text) in [
            ("GETEX k EX 0", "-ERR invalid expire time in 'getex' command"),
            ("GETEX k EX 9223372036854775807", "-ERR invalid expire time in 'getex' command"),
            ("GETEX k EX x", "-ERR value is not an integer or out of range"),
            ("GETEX k EX", "-ERR syntax error"),
            ("GETEX k KEEPTTL", "-ERR syntax error"),
            ("GETEX k NX", "-ERR syntax error"),
            ("GETEX k EX 1 PERSIST", "-ERR syntax error"),
            ("GETEX k PERSIST PX 1", "-ERR syntax error"),
            ("GETEX absent EX 0", "$-1"),
            ("GETEX absent EX", "-ERR syntax error"),
            ("GETEX h EX 0", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ] {
            assert_eq!(bench.text(line), text, "{line}");
        }
        assert_eq!(bench.deadline_ms("k"), Some(bench.now_ms + 1000));
    }
}
