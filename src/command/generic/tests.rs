//! The family on a bench: one line, one reply.

use crate::command::testing::Bench;
use crate::command::{Caller, check};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};

const NOW_MS: u64 = 1_790_000_000_000;

/// Runs the lines; `@n` in front of one selects a database, `+n` lets n ms pass.
fn play(bench: &mut Bench, lines: &[(&str, &str)]) {
    for (line, expected) in lines {
        let mut rest = *line;
        while let Some((word, behind)) = rest.split_once(' ') {
            match word.as_bytes() {
                [b'@', ..] => bench.db = word[1..].parse().unwrap(),
                [b'+', ..] => bench.now_ms += word[1..].parse::<u64>().unwrap(),
                _ => break,
            }
            rest = behind;
        }
        assert_eq!(bench.text(rest), *expected, "{line}");
    }
}

#[test]
fn del_exists_and_type_answer_as_in_redis() {
    play(
        &mut Bench::new(),
        &[
            ("SET a 1", "+OK"),
            ("SET b 2", "+OK"),
            ("EXISTS a b c a", ":3"),
            ("TOUCH a b c a", ":3"),
            ("TYPE a", "+string"),
            ("TYPE c", "+none"),
            ("DBSIZE", ":2"),
            ("RANDOMKEY extra", "-ERR wrong number of arguments for 'randomkey' command"),
            ("DEL a a c", ":1"),
            ("UNLINK b a", ":1"),
            ("DBSIZE", ":0"),
            ("RANDOMKEY", "$-1"),
            ("KEYS *", "*0"),
            ("SCAN 0", "*2 $1 0 *0"),
        ],
    );
}

#[test]
fn deadlines_are_set_under_conditions_and_shown_rounded() {
    play(
        &mut Bench::new(),
        &[
            ("TTL k", ":-2"),
            ("PEXPIRETIME k", ":-2"),
            ("EXPIRE k 10", ":0"),
            ("SET k v", "+OK"),
            ("PTTL k", ":-1"),
            ("EXPIRETIME k", ":-1"),
            ("PERSIST k", ":0"),
            ("EXPIRE k 10 XX", ":0"),
            ("EXPIRE k 10 GT", ":0"),
            ("EXPIRE k 10 NX", ":1"),
            ("EXPIRE k 20 NX", ":0"),
            ("EXPIRE k 10 GT", ":0"),
            ("EXPIRE k 10 LT", ":0"),
            ("EXPIRE k 11 xx gt", ":1"),
            ("PTTL k", ":11000"),
            ("PEXPIRE k 1500 LT", ":1"),
            ("TTL k", ":2"),
            ("+1 TTL k", ":1"),
            ("PEXPIRETIME k", ":1790000001500"),
            ("EXPIRETIME k", ":1790000002"),
            ("PERSIST k", ":1"),
            ("PTTL k", ":-1"),
            ("EXPIRE k 20 LT", ":1"),
            ("EXPIREAT k 1790000100", ":1"),
            ("TTL k", ":100"),
            ("PEXPIREAT k 1790000000002", ":1"),
            ("PTTL k", ":1"),
            ("TTL k", ":0"),
            ("EXISTS k", ":1"),
            ("+1 EXISTS k", ":1"),
            ("PTTL k", ":0"),
            ("+1 EXISTS k", ":0"),
            ("PTTL k", ":-2"),
            ("DBSIZE", ":1"),
            ("PERSIST k", ":0"),
            ("DBSIZE", ":0"),
        ],
    );
}

#[test]
fn a_deadline_that_is_past_deletes() {
    for line in ["EXPIRE k 0", "PEXPIRE k -1", "EXPIREAT k 1", "PEXPIREAT k -9223372036854775808", "EXPIRE k -1 LT"] {
        play(&mut Bench::new(), &[("SET k v", "+OK"), (line, ":1"), ("DBSIZE", ":0"), (line, ":0")]);
    }
    play(&mut Bench::new(), &[("SET k v", "+OK"), ("EXPIRE k -1 GT", ":0"), ("EXPIRE k 0 XX", ":0"), ("DBSIZE", ":1")]);
}

