//! Sorted sets against a naive model: a sorted list, and whether Redis would have converted it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::store::Rng;

const LIMITS: ZSetLimits = ZSetLimits { entries_max: 8, member_max: 10 };
const UNLIMITED: ZSetLimits = ZSetLimits { entries_max: u64::MAX, member_max: u64::MAX };

#[test]
fn limits_have_a_bound_however_large_the_options_are() {
    let huge = Options { zset_small_entries_max: u64::MAX, zset_small_value_max: u64::MAX, ..Options::default() };
    assert_eq!(ZSetLimits::from(&huge), ZSetLimits { entries_max: SMALL_MAX, member_max: SMALL_MAX });
    let usual = Options { zset_small_entries_max: 3, zset_small_value_max: 4, ..Options::default() };
    assert_eq!(ZSetLimits::from(&usual), ZSetLimits { entries_max: 3, member_max: 4 });
}

#[derive(Clone, Debug, Default)]
struct Model {
    elements: Vec<(Vec<u8>, f64)>,
    large: bool,
}

impl Model {
    fn set(&mut self, member: &[u8], score: f64) -> Option<f64> {
        let before = self.remove(member);
        if before.is_none() {
            self.large |= member.len() > 10 || self.elements.len() + 1 > 8;
        }
        // -0 and 0 are one score, and the one that is there stays.
        let score = before.filter(|before| *before == score).unwrap_or(score);
        let at = self
            .elements
            .partition_point(|(name, present)| *present < score || (*present == score && **name < *member));
        self.elements.insert(at, (member.to_vec(), score));
        before
    }

    fn remove(&mut self, member: &[u8]) -> Option<f64> {
        let at = self.elements.iter().position(|(present, _)| present == member)?;
        Some(self.elements.remove(at).1)
    }

    fn assert_equals(&self, set: &ZSet) {
        set.validate().unwrap();
        assert_eq!(set.is_large(), self.large);
        assert_eq!(set.encoding(), if self.large { "skiplist" } else { "listpack" });
        assert_eq!((set.len(), set.is_empty()), (self.elements.len(), self.elements.is_empty()));
        assert_eq!(owned(set.iter()), self.elements);
        assert!(owned(set.iter().rev()).iter().eq(self.elements.iter().rev()));
        for (rank, (member, score)) in self.elements.iter().enumerate() {
            assert_eq!(set.get(member), Some(*score));
            assert_eq!(set.rank(member), Some((rank, *score)));
        }
        let (start, end) = (self.elements.len() / 3, self.elements.len().div_ceil(2));
        assert_eq!(owned(set.range(start..end)), self.elements[start..end]);
    }
}

fn owned<'a>(elements: impl IntoIterator<Item = Element<'a>>) -> Vec<(Vec<u8>, f64)> {
    elements.into_iter().map(|(member, score)| (member.to_vec(), score)).collect()
}

fn name(i: usize) -> Vec<u8> {
    format!("member:{i}").into_bytes()
}

/// `count` members whose scores come in threes.
fn numbered(count: usize, limits: ZSetLimits) -> ZSet {
    let mut set = ZSet::default();
    for i in 0..count {
        assert_eq!(set.set(&name(i), (i / 3) as f64, limits), None);
    }
    set
}

#[derive(Clone, Debug)]
enum Op {
    Set(Vec<u8>, f64),
    Remove(Vec<u8>),
    RemoveRange(usize, usize),
    /// A clone taken here must not see what comes later.
    Clone,
}

fn score() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => (-4..5i32).prop_map(|score| f64::from(score) / 2.0),
        1 => prop::sample::select(vec![f64::INFINITY, f64::NEG_INFINITY, -0.0, 0.1, 1e300, -1e17, 5e-324]),
        1 => any::<i64>().prop_map(|score| score as f64),
    ]
}

