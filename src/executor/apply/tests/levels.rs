//! What a state makes of commands that came after its feature level.

use super::*;
use crate::command::later::NEXT;
use crate::sys::version::FEATURE_LEVEL;

/// A booted state of this level.
fn at(level: u32) -> State {
    let mut state = booted();
    state.cluster.level = level;
    state
}

/// What comes of a batch, wherever it is from: replies, and what the nodes compare.
fn outcome(level: u32, commands: &[Command]) -> (Vec<StepReply>, u64, u64) {
    let mut state = at(level);
    let mut batch = BatchWriter::new(2, 1, 64);
    commands.iter().for_each(|command| batch.add(command));
    let unsealed = batch.finish();
    let steps = commands.iter().cloned().map(Step::Write).collect();
    let (group, _answered) = CommandGroup::new(steps, ReadLevel::Linearizable, false, 1);
    let mut outcome = apply(&mut state, 3, prepared(unsealed.clone(), 200), |_, _| Some(vec![group]));
    let mut other = at(level);
    apply(&mut other, 3, prepared(unsealed, 200), |_, _| None);
    assert_eq!(other.digest.value(), state.digest.value());
    (outcome.answers.remove(0).1, state.revision(), state.digest.value())
}

/// As a connection makes it that is told of no level.
fn command(line: &[&str]) -> Command {
    let spec = lookup(line[0].as_bytes()).or_else(|| lookup(b"set")).unwrap();
    Command::new(spec, 0, Args::from_slices(line))
}

fn exec(lines: &[&[&str]]) -> Command {
    let commands = lines.iter().map(|line| command(line)).collect();
    Command { exec: Some(Box::new(Exec { watches: Vec::new(), commands })), ..command(&["EXEC"]) }
}

fn is_ok(replies: &[StepReply]) {
    // Lua has made it anew in a script's reply.
    assert!(replies == [Reply::Ok] || replies == [Reply::simple("OK")], "{replies:?}");
}

fn error(replies: &[StepReply]) -> String {
    match replies {
        [StepReply::Reply(Reply::Error(error))] => error.to_string(),
        other => panic!("{other:?}"),
    }
}

/// In the words, and with the effects, that any name has that nobody knows.
#[test]
fn a_command_of_a_later_level_is_unknown_on_a_state_below_it() {
    for (name, rest) in [
        ("TEST.LATER", &["k", "v"][..]),
        // Its arity is not known either.
        ("TEST.LATER", &["k"]),
        ("TEST.LATERREAD", &["k"]),
    ] {
        let line = |name| [&[name], rest].concat();
        let (replies, revision, _) = outcome(FEATURE_LEVEL, &[command(&line(name))]);
        let unknown = outcome(FEATURE_LEVEL, &[command(&line("TEST.NEVER"))]);
        assert_eq!(error(&replies), error(&unknown.0).replace("TEST.NEVER", name));
        assert_eq!(revision, unknown.1, "{name}");
    }
    let (replies, ..) = outcome(FEATURE_LEVEL, &[command(&["TEST.GROUP", "new", "k", "v"])]);
    assert!(error(&replies).contains("unknown subcommand 'new'"), "{replies:?}");

    // A transaction's: nothing that the nodes compare comes of it.
    let set: &[&str] = &["SET", "a", "1"];
    let with = |name| outcome(FEATURE_LEVEL, &[exec(&[set, &[name, "k", "v"], set])]);
    let ((_, revision, digest), unknown) = (with("TEST.LATER"), with("TEST.NEVER"));
    assert_eq!((revision, digest), (unknown.1, unknown.2));
}

/// What a script makes of an error is its own business, so it gets the same to the byte.
#[test]
fn a_script_does_not_know_a_command_of_a_later_level_than_the_state() {
    for script in [
        "return redis.call(ARGV[1], 'k', 'v')",
        "return redis.pcall(ARGV[1], 'k', 'v')",
        "return redis.pcall(ARGV[1]).err",
        "return redis.call('SET', 'k', redis.pcall(ARGV[1], 'k', 'v').err)",
        "return redis.acl_check_cmd(ARGV[1], 'k', 'v')",
    ] {
        for eval in ["EVAL", "EVAL_RO"] {
            let with = |level, name| outcome(level, &[command(&[eval, script, "0", name]).by_log()]);
            let (unknown, later) = (with(FEATURE_LEVEL, "TEST.NEVER"), with(FEATURE_LEVEL, "TEST.LATER"));
            assert_eq!(format!("{later:?}"), format!("{unknown:?}"), "{eval} {script}");
            if eval == "EVAL" {
                assert_ne!(format!("{:?}", with(NEXT, "TEST.LATER")), format!("{later:?}"), "{script}");
            }
        }
    }
    let with =
        |sub| outcome(FEATURE_LEVEL, &[command(&["EVAL", "return redis.call('TEST.GROUP', ARGV[1], 1, 2)", "0", sub])]);
    assert_eq!(format!("{:?}", with("new")), format!("{:?}", with("nev")));
    let reads = |name| {
        let eval = command(&["EVAL_RO", "return redis.pcall(ARGV[1], 'k').err", "0", name]);
        read(&at(FEATURE_LEVEL), &eval, 1, 1, &mut Effects::default())
    };
    assert_eq!(reads("TEST.LATERREAD"), reads("TEST.NEVER"), "without the log");
}

