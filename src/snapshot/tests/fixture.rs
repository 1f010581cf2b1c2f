//! Each version of the format keeps a file that was written when it was new; today's program reads it.

use super::*;

const V1: &[u8] = include_bytes!("../../../tests/fixtures/snapshot_v1.snapshot");

#[test]
fn a_file_of_version_1_loads() {
    let (meta, state) = read(V1).unwrap();
    assert_eq!(meta, Meta { format_version: 1, ..meta_of(&sample()) });
    assert_same(&state, &sample());
}

/// Until there is a version 2, the bytes are also those that are written today. `LOCKSTEP_WRITE_FIXTURES=1` writes them.
#[test]
fn version_1_is_still_written_as_it_was() {
    let written = bytes_of(&sample(), 600);
    if std::env::var_os("LOCKSTEP_WRITE_FIXTURES").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/snapshot_v1.snapshot");
        std::fs::write(path, &written).unwrap();
    }
    assert!(V1 == written, "the format changed: give it a new version, and that one a fixture");
}
