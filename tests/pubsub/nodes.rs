//! Subscribers on three nodes: all see one order without a gap, whatever becomes of leaders.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::support::client::Client;
use crate::support::cluster::{Cluster, until};
use crate::support::value::Value;

fn subscribe(cluster: &Cluster, node: usize, words: &[&str]) -> Client {
    let mut client = cluster.nodes[node].client();
    client.set_timeout(Duration::from_secs(60));
    let confirmed = client.call(words);
    assert!(matches!(&confirmed, Value::Array(parts) if parts.len() == 3), "{confirmed:?}");
    client
}

/// A number of INFO raft.
fn info(client: &mut Client, field: &str) -> u64 {
    let text = client.call(&["INFO", "raft"]).text().unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':')).unwrap();
    line.parse().unwrap()
}

/// The next message's text.
fn message(client: &mut Client) -> String {
    match client.read_reply().unwrap() {
        Value::Array(parts) => parts.last().unwrap().text().unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_message_reaches_subscribers_of_all_nodes_and_is_counted() {
    let cluster = Cluster::start(3, &[]);
    let mut subscribers: Vec<Client> = (0..3).map(|node| subscribe(&cluster, node, &["SUBSCRIBE", "a"])).collect();
    subscribers.push(subscribe(&cluster, 1, &["PSUBSCRIBE", "?"]));
    for node in 0..3 {
        let mut publisher = cluster.nodes[node].client();
        assert_eq!(publisher.call(&["PUBLISH", "a", &format!("from {node}")]), Value::Int(4));
        let counts = publisher.call(&["PUBSUB", "NUMSUB", "a"]);
        assert_eq!(counts, Value::Array(vec![Value::Bulk(b"a".to_vec()), Value::Int(3)]));
        for subscriber in &mut subscribers {
            assert_eq!(message(subscriber), format!("from {node}"));
        }
    }
    cluster.check_digests();
}

/// The publisher goes from node to node while leaders are killed; one whose message may have been sent sends the next.
#[test]
fn subscribers_of_surviving_nodes_see_one_order_without_a_gap_when_leaders_are_killed() {
    let mut cluster = Cluster::start(3, &[]);
    cluster.transfer(2);
    let mut subscribers: Vec<Client> = (0..2).map(|node| subscribe(&cluster, node, &["SUBSCRIBE", "a"])).collect();
    let (mut sent, mut acknowledged) = (0, BTreeSet::new());
    for round in 0..3 {
        for step in 0..40 {
            if step == 20 {
                cluster.nodes[2].kill();
            }
            let node = (step + round) % 2;
            let mut publisher = cluster.nodes[node].client();
            publisher.set_timeout(Duration::from_secs(60));
            if publisher.call(&["PUBLISH", "a", &sent.to_string()]).int().is_some_and(|count| count >= 2) {
                acknowledged.insert(sent.to_string());
            }
            sent += 1;
        }
        cluster.nodes[2].start_again();
        cluster.wait_ready(2);
        cluster.transfer(2);
    }
    assert!(acknowledged.len() > 60, "{} of {sent}", acknowledged.len());
    until("the end", || {
        let end = cluster.nodes[0].client().call(&["PUBLISH", "a", "end"]);
        (end == Value::Int(2)).then_some(())
    });
    let mut seen = subscribers.iter_mut().map(|subscriber| {
        let mut seen = Vec::new();
        while seen.last().map(String::as_str) != Some("end") {
            seen.push(message(subscriber));
        }
        seen.pop();
        seen
    });
    let (first, second) = (seen.next().unwrap(), seen.next().unwrap());
    assert_eq!(first, second, "one order");
    let numbers: Vec<usize> = first.iter().map(|text| text.parse().unwrap()).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "each once, in the order of the publisher: {numbers:?}");
    let missed: Vec<_> = acknowledged.iter().filter(|text| !first.contains(text)).collect();
    assert!(missed.is_empty(), "acknowledged and not seen: {missed:?}");
    cluster.wait_all_matched();
    cluster.check_digests();
}

/// A node that was away so long that its boot ended: the messages of that time come, and its subscribers count again.
#[test]
fn an_absent_node_makes_up_for_its_messages_and_counts_its_subscribers_again() {
    let cluster = Cluster::start(3, &["--node-timeout-ms", "1000"]);
    cluster.transfer(0);
    let mut away = subscribe(&cluster, 2, &["SUBSCRIBE", "a"]);
    let mut publisher = cluster.nodes[1].client();
    assert_eq!(publisher.call(&["PUBLISH", "a", "first"]), Value::Int(1));
    cluster.nodes[2].signal("STOP");
    let mut sent = vec!["first".to_owned()];
    let mut publish = |publisher: &mut Client| {
        let text = format!("message {}", sent.len());
        let count = publisher.call(&["PUBLISH", "a", &text]).int();
        sent.push(text);
        count
    };
    until("the end of its boot", || (publish(&mut publisher) == Some(0)).then_some(()));
    cluster.nodes[2].signal("CONT");
    until("its subscriber to count again", || (publish(&mut publisher) == Some(1)).then_some(()));
    for text in sent {
        assert_eq!(message(&mut away), text);
    }
    cluster.check_digests();
}

/// The most bytes that the two sockets of a connection hold.
fn buffered_max() -> usize {
    let max_of = |name: &str| -> usize {
        let sizes = std::fs::read_to_string(format!("/proc/sys/net/ipv4/{name}")).unwrap();
        sizes.split_whitespace().nth(2).unwrap().parse().unwrap()
    };
    max_of("tcp_rmem") + max_of("tcp_wmem")
}

/// One that was brought up to date by a snapshot cannot say what it missed: the connection is closed.
#[test]
fn subscribers_of_a_node_that_a_snapshot_took_over_messages_are_closed() {
    let cluster = Cluster::start(3, &["--node-timeout-ms", "1000", "--log-keep", "1mb"]);
    cluster.transfer(0);
    let mut away = subscribe(&cluster, 2, &["SUBSCRIBE", "a"]);
    let mut stays = subscribe(&cluster, 1, &["SUBSCRIBE", "a"]);
    cluster.nodes[2].signal("STOP");
    let mut client = cluster.nodes[0].client();
    let text = "x".repeat(2_000_000);
    // What lies in the buffers of sockets reaches the node after all, whatever the log has lost: so this is more than those hold.
    for _ in 0..buffered_max() / text.len() + 10 {
        client.call(&["SET", "large", &text]);
    }
    client.call(&["PUBLISH", "a", "missed"]);
    let published = info(&mut client, "raft_last_log_index");
    for _ in 0..3 {
        client.call(&["SET", "large", &text]);
    }
    until("a log without the message", || {
        let purged = (0..2).filter(|node| {
            let mut client = cluster.nodes[*node].client();
            client.call(&["RAFT.SNAPSHOT"]);
            info(&mut client, "raft_first_log_index") > published
        });
        (purged.count() == 2).then_some(())
    });
    cluster.nodes[2].signal("CONT");
    let rest = away.read_to_close().unwrap();
    assert!(!String::from_utf8_lossy(&rest).contains("missed"), "it was no snapshot");
    assert_eq!(message(&mut stays), "missed");
    until("one subscriber", || (client.call(&["PUBLISH", "a", "end"]) == Value::Int(1)).then_some(()));
}
