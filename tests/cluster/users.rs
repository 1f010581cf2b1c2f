//! Users on three nodes: the same everywhere, kept over restarts, and what a node takes of them with a snapshot.

use crate::support::client::Client;
use crate::support::cluster::{Cluster, until};
use crate::support::process::Server;

fn text(client: &mut Client, line: &str) -> String {
    let value = client.line(line);
    value.int().map(|number| number.to_string()).or_else(|| value.text()).unwrap_or_else(|| "nil".into())
}

/// A connection of bob's; he may not be known there yet.
fn bob(node: &Server) -> Client {
    until("bob is known", || {
        let mut client = Client::connect(node.addr());
        (text(&mut client, "AUTH bob p") == "OK").then_some(client)
    })
}

fn refused(script: &str, client: &mut Client) -> bool {
    let answer = client.call(&["EVAL", script, "0"]).text().unwrap_or_default();
    answer.starts_with("ERR ACL failure in script")
}

#[test]
fn users_are_the_same_on_all_nodes_and_stay() {
    let mut cluster = Cluster::start(3, &[]);
    let mut admin = cluster.nodes[0].client();
    assert_eq!(text(&mut admin, "ACL SETUSER bob on >p ~a* +@all -get"), "OK");
    let closed = "return redis.call('SET', 'b', 1)";
    let open = "return redis.call('SET', 'a', redis.pcall('GET', 'a')['err'] or 'none')";
    for node in &cluster.nodes {
        let mut bob = bob(node);
        assert!(text(&mut bob, "GET a").starts_with("NOPERM User bob"));
        assert!(text(&mut bob, "SET b 1").starts_with("NOPERM No permissions"));
        assert!(refused(closed, &mut bob));
        assert_eq!(bob.call(&["EVAL", open, "0"]).text().as_deref(), Some("OK"));
    }
    // A script that a user has sent does the same on all nodes.
    cluster.wait_caught_up();
    cluster.check_digests();
    assert!(text(&mut admin, "GET a").contains("ACL failure"));

    // A restart, behind a snapshot.
    let away = (cluster.leader() + 1) % 3;
    assert!(!cluster.nodes[away].client().line("RAFT.SNAPSHOT").is_error());
    cluster.nodes[away].kill();
    cluster.nodes[away].start_again();
    cluster.wait_ready(away);
    assert!(text(&mut bob(&cluster.nodes[away]), "GET a").starts_with("NOPERM User bob"));

    // A node that comes later has them too.
    let new = cluster.join(&[]);
    cluster.wait_ready(new);
    assert!(refused(closed, &mut bob(&cluster.nodes[new])));

    // His connections end on every node.
    let connections: Vec<Client> = cluster.nodes.iter().map(bob).collect();
    let mut admin = cluster.nodes[new].client();
    assert_eq!(text(&mut admin, "ACL DELUSER bob"), "1");
    for mut connection in connections {
        assert_eq!(connection.read_to_close().unwrap(), b"");
    }
    cluster.wait_caught_up();
    cluster.check_digests();
}

/// The secret of the nodes stays what it was when clients get another password.
#[test]
fn a_password_that_changes_holds_on_every_node_and_keeps_no_node_out() {
    let mut cluster = Cluster::start(3, &["--requirepass", "secret"]);
    let away = (cluster.leader() + 1) % 3;
    assert_eq!(text(&mut cluster.nodes[0].client(), "CONFIG SET requirepass other"), "OK");
    let login = |node: &Server, password: &str| {
        let mut client = Client::connect(node.addr());
        text(&mut client, &format!("AUTH {password}"))
    };
    for node in &cluster.nodes {
        until("the new password holds", || (login(node, "other") == "OK").then_some(()));
        assert!(login(node, "secret").starts_with("WRONGPASS"));
    }
    cluster.nodes[away].kill();
    cluster.nodes[away].launch_again();
    until("the node is back with the new password", || {
        let mut client = Client::try_connect(cluster.nodes[away].addr()).ok()?;
        let is_in = text(&mut client, "AUTH other") == "OK";
        (is_in && text(&mut client, "GET a") == "nil").then_some(())
    });
    assert!(login(&cluster.nodes[away], "secret").starts_with("WRONGPASS"));
}