#[test]
fn wrong_deadlines_change_nothing() {
    let mut bench = Bench::new();
    play(&mut bench, &[("SET k v", "+OK"), ("EXPIRE k 100", ":1")]);
    for (line, error) in [
        ("EXPIRE k x", "-ERR value is not an integer or out of range"),
        ("EXPIRE k 9223372036854776", "-ERR invalid expire time in 'expire' command"),
        ("EXPIRE k 9223372036854775", "-ERR invalid expire time in 'expire' command"),
        ("EXPIRE k -9223372036854776", "-ERR invalid expire time in 'expire' command"),
        ("EXPIREAT k 9223372036854776", "-ERR invalid expire time in 'expireat' command"),
        ("PEXPIRE k 9223372036854775807", "-ERR invalid expire time in 'pexpire' command"),
        ("EXPIRE k 10 NX XX", "-ERR NX and XX, GT or LT options at the same time are not compatible"),
        ("EXPIRE k x NX GT", "-ERR NX and XX, GT or LT options at the same time are not compatible"),
        ("EXPIRE k 10 LT GT", "-ERR GT and LT options at the same time are not compatible"),
        ("EXPIRE k 10 LT GT no", "-ERR Unsupported option no"),
        ("EXPIRE k", "-ERR wrong number of arguments for 'expire' command"),
    ] {
        play(&mut bench, &[(line, error), ("PTTL k", ":100000")]);
    }
    play(&mut bench, &[("PEXPIREAT k 9223372036854775807", ":1"), ("PEXPIRETIME k", ":9223372036854775807")]);
    play(&mut bench, &[("EXPIRETIME k", ":9223372036854776"), ("PTTL k", ":9223370246854775807")]);
}

#[test]
fn renames_keep_the_deadline_and_replace_the_target() {
    play(
        &mut Bench::new(),
        &[
            ("RENAME a a", "-ERR no such key"),
            ("RENAMENX a b", "-ERR no such key"),
            ("SET a 1", "+OK"),
            ("RENAME a a", "+OK"),
            ("RENAMENX a a", ":0"),
            ("PEXPIRE a 5000", ":1"),
            ("SET b 2", "+OK"),
            ("RENAMENX a b", ":0"),
            ("RENAME a b", "+OK"),
            ("GET b", "$1 1"),
            ("PTTL b", ":5000"),
            ("EXISTS a", ":0"),
            ("SET c 3", "+OK"),
            ("RENAME c b", "+OK"),
            ("PTTL b", ":-1"),
            ("RENAMENX b d", ":1"),
            ("PEXPIRE d 10", ":1"),
            ("SET e 5", "+OK"),
            ("+10 RENAMENX e d", ":0"),
            ("+1 RENAMENX e d", ":1"),
            ("RENAME b d", "-ERR no such key"),
            ("DBSIZE", ":1"),
        ],
    );
}

#[test]
fn copy_and_move_reach_other_databases() {
    const SAME: &str = "-ERR source and destination objects are the same";
    const RANGE: &str = "-ERR DB index is out of range";
    play(
        &mut Bench::new(),
        &[
            ("COPY a b", ":0"),
            ("COPY a a", SAME),
            ("COPY a a DB 0", SAME),
            ("COPY a a DB 1", ":0"),
            ("COPY a b DB", "-ERR syntax error"),
            ("COPY a b DB 16", RANGE),
            ("COPY a b DB -1 nonsense", RANGE),
            ("COPY a b nonsense", "-ERR syntax error"),
            ("COPY a b DB x", "-ERR value is not an integer or out of range"),
            ("MOVE a 0", SAME),
            ("MOVE a 16", RANGE),
            ("MOVE a 2147483648", "-ERR value is out of range, value must between -2147483648 and 2147483647"),
            ("SET a 1", "+OK"),
            ("PEXPIRE a 5000", ":1"),
            ("COPY a b", ":1"),
            ("PTTL b", ":5000"),
            ("SET a 2", "+OK"),
            ("GET b", "$1 1"),
            ("COPY a b", ":0"),
            ("COPY a b REPLACE", ":1"),
            ("PTTL b", ":-1"),
            ("COPY a a DB 3 REPLACE", ":1"),
            ("MOVE a 3", ":0"),
            ("PEXPIRE b 5000", ":1"),
            ("MOVE b 3", ":1"),
            ("EXISTS b", ":0"),
            ("@3 DBSIZE", ":2"),
            ("PTTL b", ":5000"),
            ("MOVE nothing 0", ":0"),
        ],
    );
}

#[test]
fn rename_and_copy_give_a_new_revision() {
    let mut bench = Bench::new();
    bench.run("SET a 1");
    for (line, db, key) in [("RENAME a b", 0, b"b"), ("COPY b c", 0, b"c"), ("MOVE c 1", 1, b"c")] {
        let before = bench.state.revision();
        bench.run(line);
        let entry = bench.state.db(db).get(key).unwrap();
        assert!(entry.revision() > before, "{line}");
    }
}

