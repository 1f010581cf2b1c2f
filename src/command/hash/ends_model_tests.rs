//! Fields that end against a naive model: lists of fields with values and ends, while time passes and sweeps run or do not.
//!
//! Every command runs on two states: one that goes through snapshots, and one of which images are held. What they answer is the model's
//! answer, whatever has been swept, and their digests are the same.

use std::collections::BTreeMap;

use crate::command::testing::Bench;
use crate::protocol::{Args, Reply};
use crate::snapshot::{Meta, SnapshotReader, write};
use crate::store::{Effects, Horizon, Mark, Rng, State, View};

const KEYS: [&str; 3] = ["k", "l", "m"];

#[derive(Clone, Debug, PartialEq)]
struct Field {
    name: String,
    value: i64,
    end_ms: Option<u64>,
}

#[derive(Clone, Debug, Default)]
struct Model {
    now_ms: u64,
    hashes: BTreeMap<&'static str, Vec<Field>>,
    deadlines: BTreeMap<&'static str, u64>,
}

/// What anybody can see of a key.
type Shown = (Vec<Field>, Option<u64>);

impl Model {
    fn pass(&mut self, ms: u64) {
        self.now_ms += ms;
        let now_ms = self.now_ms;
        let over: Vec<_> = self.deadlines.iter().filter(|(_, at)| **at < now_ms).map(|(key, _)| *key).collect();
        over.into_iter().for_each(|key| self.remove(key));
        self.hashes.values_mut().for_each(|hash| hash.retain(|field| field.end_ms.is_none_or(|end| end >= now_ms)));
        self.drop_empty();
    }

    fn drop_empty(&mut self) {
        let empty: Vec<_> = self.hashes.iter().filter(|(_, hash)| hash.is_empty()).map(|(key, _)| *key).collect();
        empty.into_iter().for_each(|key| self.remove(key));
    }

    fn remove(&mut self, key: &'static str) {
        self.hashes.remove(key);
        self.deadlines.remove(key);
    }

    fn field(&mut self, key: &str, name: &str) -> Option<&mut Field> {
        self.hashes.get_mut(key)?.iter_mut().find(|field| field.name == name)
    }

    /// True if it is new.
    fn set(&mut self, key: &'static str, name: &str, value: i64, end_ms: Option<u64>) -> bool {
        if let Some(field) = self.field(key, name) {
            (field.value, field.end_ms) = (value, end_ms);
            return false;
        }
        self.hashes.entry(key).or_default().push(Field { name: name.to_owned(), value, end_ms });
        true
    }

    fn delete(&mut self, key: &'static str, name: &str) -> bool {
        let Some(hash) = self.hashes.get_mut(key) else { return false };
        let len = hash.len();
        hash.retain(|field| field.name != name);
        hash.len() < len
    }

    fn shown(&self, key: &str) -> Shown {
        let mut fields = self.hashes.get(key).cloned().unwrap_or_default();
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        (fields, self.deadlines.get(key).copied())
    }
}

