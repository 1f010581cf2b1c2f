//! MSET

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{ReplyError, wrong_arity};
use crate::protocol::{Args, Reply};
use crate::store::{Deadline, Event, Str, Txn};

pub static SPEC: Spec = Spec::write("mset", -3, DOC, run)
    .event(Event::string("set"))
    .flags(Flags::DENYOOM)
    .check(|args| check_pairs(args, SPEC.name))
    .keys(&[KeySpec::range(1, -1, 2, KeyFlags::OW.union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Sets several keys to strings at once.",
    since: "1.0.1",
    group: Family::String,
    complexity: "O(N) with the number of keys",
    args: &[Arg::new("data", ArgKind::Block(&[Arg::new("key", ArgKind::Key(0)), Arg::new("value", ArgKind::String)]))
        .multiple()],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    check_pairs(args, SPEC.name)?;
    for at in (1..args.len()).step_by(2) {
        txn.set(args.arg(at), Str::new(args.arg(at + 1)).into(), Deadline::Clear);
    }
    Ok(Reply::Ok)
}

/// Every key needs a value.
pub(super) fn check_pairs(args: &Args, command: &str) -> Result<(), ReplyError> {
    if args.len() % 2 == 1 { Ok(()) } else { Err(wrong_arity(command)) }
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;

    #[test]
    fn mset_sets_all_pairs_or_none() {
        let mut bench = Bench::new();
        bench.put_hash("h");
        for (line, text) in [
            ("MSET a 1 h 2 a 3", "+OK"),
            ("MGET a h", "*2 $1 3 $1 2"),
            ("MSET a 4 b", "-ERR wrong number of arguments for 'mset' command"),
            ("MSET a", "-ERR wrong number of arguments for 'mset' command"),
            ("GET a", "$1 3"),
        ] {
            assert_eq!(bench.text(line), text, "{line}");
        }
    }
}