#[test]
fn swapdb_and_flushdb_change_whole_databases() {
    play(
        &mut Bench::new(),
        &[
            ("SET a 1", "+OK"),
            ("@1 SET b 2", "+OK"),
            ("@2 SET c 3", "+OK"),
            ("SWAPDB 0 1", "+OK"),
            ("SWAPDB 0 0", "+OK"),
            ("SWAPDB x 99", "-ERR invalid first DB index"),
            ("SWAPDB 99 x", "-ERR invalid second DB index"),
            ("SWAPDB 0 99", "-ERR DB index is out of range"),
            ("@0 KEYS *", "*1 $1 b"),
            ("FLUSHDB nonsense", "-ERR syntax error"),
            ("FLUSHALL SYNC ASYNC", "-ERR syntax error"),
            ("FLUSHDB async", "+OK"),
            ("DBSIZE", ":0"),
            ("@1 DBSIZE", ":1"),
            ("FLUSHALL", "+OK"),
            ("DBSIZE", ":0"),
            ("@2 DBSIZE", ":0"),
        ],
    );
}

#[test]
fn keys_and_scan_select_and_hide_what_is_due() {
    let mut bench = Bench::new();
    for key in ["one", "two", "three", "*"] {
        bench.run(&format!("SET {key} 1"));
    }
    bench.run("SET \"\" 1");
    play(
        &mut bench,
        &[
            ("KEYS t?o", "*1 $3 two"),
            ("KEYS [^ot]*", "*1 $1 *"),
            ("KEYS \\*", "*1 $1 *"),
            ("KEYS \"\"", "*1 $0"),
            ("SCAN 0 MATCH tw*", "*2 $1 0 *1 $3 two"),
            ("SCAN 0 MATCH tw* TYPE STRING COUNT 100", "*2 $1 0 *1 $3 two"),
            ("SCAN 0 TYPE hash", "*2 $1 0 *0"),
            ("SCAN 0 TYPE nonsense", "*2 $1 0 *0"),
            ("SCAN x", "-ERR invalid cursor"),
            ("SCAN 0 COUNT 0", "-ERR syntax error"),
            ("SCAN 0 COUNT x", "-ERR value is not an integer or out of range"),
            ("SCAN 0 COUNT", "-ERR syntax error"),
            ("SCAN 0 nonsense 1", "-ERR syntax error"),
            ("SCAN 18446744073709551615", "*2 $1 0 *0"),
        ],
    );
    let count = |reply: Reply| match reply {
        Reply::Array(items) => items.len(),
        other => panic!("{other:?}"),
    };
    assert_eq!(count(bench.run("KEYS *")), 5);
    assert_eq!(count(bench.run("KEYS **")), 4, "the empty name matches only a bare star");
    bench.run("PEXPIRE two 10");
    bench.now_ms += 11;
    play(&mut bench, &[("KEYS tw*", "*0"), ("SCAN 0 MATCH tw*", "*2 $1 0 *0"), ("DBSIZE", ":5")]);
}

#[test]
fn scan_step_is_bounded_whatever_count_says() {
    let mut bench = Bench::new();
    let mut effects = crate::store::Effects::default();
    for i in 0..11_000 {
        bench.state.restore_entry(0, crate::store::Entry::new(format!("k{i}").as_bytes(), value(), 0, None, NOW_MS));
    }
    bench.state.sweep(1, &mut effects);
    let Reply::Array(step) = bench.run("SCAN 0 COUNT 9223372036854775807") else { panic!() };
    let [Reply::Bulk(cursor), Reply::Array(keys)] = &step[..] else { panic!() };
    assert_ne!(&cursor[..], b"0");
    assert!((10_000..10_100).contains(&keys.len()), "{}", keys.len());
}

fn value() -> crate::store::Value {
    crate::store::Str::new(b"v").into()
}

#[test]
fn randomkey_returns_any_live_key() {
    let mut bench = Bench::new();
    for i in 0..300 {
        bench.run(&format!("SET due{i} 1"));
        bench.run(&format!("PEXPIRE due{i} 10"));
    }
    for key in ["a", "b", "c"] {
        bench.run(&format!("SET {key} 1"));
    }
    bench.now_ms += 11;
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..200 {
        seen.insert(bench.text("RANDOMKEY"));
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["$1 a", "$1 b", "$1 c"]);
    bench.run("DEL a b c");
    assert_eq!(bench.text("RANDOMKEY"), "$-1");
}

