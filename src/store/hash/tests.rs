//! Hashes against a naive model: a list in order of insertion, and whether Redis would have converted it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::store::Rng;

const LIMITS: HashLimits = HashLimits { entries_max: 8, value_max: 10 };
const UNLIMITED: HashLimits = HashLimits { entries_max: u64::MAX, value_max: u64::MAX };

#[test]
fn limits_have_a_bound_however_large_the_options_are() {
    let huge = Options { hash_small_entries_max: u64::MAX, hash_small_value_max: u64::MAX, ..Options::default() };
    assert_eq!(HashLimits::from(&huge), HashLimits { entries_max: SMALL_MAX, value_max: SMALL_MAX });
    let usual = Options { hash_small_entries_max: 3, hash_small_value_max: 4, ..Options::default() };
    assert_eq!(HashLimits::from(&usual), HashLimits { entries_max: 3, value_max: 4 });
}

#[derive(Clone, Debug, Default)]
struct Model {
    fields: Vec<(Vec<u8>, Vec<u8>)>,
    ends: BTreeMap<Vec<u8>, u64>,
    large: bool,
    timed: bool,
}

impl Model {
    fn set(&mut self, field: &[u8], value: &[u8]) -> bool {
        let too_long = field.len() > 10 || value.len() > 10;
        let added = match self.fields.iter_mut().find(|(present, _)| present == field) {
            Some((_, present)) => {
                *present = value.to_vec();
                false
            }
            None => {
                self.fields.push((field.to_vec(), value.to_vec()));
                true
            }
        };
        self.large |= too_long || self.fields.len() > 8;
        added
    }

    fn set_end(&mut self, field: &[u8], end_ms: Option<u64>) {
        self.ends.remove(field);
        self.timed |= end_ms.is_some();
        end_ms.into_iter().for_each(|end_ms| _ = self.ends.insert(field.to_vec(), end_ms));
    }

    /// The first that is over, of several the first by name.
    fn take_over(&mut self, now_ms: u64) -> Option<(Box<[u8]>, u64)> {
        let (end_ms, field) = self.ends.iter().map(|(field, end_ms)| (*end_ms, field.clone())).min()?;
        (end_ms < now_ms).then(|| {
            self.remove(&field);
            (field.into(), end_ms)
        })
    }

    fn remove(&mut self, field: &[u8]) -> bool {
        let before = self.fields.len();
        self.ends.remove(field);
        self.fields.retain(|(present, _)| present != field);
        self.fields.len() < before
    }

    fn assert_equals(&self, hash: &Hash) {
        hash.validate().unwrap();
        assert_eq!(hash.is_large(), self.large);
        let small = if self.timed { "listpackex" } else { "listpack" };
        assert_eq!(hash.encoding(), if self.large { "hashtable" } else { small });
        assert_eq!(hash.ends().is_some(), self.timed);
        let first_ms = self.ends.values().min().copied();
        let last_ms = self.ends.values().max().filter(|_| self.ends.len() == self.fields.len()).copied();
        assert_eq!((hash.first_end_ms(), hash.last_end_ms()), (first_ms, last_ms));
        for now_ms in [0, 3, 5, 20] {
            let over: Vec<u64> = self.ends.values().copied().filter(|end_ms| *end_ms < now_ms).collect();
            assert_eq!(hash.over_len(now_ms), over.len());
            if let Some(ends) = hash.ends() {
                assert_eq!(ends.last_over_ms(now_ms), over.iter().max().copied());
                assert_eq!(ends.next_ms(now_ms), self.ends.values().copied().filter(|end_ms| *end_ms >= now_ms).min());
            }
        }
        assert_eq!(hash.len(), self.fields.len());
        assert_eq!(hash.is_empty(), self.fields.is_empty());
        let mut seen: Vec<(Vec<u8>, Vec<u8>)> = owned(hash.iter());
        let mut expected = self.fields.clone();
        if self.large {
            seen.sort();
            expected.sort();
        }
        assert_eq!(seen, expected);
        for (field, value) in &self.fields {
            assert_eq!(hash.get(field), Some(value.as_slice()));
            assert_eq!(hash.end_ms(field), self.ends.get(field).copied());
        }
    }
}

fn owned<'a>(fields: impl IntoIterator<Item = FieldValue<'a>>) -> Vec<(Vec<u8>, Vec<u8>)> {
    fields.into_iter().map(|(field, value)| (field.to_vec(), value.to_vec())).collect()
}

fn field(i: usize) -> Vec<u8> {
    format!("field:{i}").into_bytes()
}

