//! SORT and SORT_RO, on a state without a server.

use crate::command::testing::Bench;

/// See [`Bench::replay`]; of Redis.
const TRANSCRIPT: &str = include_str!("transcript.txt");

#[test]
fn sorted_replies_are_those_of_redis() {
    let mut bench = Bench::new();
    let commands = bench.replay(TRANSCRIPT);
    assert!(commands >= 100, "{commands} commands");
}

#[test]
fn elements_of_one_weight_are_in_the_same_order_on_every_node() {
    let sorted = |members: &[&str]| {
        let mut bench = Bench::new();
        for member in members {
            bench.run(&format!("SADD s {member}"));
            bench.run(&format!("SET w_{member} same"));
        }
        let by_bytes = bench.text("SORT s BY w_* ALPHA LIMIT 0 2");
        (by_bytes, bench.text("SORT s ALPHA BY nosort"))
    };
    let members = ["b", "a", "d", "c"];
    assert_eq!(sorted(&members), sorted(&members));
    assert_eq!(sorted(&members).1, "*4 $1 a $1 b $1 c $1 d", "a set has no order of its own");
}

#[test]
fn what_store_names_is_a_key_of_the_command_whatever_else_is_said() {
    let mut bench = Bench::new();
    bench.run("RPUSH l 1 2");
    bench.run("LOCK.ACQUIRE lock owner PX 100000");
    let refused = "-WRONGTYPE Operation against a key holding the wrong kind of value";
    assert_eq!(bench.text("SORT l STORE lock"), refused);
    assert_eq!(bench.text("SORT l GET # STORE x STORE lock"), refused);
    assert_eq!(bench.text("SORT l STORE lock STORE x"), ":2");
    assert_eq!(bench.text("EXISTS lock"), ":1");
}

#[test]
fn scripts_are_told_what_sorting_costs() {
    let mut bench = Bench::new();
    let elements: Vec<String> = (0..1000).map(|i| i.to_string()).collect();
    bench.run(&format!("RPUSH l {}", elements.join(" ")));
    for (line, at_least) in
        [("SORT_RO l", 16_000), ("SORT l", 16_000), ("SORT l GET a* GET b* BY c*", 64_000), ("SORT l STORE d", 16_000)]
    {
        assert!(bench.work(line).1 >= at_least, "{line}: {}", bench.work(line).1);
    }
}
