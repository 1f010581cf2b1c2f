//! MSETNX

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Deadline, Event, Str, Txn};

use super::mset::check_pairs;

pub static SPEC: Spec = Spec::write("msetnx", -3, DOC, run)
    .event(Event::string("set"))
    .flags(Flags::DENYOOM)
    .check(|args| check_pairs(args, SPEC.name))
    .keys(&[KeySpec::range(1, -1, 2, KeyFlags::OW.union(KeyFlags::INSERT))]);

const DOC: Doc = Doc {
    summary: "Sets several keys to strings at once if all of them are absent.",
    since: "1.0.1",
    group: Family::String,
    complexity: "O(N) with the number of keys",
    args: &[Arg::new("data", ArgKind::Block(&[Arg::new("key", ArgKind::Key(0)), Arg::new("value", ArgKind::String)]))
        .multiple()],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    check_pairs(args, SPEC.name)?;
    if (1..args.len()).step_by(2).any(|at| txn.exists(args.arg(at))) {
        return Ok(Reply::Int(0));
    }
    for at in (1..args.len()).step_by(2) {
        txn.make(args.arg(at), Str::new(args.arg(at + 1)), Deadline::Clear);
    }
    Ok(Reply::Int(1))
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;

    #[test]
    fn msetnx_sets_nothing_if_one_key_is_present() {
        let mut bench = Bench::new();
        for (line, text) in [
            ("MSETNX a 1 b 2 a 3", ":1"),
            ("MSETNX c 1 b 4", ":0"),
            ("MGET a b c", "*3 $1 3 $1 2 $-1"),
            ("MSETNX c 1 d", "-ERR wrong number of arguments for 'msetnx' command"),
        ] {
            assert_eq!(bench.text(line), text, "{line}");
        }
    }
}
