//! Which batches run, and what those that do not run change.

mod eviction;
mod levels;
mod locks;
mod longer_lists;
mod several;
mod streams;
mod waiters;
mod watch;

use super::*;
use crate::command::lookup;
use crate::config::ReadLevel;
use crate::executor::entry::{BatchWriter, Stamp, decode, encode, seal};
use crate::executor::{Command, Mark};
use crate::protocol::Args;
use crate::store::{Deadline, Effects, Rng, Str};

fn prepared(unsealed: bytes::BytesMut, now_ms: u64) -> PreparedEntry {
    PreparedEntry::new(decode(&seal(unsealed, Stamp { now_ms, ..Stamp::default() })).unwrap()).unwrap()
}

/// `INCR n` as a batch.
fn incr(boot: u64, seq: u64, now_ms: u64) -> PreparedEntry {
    let mut batch = BatchWriter::new(boot, seq, 64);
    batch.plain(0, &Args::from_slices(["INCR", "n"]));
    prepared(batch.finish(), now_ms)
}

/// A state of a cluster with boot 2, of node 1.
fn booted() -> State {
    let mut state = State::default();
    state.cluster.id = 1;
    let outcome = apply(&mut state, 2, prepared(encode(&Content::Boot { node: 1, nonce: 5 }), 100), |_, _| None);
    assert_eq!((outcome.booted, outcome.ended), (Some((1, 5, 2)), None));
    state
}

fn n(state: &State) -> Reply {
    let get = Command::new(lookup(b"get").unwrap(), 0, Args::from_slices(["GET", "n"]));
    read(state, &get, 1, 1, &mut Effects::default())
}

#[test]
fn a_batch_that_is_not_the_next_one_of_its_boot_only_advances_the_clock() {
    let mut state = booted();
    assert!(apply(&mut state, 3, incr(2, 1, 200), |_, _| None).accepted);
    let revision = state.revision();
    for (index, boot, seq) in [(4, 2, 1), (5, 2, 3), (6, 3, 1), (7, 1, 2)] {
        let asked = |_, _| panic!("the groups of a batch that does not run");
        let outcome = apply(&mut state, index, incr(boot, seq, 200 + index), asked);
        assert!(!outcome.accepted && outcome.answers.is_empty());
        assert_eq!((state.now_ms(), state.revision(), n(&state)), (200 + index, revision, Reply::Bulk("1".into())));
    }
    assert!(apply(&mut state, 8, incr(2, 2, 300), |_, _| None).accepted, "the next one");
    let ended = apply(&mut state, 9, prepared(encode(&Content::EndBoot { boot: 2 }), 400), |_, _| None).ended;
    assert_eq!(ended, Some(2));
    assert!(!apply(&mut state, 10, incr(2, 3, 500), |_, _| None).accepted, "an ended boot");
    assert!(apply(&mut state, 11, incr(0, 0, 600), |_, _| None).accepted, "the leader's own has no seq");
    assert_eq!(n(&state), Reply::Bulk("3".into()));
}

