//! A node that comes back at another address.

use crate::support::cluster::Cluster;
use crate::support::ports::free_port;

#[test]
fn a_node_that_moved_is_found() {
    let mut cluster = Cluster::start(3, &[]);
    for moved in [2, 0] {
        cluster.transfer(moved);
        cluster.nodes[moved].kill();
        cluster.nodes[moved].move_to_port(free_port());
        cluster.nodes[moved].start_again();
        cluster.wait_ready(moved);
        let addr = cluster.nodes[moved].addr().to_string();
        cluster.wait_lines("the new address", |lines| lines.iter().any(|line| line.addr == addr && line.alive));
        cluster.wait_caught_up();
    }
    // It can lead, and it counts for the quorum.
    cluster.transfer(2);
    cluster.nodes[1].kill();
    assert!(!cluster.nodes[0].client().call(&["SET", "key", "value"]).is_error());
    assert_eq!(cluster.nodes[2].client().call(&["GET", "key"]).text().as_deref(), Some("value"));
    cluster.nodes[1].start_again();
    cluster.wait_ready(1);
    cluster.check_digests();
}

/// A node that is back at its old address before it knew that the others knew of another one.
#[test]
fn a_node_that_moved_and_came_back_is_found() {
    let mut cluster = Cluster::start(3, &[]);
    cluster.transfer(0);
    let old = cluster.nodes[2].addr();
    cluster.nodes[2].kill();
    cluster.nodes[2].move_to_port(free_port());
    cluster.nodes[2].launch_again();
    let moved = cluster.nodes[2].addr().to_string();
    cluster.wait_lines("the new address", |lines| lines.iter().any(|line| line.addr == moved));
    cluster.nodes[2].kill();
    cluster.nodes[2].move_to_port(old.port());
    cluster.nodes[2].launch_again();
    cluster.wait_lines("the old address", |lines| {
        lines.iter().any(|line| line.addr == old.to_string() && line.alive && line.lag < 10)
    });
    cluster.wait_ready(2);
    cluster.transfer(2);
    cluster.check_digests();
}

/// None is where another one believes it to be; each is told of one.
#[test]
fn nodes_that_all_moved_find_each_other() {
    let mut cluster = Cluster::start(3, &[]);
    assert!(!cluster.nodes[0].client().call(&["SET", "key", "value"]).is_error());
    cluster.wait_caught_up();
    let hint = cluster.nodes[0].addr().to_string();
    cluster.nodes.iter_mut().for_each(|node| node.kill());
    cluster.nodes.iter_mut().for_each(|node| node.move_to_port(free_port()));
    let now = cluster.nodes[0].addr().to_string();
    for node in &mut cluster.nodes {
        for flag in node.flags_mut().iter_mut().filter(|flag| **flag == hint) {
            flag.clone_from(&now);
        }
        node.launch_again();
    }
    for node in 0..3 {
        cluster.wait_ready(node);
        assert_eq!(cluster.nodes[node].client().call(&["GET", "key"]).text().as_deref(), Some("value"));
        let addr = cluster.nodes[node].addr().to_string();
        cluster.wait_lines("the new address", |lines| lines.iter().any(|line| line.addr == addr && line.alive));
    }
    cluster.transfer(2);
    cluster.check_digests();
}

/// RAFT.MOVED is no way in, and moves nobody else.
#[test]
fn only_members_move() {
    let cluster = Cluster::start(1, &[]);
    let identity = std::fs::read_to_string(cluster.nodes[0].data().join("identity")).unwrap();
    let field = |name| identity.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
    let (id, nonce) = (field("cluster "), field("nonce "));
    let mut client = cluster.nodes[0].client();
    let mut call = |args: &[&str]| client.call(args);
    for args in [
        ["RAFT.MOVED", &id, "2", &nonce, "h:1", "h:2"],
        ["RAFT.MOVED", &id, "1", "17", "h:1", "h:2"],
        ["RAFT.MOVED", "00000000000000000000000000000001", "1", &nonce, "h:1", "h:2"],
        ["RAFT.MOVED", &id, "1", &nonce, "h", "h:2"],
    ] {
        assert!(call(&args).is_error(), "{args:?}");
    }
    assert!(call(&["RAFT.MEET", &id, "1", "h:1"]).is_error(), "it is at home");
    assert!(call(&["RAFT.MEET", "00000000000000000000000000000001", "2", "h:1"]).is_error());
    assert_eq!(cluster.lines(0)[0].addr, cluster.nodes[0].addr().to_string());
}
