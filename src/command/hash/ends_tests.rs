//! Fields that end, on a state without a server.

use crate::command::testing::Bench;
use crate::protocol::{Args, Reply};
use crate::store::{Effects, Hash, Horizon, Kind, PubSub, Rng, View};

/// Command lines at the bench's time, each with the reply of Redis 8 indented below it, as its documentation and tests say.
const TRANSCRIPT: &str = include_str!("ends_transcript.txt");

#[test]
fn replies_of_commands_about_ends_are_those_of_redis() {
    let mut bench = Bench::new();
    let mut lines = TRANSCRIPT.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut commands = 0;
    while let (Some(command), Some(reply)) = (lines.next(), lines.next()) {
        assert_eq!(bench.text(command), reply.strip_prefix("    ").unwrap(), "{command}");
        commands += 1;
    }
    assert!(commands >= 170, "{commands} commands");
}

/// A hash with fields `a` (1), `b` (2), `c` (3) and enough others (`o…`) for its form, of which `a` and `b` are over, and swept or not.
fn half_over(large: bool, swept: bool) -> Bench {
    let mut bench = Bench::new();
    bench.run("HSETEX h PX 10 FIELDS 2 a 1 b 2");
    bench.run("HSET h c 3");
    (0..if large { 300 } else { 3 }).for_each(|i| _ = bench.run(&format!("HSET h o{i} v")));
    bench.now_ms += 11;
    if swept {
        sweep(&mut bench, 2);
    }
    bench
}

fn sweep(bench: &mut Bench, count: usize) {
    let mut effects = Effects::default();
    bench.state.advance_clock(bench.now_ms);
    assert_eq!(bench.state.sweep(10_000, &mut effects), count);
    assert_eq!((effects.expired + effects.expired_fields) as usize, count);
    bench.state.validate().unwrap();
}

fn sorted(reply: Reply) -> Vec<String> {
    let mut items = match reply {
        Reply::Array(items) => items.iter().map(|item| format!("{item:?}")).collect(),
        Reply::Map(pairs) | Reply::Pairs(pairs) => {
            pairs.iter().map(|(field, value)| format!("{field:?}{value:?}")).collect::<Vec<_>>()
        }
        reply => panic!("{reply:?}"),
    };
    items.sort();
    items
}

#[test]
fn fields_that_are_over_are_not_there_whether_or_not_they_were_swept() {
    for large in [false, true] {
        let mut swept = half_over(large, true);
        let mut due = half_over(large, false);
        let len = if large { 301 } else { 4 };
        for (line, reply) in [
            ("HLEN h", format!(":{len}")),
            ("HGET h a", "$-1".into()),
            ("HMGET h a b c", "*3 $-1 $-1 $1 3".into()),
            ("HEXISTS h b", ":0".into()),
            ("HSTRLEN h a", ":0".into()),
            ("HPTTL h FIELDS 2 a c", "*2 :-2 :-1".into()),
            ("HPEXPIRETIME h FIELDS 1 a", "*1 :-2".into()),
            ("HDEL h a", ":0".into()),
            ("HGETDEL h FIELDS 2 a b", "*2 $-1 $-1".into()),
            ("HGETEX h EX 9 FIELDS 1 a", "*1 $-1".into()),
            ("HPERSIST h FIELDS 1 a", "*1 :-2".into()),
            ("HEXPIRE h 9 FIELDS 1 a", "*1 :-2".into()),
            ("HSETEX h FXX FIELDS 2 a 1 c 1", ":0".into()),
            ("HSETEX h FNX KEEPTTL FIELDS 1 a 7", ":1".into()),
            ("HPTTL h FIELDS 1 a", "*1 :-1".into()),
            ("HINCRBY h b 5", ":5".into()),
            ("HPTTL h FIELDS 1 b", "*1 :-1".into()),
            ("HLEN h", format!(":{}", len + 2)),
        ] {
            assert_eq!((due.text(line), swept.text(line)), (reply.clone(), reply), "{line} of {len}");
        }
        let mut due = half_over(large, false);
        assert_eq!(due.run("HRANDFIELD h 1000"), swept_reply(large, "HRANDFIELD h 1000"));
        assert!(!sorted(due.run("HRANDFIELD h -2000")).iter().any(|field| field == "Bulk(b\"a\")"));
        assert!(!sorted(due.run("HRANDFIELD h 3")).iter().any(|field| field == "Bulk(b\"b\")"));
        for line in ["HGETALL h", "HKEYS h", "HVALS h", "HRANDFIELD h 1000 WITHVALUES"] {
            assert_eq!(sorted(due.run(line)), sorted(swept_reply(large, line)), "{line}");
        }
        let mut met = 0;
        let mut cursor = "0".to_owned();
        loop {
            let Reply::Array(parts) = due.run(&format!("HSCAN h {cursor}")) else { panic!() };
            let [Reply::Bulk(next), Reply::Array(fields)] = parts.as_slice() else { panic!("{parts:?}") };
            met += fields.len() / 2;
            cursor = String::from_utf8(next.to_vec()).unwrap();
            if cursor == "0" {
                break;
            }
        }
        assert_eq!(met, len);
    }
}

