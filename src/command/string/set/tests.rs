use crate::command::testing::Bench;

const WRONG_TYPE: &str = "-WRONGTYPE Operation against a key holding the wrong kind of value";

#[test]
fn set_obeys_nx_xx_and_get() {
    let mut bench = Bench::new();
    bench.put_hash("h");
    for (line, text) in [
        ("SET k a xx", "$-1"),
        ("SET k a NX", "+OK"),
        ("SET k b nx", "$-1"),
        ("GET k", "$1 a"),
        ("SET k b XX", "+OK"),
        ("SET k c GET", "$1 b"),
        ("SET k d NX GET", "$1 c"),
        ("GET k", "$1 c"),
        ("SET new x GET NX", "$-1"),
        ("GET new", "$1 x"),
        ("SET absent x XX GET", "$-1"),
        ("GET absent", "$-1"),
        ("SET k nx NX NX GET get", "$1 c"),
        ("SET h x GET", WRONG_TYPE),
        ("SET h x NX GET", WRONG_TYPE),
        ("SET h x NX", "$-1"),
        ("GET h", WRONG_TYPE),
        ("SET h x", "+OK"),
        ("GET h", "$1 x"),
    ] {
        assert_eq!(bench.text(line), text, "{line}");
    }
}

#[test]
fn set_with_contradictions_or_bad_times_changes_nothing() {
    let mut bench = Bench::new();
    bench.run("SET k v");
    let state = bench.state.image();
    const INVALID: &str = "-ERR invalid expire time in 'set' command";
    const INTEGER: &str = "-ERR value is not an integer or out of range";
    for (options, text) in [
        ("NX XX", "-ERR syntax error"),
        ("XX NX", "-ERR syntax error"),
        ("EX", "-ERR syntax error"),
        ("EX 1 PX 1", "-ERR syntax error"),
        ("EXAT 1 EX 1", "-ERR syntax error"),
        ("PXAT 1 EXAT 1", "-ERR syntax error"),
        ("EX 1 KEEPTTL", "-ERR syntax error"),
        ("KEEPTTL PXAT 1", "-ERR syntax error"),
        ("PERSIST", "-ERR syntax error"),
        ("NX foo", "-ERR syntax error"),
        ("EX 0", INVALID),
        ("EX -1", INVALID),
        ("PXAT 0", INVALID),
        ("EXAT -5", INVALID),
        ("EX 9223372036854775807", INVALID),
        ("EX 9223372036854775", INVALID),
        ("EXAT 9223372036854776", INVALID),
        ("PX 9223372036854775807", INVALID),
        ("PX 9223372036854775808", INTEGER),
        ("EX 1.5", INTEGER),
        ("EX 0x10 GET", INTEGER),
        ("EX 0 XX GET", INVALID),
        ("EX 10 EX 0", INVALID),
    ] {
        assert_eq!(bench.text(&format!("SET k w {options}")), text, "{options}");
    }
    assert_eq!(bench.text("GET k"), "$1 v");
    assert_eq!(bench.deadline_ms("k"), None);
    assert_eq!(bench.state.db(0).get(b"k").unwrap().revision(), state.db(0).get(b"k").unwrap().revision());
}

#[test]
fn set_deadlines_are_those_of_redis() {
    let mut bench = Bench::new();
    let now_ms = bench.now_ms;
    for (options, deadline_ms) in [
        ("EX 10", Some(now_ms + 10_000)),
        ("KEEPTTL", Some(now_ms + 10_000)),
        ("XX keepttl KEEPTTL", Some(now_ms + 10_000)),
        ("", None),
        ("px 7", Some(now_ms + 7)),
        ("EX abc EX 20 XX", Some(now_ms + 20_000)),
        ("EXAT 1800000000", Some(1_800_000_000_000)),
        ("PXAT 1800000000001 GET", Some(1_800_000_000_001)),
        ("PXAT 9223372036854775807", Some(i64::MAX as u64)),
        ("KEEPTTL GET", Some(i64::MAX as u64)),
    ] {
        let reply = bench.text(&format!("SET k v {options}"));
        assert!(!reply.starts_with('-'), "{options}: {reply}");
        assert_eq!(bench.deadline_ms("k"), deadline_ms, "{options}");
    }
    bench.run("SET k v PX 7");
    bench.now_ms += 7;
    assert_eq!(bench.text("GET k"), "$1 v");
    bench.now_ms += 1;
    assert_eq!(bench.text("GET k"), "$-1");
    assert_eq!(bench.text("SET k w KEEPTTL"), "+OK");
    assert_eq!(bench.deadline_ms("k"), None);
}

