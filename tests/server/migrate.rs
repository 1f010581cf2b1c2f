//! MIGRATE to redis-server, to another node, and to what answers wrongly or not at all.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use crate::call;
use crate::support::client::Client;
use crate::support::process::Server;
use crate::support::value::Value;

fn ok() -> Value {
    Value::Simple(b"OK".to_vec())
}

/// MIGRATE of `key` to database 0 of a server, with more words.
fn migrate(client: &mut Client, to: u16, key: &str, more: &[&str]) -> Value {
    let port = to.to_string();
    let mut words = vec!["MIGRATE", "127.0.0.1", &port, key, "0", "5000"];
    words.extend(more);
    client.call(&words)
}

fn fill(client: &mut Client) -> Vec<&'static str> {
    for line in [
        "SET s text",
        "SET n 12345",
        "RPUSH l a b c",
        "SADD i 1 2 3",
        "SADD m x y",
        "HSET h f v g w",
        "ZADD z 1.5 a 2 b",
        "XADD x 1-1 f v",
        "PFADD p a b c",
    ] {
        assert!(!call(client, line).is_error(), "{line}");
    }
    vec!["s", "n", "l", "i", "m", "h", "z", "x", "p"]
}

/// Type and content of each key.
fn contents(client: &mut Client, keys: &[&str]) -> Vec<Value> {
    keys.iter().flat_map(|key| [client.call(&["TYPE", key]), content(client, key)]).collect()
}

fn content(client: &mut Client, key: &str) -> Value {
    let of_type = client.call(&["TYPE", key]).text().unwrap();
    let words: &[&str] = match of_type.as_str() {
        "string" => &["GET", key],
        "list" => &["LRANGE", key, "0", "-1"],
        "set" => &["SORT", key, "ALPHA"],
        "hash" => &["HGETALL", key],
        "zset" => &["ZRANGE", key, "0", "-1", "WITHSCORES"],
        _ => &["XRANGE", key, "-", "+"],
    };
    client.call(words)
}

#[test]
fn keys_of_every_type_move_to_redis_and_back() {
    let (ours, redis) = (crate::start(&[]), Server::redis(&[]));
    let (mut here, mut there) = (ours.client(), redis.client());
    let keys = fill(&mut here);
    let before = contents(&mut here, &keys);
    let all: Vec<&str> = ["KEYS", "nosuch"].into_iter().chain(keys.iter().copied()).collect();
    assert_eq!(migrate(&mut here, redis.port(), "", &all), ok());
    assert_eq!(call(&mut here, "DBSIZE"), Value::Int(0));
    assert_eq!(contents(&mut there, &keys), before);
    assert_eq!(migrate(&mut there, ours.port(), "", &all), ok());
    assert_eq!(call(&mut there, "DBSIZE"), Value::Int(0));
    assert_eq!(contents(&mut here, &keys), before);
    let other = crate::start(&[]);
    assert_eq!(migrate(&mut here, other.port(), "", &all), ok());
    assert_eq!(contents(&mut other.client(), &keys), before);
}

