//! All nodes are restarted, one after the other, under load: an upgrade as operators do it.

use std::time::Duration;

use crate::support::bounds::ROLLING_WRITES;
use crate::support::cluster::Cluster;
use crate::support::load::{Load, Tally};

/// Clients of the nodes that stay see no error, and every acknowledged write is there in the end.
#[test]
fn rolling_restart_shows_clients_of_other_nodes_no_error() {
    let mut cluster = Cluster::start(3, &[]);
    let mut acknowledged = 0;
    for node in 0..3 {
        let others = [(node + 1) % 3, (node + 2) % 3];
        // The one that leads is the hardest.
        cluster.transfer(node);
        let loads = others.map(|other| Load::start(cluster.nodes[other].addr(), 4, 1, "counter"));
        loads.iter().for_each(|load| load.wait_more(ROLLING_WRITES));
        cluster.nodes[node].signal("TERM");
        let status = cluster.nodes[node].wait_exit(Duration::from_secs(30)).expect("it stops");
        assert!(status.success(), "{status}");
        loads.iter().for_each(|load| load.wait_more(ROLLING_WRITES));
        cluster.nodes[node].start_again();
        cluster.wait_ready(node);
        cluster.wait_caught_up();
        let tallies: Vec<Tally> = loads.into_iter().flat_map(Load::finish).collect();
        let sum = Tally::sum(&tallies);
        assert_eq!(sum.errors, Vec::<String>::new(), "while node {node} was away");
        acknowledged += sum.acknowledged;
    }
    for node in &cluster.nodes {
        assert_eq!(node.client().call(&["GET", "counter"]).int(), Some(acknowledged));
    }
    cluster.check_digests();
}
