//! A leader without clients is killed: clients of the other nodes see a pause.

use std::time::Duration;

use crate::support::bounds::KILLS;
use crate::support::cluster::Cluster;
use crate::support::load::{Load, Tally};

/// Ten kills, each after RAFT.TRANSFER to the node without clients: zero errors, and the counter exact.
#[test]
fn clients_of_surviving_nodes_see_no_error() {
    let mut cluster = Cluster::start(3, &[]);
    let victim = 2;
    let loads: Vec<Load> =
        [0, 1].map(|node| Load::start(cluster.nodes[node].addr(), 4, 1, "counter")).into_iter().collect();
    for _ in 0..KILLS {
        cluster.transfer(victim);
        loads.iter().for_each(|load| load.wait_more(20));
        cluster.nodes[victim].kill();
        loads.iter().for_each(|load| load.wait_more(20));
        cluster.nodes[victim].start_again();
        cluster.wait_ready(victim);
        cluster.wait_caught_up();
    }
    let tallies: Vec<Tally> = loads.into_iter().flat_map(Load::finish).collect();
    let sum = Tally::sum(&tallies);
    let mut gaps: Vec<Duration> = tallies.iter().map(|tally| tally.longest_gap).collect();
    gaps.sort();
    println!("longest gap between two acknowledgements on one surviving connection, over {KILLS} kills: {gaps:?}");
    assert_eq!(sum.errors, Vec::<String>::new());
    for node in &cluster.nodes {
        assert_eq!(node.client().call(&["GET", "counter"]).int(), Some(sum.acknowledged));
    }
    cluster.check_digests();
}
