//! What clients are told of the cluster in Redis's terms: ROLE, INFO replication, HELLO and WAIT, at the leader and elsewhere.

use std::collections::BTreeMap;

use crate::support::cluster::{Cluster, until};
use crate::support::value::Value;

fn replication(cluster: &Cluster, node: usize) -> BTreeMap<String, String> {
    let text = cluster.nodes[node].client().call(&["INFO", "replication"]).text().unwrap();
    text.lines().filter_map(|line| line.split_once(':')).map(|(name, value)| (name.into(), value.into())).collect()
}

fn port(cluster: &Cluster, node: usize) -> String {
    cluster.nodes[node].port().to_string()
}

fn hello_role(cluster: &Cluster, node: usize) -> String {
    let pairs = cluster.nodes[node].client().call(&["HELLO"]).pairs().unwrap();
    pairs.iter().find(|(name, _)| name.text().as_deref() == Some("role")).unwrap().1.text().unwrap()
}

/// The ports that ROLE lists as replicas; None if it does not say master.
fn replicas(role: &Value) -> Option<Vec<String>> {
    let items = role.items()?;
    if items[0].text().as_deref() != Some("master") {
        return None;
    }
    assert!(items[1].int().unwrap() > 0, "{role:?}");
    let mut ports = Vec::new();
    for replica in items[2].items()? {
        let fields: Vec<String> = replica.items()?.iter().map(|field| field.text().unwrap()).collect();
        assert_eq!((fields.len(), fields[0].as_str()), (3, "127.0.0.1"), "{role:?}");
        assert!(fields[2].parse::<u64>().unwrap() > 0, "{role:?}");
        ports.push(fields[1].clone());
    }
    ports.sort();
    Some(ports)
}

fn is_master(cluster: &Cluster, node: usize, others: &[usize]) {
    let mut expected: Vec<String> = others.iter().map(|other| port(cluster, *other)).collect();
    expected.sort();
    until("the other members", || {
        (replicas(&cluster.nodes[node].client().call(&["ROLE"])).as_ref() == Some(&expected)).then_some(())
    });
    let info = replication(cluster, node);
    assert_eq!((info["role"].as_str(), info.get("master_host")), ("master", None), "{info:?}");
    assert_eq!(info["connected_slaves"], others.len().to_string(), "{info:?}");
    let mut ports = Vec::new();
    for n in 0..others.len() {
        let fields: BTreeMap<&str, &str> =
            info[&format!("slave{n}")].split(',').filter_map(|field| field.split_once('=')).collect();
        assert_eq!((fields["ip"], fields["state"]), ("127.0.0.1", "online"), "{info:?}");
        assert!(fields["offset"].parse::<u64>().unwrap() > 0, "{info:?}");
        ports.push(fields["port"].to_owned());
    }
    ports.sort();
    assert_eq!(ports, expected);
    assert_eq!(hello_role(cluster, node), "master");
}

fn is_replica_of(cluster: &Cluster, node: usize, leader: usize) {
    let role = cluster.nodes[node].client().call(&["ROLE"]);
    let items = role.items().unwrap();
    let words: Vec<Option<String>> = [0, 1, 3].iter().map(|at| items[*at].text()).collect();
    assert_eq!(words, ["slave", "127.0.0.1", "connected"].map(|word| Some(word.to_owned())), "{role:?}");
    assert_eq!(items[2].int(), Some(cluster.nodes[leader].port().into()), "{role:?}");
    assert!(items[4].int().unwrap() > 0, "{role:?}");
    let info = replication(cluster, node);
    for (name, value) in [
        ("role", "slave"),
        ("master_host", "127.0.0.1"),
        ("master_port", &port(cluster, leader)),
        ("master_link_status", "up"),
        ("slave_read_only", "0"),
        ("connected_slaves", "0"),
    ] {
        assert_eq!(info[name], value, "{name} in {info:?}");
    }
    assert_eq!(hello_role(cluster, node), "replica");
}

