//! DEBUG, compared with redis-server where that has the same.

use crate::call;
use crate::support::client::Client;
use crate::support::process::Server;
use crate::support::value::Value;

fn start() -> [Server; 2] {
    let flags = ["--enable-debug-command", "yes"];
    [crate::start(&flags), Server::redis(&flags)]
}

fn ok() -> Value {
    Value::Simple("OK".into())
}

/// Some of each type, in two databases.
fn fill(client: &mut Client) {
    let values: Vec<String> = (0..300).map(|i| format!("value{i}")).collect();
    let with = |head: &str, words: &mut dyn Iterator<Item = String>| {
        head.split(' ').map(ToOwned::to_owned).chain(words).collect::<Vec<_>>()
    };
    let long = "x".repeat(5000);
    let mut lines = vec![
        with("SET string", &mut ["some text".to_owned()].into_iter()),
        with("SET int 42", &mut std::iter::empty()),
        with("SET ends v EX 1000", &mut std::iter::empty()),
        with("SET long", &mut [long.clone()].into_iter()),
        with("RPUSH list a b a", &mut std::iter::empty()),
        with("RPUSH longlist", &mut values.iter().map(|value| value.repeat(20))),
        with("SADD set c b a", &mut std::iter::empty()),
        with("SADD ints 3 1 2", &mut std::iter::empty()),
        with("SADD manyset", &mut values.iter().cloned()),
        with("HSET hash f v g w", &mut std::iter::empty()),
        with("HSET manyhash", &mut values.iter().flat_map(|value| [value.clone(), long[..70].to_owned()])),
        with("ZADD zset 1 a 2.5 b -3 c", &mut std::iter::empty()),
        with("ZADD manyzset", &mut values.iter().enumerate().flat_map(|(i, value)| [i.to_string(), value.clone()])),
        with("XADD stream 5-1 f v g w", &mut std::iter::empty()),
        with("XADD stream 6-0 other", &mut [long].into_iter()),
        with("SELECT 3", &mut std::iter::empty()),
        with("SET string other", &mut std::iter::empty()),
        with("SELECT 0", &mut std::iter::empty()),
    ];
    for line in lines.drain(..) {
        let reply = client.call(&line.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(!reply.is_error(), "{line:?}: {reply:?}");
    }
}

#[test]
fn digests_are_those_of_redis() {
    let [ours, redis] = start().map(|server| {
        let mut client = server.client();
        let empty = call(&mut client, "DEBUG DIGEST");
        fill(&mut client);
        let keys = "string int ends long list longlist set ints manyset hash manyhash zset manyzset stream nosuch";
        let values: Vec<(String, Value)> = keys
            .split(' ')
            .map(|key| (key.to_owned(), call(&mut client, &format!("DEBUG DIGEST-VALUE {key}"))))
            .collect();
        let some = call(&mut client, &format!("DEBUG DIGEST-VALUE {keys}"));
        (empty, values, some, call(&mut client, "DEBUG DIGEST"), call(&mut client, "DEBUG DIGEST-VALUE"))
    });
    assert_eq!(ours, redis, "left is lockstep, right is Redis");
    assert_eq!(ours.0, Value::Simple("0".repeat(40).into()));
}

#[test]
fn a_digest_tells_other_content_and_no_other_form_or_order() {
    let [server, _] = start();
    let mut client = server.client();
    let mut digest_of = |lines: &[&str]| {
        call(&mut client, "FLUSHALL");
        lines.iter().for_each(|line| assert!(!call(&mut client, line).is_error(), "{line}"));
        call(&mut client, "DEBUG DIGEST")
    };
    let base = digest_of(&["SADD s a b", "HSET h f v g w", "SET k 1"]);
    assert_eq!(digest_of(&["SET k 1", "HSET h g w f v", "SADD s b x a", "SREM s x"]), base);
    assert_eq!(digest_of(&["SADD s a b", "HSET h f v g w", "SET k 0", "INCR k"]), base);
    for others in [
        ["SADD s a c", "HSET h f v g w", "SET k 1"],
        ["SADD s a b", "HSET h f w g v", "SET k 1"],
        ["SADD s a b", "HSET h f v g w", "SET k 1 EX 1000"],
        ["SADD s a b", "HSET h f v g w", "SET l 1"],
    ] {
        assert_ne!(digest_of(&others), base, "{others:?}");
    }
    let lock = digest_of(&["LOCK.ACQUIRE l owner PX 100000"]);
    assert_ne!(lock, digest_of(&["LOCK.ACQUIRE l other PX 100000"]));
}

/// The words of DEBUG OBJECT's answer, apart from those that tell of an address or a clock.
fn object(client: &mut Client, key: &str) -> Vec<(String, String)> {
    let text = call(client, &format!("DEBUG OBJECT {key}")).text().unwrap();
    let words = text.split(' ').filter_map(|word| word.split_once(':'));
    let kept = words.filter(|(name, _)| !["at", "lru", "lru_seconds_idle"].contains(name));
    kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn an_object_is_described_in_the_words_of_redis() {
    let [ours, redis] = start().map(|server| {
        let mut client = server.client();
        fill(&mut client);
        [
            "string", "int", "list", "longlist", "set", "ints", "manyset", "hash", "manyhash", "zset", "manyzset",
            "stream",
        ]
        .map(|key| {
            let words = object(&mut client, key);
            let names: Vec<String> = words.iter().map(|(name, _)| name.clone()).collect();
            // What a value is written as differs: small ones are one piece of bytes in Redis, and long strings are compressed.
            let same = ["refcount", "encoding", "ql_nodes", "ql_avg_node", "ql_listpack_max", "ql_uncompressed_size"];
            let values: Vec<_> = words.into_iter().filter(|(name, _)| same.contains(&name.as_str())).collect();
            (key, names, values)
        })
    });
    for (ours, redis) in ours.iter().zip(&redis) {
        // Redis 7.0 keeps every list in nodes and knows no listpacks of sets.
        if !["list", "set"].contains(&ours.0) {
            assert_eq!(ours, redis, "left is lockstep, right is Redis");
        }
    }
    let [server, _] = start();
    let mut client = server.client();
    call(&mut client, "SET k abc");
    let serialized =
        |words: Vec<(String, String)>| words.into_iter().find(|(name, _)| name == "serializedlength").unwrap().1;
    assert_eq!(serialized(object(&mut client, "k")), "4", "a length and three bytes");
}

#[test]
fn populate_makes_the_keys_that_redis_makes() {
    let lines = [
        "SET key:2 there",
        "DEBUG POPULATE 2500",
        "DBSIZE",
        "GET key:0",
        "GET key:2",
        "GET key:2499",
        "GET key:2500",
        "SELECT 5",
        "DEBUG POPULATE 10 other 20",
        "DBSIZE",
        "GET other:9",
        "DEBUG POPULATE 2 short 3",
        "GET short:1",
        "DEBUG POPULATE 0",
        "DEBUG POPULATE -1",
        "DEBUG POPULATE x",
        "DEBUG POPULATE 1 p x",
        "DEBUG POPULATE 1 p -1",
        "DBSIZE",
    ];
    let [ours, redis] = start().map(|server| {
        let mut client = server.client();
        lines.map(|line| (line, call(&mut client, line)))
    });
    for (ours, redis) in ours.iter().zip(&redis) {
        // What stands behind the text is whatever was in Redis's memory.
        match (&ours.1, &redis.1) {
            (Value::Bulk(own), Value::Bulk(other)) if ours.0 == "GET other:9" => {
                assert_eq!((own.len(), &own[..7], &own[7..]), (20, &b"value:9"[..], &[0; 13][..]));
                assert_eq!((other.len(), &other[..7]), (20, &own[..7]));
            }
            _ => assert_eq!(ours, redis, "left is lockstep, right is Redis"),
        }
    }
}

#[test]
fn populate_is_refused_where_other_writes_are() {
    let [server, _] = start();
    let mut client = server.client();
    call(&mut client, "CONFIG SET maxmemory 1");
    assert!(call(&mut client, "DEBUG POPULATE 10").text().unwrap().starts_with("OOM"));
    call(&mut client, "CONFIG SET maxmemory 0");
    assert_eq!(call(&mut client, "DBSIZE"), Value::Int(0));
    assert!(call(&mut client, "DEBUG POPULATE 1 p 99999999999").text().unwrap().contains("maximum allowed size"));
    // Nobody calls what entries of the log hold.
    assert!(call(&mut client, "debug._put 0 1 key 0").text().unwrap().contains("unknown command"));
}

#[test]
fn reload_finds_the_state_as_it_is_and_leaves_it_there() {
    let [server, _] = start();
    let mut client = server.client();
    fill(&mut client);
    call(&mut client, "LOCK.ACQUIRE lock owner PX 100000");
    call(&mut client, "EVAL return(1) 0");
    let before = (call(&mut client, "RAFT.DIGEST"), call(&mut client, "DEBUG DIGEST"));
    for line in ["DEBUG RELOAD", "DEBUG RELOAD MERGE NOFLUSH", "DEBUG LOADAOF"] {
        assert_eq!(call(&mut client, line), ok(), "{line}");
    }
    assert_eq!((call(&mut client, "RAFT.DIGEST"), call(&mut client, "DEBUG DIGEST")), before);
    assert!(call(&mut client, "DEBUG RELOAD NOSAVE").text().unwrap().contains("not supported"));
    let wrong = "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.";
    assert_eq!(call(&mut client, "DEBUG RELOAD x").text().unwrap(), wrong);
}

#[test]
fn arguments_are_refused_as_by_redis() {
    let lines = [
        "DEBUG OBJECT nosuch",
        "DEBUG SDSLEN nosuch",
        "SET int 5",
        "SET text abcdef",
        "DEBUG SDSLEN int",
        "DEBUG HTSTATS x",
        "DEBUG HTSTATS 16",
        "DEBUG HTSTATS -1",
        "DEBUG HTSTATS-KEY nosuch",
        "DEBUG HTSTATS-KEY text",
        "DEBUG QUICKLIST-PACKED-THRESHOLD x",
        "DEBUG QUICKLIST-PACKED-THRESHOLD 4gb",
        "DEBUG QUICKLIST-PACKED-THRESHOLD 200b",
        "DEBUG QUICKLIST-PACKED-THRESHOLD 0",
        "DEBUG SET-ACTIVE-EXPIRE 0",
        "DEBUG SET-ACTIVE-EXPIRE 1",
        "DEBUG REPLYBUFFER PEAK-RESET-TIME never",
        "DEBUG REPLYBUFFER PEAK-RESET-TIME 100",
        "DEBUG REPLYBUFFER PEAK-RESET-TIME x",
        "DEBUG REPLYBUFFER RESIZING 0",
        "DEBUG PAUSE-CRON 1",
        "DEBUG SET-DISABLE-DENY-SCRIPTS 0",
        "DEBUG SET-SKIP-CHECKSUM-VALIDATION 0",
        "DEBUG AOF-FLUSH-SLEEP 0",
        "DEBUG CLIENT-EVICTION",
        "DEBUG LOG hello",
        "DEBUG ERROR hello",
    ];
    let [ours, redis] = start().map(|server| {
        let mut client = server.client();
        lines.map(|line| (line, call(&mut client, line)))
    });
    for ((line, ours), (_, redis)) in ours.iter().zip(&redis) {
        assert_eq!(ours, redis, "{line}: left is lockstep, right is Redis");
    }
}

#[test]
fn what_is_not_supported_is_refused_and_the_node_goes_on() {
    let [server, _] = start();
    let mut client = server.client();
    for line in [
        "SEGFAULT",
        "PANIC",
        "OOM",
        "ASSERT",
        "RESTART",
        "CRASH-AND-RECOVER 5",
        "CHANGE-REPL-ID",
        "LISTPACK k",
        "QUICKLIST k 1",
        "LEAK x",
        "REPLICATE SET k v",
        "SET-DISABLE-DENY-SCRIPTS 1",
        "SET-SKIP-CHECKSUM-VALIDATION 1",
        "AOF-FLUSH-SLEEP 5",
        "CONFIG-REWRITE-FORCE-ALL",
        "STRINGMATCH-TEST",
        "DROP-CLUSTER-PACKET-FILTER 1",
    ] {
        let text = call(&mut client, &format!("DEBUG {line}")).text().unwrap();
        assert!(text.starts_with("ERR DEBUG ") && text.contains(" not supported: "), "{line}: {text}");
    }
    assert_eq!(call(&mut client, "SET k v"), ok());
    call(&mut client, "DEBUG LOG hello");
    server.wait_log(0, "DEBUG LOG: hello");
    let sizes = call(&mut client, "DEBUG STRUCTSIZE").text().unwrap();
    assert!(sizes.starts_with("bits:64 value:") && sizes.contains(" entry:"), "{sizes}");
    let stats = call(&mut client, "DEBUG HTSTATS 0").text().unwrap();
    assert_eq!(
        stats,
        "[Dictionary HT]\n number of elements: 1\n[Expires HT]\nNo stats available for empty dictionaries\n"
    );
    let lens = call(&mut client, "DEBUG SDSLEN k").text().unwrap();
    assert!(
        lens.starts_with("key_sds_len:1, key_sds_avail:0, key_zmalloc: ") && lens.contains("val_sds_len:1, "),
        "{lens}"
    );
}
