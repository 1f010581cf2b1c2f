//! SIGTERM: what is in flight is answered, the lead is handed over, others' clients notice nothing.

use std::time::Duration;

use crate::support::cluster::Cluster;
use crate::support::load::{Load, Tally};

fn stop(leader: bool) {
    let mut cluster = Cluster::start(3, &[]);
    let victim = 1;
    cluster.transfer(if leader { victim } else { 0 });
    let others: Vec<Load> =
        [0, 2].map(|node| Load::start(cluster.nodes[node].addr(), 3, 1, "counter")).into_iter().collect();
    let own = Load::start(cluster.nodes[victim].addr(), 3, 8, "counter");
    own.wait_more(200);
    cluster.nodes[victim].signal("TERM");
    let status = cluster.nodes[victim].wait_exit(Duration::from_secs(20)).expect("an end");
    assert_eq!(status.code(), Some(0), "{}", cluster.nodes[victim].log());
    assert!(!cluster.nodes[victim].log().contains("was not handed over"), "{}", cluster.nodes[victim].log());
    others.iter().for_each(|load| load.wait_more(50));
    let own = Tally::sum(&own.finish());
    let others = Tally::sum(&others.into_iter().flat_map(Load::finish).collect::<Vec<_>>());
    assert_eq!(others.errors, Vec::<String>::new());
    // Its own clients are told the truth: not executed, or the connection ended before the command was read.
    let honest = |error: &String| error.starts_with("LOADING") || error.starts_with("the connection broke");
    assert!(own.errors.iter().all(honest), "{:?}", own.errors);
    println!("longest gap of the others' clients: {:?}", others.longest_gap);
    let counter = cluster.nodes[0].client().call(&["GET", "counter"]).int().unwrap();
    assert_eq!(counter, own.acknowledged + others.acknowledged, "all that was taken was answered");
    cluster.nodes[victim].start_again();
    cluster.wait_ready(victim);
    cluster.wait_caught_up();
    cluster.check_digests();
}

#[test]
fn graceful_stop_of_the_leader_hands_over() {
    stop(true);
}

#[test]
fn graceful_stop_of_a_follower_disturbs_nobody() {
    stop(false);
}
