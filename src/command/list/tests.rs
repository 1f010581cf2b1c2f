//! The commands of lists, on a state without a server.

use crate::command::testing::Bench;

/// See [`Bench::replay`]; of Redis.
const TRANSCRIPT: &str = include_str!("transcript.txt");

#[test]
fn list_replies_are_those_of_redis() {
    let mut bench = Bench::new();
    let commands = bench.replay(TRANSCRIPT);
    assert!(commands >= 150, "{commands} commands");
}

#[test]
fn change_of_a_list_in_the_sense_of_redis_gives_a_new_revision() {
    let mut bench = Bench::new();
    bench.run("RPUSH l a b c d e f");
    bench.run("RPUSH m x");
    bench.run("SET str x");
    for (line, changes) in [
        ("LPUSH l z", [true, false]),
        ("RPUSHX l z", [true, false]),
        ("LPOP l 0", [false, false]),
        ("LPOP l", [true, false]),
        ("RPOP l 1", [true, false]),
        ("LSET l 0 a", [true, false]),
        ("LSET l 100 a", [false, false]),
        ("LINSERT l BEFORE nosuch x", [false, false]),
        ("LINSERT l BEFORE a x", [true, false]),
        ("LREM l 0 nosuch", [false, false]),
        ("LREM l 0 x", [true, false]),
        ("LTRIM l 0 -1", [true, false]),
        ("LMOVE l l LEFT LEFT", [true, false]),
        ("LMOVE l m LEFT LEFT", [true, true]),
        ("LMOVE l str LEFT LEFT", [false, false]),
        ("LMPOP 3 absent l m LEFT", [true, false]),
        ("RPOPLPUSH m l", [true, true]),
        ("LRANGE l 0 -1", [false, false]),
    ] {
        let before = ["l", "m"].map(|key| bench.revision(key));
        bench.run(line);
        let after = ["l", "m"].map(|key| bench.revision(key));
        assert_eq!([before[0] != after[0], before[1] != after[1]], changes, "{line}");
    }
}

#[test]
fn resp3_shows_lists_and_nulls() {
    let mut bench = Bench::new();
    bench.run("RPUSH l a b c");
    for (line, reply) in [
        ("LPOP absent", "_"),
        ("LPOP absent 1", "_"),
        ("LMPOP 1 absent LEFT", "_"),
        ("LPOS l nosuch", "_"),
        ("LINDEX l 9", "_"),
        ("LMOVE absent l LEFT LEFT", "_"),
        ("LPOS l b COUNT 0", "*1 :1"),
        ("LRANGE l 0 1", "*2 $1 a $1 b"),
        ("LMPOP 1 l LEFT COUNT 2", "*2 $1 l *2 $1 a $1 b"),
        ("RPOP l 1", "*1 $1 c"),
    ] {
        assert_eq!(bench.text3(line), reply, "{line}");
    }
}