/// What only the origin does changes neither state nor digest.
#[test]
fn the_origin_and_the_others_have_the_same_state_and_digest() {
    let get = Command::new(lookup(b"get").unwrap(), 0, Args::from_slices(["GET", "n"]));
    let incr = Command::new(lookup(b"incr").unwrap(), 0, Args::from_slices(["INCR", "n"]));
    let exec = Exec { watches: Vec::new(), commands: vec![get.clone(), incr.clone(), get.clone()] };
    let mut batch = BatchWriter::new(2, 1, 64);
    batch.plain(0, &incr.args);
    batch.exec(&exec);
    // What is drawn inside a script, by the entry's own generator, is part of the reply and so of the digest.
    let draw = "redis.call('HSET', KEYS[1], 'a', 1, 'b', 2, 'c', 3) return redis.call('HRANDFIELD', KEYS[1], -50)";
    let random = Args::from_slices(["EVAL", draw, "1", "h"]);
    batch.plain(0, &random);
    let unsealed = batch.finish();
    let random = Command::new(lookup(b"eval").unwrap(), 0, random);
    let whole = Command {
        exec: Some(Box::new(exec)),
        ..Command::new(lookup(b"exec").unwrap(), 0, Args::from_slices(["EXEC"]))
    };
    let steps =
        vec![Step::Read(get.clone()), Step::Write(incr), Step::Read(get), Step::Write(whole), Step::Write(random)];
    let (group, mut answered) = CommandGroup::new(steps, ReadLevel::Linearizable, false, 1);

    let (mut origin, mut other) = (booted(), booted());
    let outcome = apply(&mut origin, 3, prepared(unsealed.clone(), 200), |boot, seq| {
        assert_eq!((boot, seq), (2, 1));
        Some(vec![group])
    });
    let elsewhere = apply(&mut other, 3, prepared(unsealed, 200), |_, _| None);
    // Reads of the group and of EXEC; HSET and HRANDFIELD of the script.
    let tally = &outcome.effects.tally;
    assert_eq!((tally.hits, tally.misses), (4, 1));
    assert_eq!(tally.calls.as_ref().unwrap().by_command.values().map(|counts| counts.calls).sum::<u64>(), 2);
    let tally = &elsewhere.effects.tally;
    assert_eq!((tally.hits, tally.misses, &tally.calls), (0, 0, &None), "what another node answers is counted there");
    assert_eq!(origin.digest.value(), other.digest.value());
    assert_eq!((origin.revision(), n(&origin)), (other.revision(), n(&other)));
    crate::executor::send_answers(outcome.answers, 3);
    let bulk = |text: &'static str| Reply::Bulk(text.into());
    let exec = Reply::Array(vec![bulk("1"), Reply::Int(2), bulk("2")]);
    let mut replies = answered.try_recv().unwrap().replies;
    assert!(matches!(replies.pop(), Some(StepReply::Reply(Reply::Array(drawn))) if drawn.len() == 50));
    assert_eq!(replies, [Reply::Nil, Reply::Int(1), bulk("1"), exec]);
}

/// Whether the transaction writes, or stands between the writes of its group.
#[test]
fn session_commands_of_a_transaction_are_left_to_the_connection() {
    let command = |line: &[&str]| Command::new(lookup(line[0].as_bytes()).unwrap(), 0, Args::from_slices(line));
    let (incr, get, select) = (command(&["INCR", "n"]), command(&["GET", "n"]), command(&["SELECT", "3"]));
    let exec = |commands| {
        let exec = Exec { watches: Vec::new(), commands };
        Command { exec: Some(Box::new(exec)), ..command(&["EXEC"]) }
    };
    let (writing, reading) =
        (exec(vec![select.clone(), incr, get.clone()]), exec(vec![get.clone(), select.clone(), get]));
    let mut batch = BatchWriter::new(2, 1, 64);
    batch.add(&writing);
    let steps = vec![Step::Write(writing), Step::Read(reading)];
    let (group, _answered) = CommandGroup::new(steps, ReadLevel::Linearizable, false, 1);
    let outcome = apply(&mut booted(), 3, prepared(batch.finish(), 200), |_, _| Some(vec![group]));
    let shown: Vec<Vec<String>> = outcome.answers[0]
        .1
        .iter()
        .map(|reply| match reply {
            StepReply::Exec(slots) => slots
                .iter()
                .map(|slot| match slot {
                    Slot::Reply(reply) => format!("{reply:?}"),
                    Slot::Session(command) => format!("{:?} {:?}", command.spec, command.args.arg(1)),
                })
                .collect(),
            other => panic!("{other:?}"),
        })
        .collect();
    let (one, select) = ("Bulk(b\"1\")", "select [51]");
    assert_eq!(shown, [[select, "Int(1)", one], [one, select, one]]);
}

#[test]
fn a_transaction_runs_only_if_what_it_watches_is_as_it_was() {
    let mut state = booted();
    let exec = |mark| {
        let incr = Command::new(lookup(b"incr").unwrap(), 0, Args::from_slices(["INCR", "n"]));
        let watches = vec![Watch { db: 0, key: "n".into(), mark }];
        let mut batch = BatchWriter::new(0, 0, 64);
        batch.exec(&Exec { watches, commands: vec![incr] });
        prepared(batch.finish(), 200)
    };
    let absent = Mark::Absent { at: state.revision() };
    apply(&mut state, 3, exec(absent), |_, _| None);
    assert_eq!(n(&state), Reply::Bulk("1".into()), "it was absent");
    apply(&mut state, 4, exec(absent), |_, _| None);
    assert_eq!(n(&state), Reply::Bulk("1".into()), "it is there now");
    let revision = state.revision();
    apply(&mut state, 5, exec(Mark::Present { revision, deadline_ms: 0 }), |_, _| None);
    assert_eq!(n(&state), Reply::Bulk("2".into()));
}

