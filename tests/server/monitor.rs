//! MONITOR beside redis-server: the same commands show the same lines, times and addresses left out.

use crate::support::client::Client;
use crate::support::process::Server;
use crate::support::value::Value;

const LINES: &[&str] = &[
    r#"set k "a\r\n\"\\\x00\xff\a\b\t~ ""#,
    "SELECT 3",
    "SeT n 5",
    "GET",
    "NOSUCH",
    "INCR k",
    "LPUSH n x",
    "MULTI",
    "SET n 7",
    "SELECT 2",
    "CLIENT SETNAME bob",
    "EVAL \"return redis.call('incr', KEYS[1])\" 1 n",
    "EVAL_RO \"return redis.call('get', KEYS[1])\" 1 n",
    "CONFIG GET port",
    "EXEC",
    "MULTI",
    "GET n",
    "EXEC",
    "MULTI",
    "GET",
    "EXEC",
    "EXEC",
    "EXEC x",
    "WATCH n",
    "INCR n",
    "MULTI",
    "GET n",
    "EXEC",
    "DISCARD",
    "EVAL \"redis.call('select', 5) redis.pcall('set', 'x') redis.pcall('incr', 'l', 1) return redis.call('set', 'a', 1.5)\" 1 z",
    "EVAL \"redis.call('select', 77)\" 0",
    "EVAL \"redis.call('set', 'a', 1) redis.call('get', 'a') return redis.call('lpush', 'a', 1)\" 1 a",
    "EVAL \"return redis.call('get', 'a')\" 0",
    "EVAL \"return redis.call('get', 'a')\" 0",
    "EVAL_RO \"return redis.call('get', 'a')\" 0",
    "EVALSHA abc 0",
    "EVAL \"return 1\" 5",
    "EVAL \"return redis.call('monitor')\" 0",
    "FUNCTION LOAD \"#!lua name=l\\nredis.register_function('f', function(keys) return redis.call('set', keys[1], 1) end)\"",
    "FCALL f 1 n",
    "AUTH secret",
    "AUTH default secret",
    "HELLO 2 AUTH default secret SETNAME x",
    "CONFIG SET requirepass \"\"",
    "CLIENT LIST",
    "CLIENT ID",
    "SLOWLOG LEN",
    "BLPOP q 0.01",
    "MULTI",
    "BLPOP q 0.01",
    "MONITOR",
    "EXEC",
    "MONITOR x",
    "WAIT 0 0",
    "COMMAND COUNT",
    "OBJECT ENCODING n",
    "PUBLISH c m",
    "FLUSHALL",
    "SELECT 99",
    "RESET",
    "PING",
];

fn send(client: &mut Client, line: &str) -> Value {
    client.send_raw(format!("{line}\r\n").as_bytes()).unwrap();
    client.read_reply().unwrap()
}

fn watch(server: &Server) -> Client {
    let mut watching = server.client();
    assert_eq!(send(&mut watching, "MONITOR"), Value::Simple(b"OK".to_vec()));
    watching
}

/// What `client` is shown up to `ECHO end`, without times, and `client` for addresses.
fn shown(client: &mut Client) -> Vec<String> {
    let mut lines = Vec::new();
    loop {
        let line = match client.read_reply().unwrap() {
            Value::Simple(line) => String::from_utf8(line).unwrap(),
            other => panic!("{other:?}"),
        };
        if line.ends_with("\"ECHO\" \"end\"") {
            return lines;
        }
        let (time, rest) = line.split_once(" [").unwrap();
        let (seconds, micros) = time.split_once('.').unwrap();
        assert!(seconds.parse::<u64>().is_ok_and(|at_s| at_s > 1_600_000_000) && micros.len() == 6, "{line}");
        let (from, words) = rest.split_once(']').unwrap();
        let (db, from) = from.split_once(' ').unwrap();
        lines.push(format!("[{db} {}]{words}", if from == "lua" { "lua" } else { "client" }));
    }
}

#[test]
fn commands_are_shown_as_by_redis() {
    let [ours, redis] = [crate::start(&[]), Server::redis(&[])].map(|server| {
        let (mut watching, mut client) = (watch(&server), server.client());
        let replies: Vec<usize> = LINES.iter().map(|line| send(&mut client, line).is_error() as usize).collect();
        send(&mut client, "ECHO end");
        (shown(&mut watching), replies)
    });
    assert_eq!(ours, redis, "left is lockstep, right is Redis");
    assert!(ours.0.contains(&"[5 lua] \"set\" \"a\" \"1.5\"".to_owned()), "{ours:?}");
}

