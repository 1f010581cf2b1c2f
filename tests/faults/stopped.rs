//! A process that stands still (SIGSTOP) and goes on as if nothing had been: the others go on without it, it never serves
//! what is old, and it tells its own clients an error only if it stood for at least `write-timeout-ms`.

use std::time::Duration;

use crate::support::client::{Client, encode};
use crate::support::cluster::{Cluster, until};
use crate::support::load::{Load, Tally};

/// The default of `write-timeout-ms`.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

fn stop(leader: bool, pause: Duration) {
    let cluster = Cluster::start(3, &[]);
    let stopped = if leader { cluster.leader() } else { (cluster.leader() + 1) % 3 };
    let loads: Vec<Load> = cluster.nodes.iter().map(|node| Load::start(node.addr(), 3, 2, "counter")).collect();
    loads.iter().for_each(|load| load.wait_more(50));
    cluster.nodes[stopped].signal("STOP");
    std::thread::sleep(pause);
    cluster.nodes[stopped].signal("CONT");
    loads.iter().for_each(|load| load.wait_more(50));
    let tallies: Vec<Tally> = loads.into_iter().map(|load| Tally::sum(&load.finish())).collect();
    for (node, tally) in tallies.iter().enumerate() {
        println!("node {}: longest gap {:?}, {} errors", node + 1, tally.longest_gap, tally.errors.len());
        if node != stopped || pause < WRITE_TIMEOUT {
            assert_eq!(tally.errors, Vec::<String>::new(), "node {}", node + 1);
        }
        let honest = |error: &String| error.starts_with("LOADING") || error.starts_with("INDETERMINATE");
        assert!(tally.errors.iter().all(honest), "node {}: {:?}", node + 1, tally.errors);
    }
    let sum = Tally::sum(&tallies);
    for node in 0..3 {
        let mut client = cluster.nodes[node].client();
        let counter = until("the node to serve", || client.call(&["GET", "counter"]).int());
        assert!(
            (sum.acknowledged..=sum.acknowledged + sum.indeterminate()).contains(&counter),
            "node {}: {counter} counted, {} acknowledged, {} indeterminate",
            node + 1,
            sum.acknowledged,
            sum.indeterminate()
        );
        assert_eq!(client.call(&["INCR", "served"]).int(), Some(node as i64 + 1));
    }
    cluster.check_digests();
}

/// A leader that stood still while another took over answers no read by what it had: the read was sent after the new
/// value had been acknowledged.
#[test]
fn a_stopped_leader_never_answers_by_what_it_had() {
    const CONNECTIONS: usize = 30;
    let cluster = Cluster::start(3, &[]);
    for round in 1..=4 {
        let old = cluster.leader();
        let other = (old + 1) % 3;
        let mut readers: Vec<Client> = (0..CONNECTIONS).map(|_| cluster.nodes[old].client()).collect();
        let mut writer = cluster.nodes[other].client();
        let value = format!("value {round}");
        cluster.nodes[old].signal("STOP");
        assert!(!writer.call(&["SET", "key", &value]).is_error());
        let mut request = Vec::new();
        encode(&mut request, &["GET", "key"]);
        for reader in &mut readers {
            reader.send_raw(&request).unwrap();
        }
        cluster.nodes[old].signal("CONT");
        for reader in &mut readers {
            assert_eq!(reader.read_reply().unwrap().text(), Some(value.clone()), "round {round}");
        }
        cluster.wait_caught_up();
    }
    cluster.check_digests();
}

#[test]
fn cluster_goes_on_while_the_leader_is_stopped_for_three_seconds() {
    stop(true, Duration::from_secs(3));
}

#[test]
fn cluster_goes_on_while_a_follower_is_stopped_for_five_seconds() {
    stop(false, Duration::from_secs(5));
}

#[test]
fn cluster_goes_on_while_a_follower_is_stopped_for_fifteen_seconds() {
    stop(false, Duration::from_secs(15));
}