#[test]
fn a_command_works_once_the_state_has_its_level() {
    for level in [NEXT, NEXT + 1] {
        is_ok(&outcome(level, &[command(&["TEST.LATER", "k", "v"])]).0);
        is_ok(&outcome(level, &[command(&["TEST.GROUP", "new", "k", "v"])]).0);
        is_ok(&outcome(level, &[command(&["EVAL", "return redis.call('TEST.LATER', 'k', 'v')", "0"])]).0);
        let exec = exec(&[&["TEST.LATER", "k", "v"], &["TEST.LATERREAD", "k"]]);
        assert_eq!(outcome(level, &[exec]).0, [Reply::Array(vec![Reply::Ok, Reply::Int(1)])]);
    }
    is_ok(&outcome(FEATURE_LEVEL, &[command(&["TEST.GROUP", "old", "k", "v"])]).0);
}

/// With the answer, and the revision, of a binary that cannot read it.
#[test]
fn a_form_of_a_later_level_is_answered_as_before_on_a_state_below_it() {
    let eval = "return redis.pcall('TEST.GROWN', 'k', 'v', ARGV[1])";
    for line in [&["TEST.GROWN", "k", "v"][..], &["EVAL", eval, "0"]] {
        let with = |level, word| outcome(level, &[command(&[line, &[word]].concat())]);
        let (newer, wrong) = (with(FEATURE_LEVEL, "NOW"), with(FEATURE_LEVEL, "NOT"));
        assert_eq!(error(&newer.0), "ERR syntax error");
        assert_eq!(format!("{newer:?}"), format!("{wrong:?}"));
        is_ok(&with(NEXT, "NOW").0);
        assert_eq!(error(&with(NEXT, "NOT").0), "ERR syntax error");
    }
    assert_eq!(outcome(FEATURE_LEVEL, &[command(&["TEST.GROWN", "k", "v"])]).0, [Reply::Ok]);
}

#[test]
fn the_level_rises_and_never_falls() {
    let raise = |level| prepared(encode(&Content::Raise { level }), 100);
    let mut state = State::default();
    apply(&mut state, 1, raise(5), |_, _| None);
    assert_eq!((state.cluster.level, state.cluster.version), (0, 0), "there is no cluster");
    let mut state = at(2);
    for (index, level, behind) in [(3, 3, 3), (4, 3, 3), (5, 2, 3), (6, 0, 3), (7, 9, 9)] {
        let version = state.cluster.version;
        assert_eq!(level_behind(&state, &Content::Raise { level }), behind);
        let before = state.cluster.level;
        apply(&mut state, index, raise(level), |_, _| None);
        assert_eq!(state.cluster.level, behind);
        assert_eq!(state.cluster.version != version, before != behind, "who follows the state is told");
    }
}

/// What clients ask for meanwhile waits for no more than that.
#[test]
fn a_tick_ends_no_more_than_a_portion_of_what_is_due() {
    for (level, portion) in [(FEATURE_LEVEL, SWEEP_TICK_MAX), (2, LARGE_SWEEP_TICK_MAX)] {
        let mut state = at(level);
        let mut batch = BatchWriter::new(2, 1, 64);
        for i in 0..portion + 300 {
            batch.add(&command(&["SET", &format!("k{i}"), "v", "PX", "10"]));
        }
        apply(&mut state, 3, prepared(batch.finish(), 200), |_, _| None);
        for (index, left) in [(4, 300), (5, 0)] {
            apply(&mut state, index, prepared(encode(&Content::Tick), 300), |_, _| None);
            assert_eq!(state.db(0).len(), left, "level {level}");
        }
    }
}
