//! What ends a wait besides an element: time, departure, CLIENT KILL; and bounds.

use std::time::Duration;

use crate::stage::{Stage, wait_blocked};
use crate::support::client::{encode, words};
use crate::support::process::Server;
use crate::support::value::Value;

fn line(words: &str) -> Vec<Vec<String>> {
    vec![words.split(' ').map(str::to_owned).collect()]
}

fn popped(key: &str, element: &str) -> Value {
    Value::Array(vec![Value::Bulk(key.into()), Value::Bulk(element.into())])
}

#[test]
fn who_leaves_or_is_killed_takes_nothing() {
    let server = Server::lockstep(&[]);
    let mut stage = Stage::new(&server, 4);
    for actor in 0..3 {
        assert!(stage.act(actor, &line("BLPOP k 0")).is_empty());
    }
    stage.actor(0).stream().shutdown(std::net::Shutdown::Both).unwrap();
    let kill = format!("CLIENT KILL ID {}", stage.id(1));
    assert_eq!(stage.control(&kill), Value::Int(1));
    wait_blocked(&server, 1);
    // Their cancels are behind them in the log once this one is answered by it.
    assert_eq!(stage.control("SET x y"), Value::Simple(b"OK".to_vec()));
    let pushed = stage.control("RPUSH k a b");
    assert_eq!(pushed, Value::Int(2));
    assert_eq!(stage.await_reply(2), popped("k", "a"));
    assert_eq!(stage.control("LRANGE k 0 -1"), Value::Array(vec![Value::Bulk(b"b".to_vec())]));
}

#[test]
fn what_is_sent_during_a_wait_runs_after_it() {
    let server = Server::lockstep(&[]);
    let mut stage = Stage::new(&server, 1);
    assert!(stage.act(0, &line("BLPOP k 0")).is_empty());
    let mut out = Vec::new();
    for words in [&["SET", "after", "1"][..], &["BLPOP", "k", "0"], &["GET", "after"]] {
        encode(&mut out, words);
    }
    stage.actor(0).send_raw(&out).unwrap();
    assert_eq!(stage.control("GET after"), Value::NullBulk);
    assert_eq!(stage.control("RPUSH k a b"), Value::Int(2));
    assert_eq!(stage.await_reply(0), popped("k", "a"));
    let rest: Vec<Value> = (0..3).map(|_| stage.actor(0).read_reply().unwrap()).collect();
    assert_eq!(rest, [Value::Simple(b"OK".to_vec()), popped("k", "b"), Value::Bulk(b"1".to_vec())]);
}

/// Clients with one connection for all their waits (bee-queue) have several of them on the way; each is answered as soon as it ends.
#[test]
fn what_is_answered_does_not_stay_behind_a_wait_that_follows() {
    let mut servers = vec![Server::redis(&[]), Server::lockstep(&[])];
    let locked = Server::lockstep(&[]);
    locked.client().call(&["LOCK.ACQUIRE", "lock", "owner", "PX", "600000"]);
    servers.push(locked);
    for (index, server) in servers.iter().enumerate() {
        let last = if index == 2 { "LOCK.ACQUIRE lock other PX 1000 WAIT 0" } else { "BRPOPLPUSH k l 0" };
        let (mut waiting, mut pushing) = (server.client(), server.client());
        let mut out = Vec::new();
        for command in ["SET s 1", "BRPOPLPUSH k l 0", "GET s", "BRPOPLPUSH k l 0", last, "GET s"] {
            encode(&mut out, &words(command));
        }
        waiting.send_raw(&out).unwrap();
        assert_eq!(waiting.read_reply().unwrap(), Value::Simple(b"OK".to_vec()), "before the first wait");
        for element in ["a", "b"] {
            pushing.call(&["RPUSH", "k", element]);
            assert_eq!(waiting.read_reply().unwrap(), Value::Bulk(element.into()), "before the next wait");
            if element == "a" {
                assert_eq!(waiting.read_reply().unwrap(), Value::Bulk(b"1".to_vec()));
            }
        }
    }
}

#[test]
fn replies_of_commands_sent_with_one_that_waits_come_before_its_wait_ends() {
    let server = Server::lockstep(&[]);
    let mut stage = Stage::new(&server, 2);
    assert!(stage.act(0, &line("BLPOP k 0")).is_empty());
    let mut out = Vec::new();
    for words in [&["RPUSH", "k", "a"][..], &["GET", "absent"], &["BLPOP", "k", "0"]] {
        encode(&mut out, words);
    }
    stage.actor(1).send_raw(&out).unwrap();
    assert_eq!(stage.actor(1).read_reply().unwrap(), Value::Int(1));
    assert_eq!(stage.actor(1).read_reply().unwrap(), Value::NullBulk);
    assert_eq!(stage.await_reply(0), popped("k", "a"));
    wait_blocked(&server, 1);
    assert_eq!(stage.control("RPUSH k b"), Value::Int(1));
    assert_eq!(stage.actor(1).read_reply().unwrap(), popped("k", "b"));
}

#[test]
fn waits_beyond_the_bounds_are_refused() {
    let server = Server::lockstep(&["--waiters-per-key-max", "2", "--waiters-max", "3"]);
    let mut stage = Stage::new(&server, 5);
    for (actor, command) in ["BLPOP k 0", "BLPOP k 0", "BLPOP l 0"].into_iter().enumerate() {
        assert!(stage.act(actor, &line(command)).is_empty());
    }
    let refused = |replies: Value| replies.text().unwrap_or_default();
    let mut refusal = |command: &str| refused(stage.act(3, &line(command)).remove(&3).unwrap().remove(0));
    assert!(refusal("BLPOP m 0").starts_with("LIMIT too many clients wait (waiters-max)"));
    assert_eq!(stage.control("CONFIG SET waiters-max 10"), Value::Simple(b"OK".to_vec()));
    let mut refusal = |command: &str| refused(stage.act(3, &line(command)).remove(&3).unwrap().remove(0));
    assert!(refusal("BLPOP m k 0").starts_with("LIMIT too many clients wait for this key"));
    assert!(stage.act(3, &line("BLPOP m 0")).is_empty());
    let info = stage.control("INFO clients").text().unwrap();
    assert!(info.contains("blocked_clients:4\r\n"), "{info}");
    assert!(info.contains("total_blocking_keys:3\r\ntotal_blocking_keys_on_nokey:0\r\n"), "{info}");
    assert_eq!(stage.control("XGROUP CREATE s g $ MKSTREAM"), Value::Simple(b"OK".to_vec()));
    assert!(stage.act(4, &line("XREADGROUP GROUP g c BLOCK 0 STREAMS s >")).is_empty());
    let info = stage.control("INFO clients").text().unwrap();
    assert!(info.contains("total_blocking_keys:4\r\ntotal_blocking_keys_on_nokey:1\r\n"), "{info}");
}

#[test]
fn a_wait_of_many_ends_with_its_time_though_nothing_else_happens() {
    let server = Server::lockstep(&[]);
    let mut stage = Stage::new(&server, 30);
    let mut out = Vec::new();
    encode(&mut out, &["BLPOP", "k", "0.3"]);
    for actor in 0..30 {
        stage.actor(actor).send_raw(&out).unwrap();
        stage.actor(actor).set_timeout(Duration::from_secs(20));
    }
    for actor in 0..30 {
        assert_eq!(stage.actor(actor).read_reply().unwrap(), Value::NullArray);
    }
}
