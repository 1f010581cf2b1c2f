//! `--must-join`: a node that begins no cluster and waits to be called by RAFT.ADD.

use std::time::{Duration, Instant};

use crate::support::client::{Client, REPLY_TIMEOUT};
use crate::support::cluster::{Cluster, until};
use crate::support::ports::free_port;
use crate::support::process::Server;

/// A node with an empty directory that is started with `more` flags and not waited for.
pub fn launched(flags: &[&str], more: &[&str]) -> Server {
    let mut server = Server::lockstep(flags);
    server.kill();
    std::fs::remove_dir_all(server.data()).unwrap();
    server.flags_mut().extend(more.iter().map(ToString::to_string));
    server.launch_again();
    server
}

/// One that waits.
fn waiting(flags: &[&str]) -> Server {
    let server = launched(flags, &["--must-join"]);
    server.wait_log(0, "waiting to be called by RAFT.ADD");
    server
}

fn add(cluster: &mut Cluster, node: Server, learner: bool) {
    let addr = node.addr().to_string();
    add_by(cluster, node, &addr, learner);
}

/// Adds it by one of its addresses.
fn add_by(cluster: &mut Cluster, node: Server, addr: &str, learner: bool) {
    let mut command = vec!["RAFT.ADD", addr];
    if learner {
        command.push("LEARNER");
    }
    let reply = cluster.nodes[0].client().call(&command);
    assert!(!reply.is_error(), "{reply:?}");
    cluster.nodes.push(node);
    cluster.wait_ready(cluster.nodes.len() - 1);
}

/// Added as a learner it stays one, although it would make the number odd.
fn stays_a_learner(cluster: &Cluster, id: u64) {
    let lines = cluster.wait_lines("a learner by choice", |lines| {
        lines
            .iter()
            .any(|line| line.id == id && line.alive && line.lag < 50 && line.waits.contains("added as a learner"))
    });
    assert_eq!(lines.iter().filter(|line| line.voter).count(), 1, "{lines:?}");
}

#[test]
fn waiting_nodes_are_added_by_raft_add() {
    let flags = ["--requirepass", "secret"];
    let mut cluster = Cluster::start(1, &flags);
    let node = waiting(&flags);
    add(&mut cluster, node, false);
    add(&mut cluster, waiting(&flags), true);
    stays_a_learner(&cluster, 3);
    let reply = cluster.nodes[2].client().call(&["RAFT.PROMOTE", "3"]);
    assert!(!reply.is_error(), "{reply:?}");
    // Now two voters and one that waited for company.
    cluster.wait_voters(3);
    // Started again it needs nobody to call it.
    cluster.nodes[1].kill();
    cluster.nodes[1].start_again();
    cluster.wait_ready(1);
    cluster.check_digests();
}

/// The node says 127.0.0.1 of itself, or what it advertises; the operator types another name of it.
#[test]
fn a_node_is_added_by_any_of_its_names() {
    let mut cluster = Cluster::start(1, &[]);
    let first = waiting(&[]);
    let name = format!("localhost:{}", first.port());
    add_by(&mut cluster, first, &name, false);
    let second = waiting(&["--bind", "0.0.0.0", "--advertise", "localhost"]);
    let (addr, name) = (second.addr().to_string(), format!("localhost:{}", second.port()));
    add_by(&mut cluster, second, &addr, true);
    stays_a_learner(&cluster, 3);
    assert_eq!(cluster.lines(0)[2].addr, name);
    // It is one already, by any name; and nobody else is.
    let mut client = cluster.nodes[0].client();
    for again in [&addr, &name] {
        let reply = client.call(&["RAFT.ADD", again, "LEARNER"]);
        assert!(!reply.is_error(), "{reply:?}");
    }
    let stranger = Server::lockstep(&[]);
    let reply = client.call(&["RAFT.ADD", &stranger.addr().to_string()]).text().unwrap();
    assert!(reply.contains("belongs to another cluster"), "{reply}");
    assert_eq!(cluster.lines(0).len(), 3);
}

/// Whatever it was told before: the member that called it may be gone.
#[test]
fn a_node_joins_through_the_member_that_called_it_last() {
    let mut cluster = Cluster::start(1, &[]);
    let node = waiting(&[]);
    let nobody = format!("127.0.0.1:{}", free_port());
    assert!(!node.client().call(&["RAFT.INVITE", &nobody]).is_error());
    node.wait_log(0, "cannot join");
    add(&mut cluster, node, false);
}

/// As many connections as it takes, all of them silent: the member that calls gets in all the same.
#[test]
fn silent_strangers_keep_no_node_from_being_called() {
    for strangers in [3, 8] {
        let flags = ["--maxclients", "8", "--requirepass", "secret"];
        let mut cluster = Cluster::start(1, &flags);
        let node = waiting(&flags);
        let silent: Vec<_> = (0..strangers).map(|_| Client::connect(node.addr())).collect();
        // They have been accepted.
        assert_eq!(node.client().call(&["PING"]).text().as_deref(), Some("PONG"));
        let began = Instant::now();
        add(&mut cluster, node, false);
        drop(silent);
        assert!(began.elapsed() < REPLY_TIMEOUT);
    }
}

#[test]
fn raft_add_of_an_address_where_nobody_waits_is_refused() {
    let mut cluster = Cluster::start(1, &[]);
    let mut client = cluster.nodes[0].client();
    for wrong in ["nonsense", "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:0", ":7101", "::1:7101"] {
        assert!(client.call(&["RAFT.ADD", wrong]).text().unwrap().starts_with("ERR invalid address"), "{wrong}");
    }
    assert!(client.call(&["RAFT.ADD", "127.0.0.1:1", "NONSENSE"]).text().unwrap().contains("syntax error"));
    let mut late = Server::lockstep(&[]);
    late.kill();
    std::fs::remove_dir_all(late.data()).unwrap();
    let nobody = late.addr().to_string();
    let reply = client.call(&["RAFT.ADD", &nobody, "LEARNER"]).text().unwrap();
    assert!(
        reply.contains(&nobody) && reply.contains("has not joined yet") && reply.contains("--must-join"),
        "{reply}"
    );
    until("the cluster to go on", || (!client.call(&["SET", "key", "value"]).is_error()).then_some(()));
    assert_eq!(cluster.lines(0).len(), 1);
    // What was said of the address holds for the node that calls from there.
    late.flags_mut().extend(["--join".into(), cluster.nodes[0].addr().to_string()]);
    late.start_again();
    cluster.nodes.push(late);
    stays_a_learner(&cluster, 2);
}

/// A node that finds nobody to join ends when it is told to.
#[test]
fn a_node_that_waits_to_join_ends_by_sigterm() {
    for signal in ["TERM", "INT"] {
        let mut server = launched(&[], &["--join", &format!("127.0.0.1:{}", free_port())]);
        server.wait_log(0, "cannot join");
        server.signal(signal);
        let status = server.wait_exit(Duration::from_secs(10)).expect("an end");
        assert_eq!(status.code(), Some(0), "{}", server.log());
    }
}
