//! Redis Cluster's protocol on one node (`cluster-enabled yes`), beside a redis-server that has all slots.

use crate::support::process::Server;
use crate::support::value::Value;

const FLAGS: &[&str] = &["--cluster-enabled", "yes"];

/// One connection each.
const DIALOGUES: &[&[&str]] = &[
    &[
        "CLUSTER KEYSLOT foo",
        "CLUSTER KEYSLOT {user1000}.following",
        "CLUSTER KEYSLOT foo{}{bar}",
        "CLUSTER KEYSLOT \"\"",
    ],
    &[
        "CLUSTER COUNTKEYSINSLOT 12182",
        "SET foo bar",
        "CLUSTER COUNTKEYSINSLOT 12182",
        "CLUSTER GETKEYSINSLOT 12182 10",
    ],
    &[
        "SET foo bar",
        "CLUSTER GETKEYSINSLOT 12182 0",
        "CLUSTER GETKEYSINSLOT 1 10",
        "DEL foo",
        "CLUSTER COUNTKEYSINSLOT 12182",
    ],
    &[
        "CLUSTER COUNTKEYSINSLOT x",
        "CLUSTER COUNTKEYSINSLOT -1",
        "CLUSTER COUNTKEYSINSLOT 16384",
        "CLUSTER COUNTKEYSINSLOT",
    ],
    &[
        "CLUSTER GETKEYSINSLOT x 1",
        "CLUSTER GETKEYSINSLOT 1 x",
        "CLUSTER GETKEYSINSLOT 1 -1",
        "CLUSTER GETKEYSINSLOT 16384 1",
    ],
    &["CLUSTER REPLICAS abc", "CLUSTER SLAVES abc", "CLUSTER COUNT-FAILURE-REPORTS abc", "CLUSTER LINKS"],
    &[
        "CLUSTER",
        "CLUSTER nosuch",
        "CLUSTER INFO x",
        "CLUSTER MYID x",
        "CLUSTER NODES x",
        "CLUSTER SLOTS x",
        "CLUSTER SHARDS x",
    ],
    &["CLUSTER MEET x", "CLUSTER ADDSLOTS", "CLUSTER SETSLOT 1", "CLUSTER FORGET", "CLUSTER REPLICATE"],
    &["ASKING", "ASKING x", "READONLY", "READWRITE", "MULTI", "ASKING", "READONLY", "EXEC"],
    &["SELECT 0", "SELECT 1", "SELECT -1", "SELECT x", "SELECT 99999999999"],
    &["SWAPDB 0 1", "SWAPDB x y", "MOVE foo 1", "COPY a {a}b DB 1", "COPY a {a}b DB x", "COPY a {a}b DB 0"],
    &[
        "MGET a b",
        "MGET {t}a {t}b",
        "MSET a 1 b 2",
        "DEL a b",
        "RENAME a b",
        "SMOVE a b x",
        "BLPOP a b 1",
        "LMPOP 2 a b LEFT",
    ],
    &[
        "SUNIONSTORE a b c",
        "ZUNIONSTORE a 2 b c",
        "BITOP AND a b c",
        "PFMERGE a b",
        "XREAD STREAMS a b 0 0",
        "GEORADIUS a 1 1 1 m STORE b",
    ],
    &[
        "EVAL x 2 a b",
        "EVAL \"return 1\" 2 {t}a {t}b",
        "EVAL \"return 1\" 3 a b",
        "EVAL \"return 1\" x a b",
        "EVALSHA x 2 a b",
        "FCALL f 2 a b",
    ],
    &["WATCH a b", "WATCH {t}a {t}b", "SSUBSCRIBE a b", "SPUBLISH a x", "PUBLISH a x"],
    &["MULTI", "SET a 1", "SET b 2", "EXEC", "GET a", "PING"],
    &["MULTI", "MGET a b", "PING", "EXEC"],
    &["MULTI", "SET {t}a 1", "SET {t}b 2", "MGET {t}a {t}b", "EXEC", "DEL {t}a {t}b"],
    &["RESTORE-ASKING a 0 x", "RESTORE-ASKING a x \"\" REPLACE", "RESTORE-ASKING"],
    &["INFO cluster", "COMMAND INFO asking restore-asking readonly readwrite"],
    &["COMMAND GETKEYS restore-asking k 0 x", "CONFIG GET cluster-enabled", "CONFIG SET cluster-enabled no"],
];

