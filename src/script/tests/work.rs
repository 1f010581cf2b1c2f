//! What commands are charged for that do more than their arguments and replies say.

use super::{answer, bounded, eval};
use crate::command::testing::Bench;
use crate::protocol::{Args, Reply};

/// Ends a run with certainty, and is reached by nothing else that these scripts do.
const BUDGET: u64 = 100_000;
const STOPPED: &str =
    "-ERR the script was stopped: its budget of 100000 units is used up (script-budget); what it had written stays";

/// Two strings whose LCS takes 160,801 units, and 200 keys.
fn bench() -> Bench {
    let mut bench = bounded(BUDGET, 1 << 24);
    for (key, byte) in [("a", "x"), ("b", "y")] {
        bench.run_args(&Args::from_slices(["SET", key, &byte.repeat(400)]));
    }
    bench
}

#[test]
fn a_command_that_would_do_more_than_is_left_ends_the_run() {
    for call in [
        "redis.call('LCS', 'a', 'b', 'LEN')",
        "redis.pcall('LCS', 'a', 'b', 'LEN')",
        "pcall(redis.call, 'LCS', 'a', 'b')",
    ] {
        let script = format!("redis.call('SET', 'before', 1) {call} redis.call('SET', 'after', 1) return 1");
        let mut bench = bench();
        assert_eq!(eval(&mut bench, &script), STOPPED, "{call}");
        assert_eq!(bench.text("EXISTS before after"), ":1", "{call}");
        let read_only = format!("{call} return 1");
        assert_eq!(answer(&mut bench, &format!("EVAL_RO \"{read_only}\" 0")), STOPPED, "{call}");
        bench.state.options.script_budget = 4 * BUDGET;
        assert_eq!(eval(&mut bench, &script), ":1", "{call}");
        assert_eq!(answer(&mut bench, &format!("EVAL_RO \"{read_only}\" 0")), ":1", "{call}");
    }
}

#[test]
fn charges_add_up_in_one_run() {
    let mut bench = bench();
    bench.state.options.script_budget = 10 * BUDGET;
    let loops = "while true do redis.call('INCR', 'n') redis.call('LCS', 'a', 'b', 'LEN') end";
    assert!(eval(&mut bench, loops).contains("was stopped"));
    // The seventh is not begun: 6 x 160,801 units fit.
    assert_eq!(bench.text("GET n"), "$1 7");
}

/// It says so before it begins: there is no such key afterwards.
#[test]
fn a_write_that_would_do_too_much_has_changed_nothing() {
    let mut bench = bench();
    assert_eq!(eval(&mut bench, "redis.call('SETRANGE', 'long', 2000000, 'x') return 1"), STOPPED);
    assert_eq!(bench.text("EXISTS long"), ":0");
    bench.run("SETRANGE long 2000000 x");
    assert_eq!(eval(&mut bench, "redis.call('SETRANGE', 'long', 2000005, 'y') return 1"), ":1", "grows by few");
    assert_eq!(eval(&mut bench, "redis.call('COPY', 'long', 'copy') return 1"), STOPPED);
    assert_eq!(bench.text("EXISTS copy"), ":0");
}

/// Each argument may be a key to look up, however short.
#[test]
fn many_short_arguments_cost_something_each() {
    let script = "local t = {} for i = 1, 7000 do t[i] = 'k' end redis.call('DEL', unpack(t)) return 1";
    let mut bench = bounded(0, 1 << 24);
    let least = (0..40).map(|step| step * 10_000).find(|units| {
        bench.state.options.script_budget = *units;
        eval(&mut bench, script) == ":1"
    });
    assert!(least.is_some_and(|units| units > 7000 * 16), "{least:?}");
}

#[test]
fn commands_charge_the_work_that_they_do() {
    let mut bench = Bench::new();
    for number in 0..300 {
        bench.run(&format!("SET key{number} 1"));
        bench.run(&format!("HSET large field{number} 1"));
        if number < 100 {
            bench.run(&format!("HSET small field{number} 1"));
        }
    }
    bench.run_args(&Args::from_slices(["SET", "a", &"x".repeat(99)]));
    bench.run_args(&Args::from_slices(["SET", "b", &"y".repeat(199)]));
    bench.run_args(&Args::from_slices(["SET", "digits", &"1".repeat(640)]));
    bench.run_args(&Args::from_slices(["HSET", "float", "digits", &"1".repeat(640)]));
    bench.run("SETRANGE text 159999 x");
    bench.run("COPY text text2");
    let keys = bench.state.db(0).len() as u64;
    for (line, least) in [
        ("LCS a b", 100 * 200),
        ("LCS a b LEN", 100 * 200),
        ("KEYS x*yyyyyyyy", keys * 16),
        ("SCAN 0 COUNT 300 MATCH x*", 300 * 16),
        ("RANDOMKEY", 4 * 16),
        ("HSCAN large 0 COUNT 300 MATCH x", 300 * 16),
        ("HSCAN small 0 MATCH x", 100 * 16),
        ("HGETALL large", 300 * 16),
        ("HKEYS large", 300 * 16),
        ("HVALS large", 300 * 16),
        ("HRANDFIELD large -1000", 1000 * 64),
        ("HRANDFIELD large 1000", 300 * 64),
        ("HGET small x", 100),
        ("HEXISTS small x", 100),
        ("HSTRLEN small x", 100),
        ("HMGET small x y z", 3 * 100),
        ("HDEL small x y z", 3 * 100),
        ("HSETNX small field0 1", 100),
        ("HINCRBY small field0 1", 100),
        ("HINCRBYFLOAT small field0 1", 100),
        ("HSET small field0 1 field1 1", 2 * 100),
        ("HSET new a 1 b 1 c 1 d 1", 4 * 2),
        ("SETRANGE text 319999 x", 10_000),
        ("SETRANGE nothing 159999 x", 10_000),
        ("COPY text copy", 10_000),
        ("COPY large copy2", 300 * 16 + 2500 / 16),
        ("COPY small copy3", 100 * 16),
        ("INCRBYFLOAT digits 1", 640 * 640 / 64),
        ("INCRBYFLOAT short 1e640", 640 * 640 / 64),
        ("HINCRBYFLOAT float digits 1", 640 * 640 / 64),
        ("HINCRBYFLOAT float short 1e640", 640 * 640 / 64),
    ] {
        let (reply, worked) = bench.work(line);
        assert!(!matches!(reply, Reply::Error(_)), "{line}: {reply:?}");
        assert!((least..4 * least + 1000).contains(&worked), "{line}: {worked} units, at least {least} expected");
    }
    // What needs no time is not charged.
    for line in
        ["SETRANGE text 0 x", "GET text", "HGET large field1", "HDEL large x y", "RENAME large other", "DEL other"]
    {
        assert_eq!(bench.work(line).1, 0, "{line}");
    }
}

/// The pattern and the name are both long: each place of one is tried with each of the other.
#[test]
fn patterns_are_charged_by_both_lengths() {
    let mut bench = Bench::new();
    let (name, pattern) = ("a".repeat(800), format!("*{}b", "a".repeat(398)));
    bench.run_args(&Args::from_slices(["SET", &name, "1"]));
    bench.run_args(&Args::from_slices(["HSET", "h", &name, "1"]));
    for line in [format!("KEYS {pattern}"), format!("SCAN 0 MATCH {pattern}"), format!("HSCAN h 0 MATCH {pattern}")] {
        assert!((40_000..50_000).contains(&bench.work(&line).1), "{} units", bench.work(&line).1);
    }
}
