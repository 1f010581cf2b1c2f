//! The client port of a node that has not joined yet: what watches its health is answered, and all else that it has to be asked again.

use std::time::Duration;

use crate::must_join::launched;
use crate::support::client::Client;
use crate::support::cluster::Cluster;
use crate::support::ports::free_port;
use crate::support::process::Server;
use crate::support::value::Value;

const LOADING: &str = "LOADING no Raft leader elected, READONLY until then; command was not executed";

/// One that joins through a member that is not there.
fn joining(flags: &[&str]) -> Server {
    let server = launched(flags, &["--join", &format!("127.0.0.1:{}", free_port())]);
    server.wait_log(0, "cannot join");
    server
}

fn text(client: &mut Client, command: &[&str]) -> String {
    client.call(command).text().unwrap_or_default()
}

#[test]
fn a_node_that_joins_answers_what_it_can() {
    let node = joining(&[]);
    let mut client = node.client();
    assert_eq!(text(&mut client, &["PING"]), "PONG");
    let info = text(&mut client, &["INFO"]);
    for line in ["loading:1", "role:slave", "master_link_status:down", &format!("tcp_port:{}", node.port())] {
        assert!(info.lines().any(|found| found == line), "{line}: {info}");
    }
    let hello = client.call(&["HELLO", "3"]);
    assert!(matches!(hello, Value::Map(_)), "{hello:?}");
    let large = "x".repeat(100_000);
    for command in [
        &["GET", "key"][..],
        &["SET", "key", "value"],
        &["SET", "key", &large],
        &["EVAL", "return 1", "0"],
        &["WATCH", "key"],
        &["RAFT.NODES"],
        &["RAFT.ADD", "127.0.0.1:1"],
        &["RAFT.JOIN", "1", "127.0.0.1:1", "127.0.0.1:2"],
        &["DBSIZE"],
    ] {
        assert_eq!(text(&mut client, command), LOADING, "{:?}", &command[..1]);
    }
    // What stands behind it on the same connection is answered in its place.
    let replies = client.pipeline(&[vec!["PING"], vec!["MULTI"], vec!["SET", "k", "v"], vec!["EXEC"], vec!["PING"]]);
    let replies: Vec<_> = replies.iter().map(|reply| reply.text().unwrap()).collect();
    let aborted = "EXECABORT Transaction discarded because of previous errors.";
    assert_eq!(replies, ["PONG", "OK", LOADING, aborted, "PONG"]);
    assert_eq!(text(&mut client, &["QUIT"]), "OK");
    assert_eq!(client.read_to_close().unwrap(), b"");
}

#[test]
fn a_node_that_joins_asks_for_the_password() {
    let node = joining(&["--requirepass", "secret"]);
    let mut client = Client::connect(node.addr());
    for command in [&["PING"][..], &["INFO"], &["GET", "key"], &["RAFT.INVITE"], &["RAFT.INVITE", "127.0.0.1:1"]] {
        assert_eq!(text(&mut client, command), "NOAUTH Authentication required.", "{command:?}");
    }
    // What it may send before is small.
    client.send_raw(b"*2\r\n$3\r\nGET\r\n$20000\r\n").unwrap();
    assert_eq!(client.read_to_close().unwrap(), b"-ERR Protocol error: unauthenticated bulk length\r\n");
    let mut client = Client::connect(node.addr());
    assert!(text(&mut client, &["AUTH", "wrong"]).starts_with("WRONGPASS"));
    assert_eq!(text(&mut client, &["AUTH", "secret"]), "OK");
    assert_eq!((text(&mut client, &["PING"]), text(&mut client, &["GET", "key"])), ("PONG".into(), LOADING.into()));
}

/// It is answered by the node that has joined, in the session that it had.
#[test]
fn a_connection_goes_on_when_its_node_has_joined() {
    let mut cluster = Cluster::start(1, &[]);
    assert!(!cluster.nodes[0].client().call(&["SET", "key", "value"]).is_error());
    let node = launched(&[], &["--must-join"]);
    node.wait_log(0, "waiting to be called");
    let mut client = node.client();
    let hello = client.call(&["HELLO", "3", "SETNAME", "early"]);
    assert_eq!(text(&mut client, &["GET", "key"]), LOADING);
    let reply = cluster.nodes[0].client().call(&["RAFT.ADD", &node.addr().to_string()]);
    assert!(!reply.is_error(), "{reply:?}");
    cluster.nodes.push(node);
    cluster.wait_ready(1);
    assert_eq!(text(&mut client, &["GET", "key"]), "value");
    assert_eq!(text(&mut client, &["SET", "key", "again"]), "OK");
    assert_eq!(text(&mut client, &["CLIENT", "GETNAME"]), "early");
    assert_eq!(client.call(&["HELLO"]), hello, "the same connection of the same server");
    // A later one has an id of the node's range, an earlier one none of any node's.
    let id = |client: &mut Client| client.call(&["CLIENT", "ID"]).int().unwrap() >> 32;
    assert_eq!((id(&mut client), id(&mut cluster.nodes[1].client())), (0, 2));
}

/// A client may stop it, as a signal does.
#[test]
fn a_node_that_joins_ends_by_shutdown() {
    let mut node = joining(&[]);
    let mut client = node.client();
    client.send_raw(b"SHUTDOWN\r\n").unwrap();
    assert_eq!(client.read_to_close().unwrap(), b"");
    let status = node.wait_exit(Duration::from_secs(10)).expect("an end");
    assert_eq!(status.code(), Some(0), "{}", node.log());
}