#[test]
fn set_with_a_past_deadline_leaves_no_key() {
    let mut bench = Bench::new();
    let just_over = format!("PXAT {}", bench.now_ms - 1);
    for options in ["PXAT 1", "EXAT 1", &just_over] {
        bench.run("SET k v");
        assert_eq!(bench.text(&format!("SET k w {options}")), "+OK", "{options}");
        assert_eq!(bench.text("GET k"), "$-1", "{options}");
        assert_eq!(bench.state.db(0).len(), 0, "{options}");
    }
    bench.run("SET k v");
    assert_eq!(bench.text("SET k w PXAT 1 GET"), "$1 v");
    assert_eq!(bench.text("SET k w PXAT 1 NX"), "+OK");
    let now = format!("SET k w PXAT {}", bench.now_ms);
    assert_eq!(bench.text(&now), "+OK");
    assert_eq!((bench.text("EXISTS k"), bench.text("PTTL k")), (":1".into(), ":0".into()), "as Redis 7.0.15");
    let getex = format!("GETEX k PXAT {}", bench.now_ms);
    assert_eq!((bench.text(&getex), bench.text("EXISTS k")), ("$1 w".into(), ":0".into()), "as Redis 7.0.15");
}

#[test]
fn set_compares_with_what_the_key_holds() {
    const WRONG: &str = "-ERR must be exactly 16 hexadecimal characters";
    for (options, text, absent) in [
        ("IFEQ hello", "+OK", "$-1"),
        ("ifeq Hello", "$-1", "$-1"),
        ("IFNE hello", "$-1", "+OK"),
        ("IFNE other", "+OK", "+OK"),
        ("IFDEQ 9555e8555c62dcfd", "+OK", "$-1"),
        ("IFDEQ 9555E8555C62DCFD", "+OK", "$-1"),
        ("IFDEQ zzzzzzzzzzzzzzzz", "$-1", "$-1"),
        ("IFDNE 9555e8555c62dcfd", "$-1", "+OK"),
        ("IFDNE zzzzzzzzzzzzzzzz", "+OK", "+OK"),
        ("IFDEQ 123", WRONG, "$-1"),
        ("IFDNE 123", WRONG, "+OK"),
        ("IFREV 0", "$-1", "+OK"),
        ("IFREV 999", "$-1", "$-1"),
        ("GET IFEQ hello", "$5 hello", "$-1"),
        ("IFNE hello GET", "$5 hello", "$-1"),
        ("IFEQ other IFEQ hello EX 10", "+OK", "$-1"),
    ] {
        let mut bench = Bench::new();
        bench.run("SET k hello");
        assert_eq!(bench.text(&format!("SET k w {options}")), text, "{options}");
        assert_eq!(bench.text(&format!("SET absent w {options}")), absent, "{options}");
        let sets_absent = absent == "+OK" || options == "IFNE hello GET";
        assert_eq!(bench.text("EXISTS absent"), format!(":{}", i32::from(sets_absent)), "{options}");
        let sets = text == "+OK" || options == "GET IFEQ hello";
        assert_eq!(bench.text("GET k"), if sets { "$1 w" } else { "$5 hello" }, "{options}");
    }
}

#[test]
fn set_with_a_comparison_is_refused_where_it_contradicts() {
    let mut bench = Bench::new();
    bench.put_hash("h");
    bench.run("SET k v");
    for (line, text) in [
        ("SET k w IFEQ v NX", "-ERR syntax error"),
        ("SET k w XX IFEQ v", "-ERR syntax error"),
        ("SET k w IFEQ v IFNE x", "-ERR syntax error"),
        ("SET k w IFEQ v IFREV 1", "-ERR syntax error"),
        ("SET k w IFEQ", "-ERR syntax error"),
        ("SET k w IFREV x", "-ERR value is not an integer or out of range"),
        ("SET k w IFEQ v EX 0", "-ERR invalid expire time in 'set' command"),
        ("SET h w IFEQ v", WRONG_TYPE),
        ("SET h w IFNE v", WRONG_TYPE),
        ("SET h w IFDEQ v", WRONG_TYPE),
        ("SET h w IFREV 0", "$-1"),
        ("GET k", "$1 v"),
    ] {
        assert_eq!(bench.text(line), text, "{line}");
    }
}

#[test]
fn set_by_revision_follows_the_token_whatever_the_type() {
    let mut bench = Bench::new();
    bench.run("HSET k f v");
    let crate::protocol::Reply::Int(token) = bench.run("LOCK.TOKEN k") else { panic!("no token") };
    bench.run("PEXPIRE k 1000");
    assert_eq!(bench.text(&format!("SET k v IFREV {}", token - 1)), "$-1");
    assert_eq!(bench.text(&format!("SET k v IFREV {token}")), "+OK");
    assert_eq!(bench.text(&format!("SET k w IFREV {token}")), "$-1", "SET gave the key another revision");
}

