//! Keyspace events: compared with redis-server, and on three nodes. (The differential test compares those of random commands.)

use std::time::Duration;

use crate::by_hand::{Scene, compare};
use crate::support::client::{Client, encode};
use crate::support::cluster::{Cluster, until};
use crate::support::process::Server;
use crate::support::value::Value;

const SCENES: &[(&str, Scene)] = &[
    (
        "classes",
        &[
            "0: PSUBSCRIBE __key*__:*",
            "1: CONFIG SET notify-keyspace-events K$",
            "1: SET k v EX 1000; LPUSH l x; APPEND k w",
            "1: CONFIG SET notify-keyspace-events Eg",
            "1: SET k v EX 1000; DEL k; RENAME l m",
            "1: CONFIG SET notify-keyspace-events g$",
            "1: SET k v EX 1000; DEL k m",
            "1: CONFIG SET notify-keyspace-events KEnm",
            "1: SET k v; SET k w; GET none; GETEX none; RENAME k other; RPUSH l x",
            "1: CONFIG SET notify-keyspace-events KExA",
            "1: SET k v; GET none; SELECT 3; SET k v; MOVE k 4",
            "1: CONFIG SET notify-keyspace-events q",
            "1: CONFIG GET notify-keyspace-events",
            "1: SET k v PX 1; HSET h f v PX",
            "1: CONFIG SET notify-keyspace-events \"\"",
        ],
    ),
    (
        "transactions and scripts",
        &[
            "1: CONFIG SET notify-keyspace-events KEA",
            "0: PSUBSCRIBE __keyspace@*__:*",
            "1: MULTI; SET a 1; INCR a; DEL a; GET a; EXEC",
            "1: MULTI; SET a 1; DISCARD",
            "1: EVAL redis.call('set',KEYS[1],'1')redis.call('incr',KEYS[1])return(redis.call('del',KEYS[1])) 1 s",
            "1: EVAL redis.call('select','2')return(redis.call('sadd',KEYS[1],'x')) 1 s",
            "1: FLUSHALL",
            "2: SWAPDB 0 1",
        ],
    ),
];

#[test]
fn events_are_those_of_redis() {
    compare(SCENES);
}

fn subscribed(server: &Server, pattern: &str) -> Client {
    let mut client = server.client();
    client.set_timeout(Duration::from_secs(60));
    client.call(&["PSUBSCRIBE", pattern]);
    client
}

fn wanted(server: &Server, classes: &str) {
    until("a leader", || {
        let set = server.client().call(&["CONFIG", "SET", "notify-keyspace-events", classes]);
        (!set.is_error()).then_some(())
    });
}

/// `channel event`, up to the one of this text.
fn events(client: &mut Client, end: &str) -> Vec<String> {
    let mut events = Vec::new();
    loop {
        let message = client.read_reply().unwrap();
        let parts: Vec<String> = message.items().unwrap().iter().filter_map(Value::text).collect();
        let event = format!("{} {}", parts[2], parts[3]);
        if event.ends_with(end) {
            return events;
        }
        events.push(event);
    }
}

/// Who waits is served behind the command that made the key ready.
#[test]
fn a_waiting_client_that_is_served_is_told_as_by_redis() {
    let seen = [Server::redis(&[]), Server::lockstep(&[])].map(|server| {
        wanted(&server, "KA");
        let mut subscriber = subscribed(&server, "__keyspace@0__:*");
        let waits: [&[&str]; 4] = [
            &["BLPOP", "a", "0"],
            &["BLMOVE", "b", "c", "RIGHT", "LEFT", "0"],
            &["BZPOPMAX", "d", "0"],
            &["XREADGROUP", "GROUP", "g", "me", "BLOCK", "0", "STREAMS", "e", ">"],
        ];
        let mut writer = server.client();
        writer.call(&["XGROUP", "CREATE", "e", "g", "$", "MKSTREAM"]);
        // Since 7.2 the consumer is made as soon as it asks.
        writer.call(&["XGROUP", "CREATECONSUMER", "e", "g", "me"]);
        for wait in waits {
            let mut waiter = server.client();
            let mut out = Vec::new();
            encode(&mut out, wait);
            waiter.send_raw(&out).unwrap();
            until("a client that waits", || {
                let blocked = writer.call(&["INFO", "clients"]).text()?.contains("blocked_clients:1");
                blocked.then_some(())
            });
            writer.call(&match wait[0] {
                "BLPOP" => ["RPUSH", "a", "x"].to_vec(),
                "BLMOVE" => ["LPUSH", "b", "x", "y"].to_vec(),
                "BZPOPMAX" => ["ZADD", "d", "1", "x"].to_vec(),
                _ => ["XADD", "e", "1-1", "f", "v"].to_vec(),
            });
            waiter.read_reply().unwrap();
        }
        writer.call(&["SET", "end", "x"]);
        events(&mut subscriber, "end set")
    });
    assert_eq!(seen[0], seen[1]);
    assert!(seen[0].len() > 10, "{seen:?}");
}

#[test]
fn an_expired_key_is_told_though_nobody_asks_for_it() {
    for server in [Server::redis(&[]), Server::lockstep(&[])] {
        wanted(&server, "Ex");
        let mut subscriber = subscribed(&server, "__keyevent@*__:*");
        let mut writer = server.client();
        writer.call(&["SELECT", "5"]);
        writer.call(&["SET", "k", "v", "PX", "20"]);
        let message = subscriber.read_reply().unwrap();
        let parts: Vec<String> = message.items().unwrap().iter().filter_map(Value::text).collect();
        assert_eq!(parts[2..], ["__keyevent@5__:expired", "k"]);
    }
}

#[test]
fn subscribers_of_every_node_are_told_the_same_in_one_order() {
    let cluster = Cluster::start(3, &[]);
    cluster.transfer(0);
    wanted(&cluster.nodes[1], "KEA");
    let mut subscribers: Vec<Client> = (0..3).map(|node| subscribed(&cluster.nodes[node], "__key*__:*")).collect();
    for round in 0..30 {
        let mut client = cluster.nodes[round % 3].client();
        client.call(&["RPUSH", "list", "x"]);
        client.call(&["SET", &format!("brief {round}"), "x", "PX", "5"]);
        client.call(&["LOCK.ACQUIRE", "lock", "me", "PX", "100000"]);
        client.call(&["LPOP", "list", "2"]);
        if round == 20 {
            cluster.transfer(2);
        }
    }
    let all = until("all expired", || {
        let mut client = cluster.nodes[0].client();
        let end =
            client.call(&["EVAL", "return #redis.call('keys', 'brief*') == 0 and redis.call('set', 'end', '1')", "0"]);
        (!end.is_null()).then(|| subscribers.iter_mut().map(|client| events(client, "end set")).collect::<Vec<_>>())
    });
    assert_eq!((&all[0], &all[0]), (&all[1], &all[2]));
    let of = |text: &str| all[0].iter().filter(|event| event.ends_with(text)).count();
    assert_eq!((of("__:brief 7 expired"), of("__:list rpush"), of("__:list lpop"), of("__:list del")), (1, 30, 30, 30));
    assert_eq!((of("__:lock acquired"), of("@0__:acquired lock")), (1, 1));
    cluster.check_digests();
}
