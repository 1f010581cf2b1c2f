//! Sets against a naive model: a list in order of insertion, and the representation that Redis would have.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::store::Rng;

const LIMITS: SetLimits = SetLimits { ints_max: 6, entries_max: 8, value_max: 10 };

#[test]
fn limits_have_a_bound_however_large_the_options_are() {
    let options = Options {
        set_intset_entries_max: u64::MAX,
        set_small_entries_max: u64::MAX,
        set_small_value_max: u64::MAX,
        ..Options::default()
    };
    let bound = SetLimits { ints_max: SMALL_MAX, entries_max: SMALL_MAX, value_max: SMALL_MAX };
    assert_eq!(SetLimits::from(&options), bound);
}

#[derive(Clone, Debug)]
struct Model {
    members: Vec<Vec<u8>>,
    form: SetForm,
}

impl Model {
    fn add(&mut self, member: &[u8]) -> bool {
        if self.members.iter().any(|present| present == member) {
            return false;
        }
        self.members.push(member.to_vec());
        let count = self.members.len();
        let integer = |member: &Vec<u8>| parse_i64(member);
        if self.form == SetForm::Ints {
            if self.members.iter().all(|member| integer(member).is_some()) {
                if count > 6 {
                    self.form = SetForm::Large;
                }
                return true;
            }
            self.form = SetForm::Small;
            // From sorted integers, a list has their order.
            let last = self.members.pop().unwrap();
            self.members.sort_by_key(|member| integer(member).unwrap());
            // Redis looks at the longer of the two ends only.
            let ends = [self.members.first(), self.members.last()];
            let too_long = ends.into_iter().flatten().any(|end| end.len() > 10);
            self.members.push(last);
            if too_long {
                self.form = SetForm::Large;
            }
        }
        if self.form == SetForm::Small && (count > 8 || member.len() > 10) {
            self.form = SetForm::Large;
        }
        true
    }

    fn remove(&mut self, member: &[u8]) -> bool {
        let before = self.members.len();
        self.members.retain(|present| present != member);
        self.members.len() < before
    }

    fn assert_equals(&self, set: &Set) {
        set.validate().unwrap();
        assert_eq!((set.form(), set.len(), set.is_empty()), (self.form, self.members.len(), self.members.is_empty()));
        let mut seen = owned(set.iter());
        let mut expected = self.members.clone();
        match self.form {
            SetForm::Ints => expected.sort_by_key(|member| parse_i64(member).unwrap()),
            SetForm::Small => {}
            SetForm::Large => {
                seen.sort();
                expected.sort();
            }
        }
        assert_eq!(seen, expected);
        assert!(self.members.iter().all(|member| set.contains(member)));
    }
}

fn owned<'a>(members: impl IntoIterator<Item = SetMember<'a>>) -> Vec<Vec<u8>> {
    members.into_iter().map(|member| member.as_ref().to_vec()).collect()
}

fn member(i: usize) -> Vec<u8> {
    format!("member:{i}").into_bytes()
}

fn of_form(form: SetForm, len: usize) -> Set {
    let name = |i: usize| if form == SetForm::Ints { i.to_string().into_bytes() } else { member(i) };
    Set::from_parts(form, (0..len).map(name)).unwrap()
}

#[derive(Clone, Debug)]
enum Op {
    Add(Vec<u8>),
    Remove(Vec<u8>),
    /// A clone taken here must not see what comes later.
    Clone,
}

fn name(strings: bool) -> impl Strategy<Value = Vec<u8>> {
    // Few different ones, so that most operations meet one that is there.
    let integer = prop_oneof![6 => -6..6_i64, 1 => Just(40_000), 1 => Just(-3_000_000_000), 1 => Just(i64::MAX)];
    let integer = integer.prop_map(|integer| integer.to_string().into_bytes());
    if !strings {
        return integer.boxed();
    }
    let string = (0..14u8).prop_map(|i| vec![b'a' + i; usize::from(i)]);
    prop_oneof![3 => integer, 1 => string, 1 => Just(b"007".to_vec())].boxed()
}

fn ops(strings: bool) -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        5 => name(strings).prop_map(Op::Add),
        3 => name(strings).prop_map(Op::Remove),
        1 => Just(Op::Clone),
    ];
    prop::collection::vec(op, 0..60)
}

