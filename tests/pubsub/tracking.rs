//! CLIENT TRACKING: compared with redis-server, and on three nodes.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::by_hand::{Scene, compare};
use crate::stage::Stage;
use crate::support::client::{Client, encode};
use crate::support::cluster::{Cluster, until};
use crate::support::process::Server;
use crate::support::value::Value;

/// Without BCAST, whose messages Redis sends at a moment of its own.
const SCENES: &[(&str, Scene)] = &[
    (
        "plain",
        &[
            "0: HELLO 3",
            "0: CLIENT TRACKING ON",
            "1: MSET a 1 b 2 c 3",
            "0: GET a",
            "0: MGET b c none",
            "1: SET a 2",
            "1: SET a 3",
            "1: DEL b none",
            "1: SET none 1; SET c 4",
            "0: GET a; GET a",
            "1: EXPIRE a 100; PERSIST a; APPEND a x",
            "0: HGETALL h; LRANGE l 0 -1; TTL a",
            "1: HSET h f v; RPUSH l x; GETDEL a",
            "0: GET a",
            "1: FLUSHALL",
            "1: SET a 1",
            "0: CLIENT TRACKINGINFO; CLIENT GETREDIR",
            "0: CLIENT TRACKING OFF",
            "0: GET a",
            "1: SET a 2",
            "0: CLIENT TRACKINGINFO; CLIENT GETREDIR",
        ],
    ),
    (
        "own writes, transactions and scripts",
        &[
            "0: HELLO 3",
            "0: CLIENT TRACKING ON",
            "0: GET a",
            "0: SET a 1",
            "0: SET a 2",
            "0: MULTI; GET a; SET a 3; GET b; EXEC",
            "1: SET b 1; SET a 1",
            "0: EVAL return(redis.call('get',KEYS[1])) 1 a",
            "1: SET a 2",
            "0: EVAL redis.call('get',KEYS[1])return(redis.call('set',KEYS[1],'x')) 1 a",
            "0: EVAL_RO return(redis.call('mget',KEYS[1],KEYS[2])) 2 a b",
            "1: MULTI; SET a 1; SET b 1; SET a 2; EXEC",
            "0: CLIENT TRACKING ON NOLOOP",
            "0: GET a",
            "0: SET a 1",
            "1: SET a 1",
            "0: GET a",
            "1: SET a 1",
            "0: GET a",
            "0: RESET",
            "1: SET a 1",
        ],
    ),
    (
        "opt in and out",
        &[
            "0: HELLO 3",
            "0: CLIENT CACHING YES",
            "0: CLIENT TRACKING ON OPTIN",
            "0: CLIENT CACHING NO; CLIENT CACHING maybe",
            "0: GET a",
            "0: CLIENT CACHING YES; GET b; GET c",
            "0: CLIENT CACHING YES; CLIENT TRACKINGINFO; CLIENT GETNAME",
            "0: GET d",
            "0: CLIENT CACHING YES; MULTI; GET e; GET f; EXEC; GET g",
            "0: MULTI; CLIENT CACHING YES; EXEC; GET h",
            "1: MSET a 1 b 1 c 1 d 1 e 1 f 1 g 1",
            "0: CLIENT TRACKING ON OPTOUT",
            "0: CLIENT TRACKING OFF; CLIENT TRACKING ON OPTOUT",
            "0: CLIENT CACHING YES",
            "0: CLIENT CACHING NO; CLIENT TRACKINGINFO; GET a; GET b",
            "1: MSET a 1 b 1",
        ],
    ),
    (
        "wrong arguments",
        &[
            "0: CLIENT TRACKING",
            "0: CLIENT TRACKING maybe",
            "0: CLIENT TRACKING ON NOSUCH",
            "0: CLIENT TRACKING ON REDIRECT",
            "0: CLIENT TRACKING ON REDIRECT x",
            "0: CLIENT TRACKING ON REDIRECT 123456",
            "0: CLIENT TRACKING ON PREFIX a",
            "0: CLIENT TRACKING ON OPTIN OPTOUT",
            "0: CLIENT TRACKING ON BCAST OPTIN",
            "0: CLIENT TRACKING ON BCAST PREFIX a PREFIX ab",
            "0: CLIENT TRACKING ON BCAST PREFIX a PREFIX b NOLOOP",
            "0: CLIENT TRACKING ON BCAST PREFIX bc",
            "0: CLIENT TRACKING ON BCAST PREFIX c",
            "0: CLIENT TRACKINGINFO",
            "0: CLIENT TRACKING ON",
            "0: CLIENT CACHING",
            "0: CLIENT CACHING YES",
            "0: CLIENT TRACKING OFF",
        ],
    ),
    (
        "broadcast",
        &[
            "0: HELLO 3",
            "0: CLIENT TRACKING ON BCAST PREFIX user: PREFIX item:",
            "1: SET user:1 x",
            "1: SET other x",
            "1: SET user:1 y",
            "1: MULTI; SET user:2 x; SET item:1 x; SET item:2 x; SET user:1 x; EXEC",
            "1: FLUSHDB",
            "0: CLIENT TRACKING OFF",
            "0: CLIENT TRACKING ON BCAST NOLOOP",
            "0: SET item:1 x",
            "1: SET item:1 x",
        ],
    ),
];