#[test]
fn object_does_not_touch_the_key() {
    const NOT_LFU: &str = "-ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that \
                           when switching between policies at runtime LRU and LFU data will take some time to adjust.";
    let long = format!("SET raw {}", "x".repeat(45));
    play(
        &mut Bench::new(),
        &[
            ("OBJECT ENCODING k", "$-1"),
            ("OBJECT FREQ k", "$-1"),
            ("OBJECT IDLETIME k", "$-1"),
            ("OBJECT REFCOUNT k", "$-1"),
            ("SET k 9999", "+OK"),
            ("SET n 10000", "+OK"),
            ("SET s abc", "+OK"),
            (&long, "+OK"),
            ("OBJECT ENCODING k", "$3 int"),
            ("object encoding s", "$6 embstr"),
            ("OBJECT ENCODING raw", "$3 raw"),
            ("OBJECT REFCOUNT k", ":2147483647"),
            ("OBJECT REFCOUNT n", ":1"),
            ("OBJECT REFCOUNT s", ":1"),
            ("OBJECT FREQ k", NOT_LFU),
            ("+30000 OBJECT IDLETIME k", ":30"),
            ("TYPE k", "+string"),
            ("EXISTS k", ":1"),
            ("TTL k", ":-1"),
            ("OBJECT ENCODING k", "$3 int"),
            ("OBJECT IDLETIME k", ":30"),
            ("TOUCH k", ":1"),
            ("OBJECT IDLETIME k", ":0"),
            ("OBJECT", "-ERR wrong number of arguments for 'object' command"),
            ("OBJECT ENCODING", "-ERR wrong number of arguments for 'object|encoding' command"),
            ("OBJECT nonsense", "-ERR unknown subcommand 'nonsense'. Try OBJECT HELP."),
        ],
    );
    let Reply::Array(lines) = Bench::new().run("OBJECT HELP") else { panic!() };
    assert_eq!(lines.len(), 15);
}

/// Redis's texts, and its counter: a new key begins at 5, and RESTORE sets what the policy keeps.
#[test]
fn object_tells_what_the_policy_goes_by() {
    const IS_LFU: &str = "-ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching \
                          between policies at runtime LRU and LFU data will take some time to adjust.";
    let mut bench = Bench::new();
    bench.state.cluster.level = crate::FEATURE_LEVEL;
    bench.run("SET k v");
    let Reply::Bulk(dumped) = bench.run("DUMP k") else { panic!() };
    let restore = |bench: &mut Bench, option: &str, value: &str| {
        let args = [b"RESTORE", &b"r"[..], b"0", &dumped, b"REPLACE", option.as_bytes(), value.as_bytes()];
        assert_eq!(bench.run_args(&Args::from_slices(args)), Reply::Ok);
    };
    restore(&mut bench, "IDLETIME", "70");
    assert_eq!(bench.text("OBJECT IDLETIME r"), ":70");
    bench.state.options.maxmemory_policy = crate::store::Policy::AllkeysLfu as u64;
    bench.run("SET new v");
    restore(&mut bench, "FREQ", "200");
    play(
        &mut bench,
        &[
            ("OBJECT FREQ new", ":5"),
            ("OBJECT IDLETIME new", IS_LFU),
            ("OBJECT IDLETIME nosuch", "$-1"),
            ("GET new", "$1 v"),
            // The first hits count always.
            ("OBJECT FREQ new", ":6"),
            ("OBJECT FREQ new", ":6"),
            ("OBJECT FREQ r", ":200"),
            ("+600000 OBJECT FREQ r", ":190"),
            ("OBJECT FREQ new", ":0"),
        ],
    );
    restore(&mut bench, "IDLETIME", "70");
    assert_eq!(bench.text("OBJECT FREQ r"), ":5", "it says nothing here");
    let in_script = bench.work("OBJECT FREQ r").0;
    assert_eq!(in_script, Reply::Error(ReplyError::new("ERR This Redis command is not allowed from script")));
}

#[test]
fn node_specific_commands_are_refused_in_scripts() {
    let args = Args::from_slices(["OBJECT", "IDLETIME", "k"]);
    assert!(check(Caller::Client, &args).is_ok());
    assert!(check(Caller::Script, &args).is_err());
    assert!(check(Caller::Script, &Args::from_slices(["OBJECT", "ENCODING", "k"])).is_ok());
}
