//! The keyspace beside the same keys in dashmap: bytes per key, ns per GET and SET, and what an image of one moment costs.
//!
//!     cargo bench --bench keyspace [ROUNDS]
//!
//! A million keys of 16 bytes with values of 64, each read and written at random, by one thread. Each round measures every table once,
//! in turn; what is printed are medians over the rounds, and those of the rounds' ratios to `store`. Time is that of the thread on its
//! CPU, so that the wait for one does not count. Bytes per key are the resident size of a process that holds one table alone.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "bench"
)]

use std::any::Any;
use std::hash::{BuildHasherDefault, Hasher};
use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use dashmap::DashMap;
use lockstep::store::{
    CURSOR_BITS, Deadline, Digest, Effects, Horizon, Position, Rng, SHARDS, State, Str, Value, View,
};
use smallvec::SmallVec;
use triomphe::Arc;

const KEYS: u64 = 1_000_000;
const ACCESSES: usize = 100_000;
/// Writes that are timed one by one behind an image.
const SINGLE: usize = 10_000;
const NOW_MS: u64 = 1_000_000;

type Key = [u8; 16];

/// What is compared.
trait Table {
    /// One byte of the value, if the key is there.
    fn get(&self, key: &[u8]) -> Option<u8>;
    fn set(&mut self, key: &[u8], value: &[u8]);
    /// All keys and values as they are now, unchanged by what is written later.
    fn image(&self) -> Box<dyn Any>;
}

/// `store`, as commands reach it.
#[derive(Default)]
struct Store {
    state: State,
    effects: Effects,
}

impl Table for Store {
    fn get(&self, key: &[u8]) -> Option<u8> {
        let horizon = Horizon { applied_ms: NOW_MS, estimate_ms: NOW_MS };
        let view = View::new(&self.state, 0, horizon, Rng::new(1));
        let value = view.typed::<Str>(key).unwrap()?;
        Some(value.as_bytes()[0])
    }

    fn set(&mut self, key: &[u8], value: &[u8]) {
        let mut txn = self.state.txn(0, Rng::new(1), &mut self.effects);
        txn.set(key, Value::Str(Str::new(value)), Deadline::Clear);
    }

    fn image(&self) -> Box<dyn Any> {
        Box::new(self.state.image())
    }
}

/// The position as dashmap wants a hash: seven bits for a table's tags, then the shard, then what tells keys apart.
#[derive(Default)]
struct ByPosition(u64);

impl Hasher for ByPosition {
    fn write(&mut self, key: &[u8]) {
        let position = Position::of(key);
        let shift = u64::BITS - 7 - SHARDS.ilog2();
        let shard = ((SHARDS as u64 - 1) << shift, (position.0 >> (CURSOR_BITS - SHARDS.ilog2())) << shift);
        self.0 = position.table_hash() & !shard.0 | shard.1;
    }

    /// Of the key's length.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

type Map<V> = DashMap<SmallVec<[u8; 16]>, V, BuildHasherDefault<ByPosition>>;

fn map<V>() -> Map<V> {
    Map::with_hasher_and_shard_amount(BuildHasherDefault::default(), SHARDS)
}

/// What each write does besides, as in `store`.
#[derive(Default)]
struct Log {
    revision: u64,
    digest: Digest,
}

impl Log {
    fn note(&mut self, key: &[u8]) -> u64 {
        self.revision += 1;
        self.digest.key(0, key, self.revision, 0);
        self.revision
    }
}

fn put(here: &mut Value, bytes: &[u8]) {
    match here {
        Value::Str(Str::Small(old)) if old.len() == bytes.len() => old.copy_from_slice(bytes),
        _ => *here = Value::Str(Str::new(bytes)),
    }
}

#[derive(Debug)]
struct Record {
    value: Value,
    revision: u64,
    deadline_ms: u64,
    accessed_s: AtomicU32,
}

impl Record {
    #[inline]
    fn read(&self) -> Option<u8> {
        if self.deadline_ms != 0 && self.deadline_ms <= NOW_MS {
            return None;
        }
        self.accessed_s.store((NOW_MS / 1000) as u32, Ordering::Relaxed);
        match &self.value {
            Value::Str(value) => Some(value.as_bytes()[0]),
            _ => None,
        }
    }
}

impl Clone for Record {
    fn clone(&self) -> Self {
        let accessed_s = AtomicU32::new(self.accessed_s.load(Ordering::Relaxed));
        Self { value: self.value.clone(), accessed_s, ..*self }
    }
}

/// dashmap with entries in its tables.
struct Inline {
    map: Map<Record>,
    log: Log,
}

impl Table for Inline {
    fn get(&self, key: &[u8]) -> Option<u8> {
        self.map.get(key)?.read()
    }

    fn set(&mut self, key: &[u8], value: &[u8]) {
        let revision = self.log.note(key);
        if let Some(mut record) = self.map.get_mut(key) {
            record.revision = revision;
            put(&mut record.value, value);
            return;
        }
        let accessed_s = AtomicU32::new((NOW_MS / 1000) as u32);
        let value = Value::Str(Str::new(value));
        self.map.insert(SmallVec::from_slice(key), Record { value, revision, deadline_ms: 0, accessed_s });
    }

    fn image(&self) -> Box<dyn Any> {
        Box::new(self.map.clone())
    }
}

/// dashmap with counted entries, which an image shares.
struct Counted {
    map: Map<Arc<Record>>,
    log: Log,
}

impl Table for Counted {
    fn get(&self, key: &[u8]) -> Option<u8> {
        self.map.get(key)?.read()
    }

