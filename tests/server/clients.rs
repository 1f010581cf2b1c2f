//! CLIENT PAUSE, UNBLOCK, KILL; WAIT.

use std::time::{Duration, Instant};

use crate::support::client::Client;
use crate::support::cluster::until;
use crate::support::process::Server;
use crate::support::value::Value;
use crate::{call, is_silent};

#[test]
fn a_pause_holds_writes_and_nothing_else() {
    let server = crate::start(&[]);
    let (mut a, mut b) = (server.client(), server.client());
    assert_eq!(call(&mut a, "CLIENT PAUSE 60000 WRITE"), Value::Simple(b"OK".to_vec()));
    assert_eq!(call(&mut b, "GET k"), Value::NullBulk);
    b.send_raw(b"SET k 1\r\nGET k\r\n").unwrap();
    assert!(is_silent(&mut b), "a write ran during the pause");
    assert_eq!(call(&mut a, "GET k"), Value::NullBulk);
    call(&mut a, "CLIENT UNPAUSE");
    assert_eq!(b.read_reply().unwrap(), Value::Simple(b"OK".to_vec()));
    assert_eq!(b.read_reply().unwrap(), Value::Bulk(b"1".to_vec()));
    let began = Instant::now();
    call(&mut a, "CLIENT PAUSE 300 ALL");
    call(&mut b, "PING");
    assert!(began.elapsed() >= Duration::from_millis(290), "PING passed");
}

/// Of two pauses the later end and the stricter kind hold, whichever came first. (Redis has the same rule, and holds CLIENT itself back
/// in a pause of all commands: there the second one waits for the first.)
#[test]
fn a_second_pause_neither_shortens_nor_loosens_the_first() {
    let server = crate::start(&[]);
    let (mut a, mut b) = (server.client(), server.client());
    for [first, second] in [["60000 ALL", "20 WRITE"], ["60000 WRITE", "20 ALL"]] {
        call(&mut a, &format!("CLIENT PAUSE {first}"));
        call(&mut a, &format!("CLIENT PAUSE {second}"));
        b.send_raw(b"PING\r\n").unwrap();
        assert!(is_silent(&mut b), "PING passed a pause of {first} and one of {second}");
        call(&mut a, "CLIENT UNPAUSE");
        assert_eq!(b.read_reply().unwrap(), Value::Simple(b"PONG".to_vec()));
    }
}

#[test]
fn a_client_that_a_pause_holds_is_shown_as_blocked() {
    for server in [crate::start(&[]), Server::redis(&[])] {
        let (mut a, mut b) = (server.client(), server.client());
        let id = call(&mut b, "CLIENT ID").int().unwrap();
        let mut shown = || {
            let line = call(&mut a, &format!("CLIENT LIST ID {id}")).text().unwrap();
            let clients = call(&mut a, "INFO clients").text().unwrap();
            (line.contains(" flags=b "), clients.contains("blocked_clients:1\r\n"))
        };
        assert_eq!(shown(), (false, false));
        call(&mut server.client(), "CLIENT PAUSE 60000 WRITE");
        b.send_line("SET k 1");
        until("the write is held", || (shown() == (true, true)).then_some(()));
        call(&mut server.client(), "CLIENT UNPAUSE");
        assert_eq!(b.read_reply().unwrap(), Value::Simple(b"OK".to_vec()));
        assert_eq!(shown(), (false, false));
    }
}

#[test]
fn a_pause_of_writes_holds_what_redis_holds() {
    for server in [crate::start(&[]), Server::redis(&[])] {
        let mut a = server.client();
        call(&mut a, "PFADD sketch x");
        for (line, reply) in
            [("PFCOUNT sketch", 1), ("PUBLISH channel x", 0), ("SPUBLISH channel x", 0), ("DEL none", 0)]
        {
            let mut b = server.client();
            call(&mut a, "CLIENT PAUSE 60000 WRITE");
            b.send_line(line);
            assert!(is_silent(&mut b), "{line} passed the pause");
            call(&mut a, "CLIENT UNPAUSE");
            assert_eq!(b.read_reply().unwrap(), Value::Int(reply), "{line}");
        }
    }
}

/// A command that is sent without waiting for its reply.
fn frame(command: &[&str]) -> Vec<u8> {
    let args = command.iter().map(|arg| format!("${}\r\n{arg}\r\n", arg.len()));
    format!("*{}\r\n{}", command.len(), args.collect::<String>()).into_bytes()
}