#[test]
fn below_level_3_comparisons_are_a_syntax_error() {
    let mut bench = Bench::new();
    bench.state.cluster.level = 2;
    for (line, text) in [
        ("SET k v", "+OK"),
        ("SET k w IFEQ v", "-ERR syntax error"),
        ("SET k w ifrev 0 EX 1", "-ERR syntax error"),
        ("SET k ifeq EX 10", "+OK"),
        ("SET k ifeq EX IFEQ", "-ERR value is not an integer or out of range"),
        ("GET k", "$4 ifeq"),
    ] {
        assert_eq!(bench.text(line), text, "{line}");
    }
}

fn is_marked(bench: &Bench) -> bool {
    bench.state.db(0).get(b"k").unwrap().is_made_by_nx()
}

#[test]
fn what_nx_makes_is_marked_until_the_value_changes() {
    for line in
        ["SET k v NX", "SET k v NX PX 1000", "SET k v NX GET", "SETNX k v", "MSETNX a b k v", "MSETEX 1 k v NX EX 5"]
    {
        for (change, stays) in [
            ("SET k v", false),
            ("SET k v XX KEEPTTL", false),
            ("SET k v IFEQ v", false),
            ("APPEND k x", false),
            ("SETRANGE k 0 x", false),
            ("GETSET k v", false),
            ("MSETEX 1 k v XX", false),
            ("PEXPIRE k 5000", true),
            ("PERSIST k", true),
            ("GETEX k PX 7", true),
            ("SET k w NX", true),
            ("SET k w IFEQ x", true),
            ("APPEND k \"\"", false),
        ] {
            let mut bench = Bench::new();
            bench.run(line);
            assert!(is_marked(&bench), "{line}");
            bench.run(change);
            assert_eq!(is_marked(&bench), stays, "{line}, {change}");
        }
    }
    for line in ["SET k v", "SET k v XX", "SET k v IFNE x", "SET k v IFREV 0", "MSETEX 1 k v", "GETSET k v"] {
        let mut bench = Bench::new();
        bench.run(line);
        assert!(bench.state.db(0).get(b"k").is_none_or(|entry| !entry.is_made_by_nx()), "{line}");
    }
}

#[test]
fn below_level_3_nothing_is_marked() {
    let mut bench = Bench::new();
    bench.state.cluster.level = 2;
    bench.run("SET k v NX");
    assert!(!is_marked(&bench));
}

#[test]
fn the_mark_is_in_the_digest() {
    let digest = |line| {
        let mut bench = Bench::new();
        bench.run(line);
        bench.state.digest.value()
    };
    assert_ne!(digest("SET k v NX"), digest("SET k v"));
}

#[test]
fn set_nx_sent_again_is_ok_and_keeps_the_token() {
    let mut bench = Bench::new();
    bench.state.options.idempotent_set_nx = 1;
    let now_ms = bench.now_ms;
    assert_eq!(bench.text("SET k me NX PX 1000"), "+OK");
    let token = bench.text("LOCK.TOKEN k");
    for (line, text, deadline_ms) in [
        ("SET k me NX PX 500", "+OK", Some(now_ms + 1000)),
        ("SET k me NX PX 2000", "+OK", Some(now_ms + 2000)),
        ("SET k me NX PXAT 1", "+OK", Some(now_ms + 2000)),
        ("SET k me NX KEEPTTL", "+OK", Some(now_ms + 2000)),
        ("SET k you NX PX 9000", "$-1", Some(now_ms + 2000)),
        ("SET k me XX GET", "$2 me", None),
    ] {
        if line.contains("XX") {
            assert_eq!(bench.text("LOCK.TOKEN k"), token);
        }
        assert_eq!(bench.text(line), text, "{line}");
        assert_eq!(bench.deadline_ms("k"), deadline_ms, "{line}");
    }
    assert_eq!(bench.text("SET k me NX"), "$-1", "SET XX has set another value");
    bench.run("DEL k");
    bench.run("SET k me NX PX 1000");
    assert_eq!(bench.text("SET k me NX GET PX 5000"), "$2 me");
    assert_eq!(bench.deadline_ms("k"), Some(now_ms + 1000), "GET asks for what was there, and that is answered");
    assert_eq!(bench.text("SET k me NX"), "+OK");
    assert_eq!(bench.deadline_ms("k"), None, "no deadline is the latest");
    assert_eq!(bench.text("SET k me NX PX 1"), "+OK");
    assert_eq!(bench.deadline_ms("k"), None);
    bench.put_hash("h");
    assert_eq!(bench.text("SET h me NX"), "$-1");
}

#[test]
fn set_nx_sent_again_is_nil_unless_the_option_says_otherwise() {
    let mut bench = Bench::new();
    bench.run("SET k me NX");
    assert_eq!(bench.text("SET k me NX PX 5"), "$-1");
    assert_eq!(bench.deadline_ms("k"), None);
}
