//! The figures of CLIENT LIST, compared with redis-server where that has the same.

use std::time::{Duration, Instant};

use crate::call;
use crate::support::client::Client;
use crate::support::process::Server;
use crate::support::value::Value;

/// A field of the client's line, as another sees it.
fn field(watcher: &mut Client, id: i64, name: &str) -> String {
    let Some(text) = call(watcher, &format!("CLIENT LIST ID {id}")).text() else { panic!("CLIENT LIST answers text") };
    let value = text.split(' ').find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
    value.unwrap_or_else(|| panic!("no {name} in {text:?}")).trim().to_owned()
}

/// The same once it is as expected, which is when the other connection's task has told.
fn wait_for(watcher: &mut Client, id: i64, name: &str, is_right: impl Fn(&str) -> bool) {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let value = field(watcher, id, name);
        if is_right(&value) {
            return;
        }
        assert!(Instant::now() < until, "{name}={value}");
    }
}

fn both() -> [Server; 2] {
    [crate::start(&[]), Server::redis(&[])]
}

#[test]
fn a_client_sees_its_own_command_as_it_is_read() {
    for server in both() {
        let mut client = server.client();
        let id = call(&mut client, "CLIENT ID").int().unwrap();
        let line = client.call(&["CLIENT", "LIST"]).text().unwrap();
        assert!(line.contains(" qbuf=26 ") && line.contains(" argv-mem=10 "), "{line}");
        let line = client.call(&["CLIENT", "INFO"]).text().unwrap();
        assert!(line.contains(" qbuf=26 ") && line.contains(" argv-mem=10 "), "{line}");
        let mut watcher = server.client();
        assert_eq!((field(&mut watcher, id, "qbuf"), field(&mut watcher, id, "argv-mem")), ("0".into(), "0".into()));
        assert_ne!(field(&mut watcher, id, "tot-mem"), "0");
    }
}

#[test]
fn an_unfinished_command_is_in_the_query_buffer() {
    let server = crate::start(&[]);
    let (mut client, mut watcher) = (server.client(), server.client());
    let id = call(&mut client, "CLIENT ID").int().unwrap();
    let part = b"*2\r\n$3\r\nGET\r\n$5\r\nab";
    client.send_raw(part).unwrap();
    wait_for(&mut watcher, id, "qbuf", |qbuf| qbuf == part.len().to_string());
    client.send_raw(b"cde\r\n").unwrap();
    assert_eq!(client.read_reply().unwrap(), Value::NullBulk);
    wait_for(&mut watcher, id, "qbuf", |qbuf| qbuf == "0");
}

#[test]
fn queued_commands_and_waiting_ones_are_counted() {
    for server in both() {
        let (mut client, mut watcher) = (server.client(), server.client());
        let id = call(&mut client, "CLIENT ID").int().unwrap();
        for line in ["MULTI", "SET a 1", "GET abc"] {
            call(&mut client, line);
        }
        // The arguments have 11 bytes; the rest is how they are kept.
        assert_eq!(field(&mut watcher, id, "multi"), "2");
        assert!(field(&mut watcher, id, "multi-mem").parse::<usize>().unwrap() > 11);
        call(&mut client, "DISCARD");
        assert_eq!((field(&mut watcher, id, "multi"), field(&mut watcher, id, "multi-mem")), ("-1".into(), "0".into()));
        client.send_raw(b"WAIT 1 0\r\n").unwrap();
        wait_for(&mut watcher, id, "flags", |flags| flags == "b");
        assert_eq!(field(&mut watcher, id, "argv-mem"), "6");
    }
}

