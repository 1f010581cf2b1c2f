use super::*;
use crate::command::testing::Bench;
use crate::executor::entry::{BatchWriter, Stamp, decode, seal};
use crate::executor::prepare::{PreparedEntry, Ready};

fn command(line: &[&str]) -> Command {
    Command::new(lookup(line[0].to_lowercase().as_bytes()).unwrap(), 0, Args::from_slices(line))
}

/// More than a brief script may have in front of it.
const LIGHT: usize = 64 << 10;

/// Whether an entry of these commands is heavy.
fn is_heavy(natures: &Natures, state: &State, lines: &[&[&str]]) -> bool {
    let mut batch = BatchWriter::new(1, 1, 64);
    lines.iter().for_each(|line| batch.plain(0, &Args::from_slices(*line)));
    let entry = PreparedEntry::new(decode(&seal(batch.finish(), Stamp::default())).unwrap()).unwrap();
    let look = natures.look(state);
    entry.is_heavy(|single| look.is_brief(single))
}

/// Has a command committed; whether it was brief.
fn commit(natures: &Natures, state: &State, line: &[&str]) -> bool {
    let mut batch = BatchWriter::new(1, 1, 64);
    batch.plain(0, &Args::from_slices(line));
    let entry = PreparedEntry::new(decode(&seal(batch.finish(), Stamp::default())).unwrap()).unwrap();
    let Ready::Plain(single) = &entry.commands[0] else { panic!("{line:?}") };
    let brief = natures.look(state).is_brief(single);
    assert_eq!(!is_heavy(natures, state, &[line]), brief, "{line:?}");
    brief
}

const READS: &str = "return redis.call('get', KEYS[1])";
const WALKS: &str = "for i = 1, #KEYS do redis.call('get', KEYS[i]) end";
const WRITES: &str =
    "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end";

#[test]
fn script_that_only_reads_is_read_with_once_an_entry_with_it_was_applied() {
    let (natures, bench) = (Natures::default(), Bench::new());
    let read =
        |line: &[&str], alone| natures.as_read(&command(line), alone).map(|read| (read.spec.name, read.is_heavy()));
    for (text, brief, reads) in [(READS, true, true), (WALKS, false, true), (WRITES, true, false)] {
        let line = ["EVAL", text, "1", "k", "v"];
        assert_eq!(read(&line, true), None, "not known: {text}");
        assert_eq!(commit(&natures, &bench.state, &line), brief, "{text}");
        assert_eq!(read(&line, true), reads.then_some(("eval_ro", !brief)), "{text}");
        assert_eq!(read(&line, false), (reads && brief).then_some(("eval_ro", false)), "it parts a pipeline: {text}");
        assert_eq!(read(&["EVAL_RO", text, "1", "k", "v"], true), None);
        let once = command(&line).inside(Args::from_slices(["ONCE", "id"]));
        assert!(natures.as_read(&once, true).is_none(), "{text}");
    }
    let sha = source_of(READS.as_bytes()).unwrap().sha();
    let sha = std::str::from_utf8(&sha).unwrap();
    assert_eq!(read(&["EVALSHA", sha, "1", "k"], true), Some(("evalsha_ro", false)));
    assert_eq!(read(&["EVALSHA", &sha.to_uppercase(), "1", "k"], true), Some(("evalsha_ro", false)));
    assert_eq!(read(&["EVALSHA", "x", "1", "k"], true), None);
    assert_eq!(read(&["FCALL", "f", "0"], true), None);
}

#[test]
fn one_of_many_reads_goes_through_the_log_and_notes_the_use_of_its_script() {
    let (natures, bench) = (Natures::default(), Bench::new());
    let line = ["EVAL", READS, "1", "k"];
    commit(&natures, &bench.state, &line);
    for round in 0..3 {
        let by_log: Vec<u32> = (0..NOTED_EACH).filter(|_| natures.as_read(&command(&line), true).is_none()).collect();
        assert_eq!(by_log, [NOTED_EACH - 1], "round {round}");
    }
}

