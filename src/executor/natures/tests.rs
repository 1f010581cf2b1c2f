use super::*;
use crate::command::testing::Bench;
use crate::executor::entry::{BatchWriter, Stamp, decode, seal};
use crate::executor::prepare::{PreparedEntry, Ready};

fn command(line: &[&str]) -> Command {
    Command::new(lookup(line[0].to_lowercase().as_bytes()).unwrap(), 0, Args::from_slices(line))
}

/// Has a command committed; whether it was brief.
fn commit(natures: &Natures, state: &State, line: &[&str]) -> bool {
    let mut batch = BatchWriter::new(1, 1, 64);
    batch.plain(0, &Args::from_slices(line));
    let entry = PreparedEntry::new(decode(&seal(batch.finish(), Stamp::default())).unwrap()).unwrap();
    let Ready::Plain(single) = &entry.commands[0] else { panic!("{line:?}") };
    let brief = natures.is_brief(single, state);
    assert_eq!(!entry.is_heavy(|single| natures.is_brief(single, state)), brief, "{line:?}");
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
    for (count, heavy) in [(1000, false), (1001, true)] {
        let mut batch = BatchWriter::new(1, 1, 64);
        (0..count).for_each(|_| batch.plain(0, &Args::from_slices(["EVAL", "return 1", "0"])));
        let entry = PreparedEntry::new(decode(&seal(batch.finish(), Stamp::default())).unwrap()).unwrap();
        assert_eq!(entry.is_heavy(|single| natures.is_brief(single, &bench.state)), heavy);
    }
}
