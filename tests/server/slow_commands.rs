//! SLOWLOG: which commands it sees, compared with redis-server.

use crate::call;
use crate::support::client::Client;
use crate::support::cluster::until;
use crate::support::process::Server;
use crate::support::value::Value;

/// EXEC is none, and neither is what was refused or queued; what a transaction runs is.
const LINES: &[&str] = &[
    "PING",
    "GET",
    "NOSUCH",
    "SET a 1",
    "GET a",
    "MULTI",
    "SET a 1",
    "GET",
    "DISCARD",
    "MULTI",
    "SET a 2",
    "GET a",
    "CLIENT ID",
    "EXEC",
    "MULTI",
    "GET a",
    "EXEC",
    "WATCH a",
    "SET a 3",
    "MULTI",
    "GET a",
    "EXEC",
    "EXEC",
    "AUTH secret",
    "HELLO 2 AUTH default secret",
    "CONFIG SET timeout 0",
    "SET k v FOO",
    "INCRBY k x",
    "SELECT 1",
    "SELECT 0",
    "INFO cpu",
    "SLOWLOG LEN",
    "EVAL return(1) 0",
];

/// What SLOWLOG shows of commands, the oldest first.
fn seen(client: &mut Client) -> Vec<String> {
    let Value::Array(entries) = call(client, "SLOWLOG GET -1") else { panic!("SLOWLOG GET answers an array") };
    let args = |entry: &Value| match entry {
        Value::Array(fields) => fields[3].clone(),
        other => panic!("{other:?}"),
    };
    let text = |args: Value| match args {
        Value::Array(words) => words.iter().map(|word| word.text().unwrap()).collect::<Vec<_>>().join(" "),
        other => panic!("{other:?}"),
    };
    entries.iter().rev().map(|entry| text(args(entry))).collect()
}

fn start() -> [Server; 2] {
    let flags = ["--slowlog-log-slower-than", "0", "--slowlog-max-len", "128", "--enable-debug-command", "yes"];
    [crate::start(&flags), Server::redis(&flags)]
}

#[test]
fn every_call_is_seen_as_by_redis() {
    let [ours, redis] = start().map(|server| {
        let mut client = server.client();
        call(&mut client, "SLOWLOG RESET");
        LINES.iter().for_each(|line| drop(call(&mut client, line)));
        seen(&mut client)
    });
    assert_eq!(ours, redis, "left is lockstep, right is Redis");
}

#[test]
fn a_pipeline_shows_each_of_its_commands() {
    let [ours, redis] = start().map(|server| {
        let mut client = server.client();
        call(&mut client, "SLOWLOG RESET");
        let lines = ["SET a 1", "PING", "GET a", "INCR a", "ECHO x", "SELECT 0", "GET a"];
        let words = |line: &&str| line.split(' ').map(ToOwned::to_owned).collect::<Vec<String>>();
        client.pipeline(&lines.iter().map(words).collect::<Vec<_>>());
        let mut seen = seen(&mut client);
        // Those that are answered at once are noted before those of the same group that wait for the store.
        seen.sort();
        seen
    });
    assert_eq!(ours, redis, "left is lockstep, right is Redis");
}

#[test]
fn no_more_than_the_bound_is_kept() {
    for server in start() {
        let mut client = server.client();
        call(&mut client, "CONFIG SET slowlog-max-len 10");
        for _ in 0..100 {
            call(&mut client, "PING");
        }
        assert_eq!(call(&mut client, "SLOWLOG LEN"), Value::Int(10));
        call(&mut client, "CONFIG SET slowlog-log-slower-than -1");
        call(&mut client, "SLOWLOG RESET");
        call(&mut client, "PING");
        assert_eq!(call(&mut client, "SLOWLOG LEN"), Value::Int(0));
    }
}

/// INFO and SLOWLOG, by which the test looks on, are left out.
fn seen_of(client: &mut Client, names: &[&str]) -> Vec<String> {
    seen(client).into_iter().filter(|line| names.iter().any(|name| line.starts_with(name))).collect()
}

#[test]
fn a_command_that_waited_is_seen_once_it_is_answered() {
    let [ours, redis] = start().map(|server| {
        let (mut client, mut waiter) = (server.client(), server.client());
        call(&mut client, "SLOWLOG RESET");
        waiter.send_line("BLPOP list 0");
        until("BLPOP waits", || call(&mut client, "INFO clients").text()?.contains("blocked_clients:1").then_some(()));
        let waiting = seen_of(&mut client, &["BLPOP"]);
        call(&mut client, "RPUSH list a");
        waiter.read_reply().unwrap();
        (waiting, seen_of(&mut client, &["BLPOP", "RPUSH"]))
    });
    assert_eq!(ours.0, Vec::<String>::new());
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    // The two that end each other may stand in either order.
    assert_eq!(sorted(ours.1), sorted(redis.1), "left is lockstep, right is Redis");
}

#[test]
fn debug_sleep_is_slow_by_all_of_its_time() {
    for server in start() {
        let mut client = server.client();
        call(&mut client, "CONFIG SET slowlog-log-slower-than 100000");
        call(&mut client, "SLOWLOG RESET");
        for line in ["DEBUG SLEEP 0.11", "MULTI", "DEBUG SLEEP 0.12", "EXEC"] {
            call(&mut client, line);
        }
        assert_eq!(seen_of(&mut client, &["DEBUG"]), ["DEBUG SLEEP 0.11", "DEBUG SLEEP 0.12"]);
    }
}

#[test]
fn the_wait_of_a_command_is_not_its_time() {
    let server = crate::start(&["--slowlog-log-slower-than", "200000"]);
    let mut client = server.client();
    for line in ["BLPOP none 0.25", "WAIT 7 250"] {
        call(&mut client, line);
    }
    assert_eq!(seen_of(&mut client, &["BLPOP", "WAIT"]), Vec::<String>::new());
}