fn swept_reply(large: bool, line: &str) -> Reply {
    half_over(large, true).run(line)
}

#[test]
fn random_fields_are_found_where_most_are_over() {
    let mut bench = Bench::new();
    for i in 0..500 {
        bench.run(&format!("HSETEX h PX 10 FIELDS 1 o{i} v"));
    }
    bench.run("HSET h a 1 b 2");
    bench.now_ms += 11;
    assert_eq!(sorted(bench.run("HRANDFIELD h 5")), ["Bulk(b\"a\")", "Bulk(b\"b\")"]);
    let drawn = sorted(bench.run("HRANDFIELD h -100"));
    assert!(drawn.len() == 100 && drawn.contains(&"Bulk(b\"a\")".into()) && drawn.contains(&"Bulk(b\"b\")".into()));
    assert!(matches!(bench.run("HRANDFIELD h"), Reply::Bulk(_)));
}

#[test]
fn a_hash_ends_with_its_last_field_whether_or_not_it_was_swept() {
    for sweeps in [false, true] {
        let mut bench = Bench::new();
        bench.run("HSETEX h PX 10 FIELDS 2 a 1 b 2");
        bench.run("HPEXPIRE h 20 FIELDS 1 b");
        bench.run("EXPIRE h 1000");
        bench.now_ms += 20;
        assert_eq!(bench.text("EXISTS h"), ":1", "it lives through the last ms");
        bench.now_ms += 1;
        if sweeps {
            sweep(&mut bench, 2);
            assert_eq!(bench.state.db(0).len(), 0);
        }
        for (line, reply) in [
            ("EXISTS h", ":0"),
            ("TYPE h", "+none"),
            ("TTL h", ":-2"),
            ("KEYS *", "*0"),
            ("SCAN 0", "*2 $1 0 *0"),
            ("RANDOMKEY", "$-1"),
            ("DUMP h", "$-1"),
            ("HLEN h", ":0"),
            ("HRANDFIELD h", "$-1"),
            ("COPY h k", ":0"),
            ("RENAME h k", "-ERR no such key"),
            ("APPEND h x", ":1"),
            ("TTL h", ":-1"),
        ] {
            assert_eq!(bench.text(line), reply, "{line}, swept: {sweeps}");
        }
    }
}

#[test]
fn the_last_shown_field_takes_the_hash_with_it_though_others_are_to_be_swept() {
    let mut bench = Bench::new();
    bench.run("HSETEX h PX 10 FIELDS 1 a 1");
    bench.run("HSET h b 2");
    bench.now_ms += 11;
    assert_eq!(bench.text("HDEL h b"), ":1");
    assert_eq!(bench.text("EXISTS h"), ":0");
    assert_eq!(bench.text("HSET h b 3"), ":1");
    assert_eq!(bench.text("HGETALL h"), "*2 $1 b $1 3");
    assert_eq!(bench.state.db(0).timed_hashes_len(), 0);
}