fn start() -> (Server, Server) {
    let redis = Server::redis(FLAGS);
    assert_eq!(redis.client().call(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]), Value::Simple(b"OK".to_vec()));
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !info(&redis).contains("cluster_state:ok") {
        assert!(std::time::Instant::now() < until, "Redis is not ready");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    (crate::start(FLAGS), redis)
}

fn info(server: &Server) -> String {
    server.client().call(&["CLUSTER", "INFO"]).text().unwrap()
}

fn text(server: &Server, words: &[&str]) -> String {
    server.client().call(words).text().unwrap()
}

#[test]
fn refusals_and_simple_answers_of_a_cluster_are_those_of_redis() {
    let (ours, redis) = start();
    for lines in DIALOGUES {
        let (of_ours, of_redis) = (crate::same::answers(&ours, lines), crate::same::answers(&redis, lines));
        assert_eq!(of_ours, of_redis, "left is lockstep, right is Redis, for {lines:?}");
    }
}

/// What a server says of itself, its own numbers as words.
fn shown(server: &Server, resp: &str) -> Vec<String> {
    let (own, shard) = (text(server, &["CLUSTER", "MYID"]), text(server, &["CLUSTER", "NODES"]));
    assert_eq!((own.len(), shard.starts_with(&own)), (40, true), "{shard}");
    let port = server.port();
    let of = |words: &[&str]| {
        let mut client = server.client();
        client.call(&["HELLO", resp]);
        let shown = format!("{:?}", client.call(words));
        let bytes = |text: &str| format!("{:?}", Value::Bulk(text.as_bytes().to_vec()));
        shown.replace(&bytes(&own), "<id>").replace(&format!(":{port}"), "<port>")
    };
    vec![of(&["CLUSTER", "SLOTS"]), of(&["CLUSTER", "REPLICAS", &own]), of(&["CLUSTER", "COUNT-FAILURE-REPORTS", &own])]
}

#[test]
fn slots_have_the_form_that_redis_gives_them() {
    let (ours, redis) = start();
    for resp in ["2", "3"] {
        // A node of Redis that has met nobody does not know its own address.
        let nameless = |shown: Vec<String>| -> Vec<String> {
            let host = |host: &str| format!("{:?}", Value::Bulk(host.as_bytes().to_vec()));
            shown.into_iter().map(|shown| shown.replace(&host("127.0.0.1"), &host(""))).collect()
        };
        assert_eq!(nameless(shown(&ours, resp)), shown(&redis, resp), "RESP{resp}");
    }
}

#[test]
fn info_and_hello_say_that_it_is_a_cluster() {
    let (ours, redis) = start();
    let fields = |server: &Server| -> Vec<String> {
        let info = info(server);
        // Epoch and traffic are each one's own; so is the last field, of links that have a limit.
        let lines = info.lines().filter(|line| line.starts_with("cluster_s") || line.starts_with("cluster_known"));
        lines.filter(|line| !line.starts_with("cluster_stats")).map(str::to_owned).collect()
    };
    assert_eq!(fields(&ours), fields(&redis));
    let pairs = ours.client().call(&["HELLO"]).pairs().unwrap();
    let mode = pairs.iter().find(|(name, _)| name.text().as_deref() == Some("mode")).unwrap().1.text().unwrap();
    assert_eq!(mode, "cluster");
    assert!(text(&ours, &["INFO", "server"]).contains("redis_mode:cluster\r\n"));
    assert!(text(&crate::start(&[]), &["INFO", "server"]).contains("redis_mode:standalone\r\n"));
}

#[test]
fn what_raft_decides_is_refused_and_changes_nothing() {
    let (ours, _redis) = start();
    let before = text(&ours, &["CLUSTER", "NODES"]);
    for (line, hint) in [
        ("ADDSLOTS 1", "slots cannot be assigned"),
        ("ADDSLOTSRANGE 1 2", "slots cannot be assigned"),
        ("DELSLOTS 1", "slots cannot be assigned"),
        ("DELSLOTSRANGE 1 2", "slots cannot be assigned"),
        ("FLUSHSLOTS", "slots cannot be assigned"),
        ("SETSLOT 1 STABLE", "slots cannot be assigned"),
        ("BUMPEPOCH", "the term of Raft"),
        ("SET-CONFIG-EPOCH 1", "the term of Raft"),
        ("MEET 127.0.0.1 1", "RAFT.ADD"),
        ("FORGET abc", "RAFT.REMOVE"),
        ("RESET HARD", "RAFT.REMOVE"),
        ("FAILOVER FORCE", "RAFT.TRANSFER"),
        ("REPLICATE abc", "RAFT.TRANSFER"),
        ("SAVECONFIG", "in the log"),
    ] {
        let words: Vec<&str> = std::iter::once("CLUSTER").chain(line.split(' ')).collect();
        let told = text(&ours, &words);
        assert!(told.starts_with("ERR ") && told.contains(hint), "{line}: {told}");
    }
    assert_eq!(text(&ours, &["CLUSTER", "NODES"]), before);
}

