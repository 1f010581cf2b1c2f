//! HELLO in all its forms, and what changes with it.

use crate::Both;
use crate::support::client::Client;
use crate::support::value::Value;

/// One connection each; commands that a blank parts.
const DIALOGUES: &[&[&str]] = &[
    &["HELLO", "GET nosuch"],
    &["HELLO 2", "GET nosuch", "EXEC"],
    &["HELLO 3", "GET nosuch", "EXEC", "HELLO", "HELLO 2", "GET nosuch"],
    &["hello 3", "get nosuch"],
    &["HELLO 1", "GET nosuch"],
    &["HELLO 4", "PING"],
    &["HELLO 3x", "PING"],
    &["HELLO -3", "PING"],
    &["HELLO 99999999999999999999", "PING"],
    &["HELLO 3 SETNAME me", "GET nosuch"],
    &["HELLO 3 SETNAME a\nb", "GET nosuch"],
    &["HELLO 3 SETNAME", "GET nosuch"],
    &["HELLO 3 NOSUCH", "GET nosuch"],
    &["HELLO 3 AUTH", "GET nosuch"],
    &["HELLO 3 AUTH default", "GET nosuch"],
    &["HELLO 3 AUTH default wrong", "GET nosuch"],
    &["HELLO 3 AUTH nobody wrong", "GET nosuch"],
    &["HELLO 3 AUTH default wrong SETNAME me", "GET nosuch"],
    &["HELLO SETNAME me", "GET nosuch"],
    &["AUTH x", "PING"],
    &["AUTH default x", "PING"],
    &["AUTH a b c", "PING"],
    &["HELLO 3", "RESET", "GET nosuch"],
    &["HELLO 3", "MULTI", "GET nosuch", "EXEC", "WATCH a", "MULTI", "DISCARD"],
    &["MULTI", "HELLO 3", "GET nosuch", "EXEC", "GET nosuch"],
    &["MULTI", "GET nosuch", "HELLO 3", "GET nosuch", "CLIENT GETNAME", "EXEC", "GET nosuch"],
    &["HELLO 3", "MULTI", "SET k v", "GET nosuch", "HELLO 2", "GET nosuch", "HELLO 3", "GET nosuch", "EXEC"],
];

/// With a password: what may be said before AUTH.
const PROTECTED: &[&[&str]] = &[
    &["PING", "GET a", "NOSUCH", "HELLO", "HELLO 3", "QUIT"],
    &["RESET", "GET a"],
    &["AUTH wrong", "GET a", "AUTH secret", "GET a", "AUTH wrong", "GET a"],
    &["AUTH default secret", "GET a"],
    &["HELLO 3 AUTH default wrong", "GET a", "HELLO 3 AUTH default secret", "GET a"],
    &["HELLO 2 AUTH default secret SETNAME me", "GET a", "RESET", "GET a"],
    &["MULTI", "GET a", "EXEC"],
    &["AUTH secret", "MULTI", "AUTH wrong", "GET a", "EXEC"],
];

#[test]
fn hello_is_answered_as_by_redis() {
    dialogues(&Both::start(), DIALOGUES);
}

/// As in 7.2; 7.0 has set it by then.
#[test]
fn a_hello_that_is_refused_sets_no_name() {
    let both = Both::start();
    let mut client = both.ours.client();
    client.line("CLIENT SETNAME before");
    assert!(client.line("HELLO 2 SETNAME after LEN").is_error());
    assert_eq!(client.line("CLIENT GETNAME").text().as_deref(), Some("before"));
}

#[test]
fn a_password_protects_as_in_redis() {
    dialogues(&Both::with_password("secret"), PROTECTED);
}

fn dialogues(both: &Both, dialogues: &[&[&str]]) {
    for dialogue in dialogues {
        let (mut redis, mut ours) = (both.redis.client(), both.ours.client());
        for command in *dialogue {
            let (redis, ours) = (ask(&mut redis, command), ask(&mut ours, command));
            assert_eq!(ours, redis, "left is lockstep, right is Redis, for {command} of {dialogue:?}");
        }
    }
}

fn ask(client: &mut Client, command: &str) -> Value {
    common(client.line(command))
}

/// HELLO's reply without what is each server's own.
fn common(value: Value) -> Value {
    let own = |key: &Value| ["version", "id"].iter().any(|own| key.bytes() == Some(own.as_bytes()));
    let server = |pairs: &[(Value, Value)]| pairs.first().is_some_and(|(key, _)| key.bytes() == Some(b"server"));
    match value {
        // 7.2 has added the first argument.
        Value::Error(text) if text.starts_with(b"NOAUTH HELLO must") => Value::Error(
            String::from_utf8_lossy(&text).replace("HELLO AUTH <user>", "HELLO <proto> AUTH <user>").into_bytes(),
        ),
        Value::Map(pairs) if server(&pairs) => Value::Map(
            pairs.into_iter().map(|(key, value)| if own(&key) { (key, Value::Null) } else { (key, value) }).collect(),
        ),
        Value::Array(items) if items.first().and_then(Value::bytes) == Some(b"server") => {
            let pair = |pair: &[Value]| [pair[0].clone(), if own(&pair[0]) { Value::Null } else { pair[1].clone() }];
            Value::Array(items.chunks(2).flat_map(pair).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(common).collect()),
        other => other,
    }
}

#[test]
fn the_versions_are_those_promised() {
    let both = Both::start();
    let reply = both.ours.client().call(&["HELLO", "3"]);
    let field = |name: &str| {
        reply.pairs().unwrap().into_iter().find(|(key, _)| key.bytes() == Some(name.as_bytes())).unwrap().1
    };
    assert_eq!(field("version"), Value::Bulk(b"7.2.4".to_vec()));
    assert!(matches!(field("id"), Value::Int(id) if id > 0));
}