fn op(longest: usize, names: u8) -> impl Strategy<Value = Op> {
    // Few different members, so that most operations meet one that is there.
    let member = move || {
        prop_oneof![
            9 => (0..names).prop_map(|i| vec![i; usize::from(i) % 6 + 1]),
            1 => prop::collection::vec(0..3u8, 0..=longest)
        ]
    };
    prop_oneof![
        8 => (member(), score()).prop_map(|(member, score)| Op::Set(member, score)),
        4 => member().prop_map(Op::Remove),
        1 => (0..12usize, 0..6usize).prop_map(|(start, len)| Op::RemoveRange(start, len)),
        1 => Just(Op::Clone),
    ]
}

fn run(ops: Vec<Op>) {
    let mut set = ZSet::default();
    let mut model = Model::default();
    let mut clones: Vec<(ZSet, Model)> = Vec::new();
    for op in ops {
        match op {
            Op::Set(member, score) => assert_eq!(set.set(&member, score, LIMITS), model.set(&member, score)),
            Op::Remove(member) => assert_eq!(set.remove(&member), model.remove(&member).is_some()),
            Op::RemoveRange(start, len) => {
                let (start, end) = (start.min(set.len()), (start + len).min(set.len()));
                set.remove_range(start..end);
                model.elements.drain(start..end);
            }
            Op::Clone => clones.push((set.clone(), model.clone())),
        }
        model.assert_equals(&set);
    }
    for (set, model) in &clones {
        model.assert_equals(set);
    }
    let rebuilt = ZSet::from_parts(set.is_large(), &owned(set.iter())).unwrap();
    model.assert_equals(&rebuilt);
    assert_eq!((&rebuilt, rebuilt.scan(0, 5)), (&set, set.scan(0, 5)));
    assert_eq!(ZSet::of(set.iter().rev().collect(), LIMITS).iter().collect::<Vec<_>>(), set.iter().collect::<Vec<_>>());
}

fn bound() -> impl Strategy<Value = Option<(Vec<u8>, bool)>> {
    prop::option::weighted(0.8, (prop::collection::vec(0..4u8, 0..3), any::<bool>()))
}

