//! What ends subscriptions, and what is shown of those who have some.

use std::time::Duration;

use crate::stage::Stage;
use crate::support::client::Client;
use crate::support::process::Server;
use crate::support::value::Value;

fn numsub(client: &mut Client, channel: &str) -> i64 {
    match client.call(&["PUBSUB", "NUMSUB", channel]) {
        Value::Array(parts) => parts[1].int().unwrap(),
        other => panic!("{other:?}"),
    }
}

fn wait_numsub(client: &mut Client, channel: &str, count: i64) {
    crate::support::cluster::until("the count of subscribers", || (numsub(client, channel) == count).then_some(()));
}

#[test]
fn who_leaves_or_is_killed_counts_no_longer() {
    let server = Server::lockstep(&[]);
    let mut stage = Stage::new(&server, 3);
    for actor in 0..3 {
        stage.act(actor, &[vec!["SUBSCRIBE", "a"]]);
    }
    let mut control = server.client();
    assert_eq!(numsub(&mut control, "a"), 3);
    let list = control.call(&["CLIENT", "LIST", "TYPE", "pubsub"]).text().unwrap();
    assert_eq!(list.lines().count(), 3, "{list}");
    assert!(list.lines().all(|line| line.contains(" flags=P ") && line.contains(" sub=1 psub=0 ssub=0 ")), "{list}");
    let normal = control.call(&["CLIENT", "LIST", "TYPE", "normal"]).text().unwrap();
    assert!(!normal.contains("flags=P"), "{normal}");
    stage.actor(0).stream().shutdown(std::net::Shutdown::Both).unwrap();
    wait_numsub(&mut control, "a", 2);
    let id = list.lines().last().unwrap().split(' ').next().unwrap().strip_prefix("id=").unwrap().to_owned();
    assert_eq!(control.call(&["CLIENT", "KILL", "ID", &id]), Value::Int(1));
    wait_numsub(&mut control, "a", 1);
    assert_eq!(control.call(&["PUBLISH", "a", "x"]), Value::Int(1));
    let info = control.call(&["INFO", "stats"]).text().unwrap();
    assert!(info.contains("pubsub_channels:1\r\npubsub_patterns:0\r\npubsubshard_channels:0\r\n"), "{info}");
}

#[test]
fn a_subscriber_that_does_not_read_is_closed_and_the_others_are_not() {
    let server = Server::lockstep(&[]);
    let mut stage = Stage::new(&server, 2);
    let mut control = server.client();
    control.call(&["CONFIG", "SET", "client-output-buffer-limit", "pubsub 1mb 0 0"]);
    stage.act(0, &[vec!["SUBSCRIBE", "a"]]);
    stage.act(1, &[vec!["SUBSCRIBE", "a"]]);
    let text = "x".repeat(100_000);
    let mut sent = 0;
    while numsub(&mut control, "a") == 2 {
        control.call(&["PUBLISH", "a", &text]);
        sent += 1;
        let message = stage.actor(1).read_reply().unwrap();
        assert!(matches!(message, Value::Array(parts) if parts[2] == Value::Bulk(text.clone().into_bytes())));
        assert!(sent < 2000, "the slow one stays");
    }
    stage.actor(0).set_timeout(Duration::from_secs(20));
    stage.actor(0).read_to_close().unwrap();
    assert_eq!(control.call(&["PUBLISH", "a", "x"]), Value::Int(1));
}

#[test]
fn silent_subscribers_stay_though_there_is_a_timeout() {
    let server = Server::lockstep(&["--timeout", "1"]);
    let mut stage = Stage::new(&server, 1);
    stage.act(0, &[vec!["SUBSCRIBE", "a"]]);
    let mut other = server.client();
    assert!(other.call(&["PING"]) == Value::Simple(b"PONG".to_vec()));
    other.read_to_close().unwrap();
    assert_eq!(server.client().call(&["PUBLISH", "a", "x"]), Value::Int(1));
    stage.actor(0).read_reply().unwrap();
}
