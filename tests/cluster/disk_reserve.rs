//! Too little free disk: the leader refuses writes before the log, deletions pass.

use crate::support::cluster::Cluster;
use crate::support::value::Value;

const REFUSED: &str =
    "MISCONF Errors writing to the log: No space left on device (below disk-reserve); command was not executed";

fn free_bytes(cluster: &Cluster) -> u64 {
    let stat = rustix::fs::statvfs(cluster.nodes[0].data()).unwrap();
    stat.f_bavail * stat.f_frsize
}

/// Restarts all nodes with this reserve.
fn restart_with(cluster: &mut Cluster, reserve: u64) {
    cluster.nodes.iter_mut().for_each(|node| node.kill());
    for node in &mut cluster.nodes {
        let flags = node.flags_mut();
        if let Some(at) = flags.iter().position(|flag| flag == "--disk-reserve") {
            flags.drain(at..at + 2);
        }
        flags.extend(["--disk-reserve".into(), reserve.to_string()]);
        node.launch_again();
    }
    (0..cluster.nodes.len()).for_each(|node| cluster.wait_ready(node));
    cluster.wait_caught_up();
}

#[test]
fn below_the_reserve_only_deletions_pass() {
    let mut cluster = Cluster::start(3, &[]);
    assert!(!cluster.nodes[0].client().call(&["MSET", "a", "1", "b", "2", "c", "3"]).is_error());

    // Below the reserve, above half of it (also when other processes write meanwhile).
    let reserve = free_bytes(&cluster) / 3 * 4;
    restart_with(&mut cluster, reserve);
    let leader = cluster.leader();
    for node in [leader, (leader + 1) % 3, (leader + 2) % 3] {
        let mut client = cluster.nodes[node].client();
        // It would have its script loaded: that is refused, and it reads all the same.
        assert_eq!(client.call(&["EVAL_RO", "return 1", "0"]), Value::Int(1), "node {node}, leader {leader}");
        let loaded = client.call(&["SCRIPT", "EXISTS", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"]);
        assert_eq!(loaded, Value::Array(vec![Value::Int(0)]), "node {node}, leader {leader}");
        assert_eq!(client.call(&["SET", "a", "9"]).text().as_deref(), Some(REFUSED), "node {node}, leader {leader}");
        // Before the log: no command of the pipeline, reads and deletions work.
        let replies = client.pipeline(&[vec!["INCR", "a"], vec!["GET", "a"], vec!["EXISTS", "b"]]);
        assert_eq!(replies[0].text().as_deref(), Some(REFUSED));
        assert_eq!(replies[1], Value::Bulk(b"1".to_vec()));
        let replies = client.pipeline(&[vec!["MULTI"], vec!["SET", "a", "9"], vec!["EXEC"]]);
        assert_eq!(replies[1].text().as_deref(), Some(REFUSED));
        assert!(replies[2].text().unwrap().starts_with("EXECABORT"), "{replies:?}");
        let key = ["b", "c", "d"][(node + 3 - leader) % 3];
        let there = i64::from(key != "d");
        assert_eq!(client.call(&["DEL", key]).int(), Some(there), "deletions pass");
        assert!(!client.call(&["RAFT.SNAPSHOT"]).is_error());
    }
    cluster.check_digests();

    // Below half of it nothing passes.
    let reserve = free_bytes(&cluster) * 4;
    restart_with(&mut cluster, reserve);
    let leader = cluster.leader();
    for node in [leader, (leader + 1) % 3] {
        let mut client = cluster.nodes[node].client();
        assert_eq!(client.call(&["DEL", "a"]).text().as_deref(), Some(REFUSED));
        assert_eq!(client.call(&["RAFT.SNAPSHOT"]).text().as_deref(), Some(REFUSED));
        assert_eq!(client.call(&["GET", "a"]), Value::Bulk(b"1".to_vec()));
    }

    // With room again all is as before.
    restart_with(&mut cluster, 0);
    assert!(!cluster.nodes[1].client().call(&["SET", "a", "9"]).is_error());
    cluster.check_digests();
}