#[test]
fn a_pause_holds_scripts_that_may_write_and_no_others() {
    let server = crate::start(&[]);
    let (mut a, mut b) = (server.client(), server.client());
    let load = |client: &mut Client, script: &str| match client.call(&["SCRIPT", "LOAD", script]) {
        Value::Bulk(sha) => String::from_utf8(sha).unwrap(),
        other => panic!("{other:?}"),
    };
    const READING: &str = "#!lua flags=no-writes\nreturn redis.call('get','k')";
    let (writes, reads) = (load(&mut a, "return redis.call('incr','n')"), load(&mut a, READING));
    for held in [&["EVAL", "return redis.call('incr','n')", "0"][..], &["EVALSHA", &writes, "0"]] {
        for in_multi in [false, true] {
            if in_multi {
                call(&mut b, "MULTI");
                assert_eq!(b.call(held), Value::Simple(b"QUEUED".to_vec()));
            }
            call(&mut a, "CLIENT PAUSE 60000 WRITE");
            b.send_raw(&frame(if in_multi { &["EXEC"] } else { held })).unwrap();
            assert!(is_silent(&mut b), "{held:?} ran during the pause");
            call(&mut a, "CLIENT UNPAUSE");
            assert!(!b.read_reply().unwrap().is_error());
        }
    }
    assert_eq!(call(&mut a, "GET n"), Value::Bulk(b"4".to_vec()));
    call(&mut a, "CLIENT PAUSE 60000 WRITE");
    for _ in 0..20 {
        assert_eq!(b.call(&["EVAL_RO", "return redis.call('get','k')", "0"]), Value::NullBulk);
        assert_eq!(b.call(&["EVAL", READING, "0"]), Value::NullBulk);
        assert_eq!(b.call(&["EVALSHA", &reads, "0"]), Value::NullBulk);
    }
    call(&mut b, "MULTI");
    assert_eq!(b.call(&["EVALSHA", &reads, "0"]), Value::Simple(b"QUEUED".to_vec()));
    assert_eq!(call(&mut b, "EXEC"), Value::Array(vec![Value::NullBulk]));
    call(&mut a, "CLIENT PAUSE 60000 ALL");
    b.send_raw(&frame(&["EVALSHA", &reads, "0"])).unwrap();
    assert!(is_silent(&mut b), "a pause of all commands holds those that only read too");
}

#[test]
fn a_wait_ends_by_its_time_by_unblock_and_by_departure() {
    let server = crate::start(&[]);
    let (mut a, mut b) = (server.client(), server.client());
    let id = call(&mut b, "CLIENT ID").int().unwrap();
    let began = Instant::now();
    assert_eq!(call(&mut b, "WAIT 1 200"), Value::Int(0));
    assert!(began.elapsed() >= Duration::from_millis(195));
    b.send_raw(b"WAIT 1 0\r\n").unwrap();
    assert!(is_silent(&mut b));
    assert_eq!(call(&mut a, &format!("CLIENT UNBLOCK {id} ERROR")), Value::Int(1));
    assert_eq!(b.read_reply().unwrap(), Value::Error(b"UNBLOCKED client unblocked via CLIENT UNBLOCK".to_vec()));
    assert_eq!(call(&mut a, &format!("CLIENT UNBLOCK {id}")), Value::Int(0));
    b.send_raw(b"WAIT 1 0\r\n").unwrap();
    drop(b);
    let until = Instant::now() + Duration::from_secs(5);
    let mut gone = false;
    while !gone && Instant::now() < until {
        gone = call(&mut a, &format!("CLIENT LIST ID {id}")) == Value::Bulk(Vec::new());
    }
    assert!(gone, "a client that left while it waited is still listed");
}

#[test]
fn kill_closes_whom_the_filter_names() {
    let server = crate::start(&[]);
    let (mut a, mut b) = (server.client(), server.client());
    let id = call(&mut b, "CLIENT ID").int().unwrap();
    assert_eq!(call(&mut a, &format!("CLIENT KILL ID {id} LADDR 127.0.0.1:1")), Value::Int(0));
    assert_eq!(call(&mut a, &format!("CLIENT KILL ID {id}")), Value::Int(1));
    assert!(b.read_to_close().unwrap().is_empty());
    assert_eq!(call(&mut a, "CLIENT KILL TYPE normal"), Value::Int(0), "itself only without SKIPME");
    assert_eq!(call(&mut a, "CLIENT KILL TYPE normal SKIPME no"), Value::Int(1));
    assert!(a.read_to_close().unwrap().is_empty());
}

#[test]
fn session_commands_answer_inside_a_transaction() {
    let server = crate::start(&[]);
    let mut client = server.client();
    let id = call(&mut client, "CLIENT ID");
    for line in ["MULTI", "SET k v", "CLIENT ID", "WAIT 5 0", "CONFIG GET timeout", "INFO keyspace"] {
        call(&mut client, line);
    }
    let Value::Array(items) = call(&mut client, "EXEC") else { panic!("EXEC answers an array") };
    assert_eq!(items[..3], [Value::Simple(b"OK".to_vec()), id, Value::Int(0)]);
    assert_eq!(items[3], Value::Array(vec![Value::Bulk(b"timeout".to_vec()), Value::Bulk(b"0".to_vec())]));
    assert_eq!(items[4], Value::Bulk(b"# Keyspace\r\ndb0:keys=1,expires=0,avg_ttl=0\r\n".to_vec()));
}
