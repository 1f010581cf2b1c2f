//! `maxmemory` with a policy that evicts, on three nodes: as a cache that is filled through any of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::client::Client;
use crate::support::cluster::{Cluster, until};
use crate::support::value::Value;

const MB: u64 = 1 << 20;
const MAXMEMORY: u64 = 64 * MB;
const FLAGS: [&str; 4] = ["--maxmemory", "64mb", "--log-tail-bytes", "1mb"];
/// The slack behind which the leader takes no batch, and what was proposed by then.
const OVERSHOOT: u64 = MAXMEMORY / 32 + 12 * MB;
const VALUE_LEN: usize = 2000;
/// Commands of a pipeline.
const DEPTH: usize = 100;

fn field(client: &mut Client, name: &str) -> u64 {
    let text = client.call(&["INFO", "everything"]).text().unwrap();
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    value.unwrap_or_else(|| panic!("no {name}")).trim().parse().unwrap()
}

fn set_policy(client: &mut Client, policy: &str) {
    assert_eq!(client.call(&["CONFIG", "SET", "maxmemory-policy", policy]), Value::Simple(b"OK".to_vec()));
}

/// SETs of a pipeline, of keys from this number on.
fn sets(prefix: &str, from: usize) -> Vec<Vec<String>> {
    let value = "x".repeat(VALUE_LEN);
    (from..from + DEPTH).map(|number| vec!["SET".into(), format!("{prefix}{number}"), value.clone()]).collect()
}

fn errors(replies: &[Value]) -> Vec<String> {
    replies.iter().filter(|reply| reply.is_error()).filter_map(Value::text).collect()
}

/// The node that neither leads nor is this one.
fn third(leader: usize, other: usize) -> usize {
    3 - leader - other
}

fn check_same(cluster: &Cluster) {
    cluster.wait_caught_up();
    cluster.check_digests();
    // Some keys may still give way to what the nodes do meanwhile.
    until("the nodes to have as many keys", || {
        let sizes: Vec<Value> = cluster.nodes.iter().map(|node| node.client().call(&["DBSIZE"])).collect();
        sizes.iter().all(|size| *size == sizes[0]).then_some(())
    });
}

/// Twice what there is room for, from several connections of one follower at a time; the leader dies meanwhile.
#[test]
fn cache_is_filled_through_a_follower_without_oom_and_locks_survive() {
    let mut cluster = Cluster::start(3, &FLAGS);
    let leader = cluster.leader();
    let follower = (leader + 1) % 3;
    let mut client = cluster.nodes[follower].client();
    set_policy(&mut client, "allkeys-lru");
    assert_eq!(client.call(&["SET", "drop-in", "me", "NX", "PX", "600000"]), Value::Simple(b"OK".to_vec()));
    assert!(!client.call(&["LOCK.ACQUIRE", "native", "me", "PX", "600000"]).is_error());

    let written = Arc::new(AtomicUsize::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let (written, stop, addr) = (written.clone(), stop.clone(), cluster.nodes[follower].addr());
            std::thread::spawn(move || {
                let mut client = Client::connect(addr);
                let mut wrong = Vec::new();
                for from in (0..).step_by(DEPTH) {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    wrong.extend(errors(&client.pipeline(&sets(&format!("w{writer}:"), from))));
                    written.fetch_add(DEPTH, Ordering::Relaxed);
                }
                wrong
            })
        })
        .collect();
    let room = (MAXMEMORY as usize) / VALUE_LEN;
    let watch = |cluster: &Cluster, nodes: &[usize], until_written: usize| {
        let mut most = vec![0; 3];
        let mut clients: Vec<_> = nodes.iter().map(|node| (*node, cluster.nodes[*node].client())).collect();
        while written.load(Ordering::Relaxed) < until_written {
            for (node, client) in &mut clients {
                most[*node] = most[*node].max(field(client, "used_memory"));
            }
        }
        most
    };
    let most = watch(&cluster, &[leader, follower, third(leader, follower)], room * 3 / 2);
    assert!(most[leader] > MAXMEMORY - 4 * MB && most[leader] < MAXMEMORY + OVERSHOOT, "{most:?}");
    assert!(most.iter().all(|used| *used < MAXMEMORY + 2 * OVERSHOOT), "{most:?}");
    cluster.nodes[leader].kill();
    let next = until("another leader", || Some(cluster.leader_seen_by(follower)).filter(|next| *next != leader));
    let most = watch(&cluster, &[next], written.load(Ordering::Relaxed) + room / 2);
    assert!(most[next] < MAXMEMORY + 2 * OVERSHOOT, "{most:?}");
    stop.store(true, Ordering::Relaxed);
    let wrong: Vec<String> = writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect();
    assert!(wrong.iter().all(|error| !error.contains("OOM")), "{wrong:?}");
    cluster.nodes[leader].start_again();
    cluster.wait_ready(leader);
    check_same(&cluster);
    for node in &cluster.nodes {
        let mut client = node.client();
        assert_eq!(client.call(&["GET", "drop-in"]).text().as_deref(), Some("me"));
        assert_eq!(client.call(&["TYPE", "native"]).text().as_deref(), Some("lock"));
        assert_eq!(
            client.call(&["CONFIG", "GET", "maxmemory-policy"]).pairs().unwrap()[0].1.text().unwrap(),
            "allkeys-lru"
        );
    }
    let keys = client.call(&["DBSIZE"]).int().unwrap() as usize;
    let evicted = field(&mut client, "evicted_keys") as usize;
    assert!(keys > room / 4 && evicted > 0, "{keys} keys, {evicted} evicted");
    assert!(keys + evicted >= written.load(Ordering::Relaxed) - wrong.len() * DEPTH, "{keys} {evicted}");
}

