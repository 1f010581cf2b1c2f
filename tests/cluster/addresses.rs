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