#[test]
fn answers_are_those_of_redis() {
    let (ours, redis) = (crate::start(&[]), Server::redis(&[]));
    let target = Server::redis(&["--requirepass", "x"]);
    let port = target.port().to_string();
    let lines = [
        format!("MIGRATE 127.0.0.1 {port} nosuch 0 1000"),
        format!("MIGRATE 127.0.0.1 {port} \"\" 0 1000 KEYS nosuch nosuch2"),
        format!("MIGRATE 127.0.0.1 {port} k 0 1000 FOO"),
        format!("MIGRATE 127.0.0.1 {port} k x 1000"),
        format!("MIGRATE 127.0.0.1 {port} k 0 x"),
        format!("MIGRATE 127.0.0.1 {port} k 0 1000 KEYS a"),
        format!("MIGRATE 127.0.0.1 {port} k 0 1000 AUTH"),
        "MIGRATE 127.0.0.1 1 k 0 1000".into(),
        "SET k v".into(),
        "MIGRATE 127.0.0.1 1 k 0 1000".into(),
        "MIGRATE 127.0.0.1 x k 0 1000".into(),
        format!("MIGRATE 127.0.0.1 {port} k 0 1000 AUTH wrong"),
        format!("MIGRATE 127.0.0.1 {port} k 0 1000 AUTH2 nobody x"),
        format!("MIGRATE 127.0.0.1 {port} k 99 1000 AUTH x"),
        "EXISTS k".into(),
        format!("MIGRATE 127.0.0.1 {port} k 3 1000 COPY AUTH x"),
        "EXISTS k".into(),
        format!("MIGRATE 127.0.0.1 {port} k 3 1000 AUTH x"),
        "EXISTS k".into(),
        format!("MIGRATE 127.0.0.1 {port} k 3 1000 REPLACE AUTH2 default x"),
        "EXISTS k".into(),
        "MIGRATE".into(),
        "COMMAND GETKEYS MIGRATE h 1 k 0 0 COPY".into(),
        "COMMAND GETKEYS MIGRATE h 1 \"\" 0 0 KEYS a b".into(),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let of_ours = crate::same::answers(&ours, &lines);
    let mut there = target.client();
    assert_eq!(there.call(&["FLUSHALL"]), ok());
    assert_eq!(of_ours, crate::same::answers(&redis, &lines), "left is lockstep, right is Redis");
}

#[test]
fn time_to_live_goes_with_the_key() {
    let (ours, redis) = (crate::start(&[]), Server::redis(&[]));
    let (mut here, mut there) = (ours.client(), redis.client());
    call(&mut here, "SET k v PX 500000");
    assert_eq!(migrate(&mut here, redis.port(), "k", &[]), ok());
    let left = call(&mut there, "PTTL k").int().unwrap();
    assert!((400_000..=500_000).contains(&left), "{left}");
    call(&mut here, "SELECT 7");
    call(&mut here, "SET of-seven v");
    assert_eq!(migrate(&mut here, redis.port(), "of-seven", &[]), ok());
    assert_eq!(
        (call(&mut here, "EXISTS of-seven"), call(&mut there, "PTTL of-seven")),
        (Value::Int(0), Value::Int(-1))
    );
}

#[test]
fn a_lock_does_not_move() {
    let (ours, redis) = (crate::start(&[]), Server::redis(&[]));
    let mut here = ours.client();
    call(&mut here, "LOCK.ACQUIRE lock me PX 100000");
    assert!(migrate(&mut here, redis.port(), "lock", &[]).text().unwrap().starts_with("WRONGTYPE"));
    assert_eq!(call(&mut here, "EXISTS lock"), Value::Int(1));
}

/// Takes one request: its words.
fn request(from: &mut BufReader<TcpStream>) -> Vec<Vec<u8>> {
    let number = |from: &mut BufReader<TcpStream>| -> usize {
        let mut line = String::new();
        from.read_line(&mut line).unwrap();
        line[1..].trim_end().parse().unwrap()
    };
    let count = number(from);
    let words = (0..count).map(|_| {
        let mut word = vec![0; number(from) + 2];
        from.read_exact(&mut word).unwrap();
        word.truncate(word.len() - 2);
        word
    });
    words.collect()
}

/// A target that answers SELECT, does something when RESTORE has come, and answers that so.
fn target(meanwhile: impl FnOnce() + Send + 'static, answer: &'static [u8]) -> u16 {
    target_that_is_sent("RESTORE", meanwhile, answer)
}

fn target_that_is_sent(word: &'static str, meanwhile: impl FnOnce() + Send + 'static, answer: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut stream = BufReader::new(listener.accept().unwrap().0);
        assert_eq!(request(&mut stream)[0], b"SELECT");
        stream.get_mut().write_all(b"+OK\r\n").unwrap();
        assert_eq!(request(&mut stream)[..2], [word.as_bytes(), &b"k"[..]]);
        meanwhile();
        stream.get_mut().write_all(answer).unwrap();
    });
    port
}

