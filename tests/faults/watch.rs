//! WATCH and EXEC on any node, over a leader change.

use crate::support::client::{Client, encode};
use crate::support::cluster::{Cluster, until};
use crate::support::value::Value;

fn watch(client: &mut Client, key: &str) {
    let reply = client.call(&["WATCH", key]);
    assert!(!reply.is_error(), "{reply:?}");
}

fn exec(client: &mut Client, key: &str, value: &str) -> Value {
    let commands = [vec!["MULTI"], vec!["SET", key, value], vec!["GET", key], vec!["EXEC"]];
    client.pipeline(&commands).pop().unwrap()
}

/// With one connection to each of `nodes`: EXEC runs if nobody touched the watched key, and does not if somebody did; nor if somebody made
/// a key that was absent, and removed it again before or behind `change`.
fn over(cluster: &mut Cluster, nodes: &[usize], change: impl Fn(&mut Cluster)) {
    let mut clients: Vec<Client> = nodes.iter().map(|node| cluster.nodes[*node].client()).collect();
    let keys: Vec<(String, String)> =
        nodes.iter().map(|node| (format!("same:{node}"), format!("other:{node}"))).collect();
    for (same, other) in &keys {
        clients[0].call(&["SET", same, "1"]);
        clients[0].call(&["SET", other, "1"]);
    }
    // Absent keys can be watched too.
    for (client, (same, _)) in clients.iter_mut().zip(&keys) {
        watch(client, same);
        watch(client, "absent");
    }
    let mut rivals: Vec<Client> = nodes.iter().map(|node| cluster.nodes[*node].client()).collect();
    for (rival, (_, other)) in rivals.iter_mut().zip(&keys) {
        watch(rival, other);
    }
    let made: Vec<String> =
        nodes.iter().flat_map(|node| [format!("before:{node}"), format!("behind:{node}")]).collect();
    let of_nodes = nodes.iter().flat_map(|node| [node, node]);
    let mut absent: Vec<(Client, &String)> =
        of_nodes.zip(&made).map(|(node, key)| (cluster.nodes[*node].client(), key)).collect();
    absent.iter_mut().for_each(|(client, key)| watch(client, key));
    let come_and_go = |client: &mut Client, when: &str| {
        for key in made.iter().filter(|key| key.starts_with(when)) {
            client.call(&["SET", key, "1"]);
            assert_eq!(client.call(&["DEL", key]), Value::Int(1));
        }
    };
    come_and_go(&mut clients[0], "before");
    change(cluster);
    come_and_go(&mut clients[0], "behind");
    for (client, key) in &mut absent {
        assert!(exec(client, key, "mine").is_null(), "{key} came and went");
        assert!(client.call(&["GET", key]).is_null());
        // Nobody touches it from here on.
        watch(client, key);
        assert!(exec(client, key, "mine").items().is_some(), "{key} was absent all along");
        client.call(&["DEL", key]);
    }
    for ((client, rival), (same, other)) in clients.iter_mut().zip(&mut rivals).zip(&keys) {
        let done = exec(client, same, "mine");
        assert_eq!(done, Value::Array(vec![Value::Simple(b"OK".to_vec()), Value::Bulk(b"mine".to_vec())]));
        client.call(&["SET", other, "theirs"]);
        assert!(exec(rival, other, "mine").is_null(), "a changed key has to stop EXEC");
        assert_eq!(client.call(&["GET", other]), Value::Bulk(b"theirs".to_vec()));
    }
}

#[test]
fn exec_is_right_after_the_lead_was_handed_over() {
    let mut cluster = Cluster::start(3, &[]);
    for to in [1, 2, 0] {
        over(&mut cluster, &[0, 1, 2], |cluster| cluster.transfer(to));
    }
    cluster.check_digests();
}

#[test]
fn exec_is_right_after_the_leader_was_killed() {
    let mut cluster = Cluster::start(3, &[]);
    for victim in [1, 2, 0] {
        cluster.transfer(victim);
        let rest: Vec<usize> = (0..3).filter(|node| *node != victim).collect();
        over(&mut cluster, &rest, |cluster| cluster.nodes[victim].kill());
        cluster.nodes[victim].start_again();
        cluster.wait_ready(victim);
        cluster.wait_caught_up();
    }
    let mut client = cluster.nodes[0].client();
    until("all nodes to be there", || (!client.call(&["PING"]).is_error()).then_some(()));
    cluster.check_digests();
}

