//! SETRANGE

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{NOT_AN_INTEGER, ReplyError, STRING_TOO_LONG};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{Changed, Create, Event, Str, Txn, units_of_bytes};

pub static SPEC: Spec = Spec::write("setrange", 4, DOC, run)
    .event(Event::string("setrange"))
    .flags(Flags::DENYOOM.union(Flags::GROWS))
    .check(|args| offset(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Overwrites a part of the string that a key holds; what is missing in front of it becomes zero bytes.",
    since: "2.2.0",
    group: Family::String,
    complexity: "O(N) with the length of the string",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("offset", ArgKind::Integer), Arg::new("value", ArgKind::String)],
};

const OFFSET_OUT_OF_RANGE: ReplyError = ReplyError::new("ERR offset is out of range");

/// How far it may be from 0 is measured behind the key, as in Redis.
fn offset(args: &Args) -> Result<u64, ReplyError> {
    u64::try_from(parse_i64(args.arg(2)).ok_or(NOT_AN_INTEGER)?).map_err(|_| OFFSET_OUT_OF_RANGE)
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let (key, part) = (args.arg(1), args.arg(3));
    let offset = offset(args)?;
    // Nothing to write makes no key and is not measured.
    if part.is_empty() {
        return Ok(Reply::Int(txn.typed::<Str>(key)?.map_or(0, |value| value.len() as i64)));
    }
    let len_max = txn.state().options.bulk_len_max;
    if txn.is_work_bounded() {
        let before = txn.typed::<Str>(key)?.map_or(0, Str::len);
        let end = offset.saturating_add(part.len() as u64).min(len_max);
        txn.work(units_of_bytes((end as usize).saturating_sub(before)))?;
    }
    let len = txn.edit(key, Create::Yes, |value: &mut Str| {
        if offset.checked_add(part.len() as u64).is_none_or(|end| end > len_max) {
            return Err(STRING_TOO_LONG);
        }
        value.overwrite(offset as usize, part);
        Ok((value.len(), Changed(true)))
    })?;
    Ok(Reply::Int(len.unwrap_or_default() as i64))
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;

    #[test]
    fn setrange_overwrites_pads_and_refuses() {
        let mut bench = Bench::new();
        bench.put_hash("h");
        bench.state.options.bulk_len_max = 16;
        for (line, text) in [
            ("SETRANGE k 0 \"\"", ":0"),
            ("GET k", "$-1"),
            ("SETRANGE k 2 ab", ":4"),
            ("GET k", "$4 \0\0ab"),
            ("PEXPIRE k 1000", ":1"),
            ("SETRANGE k 1 X", ":4"),
            ("GET k", "$4 \0Xab"),
            ("SETRANGE k 99 \"\"", ":4"),
            ("SETRANGE k 15 yz", "-ERR string exceeds maximum allowed size (proto-max-bulk-len)"),
            ("SETRANGE absent 15 yz", "-ERR string exceeds maximum allowed size (proto-max-bulk-len)"),
            ("SETRANGE k 9223372036854775807 z", "-ERR string exceeds maximum allowed size (proto-max-bulk-len)"),
            ("GET absent", "$-1"),
            ("SETRANGE k 14 yz", ":16"),
            ("SETRANGE k -1 z", "-ERR offset is out of range"),
            ("SETRANGE k x z", "-ERR value is not an integer or out of range"),
            ("SETRANGE h -1 z", "-ERR offset is out of range"),
            ("SETRANGE h 0 z", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
            ("SETRANGE h 0 \"\"", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
            ("SETRANGE h 99 z", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ] {
            assert_eq!(bench.text(line), text, "{line}");
        }
        assert_eq!(bench.deadline_ms("k"), Some(bench.now_ms + 1000));
    }
}
