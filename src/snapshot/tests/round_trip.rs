//! A snapshot gives back what it was made of.

use proptest::prelude::*;

use super::super::{FORMAT_VERSION, Meta, write};
use super::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_state_comes_back_as_it_was(ops in prop::collection::vec(op(), 0..150), chunk_len_max in 64usize..5000) {
        let state = build(&ops);
        let bytes = bytes_of(&state, chunk_len_max);
        let (meta, back) = read(&bytes).unwrap();
        prop_assert_eq!(meta, meta_of(&state));
        assert_same(&state, &back);
        back.validate().unwrap();
        prop_assert_eq!(bytes_of(&back, chunk_len_max), bytes, "the same state gives the same bytes");
    }

    #[test]
    fn a_state_that_came_back_goes_on_alike(
        ops in prop::collection::vec(op(), 0..80),
        later in prop::collection::vec(op(), 0..80),
    ) {
        let mut state = build(&ops);
        let (_, mut back) = read(&bytes_of(&state, 1000)).unwrap();
        for (index, op) in later.iter().enumerate() {
            apply(&mut state, 1000 + index as u64, op);
            apply(&mut back, 1000 + index as u64, op);
        }
        assert_same(&state, &back);
        back.validate().unwrap();
    }

    #[test]
    fn an_image_shows_nothing_that_is_written_later(
        ops in prop::collection::vec(op(), 0..80),
        later in prop::collection::vec(op(), 0..150),
    ) {
        let mut state = build(&ops);
        let before = bytes_of(&state, 1000);
        let image = state.image();
        for (index, op) in later.iter().enumerate() {
            apply(&mut state, 1000 + index as u64, op);
        }
        prop_assert_eq!(bytes_of(&image, 1000), before);
    }
}

#[test]
fn states_of_different_histories_and_the_same_contents_give_the_same_bytes() {
    // All in one shard, in the other the other way round and in a table that has grown and shrunk.
    let key = |n: u32| format!("{{one slot}}{n}").into_bytes();
    let sets: Vec<Op> = (0..200).map(|n| Op::Set { db: 0, key: key(n), len: 5, ttl_ms: None }).collect();
    let one = build(&sets);
    let mut other = created();
    for n in 1000..4000 {
        other.restore_entry(0, Entry::new(&key(n), Str::default().into(), 1, None, 0));
    }
    let mut entries: Vec<Entry> = one.db(0).iter_unordered().cloned().collect();
    entries.reverse();
    entries.into_iter().for_each(|entry| other.restore_entry(0, entry));
    let mut effects = Effects::default();
    let mut txn = other.txn(0, crate::store::Rng::new(1), &mut effects);
    (1000..4000).for_each(|n| assert!(txn.remove(&key(n))));
    other.restore_counters(one.revision(), one.now_ms(), one.digest.value(), &[]);
    other.restore_creations(one.creations().clone());
    let order = |state: &State| state.db(0).iter_unordered().map(|entry| entry.key().to_vec()).collect::<Vec<_>>();
    assert_ne!(order(&one), order(&other), "otherwise this shows nothing");
    assert_eq!(bytes_of(&one, 1000), bytes_of(&other, 1000));
}

#[test]
fn watch_over_a_snapshot_is_judged_alike() {
    let mut state = created();
    let mark = |state: &State, key: &[u8]| view(state).watch_mark(key);
    let (gone, absent, swapped) = (b"gone", b"absent", b"swapped");
    let (gone_mark, absent_mark) = (mark(&state, gone), mark(&state, absent));
    let set = |db, key: &[u8]| Op::Set { db, key: key.to_vec(), len: 1, ttl_ms: None };
    let remove = |key: &[u8]| Op::Remove { db: 0, key: key.to_vec() };
    apply(&mut state, 1, &set(0, gone));
    apply(&mut state, 2, &remove(gone));
    let (_, back) = read(&bytes_of(&state, 1000)).unwrap();
    for state in [&state, &back] {
        assert!(!view(state).is_as_watched(gone, gone_mark) && view(state).is_as_watched(absent, absent_mark));
    }
    let (mut state, swapped_mark) = (back, mark(&state, swapped));
    apply(&mut state, 3, &set(1, swapped));
    apply(&mut state, 4, &Op::Swap { a: 0, b: 1 });
    apply(&mut state, 5, &remove(swapped));
    let (_, back) = read(&bytes_of(&state, 1000)).unwrap();
    for state in [&state, &back] {
        assert!(!view(state).is_as_watched(swapped, swapped_mark));
    }
}

#[test]
fn a_full_table_of_creations_takes_64_kib() {
    let mut state = created();
    let before = bytes_of(&state, 1 << 20).len();
    state.raise_revision(100_000_000_000_000);
    state.restore_creations(Creations::all_at(state.revision()));
    let bytes = bytes_of(&state, 1 << 20);
    assert!((64_000..=65_600).contains(&(bytes.len() - before)), "{}", bytes.len() - before);
    assert_same(&state, &read(&bytes).unwrap().1);
}

#[test]
fn the_empty_state_comes_back() {
    let state = State::default();
    let (_, back) = read(&bytes_of(&state, 100)).unwrap();
    assert_same(&state, &back);
}

#[test]
fn the_meta_is_readable_alone() {
    let state = sample();
    let bytes = bytes_of(&state, 300);
    let until = chunk_offsets(&bytes)[1];
    assert_eq!(*SnapshotReader::new(&bytes[..until], "x").unwrap().meta(), meta_of(&state));
}

#[test]
fn a_value_spans_chunks_and_none_is_longer_than_its_bound() {
    struct Pieces(Vec<usize>);
    impl std::io::Write for Pieces {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.push(bytes.len());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut state = created();
    let long: Vec<u8> = (0..3_500_000u32).map(|n| (n % 251) as u8).collect();
    let entry = Entry::new(b"long", Str::new(&long).into(), 1, None, 0);
    state.restore_entry(0, entry);
    let mut pieces = Pieces(Vec::new());
    let summary = write(&state, &meta_of(&state), &mut pieces).unwrap();
    assert_eq!((summary.keys, summary.chunks), (1, 6), "meta, four of contents, end");
    assert!(pieces.0.iter().all(|len| *len <= (1 << 20) + 17), "{:?}", pieces.0);
    let mut bytes = Vec::new();
    write(&state, &meta_of(&state), &mut bytes).unwrap();
    assert_same(&state, &read(&bytes).unwrap().1);
}

#[test]
fn a_meta_of_another_state_is_not_written() {
    let state = sample();
    let meta = meta_of(&state);
    for wrong in [
        Meta { cluster_id: 1, ..meta.clone() },
        Meta { level: 9, ..meta.clone() },
        Meta { format_version: FORMAT_VERSION + 1, ..meta.clone() },
        Meta { format_version: FORMAT_VERSION - 1, ..meta.clone() },
        Meta { raft: vec![0; 600 * 1024], ..meta },
    ] {
        let error = write(&state, &wrong, &mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    }
}