#[test]
fn a_read_ahead_of_the_log_hides_fields_and_notes_only_those_that_it_asks_for() {
    for large in [false, true] {
        let mut bench = Bench::new();
        bench.run("HSETEX h PX 10 FIELDS 1 a 1");
        bench.run("HSETEX h PX 20 FIELDS 1 b 2");
        bench.run("HSET h c 3");
        (0..if large { 300 } else { 3 }).for_each(|i| _ = bench.run(&format!("HSET h o{i} v")));
        let start_ms = bench.now_ms;
        for (applied, estimate, by_log_alone, line, reply, met_due) in [
            (10, 10, false, "HGET h a", "$1 1", false),
            (10, 11, false, "HGET h a", "$-1", true),
            (10, 11, false, "HGET h b", "$1 2", false),
            (10, 11, false, "HGET h c", "$1 3", false),
            (10, 11, true, "HGET h a", "$1 1", false),
            (10, 11, true, "HPTTL h FIELDS 1 a", "*1 :0", false),
            (11, 11, false, "HGET h a", "$-1", false),
            (11, 11, true, "HMGET h a b", "*2 $-1 $1 2", false),
            (11, 20, false, "HEXISTS h b", ":1", false),
            (11, 21, false, "HEXISTS h b", ":0", true),
            (10, 11, false, "HLEN h", if large { ":302" } else { ":5" }, true),
            (11, 11, false, "HLEN h", if large { ":302" } else { ":5" }, false),
            (11, 21, true, "HLEN h", if large { ":302" } else { ":5" }, false),
            (11, 21, false, "HLEN h", if large { ":301" } else { ":4" }, true),
        ] {
            let horizon = Horizon { applied_ms: start_ms + applied, estimate_ms: start_ms + estimate };
            let view = View::new(&bench.state, 0, horizon, Rng::new(1));
            let view = if by_log_alone { view.hide_by_log_alone() } else { view };
            let words: Vec<&str> = line.split(' ').collect();
            let spec = crate::command::lookup(words[0].as_bytes()).unwrap();
            let mut out = bytes::BytesMut::new();
            let answered = Reply::from(crate::command::call_read(spec, &view, &Args::from_slices(words)));
            crate::protocol::encode(&mut out, &answered, crate::protocol::Resp::V2);
            let text = String::from_utf8_lossy(&out).replace("\r\n", " ").trim_end().to_owned();
            assert_eq!((&*text, view.met_due()), (reply, met_due), "{line} {applied} {estimate} {by_log_alone}");
        }
        let horizon = Horizon { applied_ms: start_ms + 10, estimate_ms: start_ms + 11 };
        for whole in ["HGETALL", "HKEYS", "HVALS", "HRANDFIELD"] {
            let view = View::new(&bench.state, 0, horizon, Rng::new(1));
            let spec = crate::command::lookup(whole.as_bytes()).unwrap();
            let args = if whole == "HRANDFIELD" { vec![whole, "h", "1000"] } else { vec![whole, "h"] };
            assert!(crate::command::call_read(spec, &view, &Args::from_slices(args)).is_ok());
            assert!(view.met_due(), "{whole}");
        }
    }
}

#[test]
fn a_sweep_ends_fields_one_by_one_in_the_order_of_their_ends() {
    let mut bench = Bench::new();
    bench.run("HSET h keep 1 a 1 b 1 c 1");
    bench.run("HSET g keep 1 a 1 b 1");
    bench.run("HPEXPIRE h 5 FIELDS 2 b a");
    bench.run("HPEXPIRE g 4 FIELDS 1 b");
    bench.run("HPEXPIRE g 6 FIELDS 1 a");
    bench.run("SET s x PX 5");
    bench.now_ms += 10;
    bench.state.advance_clock(bench.now_ms);
    let mut gone = Vec::new();
    let present = |bench: &Bench| {
        let db = bench.state.db(0);
        let fields = |key: &[u8]| {
            let hash = Hash::of(db.get(key).unwrap().value()).unwrap();
            hash.iter().map(|(field, _)| [key, field].concat()).collect::<Vec<_>>()
        };
        let mut all = [fields(b"h"), fields(b"g")].concat();
        all.extend(db.get(b"s").map(|_| b"s".to_vec()));
        all
    };
    let mut effects = Effects::default();
    loop {
        let before = present(&bench);
        let revision = bench.state.revision();
        if bench.state.sweep(1, &mut effects) == 0 {
            break;
        }
        bench.state.validate().unwrap();
        assert_eq!(bench.state.revision(), revision, "what is seen has not changed");
        let after = present(&bench);
        let ended: Vec<_> = before.into_iter().filter(|field| !after.contains(field)).collect();
        assert_eq!(ended.len(), 1, "one at a time");
        gone.push(String::from_utf8(ended.concat()).unwrap());
    }
    assert_eq!(gone, ["gb", "s", "ha", "hb", "ga"], "a key before the fields of its ms");
    assert_eq!((effects.expired, effects.expired_fields), (1, 4));
}

