//! The commands of sketches, on a state without a server.

use crate::command::testing::Bench;
use crate::protocol::{Args, Reply};

/// See [`Bench::replay`]; of Redis.
const TRANSCRIPT: &str = include_str!("transcript.txt");

#[test]
fn sketch_replies_are_those_of_redis() {
    let mut bench = Bench::new();
    let commands = bench.replay(TRANSCRIPT);
    assert!(commands >= 70, "{commands} commands");
}

fn string(bench: &mut Bench, key: &str) -> Vec<u8> {
    match bench.run(&format!("GET {key}")) {
        Reply::Bulk(bytes) => bytes.to_vec(),
        other => panic!("{other:?}"),
    }
}

fn add(bench: &mut Bench, key: &str, elements: std::ops::Range<usize>) {
    let elements = elements.map(|i| format!("element-{i}"));
    let line = ["PFADD".to_owned(), key.to_owned()].into_iter().chain(elements);
    bench.run_args(&Args::from_slices(line));
}

#[test]
fn both_forms_give_the_same_estimate_and_become_each_other_s_equal() {
    let mut bench = Bench::new();
    bench.run("PFADD dense");
    bench.run("PFDEBUG TODENSE dense");
    for round in 0..12 {
        add(&mut bench, "sparse", round * 300..(round + 1) * 300);
        add(&mut bench, "dense", round * 300..(round + 1) * 300);
        assert_eq!(bench.run("PFCOUNT sparse"), bench.run("PFCOUNT dense"), "{round}");
        bench.run("COPY sparse copy REPLACE");
        bench.run("PFDEBUG TODENSE copy");
        assert_eq!(string(&mut bench, "copy"), string(&mut bench, "dense"), "{round}");
    }
    assert_eq!(bench.text("PFDEBUG ENCODING sparse"), "+dense", "too long for the sparse form");
}

#[test]
fn estimates_are_near() {
    let mut bench = Bench::new();
    for (elements, deviation) in [(100, 2), (1000, 20), (20_000, 600)] {
        add(&mut bench, "k", 0..elements);
        let Reply::Int(count) = bench.run("PFCOUNT k") else { panic!() };
        assert!(count.abs_diff(elements as i64) <= deviation, "{count} of {elements}");
    }
}

#[test]
fn sparse_form_ends_where_the_option_says() {
    let mut bench = Bench::new();
    bench.state.options.hll_sparse_max_bytes = 60;
    let mut added = 0;
    while bench.text("PFDEBUG ENCODING k") != "+dense" {
        assert!(added == 0 || string(&mut bench, "k").len() <= 60);
        add(&mut bench, "k", added..added + 1);
        added += 1;
    }
    assert!((12..20).contains(&added), "{added} elements");
    assert_eq!(string(&mut bench, "k").len(), 12304);
}

#[test]
fn counting_is_a_read_and_believes_what_the_string_says() {
    let mut bench = Bench::new();
    add(&mut bench, "k", 0..50);
    let before = string(&mut bench, "k");
    assert_eq!(before[15] & 0x80, 0x80, "no estimate is kept");
    let revision = bench.state.revision();
    assert_eq!(bench.text("PFCOUNT k"), ":50");
    assert_eq!(bench.state.revision(), revision);
    assert_eq!(string(&mut bench, "k"), before);
    // As another server may have left it.
    bench.run("SETRANGE k 8 \"\\x07\\x00\\x00\\x00\\x00\\x00\\x00\\x00\"");
    assert_eq!(bench.text("PFCOUNT k"), ":7");
    bench.run("PFADD k more");
    assert_eq!(bench.text("PFCOUNT k"), ":51");
}

#[test]
fn an_element_that_says_nothing_new_changes_nothing() {
    let mut bench = Bench::new();
    bench.run("PFADD sparse a");
    bench.run("PFADD dense a");
    bench.run("PFDEBUG TODENSE dense");
    for key in ["sparse", "dense"] {
        let before = bench.revision(key);
        assert_eq!(bench.text(&format!("PFADD {key} a a")), ":0");
        assert_eq!(bench.revision(key), before, "{key}");
        assert_eq!(bench.text(&format!("PFADD {key} a b")), ":1");
        assert_ne!(bench.revision(key), before, "{key}");
    }
}

