use proptest::prelude::*;

use super::*;

/// A name whose order is given by hand: such of one hash are hard to find.
#[derive(Clone, Debug, PartialEq)]
struct Given(u64, Box<[u8]>, u32);

impl Named for Given {
    fn order(&self) -> u64 {
        self.0
    }

    fn name(&self) -> &[u8] {
        &self.1
    }
}

fn given((order, name): (u64, &str)) -> Given {
    Given(order, name.as_bytes().into(), 0)
}

fn names<'a>(items: impl IntoIterator<Item = &'a Given>) -> Vec<&'a str> {
    items.into_iter().map(|item| std::str::from_utf8(&item.1).unwrap()).collect()
}

#[test]
fn names_of_one_order_value_are_scanned_together() {
    let all = [(0, "a"), (5, "b"), (5, "c"), (5, ""), (7, "d"), (9, "e"), (9, "f")];
    let trie: Trie<Given> = all.map(given).into_iter().collect();
    let steps = [0, 7].map(|cursor| trie.scan(cursor, 2));
    let steps = steps.map(|(next, found)| (next, names(found)));
    assert_eq!(steps, [(7, vec!["a", "", "b", "c"]), (0, vec!["d", "e", "f"])]);
}

proptest! {
    /// With any guess, near or far, a place is found where bisection finds it.
    #[test]
    fn a_wrong_guess_does_no_harm(mut sorted: Vec<u8>, guess in 0..300_usize, sought: u8) {
        sorted.sort_unstable();
        sorted.dedup();
        prop_assert_eq!(search(&sorted, guess, |item| item.cmp(&sought)), sorted.binary_search(&sought));
    }
}

#[test]
fn the_guess_follows_the_hash() {
    const LEN: usize = 20;
    for place in 0..LEN {
        let mut path = Path::of(order_of(5, place, LEN));
        assert_eq!(path.take(3), 5);
        assert_eq!(path.guess(LEN), place);
    }
}

/// An order of which three bits are `child`, and the rest such that it stands in the middle of place `place` of `len`.
fn order_of(child: u64, place: usize, len: usize) -> u64 {
    let below = CURSOR_BITS - 3;
    (child << below) | (((2 * place + 1) << below) as u64 / (2 * len as u64))
}

#[test]
fn a_range_has_its_start_and_not_its_end() {
    let all = [(4, "a"), (5, "b"), (5, ""), (6, "c"), (7, ""), (7, "d")];
    let trie: Trie<Given> = all.map(given).into_iter().collect();
    assert_eq!(names(trie.range(5..7)), ["", "b", "c"]);
    assert_eq!(names(trie.from(1 << CURSOR_BITS)), Vec::<&str>::new());
    assert_eq!(names(trie.from(u64::MAX)), Vec::<&str>::new());
}

/// The numbers of nodes by kind, and the longest leaf.
fn shape<T: Named>(branch: &Branch<T>) -> (usize, usize, usize) {
    branch.children.iter().fold((1, 0, 0), |(branches, leaves, longest), child| match child {
        Node::Leaf(leaf) => (branches, leaves + 1, longest.max(leaf.len())),
        Node::Branch(below) => {
            let of_below = shape(below);
            (branches + of_below.0, leaves + of_below.1, longest.max(of_below.2))
        }
    })
}

#[test]
fn leaves_are_short_whatever_comes_and_goes() {
    const NAMES: u32 = 40_000;
    let named = |n: u32| {
        let name = n.to_string();
        Given(order(name.as_bytes()), name.as_bytes().into(), n)
    };
    let mut trie: Trie<Given> = (0..NAMES).map(named).collect();
    trie.validate().unwrap();
    let (branches, leaves, longest) = shape(&trie.root);
    assert!(branches > 200 && leaves > NAMES as usize / 13 && longest <= LEAF_MAX, "{branches} {leaves} {longest}");
    for n in 10..NAMES {
        let item = named(n);
        assert_eq!(trie.remove(place(&item)), Some(item.clone()));
        assert_eq!(trie.remove(place(&item)), None);
    }
    trie.validate().unwrap();
    assert_eq!((trie.len(), shape(&trie.root).1), (10, 2));
}

