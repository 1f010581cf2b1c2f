//! Waits over three nodes: anybody serves anybody, and no leader change loses a wait or serves it twice.

use std::time::Duration;

use crate::stage::{granted, wait, wait_blocked};
use crate::support::client::Client;
use crate::support::cluster::{Cluster, until};
use crate::support::value::Value;

fn popped(key: &str, element: &str) -> Value {
    Value::Array(vec![Value::Bulk(key.into()), Value::Bulk(element.into())])
}

#[test]
fn a_wait_outlives_the_leader() {
    let mut cluster = Cluster::start(3, &[]);
    cluster.transfer(2);
    let mut waiting = wait(&cluster.nodes[0], "BLPOP k 0");
    let mut timed = wait(&cluster.nodes[0], "BLPOP nothing 3");
    wait_blocked(&cluster.nodes[0], 2);
    cluster.nodes[2].kill();
    let pushed = cluster.nodes[1].client().line("RPUSH k a b");
    assert_eq!(pushed, Value::Int(2));
    assert_eq!(waiting.read_reply().unwrap(), popped("k", "a"));
    assert_eq!(timed.read_reply().unwrap(), Value::NullArray, "the new leader ticks");
    assert_eq!(cluster.nodes[0].client().line("LRANGE k 0 -1"), Value::Array(vec![Value::Bulk(b"b".to_vec())]));
    cluster.nodes[2].start_again();
    cluster.wait_ready(2);
    cluster.wait_all_matched();
    cluster.check_digests();
}

#[test]
fn a_client_is_unblocked_and_its_wait_ends_from_any_node() {
    let mut cluster = Cluster::start(3, &[]);
    let mut client = cluster.nodes[1].client();
    let id = client.line("CLIENT ID").int().unwrap().to_string();
    client.send_line("BLPOP k 0");
    wait_blocked(&cluster.nodes[1], 1);
    assert_eq!(cluster.nodes[2].client().call(&["CLIENT", "UNBLOCK", &id, "ERROR"]), Value::Int(1));
    let error = client.read_reply().unwrap();
    assert_eq!(error, Value::Error(b"UNBLOCKED client unblocked via CLIENT UNBLOCK".to_vec()));
    // Of a node that was killed nobody takes anything once it has started again.
    let _lost = wait(&cluster.nodes[1], "BLPOP k 0");
    wait_blocked(&cluster.nodes[1], 1);
    cluster.nodes[1].kill();
    cluster.nodes[1].start_again();
    cluster.wait_ready(1);
    until("the new boot", || {
        (cluster.nodes[1].client().line("SET x y") == Value::Simple(b"OK".to_vec())).then_some(())
    });
    assert_eq!(cluster.nodes[0].client().line("RPUSH k a"), Value::Int(1));
    assert_eq!(cluster.nodes[2].client().line("LLEN k"), Value::Int(1));
    cluster.check_digests();
}

/// A node that stays away loses its waits; back again, it tells its clients.
#[test]
fn an_absent_node_has_its_waits_ended_and_says_so() {
    let cluster = Cluster::start(3, &["--node-timeout-ms", "1000"]);
    cluster.transfer(0);
    let mut waiting = wait(&cluster.nodes[2], "BLPOP k 0");
    wait_blocked(&cluster.nodes[2], 1);
    cluster.nodes[2].signal("STOP");
    // Its waiter goes in front of ours until it counts as gone.
    let mut other = wait(&cluster.nodes[1], "BLPOP k 0");
    until("the absence to be noted", || cluster.nodes[0].log().contains("a node is absent").then_some(()));
    wait_blocked(&cluster.nodes[1], 1);
    assert_eq!(cluster.nodes[0].client().line("RPUSH k a"), Value::Int(1));
    assert_eq!(other.read_reply().unwrap(), popped("k", "a"));
    cluster.nodes[2].signal("CONT");
    let text = waiting.read_reply().unwrap().text().unwrap_or_default();
    assert_eq!(text, "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)");
    assert_eq!(cluster.nodes[2].client().line("RPUSH k b"), Value::Int(1), "under a new boot");
    cluster.wait_all_matched();
    cluster.check_digests();
}

