//! Each version of the format keeps a file that was written when it was new; today's program reads it.

use super::*;

const V1: &[u8] = include_bytes!("../../../tests/fixtures/snapshot_v1.snapshot");
const V2: &[u8] = include_bytes!("../../../tests/fixtures/snapshot_v2.snapshot");
const V3: &[u8] = include_bytes!("../../../tests/fixtures/snapshot_v3.snapshot");

/// It does not say when keys were created: whoever watched an absent one before has to try again, and nobody who does so after.
#[test]
fn a_file_of_version_1_loads() {
    let (meta, mut state) = read(V1).unwrap();
    assert_eq!(meta, Meta { format_version: 1, ..meta_of(&sample()) });
    let mut expected = sample();
    expected.restore_creations(Creations::all_at(expected.revision()));
    assert_same(&state, &expected);
    let before = Mark::Absent { at: state.revision() - 1 };
    assert!(!view(&state).is_as_watched(b"absent", before));
    let mark = view(&state).watch_mark(b"absent");
    assert!(view(&state).is_as_watched(b"absent", mark));
    apply(&mut state, 1000, &Op::Set { db: 0, key: b"absent".to_vec(), len: 1, ttl_ms: None });
    apply(&mut state, 1001, &Op::Remove { db: 0, key: b"absent".to_vec() });
    assert!(!view(&state).is_as_watched(b"absent", mark));
}

#[test]
fn a_file_of_version_2_loads() {
    let (meta, state) = read(V2).unwrap();
    assert_eq!(meta, Meta { format_version: 2, ..meta_of(&sample()) });
    assert_same(&state, &sample());
}

#[test]
fn a_file_of_version_3_loads() {
    let (meta, state) = read(V3).unwrap();
    assert_eq!(meta, meta_of(&sample()));
    assert_same(&state, &sample());
}

/// Until there is a version 4, the bytes are also those that are written today. `LOCKSTEP_WRITE_FIXTURES=1` writes them.
#[test]
fn version_3_is_still_written_as_it_was() {
    let written = bytes_of(&sample(), 600);
    if std::env::var_os("LOCKSTEP_WRITE_FIXTURES").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/snapshot_v3.snapshot");
        std::fs::write(path, &written).unwrap();
    }
    assert!(V3 == written, "the format changed: give it a new version, and that one a fixture");
}