/// By Redis 7.2's rules, worked out by hand: the size of a listpack is 7 bytes, and 3 and 2 more than a string of 100 and 50 bytes.
#[test]
fn encodings_of_lists_change_both_ways() {
    let mut bench = Bench::new();
    let encoding = |bench: &mut Bench| bench.text("OBJECT ENCODING l").split(' ').nth(1).unwrap().to_owned();
    let element = "x".repeat(100);
    for _ in 0..79 {
        bench.run(&format!("RPUSH l {element}"));
    }
    // 79 * 103 + 7 = 8144; 48 bytes of another make 8192, and 49 are too many.
    bench.run("COPY l copy");
    bench.run(&format!("RPUSH l {}", "y".repeat(48)));
    assert_eq!(encoding(&mut bench), "listpack");
    bench.run("RENAME copy l");
    bench.run(&format!("RPUSH l {}", "y".repeat(49)));
    assert_eq!(encoding(&mut bench), "quicklist");
    // Back from 4096 bytes on, in one node: 40 * 103 + 7 = 4127 are too many, 39 * 103 + 7 = 4024 are not.
    bench.run("RPOP l");
    assert_eq!(encoding(&mut bench), "quicklist");
    bench.run("LPOP l 39");
    assert_eq!((encoding(&mut bench), bench.text("LLEN l")), ("quicklist".into(), ":40".into()));
    bench.run("LPOP l");
    assert_eq!(encoding(&mut bench), "listpack");
    // Announced and not done.
    bench.run(&format!("LINSERT l BEFORE nosuch {}", "z".repeat(5000)));
    assert_eq!(encoding(&mut bench), "quicklist");
    bench.run("LREM l 0 nosuch");
    assert_eq!(encoding(&mut bench), "quicklist");
    bench.run("LTRIM l 0 -1");
    assert_eq!(encoding(&mut bench), "listpack");
    bench.run(&format!("LSET l 0 {}", "z".repeat(5000)));
    assert_eq!(encoding(&mut bench), "quicklist");
    bench.run("LSET l 0 z");
    assert_eq!(encoding(&mut bench), "listpack");

    bench.state.options.list_listpack_max = 4;
    bench.run("RPUSH n 1 2 3 4");
    assert_eq!(bench.text("OBJECT ENCODING n"), "$8 listpack");
    bench.run("LPUSH n 0");
    assert_eq!(bench.text("OBJECT ENCODING n"), "$9 quicklist");
    // Two nodes, 0 and 1 2 3 4: the second one alone is too long, its half is not.
    bench.run("LPOP n");
    assert_eq!(bench.text("OBJECT ENCODING n"), "$9 quicklist");
    bench.run("RPOP n 2");
    assert_eq!(bench.text("OBJECT ENCODING n"), "$8 listpack");
    bench.state.options.list_listpack_max = 0;
    bench.run("RPUSH one 1");
    assert_eq!(bench.text("OBJECT ENCODING one"), "$8 listpack");
    bench.run("RPUSH one 2");
    assert_eq!(bench.text("OBJECT ENCODING one"), "$9 quicklist");
}

#[test]
fn list_commands_on_many_elements_say_no_more_than_they_do() {
    let mut bench = Bench::new();
    let elements = " element".repeat(1000);
    for _ in 0..100 {
        bench.run(&format!("RPUSH l{elements}"));
    }
    for (line, most) in [("LPUSH l x", 100), ("LPOP l", 5_000), ("LINDEX l 50000", 5_000), ("LSET l 50000 y", 5_000)] {
        let (reply, units) = bench.work(line);
        assert!(!reply.is_error() && units <= most, "{line}: {units}");
    }
    for line in ["LREM l 1 nosuch", "LPOS l nosuch", "LINSERT l BEFORE nosuch x", "LTRIM l 0 -2"] {
        let (reply, units) = bench.work(line);
        assert!(!reply.is_error() && units >= 100_000, "{line}: {units}");
    }
}