#[test]
fn script_is_brief_on_what_is_small_alone() {
    let (natures, mut bench) = (Natures::default(), Bench::new());
    let large = "x".repeat(2 << 20);
    bench.run_args(&Args::from_slices(["SET", "large", &large]));
    let members = (0..5000).map(|n| n.to_string());
    bench.run_args(&Args::from_slices(["SADD".to_string(), "many".into()].into_iter().chain(members)));
    for text in [READS, WRITES] {
        let is_brief = |key: &str, argument: &str| commit(&natures, &bench.state, &["EVAL", text, "1", key, argument]);
        assert!(is_brief("absent", "v"), "{text}");
        assert!(!is_brief("large", "v") && !is_brief("many", "v") && !is_brief("absent", &large), "{text}");
    }
    for text in [
        "return redis.call('get', 'large')",
        "return redis.call('get', ARGV[1])",
        "return redis.call('mget', KEYS[1], 'large')",
        "return redis.call('del', unpack(KEYS))",
        "return redis.call('rename', 'large', KEYS[1])",
    ] {
        assert!(!commit(&natures, &bench.state, &["EVAL", text, "1", "k", "large"]), "{text}");
    }
    for text in [
        "return redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', 1000)",
        "return redis.call('hincrby', KEYS[1], ARGV[1], 1)",
        "return redis.call('time')",
        "return redis.call('publish', ARGV[1], 'm')",
    ] {
        assert!(commit(&natures, &bench.state, &["EVAL", text, "1", "k", "large"]), "{text}");
    }
    assert!(!commit(&natures, &bench.state, &["EVALSHA", &"0".repeat(40), "0"]), "it is not loaded");
    assert!(!commit(&natures, &bench.state, &["EVAL", "return (", "0"]), "it does not compile");
    assert!(!commit(&natures, &bench.state, &["EVAL", "return redis.call('keys', '*')", "0"]));
    assert!(!commit(&natures, &bench.state, &["EVAL", "return redis.call('nothing')", "0"]));
    assert!(!commit(&natures, &bench.state, &["EVAL", "return redis.call('object', 'freq', 'k')", "0"]));
}

#[test]
fn many_brief_scripts_are_not_brief_together() {
    let (natures, bench) = (Natures::default(), Bench::new());
    let line: &[&str] = &["EVAL", "return 1", "0"];
    for (count, heavy) in [(1000, false), (5000, true)] {
        assert_eq!(is_heavy(&natures, &bench.state, &vec![line; count]), heavy, "{count}");
    }
    let texts: Vec<String> = (0..=LEARNED_MAX).map(|n| format!("return {n} + 1")).collect();
    let lines: Vec<[&str; 3]> = texts.iter().map(|text| ["EVAL", text, "0"]).collect();
    let lines: Vec<&[&str]> = lines.iter().map(|line| line.as_slice()).collect();
    assert!(is_heavy(&natures, &bench.state, &lines), "many are new");
    assert!(!is_heavy(&natures, &bench.state, &lines), "one is");
}

#[test]
fn entry_with_a_brief_script_is_heavy_where_something_makes_its_value_large() {
    let (natures, mut bench) = (Natures::default(), Bench::new());
    let large = "x".repeat(LIGHT);
    bench.run_args(&Args::from_slices(["SET", "large", &large]));
    let script: &[&str] = &["EVAL", READS, "1", "k"];
    for (line, heavy) in [
        (&["SET", "k", "v", "NX", "PX", "1000"][..], false),
        (&["PUBLISH", "c", "m"], false),
        (&["DEL", "k"], false),
        (&["SET", "k", &large], true),
        (&["SETRANGE", "k", "60000000", "x"], true),
        (&["SETBIT", "k", "60000000", "1"], true),
        (&["BITFIELD", "k", "SET", "u8", "60000000", "1"], true),
        (&["RENAME", "large", "k"], true),
        (&["COPY", "large", "k"], true),
        (&["SWAPDB", "0", "1"], true),
        (&["MSET", "k", "v"], false),
        (&["MSET", "k", "v", "l", "v"], true),
    ] {
        assert_eq!(is_heavy(&natures, &bench.state, &[line, script]), heavy, "{}", line[0]);
        assert!(!is_heavy(&natures, &bench.state, &[line]), "{} alone", line[0]);
    }
    for text in [
        "redis.call('setrange', KEYS[1], 60000000, 'x') return redis.call('bitcount', KEYS[1])",
        "redis.call('setbit', KEYS[1], 60000000, 1) return 1",
        "return redis.call('swapdb', 0, 1)",
    ] {
        assert!(!commit(&natures, &bench.state, &["EVAL", text, "1", "k"]), "{text}");
    }
}

#[test]
fn script_that_says_that_it_writes_is_never_read_with() {
    let (natures, bench) = (Natures::default(), Bench::new());
    for (shebang, reads) in [("#!lua\n", false), ("#!lua flags=allow-oom\n", false), ("#!lua flags=no-writes\n", true)]
    {
        let text = format!("{shebang}{READS}");
        let line = ["EVAL", &text, "1", "k"];
        assert!(commit(&natures, &bench.state, &line), "{shebang}");
        assert_eq!(natures.as_read(&command(&line), true).is_some(), reads, "{shebang}");
    }
}