/// Without a majority no entry ends the wait: whether it was served is unknown, and afterwards it takes nothing.
#[test]
fn a_wait_that_is_overdue_without_a_majority_is_unknown_and_cancelled() {
    let mut cluster = Cluster::start(3, &["--write-timeout-ms", "500"]);
    cluster.transfer(1);
    let mut overdue = cluster.nodes[0].client();
    let id = overdue.line("CLIENT ID").int().unwrap().to_string();
    overdue.send_line("BLPOP k 1");
    let mut endless = wait(&cluster.nodes[0], "BLPOP k 0");
    wait_blocked(&cluster.nodes[0], 2);
    [1, 2].iter().for_each(|node| cluster.nodes[*node].kill());
    let text = overdue.read_reply().unwrap().text().unwrap_or_default();
    assert!(text.starts_with("INDETERMINATE the outcome of this command is unknown"), "{text}");
    let text = overdue.line("BLPOP k 0").text().unwrap_or_default();
    assert!(text.starts_with("LOADING") || text.starts_with("INDETERMINATE"), "{text}");
    for node in [1, 2] {
        cluster.nodes[node].start_again();
        cluster.wait_ready(node);
    }
    let mut control = cluster.nodes[1].client();
    until("the end of its wait", || (control.call(&["CLIENT", "UNBLOCK", &id]) == Value::Int(0)).then_some(()));
    assert_eq!(cluster.nodes[1].client().line("RPUSH k a b"), Value::Int(2));
    assert_eq!(endless.read_reply().unwrap(), popped("k", "a"));
    assert_eq!(cluster.nodes[2].client().line("LLEN k"), Value::Int(1));
    cluster.wait_all_matched();
    cluster.check_digests();
}

#[test]
fn a_graceful_stop_ends_the_waits_of_its_clients() {
    let mut cluster = Cluster::start(3, &[]);
    let mut waiting = wait(&cluster.nodes[2], "BLPOP k 0");
    wait_blocked(&cluster.nodes[2], 1);
    cluster.nodes[2].signal("TERM");
    let text = waiting.read_reply().unwrap().text().unwrap_or_default();
    assert!(text.starts_with("UNBLOCKED force unblock from blocking operation"), "{text}");
    assert!(cluster.nodes[2].wait_exit(Duration::from_secs(20)).is_some_and(|status| status.success()));
    assert_eq!(cluster.nodes[0].client().line("RPUSH k a"), Value::Int(1));
    assert_eq!(cluster.nodes[1].client().line("LLEN k"), Value::Int(1));
}

#[test]
fn a_lock_goes_down_its_queue_through_the_end_of_its_holder_its_leader_and_a_client() {
    let mut cluster = Cluster::start(3, &[]);
    cluster.transfer(2);
    let token = |reply: Value| granted(&reply).0;
    let first = token(cluster.nodes[0].client().line("LOCK.ACQUIRE l a PX 5000"));
    let gone = wait(&cluster.nodes[1], "LOCK.ACQUIRE l gone PX 60000 WAIT 0");
    wait_blocked(&cluster.nodes[1], 1);
    let mut second = wait(&cluster.nodes[0], "LOCK.ACQUIRE l b PX 60000 WAIT 0");
    wait_blocked(&cluster.nodes[0], 1);
    let mut third = wait(&cluster.nodes[1], "LOCK.ACQUIRE l c PX 60000 WAIT 0");
    wait_blocked(&cluster.nodes[1], 2);
    drop(gone);
    cluster.nodes[2].kill();
    // Nobody else sends anything: the new leader ticks when the hold ends.
    let second = token(second.read_reply().unwrap());
    assert!(second > first);
    let mut client = cluster.nodes[0].client();
    assert!(client.call(&["LOCK.GUARD", "l", &first.to_string(), "SET", "k", "late"]).is_error());
    assert!(!client.call(&["LOCK.GUARD", "l", &second.to_string(), "SET", "k", "v"]).is_error());
    // Behind it in the queue, and still unanswered.
    wait_blocked(&cluster.nodes[1], 1);
    assert_eq!(client.line("LOCK.RELEASE l b"), Value::Int(1));
    assert!(token(third.read_reply().unwrap()) > second);
    cluster.nodes[2].start_again();
    cluster.wait_ready(2);
    cluster.wait_all_matched();
    cluster.check_digests();
}

