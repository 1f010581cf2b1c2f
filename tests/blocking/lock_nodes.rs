//! What ends with connections and sessions, over three nodes.

use std::time::{Duration, Instant};

use crate::stage::wait_blocked;
use crate::support::client::{Client, encode};
use crate::support::cluster::{Cluster, until};
use crate::support::value::Value;

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

fn client(cluster: &Cluster, node: usize) -> Client {
    let mut client = cluster.nodes[node].client();
    client.set_timeout(Duration::from_secs(60));
    client
}

fn send(client: &mut Client, line: &str) {
    let mut out = Vec::new();
    encode(&mut out, &words(line));
    client.send_raw(&out).unwrap();
}

fn token(reply: &Value) -> i64 {
    match reply.items() {
        Some([Value::Int(token), Value::Int(_)]) => *token,
        _ => panic!("{reply:?}"),
    }
}

/// Owners of what LOCK.INFO has under this name.
fn owners(client: &mut Client, of: &str) -> Vec<String> {
    let info = client.call(&words("LOCK.INFO l"));
    let items = info.items().unwrap_or_default();
    let found = items.chunks(2).find(|pair| pair[0].text().as_deref() == Some(of)).map(|pair| pair[1].clone());
    let found = found.unwrap_or(Value::Array(Vec::new()));
    found.items().unwrap().iter().map(|entry| entry.items().unwrap()[1].text().unwrap()).collect()
}

#[test]
fn a_killed_node_s_connections_keep_their_locks_until_it_is_back_or_the_time_is_over() {
    let mut cluster = Cluster::start(3, &["--node-timeout-ms", "1000"]);
    cluster.transfer(0);
    let (mut holder, mut other) = (client(&cluster, 2), client(&cluster, 0));
    let first = token(&holder.call(&words("LOCK.ACQUIRE l a PX 600000 CONNECTION")));
    token(&holder.call(&words("LOCK.ACQUIRE m a PX 600000")));
    let (mut near, mut far) = (client(&cluster, 2), client(&cluster, 1));
    send(&mut near, "LOCK.ACQUIRE l b PX 600000 WAIT 0");
    wait_blocked(&cluster.nodes[2], 1);
    send(&mut far, "LOCK.ACQUIRE l c PX 600000 WAIT 0");
    wait_blocked(&cluster.nodes[1], 1);
    assert_eq!(
        (owners(&mut other, "holders"), owners(&mut other, "waiters")),
        (vec!["a".into()], vec!["b".into(), "c".into()])
    );
    cluster.nodes[2].kill();
    until("the node's absence", || (owners(&mut other, "waiters") == ["c"]).then_some(()));
    assert_eq!(owners(&mut other, "holders"), ["a"], "its holder may be alive");
    cluster.nodes[2].start_again();
    cluster.wait_ready(2);
    assert!(token(&far.read_reply().unwrap()) > first);
    assert_eq!(other.call(&words("LOCK.RELEASE m a")), Value::Int(1), "it is not bound");
    cluster.check_digests();
}

/// The same node, alive but cut off from no client: stopped gracefully, it gives its connections' locks back.
#[test]
fn a_node_that_stops_gives_back_what_is_bound_to_its_connections() {
    let mut cluster = Cluster::start(3, &[]);
    cluster.transfer(0);
    let mut holder = client(&cluster, 2);
    token(&holder.call(&words("LOCK.ACQUIRE l a PX 600000 CONNECTION")));
    let mut other = client(&cluster, 0);
    send(&mut other, "LOCK.ACQUIRE l b PX 600000 WAIT 0");
    wait_blocked(&cluster.nodes[0], 1);
    cluster.nodes[2].signal("TERM");
    token(&other.read_reply().unwrap());
    cluster.nodes[2].wait_exit(Duration::from_secs(30));
}

/// Longer than a KEEPALIVE may wait for a leader (`write-timeout-ms`) and an election takes.
const LIFE: Duration = Duration::from_millis(8000);

/// Opened on a node that then dies, kept alive through another one over the end of the leader, and never ended before its time.
#[test]
fn a_session_outlives_its_node_and_the_leader_as_long_as_it_is_kept_alive() {
    let mut cluster = Cluster::start(3, &[]);
    cluster.transfer(2);
    let mut opener = client(&cluster, 2);
    let id = opener.call(&["SESSION.OPEN", "PX", &LIFE.as_millis().to_string(), "NAME", "worker"]).int().unwrap();
    token(&opener.call(&words(&format!("LOCK.ACQUIRE l a SESSION {id}"))));
    opener.call(&words("SET ephemeral 1"));
    assert_eq!(opener.call(&words(&format!("SESSION.BIND {id} ephemeral"))), Value::Int(1));
    let mut waiter = client(&cluster, 0);
    send(&mut waiter, "LOCK.ACQUIRE l b PX 600000 WAIT 0");
    let mut dead = client(&cluster, 0);
    send(&mut dead, &format!("LOCK.ACQUIRE l c WAIT 0 SESSION {id}"));
    wait_blocked(&cluster.nodes[0], 2);
    cluster.nodes[2].kill();
    let mut keeper = client(&cluster, 1);
    let began = Instant::now();
    let mut kept = began;
    while began.elapsed() < LIFE * 3 / 2 {
        let sent = Instant::now();
        let reply = keeper.call(&["SESSION.KEEPALIVE", &id.to_string()]);
        // While there is no leader it is LOADING; else it has to be alive, unless the wait itself has cost its life.
        match reply {
            Value::Int(_) => kept = sent,
            other => assert!(kept.elapsed() > LIFE / 2, "{other:?} after {:?}", kept.elapsed()),
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let info = keeper.call(&["SESSION.INFO", &id.to_string()]);
    assert!(info.any(&|value| value.text().as_deref() == Some("worker")), "{info:?}");
    assert_eq!(keeper.call(&words("EXISTS ephemeral")), Value::Int(1));
    assert_eq!(owners(&mut keeper, "holders"), ["a"]);
    token(&waiter.read_reply().unwrap());
    assert!(kept.elapsed() >= LIFE.mul_f64(0.998), "ended {:?} after it was kept alive", kept.elapsed());
    let ended = dead.read_reply().unwrap();
    assert!(ended.text().is_some_and(|text| text.starts_with("NOSESSION")), "{ended:?}");
    assert_eq!(keeper.call(&words("EXISTS ephemeral")), Value::Int(0));
    assert!(keeper.call(&["SESSION.KEEPALIVE", &id.to_string()]).is_error());
    cluster.check_digests();
}

#[test]
fn a_holder_is_told_of_its_end_by_an_entry_of_another_node() {
    let cluster = Cluster::start(3, &[]);
    let (mut holder, mut other) = (client(&cluster, 1), client(&cluster, 2));
    holder.call(&["HELLO", "3"]);
    holder.call(&words("LOCK.NOTIFY ON"));
    let held = token(&holder.call(&words("LOCK.ACQUIRE l a PX 600000")));
    assert_eq!(other.call(&words("LOCK.BREAK l")), Value::Int(1));
    let Value::Push(parts) = holder.read_reply().unwrap() else { panic!("no push") };
    assert_eq!((parts[2].int(), parts[3].text().as_deref()), (Some(held), Some("broken")));
    cluster.check_digests();
}