#[test]
fn what_a_sweep_does_is_in_the_digest() {
    let digests: Vec<u64> = [false, true]
        .map(|sweeps| {
            let mut bench = Bench::new();
            bench.run("HSETEX h PX 5 FIELDS 1 a 1");
            bench.run("HSET h b 1");
            bench.now_ms += 10;
            bench.state.advance_clock(bench.now_ms);
            assert_eq!(bench.state.sweep(usize::from(sweeps), &mut Effects::default()), usize::from(sweeps));
            bench.state.digest.finish(99);
            bench.state.digest.value()
        })
        .to_vec();
    assert_ne!(digests[0], digests[1]);
}

#[test]
fn encodings_tell_of_ends_and_a_conversion_keeps_them() {
    let mut bench = Bench::new();
    bench.run("HSET h a 1 b 2");
    assert_eq!(bench.text("OBJECT ENCODING h"), "$8 listpack");
    bench.run("HEXPIRE h 10 FIELDS 1 nosuch");
    assert_eq!(bench.text("OBJECT ENCODING h"), "$8 listpack");
    bench.run("HEXPIRE h 10 FIELDS 1 a");
    assert_eq!(bench.text("OBJECT ENCODING h"), "$10 listpackex");
    bench.run("HPERSIST h FIELDS 1 a");
    assert_eq!(bench.text("OBJECT ENCODING h"), "$10 listpackex", "it had ends");
    bench.run("HEXPIRE h 10 FIELDS 1 a");
    (0..127).for_each(|i| _ = bench.run(&format!("HSET h f{i} v")));
    assert_eq!(bench.text("OBJECT ENCODING h"), "$9 hashtable");
    assert_eq!(bench.text("HTTL h FIELDS 2 a b"), "*2 :10 :-1");
}

#[test]
fn a_dumped_hash_is_restored_with_the_ends_of_what_is_shown() {
    let mut bench = Bench::new();
    bench.run("HSETEX h PX 10 FIELDS 1 gone 1");
    bench.run("HSETEX h PX 500 FIELDS 2 a 1 b 2");
    bench.run("HSET h c 3");
    bench.run("HPEXPIRE h 100000 FIELDS 1 b");
    bench.now_ms += 11;
    let restore = |bench: &mut Bench, key: &str| {
        let Reply::Bulk(dumped) = bench.run("DUMP h") else { panic!("no payload") };
        let footer = dumped[dumped.len() - 10];
        let args = [&b"RESTORE"[..], key.as_bytes(), b"0", &dumped, b"REPLACE"];
        assert_eq!(bench.run_args(&Args::from_slices(args)), Reply::Ok);
        (dumped[0], footer)
    };
    assert_eq!(restore(&mut bench, "k"), (24, 12), "as Redis 7.4 writes them");
    assert_eq!(bench.text("HPTTL k FIELDS 4 gone a b c"), "*4 :-2 :489 :99989 :-1");
    assert_eq!(bench.text("OBJECT ENCODING k"), "$10 listpackex");
    assert_eq!(bench.state.db(0).get(b"k").map(|entry| entry.value().elements()), Some(3));
    bench.run("HPERSIST h FIELDS 2 a b");
    assert_eq!(restore(&mut bench, "k"), (4, 10), "without ends as any hash");
    assert_eq!(bench.text("HPTTL k FIELDS 3 a b c"), "*3 :-1 :-1 :-1");
    // All of it is over by the time that it comes back.
    bench.run("HPEXPIRE h 5 FIELDS 3 a b c");
    let Reply::Bulk(dumped) = bench.run("DUMP h") else { panic!("no payload") };
    bench.now_ms += 6;
    let args = [&b"RESTORE"[..], b"k", b"0", &dumped, b"REPLACE"];
    assert_eq!(bench.run_args(&Args::from_slices(args)), Reply::Ok);
    assert_eq!(bench.text("EXISTS k h"), ":0");
}

#[test]
fn sort_does_not_see_fields_that_are_over() {
    let mut bench = Bench::new();
    bench.run("RPUSH l 1 2 3");
    bench.run("HSET w1 f 3 g x");
    bench.run("HSET w2 f 2 g y");
    bench.run("HSET w3 f 1 g z");
    bench.run("HPEXPIRE w3 10 FIELDS 2 f g");
    bench.run("HPEXPIRE w1 10 FIELDS 1 g");
    assert_eq!(bench.text("SORT l BY w*->f GET w*->g"), "*3 $1 z $1 y $1 x");
    bench.now_ms += 11;
    assert_eq!(bench.text("SORT l BY w*->f GET # GET w*->g"), "*6 $1 3 $-1 $1 2 $1 y $1 1 $-1");
    assert_eq!(bench.text("SORT l BY w*->f GET w*->g STORE k"), ":3");
    assert_eq!(bench.text("LRANGE k 0 -1"), "*3 $0  $1 y $0");
}

