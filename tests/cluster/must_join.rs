//! `--must-join`: a node that begins no cluster and waits to be called by RAFT.ADD.

use std::time::Duration;

use crate::support::client::Client;
use crate::support::cluster::{Cluster, until};
use crate::support::ports::free_port;
use crate::support::process::Server;

/// A node with an empty directory that waits; it answers nothing yet.
fn waiting(flags: &[&str]) -> Server {
    let mut server = Server::lockstep(flags);
    server.kill();
    std::fs::remove_dir_all(server.data()).unwrap();
    server.flags_mut().push("--must-join".into());
    let from = server.log().len();
    server.launch_again();
    server.wait_log(from, "waiting to be called by RAFT.ADD");
    server
}

fn add(cluster: &mut Cluster, node: Server, learner: bool) {
    let addr = node.addr().to_string();
    let mut command = vec!["RAFT.ADD", &addr];
    if learner {
        command.push("LEARNER");
    }
    let reply = cluster.nodes[0].client().call(&command);
    assert!(!reply.is_error(), "{reply:?}");
    cluster.nodes.push(node);
    cluster.wait_ready(cluster.nodes.len() - 1);
}

#[test]
fn nodes_that_wait_are_added() {
    let flags = ["--requirepass", "secret"];
    let mut cluster = Cluster::start(1, &flags);
    let node = waiting(&flags);
    let told = Client::connect(node.addr()).call(&["SET", "key", "value"]).text().unwrap();
    assert!(told.contains("waits to be called by RAFT.ADD"), "{told}");
    add(&mut cluster, node, false);
    add(&mut cluster, waiting(&flags), true);
    // Added as a learner it stays one, although it would make the number odd.
    let lines = cluster.wait_lines("a learner by choice", |lines| {
        lines
            .iter()
            .any(|line| line.id == 3 && line.alive && line.lag < 50 && line.waits.contains("added as a learner"))
    });
    assert_eq!(lines.iter().filter(|line| line.voter).count(), 1, "{lines:?}");
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

#[test]
fn an_address_where_nobody_waits() {
    let cluster = Cluster::start(1, &[]);
    let mut client = cluster.nodes[0].client();
    for wrong in ["nonsense", "127.0.0.1", "127.0.0.1:99999"] {
        assert!(client.call(&["RAFT.ADD", wrong]).text().unwrap().starts_with("ERR invalid address"), "{wrong}");
    }
    assert!(client.call(&["RAFT.ADD", "127.0.0.1:1", "NONSENSE"]).text().unwrap().contains("syntax error"));
    let nobody = format!("127.0.0.1:{}", crate::support::ports::free_port());
    let reply = client.call(&["RAFT.ADD", &nobody]).text().unwrap();
    assert!(
        reply.contains(&nobody) && reply.contains("has not joined yet") && reply.contains("--must-join"),
        "{reply}"
    );
    until("the cluster to go on", || (!client.call(&["SET", "key", "value"]).is_error()).then_some(()));
    assert_eq!(cluster.lines(0).len(), 1);
}

/// A node that finds nobody to join ends when it is told to.
#[test]
fn a_node_that_waits_to_join_ends_by_sigterm() {
    for signal in ["TERM", "INT"] {
        let mut server = Server::lockstep(&[]);
        server.kill();
        std::fs::remove_dir_all(server.data()).unwrap();
        server.flags_mut().extend(["--join".into(), format!("127.0.0.1:{}", free_port())]);
        let from = server.log().len();
        server.launch_again();
        server.wait_log(from, "cannot join");
        server.signal(signal);
        let status = server.wait_exit(Duration::from_secs(10)).expect("an end");
        assert_eq!(status.code(), Some(0), "{}", server.log());
    }
}
