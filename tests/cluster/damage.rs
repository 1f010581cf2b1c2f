//! What a crash leaves behind is dropped, what was damaged is refused with file and offset.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::support::cluster::Cluster;

fn files(dir: &Path, end: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = all.filter(|path| path.to_string_lossy().ends_with(end)).collect();
    found.sort();
    found
}

fn flip(path: &Path, offset: u64) {
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset).unwrap();
    file.write_all_at(&[byte[0] ^ 4], offset).unwrap();
}

/// Where the written part of a log file ends.
fn end_of_data(path: &Path) -> u64 {
    let bytes = fs::read(path).unwrap();
    bytes.iter().rposition(|byte| *byte != 0).unwrap() as u64 + 1
}

fn with_keys(count: usize) -> Cluster {
    let cluster = Cluster::start(1, &[]);
    let mut client = cluster.nodes[0].client();
    for number in 0..count {
        assert!(!client.call(&["SET", &format!("key:{number}"), &"v".repeat(100)]).is_error());
    }
    cluster
}

#[test]
fn a_torn_tail_is_dropped_and_said() {
    let mut cluster = with_keys(100);
    cluster.nodes[0].kill();
    let log = files(&cluster.nodes[0].data().join("log"), ".raftlog").pop().unwrap();
    let end = end_of_data(&log);
    OpenOptions::new().write(true).open(&log).unwrap().set_len(end - 3).unwrap();
    let before = cluster.nodes[0].log().len();
    cluster.nodes[0].start_again();
    cluster.wait_ready(0);
    let output = cluster.nodes[0].log().split_off(before);
    assert!(output.contains("warning: ") && output.contains(&*log.to_string_lossy()), "{output}");
    // Only the last record is gone.
    let keys = cluster.nodes[0].client().call(&["DBSIZE"]).int().unwrap();
    assert!((99..=100).contains(&keys), "{keys}");
    assert!(!cluster.nodes[0].client().call(&["SET", "key", "value"]).is_error());
}

#[test]
fn a_flipped_bit_in_the_log_is_refused() {
    let mut cluster = with_keys(100);
    cluster.nodes[0].kill();
    let log = files(&cluster.nodes[0].data().join("log"), ".raftlog").pop().unwrap();
    let offset = end_of_data(&log) / 2;
    flip(&log, offset);
    for _ in 0..2 {
        let (code, output) = cluster.nodes[0].start_in_vain();
        assert_eq!(code, Some(1));
        assert!(output.contains(&*log.to_string_lossy()) && output.contains("is damaged at offset"), "{output}");
    }
    // The refusal has changed nothing.
    flip(&log, offset);
    cluster.nodes[0].start_again();
    cluster.wait_ready(0);
    assert_eq!(cluster.nodes[0].client().call(&["DBSIZE"]).int(), Some(100));
}

#[test]
fn a_flipped_bit_in_the_snapshot_is_refused() {
    let mut cluster = with_keys(100);
    assert!(!cluster.nodes[0].client().call(&["RAFT.SNAPSHOT"]).is_error());
    cluster.nodes[0].kill();
    let snapshot = files(&cluster.nodes[0].data().join("snapshots"), ".snapshot").pop().unwrap();
    let len = fs::metadata(&snapshot).unwrap().len();
    for offset in [20, len / 2, len - 1] {
        flip(&snapshot, offset);
        let (code, output) = cluster.nodes[0].start_in_vain();
        assert_eq!(code, Some(1));
        assert!(
            output.contains(&*snapshot.file_name().unwrap().to_string_lossy()) && output.contains("offset"),
            "{output}"
        );
        flip(&snapshot, offset);
    }
    cluster.nodes[0].start_again();
    cluster.wait_ready(0);
    assert_eq!(cluster.nodes[0].client().call(&["DBSIZE"]).int(), Some(100));
}