#[test]
fn a_client_whose_watched_key_has_changed_is_dirty_as_in_redis() {
    for server in both() {
        let (mut client, mut other) = (server.client(), server.client());
        let id = call(&mut client, "CLIENT ID").int().unwrap();
        call(&mut client, "WATCH a b");
        assert_eq!(field(&mut other, id, "flags"), "N");
        call(&mut other, "SET c 1");
        assert_eq!(field(&mut other, id, "flags"), "N");
        call(&mut other, "SET b 1");
        assert_eq!(field(&mut other, id, "flags"), "d");
        assert!(call(&mut client, "CLIENT INFO").text().unwrap().contains(" flags=d "));
        call(&mut client, "MULTI");
        assert_eq!(field(&mut other, id, "flags"), "xd");
        assert_eq!(call(&mut client, "EXEC"), Value::NullArray);
        assert_eq!(field(&mut other, id, "flags"), "N");
        call(&mut client, "WATCH b");
        assert_eq!(field(&mut other, id, "flags"), "N");
        call(&mut other, "DEL b");
        assert_eq!(field(&mut other, id, "flags"), "d");
        call(&mut client, "UNWATCH");
        assert_eq!(field(&mut other, id, "flags"), "N");
    }
}

#[test]
fn the_number_of_watched_keys_is_shown() {
    let server = crate::start(&[]);
    let (mut client, mut other) = (server.client(), server.client());
    let id = call(&mut client, "CLIENT ID").int().unwrap();
    for (line, count) in [("WATCH a b", "2"), ("WATCH b c", "3"), ("UNWATCH", "0")] {
        call(&mut client, line);
        wait_for(&mut other, id, "watch", |watch| watch == count);
    }
}

#[test]
fn replies_that_are_not_read_are_counted_until_they_are() {
    const LEN: usize = 1 << 20;
    const COUNT: usize = 24;
    let server = crate::start(&[]);
    let (mut client, mut watcher) = (server.client(), server.client());
    let id = call(&mut client, "CLIENT ID").int().unwrap();
    client.call(&["SET", "large", &"x".repeat(LEN)]);
    client.send_raw("GET large\r\n".repeat(COUNT).as_bytes()).unwrap();
    wait_for(&mut watcher, id, "oll", |oll| oll != "0");
    assert_eq!(field(&mut watcher, id, "events"), "rw");
    let omem: usize = field(&mut watcher, id, "omem").parse().unwrap();
    let total: usize = field(&mut watcher, id, "tot-mem").parse().unwrap();
    assert!(omem > 0 && total > omem, "omem={omem} tot-mem={total}");
    for _ in 0..COUNT {
        assert_eq!(client.read_reply().unwrap().text().map(|text| text.len()), Some(LEN));
    }
    wait_for(&mut watcher, id, "oll", |oll| oll == "0");
    wait_for(&mut watcher, id, "omem", |omem| omem == "0");
}

/// Redis's do the same with the room; what a client has sent of a command stays.
#[test]
fn a_silent_client_gives_back_the_room_for_reading_and_is_served_as_before() {
    for server in both() {
        let mut watcher = server.client();
        let mut clients = [server.client(), server.client(), server.client()];
        let ids = clients.each_mut().map(|client| call(client, "CLIENT ID").int().unwrap());
        for id in ids {
            wait_for(&mut watcher, id, "qbuf-free", |free| free.parse::<usize>().unwrap() >= 4096);
        }
        let [idle, waiting, half] = &mut clients;
        waiting.send_raw(b"BLPOP l 0\r\n").unwrap();
        half.send_raw(b"ECHO abc").unwrap();
        for id in ids {
            wait_for(&mut watcher, id, "qbuf-free", |free| free.parse::<usize>().unwrap() <= 8);
        }
        assert_eq!(field(&mut watcher, ids[2], "qbuf"), "8");
        idle.send_raw(b"PI").unwrap();
        idle.send_raw(b"NG\r\nECHO x\r\n").unwrap();
        assert_eq!(idle.read_reply().unwrap(), Value::Simple("PONG".into()));
        assert_eq!(idle.read_reply().unwrap(), Value::Bulk("x".into()));
        half.send_raw(b"d\r\n").unwrap();
        assert_eq!(half.read_reply().unwrap(), Value::Bulk("abcd".into()));
        waiting.send_raw(b"P").unwrap();
        waiting.send_raw(b"ING\r\n").unwrap();
        call(&mut watcher, "RPUSH l v");
        let popped = Value::Array(vec![Value::Bulk("l".into()), Value::Bulk("v".into())]);
        assert_eq!(waiting.read_reply().unwrap(), popped);
        assert_eq!(waiting.read_reply().unwrap(), Value::Simple("PONG".into()));
    }
}
