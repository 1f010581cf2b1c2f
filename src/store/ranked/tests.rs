//! The tree against a vector.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Op {
    /// At this share of the length, in 256ths.
    Insert(u8, u32),
    Append(u32),
    Remove(u8),
    Replace(u8, u32),
    /// Removes as many, from there on.
    RemoveRun(u8, u8),
    AppendRun(u8),
    /// A clone taken here must not see what comes later.
    Clone,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (any::<u8>(), any::<u32>()).prop_map(|(at, item)| Op::Insert(at, item)),
        3 => any::<u32>().prop_map(Op::Append),
        4 => any::<u8>().prop_map(Op::Remove),
        2 => (any::<u8>(), any::<u32>()).prop_map(|(at, item)| Op::Replace(at, item)),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(at, count)| Op::RemoveRun(at, count)),
        2 => any::<u8>().prop_map(Op::AppendRun),
        1 => Just(Op::Clone),
    ]
}

fn place(share: u8, len: usize) -> usize {
    usize::from(share) * (len + 1) / 256
}

fn assert_is(tree: &Ranked<u32>, model: &[u32]) {
    tree.validate().unwrap();
    assert_eq!(tree.len(), model.len());
    assert!(tree.iter().eq(model));
    assert!(tree.iter().rev().eq(model.iter().rev()));
    for index in [0, 1, model.len() / 3, model.len() / 2, model.len().saturating_sub(1), model.len()] {
        assert_eq!(tree.get(index), model.get(index));
        let end = (index + 70).min(model.len());
        assert!(tree.range(index..index + 70).eq(&model[index.min(end)..end]));
        assert!(tree.range(index..index + 70).rev().eq(model[index.min(end)..end].iter().rev()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_tree_behaves_as_a_vector(start in 0..3000usize, ops in prop::collection::vec(op(), 0..120)) {
        let mut model: Vec<u32> = (0..start as u32).collect();
        let mut tree: Ranked<u32> = model.iter().copied().collect();
        let mut clones = Vec::new();
        for op in ops {
            match op {
                Op::Insert(at, item) => {
                    tree.insert(place(at, model.len()), item);
                    model.insert(place(at, model.len()), item);
                }
                Op::Append(item) => {
                    tree.insert(usize::MAX, item);
                    model.push(item);
                }
                Op::Remove(at) => {
                    let at = place(at, model.len());
                    let expected = (at < model.len()).then(|| model.remove(at));
                    prop_assert_eq!(tree.remove(at), expected);
                }
                Op::Replace(at, item) => {
                    let at = place(at, model.len());
                    let expected = model.get_mut(at).map(|present| std::mem::replace(present, item));
                    prop_assert_eq!(tree.replace(at, item), expected);
                }
                Op::RemoveRun(at, count) => {
                    let at = place(at, model.len());
                    for _ in 0..usize::from(count).min(model.len() - at.min(model.len())) {
                        prop_assert_eq!(tree.remove(at), Some(model.remove(at)));
                    }
                }
                Op::AppendRun(count) => {
                    for item in 0..u32::from(count) {
                        tree.insert(model.len(), item);
                        model.push(item);
                    }
                }
                Op::Clone => clones.push((tree.clone(), model.clone())),
            }
            tree.validate().map_err(TestCaseError::fail)?;
        }
        assert_is(&tree, &model);
        for (tree, model) in &clones {
            assert_is(tree, model);
        }
    }

    #[test]
    fn a_place_in_order_is_found(items in prop::collection::btree_set(0..5000u32, 0..1500), sought in 0..5000u32, by_one in any::<bool>()) {
        let mut tree = Ranked::default();
        if by_one {
            // From the middle to both sides, so that nodes are cut everywhere.
            for item in items.iter().filter(|item| **item % 2 == 0).chain(items.iter().filter(|item| **item % 2 == 1)) {
                tree.insert(tree.partition_point(|present| present < item), *item);
            }
        } else {
            tree = items.iter().copied().collect();
        }
        prop_assert!(tree.iter().eq(&items));
        tree.validate().map_err(TestCaseError::fail)?;
        prop_assert_eq!(tree.partition_point(|item| *item < sought), items.iter().filter(|item| **item < sought).count());
    }
}

/// Elements stored elsewhere than in `before`: those in nodes that a write has copied.
fn copied(before: &Ranked<u32>, after: &Ranked<u32>) -> usize {
    let places: BTreeSet<*const u32> = before.iter().map(std::ptr::from_ref).collect();
    after.iter().filter(|item| !places.contains(&std::ptr::from_ref(*item))).count()
}

#[test]
fn a_write_copies_a_path_and_not_the_sequence() {
    let image: Ranked<u32> = (0..100_000).collect();
    let mut written = image.clone();
    assert_eq!(copied(&image, &written), 0, "a clone shares everything");
    written.insert(50_000, 7);
    assert!((1..=2 * NODE_MAX).contains(&copied(&image, &written)), "{}", copied(&image, &written));
    let mut written = image.clone();
    written.replace(70_000, 7);
    assert!((1..=NODE_MAX).contains(&copied(&image, &written)));
    let mut written = image.clone();
    for _ in 0..NODE_MAX - NODE_MIN + 1 {
        written.remove(50_000);
    }
    assert!((1..=3 * NODE_MAX).contains(&copied(&image, &written)), "{}", copied(&image, &written));
    assert!(image.iter().copied().eq(0..100_000));
}

#[test]
fn what_grows_at_its_end_has_full_nodes() {
    let mut tree = Ranked::default();
    for item in 0..10_000u32 {
        tree.insert(tree.len(), item);
    }
    tree.validate().unwrap();
    let mut leaves = 0;
    let mut at = 0;
    while let Some((leaf, _)) = tree.leaf(at) {
        leaves += 1;
        at += leaf.len();
    }
    assert_eq!(leaves, 10_000usize.div_ceil(NODE_MAX));
}

/// What an element keeps elsewhere is not copied by a change of it, unless another clone of the sequence has it too.
#[test]
fn changed_elements_are_shared_with_clones_alone() {
    for len in [1, 32, 33, 5000] {
        let mut tree: Ranked<std::sync::Arc<usize>> = (0..len).map(std::sync::Arc::new).collect();
        let copied = |tree: &mut Ranked<std::sync::Arc<usize>>| {
            let mut copied = 0;
            for index in 0..len {
                copied += usize::from(tree.change(index, |item| std::sync::Arc::get_mut(item).is_none()).unwrap());
                tree.change(index, |item| *std::sync::Arc::make_mut(item) += 1);
            }
            tree.validate().unwrap();
            copied
        };
        // The last leaf of 33 has one element.
        assert_eq!(copied(&mut tree), usize::from(len == 33));
        let image = tree.clone();
        assert!(copied(&mut tree) >= len);
        assert!(image.iter().map(|item| **item).eq((0..len).map(|item| item + 1)), "a clone sees no change");
    }
}
