//! The keyspace against a naive model: one ordered map of (database, key).

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{
    ABSENCE_LEVEL, Changed, Create, DATABASES, Database, Deadline, Effects, Entry, Horizon, Mark, Rng, State, Str, View,
};

const START_MS: u64 = 1_000;

#[derive(Clone, Debug, PartialEq)]
struct Held {
    value: Vec<u8>,
    deadline_ms: Option<u64>,
    revision: u64,
}

type Place = (usize, Vec<u8>);

#[derive(Default)]
struct Model {
    keys: BTreeMap<Place, Held>,
    now_ms: u64,
}

impl Model {
    fn expire(&mut self, place: &Place) {
        let now_ms = self.now_ms;
        if self.keys.get(place).and_then(|held| held.deadline_ms).is_some_and(|deadline| deadline < now_ms) {
            self.keys.remove(place);
        }
    }

    fn is_alive(&self, place: &Place) -> bool {
        self.keys.get(place).is_some_and(|held| held.deadline_ms.is_none_or(|deadline| deadline >= self.now_ms))
    }

    /// Whether SWAPDB of this database and another brings keys into it.
    fn receives(&self, op: &Op, db: usize) -> bool {
        let Op::Swap(a, b) = op else { return false };
        let from = if *a == db { b } else { a };
        (*a == db || *b == db) && a != b && self.keys.keys().any(|(db, _)| db == from)
    }

    /// What a sweep removes, in order.
    fn due(&self) -> Vec<Place> {
        let mut due: Vec<(u64, Place)> = self
            .keys
            .iter()
            .filter_map(|(place, held)| held.deadline_ms.map(|deadline| (deadline, place.clone())))
            .filter(|(deadline, _)| *deadline < self.now_ms)
            .collect();
        due.sort();
        due.into_iter().map(|(_, place)| place).collect()
    }
}

#[derive(Clone, Debug)]
enum Op {
    Set(Place, u8, Option<u64>),
    SetKeeping(Place, u8),
    Append(Place, u8, bool),
    Remove(Place),
    SetDeadline(Place, Option<u64>),
    Transfer(Place, Place),
    Copy(Place, Place),
    Flush(usize),
    Swap(usize, usize),
    Pass(u64),
    Sweep(usize),
}

fn place() -> impl Strategy<Value = Place> {
    // A few keys of one slot, a few others, in two databases and one that there is not.
    let key = prop_oneof![
        (0..6u8).prop_map(|i| format!("{{tag}}{i}").into_bytes()),
        (0..6u8).prop_map(|i| vec![i]),
        Just(vec![])
    ];
    (prop_oneof![20 => Just(0usize), 20 => Just(3usize), 1 => Just(DATABASES)], key)
}

fn deadline() -> impl Strategy<Value = Option<u64>> {
    prop_oneof![Just(None), (START_MS..START_MS + 60).prop_map(Some)]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => (place(), any::<u8>(), deadline()).prop_map(|(p, v, d)| Op::Set(p, v, d)),
        2 => (place(), any::<u8>()).prop_map(|(p, v)| Op::SetKeeping(p, v)),
        4 => (place(), any::<u8>(), any::<bool>()).prop_map(|(p, v, create)| Op::Append(p, v, create)),
        4 => place().prop_map(Op::Remove),
        4 => (place(), deadline()).prop_map(|(p, d)| Op::SetDeadline(p, d)),
        3 => (place(), place()).prop_map(|(a, b)| Op::Transfer(a, b)),
        3 => (place(), place()).prop_map(|(a, b)| Op::Copy(a, b)),
        1 => (0..4usize).prop_map(Op::Flush),
        1 => (0..4usize, 0..4usize).prop_map(|(a, b)| Op::Swap(a, b)),
        4 => (0..20u64).prop_map(Op::Pass),
        3 => (0..4usize).prop_map(Op::Sweep),
    ]
}