fn numbered(count: usize, limits: HashLimits) -> Hash {
    let mut hash = Hash::default();
    for i in 0..count {
        assert!(hash.set(&field(i), b"value", limits));
    }
    hash
}

#[derive(Clone, Debug)]
enum Op {
    Set(Vec<u8>, Vec<u8>),
    Remove(Vec<u8>),
    Get(Vec<u8>),
    SetEnd(Vec<u8>, Option<u64>),
    TakeOver(u64),
    /// A clone taken here must not see what comes later.
    Clone,
}

fn op(longest: usize) -> impl Strategy<Value = Op> {
    // Few different fields, so that most operations meet one that is there.
    let name = move || prop_oneof![5 => (0..14u8).prop_map(|i| vec![i; usize::from(i) % 6]), 1 => prop::collection::vec(0..3u8, 0..=longest)];
    let value = prop::collection::vec(any::<u8>(), 0..=longest);
    prop_oneof![
        5 => (name(), value).prop_map(|(field, value)| Op::Set(field, value)),
        4 => name().prop_map(Op::Remove),
        1 => name().prop_map(Op::Get),
        2 => (name(), prop::option::of(1..12u64)).prop_map(|(field, end_ms)| Op::SetEnd(field, end_ms)),
        1 => (0..12u64).prop_map(Op::TakeOver),
        1 => Just(Op::Clone),
    ]
}

