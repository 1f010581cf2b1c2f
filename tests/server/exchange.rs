//! DUMP here and RESTORE in redis-server, and the other way round: a value of each type and form is the same on both afterwards.

use crate::support::client::Client;
use crate::support::process::Server;
use crate::support::value::Value;
use crate::{call, start};

/// Makes values of each type: short and long, of numbers and of texts, above and below the limits of Redis's forms.
fn fill(client: &mut Client) -> Vec<String> {
    let mut keys = Vec::new();
    for (at, value) in
        ["", "x", "-1", "12345", "-70000", "9223372036854775807", "1.5", &"a".repeat(500), &"ab\u{0}c".repeat(9000)]
            .iter()
            .enumerate()
    {
        client.call(&["SET", &format!("string{at}"), value]);
        keys.push(format!("string{at}"));
    }
    for len in [1, 40, 700] {
        for (kind, element) in [
            ("ints", (|i| i.to_string()) as fn(i64) -> String),
            ("wide", |i| (i * 7_000_000_000_000 - 9_000_000_000_000_000).to_string()),
            ("texts", |i| format!("element-{i}")),
            ("long", |i| format!("{i}-{}", "y".repeat(90))),
        ] {
            let elements: Vec<String> = (0..len).map(element).collect();
            let mut send = |name: &str, parts: &mut dyn Iterator<Item = String>| {
                let key = format!("{name}-{kind}-{len}");
                let line: Vec<String> = [name.to_owned(), key.clone()].into_iter().chain(parts).collect();
                assert!(matches!(client.call(&line), Value::Int(_)), "{name}");
                keys.push(key);
            };
            send("RPUSH", &mut elements.iter().cloned());
            send("SADD", &mut elements.iter().cloned());
            send("HSET", &mut elements.iter().flat_map(|element| [element.clone(), format!("v{element}")]));
            let scored = elements.iter().enumerate();
            send("ZADD", &mut scored.flat_map(|(at, element)| [format!("{}.5", at as i64 - 300), element.clone()]));
        }
    }
    keys.extend([1, 40, 700].into_iter().flat_map(|len| fill_streams(client, len)));
    keys
}

/// Streams of so many entries: whole ones, some without their first, last or other entries, one that is empty; each with groups.
fn fill_streams(client: &mut Client, len: usize) -> Vec<String> {
    let mut keys = Vec::new();
    for (kind, gone) in [
        ("whole", (|_, _| false) as fn(usize, usize) -> bool),
        ("holes", |at, _| at % 7 == 3),
        ("ends", |at, len| at == 0 || at + 1 == len),
        ("half", |at, len| at < len / 2),
        ("empty", |_, _| true),
    ] {
        let key = format!("XADD-{kind}-{len}");
        let key = key.as_str();
        for at in 0..len {
            let id = format!("{}-{}", 1000 + at / 3 * 400, at % 3);
            let (value, text) = (format!("{}", at as i64 * 70_000 - 9_000), "t".repeat(at % 90));
            let same = ["XADD", key, &id, "number", &value, "text", &text];
            let other = ["XADD", key, &id, "another", &text, "17", "", "number", &value];
            let added = if at % 5 == 4 { client.call(&other) } else { client.call(&same) };
            assert_eq!(added.text().as_ref(), Some(&id));
            if at == len / 2 {
                call(client, &format!("XGROUP CREATE {key} none 0"));
                call(client, &format!("XGROUP CREATE {key} some {id} ENTRIESREAD 3"));
                call(client, &format!("XGROUP CREATE {key} read 0"));
                call(client, &format!("XGROUP CREATECONSUMER {key} none idle"));
            }
        }
        for (consumer, count) in [("first", 1), ("second", len / 3 + 1), ("first", len / 5 + 1)] {
            call(client, &format!("XREADGROUP GROUP read {consumer} COUNT {count} STREAMS {key} >"));
        }
        call(client, &format!("XREADGROUP GROUP some third COUNT 5 STREAMS {key} >"));
        call(client, &format!("XCLAIM {key} read third 0 1000-0 RETRYCOUNT 300"));
        for at in (0..len).filter(|at| gone(*at, len)) {
            call(client, &format!("XDEL {key} {}-{}", 1000 + at / 3 * 400, at % 3));
        }
        keys.push(key.to_owned());
    }
    keys
}

/// A reply without what only one of both tells, or tells of its memory: fields with these names.
fn without(reply: Value, names: &[&str]) -> Value {
    let Value::Array(parts) = reply else { return reply };
    let mut kept = Vec::new();
    let mut parts = parts.into_iter();
    while let Some(part) = parts.next() {
        match &part {
            Value::Bulk(name) if names.iter().any(|left_out| left_out.as_bytes() == name) => drop(parts.next()),
            _ => kept.push(without(part, names)),
        }
    }
    Value::Array(kept)
}

/// What a key holds, in an order that does not depend on the server.
fn held(client: &mut Client, key: &str) -> (Value, Value) {
    let of_type = call(client, &format!("TYPE {key}"));
    let content = match key.split('-').next().unwrap() {
        "RPUSH" => call(client, &format!("LRANGE {key} 0 -1")),
        "SADD" => call(client, &format!("SORT {key} ALPHA")),
        "HSET" => {
            let Value::Array(parts) = call(client, &format!("HGETALL {key}")) else { panic!("{key}") };
            let mut pairs: Vec<_> = parts.chunks(2).map(|pair| (pair[0].text(), pair[1].text())).collect();
            pairs.sort();
            Value::Bulk(format!("{pairs:?}").into_bytes())
        }
        "ZADD" => call(client, &format!("ZRANGE {key} 0 -1 WITHSCORES")),
        "XADD" => {
            let full = call(client, &format!("XINFO STREAM {key} FULL COUNT 0"));
            let back = call(client, &format!("XREVRANGE {key} + -"));
            Value::Array(vec![without(full, &["active-time", "radix-tree-nodes"]), back])
        }
        _ => call(client, &format!("GET {key}")),
    };
    (of_type, content)
}

#[test]
fn values_are_exchanged_with_redis_in_both_directions() {
    // Redis looks at each element of what it is given.
    let (redis, ours) = (Server::redis(&["--sanitize-dump-payload", "yes"]), start(&[]));
    for (from, to) in [(&redis, &ours), (&ours, &redis)] {
        let (mut from, mut to) = (from.client(), to.client());
        call(&mut from, "FLUSHALL");
        call(&mut to, "FLUSHALL");
        let keys = fill(&mut from);
        for key in &keys {
            let Value::Bulk(payload) = call(&mut from, &format!("DUMP {key}")) else { panic!("{key}") };
            let line: [&[u8]; 5] = [b"RESTORE", key.as_bytes(), b"0", &payload, b"REPLACE"];
            assert_eq!(to.call(&line), Value::Simple(b"OK".to_vec()), "{key}");
            assert_eq!(held(&mut to, key), held(&mut from, key), "{key}");
        }
        assert_eq!(keys.len(), 9 + 3 * 4 * 4 + 3 * 5);
    }
}