#[test]
fn change_in_the_sense_of_redis_gives_a_new_revision() {
    let mut bench = Bench::new();
    bench.run("HSETEX h PX 1000 FIELDS 2 a 1 b 2");
    bench.run("HSET h c 3");
    for (line, changes) in [
        ("HPEXPIRE h 1000 FIELDS 1 a", true),
        ("HPEXPIRE h 1000 NX FIELDS 2 a nosuch", false),
        ("HPERSIST h FIELDS 1 a", true),
        ("HPERSIST h FIELDS 2 a nosuch", false),
        ("HGETEX h FIELDS 1 a", false),
        ("HGETEX h PERSIST FIELDS 1 a", false),
        ("HGETEX h PERSIST FIELDS 1 b", true),
        ("HGETEX h PX 5 FIELDS 1 nosuch", false),
        ("HGETEX h PX 5 FIELDS 1 b", true),
        ("HSETEX h FNX FIELDS 1 b 1", false),
        ("HSETEX h PXAT 1 FIELDS 1 nosuch 1", false),
        ("HSETEX h FIELDS 1 b 1", true),
        ("HGETDEL h FIELDS 1 nosuch", false),
        ("HGETDEL h FIELDS 1 b", true),
        ("HPTTL h FIELDS 1 a", false),
    ] {
        let revision = |bench: &Bench| bench.state.db(0).get(b"h").unwrap().revision();
        let before = revision(&bench);
        bench.run(line);
        assert_eq!(revision(&bench) != before, changes, "{line}");
    }
}

#[test]
fn what_hgetex_returns_is_bounded_however_often_a_field_is_named() {
    let mut bench = Bench::new();
    bench.state.options.bulk_len_max = 5000;
    bench.run(&format!("HSET h a {}", "x".repeat(1000)));
    let line = |times: usize| format!("HGETEX h EX 5 FIELDS {times}{}", " a".repeat(times));
    assert!(matches!(bench.run(&line(6)), Reply::Array(_)));
    bench.run("HPERSIST h FIELDS 1 a");
    assert_eq!(bench.text(&line(8)), "-ERR value is out of range");
    assert_eq!(bench.text("HTTL h FIELDS 1 a"), "*1 :-1");
}

#[test]
fn what_ends_among_many_fields_costs_little() {
    let mut bench = Bench::new();
    for block in 0..100 {
        let fields: String = (0..100).map(|i| format!(" f{block}-{i} v")).collect();
        bench.run(&format!("HSET h{fields}"));
    }
    for (line, most) in [
        ("HPEXPIRE h 100 FIELDS 1 f3-3", 200),
        ("HPTTL h FIELDS 1 f3-3", 200),
        ("HPERSIST h FIELDS 1 f3-3", 200),
        ("HSETEX h PX 5 FIELDS 1 f3-3 v", 200),
        ("HGETEX h PX 5 FIELDS 1 f3-3", 200),
        ("HGETDEL h FIELDS 1 f3-3", 200),
    ] {
        let (reply, units) = bench.work(line);
        assert!(!reply.is_error() && units <= most, "{line}: {units}");
    }
}

