//! A dead node is replaced: removed, and a new one joins with an empty directory.

use crate::support::cluster::Cluster;

#[test]
fn a_dead_node_is_replaced() {
    let mut cluster = Cluster::start(3, &[]);
    let dead = (cluster.leader() + 1) % 3;
    let alive = (dead + 1) % 3;
    cluster.nodes[alive].client().call(&["SET", "key", "value"]);
    cluster.nodes[dead].kill();
    let id = (dead + 1).to_string();
    let reply = cluster.nodes[alive].client().call(&["RAFT.REMOVE", &id]);
    assert!(!reply.is_error(), "{reply:?}");
    // Through a node that lives.
    cluster.nodes.swap(0, alive);
    let new = cluster.join(&[]);
    cluster.nodes.swap(0, alive);
    let lines = cluster
        .wait_lines("three voters again", |lines| lines.iter().filter(|line| line.voter && line.alive).count() == 3);
    assert!(lines.iter().any(|line| line.id == 4), "ids are never used again: {lines:?}");
    assert_eq!(cluster.nodes[new].client().call(&["GET", "key"]).text().as_deref(), Some("value"));
    // Whoever comes back from the dead is told.
    let (code, output) = cluster.nodes[dead].start_in_vain();
    assert_eq!(code, Some(1));
    assert!(output.contains("was removed from the cluster"), "{output}");
    cluster.nodes[dead].kill();
    // The new one counts: one of the other two can go.
    cluster.nodes[alive].kill();
    assert!(!cluster.nodes[new].client().call(&["SET", "key", "value"]).is_error());
    cluster.nodes[alive].start_again();
    cluster.wait_ready(alive);
    cluster.check_digests();
}
