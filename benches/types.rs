//! Collections: what small ones take beside redis-server's, and how long one write to a large one may take an applying node.
//!
//!     cargo bench --bench types
//!
//! Memory is what the allocators have handed out (`used_memory` of both), for 100,000 keys of ten elements. The time of a write is that of
//! the thread on its CPU, so that the wait for one does not count, and of the same write in three runs the quickest counts; the worst of all writes is shown, and their median.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, missing_docs, reason = "bench")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use lockstep::command::lookup;
use lockstep::executor::run_write;
use lockstep::protocol::Args;
use lockstep::store::{Effects, Rng, State};
use lockstep::sys::allocator;

const KEYS: usize = 100_000;
const ELEMENTS: usize = 10;
const LARGE: usize = 1_000_000;
const WRITES: usize = 200_000;
const ROUNDS: usize = 3;

/// A command that fills a collection with one element, and those that change a large one.
struct Kind {
    name: &'static str,
    fill: fn(&str, usize) -> Vec<String>,
    writes: &'static [fn(&str, usize) -> Vec<String>],
}

fn words<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_string).to_vec()
}

fn element(n: usize) -> String {
    format!("element:{n}")
}

/// Some element of a large collection, each equally often.
fn some(n: usize) -> usize {
    n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % LARGE
}

const KINDS: &[Kind] = &[
    Kind {
        name: "list",
        fill: |key, n| words(["RPUSH", key, &element(n)]),
        writes: &[
            |key, n| words(["LPUSH", key, &element(n)]),
            |key, _| words(["RPOP", key]),
            |key, n| words(["LSET", key, &some(n).to_string(), &element(n)]),
        ],
    },
    Kind {
        name: "set",
        fill: |key, n| words(["SADD", key, &element(n)]),
        writes: &[
            |key, n| words(["SADD", key, &element(LARGE + n)]),
            |key, n| words(["SREM", key, &element(some(n))]),
            |key, _| words(["SPOP", key]),
        ],
    },
    Kind {
        name: "hash",
        fill: |key, n| words(["HSET", key, &element(n), "value"]),
        writes: &[
            |key, n| words(["HSET", key, &element(LARGE + n), "value"]),
            |key, n| words(["HSET", key, &element(some(n)), "other"]),
            |key, n| words(["HDEL", key, &element(some(n))]),
        ],
    },
    Kind {
        name: "sorted set",
        fill: |key, n| words(["ZADD", key, &n.to_string(), &element(n)]),
        writes: &[
            |key, n| words(["ZADD", key, &some(n).to_string(), &element(LARGE + n)]),
            |key, n| words(["ZINCRBY", key, "7", &element(some(n))]),
            |key, _| words(["ZPOPMIN", key]),
        ],
    },
];

fn cpu_ns() -> f64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    now.tv_sec as f64 * 1e9 + now.tv_nsec as f64
}

fn run(state: &mut State, index: u64, line: &[String]) {
    let args = Args::from_slices(line);
    let mut effects = Effects::default();
    let mut txn = state.txn(0, Rng::of_command(index, 1), &mut effects);
    run_write(lookup(args.name()).unwrap(), &mut txn, &args).unwrap();
}

struct Redis {
    process: Child,
    stream: BufReader<TcpStream>,
}

impl Redis {
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let stream = loop {
            if let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) {
                break BufReader::new(stream);
            }
        };
        Self { process, stream }
    }

    fn send(&mut self, lines: &[Vec<String>]) {
        let mut out = Vec::new();
        for line in lines {
            write!(out, "*{}\r\n", line.len()).unwrap();
            line.iter().for_each(|word| write!(out, "${}\r\n{word}\r\n", word.len()).unwrap());
        }
        self.stream.get_mut().write_all(&out).unwrap();
        let mut reply = String::new();
        lines.iter().for_each(|_| _ = self.stream.read_line(&mut reply).unwrap());
        assert!(!reply.contains('-'), "{reply}");
    }

    fn used(&mut self) -> usize {
        self.stream.get_mut().write_all(b"INFO memory\r\n").unwrap();
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        let mut text = vec![0; line[1..].trim().parse::<usize>().unwrap() + 2];
        self.stream.read_exact(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        text.lines().find_map(|line| line.strip_prefix("used_memory:")?.parse().ok()).unwrap()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn small(kind: &Kind) {
    let lines = |key: usize| (0..ELEMENTS).map(move |n| (kind.fill)(&format!("key:{key:012}"), n));
    let mut redis = Redis::start();
    let empty = redis.used();
    for key in 0..KEYS {
        redis.send(&lines(key).collect::<Vec<_>>());
    }
    let theirs = (redis.used() - empty) as f64 / KEYS as f64;
    let mut state = State::default();
    let before = allocator::live_bytes() as usize;
    for key in 0..KEYS {
        lines(key).for_each(|line| run(&mut state, key as u64, &line));
    }
    let ours = (allocator::live_bytes() as usize - before) as f64 / KEYS as f64;
    println!("{:12} small: Redis {theirs:.0} bytes a key, Lockstep {ours:.0}, ratio {:.2}", kind.name, ours / theirs);
}

/// The time of each write, ns, and which it was.
fn write_times(kind: &Kind) -> Vec<(f64, usize)> {
    let mut state = State::default();
    let mut times = Vec::with_capacity(LARGE + WRITES);
    let mut timed = |state: &mut State, n: usize, line: &[String], which: usize| {
        let began = cpu_ns();
        run(state, n as u64, line);
        times.push((cpu_ns() - began, which));
    };
    for n in 0..LARGE {
        timed(&mut state, n, &(kind.fill)("large", n), 0);
    }
    for n in 0..WRITES {
        let which = n % kind.writes.len();
        timed(&mut state, LARGE + n, &kind.writes[which]("large", n), which + 1);
    }
    times
}

fn large(kind: &Kind) {
    // The same writes each time: of each counts the quickest, as what the machine does beside it is no work of the write's.
    let mut times = write_times(kind);
    for _ in 1..ROUNDS {
        for (least, (ns, _)) in times.iter_mut().zip(write_times(kind)) {
            least.0 = least.0.min(ns);
        }
    }
    for which in 0..=kind.writes.len() {
        let mut of: Vec<f64> = times.iter().filter(|(_, of)| *of == which).map(|(ns, _)| *ns).collect();
        of.sort_by(f64::total_cmp);
        let command = if which == 0 { (kind.fill)("large", 0) } else { kind.writes[which - 1]("large", 0) };
        let (median, worst) = (of[of.len() / 2] / 1e3, of[of.len() - 1] / 1e3);
        println!(
            "{:12} large: {:8} median {median:6.1} µs, worst {worst:8.1} µs of {}",
            kind.name,
            command[0],
            of.len()
        );
    }
}

fn main() {
    KINDS.iter().for_each(small);
    KINDS.iter().for_each(large);
}