fn lex<'a>(bound: &'a Option<(Vec<u8>, bool)>, end: LexBound<'a>) -> LexBound<'a> {
    match bound {
        Some((member, true)) => LexBound::Without(member),
        Some((member, false)) => LexBound::With(member),
        None => end,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_sorted_set_behaves_as_the_model(ops in prop::collection::vec(op(12, 200), 0..150)) {
        run(ops);
    }

    #[test]
    fn a_small_sorted_set_behaves_as_the_model(ops in prop::collection::vec(op(5, 7), 0..40)) {
        run(ops);
    }

    #[test]
    fn a_range_of_scores_has_the_scores_inside(
        scores in prop::collection::vec(-10..10i32, 0..60),
        min in -12..12i32,
        max in -12..12i32,
        open in any::<(bool, bool)>(),
        large in any::<bool>(),
    ) {
        let limits = if large { LIMITS } else { UNLIMITED };
        let mut set = ZSet::default();
        for (i, score) in scores.iter().enumerate() {
            set.set(&name(i), f64::from(*score), limits);
        }
        let range = ScoreRange { min: f64::from(min), min_is_open: open.0, max: f64::from(max), max_is_open: open.1 };
        let inside = |score: f64| {
            (score > range.min || (score == range.min && !open.0)) && (score < range.max || (score == range.max && !open.1))
        };
        let expected: Vec<_> = owned(set.iter()).into_iter().filter(|(_, score)| inside(*score)).collect();
        prop_assert_eq!(owned(set.range(set.score_ranks(&range))), expected);
    }

    #[test]
    fn a_range_of_members_has_the_members_inside(
        members in prop::collection::btree_set(prop::collection::vec(0..4u8, 0..3), 0..20),
        min in bound(),
        max in bound(),
        skip in 0..4usize,
        reverse in any::<bool>(),
        large in any::<bool>(),
    ) {
        let limits = if large { ZSetLimits { entries_max: 0, ..LIMITS } } else { UNLIMITED };
        let mut set = ZSet::default();
        for member in &members {
            set.set(member, 1.0, limits);
        }
        let range = LexRange { min: lex(&min, LexBound::Lowest), max: lex(&max, LexBound::Highest) };
        let inside = |member: &[u8]| {
            min.as_ref().is_none_or(|(min, open)| member > min.as_slice() || (member == min && !open))
                && max.as_ref().is_none_or(|(max, open)| member < max.as_slice() || (member == max && !open))
        };
        let mut expected: Vec<_> = members.iter().filter(|member| inside(member)).cloned().collect();
        if reverse {
            expected.truncate(expected.len().saturating_sub(skip));
        } else {
            expected.drain(..skip.min(expected.len()));
        }
        let found: Vec<_> = set.range(set.lex_ranks(&range, reverse, skip)).map(|(member, _)| member.to_vec()).collect();
        prop_assert_eq!(found, expected);
    }

    /// What is there during the whole of a scan is met, whatever comes and goes meanwhile and whatever its score becomes.
    #[test]
    fn a_scan_meets_what_stays(
        stays in prop::collection::btree_set(0..400usize, 0..60),
        start in prop::collection::btree_set(0..400usize, 0..200),
        changes in prop::collection::vec((0..400usize, any::<bool>(), score()), 0..400),
        count in 0..30usize,
    ) {
        let limits = ZSetLimits { entries_max: 0, member_max: 0 };
        let mut set = ZSet::default();
        for i in stays.union(&start) {
            set.set(&name(*i), 1.0, limits);
        }
        let mut changes = changes.into_iter();
        let mut met: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        let mut cursor = 0;
        loop {
            let before = set.clone();
            let (next, elements) = before.scan(cursor, count);
            prop_assert!(next < 1 << 53);
            prop_assert!(next == 0 || (next > cursor && elements.len() >= count.max(1)));
            for (member, score) in elements {
                prop_assert_eq!(before.get(member), Some(score));
                *met.entry(member.to_vec()).or_default() += 1;
            }
            for (i, present, score) in changes.by_ref().take(10) {
                if present || stays.contains(&i) {
                    set.set(&name(i), score, limits);
                } else {
                    set.remove(&name(i));
                }
            }
            cursor = next;
            if cursor == 0 {
                break;
            }
        }
        for i in &stays {
            prop_assert_eq!(met.get(&name(*i)), Some(&1));
        }
    }

    #[test]
    fn a_sample_has_different_members(len in 0..300usize, large in any::<bool>(), count in 0..320usize, seed in any::<u64>()) {
        let set = numbered(len, if large { ZSetLimits { entries_max: 0, member_max: 0 } } else { UNLIMITED });
        let sample = set.sample(count, Rng::new(seed));
        prop_assert_eq!(sample.len(), count.min(len));
        prop_assert_eq!(sample.iter().map(|(member, _)| member).collect::<BTreeSet<_>>().len(), sample.len());
        prop_assert!(sample.iter().all(|(member, score)| set.get(member) == Some(*score)));
        let rebuilt = ZSet::from_parts(set.is_large(), &owned(set.iter())).unwrap();
        prop_assert_eq!(&sample, &rebuilt.sample(count, Rng::new(seed)));
        prop_assert!(set.picks(Rng::new(seed)).take(20).eq(rebuilt.picks(Rng::new(seed)).take(20)));
    }
}

#[test]
fn a_sorted_set_converts_where_redis_does() {
    let mut set = numbered(8, LIMITS);
    set.expect(8, LIMITS);
    assert!(!set.is_large(), "at the limits");
    set.set(&name(3), 0.1, LIMITS);
    assert!(!set.is_large(), "nothing is added");
    let mut long = numbered(2, UNLIMITED);
    long.set(b"0123456789a", 1.0, UNLIMITED);
    long.set(b"0123456789a", 2.0, LIMITS);
    assert!(!long.is_large(), "a long member that is there");
    long.set(b"0123456789b", 2.0, LIMITS);
    assert!(long.is_large(), "a long member that is added");
    let mut announced = set.clone();
    announced.expect(9, LIMITS);
    assert!(announced.is_large(), "too many members announced");
    set.set(b"ninth", 1.0, LIMITS);
    assert!(set.is_large(), "too many members");
    set.remove_range(1..9);
    assert!(set.is_large() && set.len() == 1, "a removal does not convert back");
    assert!(!ZSet::of(announced.iter().collect(), LIMITS).is_large(), "a new one is small if it may be");
    assert!(ZSet::of(vec![(b"0123456789a", 1.0)], LIMITS).is_large());
}

#[test]
fn parts_that_are_no_sorted_set_are_refused() {
    for large in [false, true] {
        let is_taken = |elements: &[(&str, f64)]| ZSet::from_parts(large, elements).is_some();
        assert!(is_taken(&[("b", -0.0), ("c", 0.0), ("a", 1.0)]));
        assert!(!is_taken(&[("c", 0.0), ("b", -0.0)]), "members of one score out of order");
        assert!(!is_taken(&[("a", 1.0), ("b", 0.5)]), "scores out of order");
        assert!(!is_taken(&[("a", 1.0), ("a", 1.0)]), "a member twice");
        assert!(!is_taken(&[("a", 1.0), ("b", 1.5), ("a", 2.0)]), "a member twice with two scores");
        assert!(!is_taken(&[("a", f64::NAN)]), "no number");
    }
}

#[test]
fn negative_zero_is_kept_in_a_large_set_alone() {
    let bits = |set: &ZSet| set.get(b"m").map(f64::to_bits);
    let mut set = ZSet::default();
    set.set(b"m", -0.0, LIMITS);
    assert_eq!(bits(&set), Some(0));
    let mut set = numbered(9, LIMITS);
    set.set(b"m", -0.0, LIMITS);
    assert_eq!(bits(&set), Some(1 << 63));
    set.set(b"m", 0.0, LIMITS);
    assert_eq!(bits(&set), Some(1 << 63), "it has the score already");
}

/// The order of a scan and what scripts draw may never change.
#[test]
fn scans_and_draws_of_a_large_set_are_fixed() {
    let set = numbered(6, ZSetLimits { entries_max: 0, member_max: 0 });
    let number = |(member, _): Element<'_>| member.last().map(|digit| digit - b'0');
    let (cursor, found) = set.scan(0, 2);
    let rest = set.scan(cursor, 10).1;
    let scanned: Vec<u8> = found.into_iter().chain(rest).filter_map(number).collect();
    let picked: Vec<u8> = set.picks(Rng::new(1)).take(6).filter_map(number).collect();
    let sampled: Vec<u8> = set.sample(2, Rng::new(1)).into_iter().filter_map(number).collect();
    assert_eq!((scanned, picked, sampled), (SCANNED.to_vec(), PICKED.to_vec(), SAMPLED.to_vec()));
    assert_eq!(cursor, xxhash_rust::xxh3::xxh3_64(&name(SCANNED[2].into())) >> 11);
    assert_eq!(set.scan(u64::MAX, 5), (0, vec![]));
}

const SCANNED: [u8; 6] = [4, 1, 0, 5, 3, 2];
const PICKED: [u8; 6] = [3, 4, 5, 2, 2, 4];
const SAMPLED: [u8; 2] = [2, 5];

#[test]
fn random_members_are_even() {
    for (len, limits) in [(100, UNLIMITED), (9, LIMITS), (1000, LIMITS)] {
        let set = numbered(len, limits);
        let mut picked: BTreeMap<&[u8], f64> = BTreeMap::new();
        let each = 200;
        for (member, _) in set.picks(Rng::new(7)).take(each * len) {
            *picked.entry(member).or_default() += 1.0;
        }
        assert_eq!(picked.len(), len, "every member is picked");
        // Chi-square with len - 1 degrees of freedom: its mean is that, its variance twice that.
        let chi: f64 = picked.values().map(|n| (n - each as f64).powi(2) / each as f64).sum();
        let freedom = (len - 1) as f64;
        assert!((chi - freedom).abs() < 4.0 * (2.0 * freedom).sqrt(), "{len} members: {chi}");
    }
}

#[test]
fn an_empty_sorted_set_has_no_random_member() {
    for large in [false, true] {
        let set = ZSet::from_parts(large, &[] as &[(&[u8], f64)]).unwrap();
        assert_eq!(set.picks(Rng::new(1)).next(), None);
        assert!(set.sample(5, Rng::new(1)).is_empty());
        assert_eq!(set.scan(0, 10), (0, vec![]));
    }
}