#[test]
fn damaged_sketches_are_refused_and_stay() {
    let mut bench = Bench::new();
    add(&mut bench, "good", 0..200);
    let good = string(&mut bench, "good");
    let mut state = 1u64;
    let mut refused = 0;
    for round in 0..300 {
        let mut bad = good.clone();
        for _ in 0..1 + round % 3 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = (state >> 33) as usize % bad.len();
            bad[at] = (state >> 20) as u8;
        }
        if round % 5 == 0 {
            bad.truncate((state >> 40) as usize % bad.len());
        }
        bench.run_args(&Args::from_slices([&b"SET"[..], b"bad", &bad]));
        for line in [
            "PFADD bad x y z",
            "PFCOUNT bad",
            "PFCOUNT bad good",
            "PFMERGE other bad",
            "PFMERGE bad good",
            "PFDEBUG DECODE bad",
            "PFDEBUG GETREG bad",
            "PFDEBUG TODENSE bad",
        ] {
            let before = string(&mut bench, "bad");
            if bench.run(line).is_error() {
                refused += 1;
                assert_eq!(string(&mut bench, "bad"), before, "{line}");
            }
        }
    }
    assert!(refused > 300, "{refused}");
}

#[test]
fn the_self_test_passes() {
    assert_eq!(Bench::new().text("PFSELFTEST"), "+OK");
}

/// A sparse sketch of these runs, whatever they are.
fn put_runs(bench: &mut Bench, key: &str, runs: &[u8]) {
    let header = b"HYLL\x01\0\0\0\0\0\0\0\0\0\0\x80";
    bench.run_args(&Args::from_slices([&b"SET"[..], key.as_bytes(), &[header, runs].concat()]));
}

#[test]
fn runs_for_more_registers_than_there_are_are_not_shown() {
    let mut bench = Bench::new();
    for runs in [&vec![0; 100_000][..], b"\x7f\xff\x00"] {
        put_runs(&mut bench, "bad", runs);
        for line in ["PFDEBUG DECODE bad", "PFDEBUG GETREG bad", "PFCOUNT bad", "PFADD bad a"] {
            assert_eq!(bench.text(line), "-INVALIDOBJ Corrupted HLL object detected", "{line}");
        }
    }
    // Of too few, they are shown: what is missing may be what is looked for.
    put_runs(&mut bench, "short", b"\x7f\xfd\x84");
    assert_eq!(bench.text("PFDEBUG DECODE short"), "$13 Z:16382 v:2,1");
    assert!(bench.run("PFCOUNT short").is_error());
    put_runs(&mut bench, "good", b"\x7f\xfd\x84\x00");
    assert_eq!(bench.text("PFDEBUG DECODE good"), "$17 Z:16382 v:2,1 z:1");
}

#[test]
fn scripts_are_told_what_sketches_cost() {
    let mut bench = Bench::new();
    put_runs(&mut bench, "sparse", &vec![0; 16_384]);
    put_runs(&mut bench, "sparse_too", &vec![0; 16_384]);
    add(&mut bench, "sketch", 0..800);
    bench.run("COPY sketch dense");
    bench.run("PFDEBUG TODENSE dense");
    for (line, at_least) in [
        ("PFDEBUG DECODE sparse", 16_384),
        ("PFDEBUG GETREG sparse", 16_384),
        ("PFDEBUG GETREG dense", 8192),
        ("PFDEBUG TODENSE sparse_too", 16_384),
        // Of each register that is raised, the bytes behind it are moved.
        ("PFMERGE new sketch", 700 * 100),
    ] {
        let (reply, units) = bench.work(line);
        assert!(!reply.is_error() && units >= at_least, "{line}: {units}");
    }
    let (_, units) = bench.work("PFMERGE new sketch");
    assert!(units < 50_000, "nothing to raise: {units}");
}

#[test]
fn a_sketch_that_is_named_often_is_gone_through_once() {
    let mut bench = Bench::new();
    add(&mut bench, "dense", 0..800);
    bench.run("PFDEBUG TODENSE dense");
    bench.run("PFADD sparse more");
    bench.run("SET text x");
    let often = " dense".repeat(500);
    let count = bench.run("PFCOUNT dense sparse");
    for line in
        [format!("PFCOUNT{often} sparse"), format!("PFMERGE to{often} sparse"), format!("PFMERGE{often} sparse")]
    {
        let (reply, units) = bench.work(&line);
        assert!(!reply.is_error() && units < 10 * 8192, "{units}");
        assert!(bench.run(&format!("{line} text")).is_error());
    }
    assert_eq!(bench.run(&format!("PFCOUNT{often} sparse")), count);
    assert_eq!(bench.run("PFCOUNT to"), count);
}