/// Readers of a stream stand on all nodes, and the one leader goes: each reader gets every entry once, each entry one consumer.
#[test]
fn streams_wake_readers_on_every_node_and_one_consumer() {
    let mut cluster = Cluster::start(3, &[]);
    cluster.transfer(2);
    let mut client = cluster.nodes[1].client();
    assert!(!client.line("XGROUP CREATE s g $ MKSTREAM").is_error());
    let mut readers = [0, 1].map(|node| wait(&cluster.nodes[node], "XREAD BLOCK 0 STREAMS s $"));
    let mut consumers: Vec<Client> = Vec::new();
    for (node, name) in [(0, "a"), (1, "b")] {
        let line = format!("XREADGROUP GROUP g {name} BLOCK 0 STREAMS s >");
        consumers.push(wait(&cluster.nodes[node], &line));
        wait_blocked(&cluster.nodes[node], 2);
    }
    cluster.nodes[2].kill();
    let first = client.line("XADD s * n 1");
    let second = client.line("XADD s * n 2");
    let entry = |id: &Value, n: &str| {
        let fields = Value::Array(["n", n].map(|text| Value::Bulk(text.into())).to_vec());
        let entries = Value::Array(vec![Value::Array(vec![id.clone(), fields])]);
        Value::Array(vec![Value::Array(vec![Value::Bulk(b"s".to_vec()), entries])])
    };
    for reader in &mut readers {
        assert_eq!(reader.read_reply().unwrap(), entry(&first, "1"));
    }
    let mut got: Vec<Value> = consumers.iter_mut().map(|consumer| consumer.read_reply().unwrap()).collect();
    got.sort();
    let mut expected = vec![entry(&first, "1"), entry(&second, "2")];
    expected.sort();
    assert_eq!(got, expected, "each entry went to one of them");
    let pending = client.line("XPENDING s g");
    assert_eq!(pending.items().unwrap()[0], Value::Int(2));
    cluster.nodes[2].start_again();
    cluster.wait_ready(2);
    cluster.wait_all_matched();
    assert_eq!(cluster.nodes[2].client().line("XPENDING s g"), pending);
    cluster.check_digests();
}

/// The leader goes between the elements: nothing is moved before there are enough, and then all at once, for one of those who wait.
#[test]
fn a_wait_for_several_elements_outlives_the_leader() {
    let mut cluster = Cluster::start(3, &[]);
    cluster.transfer(2);
    let mut waiting = wait(&cluster.nodes[0], "BLMOVEM s t LEFT RIGHT 0 EXACTLY 3 BULK");
    let mut one = wait(&cluster.nodes[1], "BLMOVEM one t LEFT RIGHT 0 COUNT 3 OBO");
    wait_blocked(&cluster.nodes[0], 1);
    wait_blocked(&cluster.nodes[1], 1);
    let elements = |names: &[&str]| Value::Array(names.iter().map(|name| Value::Bulk((*name).into())).collect());
    assert_eq!(cluster.nodes[2].client().line("RPUSH s a b"), Value::Int(2));
    cluster.nodes[2].kill();
    let mut client = cluster.nodes[1].client();
    assert_eq!(client.line("LLEN s"), Value::Int(2), "nothing is moved before");
    assert_eq!(client.line("RPUSH one x"), Value::Int(1));
    assert_eq!(one.read_reply().unwrap(), elements(&["x"]));
    wait_blocked(&cluster.nodes[0], 1);
    assert_eq!(client.line("RPUSH s c d"), Value::Int(4));
    assert_eq!(waiting.read_reply().unwrap(), elements(&["a", "b", "c"]));
    assert_eq!(client.line("LRANGE t 0 -1"), elements(&["x", "a", "b", "c"]));
    cluster.nodes[2].start_again();
    cluster.wait_ready(2);
    cluster.wait_all_matched();
    assert_eq!(cluster.nodes[2].client().line("LRANGE s 0 -1"), elements(&["d"]));
    cluster.check_digests();
}