#[test]
fn a_pipeline_is_shown_in_its_order() {
    let [ours, redis] = [crate::start(&[]), Server::redis(&[])].map(|server| {
        let (mut watching, mut client) = (watch(&server), server.client());
        let lines = ["SET a 1", "PING", "GET a", "SELECT 4", "INCR a", "GET", "EVAL return(1) 0", "ECHO x", "ECHO end"];
        let words = |line: &&str| line.split(' ').map(ToOwned::to_owned).collect::<Vec<String>>();
        client.pipeline(&lines.iter().map(words).collect::<Vec<_>>());
        shown(&mut watching)
    });
    assert_eq!(ours, redis, "left is lockstep, right is Redis");
}

/// A client that waits is shown as it begins to.
#[test]
fn a_wait_is_shown_once_before_what_ends_it() {
    let [ours, redis] = [crate::start(&[]), Server::redis(&[])].map(|server| {
        let (mut watching, mut waits, mut client) = (watch(&server), server.client(), server.client());
        waits.send_line("BLPOP q 0");
        while send(&mut client, "CLIENT LIST TYPE normal").text().is_none_or(|list| !list.contains("cmd=blpop")) {}
        send(&mut client, "LPUSH q x");
        waits.read_reply().unwrap();
        send(&mut client, "ECHO end");
        shown(&mut watching)
    });
    assert_eq!(ours, redis, "left is lockstep, right is Redis");
    assert_eq!(ours.len(), 2);
}

/// What the connection itself is answered, in both versions of the protocol.
#[test]
fn a_connection_that_watches_is_answered_as_by_redis() {
    let dialogue = |server: &Server, resp: &str| {
        let (mut watching, mut other) = (server.client(), server.client());
        watching.call(&["HELLO", resp]);
        let mut seen = vec![send(&mut watching, "MONITOR")];
        let list = send(&mut other, "CLIENT LIST").text().unwrap();
        assert!(list.lines().any(|line| line.contains(" flags=O ")), "{list}");
        for line in ["GET k", "SET k v", "EVAL \"return 1\" 0", "CLIENT LIST", "MONITOR x", "MULTI x"] {
            let reply = send(&mut watching, line);
            seen.push(if line == "CLIENT LIST" { Value::Bool(reply.is_error()) } else { reply });
        }
        // The second MONITOR is not answered; a command of its own is shown behind the reply.
        watching.send_raw(b"MONITOR\r\nPING\r\nPING\r\n").unwrap();
        for _ in 0..2 {
            seen.push(watching.read_reply().unwrap());
            assert!(matches!(watching.read_reply().unwrap(), Value::Simple(line) if line.ends_with(b"\"PING\"")));
        }
        seen.push(send(&mut watching, "RESET"));
        send(&mut other, "ECHO unseen");
        seen.push(send(&mut watching, "PING"));
        seen.push(send(&mut watching, "MONITOR"));
        send(&mut other, "ECHO end");
        assert_eq!(shown(&mut watching), [""; 0]);
        seen.push(send(&mut watching, "QUIT"));
        assert_eq!(watching.read_to_close().unwrap(), b"");
        send(&mut other, "PING");
        seen
    };
    let (ours, redis) = (crate::start(&[]), Server::redis(&[]));
    for resp in ["2", "3"] {
        assert_eq!(dialogue(&ours, resp), dialogue(&redis, resp), "left is lockstep, right is Redis");
    }
}

#[test]
fn who_watches_and_does_not_read_is_closed_at_the_limit() {
    let server = crate::start(&[]);
    let (_silent, mut client) = (watch(&server), server.client());
    send(&mut client, "CONFIG SET client-output-buffer-limit \"pubsub 1mb 0 0\"");
    let word = "x".repeat(100_000);
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while send(&mut client, "CLIENT LIST").text().unwrap().contains(" flags=O ") {
        assert!(std::time::Instant::now() < until, "it is still there");
        client.call(&["ECHO", &word]);
    }
    assert_eq!(send(&mut client, "PING"), Value::Simple(b"PONG".to_vec()));
}
