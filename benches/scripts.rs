//! What scripts take of a node that applies them, beside the same commands without a script: CPU time per command, ns.
//!
//!     cargo bench --bench scripts [ROUNDS]
//!
//! One thread runs each command on a state as apply does, without the log. Time is that of the thread on its CPU, so that the wait for
//! one does not count. Each round measures everything once, in turn; what is printed is the median over the rounds, and the least.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, missing_docs, reason = "bench")]

use std::hint::black_box;

use lockstep::command::{Spec, lookup};
use lockstep::executor::{run_read, run_write};
use lockstep::protocol::{Args, Reply};
use lockstep::store::{Effects, Horizon, Rng, State, View};

const COMMANDS: usize = 20_000;
const NOW_MS: u64 = 1_000_000;
/// What lets a lock go: the client that has it compares and deletes.
const RELEASE: &str =
    "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end";

/// One command after the other; what comes of the last one is shown to be right.
struct Line {
    name: &'static str,
    commands: Vec<(&'static Spec, Args)>,
    last: Reply,
}

impl Line {
    fn new(name: &'static str, last: Reply, commands: &[&[&str]]) -> Self {
        let command = |words: &&[&str]| (lookup(words[0].as_bytes()).unwrap(), Args::from_slices(*words));
        Self { name, last, commands: commands.iter().map(command).collect() }
    }

    fn run(&self, state: &mut State, index: u64) -> Reply {
        let mut reply = Reply::Nil;
        for (spec, args) in &self.commands {
            let mut effects = Effects { is_counting: true, ..Effects::default() };
            reply = if spec.is_write() {
                let mut txn = state.txn(0, Rng::of_command(index, 1), &mut effects);
                run_write(spec, &mut txn, black_box(args)).into()
            } else {
                let horizon = Horizon { applied_ms: NOW_MS, estimate_ms: NOW_MS };
                let view = View::new(state, 0, horizon, Rng::of_command(index, 1)).allowed(1 << 16);
                run_read(spec, &view, black_box(args)).into()
            };
            black_box(&effects);
        }
        reply
    }
}

fn cpu_ns() -> f64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    now.tv_sec as f64 * 1e9 + now.tv_nsec as f64
}

fn main() {
    let rounds = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(9);
    let mut state = State::default();
    let mut effects = Effects::default();
    let load = Args::from_slices(["SCRIPT", "LOAD", RELEASE]);
    let spec = lookup(b"script").unwrap().subcommands.iter().find(|spec| spec.name == "script|load").unwrap();
    let mut txn = state.txn(0, Rng::new(1), &mut effects);
    let Ok(Reply::Bulk(sha)) = run_write(spec, &mut txn, &load) else { return };
    let sha = String::from_utf8(sha.to_vec()).unwrap();
    let token = "0123456789abcdef0123";
    let set: &[&str] = &["SET", "lock:1", token, "NX", "PX", "30000"];
    let lines = [
        Line::new("SET NX PX, DEL", Reply::Int(1), &[set, &["DEL", "lock:1"]]),
        Line::new("SET NX PX, GET, DEL", Reply::Int(1), &[set, &["GET", "lock:1"], &["DEL", "lock:1"]]),
        Line::new("SET NX PX, EVALSHA release", Reply::Int(1), &[set, &["EVALSHA", &sha, "1", "lock:1", token]]),
        Line::new("SET NX PX, EVAL release", Reply::Int(1), &[set, &["EVAL", RELEASE, "1", "lock:1", token]]),
        Line::new("EVALSHA release of nothing", Reply::Int(0), &[&["EVALSHA", &sha, "1", "lock:1", token]]),
        Line::new("EVAL return 1", Reply::Int(1), &[&["EVAL", "return 1", "0"]]),
        Line::new("EVAL_RO return 1", Reply::Int(1), &[&["EVAL_RO", "return 1", "0"]]),
    ];
    let mut figures = vec![Vec::new(); lines.len()];
    let mut index = 0;
    for _ in 0..rounds {
        for (line, figures) in lines.iter().zip(&mut figures) {
            let began = cpu_ns();
            for _ in 0..COMMANDS {
                index += 1;
                let reply = line.run(&mut state, index);
                assert!(reply == line.last, "{}: {reply:?}", line.name);
            }
            figures.push((cpu_ns() - began) / COMMANDS as f64);
        }
    }
    for (line, mut figures) in lines.iter().zip(figures) {
        figures.sort_by(f64::total_cmp);
        println!("{:30} {:8.0} {:8.0}", line.name, figures[figures.len() / 2], figures[0]);
    }
}
