//! RAFT.REMOVE.

use std::time::Duration;

use crate::support::cluster::Cluster;
use crate::support::load::{Load, Tally};

const EXIT: Duration = Duration::from_secs(20);

/// The removed process says so and ends; so does every later start with its directory.
fn ends_as_removed(cluster: &mut Cluster, node: usize) {
    let status = cluster.nodes[node].wait_exit(EXIT).expect("the removed node ends");
    assert_eq!(status.code(), Some(1));
    let log = cluster.nodes[node].log();
    assert!(log.contains("was removed from the cluster") && log.contains("--join"), "{log}");
    let (code, output) = cluster.nodes[node].start_in_vain();
    assert_eq!(code, Some(1));
    assert!(output.contains("was removed from the cluster") && output.contains("--join"), "{output}");
    cluster.nodes[node].kill();
}

fn remove(cluster: &Cluster, at: usize, id: u64) {
    let reply = cluster.nodes[at].client().call(&["RAFT.REMOVE", &id.to_string()]);
    assert!(!reply.is_error(), "{reply:?}");
    assert!(cluster.lines(at).iter().all(|line| line.id != id));
}

#[test]
fn a_follower() {
    let mut cluster = Cluster::start(3, &[]);
    cluster.transfer(0);
    let load = Load::start(cluster.nodes[0].addr(), 2, 1, "counter");
    remove(&cluster, 1, 3);
    load.wait_more(20);
    let sum = Tally::sum(&load.finish());
    assert_eq!(sum.errors, Vec::<String>::new());
    ends_as_removed(&mut cluster, 2);
    assert_eq!(cluster.lines(0).iter().filter(|line| line.voter).count(), 2);
    assert!(cluster.nodes[0].log().contains("an even number"), "a warning");
    cluster.check_digests();
}

/// The leader hands over first: clients of the others see no error.
#[test]
fn the_leader() {
    let mut cluster = Cluster::start(3, &[]);
    cluster.transfer(1);
    let load = Load::start(cluster.nodes[0].addr(), 2, 1, "counter");
    load.wait_more(20);
    remove(&cluster, 0, 2);
    load.wait_more(20);
    let sum = Tally::sum(&load.finish());
    assert_eq!(sum.errors, Vec::<String>::new());
    assert_eq!(cluster.nodes[0].client().call(&["GET", "counter"]).int(), Some(sum.acknowledged));
    ends_as_removed(&mut cluster, 1);
    cluster.check_digests();
}

/// Refused with the reason while the voters that would remain have no live quorum, and carried out once they have.
#[test]
fn not_without_a_live_quorum() {
    let mut cluster = Cluster::start(3, &[]);
    cluster.transfer(0);
    cluster.nodes[2].kill();
    cluster.wait_lines("node 3 to count as dead", |lines| lines.iter().any(|line| line.id == 3 && !line.alive));
    for id in ["1", "2"] {
        let reply = cluster.nodes[1].client().call(&["RAFT.REMOVE", id]).text().unwrap();
        assert!(reply.contains(&format!("node {id} is not removed")) && reply.contains("only 1 are alive"), "{reply}");
    }
    assert_eq!(cluster.lines(0).iter().filter(|line| line.voter).count(), 3);
    cluster.nodes[2].start_again();
    cluster.wait_ready(2);
    cluster.wait_caught_up();
    remove(&cluster, 0, 2);
    ends_as_removed(&mut cluster, 1);
    cluster.check_digests();
}

#[test]
fn the_last_voter_stays() {
    let mut cluster = Cluster::start(1, &[]);
    cluster.join(&[]);
    for node in [0, 1] {
        let reply = cluster.nodes[node].client().call(&["RAFT.REMOVE", "1"]).text().unwrap();
        assert!(reply.contains("the last voter cannot be removed"), "{reply}");
    }
    let unknown = cluster.nodes[0].client().call(&["RAFT.REMOVE", "9"]).text().unwrap();
    assert!(unknown.starts_with("ERR no such node"), "{unknown}");
    // A learner can go.
    remove(&cluster, 0, 2);
    ends_as_removed(&mut cluster, 1);
    assert!(!cluster.nodes[0].client().call(&["SET", "key", "value"]).is_error());
}
