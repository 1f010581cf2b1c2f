//! Scripts that end by their budget alone. Who reads with one keeps no other client waiting; one that writes keeps all clients waiting,
//! and nothing of Raft.

use crate::support::client::{Client, encode};
use crate::support::cluster::{Cluster, PATIENCE};
use crate::support::value::Value;

const FLAGS: &[&str] = &["--log-prefill", "0", "--write-timeout-ms", "60000"];

fn ok() -> Value {
    Value::Simple(b"OK".to_vec())
}

fn send(client: &mut Client, args: &[&str]) {
    let mut bytes = Vec::new();
    encode(&mut bytes, args);
    client.set_timeout(PATIENCE);
    client.send_raw(&bytes).unwrap();
}

/// The answer, once it is there.
fn answer(client: &mut Client) -> String {
    client.read_reply().unwrap().text().unwrap()
}

fn ends_by_budget(text: &str) -> bool {
    text.contains("its budget of")
}

/// Runs an endless script with more and more units, and at last with as many as it uses up in some seconds here.
fn run_for_seconds(client: &mut Client, script: &str) {
    let mut units = 4_000_000u64;
    loop {
        assert_eq!(client.call(&["CONFIG", "SET", "script-budget", &units.to_string()]), ok());
        let begun = std::time::Instant::now();
        assert!(ends_by_budget(&client.call(&["EVAL", script, "0"]).text().unwrap()));
        if begun.elapsed().as_millis() > 2000 {
            return;
        }
        units *= 2;
    }
}

/// More endless reads than there are turns for scripts, none of them loaded before, by clients of every node.
fn others_go_on(nodes: usize) {
    let cluster = Cluster::start(nodes, FLAGS);
    let mut other = cluster.nodes[nodes - 1].client();
    run_for_seconds(&mut other, "while true do end");
    let mut clients: Vec<Client> = (0..2 * nodes.max(2)).map(|n| cluster.nodes[n % nodes].client()).collect();
    for (n, client) in clients.iter_mut().enumerate() {
        send(client, &["EVAL_RO", &format!("while true do end return {n}"), "0"]);
    }
    let ended = std::sync::atomic::AtomicBool::new(false);
    let rounds = std::thread::scope(|scope| {
        scope.spawn(|| {
            // The first that ends: all of them have run until now, or waited for one that does.
            assert!(ends_by_budget(&answer(&mut clients[0])));
            ended.store(true, std::sync::atomic::Ordering::SeqCst);
            clients[1..].iter_mut().for_each(|client| assert!(ends_by_budget(&answer(client))));
        });
        let mut rounds = 0;
        while !ended.load(std::sync::atomic::Ordering::SeqCst) {
            let value = rounds.to_string();
            assert_eq!(other.call(&["SET", "k", &value]), ok());
            assert_eq!(other.call(&["GET", "k"]).text(), Some(value.clone()));
            assert_eq!(
                other.call(&["EVAL", "return redis.call('GET', KEYS[1])", "1", "k"]).text(),
                Some(value.clone())
            );
            assert_eq!(other.call(&["EVAL_RO", "return redis.call('GET', KEYS[1])", "1", "k"]).text(), Some(value));
            assert_eq!(other.call(&["KEYS", "*"]), Value::Array(vec![Value::Bulk(b"k".to_vec())]));
            rounds += 1;
        }
        rounds
    });
    // Those who wait for a script get one or two rounds in beside each.
    assert!(rounds >= 10, "{rounds} rounds while the scripts ran");
    cluster.wait_caught_up();
    cluster.check_digests();
}

#[test]
fn endless_reads_stop_no_other_client_of_one_node() {
    others_go_on(1);
}

#[test]
fn endless_reads_stop_no_other_client_of_three_nodes() {
    others_go_on(3);
}

fn terms(cluster: &Cluster) -> Vec<(usize, String)> {
    let term = |node: usize| {
        let info = cluster.nodes[node].client().call(&["INFO", "raft"]).text().unwrap();
        let term = info.lines().find_map(|line| line.strip_prefix("raft_term:")).unwrap().trim().to_owned();
        (cluster.leader_seen_by(node), term)
    };
    (0..cluster.nodes.len()).map(term).collect()
}

/// It takes some times as long as a voter waits for a heartbeat, on all nodes at once.
#[test]
fn endless_write_causes_no_election() {
    let cluster = Cluster::start(3, FLAGS);
    let mut client = cluster.nodes[(cluster.leader() + 1) % 3].client();
    client.set_timeout(PATIENCE);
    let before = terms(&cluster);
    for script in ["while true do end", "redis.call('SET', 'k', 1) while true do redis.call('INCR', 'k') end"] {
        run_for_seconds(&mut client, script);
    }
    cluster.wait_caught_up();
    assert_eq!(terms(&cluster), before);
    cluster.check_digests();
}
