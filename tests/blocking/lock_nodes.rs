//! What ends with connections and sessions, over three nodes.

use std::time::{Duration, Instant};

use crate::stage::{client, granted, wait, wait_blocked};
use crate::support::client::Client;
use crate::support::cluster::{Cluster, until};
use crate::support::value::Value;

/// Owners of what LOCK.INFO has under this name.
fn owners(client: &mut Client, of: &str) -> Vec<String> {
    let info = client.line("LOCK.INFO l");
    let items = info.items().unwrap_or_default();
    let found = items.chunks(2).find(|pair| pair[0].text().as_deref() == Some(of)).map(|pair| pair[1].clone());
    let found = found.unwrap_or(Value::Array(Vec::new()));
    found.items().unwrap().iter().map(|entry| entry.items().unwrap()[1].text().unwrap()).collect()
}

#[test]
fn a_killed_node_s_connections_keep_their_locks_until_it_is_back_or_the_time_is_over() {
    let mut cluster = Cluster::start(3, &["--node-timeout-ms", "1000"]);
    cluster.transfer(0);
    let (mut holder, mut other) = (client(&cluster.nodes[2]), client(&cluster.nodes[0]));
    let first = granted(&holder.line("LOCK.ACQUIRE l a PX 600000 CONNECTION")).0;
    granted(&holder.line("LOCK.ACQUIRE m a PX 600000"));
    let _near = wait(&cluster.nodes[2], "LOCK.ACQUIRE l b PX 600000 WAIT 0");
    wait_blocked(&cluster.nodes[2], 1);
    let mut far = wait(&cluster.nodes[1], "LOCK.ACQUIRE l c PX 600000 WAIT 0");
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
    assert!(granted(&far.read_reply().unwrap()).0 > first);
    assert_eq!(other.line("LOCK.RELEASE m a"), Value::Int(1), "it is not bound");
    cluster.check_digests();
}

/// The same node, alive but cut off from no client: stopped gracefully, it gives its connections' locks back.
#[test]
fn a_node_that_stops_gives_back_what_is_bound_to_its_connections() {
    let mut cluster = Cluster::start(3, &[]);
    cluster.transfer(0);
    let mut holder = client(&cluster.nodes[2]);
    granted(&holder.line("LOCK.ACQUIRE l a PX 600000 CONNECTION"));
    let mut other = wait(&cluster.nodes[0], "LOCK.ACQUIRE l b PX 600000 WAIT 0");
    wait_blocked(&cluster.nodes[0], 1);
    cluster.nodes[2].signal("TERM");
    granted(&other.read_reply().unwrap());
    cluster.nodes[2].wait_exit(Duration::from_secs(30));
}

/// Longer than a KEEPALIVE may wait for a leader (`write-timeout-ms`) and an election takes.
const LIFE: Duration = Duration::from_millis(8000);

/// Opened on a node that then dies, kept alive through another one over the end of the leader, and never ended before its time.
#[test]
fn a_session_outlives_its_node_and_the_leader_as_long_as_it_is_kept_alive() {
    let mut cluster = Cluster::start(3, &[]);
    cluster.transfer(2);
    let mut opener = client(&cluster.nodes[2]);
    let id = opener.call(&["SESSION.OPEN", "PX", &LIFE.as_millis().to_string(), "NAME", "worker"]).int().unwrap();
    granted(&opener.line(&format!("LOCK.ACQUIRE l a SESSION {id}")));
    opener.line("SET ephemeral 1");
    assert_eq!(opener.line(&format!("SESSION.BIND {id} ephemeral")), Value::Int(1));
    let mut waiter = wait(&cluster.nodes[0], "LOCK.ACQUIRE l b PX 600000 WAIT 0");
    let mut dead = wait(&cluster.nodes[0], &format!("LOCK.ACQUIRE l c WAIT 0 SESSION {id}"));
    wait_blocked(&cluster.nodes[0], 2);
    cluster.nodes[2].kill();
    let mut keeper = client(&cluster.nodes[1]);
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
    assert_eq!(keeper.line("EXISTS ephemeral"), Value::Int(1));
    assert_eq!(owners(&mut keeper, "holders"), ["a"]);
    granted(&waiter.read_reply().unwrap());
    assert!(kept.elapsed() >= LIFE.mul_f64(0.998), "ended {:?} after it was kept alive", kept.elapsed());
    let ended = dead.read_reply().unwrap();
    assert!(ended.text().is_some_and(|text| text.starts_with("NOSESSION")), "{ended:?}");
    assert_eq!(keeper.line("EXISTS ephemeral"), Value::Int(0));
    assert!(keeper.call(&["SESSION.KEEPALIVE", &id.to_string()]).is_error());
    cluster.check_digests();
}

#[test]
fn a_holder_is_told_of_its_end_by_an_entry_of_another_node() {
    let cluster = Cluster::start(3, &[]);
    let (mut holder, mut other) = (client(&cluster.nodes[1]), client(&cluster.nodes[2]));
    holder.line("HELLO 3");
    holder.line("LOCK.NOTIFY ON");
    let held = granted(&holder.line("LOCK.ACQUIRE l a PX 600000")).0;
    assert_eq!(other.line("LOCK.BREAK l"), Value::Int(1));
    let Value::Push(parts) = holder.read_reply().unwrap() else { panic!("no push") };
    assert_eq!((parts[2].int(), parts[3].text().as_deref()), (Some(held), Some("broken")));
    cluster.check_digests();
}