#[test]
fn second_create_is_a_no_op() {
    let mut state = State::default();
    let create = |cluster| {
        let addr = || "n1:1".to_owned();
        let (nonce, revision, level) = (5, 100, 1);
        let content = Content::Create {
            cluster,
            nonce,
            peer_addr: addr(),
            client_addr: addr(),
            revision,
            level,
            options: vec![],
        };
        prepared(encode(&content), 100)
    };
    apply(&mut state, 1, create(7), |_, _| None);
    apply(&mut state, 2, create(8), |_, _| None);
    assert_eq!((state.cluster.id, state.cluster.members.len(), state.now_ms()), (7, 1, 100));
}

/// Another cluster of one node, with what there was; what others had under way is of no boot that there is.
#[test]
fn recreate_gives_a_new_cluster_id_and_keeps_the_data() {
    let mut state = booted();
    state.cluster.join(9, "n1:2", "n1:1");
    state.cluster.join(8, "n2:2", "n2:1");
    state.cluster.wish(2, crate::store::Wish::Remove);
    state.cluster.invite("n3:1", false);
    state.cluster.level = 1;
    let addr = |text: &str| text.to_owned();
    let recreate = |cluster, revision| {
        let (node, nonce, level) = (1, 9, 5);
        let (peer_addr, client_addr) = (addr("m1:2"), addr("m1:1"));
        prepared(encode(&Content::Recreate { cluster, node, nonce, peer_addr, client_addr, revision, level }), 200)
    };
    let before = state.revision();
    apply(&mut state, 3, recreate(9, 0), |_, _| None);
    assert_eq!((state.cluster.id, state.cluster.level, state.cluster.last_node), (9, 1, 2));
    assert_eq!(state.cluster.members, [(1, Member::new(9, "m1:2", "m1:1"))].into());
    assert!(state.cluster.invited.is_empty() && state.origins.iter().next().is_none());
    assert_eq!(state.revision(), before + LOST_REVISIONS);
    let mut batch = BatchWriter::new(2, 1, 0);
    batch.plain(0, &Args::from_slices(["SET", "k", "v"]));
    assert!(
        !apply(&mut state, 4, prepared(batch.finish(), 300), |_, _| None).accepted,
        "its boot is of the lost cluster"
    );
    apply(&mut state, 5, recreate(10, before + 3 * LOST_REVISIONS), |_, _| None);
    assert_eq!((state.cluster.id, state.revision()), (10, before + 3 * LOST_REVISIONS));
}

/// The commands of a batch whose void copy was accepted first have not run.
#[test]
fn a_void_copy_says_that_the_outcome_is_unknown() {
    let incr = Command::new(lookup(b"incr").unwrap(), 0, Args::from_slices(["INCR", "n"]));
    let (group, _answered) = CommandGroup::new(vec![Step::Write(incr)], ReadLevel::Linearizable, false, 1);
    let mut state = booted();
    let void = prepared(BatchWriter::new(2, 1, 0).finish(), 200);
    let outcome = apply(&mut state, 3, void, |_, _| Some(vec![group]));
    assert_eq!(state.now_ms(), 200, "it is a tick");
    assert_eq!(outcome.answers[0].1, [Reply::Error(crate::error::INDETERMINATE)]);
    assert!(!apply(&mut state, 4, self::incr(2, 1, 300), |_, _| None).accepted, "the seq is taken");
    assert_eq!(n(&state), Reply::Nil);
}

