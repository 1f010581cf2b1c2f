//! From one node to five: voters stay odd.

use crate::support::cluster::{Cluster, Line};

fn voters(lines: &[Line]) -> Vec<u64> {
    lines.iter().filter(|line| line.voter).map(|line| line.id).collect()
}

/// Waits until the last node has caught up as a learner, and stays one.
fn waits_as_learner(cluster: &Cluster, id: u64) {
    let lines = cluster.wait_lines("a learner that has caught up", |lines| {
        lines.iter().any(|line| line.id == id && line.alive && line.lag < 50 && line.waits.contains("one more node"))
    });
    let line = lines.iter().find(|line| line.id == id).unwrap();
    assert!(!line.voter && line.role == "learner", "{line:?}");
}

#[test]
fn cluster_grows_from_one_to_five_nodes() {
    let mut cluster = Cluster::start(1, &[]);
    cluster.nodes[0].client().call(&["SET", "key", "value"]);
    cluster.join(&[]);
    waits_as_learner(&cluster, 2);
    assert_eq!(voters(&cluster.lines(1)), [1], "the second is no part of a quorum");

    // So its loss blocks nothing.
    cluster.nodes[1].kill();
    assert!(!cluster.nodes[0].client().call(&["SET", "key", "value"]).is_error());
    cluster.nodes[1].start_again();
    cluster.wait_ready(1);

    cluster.join(&[]);
    cluster.wait_voters(3);
    cluster.join(&[]);
    waits_as_learner(&cluster, 4);
    assert_eq!(voters(&cluster.lines(3)), [1, 2, 3]);
    cluster.join(&[]);
    cluster.wait_voters(5);

    for (at, node) in cluster.nodes.iter().enumerate() {
        let mut client = node.client();
        assert_eq!(client.call(&["GET", "key"]).text().as_deref(), Some("value"));
        assert_eq!(client.call(&["INCR", "counter"]).int(), Some(at as i64 + 1));
    }
    // Five voters go on without two.
    let leader = cluster.leader();
    let dead = [leader, (leader + 1) % 5];
    dead.iter().for_each(|node| cluster.nodes[*node].kill());
    let rest = (leader + 2) % 5;
    assert_eq!(cluster.nodes[rest].client().call(&["INCR", "counter"]).int(), Some(6));
    for node in dead {
        cluster.nodes[node].start_again();
        cluster.wait_ready(node);
    }
    cluster.wait_caught_up();
    cluster.check_digests();
}

/// RAFT.PROMOTE makes a voter of a learner that waits.
#[test]
fn learner_promoted_by_hand_votes() {
    let mut cluster = Cluster::start(1, &[]);
    cluster.join(&[]);
    waits_as_learner(&cluster, 2);
    let mut client = cluster.nodes[1].client();
    assert!(client.call(&["RAFT.PROMOTE", "7"]).is_error());
    let reply = client.call(&["RAFT.PROMOTE", "2"]);
    assert!(!reply.is_error(), "{reply:?}");
    assert_eq!(voters(&cluster.lines(0)), [1, 2]);
    cluster.check_digests();
}

/// RAFT.PROMOTE of a node that is not alive is refused with the reason.
#[test]
fn a_dead_node_is_not_promoted() {
    let mut cluster = Cluster::start(1, &[]);
    cluster.join(&[]);
    waits_as_learner(&cluster, 2);
    cluster.nodes[1].kill();
    cluster.wait_lines("node 2 to count as dead", |lines| lines.iter().any(|line| line.id == 2 && !line.alive));
    let reply = cluster.nodes[0].client().call(&["RAFT.PROMOTE", "2"]).text().unwrap();
    assert!(reply.starts_with("ERR node 2 is not promoted: it is not alive"), "{reply}");
    assert!(!cluster.nodes[0].client().call(&["SET", "key", "value"]).is_error());
}
