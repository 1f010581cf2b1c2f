//! What INCR, DECR, INCRBY and DECRBY have in common.

use crate::command::Outcome;
use crate::error::{NOT_AN_INTEGER, OVERFLOW};
use crate::protocol::{Reply, parse_i64};
use crate::store::{Changed, Create, Deadline, Str, Txn};

/// Adds `increment` to the number that `key` holds, 0 if it is absent; its deadline stays. Answers the sum.
pub(super) fn count(txn: &mut Txn<'_>, key: &[u8], increment: i64) -> Outcome {
    let sum = txn.edit(key, Create::No, |value: &mut Str| {
        let before = parse_i64(value.as_bytes()).ok_or(NOT_AN_INTEGER)?;
        let sum = before.checked_add(increment).ok_or(OVERFLOW)?;
        *value = decimal(sum);
        Ok((sum, Changed(true)))
    })?;
    let sum = sum.unwrap_or_else(|| {
        txn.set(key, decimal(increment).into(), Deadline::Clear);
        increment
    });
    Ok(Reply::Int(sum))
}

fn decimal(number: i64) -> Str {
    Str::new(itoa::Buffer::new().format(number).as_bytes())
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;

    #[test]
    fn incr_counts_and_refuses_what_is_no_number() {
        let mut bench = Bench::new();
        bench.put_hash("h");
        for (line, text) in [
            ("INCR n", ":1"),
            ("INCR n", ":2"),
            ("PEXPIRE n 1000", ":1"),
            ("DECR n", ":1"),
            ("INCRBY n 41", ":42"),
            ("DECRBY n -8", ":50"),
            ("GET n", "$2 50"),
            ("DECR m", ":-1"),
            ("INCRBY m -9223372036854775807", ":-9223372036854775808"),
            ("DECR m", "-ERR increment or decrement would overflow"),
            ("DECRBY m 1", "-ERR increment or decrement would overflow"),
            ("INCRBY m -1", "-ERR increment or decrement would overflow"),
            ("DECRBY m -9223372036854775808", "-ERR decrement would overflow"),
            ("GET m", "$20 -9223372036854775808"),
            ("INCRBY n 1.5", "-ERR value is not an integer or out of range"),
            ("INCRBY h 1.5", "-ERR value is not an integer or out of range"),
            ("DECRBY n +1", "-ERR value is not an integer or out of range"),
            ("SET s abc", "+OK"),
            ("INCR s", "-ERR value is not an integer or out of range"),
            ("GET s", "$3 abc"),
            ("SET s \"\"", "+OK"),
            ("INCR s", "-ERR value is not an integer or out of range"),
            ("INCR h", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ] {
            assert_eq!(bench.text(line), text, "{line}");
        }
        assert_eq!(bench.deadline_ms("n"), Some(bench.now_ms + 1000));
    }
}