fn form() -> impl Strategy<Value = SetForm> {
    prop_oneof![Just(SetForm::Ints), Just(SetForm::Small), Just(SetForm::Large)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_set_behaves_as_the_model(ops in prop_oneof![ops(true), ops(false)]) {
        let mut set = Set::default();
        let mut model = Model { members: Vec::new(), form: SetForm::Ints };
        let mut clones: Vec<(Set, Model)> = Vec::new();
        for op in ops {
            match op {
                Op::Add(member) => prop_assert_eq!(set.add(&member, LIMITS), model.add(&member)),
                Op::Remove(member) => prop_assert_eq!(set.remove(&member), model.remove(&member)),
                Op::Clone => clones.push((set.clone(), model.clone())),
            }
            model.assert_equals(&set);
            let rebuilt = Set::from_parts(set.form(), set.iter()).unwrap();
            prop_assert_eq!(&rebuilt, &set);
            prop_assert!(rebuilt.iter().eq(set.iter()), "the order is part of the value");
        }
        for (set, model) in clones {
            model.assert_equals(&set);
        }
    }

    /// What is there during the whole of a scan is met, whatever comes and goes meanwhile.
    #[test]
    fn a_scan_of_a_set_meets_what_stays(
        stays in prop::collection::btree_set(0..400usize, 0..60),
        changes in prop::collection::vec((0..400usize, any::<bool>()), 0..400),
        count in 0..30usize,
    ) {
        let mut set = Set::from_parts(SetForm::Large, stays.iter().map(|i| member(*i))).unwrap();
        let mut changes = changes.into_iter();
        let mut met: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        let mut cursor = 0;
        loop {
            let before = set.clone();
            let (next, members) = before.scan(cursor, count);
            prop_assert!(next < 1 << 53);
            prop_assert!(next == 0 || (next > cursor && members.len() >= count.max(1)));
            for name in owned(members) {
                *met.entry(name).or_default() += 1;
            }
            for (i, present) in changes.by_ref().take(10) {
                if present {
                    set.add(&member(i), LIMITS);
                } else if !stays.contains(&i) {
                    set.remove(&member(i));
                }
            }
            cursor = next;
            if cursor == 0 {
                break;
            }
        }
        prop_assert!(stays.iter().all(|i| met.get(&member(*i)) == Some(&1)));
    }

    #[test]
    fn what_is_popped_is_different_and_gone(len in 0..300usize, form in form(), count in 0..320usize, seed in any::<u64>()) {
        let before = of_form(form, len);
        let (mut set, mut again) = (before.clone(), Set::from_parts(form, before.iter()).unwrap());
        let popped = set.pop_sample(count, Rng::new(seed), LIMITS);
        prop_assert_eq!(popped.len(), count.min(len));
        prop_assert_eq!(popped.iter().collect::<BTreeSet<_>>().len(), popped.len());
        prop_assert!(popped.iter().all(|member| before.contains(member) && !set.contains(member)));
        prop_assert_eq!(set.len(), len - popped.len());
        set.validate().unwrap();
        prop_assert_eq!(popped, again.pop_sample(count, Rng::new(seed), LIMITS));
        prop_assert_eq!(set, again);
    }
}

#[test]
fn what_is_announced_decides_the_form_of_a_new_set() {
    for (first, count, form) in [
        (&b"1"[..], 6, SetForm::Ints),
        (b"1", 7, SetForm::Small),
        (b"1", 9, SetForm::Large),
        (b"x", 8, SetForm::Small),
        (b"x", 9, SetForm::Large),
    ] {
        let mut set = Set::default();
        set.expect(first, count, LIMITS);
        assert_eq!(set.form(), form, "{count}");
    }
    for (before, count, form) in [
        (SetForm::Ints, 6, SetForm::Ints),
        (SetForm::Ints, 7, SetForm::Large),
        (SetForm::Small, 8, SetForm::Small),
        (SetForm::Small, 9, SetForm::Large),
    ] {
        let mut set = of_form(before, 2);
        set.expect(b"1", count, LIMITS);
        assert_eq!(set.form(), form, "{before:?} {count}");
    }
}

#[test]
fn a_set_of_integers_alone_settles_as_such() {
    let limits = SetLimits { ints_max: 3, ..LIMITS };
    for (members, settled) in
        [(&["3", "1", "2"][..], SetForm::Ints), (&["3", "1", "2", "4"], SetForm::Small), (&["3", "01"], SetForm::Small)]
    {
        let mut set = Set::from_parts(SetForm::Small, members).unwrap();
        set.settle(limits);
        assert_eq!((set.form(), set.len()), (settled, members.len()), "{members:?}");
        set.validate().unwrap();
    }
}

#[test]
fn integers_that_do_not_rise_are_no_set() {
    for members in [&["2", "1"][..], &["1", "1"], &["x"], &["01"]] {
        assert_eq!(Set::from_parts(SetForm::Ints, members), None, "{members:?}");
    }
}

#[test]
fn little_that_is_left_of_a_large_set_is_a_small_one() {
    let limits = SetLimits { entries_max: 100, ..LIMITS };
    for (count, form) in [(800, SetForm::Large), (833, SetForm::Large), (834, SetForm::Large), (950, SetForm::Small)] {
        let mut set = of_form(SetForm::Large, 1000);
        set.pop_sample(count, Rng::new(1), limits);
        assert_eq!(set.form(), form, "{count}");
    }
}

#[test]
fn random_member_picks_are_even() {
    const DRAWS: usize = 60_000;
    for (form, len) in [(SetForm::Ints, 6), (SetForm::Small, 100), (SetForm::Large, 9), (SetForm::Large, 1000)] {
        let set = of_form(form, len);
        let mut counts: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        for picked in set.picks(Rng::new(3)).take(DRAWS) {
            *counts.entry(picked.as_ref().to_vec()).or_default() += 1;
        }
        let expected = DRAWS as f64 / len as f64;
        let chi: f64 = counts.values().map(|count| (*count as f64 - expected).powi(2) / expected).sum();
        let spread = 6.0 * (2.0 * len as f64).sqrt();
        assert!(counts.len() == len && chi < len as f64 + spread, "{form:?} {len}: {chi}");
    }
}

#[test]
fn a_write_to_a_large_set_copies_a_path_and_not_the_value() {
    /// Two leaves of the tree.
    const PATH_MAX: usize = 32;
    let set = of_form(SetForm::Large, 20_000);
    let places = |set: &Set| -> BTreeSet<*const u8> {
        let Repr::Large(tree) = &set.0 else { panic!("not large") };
        tree.iter().map(|(name, ())| name.as_ptr()).collect()
    };
    let before = places(&set);
    for change in [Set::remove as fn(&mut Set, &[u8]) -> bool, |set, name| set.add(&[name, b"new"].concat(), LIMITS)] {
        let mut written = set.clone();
        assert!(change(&mut written, &member(17)));
        let copied = places(&written).difference(&before).count();
        assert!((1..=PATH_MAX).contains(&copied), "{copied}");
    }
    assert_eq!(places(&set), before);
}