#[test]
fn a_key_that_is_written_to_on_its_way_stays() {
    for line in ["SET k later", "INCR k", "EXPIRE k 1000", "DEL k"] {
        let ours = crate::start(&[]);
        let mut here = ours.client();
        call(&mut here, "SET k 1");
        let mut other = ours.client();
        let port = target(move || drop(call(&mut other, line)), b"+OK\r\n");
        let told = migrate(&mut here, port, "k", &[]).text().unwrap();
        assert!(told.starts_with("ERR a key was written to while it was on its way"), "{line}: {told}");
        let expected = match line {
            "SET k later" => Some("later"),
            "INCR k" => Some("2"),
            "EXPIRE k 1000" => Some("1"),
            _ => None,
        };
        assert_eq!(call(&mut here, "GET k").text().as_deref(), expected, "{line}");
    }
}

#[test]
fn a_key_is_deleted_only_when_the_target_has_acknowledged_it() {
    let ours = crate::start(&[]);
    let mut here = ours.client();
    call(&mut here, "SET k 1");
    for (answer, told) in [
        (&b"-BUSYKEY no\r\n"[..], "ERR Target instance replied with error: BUSYKEY no"),
        (b"", "IOERR error or timeout reading to target instance"),
        (b"HTTP/1.1 400 Bad Request\r\n", "IOERR error or timeout reading to target instance"),
    ] {
        let port = target(|| {}, answer);
        assert_eq!(migrate(&mut here, port, "k", &[]).text().as_deref(), Some(told));
        assert_eq!(call(&mut here, "GET k").text().as_deref(), Some("1"));
    }
    // It answers nothing for longer than the timeout.
    let port = target(|| std::thread::sleep(std::time::Duration::from_secs(3)), b"+OK\r\n").to_string();
    let told = here.call(&["MIGRATE", "127.0.0.1", &port, "k", "0", "50"]).text();
    assert_eq!(told.as_deref(), Some("IOERR error or timeout reading to target instance"));
    assert_eq!(call(&mut here, "GET k").text().as_deref(), Some("1"));
    // Others are written meanwhile: nothing waits.
    let mut other = ours.client();
    let port = target(move || assert_eq!(call(&mut other, "SET free v"), ok()), b"+OK\r\n");
    assert_eq!(migrate(&mut here, port, "k", &[]), ok());
    assert_eq!(call(&mut here, "EXISTS k free"), Value::Int(1));
}

/// As Redis Cluster's nodes do among themselves: the target may still be importing the slot.
#[test]
fn a_node_of_a_cluster_asks_before_it_restores() {
    let ours = crate::start(&["--cluster-enabled", "yes"]);
    let mut here = ours.client();
    call(&mut here, "SET k 1");
    let port = target_that_is_sent("RESTORE-ASKING", || {}, b"+OK\r\n");
    assert_eq!(migrate(&mut here, port, "k", &[]), ok());
    assert_eq!(call(&mut here, "EXISTS k"), Value::Int(0));
}

/// More than are sent together.
#[test]
fn many_keys_move_and_absent_ones_among_them_are_passed_over() {
    let (ours, redis) = (crate::start(&[]), Server::redis(&[]));
    let (mut here, mut there) = (ours.client(), redis.client());
    let keys: Vec<String> = (0..300).map(|n| format!("k{n}")).collect();
    for key in keys.iter().skip(100).filter(|key| !key.ends_with('7')) {
        assert_eq!(here.call(&["SET", key, key]), ok());
    }
    let held = call(&mut here, "DBSIZE");
    let words: Vec<&str> = ["KEYS"].into_iter().chain(keys.iter().map(String::as_str)).collect();
    assert_eq!(migrate(&mut here, redis.port(), "", &words), ok());
    assert_eq!((held, call(&mut here, "DBSIZE")), (call(&mut there, "DBSIZE"), Value::Int(0)));
    assert_eq!(call(&mut there, "GET k299").text().as_deref(), Some("k299"));
}