/// What is read through one follower stays, though another one writes and a third node chooses what goes.
#[test]
fn keys_that_a_follower_reads_stay() {
    const HOT: usize = 500;
    let cluster = Cluster::start(3, &FLAGS);
    let leader = cluster.leader();
    let (writer, reader) = ((leader + 1) % 3, (leader + 2) % 3);
    let (mut writer, mut reader) = (cluster.nodes[writer].client(), cluster.nodes[reader].client());
    set_policy(&mut writer, "allkeys-lru");
    (0..HOT).step_by(DEPTH).for_each(|from| assert!(errors(&writer.pipeline(&sets("hot", from))).is_empty()));
    let hot: Vec<Vec<String>> = (0..HOT).map(|number| vec!["GET".into(), format!("hot{number}")]).collect();
    let room = (MAXMEMORY as usize) / VALUE_LEN;
    let mut told = Instant::now();
    for from in (0..room).step_by(DEPTH) {
        assert_eq!(errors(&writer.pipeline(&sets("cold", from))), Vec::<String>::new());
        if from % (5 * DEPTH) == 0 {
            reader.pipeline(&hot);
            // What was read is told twice a second; a writer as fast as that could have them all go in between.
            if from % (room / 4 / DEPTH * DEPTH) < 5 * DEPTH {
                std::thread::sleep(Duration::from_millis(1100).saturating_sub(told.elapsed()));
                told = Instant::now();
            }
        }
    }
    let found = reader.pipeline(&hot).iter().filter(|reply| matches!(reply, Value::Bulk(_))).count();
    let mut first = |count: usize| {
        let names: Vec<String> = (0..count).map(|number| format!("cold{number}")).collect();
        let exists = std::iter::once("EXISTS").chain(names.iter().map(String::as_str)).collect::<Vec<_>>();
        writer.call(&exists).int().unwrap() as usize
    };
    let cold = first(HOT);
    assert!(found > HOT * 9 / 10 && cold < HOT / 10, "{found} of those that are read, {cold} of the others");
    assert!(writer.call(&["OBJECT", "IDLETIME", "hot1"]).int().unwrap() < 60);
    check_same(&cluster);
}

/// No node refuses by its own memory; all do when the leader finds nothing that may go, and none when it does again.
#[test]
fn writes_are_refused_everywhere_only_while_nothing_may_go() {
    let cluster = Cluster::start(3, &FLAGS);
    let mut clients: Vec<Client> = cluster.nodes.iter().map(|node| node.client()).collect();
    set_policy(&mut clients[0], "volatile-ttl");
    let refused =
        |client: &mut Client| client.call(&["SET", "k", "v"]).text().is_some_and(|text| text.starts_with("OOM"));
    let mut number = 0;
    // What has a deadline goes, that which has none stays.
    clients[1].call(&["SET", "soon", "v", "PX", "100000"]);
    until("a refusal", || {
        number += DEPTH;
        let replies = errors(&clients[1].pipeline(&sets("k", number)));
        assert!(replies.iter().all(|reply| reply.starts_with("OOM")), "{replies:?}");
        (!replies.is_empty()).then_some(())
    });
    for client in &mut clients {
        until("all nodes to refuse", || refused(client).then_some(()));
        assert_eq!(client.call(&["EXISTS", "soon"]), Value::Int(0));
        assert_eq!(client.call(&["EXISTS", &format!("k{DEPTH}")]), Value::Int(1));
    }
    let leader = cluster.leader();
    assert!(field(&mut clients[leader], "used_memory") < MAXMEMORY + OVERSHOOT);
    set_policy(&mut clients[2], "allkeys-random");
    for client in &mut clients {
        until("all nodes to take writes", || (!refused(client)).then_some(()));
    }
    for from in (0..20 * DEPTH).step_by(DEPTH) {
        assert_eq!(errors(&clients[2].pipeline(&sets("new", from))), Vec::<String>::new());
    }
    // Each node by its own memory again.
    set_policy(&mut clients[0], "noeviction");
    let keys = clients[0].call(&["DBSIZE"]).int().unwrap();
    clients[1].call(&["CONFIG", "SET", "maxmemory", "1mb"]);
    until("a refusal by its own memory", || refused(&mut clients[1]).then_some(()));
    clients[2].call(&["CONFIG", "SET", "maxmemory", "0"]);
    until("no refusal", || (!refused(&mut clients[2])).then_some(()));
    let after = clients[2].call(&["DBSIZE"]).int().unwrap();
    assert!((keys..=keys + 1).contains(&after), "nothing is evicted");
    check_same(&cluster);
}
