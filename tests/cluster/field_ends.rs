//! Fields of hashes that end (HEXPIRE) on three nodes: the log ends them, at one position everywhere, and nobody sees one of which anybody was
//! told that it is over.

use std::collections::BTreeMap;

use crate::support::client::Client;
use crate::support::cluster::{Cluster, until};
use crate::support::rng::Rng;
use crate::support::value::Value;

const HASHES: usize = 4;
const FIELDS: usize = 60;

fn number(reply: &Value) -> i64 {
    reply.int().unwrap_or_else(|| panic!("{reply:?}"))
}

/// The state of a node: it may only be another one than that of another node at another position of the log.
fn sample(clients: &mut [Client], known: &mut BTreeMap<i64, Value>) {
    for client in clients {
        let reply = client.call(&["RAFT.DIGEST"]);
        let Some([index, digest]) = reply.items().and_then(|items| <&[Value; 2]>::try_from(items).ok()) else {
            panic!("{reply:?}")
        };
        let before = known.entry(number(index)).or_insert_with(|| digest.clone());
        assert_eq!(before, digest, "nodes differ at position {index:?}");
    }
}

fn ended_fields(client: &mut Client) -> u64 {
    let text = client.call(&["INFO", "stats"]).text().unwrap();
    let value = text.lines().find_map(|line| line.strip_prefix("expired_subkeys:"));
    value.unwrap_or_else(|| panic!("{text}")).trim().parse().unwrap()
}

fn fill(client: &mut Client, rng: &mut Rng) {
    for hash in 0..HASHES {
        for field in 0..FIELDS {
            let (hash, field) = (format!("h{hash}"), format!("f{field}"));
            assert!(!client.call(&["HSET", &hash, &field, "v"]).is_error());
            // One in four stays.
            if rng.below(4) > 0 {
                let ms = (200 + rng.below(1500)).to_string();
                let reply = client.call(&["HPEXPIRE", &hash, &ms, "FIELDS", "1", &field]);
                assert_eq!(reply, Value::Array(vec![Value::Int(1)]));
            }
        }
    }
}

#[test]
fn fields_end_at_one_position_of_the_log_and_no_node_shows_one_that_another_has_ended() {
    let mut cluster = Cluster::start(3, &[]);
    cluster.transfer(1);
    let mut rng = Rng::new(77);
    fill(&mut cluster.nodes[0].client(), &mut rng);
    let mut clients: Vec<Client> = cluster.nodes.iter().map(|node| node.client()).collect();
    let (mut known, mut gone, mut asked) = (BTreeMap::new(), 0, 0);
    // Who is told that a field is gone: no other node shows it afterwards, nor counts it.
    while asked < 4000 {
        let (hash, field) = (format!("h{}", rng.below(HASHES)), format!("f{}", rng.below(FIELDS)));
        let first = rng.below(3);
        let other = (first + 1 + rng.below(2)) % 3;
        let len = number(&clients[first].call(&["HLEN", &hash]));
        if number(&clients[first].call(&["HEXISTS", &hash, &field])) == 0 {
            gone += 1;
            assert_eq!(clients[other].call(&["HGET", &hash, &field]), Value::NullBulk, "{hash} {field}");
            let ttl = clients[other].call(&["HPTTL", &hash, "FIELDS", "1", &field]);
            assert_eq!(ttl, Value::Array(vec![Value::Int(-2)]), "{hash} {field}");
        }
        let then = number(&clients[other].call(&["HLEN", &hash]));
        assert!(then <= len, "{hash} had {len} fields, and then {then}");
        if asked % 8 == 0 {
            sample(&mut clients, &mut known);
        }
        asked += 1;
        if asked % 100 == 0 {
            let lens: i64 = (0..HASHES).map(|hash| number(&clients[0].call(&["HLEN", &format!("h{hash}")]))).sum();
            let timed = clients[0].call(&["INFO", "keyspace"]).text().unwrap_or_default();
            if lens < (HASHES * FIELDS) as i64 && !timed.contains("subexpiry") {
                break;
            }
        }
    }
    assert!(gone > 20, "{gone} fields were asked for when they were gone");
    cluster.wait_all_matched();
    let ended = until("the nodes to have ended as many fields", || {
        let ended: Vec<u64> = clients.iter_mut().map(ended_fields).collect();
        ended.iter().all(|count| *count == ended[0] && *count > 0).then_some(ended[0])
    });
    let left: i64 = (0..HASHES).map(|hash| number(&clients[2].call(&["HLEN", &format!("h{hash}")]))).sum();
    assert_eq!(ended as usize + left as usize, HASHES * FIELDS, "each field was ended once");
    sample(&mut clients, &mut known);
    cluster.check_digests();

    // The next leader goes on, from the ends that the log has told.
    let mut client = cluster.nodes[0].client();
    assert!(!client.call(&["HSET", "late", "a", "1", "b", "2"]).is_error());
    let ends = client.call(&["HPEXPIRE", "late", "2000", "FIELDS", "1", "a"]);
    assert_eq!(ends, Value::Array(vec![Value::Int(1)]));
    cluster.nodes[1].kill();
    until("the field to end", || (client.call(&["HGET", "late", "a"]) == Value::NullBulk).then_some(()));
    assert_eq!(cluster.nodes[2].client().call(&["HGETALL", "late"]), client.call(&["HGETALL", "late"]));
    assert_eq!(client.call(&["HLEN", "late"]), Value::Int(1));
    cluster.nodes[1].start_again();
    cluster.wait_ready(1);
    cluster.wait_all_matched();
    assert_eq!(cluster.nodes[1].client().call(&["HLEN", "late"]), Value::Int(1));
    cluster.check_digests();
}