/// WAIT of one node: all other members that live hold the write; a dead one does not, and is not waited for beyond the timeout.
fn waits(cluster: &Cluster, node: usize, others: i64) {
    let mut client = cluster.nodes[node].client();
    assert_eq!(client.call(&["SET", "key", "value"]), Value::Simple(b"OK".to_vec()));
    assert_eq!(client.call(&["WAIT", &others.to_string(), "0"]).int(), Some(others));
    assert_eq!(client.call(&["WAIT", &(others + 1).to_string(), "100"]).int(), Some(others));
    let aof = client.call(&["WAITAOF", "1", &others.to_string(), "0"]);
    assert_eq!(aof.items().unwrap().iter().map(Value::int).collect::<Vec<_>>(), [Some(1), Some(others)]);
}

#[test]
fn the_leader_is_the_master_and_the_others_are_its_replicas() {
    let mut cluster = Cluster::start(3, &[]);
    for leader in [0, 2] {
        cluster.transfer(leader);
        cluster.wait_all_matched();
        for node in (0..3).filter(|node| *node != leader) {
            until("the new leader's name", || (cluster.leader_seen_by(node) == leader).then_some(()));
            is_replica_of(&cluster, node, leader);
        }
        let others: Vec<usize> = (0..3).filter(|node| *node != leader).collect();
        is_master(&cluster, leader, &others);
        (0..3).for_each(|node| waits(&cluster, node, 2));
    }

    // One of three is dead.
    cluster.nodes[0].kill();
    cluster.wait_lines("node 1 to count as dead", |lines| lines.iter().any(|line| line.id == 1 && !line.alive));
    is_master(&cluster, 2, &[1]);
    is_replica_of(&cluster, 1, 2);
    [1, 2].iter().for_each(|node| waits(&cluster, *node, 1));

    // The last one hears no leader: it says so, and that it knows of nobody who holds anything.
    cluster.nodes[2].kill();
    until("the lonely node to notice", || (replication(&cluster, 1)["master_link_status"] == "down").then_some(()));
    let role = cluster.nodes[1].client().call(&["ROLE"]);
    let items = role.items().unwrap();
    assert_eq!((items[0].text().unwrap(), items[3].text().unwrap()), ("slave".into(), "connect".into()), "{role:?}");
    assert_eq!(replication(&cluster, 1)["master_last_io_seconds_ago"], "-1");
    let persistence = cluster.nodes[1].client().call(&["INFO", "persistence"]).text().unwrap();
    assert!(persistence.contains("loading:1"), "{persistence}");
    assert_eq!(cluster.nodes[1].client().call(&["WAIT", "1", "100"]).int(), Some(0));
    [0, 2].iter().for_each(|node| cluster.nodes[*node].start_again());
    cluster.wait_ready(0);
    cluster.wait_caught_up();
    let leader = cluster.leader_seen_by(1);
    if leader != 1 {
        is_replica_of(&cluster, 1, leader);
    }
    cluster.check_digests();
}

/// `report-role master`: clients that write only to a master may write to any node.
#[test]
fn every_node_may_show_itself_as_a_master() {
    let cluster = Cluster::start(3, &["--report-role", "master"]);
    cluster.transfer(1);
    // A new leader does not know at once what each of the others has.
    cluster.wait_all_matched();
    for node in 0..3 {
        until("the leader's name", || (cluster.leader_seen_by(node) == 1).then_some(()));
        let others: Vec<usize> = (0..3).filter(|other| *other != node).collect();
        is_master(&cluster, node, &others);
        waits(&cluster, node, 2);
    }
    // What is about Raft itself stays true.
    let info = cluster.nodes[0].client().call(&["INFO", "raft"]).text().unwrap();
    assert!(info.contains("raft_role:follower") && info.contains("raft_leader_id:2"), "{info}");
}
