//! DELEX

use super::compare::{By, Comparison};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{ReplyError, wrong_arity};
use crate::protocol::{Args, Reply};
use crate::store::{Str, Txn};

pub static SPEC: Spec = Spec::write("delex", -2, DOC, run)
    .since(3)
    .flags(Flags::FAST.union(Flags::FREES))
    .check(check)
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::DELETE))]);

const DOC: Doc = Doc {
    summary: "Removes a key if what it holds is as wanted.",
    since: "8.4.0",
    group: Family::String,
    complexity: "O(1) for IFEQ, IFNE and IFREV, O(N) with the length of the string for IFDEQ and IFDNE",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new(
            "condition",
            ArgKind::OneOf(&[
                Arg::new("ifeq-value", ArgKind::String).token("IFEQ"),
                Arg::new("ifne-value", ArgKind::String).token("IFNE"),
                Arg::new("ifdeq-digest", ArgKind::String).token("IFDEQ"),
                Arg::new("ifdne-digest", ArgKind::String).token("IFDNE"),
                Arg::new("revision", ArgKind::Integer).token("IFREV"),
            ]),
        )
        .optional(),
    ],
};

const NO_STRING: ReplyError = ReplyError::new("ERR Key should be of string type if conditions are specified");
const NO_CONDITION: ReplyError = ReplyError::new("ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE");

/// No condition, or one with its operand.
fn check(args: &Args) -> Result<(), ReplyError> {
    if args.len() != 2 && args.len() != 4 {
        return Err(wrong_arity(SPEC.name));
    }
    Comparison::at(args, 2).map_or(Ok(()), Comparison::check)
}

/// Wrong words are found behind the look at the key, as in Redis.
fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    check(args)?;
    let key = args.arg(1);
    if args.len() > 2 {
        if !txn.exists(key) {
            return Ok(Reply::Int(0));
        }
        let condition = Comparison::at(args, 2);
        if condition.is_none_or(|condition| condition.by != By::Revision) && txn.typed::<Str>(key).is_err() {
            return Err(NO_STRING);
        }
        if !condition.ok_or(NO_CONDITION)?.holds(txn, key)? {
            return Ok(Reply::Int(0));
        }
    }
    Ok(Reply::Int(i64::from(txn.remove(key))))
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;
    use crate::protocol::Reply;

    const WRONG: &str = "-ERR must be exactly 16 hexadecimal characters";
    const ARITY: &str = "-ERR wrong number of arguments for 'delex' command";

    #[test]
    fn delex_removes_what_is_as_wanted_and_nothing_else() {
        for (condition, text) in [
            ("", ":1"),
            ("IFEQ hello", ":1"),
            ("ifeq Hello", ":0"),
            ("IFNE hello", ":0"),
            ("IFNE other", ":1"),
            ("IFDEQ 9555e8555c62dcfd", ":1"),
            ("IFDEQ 9555E8555C62DCFD", ":1"),
            ("IFDEQ 0000000000000000", ":0"),
            ("IFDEQ zzzzzzzzzzzzzzzz", ":0"),
            ("IFDNE 9555e8555c62dcfd", ":0"),
            ("IFDNE zzzzzzzzzzzzzzzz", ":1"),
            ("IFDEQ 9555e8555c62dcf", WRONG),
            ("IFDNE 09555e8555c62dcfd", WRONG),
            ("FOO hello", "-ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE"),
            ("IFREV x", "-ERR value is not an integer or out of range"),
            ("IFREV -1", "-ERR value is not an integer or out of range"),
            ("IFREV 0", ":0"),
            ("IFEQ", ARITY),
            ("IFEQ hello more", ARITY),
        ] {
            let mut bench = Bench::new();
            bench.run("SET k hello");
            assert_eq!(bench.text(&format!("DELEX k {condition}")), text, "{condition}");
            let left = if text == ":1" { ":0" } else { ":1" };
            assert_eq!(bench.text("EXISTS k"), left, "{condition}");
        }
    }

    #[test]
    fn delex_finds_an_absent_key_before_a_wrong_type_before_a_wrong_condition() {
        let mut bench = Bench::new();
        bench.put_hash("h");
        const TYPE: &str = "-ERR Key should be of string type if conditions are specified";
        for (line, text) in [
            ("DELEX absent", ":0"),
            ("DELEX absent IFNE x", ":0"),
            ("DELEX absent FOO x", ":0"),
            ("DELEX absent IFDEQ x", ":0"),
            ("DELEX absent IFREV 0", ":0"),
            ("DELEX absent IFEQ", ARITY),
            ("DELEX h IFEQ x", TYPE),
            ("DELEX h FOO x", TYPE),
            ("DELEX h IFDEQ x", TYPE),
            ("DELEX h IFREV 0", ":0"),
            ("EXISTS h", ":1"),
            ("DELEX h", ":1"),
        ] {
            assert_eq!(bench.text(line), text, "{line}");
        }
    }

    #[test]
    fn delex_by_revision_takes_a_key_of_any_type_as_its_token_says() {
        let mut bench = Bench::new();
        for make in ["SET k v", "HSET k f v"] {
            bench.run(make);
            let Reply::Int(token) = bench.run("LOCK.TOKEN k") else { panic!("no token of {make}") };
            assert_eq!(bench.text(&format!("DELEX k IFREV {}", token + 1)), ":0");
            assert_eq!(bench.text(&format!("DELEX k IFREV {token}")), ":1", "{make}");
            bench.run("SET k v");
            assert_eq!(bench.text(&format!("DELEX k IFREV {token}")), ":0", "the key was made anew");
            bench.run("DEL k");
        }
    }
}