/// A command line, and what the model answers to it.
fn command(rng: &mut Rng, model: &mut Model) -> (&'static str, String, Reply) {
    let key = KEYS[rng.below(3) as usize];
    let other = KEYS[rng.below(3) as usize];
    let now_ms = model.now_ms;
    let names: Vec<String> = (0..1 + rng.below(4)).map(|_| format!("f{}", rng.below(10))).collect();
    let (name, value, ms) = (names[0].clone(), rng.below(90) as i64, rng.below(12));
    let list = names.join(" ");
    let count = names.len();
    let ints = |numbers: Vec<i64>| Reply::Array(numbers.into_iter().map(Reply::Int).collect());
    let bulk = |value: Option<i64>| value.map_or(Reply::Nil, |value| Reply::bulk(value.to_string()));
    let values = |model: &mut Model| {
        let values = names.iter().map(|name| bulk(model.field(key, name).map(|field| field.value)));
        Reply::Array(values.collect())
    };
    let end_or_gone = |model: &mut Model, name: &str, end_ms: u64| {
        if end_ms <= now_ms {
            model.delete(key, name);
            return 2;
        }
        model.field(key, name).unwrap().end_ms = Some(end_ms);
        1
    };
    let (line, reply) = match rng.below(20) {
        0 | 1 => (format!("HSET {key} {name} {value}"), Reply::Int(model.set(key, &name, value, None).into())),
        2 => {
            let absent = model.field(key, &name).is_none();
            if absent {
                model.set(key, &name, value, None);
            }
            (format!("HSETNX {key} {name} {value}"), Reply::Int(absent.into()))
        }
        3 => {
            let removed = names.iter().filter(|name| model.delete(key, name)).count();
            (format!("HDEL {key} {list}"), Reply::Int(removed as i64))
        }
        4 => {
            let before = model.field(key, &name).map(|field| (field.value, field.end_ms));
            let (before, end_ms) = before.unwrap_or((0, None));
            model.set(key, &name, before + 7, end_ms);
            (format!("HINCRBY {key} {name} 7"), Reply::Int(before + 7))
        }
        5..=8 => {
            let word = ["", " NX", " XX", " GT", " LT"][rng.below(5) as usize];
            let end_ms = now_ms + ms;
            let mut replies = Vec::new();
            for name in &names {
                let Some(present) = model.field(key, name).map(|field| field.end_ms) else {
                    replies.push(-2);
                    continue;
                };
                let allowed = match word {
                    " NX" => present.is_none(),
                    " XX" => present.is_some(),
                    " GT" => present.is_some_and(|present| end_ms > present),
                    " LT" => present.is_none_or(|present| end_ms < present),
                    _ => true,
                };
                replies.push(if allowed { end_or_gone(model, name, end_ms) } else { 0 });
            }
            (format!("HPEXPIRE {key} {ms}{word} FIELDS {count} {list}"), ints(replies))
        }
        9 => {
            let replies = names.iter().map(|name| match model.field(key, name) {
                None => -2,
                Some(field) => field.end_ms.take().map_or(-1, |_| 1),
            });
            let replies = ints(replies.collect());
            (format!("HPERSIST {key} FIELDS {count} {list}"), replies)
        }
        10 | 11 => {
            let word = ["FNX ", "FXX ", ""][rng.below(3) as usize];
            let there = names.iter().filter(|name| model.field(key, name).is_some()).count();
            let allowed = match word {
                "FNX " => there == 0,
                "FXX " => there == count,
                _ => true,
            };
            let keeps = rng.below(3) == 0;
            let end_ms = now_ms + ms;
            for name in names.iter().filter(|_| allowed) {
                if !keeps && end_ms <= now_ms {
                    model.delete(key, name);
                    continue;
                }
                let before = model.field(key, name).and_then(|field| field.end_ms);
                model.set(key, name, value, if keeps { before } else { Some(end_ms) });
            }
            let pairs: Vec<String> = names.iter().map(|name| format!("{name} {value}")).collect();
            let time = if keeps { "KEEPTTL".to_owned() } else { format!("PX {ms}") };
            (format!("HSETEX {key} {word}{time} FIELDS {count} {}", pairs.join(" ")), Reply::Int(allowed.into()))
        }
        12 => {
            let mut replies = Vec::new();
            for name in &names {
                replies.push(bulk(model.field(key, name).map(|field| field.value)));
                model.delete(key, name);
            }
            (format!("HGETDEL {key} FIELDS {count} {list}"), Reply::Array(replies))
        }
        13 => {
            let mut replies = Vec::new();
            for name in &names {
                replies.push(bulk(model.field(key, name).map(|field| field.value)));
                if model.field(key, name).is_some() {
                    end_or_gone(model, name, now_ms + ms);
                }
            }
            (format!("HGETEX {key} PX {ms} FIELDS {count} {list}"), Reply::Array(replies))
        }
        14 => {
            let is_there = model.hashes.contains_key(key);
            if is_there {
                if ms == 0 {
                    model.remove(key);
                } else {
                    model.deadlines.insert(key, now_ms + ms);
                }
            }
            (format!("PEXPIRE {key} {ms}"), Reply::Int(is_there.into()))
        }
        15 if key != other => {
            let hash = model.hashes.get(key).cloned();
            let deadline = model.deadlines.get(key).copied();
            if let Some(hash) = &hash {
                model.remove(other);
                model.hashes.insert(other, hash.clone());
                deadline.into_iter().for_each(|at| _ = model.deadlines.insert(other, at));
            }
            (format!("COPY {key} {other} REPLACE"), Reply::Int(hash.is_some().into()))
        }
        16 => (format!("HMGET {key} {list}"), values(model)),
        17 => {
            let left = |field: &mut Field| field.end_ms.map_or(-1, |end_ms| (end_ms - now_ms) as i64);
            let replies = names.iter().map(|name| model.field(key, name).map_or(-2, left)).collect();
            (format!("HPTTL {key} FIELDS {count} {list}"), ints(replies))
        }
        18 => (format!("HLEN {key}"), Reply::Int(model.shown(key).0.len() as i64)),
        _ => (format!("EXISTS {key}"), Reply::Int(model.hashes.contains_key(key).into())),
    };
    model.drop_empty();
    (key, line, reply)
}

