//! RAFT.REMOVE.

use std::time::Duration;

use crate::support::client::{Client, encode, words};
use crate::support::cluster::Cluster;
use crate::support::load::{Load, Tally};
use crate::support::value::Value;

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
fn follower_is_removed_and_exits() {
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
fn leader_is_removed_after_handing_over() {
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
fn removal_without_a_live_quorum_is_refused() {
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
fn last_voter_is_not_removed() {
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

fn send(client: &mut Client, commands: &[&str]) {
    let mut out = Vec::new();
    commands.iter().for_each(|command| encode(&mut out, &words(command)));
    client.send_raw(&out).unwrap();
}

/// The node with this place is asked to remove itself, in a pipeline, while others use it: each command of everybody has an answer, and an
/// honest one, before the connections close.
fn asked_of_itself(leads: bool) {
    let mut cluster = Cluster::start(3, &[]);
    let own = 2;
    cluster.transfer(if leads { own } else { 0 });
    let others = Load::start(cluster.nodes[0].addr(), 2, 1, "counter");
    let load = Load::start(cluster.nodes[own].addr(), 2, 8, "counter");
    load.wait_more(100);
    let mut idle = cluster.nodes[own].client();
    idle.call(&["PING"]);
    // It is answered when the node of that address has joined, which it never does.
    let mut later = cluster.nodes[own].client();
    send(&mut later, &["RAFT.ADD 127.0.0.1:1", "PING"]);

    let mut client = cluster.nodes[own].client();
    client.set_timeout(EXIT);
    // Nor does it read from a state that nobody keeps up any more.
    client.call(&["CLIENT", "CONSISTENCY", "local"]);
    send(&mut client, &["SET key 1", "RAFT.REMOVE 3", "PING", "GET key", "RAFT.PROMOTE 9", "SET key 2", "PING"]);
    let replies: Vec<Value> = (0..7).map(|_| client.read_reply().unwrap()).collect();
    assert_eq!(replies[..3], [Value::Simple("OK".into()), Value::Simple("OK".into()), Value::Simple("PONG".into())]);
    let code = |reply: &Value| reply.text().unwrap().split(' ').next().unwrap().to_owned();
    for reply in &replies[3..6] {
        assert!(reply.is_error() && code(reply) == "LOADING", "{replies:?}");
    }
    assert_eq!(replies[6], Value::Simple("PONG".into()));
    assert_eq!(client.read_to_close().unwrap(), b"");
    assert_eq!(code(&later.read_reply().unwrap()), "INDETERMINATE");
    assert_eq!(later.read_reply().unwrap(), Value::Simple("PONG".into()));
    assert_eq!(later.read_to_close().unwrap(), b"");
    assert_eq!(idle.read_to_close().unwrap(), b"");

    ends_as_removed(&mut cluster, own);
    assert!(cluster.lines(0).iter().all(|line| line.id != 3));
    assert_eq!(cluster.nodes[0].client().call(&["GET", "key"]).text().as_deref(), Some("1"));
    others.wait_more(20);
    let (others, own) = (Tally::sum(&others.finish()), Tally::sum(&load.finish()));
    assert_eq!(others.errors, Vec::<String>::new());
    let honest = ["LOADING", "INDETERMINATE", "the connection broke"];
    assert!(own.errors.iter().all(|error| honest.iter().any(|begin| error.starts_with(begin))), "{:?}", own.errors);
    let counter = cluster.nodes[0].client().call(&["GET", "counter"]).int().unwrap();
    let acknowledged = others.acknowledged + own.acknowledged;
    assert!(
        (acknowledged..=acknowledged + own.indeterminate()).contains(&counter),
        "{counter}, {acknowledged} {own:?}"
    );
    cluster.check_digests();
}

#[test]
fn removal_asked_of_the_follower_itself_is_answered() {
    asked_of_itself(false);
}

#[test]
fn removal_asked_of_the_leader_itself_is_answered() {
    asked_of_itself(true);
}

/// What CLIENT PAUSE holds back was not carried out, and is told so.
#[test]
fn commands_held_back_at_a_removed_node_are_answered() {
    let mut cluster = Cluster::start(3, &[]);
    cluster.transfer(0);
    let mut client = cluster.nodes[2].client();
    client.call(&["CLIENT", "PAUSE", "600000", "WRITE"]);
    let mut held = cluster.nodes[2].client();
    held.set_timeout(EXIT);
    send(&mut held, &["PING", "SET key 1", "GET key"]);
    assert_eq!(held.read_reply().unwrap(), Value::Simple("PONG".into()));
    client.set_timeout(EXIT);
    assert_eq!(client.call(&["RAFT.REMOVE", "3"]), Value::Simple("OK".into()));
    for _ in 0..2 {
        let reply = held.read_reply().unwrap();
        assert!(reply.text().unwrap().starts_with("LOADING"), "{reply:?}");
    }
    assert_eq!(held.read_to_close().unwrap(), b"");
    ends_as_removed(&mut cluster, 2);
    assert!(cluster.nodes[0].client().call(&["GET", "key"]).is_null());
}