    fn set(&mut self, key: &[u8], value: &[u8]) {
        let revision = self.log.note(key);
        if let Some(mut record) = self.map.get_mut(key) {
            match Arc::get_mut(&mut record) {
                Some(own) => {
                    own.revision = revision;
                    put(&mut own.value, value);
                }
                None => *record = new_record(value, revision),
            }
            return;
        }
        self.map.insert(SmallVec::from_slice(key), new_record(value, revision));
    }

    fn image(&self) -> Box<dyn Any> {
        Box::new(self.map.clone())
    }
}

fn new_record(value: &[u8], revision: u64) -> Arc<Record> {
    let accessed_s = AtomicU32::new((NOW_MS / 1000) as u32);
    Arc::new(Record { value: Value::Str(Str::new(value)), revision, deadline_ms: 0, accessed_s })
}

const NAMES: [&str; 3] = ["store", "dashmap, entries in its tables", "dashmap, counted entries"];

fn filled(name: &str) -> Box<dyn Table> {
    let mut table: Box<dyn Table> = match NAMES.iter().position(|known| *known == name).unwrap() {
        0 => Box::new(Store::default()),
        1 => Box::new(Inline { map: map(), log: Log::default() }),
        _ => Box::new(Counted { map: map(), log: Log::default() }),
    };
    let value = [b'v'; 64];
    (0..KEYS).for_each(|number| table.set(&key(number), &value));
    table
}

fn key(number: u64) -> Key {
    format!("key:{number:012}").into_bytes().try_into().unwrap()
}

/// Resident bytes.
fn resident() -> u64 {
    lockstep::sys::memory::resident_bytes()
}

fn main() {
    // As the server does.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    let args: Vec<String> = std::env::args().collect();
    if let Some(at) = args.iter().position(|arg| arg == "--memory") {
        let before = resident();
        let table = filled(&args[at + 1]);
        print!("{}", (resident() - before) as f64 / KEYS as f64);
        drop(table);
        return;
    }
    let rounds = args.iter().filter_map(|arg| arg.parse().ok()).next().unwrap_or(15);
    println!("bytes per key");
    for name in NAMES {
        let child = std::process::Command::new(&args[0]).args(["--memory", name]).output().unwrap();
        let bytes: f64 = String::from_utf8(child.stdout).unwrap().parse().unwrap();
        println!("    {name:<34} {bytes:>12.1}");
    }
    let mut tables: Vec<Box<dyn Table>> = NAMES.map(filled).into();
    let mut taken = vec![vec![[0.0; FIGURES.len()]; rounds]; tables.len()];
    let mut rng = Rng::new(1);
    for round in 0..=rounds {
        for (table, taken) in tables.iter_mut().zip(&mut taken) {
            let figures = measure(&mut **table, &mut rng);
            // The first round warms up.
            if round > 0 {
                taken[round - 1] = figures;
            }
        }
    }
    println!("medians of {rounds} rounds");
    for (figure, what) in FIGURES.iter().enumerate() {
        println!("{what}");
        for (name, rows) in NAMES.iter().zip(&taken) {
            let values = rows.iter().map(|row| row[figure]).collect();
            let ratios = rows.iter().zip(&taken[0]).map(|(row, store)| row[figure] / store[figure]).collect();
            println!("    {name:<34} {:>12.1}    × {:.2}", median(values), median(ratios));
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

const FIGURES: [&str; 8] = [
    "GET, ns",
    "SET, ns",
    "image, µs",
    "SET behind an image, ns: the first 10,000, median",
    "SET behind an image, ns: the first 10,000, 99 %",
    "SET behind an image, ns: the first 10,000, mean",
    "SET behind an image, ns: the next 100,000, mean",
    "image dropped, µs",
];

/// Time of this thread on its CPU.
fn cpu_ns() -> f64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    now.tv_sec as f64 * 1e9 + now.tv_nsec as f64
}

fn measure(table: &mut dyn Table, rng: &mut Rng) -> [f64; FIGURES.len()] {
    let mut keys = || -> Vec<Key> { (0..ACCESSES).map(|_| key(rng.below(KEYS))).collect() };
    let value = [b'w'; 64];
    let mean_ns = |began_ns: f64, count: usize| (cpu_ns() - began_ns) / count as f64;

    let read = keys();
    let began = cpu_ns();
    let found = read.iter().filter(|key| table.get(black_box(*key)).is_some()).count();
    let get_ns = mean_ns(began, ACCESSES);
    assert_eq!(found, ACCESSES);

    let written = keys();
    let began = cpu_ns();
    written.iter().for_each(|key| table.set(black_box(key), &value));
    let set_ns = mean_ns(began, ACCESSES);

    let began = cpu_ns();
    let image = table.image();
    let image_ns = mean_ns(began, 1);

    let mut single: Vec<f64> = keys()[..SINGLE]
        .iter()
        .map(|key| {
            // A reading of the CPU's time would take longer than what it is to measure.
            let began = Instant::now();
            table.set(black_box(key), &value);
            began.elapsed().as_nanos() as f64
        })
        .collect();
    single.sort_by(f64::total_cmp);
    let single_mean_ns = single.iter().sum::<f64>() / SINGLE as f64;

    let written = keys();
    let began = cpu_ns();
    written.iter().for_each(|key| table.set(black_box(key), &value));
    let behind_ns = mean_ns(began, ACCESSES);

    let began = cpu_ns();
    drop(image);
    let drop_ns = mean_ns(began, 1);
    [
        get_ns,
        set_ns,
        image_ns / 1000.0,
        single[SINGLE / 2],
        single[SINGLE / 100 * 99],
        single_mean_ns,
        behind_ns,
        drop_ns / 1000.0,
    ]
}
