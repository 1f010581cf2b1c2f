//! SORT and SORT_RO, on a state without a server.

use crate::command::testing::Bench;
use crate::protocol::Reply;

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

#[test]
fn what_patterns_look_up_is_bounded_together() {
    const REFUSED: &str = "-ERR Insufficient memory, what SORT looks up exceeds proto-max-bulk-len";
    let mut bench = Bench::new();
    bench.state.options.bulk_len_max = 100_000;
    let text = "x".repeat(10_000);
    bench.run(&format!("SET big {text}"));
    bench.run(&format!("HSET h_big f {text}"));
    bench.run(&format!("RPUSH l{}", " big".repeat(10)));
    let lines = [
        "SORT_RO l BY nosort GET *",
        "SORT l BY nosort GET *",
        "SORT l BY nosort GET h_*->f",
        "SORT l BY * ALPHA",
        "SORT l BY h_*->f ALPHA STORE d",
        "SORT l BY nosort GET * STORE d",
    ];
    for line in lines {
        assert!(!bench.run(line).is_error(), "{line}: within the bound");
    }
    assert_eq!(bench.text("LLEN d"), ":10");
    bench.run("RPUSH l big");
    for line in lines {
        assert_eq!(bench.text(line), REFUSED, "{line}");
    }
    assert_eq!(bench.text("LLEN d"), ":10", "nothing changed");
    assert!(!bench.run("SORT l BY nosort LIMIT 0 9 GET *").is_error(), "what is not shown does not count");
    assert!(!bench.run("SORT l BY nosort GET # GET missing* GET #").is_error());
    assert_eq!(bench.text(&format!("SORT l BY nosort{}", " GET #".repeat(400))), REFUSED, "short, but very many");
    assert_eq!(bench.text(&format!("SORT l BY nosort{}", " GET missing*".repeat(400))), REFUSED);
    // However long it is itself, what is sorted comes once for nothing.
    bench.run(&format!("RPUSH long {text} {text} {text} {text} {text} {text} {text} {text} {text} {text} {text}"));
    assert!(!bench.run("SORT long ALPHA").is_error());
    assert!(!bench.run("SORT long ALPHA GET #").is_error());
    assert_eq!(bench.text("SORT long ALPHA GET # GET #"), REFUSED);
}

#[test]
fn a_long_string_that_a_pattern_finds_is_not_copied() {
    let mut bench = Bench::new();
    bench.run(&format!("SET big {}", "x".repeat(10_000)));
    bench.run("RPUSH l big big");
    let Reply::Bulk(stored) = bench.run("GET big") else { panic!() };
    let Reply::Array(shown) = bench.run("SORT l BY nosort GET *") else { panic!() };
    let shared = |part: &Reply| matches!(part, Reply::Bulk(bytes) if bytes.as_ptr() == stored.as_ptr());
    assert_eq!(shown.iter().map(shared).collect::<Vec<_>>(), [true, true]);
}

#[test]
fn scripts_are_told_how_long_is_what_patterns_look_up() {
    let mut bench = Bench::new();
    let text = "x".repeat(10_000);
    bench.run(&format!("SET big {text}"));
    bench.run(&format!("HSET h_big f {text}"));
    bench.run(&format!("RPUSH l{}", " big".repeat(10)));
    for line in
        ["SORT_RO l BY nosort GET *", "SORT l BY nosort GET *", "SORT l BY nosort GET h_*->f", "SORT l BY * ALPHA"]
    {
        assert!(bench.work(line).1 >= 100_000 / 16, "{line}: {}", bench.work(line).1);
    }
}

#[test]
fn a_stored_result_is_a_small_list_only_within_the_limits_of_one() {
    let mut bench = Bench::new();
    for (elements, encoding) in [(3, "$8 listpack"), (3000, "$9 quicklist")] {
        let members: String = (0..elements).map(|i| format!(" {i}")).collect();
        bench.run(&format!("SADD s{members}"));
        for line in ["SORT s STORE d", "SORT s GET # STORE d", "SORT s BY w_* GET w_* STORE d"] {
            bench.run(line);
            assert_eq!(bench.text("LLEN d"), format!(":{elements}"));
            if elements == 3 || !line.contains("w_") {
                assert_eq!(bench.text("OBJECT ENCODING d"), encoding, "{line}");
            }
        }
    }
}

#[test]
fn a_range_of_what_is_not_sorted_costs_what_it_has() {
    let mut bench = Bench::new();
    let (elements, members): (String, String) = (0..5000).map(|i| (format!(" {i}"), format!(" {i} m{i}"))).unzip();
    bench.run(&format!("RPUSH large{elements}"));
    bench.run(&format!("ZADD sorted{members}"));
    bench.run("RPUSH small a b c d e f");
    bench.run("ZADD few 1 a 2 b 3 c 4 d 5 e 6 f");
    for key in ["large", "sorted", "small", "few"] {
        let Reply::Array(all) = bench.run(&format!("SORT_RO {key} BY nosort")) else { panic!() };
        let Reply::Array(from_end) = bench.run(&format!("SORT_RO {key} BY nosort DESC")) else { panic!() };
        assert!(all.iter().rev().eq(&from_end), "{key}");
        for (skipped, count) in [(0, 3), (1, 2), (4, 100), (5, 1), (6, 1), (4990, 5), (9999, 1), (2, -1), (0, 0)] {
            for (order, whole) in [("ASC", &all), ("DESC", &from_end)] {
                let line = format!("SORT_RO {key} BY nosort {order} LIMIT {skipped} {count}");
                let count = usize::try_from(count).unwrap_or(usize::MAX);
                let expected: Vec<Reply> = whole.iter().skip(skipped).take(count).cloned().collect();
                assert_eq!(bench.run(&line), Reply::Array(expected), "{line}");
                if count <= 5 {
                    assert!(bench.work(&line).1 <= 5000, "{line}: {}", bench.work(&line).1);
                }
            }
        }
    }
}