#[test]
fn what_becomes_of_ends_is_told_to_those_who_want_to_know() {
    let mut bench = Bench::new();
    bench.state.options.events = u64::MAX;
    for (line, expected) in [
        ("HSETEX h PX 10 FIELDS 2 a 1 b 2", "new hset hexpire"),
        ("HPEXPIRE h 10 FIELDS 1 a", "hexpire"),
        ("HPEXPIRE h 10 NX FIELDS 1 a", ""),
        ("HPERSIST h FIELDS 2 a b", "hpersist"),
        ("HPERSIST h FIELDS 2 a b", ""),
        ("HGETEX h PX 20 FIELDS 1 a", "hexpire"),
        ("HGETEX h PERSIST FIELDS 1 a", "hpersist"),
        ("HGETEX h FIELDS 1 a", ""),
        ("HSET h c 3", "hset"),
        ("HGETEX h PXAT 1 FIELDS 1 c", "hdel"),
        ("HSETEX h PXAT 1 FIELDS 1 b 1", "hdel"),
        ("HPEXPIREAT h 1 FIELDS 1 a", "hdel del"),
        ("HSETEX h FIELDS 1 a 1", "new hset"),
        ("HGETDEL h FIELDS 1 a", "hdel del"),
    ] {
        let mut effects = Effects::default();
        let args = Args::from_slices(line.split(' '));
        let spec = crate::command::lookup(args.name()).unwrap();
        bench.state.advance_clock(bench.now_ms);
        let mut txn = bench.state.txn(0, Rng::new(1), &mut effects);
        assert!(crate::command::call_write(spec, &mut txn, &args).is_ok(), "{line}");
        assert_eq!(told(&effects), expected, "{line}");
    }
    bench.run("HSETEX h PX 10 FIELDS 1 a 1");
    bench.run("HSET h b 1");
    bench.state.advance_clock(bench.now_ms + 11);
    let mut effects = Effects::default();
    bench.state.sweep(9, &mut effects);
    assert_eq!(told(&effects), "hexpired");
}

fn told(effects: &Effects) -> String {
    let names = effects.pubsub.iter().filter_map(|(_, what)| match what {
        PubSub::Event(event) => Some(event.name),
        _ => None,
    });
    names.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_tick_is_due_for_the_first_field_that_ends_and_who_tracks_the_hash_is_told() {
    let mut bench = Bench::new();
    bench.run("HSETEX h PX 20 FIELDS 1 b 1");
    bench.run("HSETEX h PX 10 FIELDS 1 a 1");
    bench.run("HSET h c 1");
    let start_ms = bench.now_ms;
    for (later, first, changes) in [(0, Some(10), 0), (11, Some(20), 1), (21, None, 1)] {
        let mut effects = Effects { is_tracked: true, ..Effects::default() };
        bench.state.advance_clock(start_ms + later);
        assert_eq!(bench.state.sweep(9, &mut effects), changes);
        let told = effects.pubsub.iter().filter(|(_, what)| matches!(what, PubSub::Changed(key, _) if key == "h"));
        assert_eq!(told.count(), changes, "{later}");
        assert_eq!(bench.state.first_deadline_ms(), first.map(|ms| start_ms + ms), "{later}");
    }
}

#[test]
fn a_write_that_meets_a_field_that_is_over_counts_it_as_ended() {
    let mut bench = Bench::new();
    bench.run("HSETEX h PX 10 FIELDS 2 a 1 b 2");
    bench.run("HSET h c 3");
    bench.state.advance_clock(bench.now_ms + 11);
    let mut effects = Effects::default();
    let mut txn = bench.state.txn(0, Rng::new(1), &mut effects);
    let args = Args::from_slices(["HSET", "h", "a", "9", "c", "9"]);
    let spec = crate::command::lookup(args.name()).unwrap();
    assert_eq!(crate::command::call_write(spec, &mut txn, &args), Ok(Reply::Int(1)));
    assert_eq!(effects.expired_fields, 1, "the other one is left to the sweep");
}

/// 2^46 - 1 ms is the last end, as in Redis: also where the time is counted from now.
#[test]
fn no_field_ends_behind_the_last_end_that_there_is() {
    let mut bench = Bench::new();
    bench.run("HSET h a 1");
    const LAST_MS: u64 = (1 << 46) - 1;
    let now_ms = bench.now_ms;
    let wrong = |name: &str| format!("-ERR invalid expire time in '{name}' command");
    for (line, reply) in [
        (format!("HPEXPIREAT h {LAST_MS} FIELDS 1 a"), "*1 :1".into()),
        (format!("HPEXPIREAT h {} FIELDS 1 a", LAST_MS + 1), wrong("hpexpireat")),
        (format!("HPEXPIRE h {} FIELDS 1 a", LAST_MS - now_ms), "*1 :1".into()),
        (format!("HPEXPIRE h {} FIELDS 1 a", LAST_MS - now_ms + 1), wrong("hpexpire")),
        (format!("HGETEX h PX {} FIELDS 1 a", LAST_MS - now_ms + 1), wrong("hgetex")),
        ("HPEXPIRETIME h FIELDS 1 a".into(), format!("*1 :{LAST_MS}")),
    ] {
        assert_eq!(bench.text(&line), reply, "{line}");
    }
}