/// Runs `op` on both; `Pass` and `Sweep` belong to no command.
fn apply(state: &mut State, model: &mut Model, op: &Op) {
    let mut effects = Effects::default();
    match op {
        Op::Pass(ms) => {
            model.now_ms += ms;
            state.advance_clock(model.now_ms);
            return;
        }
        Op::Sweep(max) => {
            let due = model.due();
            // One by one, to see the order.
            for (db, key) in due.iter().take(*max) {
                assert_eq!(state.sweep(1, &mut effects), 1);
                assert!(state.db(*db).get(key).is_none(), "{key:?} of database {db} is the first due");
                model.keys.remove(&(*db, key.clone()));
            }
            assert_eq!(state.sweep(*max, &mut effects), due.len().saturating_sub(*max).min(*max));
            for place in due.iter().skip(*max).take(*max) {
                model.keys.remove(place);
            }
            return;
        }
        _ => {}
    }
    let db = match op {
        Op::Set(p, ..) | Op::SetKeeping(p, _) | Op::Append(p, ..) | Op::Remove(p) | Op::SetDeadline(p, _) => p.0,
        Op::Transfer(p, _) | Op::Copy(p, _) => p.0,
        _ => 0,
    };
    let mut txn = state.txn(db, Rng::new(1), &mut effects);
    let revision = txn.revision();
    let held = |value: Vec<u8>, deadline_ms| Held { value, deadline_ms, revision };
    let exists = |db: usize| db < DATABASES;
    let keys = &mut model.keys;
    match op {
        Op::Set(p, v, deadline_ms) => {
            txn.set(&p.1, Str::new(&[*v]).into(), Deadline::from(*deadline_ms));
            if exists(db) {
                keys.insert(p.clone(), held(vec![*v], *deadline_ms));
            }
        }
        Op::SetKeeping(p, v) => {
            txn.set(&p.1, Str::new(&[*v]).into(), Deadline::Keep);
            model.expire(p);
            if exists(db) {
                let deadline_ms = model.keys.get(p).and_then(|held| held.deadline_ms);
                model.keys.insert(p.clone(), held(vec![*v], deadline_ms));
            }
        }
        Op::Append(p, v, create) => {
            let create = if *create { Create::Yes } else { Create::No };
            let result = txn.edit(&p.1, create, |value: &mut Str| {
                value.edit(|bytes| bytes.extend_from_slice(&[*v]));
                Ok(((), Changed(true)))
            });
            model.expire(p);
            let present = model.keys.get(p).cloned();
            assert_eq!(result.unwrap().is_some(), exists(db) && (present.is_some() || create == Create::Yes));
            if exists(db) && (present.is_some() || create == Create::Yes) {
                let (mut value, deadline_ms) = present.map_or_else(Default::default, |h| (h.value, h.deadline_ms));
                value.push(*v);
                model.keys.insert(p.clone(), held(value, deadline_ms));
            }
        }
        Op::Remove(p) => {
            let removed = txn.remove(&p.1);
            model.expire(p);
            assert_eq!(removed, model.keys.remove(p).is_some());
        }
        Op::SetDeadline(p, deadline_ms) => {
            let set = txn.set_deadline(&p.1, *deadline_ms);
            model.expire(p);
            let present = model.keys.get_mut(p);
            assert_eq!(set, present.is_some());
            if let Some(present) = present {
                present.deadline_ms = *deadline_ms;
            }
        }
        Op::Transfer(from, to) | Op::Copy(from, to) => {
            let moves = matches!(op, Op::Transfer(..));
            let done = if moves { txn.transfer(&from.1, to.0, &to.1) } else { txn.copy(&from.1, to.0, &to.1) };
            if exists(to.0) {
                model.expire(from);
            }
            let source = model.keys.get(from).cloned().filter(|_| exists(to.0));
            assert_eq!(done, source.is_some());
            if let Some(source) = source {
                if moves {
                    model.keys.remove(from);
                }
                model.keys.insert(to.clone(), held(source.value, source.deadline_ms));
            }
        }
        Op::Flush(index) => {
            txn.flush([*index]);
            keys.retain(|(db, _), _| db != index);
        }
        Op::Swap(a, b) => {
            txn.swap(*a, *b);
            let swapped = std::mem::take(keys).into_iter().map(|((db, key), held)| {
                let db = if db == *a {
                    *b
                } else if db == *b {
                    *a
                } else {
                    db
                };
                ((db, key), held)
            });
            *keys = swapped.collect();
        }
        Op::Pass(_) | Op::Sweep(_) => {}
    }
}

