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
    keys
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
        _ => call(client, &format!("GET {key}")),
    };
    (of_type, content)
}

#[test]
fn values_are_exchanged_with_redis_in_both_directions() {
    let (redis, ours) = (Server::redis(&[]), start(&[]));
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
        assert_eq!(keys.len(), 9 + 3 * 4 * 4);
    }
}
