//! Redis Cluster's protocol over three nodes: who is shown as the master, and what a change of leaders does to it.

use crate::support::cluster::{Cluster, until};
use crate::support::value::Value;

const FLAGS: &[&str] = &["--cluster-enabled", "yes"];

/// Port, flags, link and slots of each member, by port.
fn nodes(cluster: &Cluster, asked: usize) -> Vec<(u16, String, String, bool)> {
    let text = cluster.nodes[asked].client().call(&["CLUSTER", "NODES"]).text().unwrap();
    let mut nodes: Vec<_> = text
        .lines()
        .map(|line| {
            let fields: Vec<&str> = line.split(' ').collect();
            let port = fields[1].split(['@', ':']).nth(1).unwrap().parse().unwrap();
            (port, fields[2].replace("myself,", ""), fields[7].to_owned(), fields.get(8) == Some(&"0-16383"))
        })
        .collect();
    nodes.sort();
    nodes
}

/// The ports that CLUSTER SLOTS has, the master's first.
fn slots(cluster: &Cluster, asked: usize) -> Vec<i64> {
    let reply = cluster.nodes[asked].client().call(&["CLUSTER", "SLOTS"]);
    let ranges = reply.items().unwrap();
    assert_eq!(ranges.len(), 1, "{reply:?}");
    let range = ranges[0].items().unwrap();
    assert_eq!((range[0].int(), range[1].int()), (Some(0), Some(16383)), "{reply:?}");
    range[2..].iter().map(|node| node.items().unwrap()[1].int().unwrap()).collect()
}

fn info(cluster: &Cluster, asked: usize, name: &str) -> String {
    let text = cluster.nodes[asked].client().call(&["CLUSTER", "INFO"]).text().unwrap();
    text.lines().find_map(|line| line.strip_prefix(&format!("{name}:"))).unwrap().to_owned()
}

#[test]
fn the_leader_has_the_slots_and_whoever_leads_next_has_them_then() {
    let mut cluster = Cluster::start(3, FLAGS);
    let port = |cluster: &Cluster, node: usize| cluster.nodes[node].port();
    for leader in [1, 0] {
        cluster.transfer(leader);
        for asked in 0..3 {
            let is_led = || (slots(&cluster, asked)[0] == i64::from(port(&cluster, leader))).then_some(());
            until("the new leader to have the slots", is_led);
            assert_eq!(slots(&cluster, asked).len(), 3);
            for (at, flags, link, has_slots) in nodes(&cluster, asked) {
                let is_leader = at == port(&cluster, leader);
                let expected = (if is_leader { "master" } else { "slave" }, "connected", is_leader);
                assert_eq!((flags.as_str(), link.as_str(), has_slots), expected);
            }
            assert_eq!(info(&cluster, asked, "cluster_state"), "ok");
            // Nobody is sent elsewhere.
            let mut client = cluster.nodes[asked].client();
            assert_eq!(client.call(&["SET", "key", "value"]), Value::Simple(b"OK".to_vec()));
            assert_eq!(client.call(&["GET", "key"]).text().as_deref(), Some("value"));
        }
    }
    let term: u64 = info(&cluster, 1, "cluster_current_epoch").parse().unwrap();

    // While another one is elected the answer waits: the dead one is never shown as a master that lives.
    cluster.nodes[0].kill();
    let masters: Vec<String> = nodes(&cluster, 1).into_iter().filter(|node| node.3).map(|node| node.1).collect();
    assert_eq!(masters, ["master"]);
    let leader = cluster.leader_seen_by(1);
    assert_eq!(slots(&cluster, 1)[0], i64::from(port(&cluster, leader)));
    assert!(info(&cluster, 1, "cluster_current_epoch").parse::<u64>().unwrap() > term);
    let dead = port(&cluster, 0);
    let is_failed = || {
        let seen = nodes(&cluster, 1).into_iter().find(|node| node.0 == dead).unwrap();
        (seen.1 == "slave,fail" && seen.2 == "disconnected").then_some(())
    };
    until("the dead node to count as failed", is_failed);
    assert!(!slots(&cluster, 1).contains(&i64::from(dead)), "a failed replica is nobody's to read from");

    // Without a majority there is no leader, and the cluster says so.
    cluster.nodes[leader].kill();
    let lonely = 3 - leader;
    assert_eq!(info(&cluster, lonely, "cluster_state"), "fail");
    let last = nodes(&cluster, lonely).into_iter().find(|node| node.0 == port(&cluster, leader)).unwrap();
    assert_eq!((last.1.as_str(), last.3), ("master,fail", true));
}

#[test]
fn ids_stay_those_of_their_nodes_when_they_start_again() {
    let mut cluster = Cluster::start(3, FLAGS);
    let ids = |cluster: &Cluster| -> Vec<String> {
        (0..3).map(|node| cluster.nodes[node].client().call(&["CLUSTER", "MYID"]).text().unwrap()).collect()
    };
    let before = ids(&cluster);
    assert!(before[0] != before[1] && before[1] != before[2] && before.iter().all(|id| id.len() == 40), "{before:?}");
    cluster.nodes[1].kill();
    cluster.nodes[1].start_again();
    cluster.wait_ready(1);
    assert_eq!(ids(&cluster), before);
}