/// As Redis 8.10 documents it, and answers what it does not: nothing moved is a null array.
#[test]
fn many_elements_are_moved_in_their_order_or_one_by_one() {
    let mut bench = Bench::new();
    let show = |bench: &mut Bench, key: &str| {
        let all = bench.text(&format!("LRANGE {key} 0 -1"));
        all.split(' ').filter(|word| !word.starts_with(['*', '$'])).collect::<String>()
    };
    for (ends, moved, source, target) in [
        ("LEFT RIGHT", "1", "2345", "xy1"),
        ("RIGHT LEFT", "5", "1234", "5xy"),
        ("LEFT LEFT COUNT 3 OBO", "321", "45", "321xy"),
        ("LEFT LEFT COUNT 3 BULK", "123", "45", "123xy"),
        ("LEFT RIGHT COUNT 3 OBO", "123", "45", "xy123"),
        ("LEFT RIGHT COUNT 3 BULK", "123", "45", "xy123"),
        ("RIGHT RIGHT COUNT 3 OBO", "543", "12", "xy543"),
        ("RIGHT RIGHT COUNT 3 BULK", "345", "12", "xy345"),
        ("RIGHT LEFT COUNT 3 OBO", "345", "12", "345xy"),
        ("RIGHT LEFT COUNT 3 BULK", "345", "12", "345xy"),
        ("LEFT LEFT EXACTLY 5 OBO", "54321", "", "54321xy"),
        ("left right count 9 bulk", "12345", "", "xy12345"),
        ("LEFT LEFT EXACTLY 6 BULK", "", "12345", "xy"),
    ] {
        // The small form, and the large one.
        for listpack_max in [128, 3] {
            bench.state.options.list_listpack_max = listpack_max;
            bench.run("DEL s t");
            bench.run("RPUSH s 1 2 3 4 5");
            bench.run("RPUSH t x y");
            let reply = bench.text(&format!("LMOVEM s t {ends}"));
            let elements = moved.chars().map(|element| format!(" $1 {element}")).collect::<String>();
            let expected = if moved.is_empty() { "*-1".into() } else { format!("*{}{elements}", moved.len()) };
            assert_eq!(reply, expected, "{ends}");
            assert_eq!([show(&mut bench, "s"), show(&mut bench, "t")], [source, target], "{ends}");
        }
    }
    for (ends, left) in [
        ("LEFT LEFT EXACTLY 2 OBO", "21345"),
        ("LEFT LEFT COUNT 2 BULK", "12345"),
        ("LEFT RIGHT COUNT 2 BULK", "34512"),
        ("RIGHT LEFT COUNT 9 OBO", "12345"),
        ("RIGHT RIGHT COUNT 9 OBO", "54321"),
    ] {
        bench.run("DEL s");
        bench.run("RPUSH s 1 2 3 4 5");
        let before = bench.revision("s");
        bench.run(&format!("LMOVEM s s {ends}"));
        assert_eq!(show(&mut bench, "s"), left, "{ends}");
        assert_ne!(bench.revision("s"), before, "{ends}");
    }
    bench.run("SET str x");
    const COUNT: &str = "-ERR count should be greater than 0";
    for (line, reply) in [
        ("LMOVEM absent str LEFT LEFT", "*-1"),
        ("LMOVEM absent t LEFT LEFT COUNT 5 OBO", "*-1"),
        ("LMOVEM s str LEFT LEFT EXACTLY 9 OBO", "*-1"),
        ("LMOVEM s str LEFT LEFT COUNT 9 OBO", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ("LMOVEM str s LEFT LEFT", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ("LLEN s", ":5"),
        ("LMOVEM s t LEFT", "-ERR wrong number of arguments for 'lmovem' command"),
        ("LMOVEM s t LEFT UP", "-ERR syntax error"),
        ("LMOVEM s t LEFT LEFT COUNT", "-ERR syntax error"),
        ("LMOVEM s t LEFT LEFT COUNT 2", "-ERR syntax error"),
        ("LMOVEM s t LEFT LEFT COUNT 2 OBO more", "-ERR syntax error"),
        ("LMOVEM s t LEFT LEFT SOME 2 OBO", "-ERR syntax error"),
        ("LMOVEM s t LEFT LEFT COUNT 2 BOB", "-ERR syntax error"),
        ("LMOVEM s t LEFT LEFT COUNT 0 OBO", COUNT),
        ("LMOVEM s t LEFT LEFT EXACTLY -1 OBO", COUNT),
        ("LMOVEM s t LEFT LEFT COUNT x BOB", COUNT),
        ("BLMOVEM s t LEFT LEFT x", "-ERR timeout is not a float or out of range"),
        ("BLMOVEM s t LEFT LEFT 0 COUNT 2", "-ERR syntax error"),
        ("BLMOVEM s t LEFT LEFT 0 COUNT 0 OBO", COUNT),
    ] {
        assert_eq!(bench.text(line), reply, "{line}");
    }
    assert_eq!(bench.text3("LMOVEM absent t LEFT LEFT COUNT 5 OBO"), "_");
}
