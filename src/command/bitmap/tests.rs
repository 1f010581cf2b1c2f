//! The commands of bitmaps, on a state without a server.

use crate::command::testing::{Bench, shown};
use crate::protocol::{Args, Reply, Resp};

/// See [`Bench::replay`]; of Redis.
const TRANSCRIPT: &str = include_str!("transcript.txt");

#[test]
fn bitmap_replies_are_those_of_redis() {
    let mut bench = Bench::new();
    bench.state.options.bulk_len_max = 512 << 20;
    let commands = bench.replay(TRANSCRIPT);
    assert!(commands >= 230, "{commands} commands");
}

#[test]
fn a_failed_field_is_null_in_both_protocols() {
    let mut bench = Bench::new();
    let reply = bench.run("BITFIELD k OVERFLOW FAIL INCRBY u8 0 256 GET u8 0");
    for (version, text) in [(Resp::V2, "*2 $-1 :0"), (Resp::V3, "*2 _ :0")] {
        assert_eq!(shown(&reply, version), text);
    }
}

#[test]
fn change_of_a_bitmap_in_the_sense_of_redis_gives_a_new_revision() {
    let mut bench = Bench::new();
    bench.run("SETBIT k 7 1");
    for (line, changes) in [
        ("SETBIT k 7 1", false),
        ("SETBIT k 6 0", false),
        ("SETBIT k 6 1", true),
        ("SETBIT k 8 0", true),
        ("BITFIELD k GET u8 0", false),
        ("BITFIELD k SET u8 0 3", false),
        ("BITFIELD k SET u8 0 4", true),
        ("BITFIELD k INCRBY u8 0 0", false),
        ("BITFIELD k OVERFLOW FAIL INCRBY u8 0 1000", false),
        ("BITFIELD k OVERFLOW FAIL INCRBY u8 16 1000", true),
        ("BITOP OR k k k", true),
        ("SETBIT k x 1", false),
    ] {
        let before = bench.revision("k");
        bench.run(line);
        assert_eq!(bench.revision("k") != before, changes, "{line}");
    }
}

#[test]
fn bits_behind_the_longest_string_are_refused() {
    let mut bench = Bench::new();
    bench.state.options.bulk_len_max = 16;
    let refused = "-ERR bit offset is not an integer or out of range";
    for (line, text) in [
        ("SETBIT k 128 1", refused),
        ("GETBIT k 128", refused),
        ("BITFIELD k SET u8 128 1", refused),
        ("BITFIELD k SET u8 #16 1", refused),
        ("BITFIELD k GET u8 128", refused),
        ("BITFIELD_RO k GET u8 128", refused),
        ("EXISTS k", ":0"),
        ("SETBIT k 127 1", ":0"),
        ("GETBIT k 127", ":1"),
        ("STRLEN k", ":16"),
    ] {
        assert_eq!(bench.text(line), text, "{line}");
    }
}

#[test]
fn a_bit_of_a_long_string_is_set_where_the_string_stands() {
    let mut bench = Bench::new();
    bench.run(&format!("SET k {}", "x".repeat(100_000)));
    let place = |bench: &mut Bench| match bench.run("GET k") {
        Reply::Bulk(bytes) => bytes.as_ptr(),
        other => panic!("{other:?}"),
    };
    let before = place(&mut bench);
    bench.run("SETBIT k 1 0");
    assert_eq!(place(&mut bench), before, "nobody shares it: not copied");
    let shared = bench.run("GET k");
    bench.run("SETBIT k 1 1");
    assert_ne!(place(&mut bench), before, "a reply shares it");
    assert_eq!(bench.text("GETBIT k 1"), ":1");
    assert!(matches!(shared, Reply::Bulk(bytes) if bytes[0] == b'x' & !0x40), "what the reply shows stays");
}

#[test]
fn scripts_are_told_what_a_bitmap_command_costs() {
    let mut bench = Bench::new();
    for line in ["SETBIT k 1600000 1", "BITFIELD l SET u8 1600000 1"] {
        assert!(bench.work(line).1 >= 200_000 / 16, "{line}: what it fills");
        assert!(bench.work(line).1 < 100, "{line}: what it does not fill");
    }
    for line in ["BITCOUNT k", "BITPOS k 1", "BITOP NOT d k", "BITOP AND d k k k"] {
        assert!(bench.work(line).1 >= 200_000 / 16, "{line}");
    }
}

#[test]
fn bits_are_combined_as_byte_by_byte() {
    let mut bench = Bench::new();
    let strings: [&[u8]; 4] = [b"\x0f\xf0\xaa", b"\xff", b"\x3c\x5a\x99\x81\x7e", b""];
    for (key, string) in ["a", "b", "c"].iter().zip(strings) {
        bench.run_args(&Args::from_slices([&b"SET"[..], key.as_bytes(), string]));
    }
    let string = |key: &str| ["a", "b", "c"].iter().position(|at| *at == key).map_or(&[][..], |at| strings[at]);
    let rows = [
        "a",
        "a a",
        "a b",
        "b a",
        "a b c",
        "c b a",
        "a c a",
        "a a a",
        "c c",
        "a absent",
        "absent a",
        "absent c absent a",
        "a b a b",
        "c a c",
        "b b b b",
        "absent",
        "absent absent",
    ];
    for keys in rows {
        let held: Vec<&[u8]> = keys.split(' ').map(string).collect();
        let len = held.iter().map(|held| held.len()).max().unwrap();
        let column = |at: usize| held.iter().map(move |held| held.get(at).copied().unwrap_or(0));
        for operation in ["AND", "OR", "XOR"] {
            let expected: Vec<u8> = (0..len)
                .map(|at| {
                    let combined = match operation {
                        "AND" => column(at).reduce(|a, b| a & b),
                        "OR" => column(at).reduce(|a, b| a | b),
                        _ => column(at).reduce(|a, b| a ^ b),
                    };
                    combined.unwrap()
                })
                .collect();
            let line = format!("BITOP {operation} d {keys}");
            assert_eq!(bench.run(&line), Reply::Int(len as i64), "{line}");
            let found = match bench.run("GET d") {
                Reply::Bulk(bytes) => bytes.to_vec(),
                _ => Vec::new(),
            };
            assert_eq!(found, expected, "{line}");
        }
    }
}

#[test]
fn a_key_that_is_named_often_is_combined_once() {
    let mut bench = Bench::new();
    bench.run("SETBIT k 1599999 1");
    let (keys, absent): (String, String) = (0..1000).map(|i| (" k".to_owned(), format!(" absent{i}"))).unzip();
    for operation in ["AND", "OR", "XOR"] {
        for keys in [&keys, &format!(" k{absent}"), &format!("{absent} k")] {
            let line = format!("BITOP {operation} d{keys}");
            let (reply, units) = bench.work(&line);
            assert_eq!(reply, Reply::Int(200_000));
            assert!((200_000 / 16..4 * 200_000 / 16).contains(&units), "{operation} of{}: {units}", &keys[..20]);
        }
    }
}