/// A transaction with a write runs its reads where it is applied: what takes long has to be seen before.
#[test]
fn a_transaction_is_heavy_by_what_its_reads_do() {
    let command = |line: &[&str]| Command::new(lookup(line[0].as_bytes()).unwrap(), 0, Args::from_slices(line));
    let incr = command(&["INCR", "n"]);
    for (read, heavy) in [
        (command(&["GET", "n"]), false),
        (command(&["LCS", "a", "b", "LEN"]), true),
        (command(&["KEYS", "*"]), true),
        (command(&["EVAL_RO", "return 1", "0"]), true),
    ] {
        assert_eq!(read.is_heavy(), heavy, "{}", read.spec.name);
        let exec = Exec { watches: Vec::new(), commands: vec![incr.clone(), read.clone()] };
        let mut batch = BatchWriter::new(2, 1, 64);
        batch.exec(&exec);
        assert_eq!(prepared(batch.finish(), 1).is_heavy(|_| false), heavy, "{}", read.spec.name);
        let mut command = Command::new(lookup(b"exec").unwrap(), 0, Args::from_slices(["EXEC"]));
        command.exec = Some(Box::new(exec));
        assert_eq!(command.is_heavy(), heavy, "{}", read.spec.name);
    }
}

/// What reads the whole of a large value is heavy; what looks at a part of it, or at a small one, is not.
#[test]
fn a_read_is_heavy_by_what_it_reads() {
    let mut state = booted();
    let mut batch = BatchWriter::new(2, 1, 64);
    for (key, len) in [("small", 10), ("large", 5000)] {
        let fields = (0..len).flat_map(|i| [format!("f{i}"), "v".into()]);
        batch.plain(0, &Args::from_slices(["HSET".into(), key.to_string()].into_iter().chain(fields)));
    }
    assert!(apply(&mut state, 3, prepared(batch.finish(), 200), |_, _| None).accepted);
    let command = |db, line: &[&str]| Command::new(lookup(line[0].as_bytes()).unwrap(), db, Args::from_slices(line));
    for (key, len) in [("short", 1000), ("long", 2 << 20)] {
        let mut effects = Effects::default();
        state.txn(0, Rng::new(1), &mut effects).set(key.as_bytes(), Str::new(&vec![1; len]).into(), Deadline::Clear);
    }
    for (line, db, heavy) in [
        (&["BITCOUNT", "long"][..], 0, true),
        (&["BITCOUNT", "short"], 0, false),
        (&["GET", "long"], 0, false),
        (&["HGETALL", "large"], 0, true),
        (&["HKEYS", "large"], 0, true),
        (&["HGETALL", "large"], 1, false),
        (&["HGETALL", "small"], 0, false),
        (&["HGETALL", "none"], 0, false),
        (&["HGET", "large", "f1"], 0, false),
        (&["HLEN", "large"], 0, false),
    ] {
        let read = command(db, line);
        assert_eq!(read.is_heavy_on(&state), heavy, "{line:?} in {db}");
        let mut exec = command(0, &["EXEC"]);
        exec.exec = Some(Box::new(Exec { watches: Vec::new(), commands: vec![command(0, &["GET", "n"]), read] }));
        assert_eq!(exec.is_heavy_on(&state), heavy, "{line:?} in {db}, in a transaction");
    }
}

/// What a command changes goes into the digest, and what it answers, also where nothing changes.
#[test]
fn two_commands_that_do_different_things_have_different_digests() {
    let digest = |line: &[&str]| {
        let mut state = booted();
        let mut batch = BatchWriter::new(2, 1, 64);
        for line in
            [&["SET", "a", "1"][..], &["SET", "b", "1"], &["HSET", "h", "f", "1"], &["HSET", "i", "f", "1"], line]
        {
            batch.plain(0, &Args::from_slices(line));
        }
        assert!(apply(&mut state, 3, prepared(batch.finish(), 200), |_, _| None).accepted);
        state.digest.value()
    };
    for (one, other) in [
        (&["EVAL", "return ARGV[1]", "0", "a"][..], &["EVAL", "return ARGV[1]", "0", "b"][..]),
        (&["PEXPIREAT", "a", "5000"], &["PEXPIREAT", "a", "6000"]),
        (&["DEL", "a"], &["DEL", "b"]),
        (&["SET", "a", "2"], &["SET", "b", "2"]),
        (&["HSET", "h", "g", "1"], &["HSET", "i", "g", "1"]),
        (&["RENAME", "a", "c"], &["RENAME", "a", "d"]),
        (&["SWAPDB", "0", "1"], &["SWAPDB", "0", "2"]),
    ] {
        assert_eq!(digest(one), digest(one), "{one:?}");
        assert_ne!(digest(one), digest(other), "{one:?}, {other:?}");
    }
}
