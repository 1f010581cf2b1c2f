//! SETEX

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::{Event, Str, Txn};

use super::expire_option::{Time, Until, set_until};

pub static SPEC: Spec = Spec::write("setex", 4, DOC, run)
    .event(Event::string("set"))
    .flags(Flags::DENYOOM)
    .check(|args| until(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::OW.union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Sets a key to a string and in how many seconds it expires.",
    since: "2.0.0",
    group: Family::String,
    complexity: "O(1)",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("seconds", ArgKind::Integer),
        Arg::new("value", ArgKind::String),
    ],
};

fn until(args: &Args) -> Result<Until, ReplyError> {
    Time::Seconds.until(args.arg(2), SPEC.name)
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let deadline_ms = until(args)?.deadline_ms(txn.now_ms())?;
    set_until(txn, args.arg(1), Str::new(args.arg(3)), deadline_ms);
    Ok(Reply::Ok)
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;

    #[test]
    fn setex_sets_a_value_with_its_deadline() {
        let mut bench = Bench::new();
        for (line, text) in [
            ("SETEX k 1 v", "+OK"),
            ("GET k", "$1 v"),
            ("SETEX k 0 w", "-ERR invalid expire time in 'setex' command"),
            ("SETEX k -1 w", "-ERR invalid expire time in 'setex' command"),
            ("SETEX k 9223372036854775807 w", "-ERR invalid expire time in 'setex' command"),
            ("SETEX k 1.5 w", "-ERR value is not an integer or out of range"),
            ("GET k", "$1 v"),
        ] {
            assert_eq!(bench.text(line), text, "{line}");
        }
        assert_eq!(bench.deadline_ms("k"), Some(bench.now_ms + 1000));
    }
}
