//! The same log applied on processes of different layout, hash seed and history: same replies, units, bytes and digest.
//!
//! The test starts itself again, once for each of [`PROCESSES`]. A child applies the log as a node does and writes down what came of it;
//! [`LAYOUT`] has what makes it differ from the others, which its first line proves. The log: the corpora, what Redis was recorded
//! with, and hostile scripts; then a log of clients that wait for each other ([`together`]), which each applies in another place.

use std::collections::hash_map::RandomState;
use std::fmt::Write;
use std::hash::BuildHasher;
use std::process::{Child, Command as Process};

use bytes::BytesMut;
use lockstep::command::{Caller, Flags, call_read, call_write, check, check_at};
use lockstep::config::ReadLevel;
use lockstep::executor::apply::apply;
use lockstep::executor::entry::{BatchWriter, Stamp, decode, seal};
use lockstep::executor::prepare::PreparedEntry;
use lockstep::executor::{Command, CommandGroup, Step, StepReply};
use lockstep::protocol::parse::split_inline;
use lockstep::protocol::{Args, Outcome, Reply, Resp, encode};
use lockstep::script::Host;
use lockstep::script::lib::Script;
use lockstep::script::vm::machine::Fault;
use lockstep::script::vm::value::LuaValue;
use lockstep::store::{Effects, Rng as StoreRng, State};

use crate::support::rng::Rng;
use crate::support::scripts::{HOSTILE, Mutants, corpora};
use crate::support::tempdir::TempDir;
use crate::together::{self, Place};

/// Set for a child: how it differs. Its trace goes to [`TRACE`].
const LAYOUT: &str = "LOCKSTEP_TEST_LAYOUT";
const TRACE: &str = "LOCKSTEP_TEST_TRACE";
/// Only to have a larger environment, which moves the stack.
const PADDING: &str = "LOCKSTEP_TEST_PADDING";

const BUDGET: u64 = 1_000_000;
const MEMORY: usize = 16 << 20;
/// Scripts that ran in a process before the log, and their budget.
const OTHERS: usize = 10_000;
const OTHERS_BUDGET: u64 = 20_000;

/// How often each writes before its budget ends it shows what it was charged for, its compilation too.
const COUNTING: [&str; 3] = [
    "while true do redis.call('INCR', 'n') end -- a text of some length, which is charged whether or not this process has compiled it",
    "local t = {} while true do t[redis.call('INCR', 'n')] = {} t[t] = #t end",
    "while true do local n = redis.call('INCR', 'n') cjson.decode(cjson.encode({n, {a = n}})) end",
];

const RECORDED: &str = include_str!("../../src/script/testdata/redis.txt");

/// What ran in a process before.
#[derive(Clone, Copy, Debug, PartialEq)]
enum History {
    Fresh,
    Others,
    Hostile,
}

/// (name, with addresses by chance, bytes of the environment, ballast on the heap, what ran before)
const PROCESSES: [(&str, bool, usize, usize, History); 6] = [
    ("plain", true, 0, 0, History::Fresh),
    ("fixed", false, 0, 64, History::Fresh),
    ("fixed and large", false, 100_000, 3000, History::Fresh),
    ("others", true, 5000, 17, History::Others),
    ("fixed and others", false, 0, 500, History::Others),
    ("hostile", true, 77, 1000, History::Hostile),
];

