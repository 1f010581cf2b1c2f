//! Native locks over three nodes: waits for several at once, and what subscribers are told.

use crate::stage::{wait, wait_blocked};
use crate::support::client::Client;
use crate::support::cluster::Cluster;
use crate::support::value::Value;

fn numbers(reply: Value) -> Vec<i64> {
    match reply {
        Value::Array(items) => items.iter().map(|item| item.int().unwrap()).collect(),
        other => panic!("{other:?}"),
    }
}

fn message(client: &mut Client) -> String {
    match client.read_reply().unwrap() {
        Value::Array(parts) => {
            let words: Vec<String> = parts[parts.len() - 2..].iter().map(|part| part.text().unwrap()).collect();
            words.join(" ")
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn waits_for_several_locks_outlive_the_leader_and_events_have_one_order_on_every_node() {
    let mut cluster = Cluster::start(3, &[]);
    cluster.transfer(2);
    let mut subscribers: Vec<Client> = (0..2).map(|node| wait(&cluster.nodes[node], "PSUBSCRIBE __lock__:*")).collect();
    for subscriber in &mut subscribers {
        assert!(matches!(subscriber.read_reply().unwrap(), Value::Array(parts) if parts.len() == 3));
    }
    let mut client = cluster.nodes[0].client();
    let a = numbers(client.line("LOCK.ACQUIRE a x PX 60000"))[0];
    let b = numbers(client.line("LOCK.ACQUIRE b y PX 60000"))[0];
    let mut both = wait(&cluster.nodes[1], "LOCK.MULTI 2 a b m PX 60000 WAIT 0");
    wait_blocked(&cluster.nodes[1], 1);
    let mut behind = wait(&cluster.nodes[0], "LOCK.MULTI 3 c b a n PX 60000 WAIT 0");
    wait_blocked(&cluster.nodes[0], 1);
    cluster.nodes[2].kill();
    let circle = client.line("LOCK.ACQUIRE b x PX 60000 WAIT 9").text().unwrap();
    assert_eq!(circle, "DEADLOCK 'x' waits for 'b' behind 'm', 'm' waits for 'a' held by 'x'");
    assert_eq!(client.line("LOCK.RELEASE a x"), Value::Int(1));
    // Free, but somebody waits for it.
    let info = format!("{:?}", client.line("LOCK.INFO a"));
    let at = |what: &str| info.find(what).unwrap_or_else(|| panic!("{what}: {info}"));
    let shown = |owner: u8| format!("{:?}", Value::Bulk(vec![owner]));
    assert!(at(&shown(b'm')) < at(&shown(b'n')), "in order: {info}");
    assert_eq!(client.line("LOCK.RELEASE b y"), Value::Int(1));
    let m = numbers(both.read_reply().unwrap());
    assert!(m[0] == m[1] && m[0] > b, "{m:?}");
    // It goes while it holds what it was granted: its time is what ends that, and BREAK.
    drop(both);
    assert_eq!(client.line("LOCK.BREAK a m"), Value::Int(1));
    assert_eq!(client.line("LOCK.RELEASE b m"), Value::Int(1));
    let n = numbers(behind.read_reply().unwrap());
    assert!(n.len() == 3 && n[0] > m[0], "{n:?}");
    let (m, n) = (m[0], n[0]);
    let expected = [
        format!("a acquired {a} x"),
        format!("b acquired {b} y"),
        format!("a released {a} x"),
        format!("b released {b} y"),
        format!("a acquired {m} m"),
        format!("b acquired {m} m"),
        format!("a broken {m} m"),
        format!("b released {m} m"),
        format!("a acquired {n} n"),
        format!("b acquired {n} n"),
        format!("c acquired {n} n"),
    ];
    for subscriber in &mut subscribers {
        let told: Vec<String> = expected.iter().map(|_| message(subscriber)).collect();
        assert_eq!(told, expected.each_ref().map(|text| format!("__lock__:{text}")));
    }
    cluster.nodes[2].start_again();
    cluster.wait_ready(2);
    for node in 0..3 {
        let mut client = cluster.nodes[node].client();
        let Value::Array(events) = client.line("LOCK.HISTORY b") else { panic!() };
        assert_eq!(events.len(), 5, "the events outlive the leader and a restart");
        let Value::Array(listed) = client.line("LOCK.LIST 0 COUNT 100") else { panic!() };
        assert!(matches!(&listed[1], Value::Array(locks) if locks.len() == 3), "{listed:?}");
    }
    cluster.wait_all_matched();
    cluster.check_digests();
}

#[test]
fn keys_of_commands_of_locks_are_known() {
    let cluster = Cluster::start(1, &[]);
    let mut client = cluster.nodes[0].client();
    let keys = |names: &[&str]| Value::Array(names.iter().map(|name| Value::Bulk(name.as_bytes().to_vec())).collect());
    for (line, names) in [
        ("LOCK.MULTI 2 a b o PX 1", &["a", "b"][..]),
        ("LOCK.GUARD l 1 MSET a 1 b 2", &["l", "a", "b"]),
        ("LOCK.GUARD l 1 PING", &["l"]),
        ("ONCE id LOCK.GUARD l 1 GET a", &["l", "a"]),
        ("LOCK.GUARD l 1 LOCK.MULTI 2 a b o PX 1", &["l", "a", "b"]),
    ] {
        assert_eq!(client.line(&format!("COMMAND GETKEYS {line}")), keys(names), "{line}");
    }
    for line in ["LOCK.MULTI 9 a b o PX 1", "LOCK.MULTI x a b o PX 1", "ONCE a ONCE b ONCE c ONCE d GET e"] {
        assert!(client.line(&format!("COMMAND GETKEYS {line}")).is_error(), "{line}");
    }
    let deep = ["COMMAND", "GETKEYS"].into_iter().chain(["ONCE", "x"].repeat(400_000)).chain(["GET", "k"]);
    assert!(client.call(&deep.collect::<Vec<_>>()).is_error(), "however deep it goes");
}