#[test]
fn tracking_clients_are_sent_the_same_as_by_redis() {
    compare(SCENES);
}

/// Redis sends it later than the reply, so that nothing else tells when it has come.
#[test]
fn a_broadcast_to_its_own_writer_comes_behind_the_reply() {
    for server in [Server::redis(&[]), Server::lockstep(&[])] {
        let mut client = server.client();
        client.call(&["HELLO", "3"]);
        client.call(&["CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "item:"]);
        let mut input = Vec::new();
        encode(&mut input, &["SET", "item:1", "x"]);
        client.send_raw(&input).unwrap();
        let got = [client.read_reply().unwrap(), client.read_reply().unwrap()];
        assert_eq!(got.map(|value| format!("{value:?}")), ["+OK", ">[\"invalidate\", [\"item:1\"]]"]);
    }
}

fn id(server: &mut Stage, actor: usize) -> String {
    let got = server.act(actor, &[vec!["CLIENT", "ID"]]);
    got[&actor][0].int().unwrap().to_string()
}

/// Clients have ids of the server's own, which are left out.
#[test]
fn another_client_is_told_in_the_place_of_the_one_that_tracks_as_by_redis() {
    let seen = [Server::redis(&[]), Server::lockstep(&[])].map(|server| {
        let mut stage = Stage::new(&server, 3);
        let target = id(&mut stage, 1);
        let on = ["CLIENT", "TRACKING", "ON", "REDIRECT", &target];
        let mut seen: Vec<BTreeMap<usize, Vec<Value>>> = Vec::new();
        let steps: [(usize, &[&str]); 13] = [
            (0, &on),
            (0, &["GET", "a"]),
            (2, &["SET", "a", "not subscribed"]),
            (1, &["SUBSCRIBE", "__redis__:invalidate"]),
            (0, &["MGET", "a", "b"]),
            (2, &["MSET", "a", "1", "b", "2"]),
            (0, &["GET", "a"]),
            (2, &["FLUSHALL"]),
            (1, &["UNSUBSCRIBE"]),
            (1, &["HELLO", "3"]),
            (0, &["GET", "a"]),
            (2, &["SET", "a", "in RESP3"]),
            (0, &["HELLO", "3"]),
        ];
        for (actor, words) in steps {
            let got = stage.act(actor, &[words.to_vec()]);
            if words[0] != "HELLO" {
                seen.push(got);
            }
        }
        let got = stage.act(0, &[vec!["CLIENT", "GETREDIR"], vec!["GET", "a"]]);
        assert_eq!(got[&0][0], Value::Int(target.parse().unwrap()));
        stage.act(1, &[vec!["QUIT"]]);
        until("the end of the one that is told", || {
            let list = server.client().call(&["CLIENT", "LIST"]).text()?;
            (!list.contains(&format!("id={target} "))).then_some(())
        });
        let got = stage.act(2, &[vec!["SET", "a", "x"]]);
        let gone =
            Value::Push(vec![Value::Bulk(b"tracking-redir-broken".to_vec()), Value::Int(target.parse().unwrap())]);
        assert_eq!(got[&0], [gone]);
        let got = stage.act(0, &[vec!["CLIENT", "TRACKINGINFO"], vec!["CLIENT", "INFO"]]);
        let (info, line) = (format!("{:?}", got[&0][0]), got[&0][1].text().unwrap());
        assert!(
            info.contains("broken_redirect") && line.contains("flags=tR") && line.contains(&format!("redir={target} ")),
            "{info} {line}"
        );
        seen
    });
    assert_eq!(seen[0], seen[1]);
    assert!(format!("{seen:?}").contains("__redis__:invalidate"));
}

#[test]
fn figures_are_those_of_the_clients_that_track() {
    for server in [Server::redis(&[]), Server::lockstep(&[])] {
        let mut stage = Stage::new(&server, 3);
        stage.act(0, &[vec!["HELLO", "3"], vec!["CLIENT", "TRACKING", "ON"], vec!["MGET", "a", "b", "c"]]);
        stage.act(1, &[vec!["HELLO", "3"], vec!["CLIENT", "TRACKING", "ON"], vec!["MGET", "c", "d"]]);
        stage.act(2, &[vec!["CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "p"]]);
        let mut client = server.client();
        let mut figures = || {
            let info = client.call(&["INFO", "everything"]).text().unwrap();
            let field = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
            ["tracking_clients:", "tracking_total_keys:", "tracking_total_items:", "tracking_total_prefixes:"]
                .map(field)
        };
        assert_eq!(figures(), ["3", "4", "5", "1"]);
        let line = server.client().call(&["CLIENT", "LIST"]).text().unwrap();
        assert!(line.contains("flags=tB ") && line.contains("flags=t "), "{line}");
        let mut writer = server.client();
        assert_eq!(writer.call(&["CONFIG", "SET", "tracking-table-max-keys", "2"]), Value::Simple(b"OK".to_vec()));
        until("fewer keys", || (figures()[1] == "2").then_some(()));
    }
}

/// What a client has cached, and the connection that is told.
struct Cache {
    client: Client,
    kept: BTreeMap<String, Value>,
    told: usize,
}

impl Cache {
    fn new(cluster: &Cluster, node: usize) -> Self {
        let mut client = cluster.nodes[node].client();
        client.set_timeout(Duration::from_secs(60));
        client.call(&["HELLO", "3"]);
        assert_eq!(client.call(&["CLIENT", "TRACKING", "ON"]), Value::Simple(b"OK".to_vec()));
        Self { client, kept: BTreeMap::new(), told: 0 }
    }

    /// The reply to a command; what is told before it is taken out of what is kept.
    fn call(&mut self, words: &[&str]) -> Value {
        let mut out = Vec::new();
        crate::support::client::encode(&mut out, words);
        self.client.send_raw(&out).unwrap();
        loop {
            match self.client.read_reply().unwrap() {
                Value::Push(parts) => {
                    self.told += 1;
                    match parts[1].items() {
                        Some(keys) => keys.iter().for_each(|key| _ = self.kept.remove(&key.text().unwrap())),
                        None => self.kept.clear(),
                    }
                }
                reply => return reply,
            }
        }
    }

    fn read(&mut self, key: &str) {
        if !self.kept.contains_key(key) {
            let value = self.call(&["GET", key]);
            self.kept.insert(key.into(), value);
        }
    }
}

/// What is kept is what there is, once all is told: writes through every node, expiry, FLUSHALL, and leaders that are killed.
#[test]
fn caches_on_surviving_nodes_keep_nothing_old_when_leaders_are_killed() {
    let mut cluster = Cluster::start(3, &[]);
    cluster.transfer(2);
    let mut caches = [Cache::new(&cluster, 0), Cache::new(&cluster, 0), Cache::new(&cluster, 1)];
    let keys: Vec<String> = (0..8).map(|number| format!("key {number}")).collect();
    let mut value = 0;
    for round in 0..3 {
        for step in 0..60 {
            if step == 30 {
                cluster.nodes[2].kill();
            }
            for (at, cache) in caches.iter_mut().enumerate() {
                cache.read(&keys[(step * 3 + at) % keys.len()]);
                cache.read(&keys[step % keys.len()]);
            }
            let mut writer = cluster.nodes[(step + round) % 2].client();
            writer.set_timeout(Duration::from_secs(60));
            value += 1;
            let (key, text) = (&keys[step * 5 % keys.len()], value.to_string());
            match step % 10 {
                3 => _ = writer.call(&["SET", key, &text, "PX", "3"]),
                7 => _ = writer.call(&["DEL", key]),
                9 if round == 1 => _ = writer.call(&["FLUSHALL"]),
                _ => _ = writer.call(&["SET", key, &text]),
            }
        }
        cluster.nodes[2].start_again();
        cluster.wait_ready(2);
        cluster.transfer(2);
    }
    cluster.wait_all_matched();
    cluster.wait_caught_up();
    let mut reader = cluster.nodes[0].client();
    until("all that is due to be expired by the log", || {
        let info = reader.call(&["INFO", "keyspace"]).text()?;
        (!info.contains("expires=") || info.contains("expires=0")).then_some(())
    });
    for cache in &mut caches {
        // Behind all that it is told.
        until("what it is told", || {
            cache.call(&["PING"]);
            let is_old = |(key, value): (&String, &Value)| {
                let present = reader.call(&["GET", key]);
                // What is absent is null in both versions of the protocol, in forms of their own.
                present != *value && !(present.is_null() && value.is_null())
            };
            (!cache.kept.iter().any(is_old)).then_some(())
        });
        assert!(cache.told > 20, "{}", cache.told);
    }
    cluster.check_digests();
}