#[test]
fn processes_of_any_layout_seed_and_history_apply_a_log_alike() {
    if let Ok(name) = std::env::var(LAYOUT) {
        return child(&name);
    }
    let can_fix = Process::new("setarch").args(["-R", "true"]).status().is_ok_and(|status| status.success());
    println!("addresses without chance: {can_fix}");
    let dir = TempDir::new("determinism");
    let children: Vec<Child> =
        PROCESSES.iter().enumerate().map(|(i, shape)| start(shape, &dir.path().join(i.to_string()), can_fix)).collect();
    let mut traces = Vec::new();
    for (i, (child, (name, ..))) in children.into_iter().zip(PROCESSES).enumerate() {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{name}:\n{}", String::from_utf8_lossy(&output.stdout));
        let trace = std::fs::read_to_string(dir.path().join(i.to_string())).unwrap();
        let (layout, trace) = trace.split_once('\n').unwrap();
        println!("{name}: {layout}");
        traces.push((name, layout.to_owned(), trace.to_owned()));
    }
    for (i, (_, layout, _)) in traces.iter().enumerate() {
        assert!(traces.iter().skip(i + 1).all(|(_, other, _)| other != layout), "two processes are alike: {layout}");
    }
    let (_, _, first) = &traces[0];
    for what in ["together at most", "budget of", "needs more than", "Ended(Budget)", "Ended(Memory)", "NOSCRIPT"] {
        assert!(first.contains(what), "nothing in the log ends so: {what}");
    }
    assert!(first.lines().count() > 2000);
    for (name, _, trace) in &traces {
        if let Some((one, other)) = first.lines().zip(trace.lines()).find(|(one, other)| one != other) {
            panic!("{name} differs:\n{one}\n{other}");
        }
        assert_eq!(first.len(), trace.len());
    }
}

fn start(shape: &(&str, bool, usize, usize, History), trace: &std::path::Path, can_fix: bool) -> Child {
    let (name, by_chance, padding, ..) = *shape;
    let program = std::env::current_exe().unwrap();
    let mut process = if by_chance || !can_fix {
        Process::new(program)
    } else {
        let mut process = Process::new("setarch");
        process.arg("-R").arg(program);
        process
    };
    process
        .args(["determinism::processes_of_any_layout_seed_and_history_apply_a_log_alike", "--exact", "--nocapture"])
        .env(LAYOUT, name)
        .env(TRACE, trace)
        .env(PADDING, "x".repeat(padding))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::inherit());
    process.spawn().unwrap()
}

fn child(name: &str) {
    let (.., ballast, history) = *PROCESSES.iter().find(|shape| shape.0 == name).unwrap();
    // A heap with holes.
    let mut held: Vec<Vec<u8>> = (0..ballast).map(|i| vec![0; 16 + i * 7 % 4096]).collect();
    let mut place = 0;
    held.retain(|_| {
        place += 1;
        place % 3 != 0
    });
    let sources = corpora();
    match history {
        History::Fresh => {}
        History::Others => {
            let mut state = new_state(OTHERS_BUDGET);
            for (i, source) in Mutants::new(&sources, Rng::new(7)).take(OTHERS).enumerate() {
                run_entry(&mut state, 2 + i as u64, eval(&source));
            }
        }
        History::Hostile => {
            let mut state = new_state(BUDGET);
            for (i, source) in hostile().into_iter().rev().enumerate() {
                run_entry(&mut state, 2 + i as u64, eval(source));
                run_alone(&mut state, source);
            }
        }
    }
    let (stacked, seed) = (0_u8, RandomState::new().hash_one(0));
    let mut out = format!("stack {:p}, heap {:p}, hashes from {seed:016x}, {history:?}\n", &stacked, Box::new(1_u64));

    let mut state = new_state(BUDGET);
    let recorded = RECORDED.lines().filter_map(|line| Some(split_inline(line.strip_prefix("> ")?.as_bytes()).unwrap()));
    let all = [sources.iter().map(String::as_str).collect(), hostile()].concat();
    let commands = recorded.map(Args::from_slices).chain(all.iter().map(|source| eval(source))).enumerate();
    for (i, args) in commands {
        let index = 2 + i as u64;
        let reply = run_entry(&mut state, index, args);
        writeln!(out, "entry {index}: digest {:016x}, {reply}", state.digest.value()).unwrap();
    }
    for (i, source) in all.iter().enumerate() {
        writeln!(out, "run {i}: {}", run_alone(&mut state, source)).unwrap();
    }
    let place = match history {
        History::Fresh => Place { node: 1 + u64::from(ballast > 0), reloads: false },
        History::Others => Place { node: ballast as u64 % 2, reloads: true },
        History::Hostile => Place { node: 0, reloads: false },
    };
    together::run(new_state(BUDGET), place, &mut out);
    drop(held);
    std::fs::write(std::env::var_os(TRACE).unwrap(), out).unwrap();
}

fn hostile() -> Vec<&'static str> {
    HOSTILE.iter().map(|(source, _)| *source).chain(COUNTING).collect()
}

