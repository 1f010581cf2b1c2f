//! A node that was away comes back by the log or by a snapshot, while writes go on.

use crate::support::bounds::MISSED_WRITES;
use crate::support::client::Client;
use crate::support::cluster::Cluster;
use crate::support::load::{Load, Tally};

const PIPELINE: u64 = 1_000;

fn write(client: &mut Client, count: u64) {
    for chunk in 0..count / PIPELINE {
        let commands: Vec<Vec<String>> = (0..PIPELINE)
            .map(|i| vec!["SET".into(), format!("key:{}", (chunk * PIPELINE + i) % 5_000), format!("value {i:020}")])
            .collect();
        for reply in client.pipeline(&commands) {
            assert!(!reply.is_error(), "{reply:?}");
        }
    }
}

/// How the node says it was brought up to date.
fn last_catchup(client: &mut Client) -> String {
    let info = client.call(&["INFO", "raft"]).text().unwrap();
    let line = info.lines().find_map(|line| line.strip_prefix("raft_last_catchup:"));
    line.unwrap_or_else(|| panic!("no raft_last_catchup in {info}")).trim().to_owned()
}

fn comes_back(flags: &[&str], snapshot: bool) {
    let mut cluster = Cluster::start(3, flags);
    let away = (cluster.leader() + 1) % 3;
    let other = 3 - away - cluster.leader();
    cluster.nodes[away].kill();
    write(&mut cluster.nodes[cluster.leader_seen_by(other)].client(), MISSED_WRITES);
    let from = cluster.nodes[away].log().len();
    let load = Load::start(cluster.nodes[other].addr(), 2, 1, "counter");
    cluster.nodes[away].start_again();
    cluster.wait_ready(away);
    cluster.wait_caught_up();
    load.wait_more(10);
    let sum = Tally::sum(&load.finish());
    assert_eq!(sum.errors, Vec::<String>::new());
    let mut client = cluster.nodes[away].client();
    assert_eq!(last_catchup(&mut client), if snapshot { "snapshot" } else { "log" });
    assert_eq!(cluster.nodes[away].log()[from..].contains("installed a snapshot"), snapshot);
    assert_eq!(client.call(&["GET", "counter"]).int(), Some(sum.acknowledged));
    assert_eq!(client.call(&["DBSIZE"]).int(), Some(5_001));
    cluster.check_digests();
}

#[test]
fn follower_catches_up_by_snapshot_where_the_log_is_purged() {
    comes_back(&["--log-keep", "4194304"], true);
}

#[test]
fn follower_catches_up_by_the_log_where_it_is_kept() {
    comes_back(&[], false);
}