fn view(state: &State) -> View<'_> {
    View::new(state, 0, Horizon { applied_ms: state.now_ms(), estimate_ms: state.now_ms() }, Rng::new(1))
}

fn bytes_of(state: &State) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(state, &Meta::of(state, 1, 1, 1, Vec::new()), &mut bytes).unwrap();
    bytes
}

/// A key as it was watched.
struct Watched {
    key: &'static str,
    mark: Mark,
    shown: Shown,
    /// The number of the commands that may have changed it since.
    writes: u32,
}

fn run(seed: u64) {
    let mut rng = Rng::new(seed);
    let (mut one, mut other) = (Bench::new(), Bench::new());
    for bench in [&mut one, &mut other] {
        bench.state.cluster.id = 7;
        bench.state.options.hash_small_entries_max = 1 + seed % 8;
    }
    let mut model = Model { now_ms: one.now_ms, ..Model::default() };
    let mut images: Vec<(State, Vec<u8>)> = Vec::new();
    let mut watched: Vec<Watched> = Vec::new();
    for _ in 0..250 {
        if rng.below(3) == 0 {
            model.pass(rng.below(5));
            let max = rng.below(4) as usize;
            let swept = [&mut one, &mut other].map(|bench| {
                bench.now_ms = model.now_ms;
                bench.state.advance_clock(bench.now_ms);
                let swept = bench.state.sweep(max, &mut Effects::default());
                bench.state.digest.finish(bench.index);
                swept
            });
            assert_eq!(swept[0], swept[1]);
        }
        if rng.below(20) == 0 {
            let (_, state) = SnapshotReader::new(&bytes_of(&one.state)[..], "test").unwrap().read_state().unwrap();
            one.state = state;
            let image = other.state.image();
            let bytes = bytes_of(&image);
            images.push((image, bytes));
        }
        if rng.below(4) == 0 {
            let key = KEYS[rng.below(3) as usize];
            let mark = view(&one.state).watch_mark(key.as_bytes());
            watched.push(Watched { key, mark, shown: model.shown(key), writes: 0 });
        }
        let before = model.clone();
        let (_, line, expected) = command(&mut rng, &mut model);
        assert_eq!(one.run(&line), expected, "{line}, seed {seed}, {before:?}");
        assert_eq!(other.run(&line), expected, "{line}, seed {seed}");
        assert_eq!(one.state.digest.value(), other.state.digest.value(), "{line}, seed {seed}");
        if rng.below(8) == 0 {
            assert!(bytes_of(&one.state) == bytes_of(&other.state), "{line}, seed {seed}");
        }
        for key in KEYS {
            let (fields, _) = model.shown(key);
            let Reply::Map(mut pairs) = one.run_args(&Args::from_slices(["HGETALL", key])) else { panic!("no map") };
            pairs.sort_by_key(|(field, _)| format!("{field:?}"));
            let expected: Vec<(Reply, Reply)> = fields
                .iter()
                .map(|field| (Reply::bulk(field.name.as_bytes()), Reply::bulk(field.value.to_string())))
                .collect();
            assert_eq!(pairs, expected, "{key} behind {line}, seed {seed}");
            other.run_args(&Args::from_slices(["HGETALL", key]));
        }
        let is_read = ["HMGET", "HPTTL", "HLEN", "EXISTS"].iter().any(|name| line.starts_with(name));
        watched.iter_mut().filter(|_| !is_read).for_each(|watched| watched.writes += 1);
        watched.retain(|Watched { key, mark, shown, writes }| {
            let is_as_watched = view(&one.state).is_as_watched(key.as_bytes(), *mark);
            assert_eq!(is_as_watched, view(&other.state).is_as_watched(key.as_bytes(), *mark));
            let is_same = model.shown(key) == *shown;
            assert!(is_same || !is_as_watched, "{key} changed unnoticed by {line}, seed {seed}");
            // A sweep alone changes nothing that is seen.
            assert!(!is_same || *writes > 0 || is_as_watched, "{key} did not change by {line}, seed {seed}");
            is_as_watched
        });
    }
    for (image, bytes) in images {
        assert!(bytes_of(&image) == bytes, "an image shows nothing that is written later");
    }
}

#[test]
fn fields_with_ends_behave_as_the_model_on_two_nodes_and_over_snapshots() {
    (0..12).for_each(run);
}