fn send(client: &mut Client, commands: &[&[&str]]) {
    let mut request = Vec::new();
    commands.iter().for_each(|command| encode(&mut request, command));
    client.send_raw(&request).unwrap();
}

fn is_loading(client: &mut Client) -> bool {
    matches!(client.read_reply().unwrap(), Value::Error(text) if text.starts_with(b"LOADING"))
}

/// What a snapshot holds is enough to judge by: a node that starts from one decides as those that do not.
#[test]
fn exec_on_an_absent_key_is_right_over_snapshots_and_restarts() {
    let mut cluster = Cluster::start(3, &[]);
    cluster.transfer(0);
    let (mut absent, mut gone) = (cluster.nodes[0].client(), cluster.nodes[0].client());
    watch(&mut absent, "absent");
    watch(&mut gone, "gone");
    let mut other = cluster.nodes[1].client();
    other.call(&["SET", "gone", "1"]);
    other.call(&["DEL", "gone"]);
    cluster.wait_caught_up();
    for node in [1, 2] {
        let reply = cluster.nodes[node].client().call(&["RAFT.SNAPSHOT"]);
        assert!(!reply.is_error(), "{reply:?}");
        cluster.nodes[node].kill();
        cluster.nodes[node].start_again();
        cluster.wait_ready(node);
        cluster.wait_caught_up();
    }
    assert!(exec(&mut gone, "gone", "mine").is_null(), "it came and went");
    assert!(exec(&mut absent, "absent", "mine").items().is_some(), "it was absent all along");
    for node in &cluster.nodes {
        let mut client = node.client();
        assert!(client.call(&["GET", "gone"]).is_null());
        assert_eq!(client.call(&["GET", "absent"]), Value::Bulk(b"mine".to_vec()));
    }
    cluster.check_digests();
}

/// Without a quorum WATCH is told LOADING: nothing that was sent with it runs when the quorum returns, and no transaction runs
/// without its guard.
#[test]
fn a_watch_that_timed_out_lets_nothing_run() {
    let cluster = Cluster::start(3, &[]);
    let mut clients: Vec<Client> = (0..3).map(|_| cluster.nodes[0].client()).collect();
    let [pipeline, behind, alone] = clients.as_mut_slice() else { unreachable!() };
    cluster.nodes[1].signal("STOP");
    cluster.nodes[2].signal("STOP");
    send(pipeline, &[&["WATCH", "key"], &["INCR", "counter"], &["MULTI"], &["INCR", "counter"], &["EXEC"]]);
    send(behind, &[&["GET", "counter"], &["WATCH", "key"]]);
    send(alone, &[&["WATCH", "key"]]);
    // When the last one's time is over, so is the first one's.
    assert!(is_loading(alone));
    cluster.nodes[1].signal("CONT");
    cluster.nodes[2].signal("CONT");
    assert!(is_loading(pipeline), "WATCH");
    assert!(is_loading(pipeline), "INCR behind it");
    assert_eq!(pipeline.read_reply().unwrap(), Value::Simple(b"OK".to_vec()));
    assert_eq!(pipeline.read_reply().unwrap(), Value::Simple(b"QUEUED".to_vec()));
    assert!(is_loading(pipeline), "EXEC");
    assert!(is_loading(behind) && is_loading(behind), "GET and WATCH");
    cluster.wait_caught_up();
    for client in [alone, behind] {
        watch(client, "another key");
        let refused = exec(client, "key", "unguarded");
        assert!(matches!(&refused, Value::Error(text) if text.starts_with(b"EXECABORT")), "{refused:?}");
        assert!(exec(client, "key", "not watched").items().is_some(), "the refused EXEC has forgotten the WATCH");
    }
    assert!(pipeline.call(&["GET", "counter"]).is_null());
    cluster.check_digests();
}