fn view(state: &State, db: usize) -> View<'_> {
    View::new(state, db, Horizon { applied_ms: state.now_ms(), estimate_ms: state.now_ms() }, Rng::new(1))
}

/// True if `op`, which was applied, made the key, even if its deadline was over then.
fn is_created(op: &Op, place: &Place, model: &Model) -> bool {
    match op {
        Op::Set(target, ..) => target == place && model.keys.contains_key(place),
        _ => false,
    }
}

fn content(state: &State) -> BTreeMap<Place, Held> {
    let mut content = BTreeMap::new();
    for index in (0..DATABASES).filter(|index| !state.db(*index).is_empty()) {
        for entry in state.db(index).iter_unordered() {
            content.insert((index, entry.key().to_vec()), shown(entry));
        }
    }
    content
}

fn shown(entry: &Entry) -> Held {
    let value = entry.value().typed::<Str>().unwrap();
    Held { value: value.as_bytes().to_vec(), deadline_ms: entry.deadline_ms(), revision: entry.revision() }
}

fn start() -> (State, Model) {
    let mut state = State::default();
    state.advance_clock(START_MS);
    (state, Model { now_ms: START_MS, ..Model::default() })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn state_does_what_the_model_does(ops in proptest::collection::vec(op(), 0..120)) {
        let (mut state, mut model) = start();
        for op in &ops {
            apply(&mut state, &mut model, op);
            prop_assert_eq!(&content(&state), &model.keys);
            for ((db, key), held) in &model.keys {
                prop_assert_eq!(&shown(state.db(*db).get(key).unwrap()), held);
            }
            let first = model.keys.values().filter_map(|held| held.deadline_ms).min();
            prop_assert_eq!(state.first_deadline_ms(), first);
        }
        state.validate().unwrap();
    }

    #[test]
    fn an_absence_that_is_watched_holds_until_the_key_came(
        before in proptest::collection::vec(op(), 0..60),
        after in proptest::collection::vec(op(), 0..60),
    ) {
        let (mut state, mut model) = start();
        state.cluster.level = ABSENCE_LEVEL;
        before.iter().for_each(|op| apply(&mut state, &mut model, op));
        let names = (0..6u8).flat_map(|i| [format!("{{tag}}{i}").into_bytes(), vec![i]]).chain([vec![]]);
        let places: Vec<Place> = names.flat_map(|key| [0, 1, 3].map(|db| (db, key.clone()))).collect();
        let mut watched: Vec<(&Place, Mark, bool)> = Vec::new();
        for place in places.iter().filter(|place| !model.is_alive(place)) {
            let mark = view(&state, place.0).watch_mark(&place.1);
            prop_assert_eq!(mark, Mark::Absent { at: state.revision() });
            watched.push((place, mark, true));
        }
        for op in &after {
            let received = [0, 1, 3].map(|db| (db, model.receives(op, db)));
            apply(&mut state, &mut model, op);
            for (place, mark, holds) in &mut watched {
                let is_received = received.contains(&(place.0, true));
                *holds &= !model.is_alive(place) && !is_received && !is_created(op, place, &model);
                prop_assert_eq!(view(&state, place.0).is_as_watched(&place.1, *mark), *holds, "{:?} after {:?}", place, op);
            }
        }
    }

    #[test]
    fn the_same_calls_give_the_same_digest_with_or_without_an_image(ops in proptest::collection::vec(op(), 0..60)) {
        let digest = |keep_images: bool| {
            let (mut state, mut model) = start();
            let mut images = Vec::new();
            for op in &ops {
                apply(&mut state, &mut model, op);
                if keep_images {
                    images.push(state.image());
                }
            }
            state.digest.finish(1);
            state.digest.value()
        };
        prop_assert_eq!(digest(false), digest(true));
    }

    #[test]
    fn an_image_keeps_what_it_was(
        before in proptest::collection::vec(op(), 0..60),
        after in proptest::collection::vec(op(), 0..60),
    ) {
        let (mut state, mut model) = start();
        before.iter().for_each(|op| apply(&mut state, &mut model, op));
        let image = state.image();
        let expected = model.keys.clone();
        after.iter().for_each(|op| apply(&mut state, &mut model, op));
        prop_assert_eq!(content(&image), expected);
        for index in 0..DATABASES {
            prop_assert_eq!(image.db(index).len(), image.db(index).iter_unordered().count());
        }
        prop_assert_eq!(content(&state), model.keys);
    }
}

