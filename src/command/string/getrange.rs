//! GETRANGE

use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{NOT_AN_INTEGER, ReplyError};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{Str, View};

pub static SPEC: Spec = Spec::read("getrange", 4, DOC, run)
    .check(|args| range(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Returns a part of the string that a key holds; negative positions count from its end.",
    since: "2.4.0",
    group: Family::String,
    complexity: "O(N) with the length of the part; O(1) for a part of a long string",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("start", ArgKind::Integer), Arg::new("end", ArgKind::Integer)],
};

/// Start and end.
pub(super) fn range(args: &Args) -> Result<(i64, i64), ReplyError> {
    let start = parse_i64(args.arg(2)).ok_or(NOT_AN_INTEGER)?;
    Ok((start, parse_i64(args.arg(3)).ok_or(NOT_AN_INTEGER)?))
}

pub(super) fn run(view: &View<'_>, args: &Args) -> Outcome {
    let (start, end) = range(args)?;
    let Some(value) = view.typed::<Str>(args.arg(1))? else { return Ok(Reply::bulk("")) };
    // Both before the first byte would otherwise meet at 0.
    if start < 0 && end < 0 && start > end {
        return Ok(Reply::bulk(""));
    }
    let len = value.len() as u64;
    let position = |index: i64| if index < 0 { len.saturating_sub(index.unsigned_abs()) } else { index as u64 };
    let first = position(start).min(len);
    let behind = position(end).saturating_add(1).clamp(first, len);
    Ok(Reply::Bulk(value.slice(first as usize..behind as usize)))
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;
    use crate::protocol::Reply;

    #[test]
    fn getrange_positions_are_those_of_redis() {
        let mut bench = Bench::new();
        bench.put_hash("h");
        bench.run("SET k 0123456789");
        bench.run("SET empty \"\"");
        for (line, text) in [
            ("GETRANGE k 0 0", "$1 0"),
            ("GETRANGE k 2 4", "$3 234"),
            ("GETRANGE k -3 -1", "$3 789"),
            ("GETRANGE k 0 -1", "$10 0123456789"),
            ("GETRANGE k 5 3", "$0"),
            ("GETRANGE k 8 100", "$2 89"),
            ("GETRANGE k 10 100", "$0"),
            ("GETRANGE k -100 1", "$2 01"),
            ("GETRANGE k -100 -50", "$1 0"),
            ("GETRANGE k -50 -100", "$0"),
            ("GETRANGE k -9223372036854775808 9223372036854775807", "$10 0123456789"),
            ("GETRANGE k 9223372036854775807 -9223372036854775808", "$0"),
            ("GETRANGE empty 0 -1", "$0"),
            ("GETRANGE absent 0 -1", "$0"),
            ("GETRANGE absent a 1", "-ERR value is not an integer or out of range"),
            ("GETRANGE h 0 1.5", "-ERR value is not an integer or out of range"),
            ("GETRANGE h 0 1", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
            ("SUBSTR k 1 2", "$2 12"),
        ] {
            assert_eq!(bench.text(line), text, "{line}");
        }
    }

    #[test]
    fn getrange_does_not_copy_a_part_of_a_long_string() {
        let mut bench = Bench::new();
        bench.run(&format!("SET k {}", "x".repeat(100_000)));
        let (Reply::Bulk(part), Reply::Bulk(whole)) = (bench.run("GETRANGE k 10 99999"), bench.run("GET k")) else {
            panic!("no bulk strings")
        };
        assert_eq!(part.as_ptr(), whole.as_ptr().wrapping_add(10));
        assert_eq!(part.len(), 99_990);
    }
}
