//! Scripts on real nodes: what made the C Lua give each node another value or hold all of them, sent to any node, while one is killed, then
//! the leader, and a new one joins by a snapshot. All nodes have the same values, none ends, and other clients go on meanwhile.
//!
//! A replay after a restart takes no longer than the first run, by construction: it runs the same instructions for the same units on the same
//! state, and compiles each script at most as often; nothing of a run depends on what ran before it.

use std::time::{Duration, Instant};

use crate::support::bounds::seed;
use crate::support::client::Client;
use crate::support::cluster::{Cluster, until};
use crate::support::load::{Load, Tally};
use crate::support::rng::Rng;
use crate::support::scripts::HOSTILE;
use crate::support::value::Value;

/// `script-budget`: what a build without optimization does in some hundredths of a second.
const BUDGET: &str = "100000";
/// `script-memory`: enough for a string of 16 MiB.
const MEMORY: &str = "33554432";
/// Bytes that a log keeps; a node that joins when more was written gets a snapshot.
const LOG_KEEP: u64 = 4 << 20;
/// Runs a script, and keeps what it gives as the value of a key, or its error.
const KEPT: &str = "local f, why = loadstring(ARGV[1]) local ok, value = false, why if f then ok, value = pcall(f) end \
                    redis.call('SET', KEYS[1], tostring(ok) .. ' ' .. tostring(value)) return value";

/// One round of all scripts, each to some node of those that run: as it is, and with its value kept.
fn send_all(cluster: &Cluster, rng: &mut Rng, round: &str) {
    let running: Vec<usize> = (0..cluster.nodes.len()).filter(|node| cluster.nodes[*node].pid() != 0).collect();
    let mut clients: Vec<Client> = running.iter().map(|node| cluster.nodes[*node].client()).collect();
    for (i, (source, _)) in HOSTILE.iter().enumerate() {
        let at = rng.below(clients.len());
        answered(&clients[at].call(&["EVAL", source, "0"]), source);
        let at = rng.below(clients.len());
        answered(&clients[at].call(&["EVAL", KEPT, "1", &format!("{round}:{i}"), source]), source);
    }
}

/// By a value, by the script's own error, or because it was stopped; not by a server in trouble.
fn answered(reply: &Value, source: &str) {
    if let Value::Error(text) = reply {
        let text = String::from_utf8_lossy(text);
        assert!(
            text.starts_with("ERR ") && (text.contains("user_script:") || text.contains("was stopped")),
            "{source}\n{text}"
        );
    }
}

/// Every key as each node has it.
fn compare(cluster: &Cluster) {
    cluster.wait_all_matched();
    cluster.check_digests();
    same_at_all(cluster, |client| {
        let Value::Array(mut keys) = client.call(&["KEYS", "*"]) else { panic!("no keys") };
        keys.sort_by_key(Value::text);
        let get = |key: &Value| client.call(&["GET".into(), key.text().expect("a name")]);
        let values: Vec<Value> = keys.iter().map(get).collect();
        keys.into_iter().chain(values).collect()
    });
}

/// What each node reads by itself.
fn same_at_all(cluster: &Cluster, look: impl Fn(&mut Client) -> Vec<Value>) {
    let mut first = None;
    for (number, node) in cluster.nodes.iter().enumerate() {
        let mut client = node.client();
        assert!(!client.call(&["CLIENT", "CONSISTENCY", "local"]).is_error());
        let seen = look(&mut client);
        match &first {
            Some(first) => assert!(*first == seen, "node {number} differs from the first"),
            None => first = Some(seen),
        }
    }
}

#[test]
fn scripts_leave_the_same_values_on_all_nodes_whatever_fails() {
    let keep = LOG_KEEP.to_string();
    let flags = ["--log-keep", keep.as_str()];
    let mut cluster = Cluster::start(3, &flags);
    let mut rng = Rng::new(seed("scripts_on_nodes"));
    let bounds = ["CONFIG", "SET", "script-budget", BUDGET, "script-memory", MEMORY];
    assert!(!cluster.nodes[0].client().call(&bounds).is_error());
    let started = Instant::now();
    send_all(&cluster, &mut rng, "first");
    println!("{} scripts, twice: {:?}", HOSTILE.len(), started.elapsed());
    compare(&cluster);

    // A follower, and then the leader, each killed while scripts run.
    let mut tallies: Vec<Tally> = Vec::new();
    for turn in ["follower", "leader"] {
        let leader = cluster.leader();
        let victim = if turn == "leader" { leader } else { (leader + 1) % 3 };
        let other = (0..3).find(|node| *node != victim && *node != leader).unwrap_or((victim + 1) % 3);
        let load = Load::start(cluster.nodes[other].addr(), 4, 1, "counter");
        let mut busy = cluster.nodes[other].client();
        busy.send_raw(&endless()).unwrap();
        load.wait_more(1);
        cluster.nodes[victim].kill();
        answered(&busy.read_reply().unwrap(), "endless");
        send_all(&cluster, &mut rng, turn);
        let started = Instant::now();
        cluster.nodes[victim].launch_again();
        cluster.wait_ready(victim);
        cluster.wait_caught_up();
        println!("the {turn} is back after {:?}", started.elapsed());
        load.wait_more(10);
        tallies.extend(load.finish());
        compare(&cluster);
    }

    // One that gets all that by a snapshot.
    let load = Load::start(cluster.nodes[0].addr(), 4, 1, "counter");
    let mut client = cluster.nodes[0].client();
    let filler = "x".repeat(64 << 10);
    for i in 0..3 * LOG_KEEP / (64 << 10) {
        assert!(!client.call(&["SET", &format!("filler{}", i % 4), &filler]).is_error());
    }
    assert!(!client.call(&["RAFT.SNAPSHOT"]).is_error());
    until("a purged log", || {
        let info = client.call(&["INFO", "raft"]).text()?;
        let number = |name: &str| info.lines().find_map(|line| line.strip_prefix(name))?.trim().parse::<u64>().ok();
        (number("raft_first_log_index:")? > 2).then_some(())
    });
    let new = cluster.join(&flags);
    cluster.wait_caught_up();
    assert!(cluster.nodes[new].log().contains("installed a snapshot"), "{}", cluster.nodes[new].log());
    load.wait_more(10);
    tallies.extend(load.finish());
    compare(&cluster);
    send_all(&cluster, &mut rng, "joined");
    compare(&cluster);
    // Not by the log: each node runs them itself.
    same_at_all(&cluster, |client| HOSTILE.iter().map(|(source, _)| client.call(&["EVAL_RO", source, "0"])).collect());

    let sum = Tally::sum(&tallies);
    println!("other clients: {} answers, longest wait {:?}", sum.acknowledged, sum.longest_gap);
    assert_eq!(sum.errors, Vec::<String>::new());
    assert_eq!(client.call(&["GET", "counter"]).int(), Some(sum.acknowledged));
    for node in &mut cluster.nodes {
        assert_eq!(node.wait_exit(Duration::ZERO), None, "a node has ended");
    }
}

/// A script that only its budget ends.
fn endless() -> Vec<u8> {
    let mut out = Vec::new();
    crate::support::client::encode(&mut out, &["EVAL", "redis.call('INCR', 'begun') while true do end", "0"]);
    out
}