fn run(ops: Vec<Op>) {
    let mut hash = Hash::default();
    let mut model = Model::default();
    let mut clones: Vec<(Hash, Model)> = Vec::new();
    for op in ops {
        match op {
            Op::Set(field, value) => {
                assert_eq!(hash.set(&field, &value, LIMITS), model.set(&field, &value));
            }
            Op::Remove(field) => assert_eq!(hash.remove(&field), model.remove(&field)),
            Op::Get(field) => {
                let value =
                    model.fields.iter().find(|(present, _)| *present == field).map(|(_, value)| value.as_slice());
                assert_eq!(hash.get(&field), value);
            }
            Op::SetEnd(field, end_ms) if hash.get(&field).is_some() => {
                hash.set_end(&field, end_ms);
                model.set_end(&field, end_ms);
            }
            Op::SetEnd(..) => {}
            Op::TakeOver(now_ms) => assert_eq!(hash.take_over(now_ms), model.take_over(now_ms)),
            Op::Clone => clones.push((hash.clone(), model.clone())),
        }
        model.assert_equals(&hash);
        let rebuilt = Hash::from_parts(hash.is_large(), hash.iter());
        let rebuilt = match hash.ends() {
            Some(ends) => rebuilt.with_ends(ends.as_set().clone()).unwrap(),
            None => rebuilt,
        };
        assert_eq!(rebuilt, hash);
        assert!(rebuilt.iter().eq(hash.iter()), "the order is part of the value");
    }
    for (hash, model) in clones {
        model.assert_equals(&hash);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_hash_behaves_as_the_model(ops in prop::collection::vec(op(12), 0..80)) {
        run(ops);
    }

    #[test]
    fn a_small_hash_behaves_as_the_model(ops in prop::collection::vec(op(5), 0..30)) {
        run(ops);
    }

    /// What is there during the whole of a scan is met, whatever comes and goes meanwhile.
    #[test]
    fn a_scan_meets_what_stays(
        stays in prop::collection::btree_set(0..400usize, 0..60),
        start in prop::collection::btree_set(0..400usize, 0..200),
        changes in prop::collection::vec((0..400usize, any::<bool>()), 0..400),
        count in 0..30usize,
    ) {
        let mut hash = Hash::from_parts(true, stays.union(&start).map(|i| (field(*i), b"v")));
        let mut ever: BTreeSet<Vec<u8>> = stays.union(&start).map(|i| field(*i)).collect();
        let mut changes = changes.into_iter();
        let mut met: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        let mut cursor = 0;
        loop {
            let before = hash.clone();
            let (next, fields) = before.scan(cursor, count);
            prop_assert!(next < 1 << 53);
            prop_assert!(next == 0 || (next > cursor && fields.len() >= count.max(1)));
            for (name, _) in fields {
                *met.entry(name.to_vec()).or_default() += 1;
            }
            for (i, present) in changes.by_ref().take(10) {
                if present {
                    hash.set(&field(i), b"w", LIMITS);
                    ever.insert(field(i));
                } else if !stays.contains(&i) {
                    hash.remove(&field(i));
                }
            }
            cursor = next;
            if cursor == 0 {
                break;
            }
        }
        for i in &stays {
            prop_assert_eq!(met.get(&field(*i)), Some(&1));
        }
        prop_assert!(met.keys().all(|name| ever.contains(name)));
    }

    #[test]
    fn a_sample_has_different_fields(len in 0..300usize, large in any::<bool>(), count in 0..320usize, seed in any::<u64>()) {
        let hash = Hash::from_parts(large, (0..len).map(|i| (field(i), field(i + 1))));
        let sample = hash.sample(count, Rng::new(seed));
        prop_assert_eq!(sample.len(), count.min(len));
        prop_assert_eq!(sample.iter().collect::<BTreeSet<_>>().len(), sample.len());
        prop_assert!(sample.iter().all(|(field, value)| hash.get(field) == Some(*value)));
        let rebuilt = Hash::from_parts(large, hash.iter());
        prop_assert_eq!(sample, rebuilt.sample(count, Rng::new(seed)));
    }
}

#[test]
fn conversion_is_where_redis_converts() {
    let mut hash = numbered(8, LIMITS);
    assert!(!hash.is_large());
    hash.set(&field(7), b"0123456789", LIMITS);
    hash.expect(8, LIMITS);
    assert!(!hash.is_large(), "at the limits");
    let mut longer = hash.clone();
    longer.set(&field(7), b"0123456789a", LIMITS);
    assert!(longer.is_large(), "a value too long");
    let mut longer = hash.clone();
    longer.set(b"0123456789a", b"", LIMITS);
    assert!(longer.is_large(), "a field too long");
    let mut announced = hash.clone();
    announced.expect(9, LIMITS);
    assert!(announced.is_large(), "too many fields announced");
    hash.set(b"ninth", b"", LIMITS);
    assert!(hash.is_large(), "too many fields");
    for i in 0..8 {
        hash.remove(&field(i));
    }
    assert!(hash.is_large() && hash.len() == 1, "a removal does not convert back");
}

/// The order of a large hash shows in replies, cursors and what scripts draw: it may never change.
#[test]
fn the_order_of_a_large_hash_is_fixed() {
    let hash = Hash::from_parts(true, (0..6).map(|i| (field(i), b"")));
    let order: Vec<_> = hash.iter().map(|(field, _)| String::from_utf8_lossy(field).into_owned()).collect();
    assert_eq!(order, ORDER);
    let (cursor, fields) = hash.scan(0, 2);
    assert_eq!((cursor, fields.len()), (xxhash_rust::xxh3::xxh3_64(b"field:0") >> 11, 2));
    let picks: Vec<_> = hash.picks(Rng::new(1)).take(4).map(|(field, _)| field.to_vec()).collect();
    assert_eq!(picks, PICKS.map(field));
    assert_eq!(owned(hash.scan(u64::MAX, 5).1), []);
}

const ORDER: [&str; 6] = ["field:1", "field:4", "field:0", "field:3", "field:2", "field:5"];
const PICKS: [usize; 4] = [3, 5, 0, 2];

/// Fields whose names are stored elsewhere than in `before`: those in nodes that a write has copied.
fn copied(before: &Hash, after: &Hash) -> usize {
    let places: BTreeSet<*const u8> = before.iter().map(|(field, _)| field.as_ptr()).collect();
    after.iter().filter(|(field, _)| !places.contains(&field.as_ptr())).count()
}

#[test]
fn a_write_to_a_large_hash_copies_a_path_and_not_the_value() {
    const LEN: usize = 20_000;
    /// Two leaves of the tree.
    const PATH_MAX: usize = 32;
    let hash = numbered(LEN, LIMITS);
    let image = hash.clone();
    assert_eq!(copied(&hash, &image), 0, "a clone shares everything");
    let mut written = hash.clone();
    written.set(&field(17), b"other", LIMITS);
    assert!((1..=PATH_MAX).contains(&copied(&image, &written)), "{}", copied(&image, &written));
    let mut added = hash.clone();
    added.set(b"new", b"other", LIMITS);
    assert!((1..=PATH_MAX).contains(&copied(&image, &added)), "{}", copied(&image, &added));
    let mut removed = hash.clone();
    removed.remove(&field(17));
    assert!(copied(&image, &removed) <= PATH_MAX, "{}", copied(&image, &removed));
    removed.remove(b"absent");
    let mut many = hash.clone();
    for i in 0..100 {
        many.set(&field(i), b"other", LIMITS);
    }
    assert!(copied(&image, &many) <= 100 * PATH_MAX / 2);
    assert_eq!(image.get(&field(17)), Some(&b"value"[..]));
    assert_eq!(owned(image.iter()), owned(hash.iter()));
}

#[test]
fn random_field_picks_are_even() {
    for (len, limits) in [(100, UNLIMITED), (9, LIMITS), (100, LIMITS), (1000, LIMITS)] {
        let hash = numbered(len, limits);
        let mut picked: BTreeMap<&[u8], f64> = BTreeMap::new();
        let each = 200;
        for (field, _) in hash.picks(Rng::new(7)).take(each * len) {
            *picked.entry(field).or_default() += 1.0;
        }
        assert_eq!(picked.len(), len, "every field is picked");
        // Chi-square with len - 1 degrees of freedom: its mean is that, its variance twice that.
        let chi: f64 = picked.values().map(|n| (n - each as f64).powi(2) / each as f64).sum();
        let freedom = (len - 1) as f64;
        assert!((chi - freedom).abs() < 4.0 * (2.0 * freedom).sqrt(), "{len} fields: {chi}");
    }
}

#[test]
fn random_field_samples_are_even() {
    for (len, count) in [(30, 3), (30, 20)] {
        let hash = numbered(len, LIMITS);
        let mut rng = Rng::new(3);
        let mut chosen: BTreeMap<&[u8], f64> = BTreeMap::new();
        let rounds = 4000;
        for _ in 0..rounds {
            for (field, _) in hash.sample(count, Rng::new(rng.next_u64())) {
                *chosen.entry(field).or_default() += 1.0;
            }
        }
        let expected = (rounds * count) as f64 / len as f64;
        let spread = (expected * (1.0 - count as f64 / len as f64)).sqrt();
        for n in chosen.values() {
            assert!((n - expected).abs() < 5.0 * spread, "{n} instead of {expected}");
        }
        assert_eq!(chosen.len(), len);
    }
}

#[test]
fn an_empty_hash_has_no_random_field() {
    for large in [false, true] {
        let hash = Hash::from_parts(large, [] as [(&[u8], &[u8]); 0]);
        assert_eq!(hash.picks(Rng::new(1)).next(), None);
        assert!(hash.sample(5, Rng::new(1)).is_empty());
        assert_eq!(hash.scan(0, 10), (0, vec![]));
    }
}

#[test]
fn a_hash_without_ends_is_no_larger_than_its_fields() {
    assert_eq!(size_of::<Hash>(), size_of::<Repr>());
    let mut hash = numbered(5, LIMITS);
    let bytes = hash.memory() - size_of::<Hash>();
    assert_eq!(bytes, 5 * (1 + 7 + 1 + 5));
    hash.set_end(&field(1), None);
    assert_eq!((hash.memory() - size_of::<Hash>(), hash.encoding()), (bytes, "listpack"));
    hash.set_end(&field(1), Some(5));
    assert!(hash.memory() - size_of::<Hash>() > bytes);
}

#[test]
fn a_change_of_an_end_copies_a_path_and_not_the_hash() {
    const LEN: usize = 20_000;
    /// Two leaves of the tree.
    const PATH_MAX: usize = 32;
    let mut hash = numbered(LEN, LIMITS);
    for i in 0..LEN {
        hash.set_end(&field(i), Some(1000 + (i as u64 * 7) % 500));
    }
    let image = hash.clone();
    assert!(image.ends().unwrap().as_set().is_large(), "many ends are shared and copied as a large sorted set is");
    hash.set_end(&field(17), Some(9));
    assert_eq!(copied(&image, &hash), 0, "a field that ends otherwise is the same");
    let mut swept = image.clone();
    assert_eq!(swept.take_over(1001).map(|(_, end_ms)| end_ms), Some(1000));
    assert!(copied(&image, &swept) <= PATH_MAX, "{}", copied(&image, &swept));
    assert_eq!((image.len(), image.end_ms(&field(17)), swept.len()), (LEN, Some(1119), LEN - 1));
}

#[test]
fn ends_that_are_none_or_of_no_field_are_refused() {
    let hash = || Hash::from_parts(false, [(b"a", b"1"), (b"b", b"2")]);
    let set = |field: &'static [u8], end_ms: f64| ZSet::from_parts(false, &[(field, end_ms)]).unwrap();
    assert_eq!(hash().with_ends(set(b"a", 7.0)).unwrap().end_ms(b"a"), Some(7));
    assert!(hash().with_ends(set(b"a", END_MAX_MS as f64)).is_some());
    for (field, end_ms) in [
        (&b"c"[..], 7.0),
        (b"a", 0.0),
        (b"a", -1.0),
        (b"a", 1.5),
        (b"a", END_MAX_MS as f64 + 1.0),
        (b"a", f64::INFINITY),
    ] {
        assert!(hash().with_ends(set(field, end_ms)).is_none(), "{end_ms}");
    }
}