#[test]
fn names_of_one_order_have_one_leaf_and_are_found() {
    let mut trie = Trie::default();
    for n in 0..5000_u32 {
        trie.insert(Given(77, n.to_be_bytes().into(), n));
        trie.insert(Given(u64::from(n) << 20, n.to_be_bytes().into(), n));
    }
    trie.validate().unwrap();
    for n in 0..5000_u32 {
        assert_eq!(trie.get((77, &n.to_be_bytes())).unwrap().2, n);
    }
    assert_eq!(trie.range(77..78).count(), 5000);
    assert_eq!(trie.get((77, b"none")), None);
}

/// A branch of its own for names that crowd: it goes when they do, while those beside it stay.
#[test]
fn a_branch_of_few_names_is_a_leaf_again() {
    let at = |order: u64| Given(order, order.to_be_bytes().into(), 0);
    let (spread, crowded) = ((0..4096_u64).map(|n| n << 41), 1..200_u64);
    let mut trie: Trie<Given> = spread.chain(crowded.clone()).map(at).collect();
    let before = shape(&trie.root);
    for order in crowded.chain((0..10).map(|n| n << 41)) {
        assert!(trie.remove(place(&at(order))).is_some());
        trie.validate().unwrap();
    }
    let after = shape(&trie.root);
    assert!(before.0 > after.0 && trie.len() == 4086, "{before:?} {after:?}");
}

#[derive(Clone, Debug)]
enum Op {
    Insert(u64, u8, u32),
    Change(u64, u8, u32),
    Remove(u64, u8),
    RemoveFrom(u64),
    Image,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    // Few orders, close to each other or far apart, so that branches of all depths come to be.
    let order = || {
        prop_oneof![
            0..40_u64,
            (0..60_u64).prop_map(|n| n << 44),
            (0..3_u64, 0..40_u64).prop_map(|(a, b)| a << 40 | b << 4)
        ]
    };
    let insert = (order(), 0..6_u8, any::<u32>()).prop_map(|(order, name, value)| Op::Insert(order, name, value));
    let change = (order(), 0..6_u8, any::<u32>()).prop_map(|(order, name, value)| Op::Change(order, name, value));
    let remove = (order(), 0..6_u8).prop_map(|(order, name)| Op::Remove(order, name));
    prop::collection::vec(
        prop_oneof![8 => insert, 2 => change, 3 => remove, 1 => order().prop_map(Op::RemoveFrom), 1 => Just(Op::Image)],
        0..1200,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn it_is_an_ordered_map_and_clones_stay_as_they_were(ops in ops()) {
        use std::collections::BTreeMap;
        let mut trie = Trie::<Given>::default();
        let mut model: BTreeMap<(u64, Vec<u8>), u32> = BTreeMap::new();
        let mut images = Vec::new();
        for op in ops {
            match op {
                Op::Insert(order, name, value) => {
                    let before = trie.insert(Given(order, [name].into(), value)).map(|item| item.2);
                    prop_assert_eq!(before, model.insert((order, vec![name]), value));
                }
                Op::Change(order, name, value) => {
                    let changed = trie.get_mut((order, &[name])).map(|item| item.2 = value);
                    prop_assert_eq!(changed, model.get_mut(&(order, vec![name])).map(|held| *held = value));
                }
                Op::Remove(order, name) => {
                    let removed = trie.remove((order, &[name])).map(|item| item.2);
                    prop_assert_eq!(removed, model.remove(&(order, vec![name])));
                }
                Op::RemoveFrom(order) => {
                    let gone: Vec<Given> = trie.from(order).take(300).cloned().collect();
                    for item in gone {
                        let removed = trie.remove(place(&item)).map(|item| item.2);
                        prop_assert_eq!(removed, model.remove(&(item.0, item.1.to_vec())));
                    }
                }
                Op::Image => images.push((trie.clone(), model.clone())),
            }
        }
        images.push((trie, model));
        for (trie, model) in images {
            trie.validate().unwrap();
            prop_assert_eq!(trie.len(), model.len());
            let held = trie.iter().map(|item| ((item.0, item.1.to_vec()), item.2));
            prop_assert!(held.eq(model.iter().map(|(key, value)| (key.clone(), *value))));
            for (order, name) in model.keys() {
                prop_assert!(trie.get((*order, name)).is_some());
                let behind = trie.from(*order).count();
                prop_assert_eq!(behind, model.range((*order, vec![])..).count());
            }
        }
    }
}
