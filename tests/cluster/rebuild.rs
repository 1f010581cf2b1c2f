//! `--rebuild`: a node takes another member's state, by hand too.

use crate::support::cluster::{Cluster, until};
use crate::support::value::Value;

#[test]
fn a_node_takes_the_state_of_another_one() {
    let mut cluster = Cluster::start(3, &[]);
    let mut client = cluster.nodes[0].client();
    for n in 1..=50 {
        assert_eq!(client.call(&["INCR", "n"]), Value::Int(n));
    }
    cluster.nodes[2].kill();
    // It lacks this, in its log too.
    client.call(&["SET", "key", "value"]);
    cluster.nodes[2].flags_mut().push("--rebuild".into());
    cluster.nodes[2].start_again();
    let log = cluster.nodes[2].log();
    assert!(log.contains("--rebuild: took the state of node"), "{log}");
    assert_eq!(cluster.nodes[2].client().call(&["GET", "key"]), Value::Bulk(b"value".to_vec()));
    cluster.wait_caught_up();
    cluster.check_digests();
}

/// The snapshot is gone, and the log behind it knows of no member: those are asked of whom the node was told when it joined.
#[test]
fn a_snapshot_that_was_deleted_is_taken_from_another_one() {
    let mut cluster = Cluster::start(3, &["--log-keep", "1mb"]);
    cluster.transfer(0);
    let mut client = cluster.nodes[0].client();
    let value = "v".repeat(100_000);
    for n in 0..40 {
        assert!(!client.call(&["SET", &format!("key {n}"), &value]).is_error());
    }
    cluster.wait_caught_up();
    assert!(!cluster.nodes[2].client().call(&["RAFT.SNAPSHOT"]).is_error());
    let first = || {
        let info = cluster.nodes[2].client().call(&["INFO", "raft"]).text().unwrap();
        info.lines().find_map(|line| line.strip_prefix("raft_first_log_index:")?.trim().parse::<u64>().ok())
    };
    until("the log to be purged", || first().filter(|first| *first > 10));
    // What is durable after it was queued after it.
    assert!(!client.call(&["SET", "key", "value"]).is_error());
    cluster.wait_all_matched();
    cluster.nodes[2].kill();
    std::fs::remove_dir_all(cluster.nodes[2].data().join("snapshots")).unwrap();
    let (code, output) = cluster.nodes[2].start_in_vain();
    assert_eq!(code, Some(1));
    assert!(output.contains("no snapshot in the directory `snapshots`") && output.contains("--rebuild"), "{output}");
    cluster.nodes[2].flags_mut().push("--rebuild".into());
    cluster.nodes[2].start_again();
    cluster.wait_ready(2);
    cluster.wait_caught_up();
    cluster.check_digests();
}

#[test]
fn a_node_alone_has_nobody_to_ask() {
    let mut cluster = Cluster::start(1, &[]);
    cluster.nodes[0].client().call(&["SET", "key", "value"]);
    cluster.nodes[0].kill();
    cluster.nodes[0].flags_mut().push("--rebuild".into());
    let (code, output) = cluster.nodes[0].start_in_vain();
    assert_eq!(code, Some(1));
    assert!(output.contains("knows of none"), "{output}");
    cluster.nodes[0].flags_mut().pop();
    cluster.nodes[0].start_again();
    assert_eq!(cluster.nodes[0].client().call(&["GET", "key"]), Value::Bulk(b"value".to_vec()));
}