fn new_state(budget: u64) -> State {
    let mut state = State::default();
    state.cluster.id = 1;
    state.cluster.raise(lockstep::FEATURE_LEVEL);
    state.options.script_budget = budget;
    state.options.script_memory = MEMORY as u64;
    state
}

fn eval(source: &str) -> Args {
    Args::from_slices(["EVAL", source, "2", "key", "other key", "argument"])
}

/// Applies a command as a batch of its own, and gives its reply.
fn run_entry(state: &mut State, index: u64, args: Args) -> String {
    let Ok(spec) = check(Caller::Log, &args) else { return "not known".into() };
    let command = Command::new(spec, 0, args).by_log();
    let mut batch = BatchWriter::new(0, 0, 64);
    let step = if command.is_write() {
        batch.add(&command);
        Step::Write(command)
    } else {
        Step::Read(command)
    };
    let (group, _answered) = CommandGroup::new(vec![step], ReadLevel::Linearizable, false, 1);
    let stamp = Stamp { now_ms: 1_790_000_000_000 + index * 7, ..Stamp::default() };
    let entry = PreparedEntry::new(decode(&seal(batch.finish(), stamp)).unwrap()).unwrap();
    let outcome = apply(state, index, entry, |_, _| Some(vec![group]));
    let StepReply::Reply(reply) = &outcome.answers[0].1[0] else { panic!("no transaction") };
    let mut bytes = BytesMut::new();
    encode(&mut bytes, reply, Resp::V3);
    shown(&bytes)
}

/// The beginning, the length and a checksum.
fn shown(bytes: &[u8]) -> String {
    let beginning = bytes[..bytes.len().min(200)].escape_ascii();
    format!("{} bytes, {:08x}, {beginning}", bytes.len(), crc32c::crc32c(bytes))
}

/// The commands behind `redis.call`, on a state.
struct StateHost<'a> {
    state: &'a mut State,
    effects: Effects,
    calls: u64,
}

impl Host for StateHost<'_> {
    fn call(&mut self, args: &Args, units: u64) -> (Outcome, u64) {
        self.calls += 1;
        let spec = match check_at(self.state.cluster.level, Caller::Script, args) {
            Ok(spec) if spec.flags.contains(Flags::SELECTS) => return (Ok(Reply::Ok), 0),
            Ok(spec) => spec,
            Err(error) => return (Err(error), 0),
        };
        let mut txn = self.state.txn(0, StoreRng::new(self.calls), &mut self.effects).allowed(units);
        if spec.is_write() {
            (call_write(spec, &mut txn, args), txn.worked())
        } else {
            let view = txn.view().allowed(units);
            (call_read(spec, &view, args), view.worked())
        }
    }

    fn random(&mut self) -> u64 {
        0
    }

    fn may_be_stopped(&self) -> bool {
        false
    }

    fn is_stopped(&self) -> bool {
        false
    }

    fn may_run(&self, args: &Args) -> Option<bool> {
        (check_at(self.state.cluster.level, Caller::Log, args).is_ok()).then_some(true)
    }
}

/// Runs a script without an entry: what it gives, the units that it took, the bytes that it had at its end.
fn run_alone(state: &mut State, source: &str) -> String {
    let script = match Script::new(source.as_bytes(), b"@user_script") {
        Ok(script) => script,
        Err(error) => return format!("compile: {}", error.0.escape_ascii()),
    };
    let mut host = StateHost { state, effects: Effects::default(), calls: 0 };
    let mut vm = script.start(BUDGET, MEMORY);
    vm.host = Some(&mut host);
    let end = match vm.call_at(0, 0) {
        Ok(0) => "nothing".into(),
        Ok(count) => {
            let values = &vm.thread.stack[..count];
            values
                .iter()
                .map(|value| vm.text_of(*value).map_or_else(|| format!("{value:?}"), |text| shown(&text)))
                .collect()
        }
        Err(Fault::Error(value @ (LuaValue::Str(_) | LuaValue::Number(_)))) => shown(&vm.text_of(value).unwrap()),
        Err(other) => format!("{other:?}"),
    };
    format!("{} units, {} bytes, {} collected at, {end}", BUDGET - vm.fuel, vm.heap.bytes, vm.heap.collect_at)
}
