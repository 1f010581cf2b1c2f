//! LOCK.TOKEN: a fencing token for locks that are kept in ordinary keys.

use super::held;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{ReplyError, wrong_arity};
use crate::protocol::{Args, Reply};
use crate::store::{Str, View};

pub static SPEC: Spec = Spec::read("lock.token", -2, DOC, run)
    .flags(Flags::ALWAYS_LINEARIZABLE)
    .check(check)
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Returns the fencing token of a key's present value; with a value, only if the key holds exactly that string.",
    since: "0.1.0",
    group: Family::Lock,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("value", ArgKind::String).optional()],
};

/// The feature level since which values of any type have tokens; below, all but strings are of a wrong type.
const ANY_TYPE_LEVEL: u32 = 3;

/// One value at most.
fn check(args: &Args) -> Result<(), ReplyError> {
    if args.len() > 3 { Err(wrong_arity(SPEC.name)) } else { Ok(()) }
}

fn run(view: &View<'_>, args: &Args) -> Outcome {
    check(args)?;
    let Some(entry) = view.get(args.arg(1)) else { return Ok(Reply::Nil) };
    let held = entry.value().typed::<Str>();
    if view.state().cluster.level < ANY_TYPE_LEVEL && !entry.value().is_lock() {
        held.clone()?;
    }
    if args.opt(2).is_some_and(|value| held.map(Str::as_bytes) != Ok(value)) {
        return Ok(Reply::Nil);
    }
    if entry.value().is_lock() {
        let highest = held::holds(view, args.arg(1))?.last();
        return Ok(highest.map_or(Reply::Nil, |hold| Reply::Int(hold.token as i64)));
    }
    // As WATCH sees it: SWAPDB puts another value behind the name, so it raises the token too.
    Ok(Reply::Int(view.db().watched_revision(entry) as i64))
}

#[cfg(test)]
mod tests {
    use crate::command::testing::Bench;
    use crate::protocol::Reply;

    fn token(bench: &mut Bench) -> i64 {
        match bench.run("LOCK.TOKEN k") {
            Reply::Int(token) => token,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn tokens_rise_with_the_value_and_only_with_it() {
        let mut bench = Bench::new();
        bench.run("SET k owner1 NX PX 1000");
        let first = token(&mut bench);
        bench.run("PEXPIRE k 2000");
        bench.run("GETEX k PERSIST");
        bench.run("SET k owner2 NX");
        bench.run("SET other x");
        assert_eq!(token(&mut bench), first);
        bench.run("DEL k");
        bench.run("SET k owner1 NX PX 1000");
        let second = token(&mut bench);
        assert!(second > first);
        bench.now_ms += 1001;
        assert_eq!(bench.text("LOCK.TOKEN k"), "$-1");
        bench.run("SET k owner1 NX PX 1000");
        let third = token(&mut bench);
        assert!(third > second);
        bench.run("APPEND k x");
        assert!(token(&mut bench) > third);
    }

    #[test]
    fn after_the_databases_are_swapped_no_token_is_lower() {
        let mut bench = Bench::new();
        bench.db = 1;
        bench.run("SET k old");
        bench.db = 0;
        bench.run("SET k new");
        let before = token(&mut bench);
        let mut effects = crate::store::Effects::default();
        bench.state.txn(0, crate::store::Rng::of_command(9, 0), &mut effects).swap(0, 1);
        assert_eq!(bench.text("GET k"), "$3 old");
        assert!(token(&mut bench) > before);
    }

    #[test]
    fn token_is_nil_for_another_value_and_an_absent_key() {
        let mut bench = Bench::new();
        bench.put_hash("h");
        bench.run("SET k owner");
        let token = format!(":{}", token(&mut bench));
        for (line, text) in [
            ("LOCK.TOKEN k owner", token.as_str()),
            ("LOCK.TOKEN k Owner", "$-1"),
            ("LOCK.TOKEN k \"\"", "$-1"),
            ("LOCK.TOKEN absent", "$-1"),
            ("LOCK.TOKEN absent owner", "$-1"),
            ("LOCK.TOKEN h owner", "$-1"),
            ("LOCK.TOKEN", "-ERR wrong number of arguments for 'lock.token' command"),
            ("LOCK.TOKEN k owner more", "-ERR wrong number of arguments for 'lock.token' command"),
        ] {
            assert_eq!(bench.text(line), text, "{line}");
        }
    }

    #[test]
    fn below_level_3_only_strings_have_tokens() {
        let mut bench = Bench::new();
        bench.run("HSET k f v");
        let first = token(&mut bench);
        bench.run("HSET k f w");
        assert!(token(&mut bench) > first, "a changed hash");
        bench.state.cluster.level = 2;
        const WRONG_TYPE: &str = "-WRONGTYPE Operation against a key holding the wrong kind of value";
        assert_eq!(bench.text("LOCK.TOKEN k"), WRONG_TYPE);
        assert_eq!(bench.text("LOCK.TOKEN k v"), WRONG_TYPE);
    }
}
