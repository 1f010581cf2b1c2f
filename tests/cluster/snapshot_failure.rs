//! A snapshot that cannot be written: who asked for it is told why, and nothing else comes of it.

use std::fs;

use crate::support::cluster::Cluster;
use crate::support::value::Value;

#[test]
fn node_survives_a_failed_snapshot_and_takes_the_next() {
    let mut cluster = Cluster::start(1, &[]);
    let mut client = cluster.nodes[0].client();
    assert_eq!(client.call(&["RAFT.SNAPSHOT"]), Value::Simple("OK".into()));
    assert_eq!(client.call(&["INCR", "n"]), Value::Int(1));

    // Nothing can be made or opened there any more.
    let snapshots = cluster.nodes[0].data().join("snapshots");
    let away = snapshots.with_extension("away");
    fs::rename(&snapshots, &away).unwrap();
    for command in ["RAFT.SNAPSHOT", "SAVE", "RAFT.SNAPSHOT"] {
        let told = client.call(&[command]).text().unwrap();
        assert!(told.starts_with("ERR the snapshot could not be written: ") && told.contains("No such file"), "{told}");
    }
    assert!(client.call(&["INFO", "persistence"]).text().unwrap().contains("rdb_last_bgsave_status:err"));
    assert_eq!(client.call(&["INCR", "n"]), Value::Int(2));
    assert_eq!(cluster.nodes[0].log().matches("is tried again later").count(), 1, "the reason is said once");

    fs::rename(&away, &snapshots).unwrap();
    assert_eq!(client.call(&["RAFT.SNAPSHOT"]), Value::Simple("OK".into()));
    assert!(client.call(&["INFO", "persistence"]).text().unwrap().contains("rdb_last_bgsave_status:ok"));
    let files: Vec<_> = fs::read_dir(&snapshots).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    cluster.nodes[0].kill();
    cluster.nodes[0].start_again();
    assert_eq!(cluster.nodes[0].client().call(&["INCR", "n"]), Value::Int(3));
}