/// Bound to every interface, a node that is alone knows no name of its own; its client has reached it somewhere.
#[test]
fn a_node_without_an_address_is_shown_where_the_client_reached_it() {
    let ours = crate::start(&["--cluster-enabled", "yes", "--bind", "0.0.0.0"]);
    let nodes = text(&ours, &["CLUSTER", "NODES"]);
    assert!(nodes.contains(&format!(" 127.0.0.1:{}@", ours.port())), "{nodes}");
}

/// What scripts of Redis 7.2 are told; 7.0 has one text for all of it.
#[test]
fn scripts_keep_to_slots_as_they_declare() {
    let (ours, _redis) = start();
    let of_call = "ERR Command 'mget' in script attempted to access keys that don't hash to the same slot";
    let of_script = "ERR Script attempted to access keys that do not hash to the same slot";
    let two = "redis.call('set', 'a', '1') redis.call('set', 'b', '2') return 'both'";
    let mut client = ours.client();
    let mut told = |words: &[&str]| client.call(words).text().unwrap();
    // One that says nothing of itself may cross slots between its calls, and within none.
    assert_eq!(told(&["EVAL", two, "0"]), "both");
    let script = "return redis.call('mget', 'a', 'b')";
    for eval in ["EVAL", "EVAL_RO"] {
        assert!(told(&[eval, script, "0"]).starts_with(of_call), "{eval}");
    }
    assert!(told(&["EVAL", &format!("#!lua\n{two}"), "0"]).starts_with(of_script));
    assert!(told(&["EVAL", "#!lua\nreturn redis.call('get', 'b')", "1", "a"]).starts_with(of_script));
    assert!(
        told(&["EVAL_RO", "#!lua flags=no-writes\nreturn redis.call('get', 'b')", "1", "a"]).starts_with(of_script)
    );
    assert_eq!(told(&["EVAL", "#!lua\nreturn redis.call('get', '{b}c') or redis.call('get', 'b')", "1", "b"]), "2");
    assert_eq!(told(&["EVAL", &format!("#!lua flags=allow-cross-slot-keys\n{two}"), "0"]), "both");
    assert_eq!(
        told(&["EVAL", "#!lua flags=no-cluster\nreturn 1", "0"]),
        "ERR Can not run script on cluster, 'no-cluster' flag is set."
    );
    for (call, text) in [
        ("'select', '1'", "ERR SELECT is not allowed in cluster mode"),
        ("'move', 'a', '1'", "ERR MOVE is not allowed in cluster mode"),
        ("'copy', 'a', '{a}b', 'DB', '1'", "ERR Copying to another database is not allowed in cluster mode"),
    ] {
        assert!(told(&["EVAL", &format!("return redis.call({call})"), "0"]).starts_with(text), "{call}");
    }
    assert_eq!(told(&["EVAL", "return redis.call('select', '0')", "0"]), "OK");
    // In a transaction they are the same, writing or not.
    assert_eq!(told(&["MULTI"]), "OK");
    told(&["EVAL", script, "0"]);
    told(&["EVAL_RO", script, "0"]);
    let Value::Array(items) = client.call(&["EXEC"]) else { panic!("no replies") };
    assert!(items.iter().all(|item| item.text().unwrap().starts_with(of_call)), "{items:?}");
    // On a node that speaks for itself none of it is asked.
    let alone = crate::start(&[]);
    assert_eq!(
        alone.client().call(&["EVAL", &format!("#!lua flags=no-cluster\n{two}"), "0"]).text().as_deref(),
        Some("both")
    );
}

#[test]
fn the_shard_has_an_id_that_is_no_node_s() {
    let ours = Server::lockstep(FLAGS);
    let mut client = ours.client();
    let (node, shard) = (client.line("CLUSTER MYID").text().unwrap(), client.line("CLUSTER MYSHARDID").text().unwrap());
    assert_eq!((node.len(), shard.len()), (40, 40));
    assert!(node != shard && node[8..] == shard[8..], "{node} {shard}");
}
