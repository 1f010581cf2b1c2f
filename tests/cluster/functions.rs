//! Libraries of functions are the cluster's: every node runs them, whoever loaded them, and after whatever becomes of a node.

use crate::support::client::Client;
use crate::support::cluster::{Cluster, until};
use crate::support::value::Value;

const LIBRARY: &str = "#!lua name=lib
local calls = 0
redis.register_function('add', function(keys, args)
    calls = calls + 1
    return {redis.call('INCRBY', keys[1], args[1]), calls}
end)
redis.register_function{function_name='show', callback=function(keys) return redis.call('GET', keys[1]) end, flags={'no-writes'}}";

fn add(client: &mut Client) -> Value {
    client.call(&["FCALL", "add", "1", "n", "2"])
}

fn sum(n: i64) -> Value {
    Value::Array(vec![Value::Int(n), Value::Int(1)])
}

#[test]
fn a_library_runs_on_every_node_and_survives_each() {
    let mut cluster = Cluster::start(3, &["--log-keep", "1mb"]);
    let leader = cluster.leader();
    let away = (leader + 1) % 3;
    let other = (leader + 2) % 3;
    assert_eq!(cluster.nodes[away].client().call(&["FUNCTION", "LOAD", LIBRARY]), Value::Bulk(b"lib".to_vec()));
    for node in 0..3 {
        assert_eq!(add(&mut cluster.nodes[node].client()), sum(2 * (node as i64 + 1)), "node {node}");
        let shown = cluster.nodes[node].client().call(&["FCALL_RO", "SHOW", "1", "n"]);
        assert_eq!(shown.text(), Some((2 * (node + 1)).to_string()));
    }
    // The leader dies: the others go on, with a library of which they have perhaps not begun a run.
    cluster.nodes[leader].kill();
    let mut client = cluster.nodes[away].client();
    until("a leader", || (!client.call(&["SET", "k", "v"]).is_error()).then_some(()));
    assert_eq!(add(&mut client), sum(8));
    // Another version, behind the back of the one that is down.
    let changed = LIBRARY.replace("calls + 1", "calls + 1 + 0");
    assert_eq!(client.call(&["FUNCTION", "LOAD", "REPLACE", &changed]), Value::Bulk(b"lib".to_vec()));
    cluster.nodes[leader].start_again();
    cluster.wait_ready(leader);
    assert_eq!(add(&mut cluster.nodes[leader].client()), sum(10));

    // A node that comes by a snapshot alone: what is older is purged from the log.
    let value = "v".repeat(100_000);
    for n in 0..40 {
        assert!(!client.call(&["SET", &format!("key {n}"), &value]).is_error());
    }
    for node in [leader, away, other] {
        assert!(!cluster.nodes[node].client().call(&["RAFT.SNAPSHOT"]).is_error());
        let first = || {
            let info = cluster.nodes[node].client().call(&["INFO", "raft"]).text().unwrap();
            info.lines().find_map(|line| line.strip_prefix("raft_first_log_index:")?.trim().parse::<u64>().ok())
        };
        until("the log to be purged", || first().filter(|first| *first > 20));
    }
    let joined = cluster.join(&["--log-keep", "1mb"]);
    assert_eq!(add(&mut cluster.nodes[joined].client()), sum(12));
    let list = |node: usize| cluster.nodes[node].client().call(&["FUNCTION", "LIST", "WITHCODE"]);
    assert_eq!(list(joined), list(leader));
    cluster.wait_caught_up();
    cluster.check_digests();

    // And one that starts again from its own snapshot.
    cluster.nodes[away].kill();
    cluster.nodes[away].start_again();
    cluster.wait_ready(away);
    assert_eq!(add(&mut cluster.nodes[away].client()), sum(14));
    assert_eq!(cluster.nodes[away].client().call(&["FUNCTION", "DELETE", "lib"]), Value::Simple(b"OK".to_vec()));
    assert!(add(&mut cluster.nodes[leader].client()).is_error());
    cluster.wait_caught_up();
    cluster.check_digests();
}