/// A key of one crowded slot, or anywhere.
fn scan_key(rng: &mut Rng, kind: &str) -> Vec<u8> {
    let number = rng.below(3000);
    if rng.below(2) == 0 { format!("{{one}}{kind}{number}") } else { format!("{kind}{number}") }.into_bytes()
}

fn put(db: &mut Database, key: &[u8]) {
    db.insert(Entry::new(key, Str::new(b"v").into(), 0, None, 0));
}

#[test]
fn a_scan_meets_every_key_that_is_there_all_the_time() {
    for seed in 0..40 {
        let mut rng = Rng::new(seed);
        let mut db = Database::default();
        let mut stable = BTreeSet::new();
        for _ in 0..rng.below(3000) {
            let key = scan_key(&mut rng, "stable");
            put(&mut db, &key);
            stable.insert(key);
        }
        for _ in 0..rng.below(3000) {
            put(&mut db, &scan_key(&mut rng, "churn"));
        }
        let mut met = BTreeSet::new();
        let (mut cursor, mut steps) = (0, 0);
        loop {
            let count = [1, 10, 100, 1000][rng.below(4) as usize];
            let (next, entries) = db.scan(cursor, count);
            assert!(next == 0 || entries.len() >= count, "seed {seed}: a step short of its count");
            met.extend(entries.into_iter().map(|entry| entry.key().to_vec()));
            assert!(next == 0 || next > cursor, "seed {seed}: cursors rise");
            cursor = next;
            steps += 1;
            if cursor == 0 {
                break;
            }
            for _ in 0..rng.below(50) {
                let key = scan_key(&mut rng, "churn");
                if rng.below(2) == 0 {
                    put(&mut db, &key);
                } else {
                    db.remove(&key);
                }
            }
        }
        db.validate().unwrap();
        assert!(steps > 1 || db.len() < 1000, "seed {seed}");
        let missed: Vec<_> = stable.difference(&met).collect();
        assert!(missed.is_empty(), "seed {seed}: missed {missed:?}");
    }
}

#[test]
fn a_scan_of_a_quiet_database_meets_each_key_once_in_order_of_position() {
    let mut rng = Rng::new(7);
    let mut db = Database::default();
    for _ in 0..5000 {
        put(&mut db, &scan_key(&mut rng, "k"));
    }
    let (mut cursor, mut positions) = (0, Vec::new());
    loop {
        let (next, entries) = db.scan(cursor, 7);
        positions.extend(entries.into_iter().map(|entry| (entry.position(), entry.key().to_vec())));
        cursor = next;
        if cursor == 0 {
            break;
        }
    }
    assert_eq!(positions.len(), db.len());
    assert!(positions.windows(2).all(|pair| pair[0] < pair[1]));
    let by_shard: Vec<_> = (0..super::SHARDS).flat_map(|shard| db.shard_in_order(shard)).map(Entry::key).collect();
    assert!(by_shard.into_iter().eq(positions.iter().map(|(_, key)| &key[..])));
}
