//! WATCH beside redis-server: what of a key stops EXEC, for a key that was absent when it was watched, there, or about to expire, and for
//! all that another client does meanwhile.

use std::time::Duration;

use crate::call;
use crate::support::client::Client;
use crate::support::process::Server;
use crate::support::value::Value;

/// How the key `k` is when it is watched. In database 0 there is the string `other` too, in database 2 only the string `far`, in 3 only
/// `k`, and nothing in 1.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Before {
    Absent,
    /// It has been there before.
    Removed,
    /// Its deadline is over.
    Due,
    Present,
    /// Its deadline is over before EXEC.
    Ending,
}

const BEFORE: [Before; 5] = [Before::Absent, Before::Removed, Before::Due, Before::Present, Before::Ending];

/// What another client does; `sleep` outlasts the deadlines of these tests.
const BETWEEN: &[&[&str]] = &[
    &[],
    &["GET k"],
    &["SET other w"],
    &["DEL other"],
    &["SET k w"],
    &["SET k w", "DEL k"],
    &["SET k w", "UNLINK k"],
    &["SET k w", "GETDEL k"],
    &["DEL k"],
    &["UNLINK k"],
    &["GETDEL k"],
    &["DEL k", "HSET k f w", "HDEL k f"],
    &["SET k w", "FLUSHDB"],
    &["SET k w", "FLUSHALL"],
    &["FLUSHDB"],
    &["FLUSHALL"],
    &["FLUSHALL", "FLUSHALL"],
    &["PEXPIRE k 0"],
    &["PERSIST k"],
    &["SET k w", "PEXPIRE k 0"],
    &["SET k w", "GETEX k PXAT 1"],
    &["SET k w PXAT 1"],
    &["SET k w PX 20", "sleep"],
    &["SET k w PX 20", "sleep", "DEL k"],
    &["RENAME other k"],
    &["RENAME other k", "RENAME k other"],
    &["RENAME other k", "DEL k"],
    &["RENAMENX other k", "RENAMENX k more"],
    &["RENAME k more"],
    &["RENAME k more", "RENAME more k"],
    &["RENAME k k"],
    &["COPY other k"],
    &["COPY other k REPLACE"],
    &["COPY other k REPLACE", "DEL k"],
    &["COPY k more"],
    &["MOVE k 1"],
    &["SELECT 3", "MOVE k 0"],
    &["SELECT 3", "MOVE k 0", "SELECT 0", "DEL k"],
    &["SELECT 3", "DEL k"],
    &["SWAPDB 0 1"],
    &["SWAPDB 0 1", "SWAPDB 0 1"],
    &["SWAPDB 0 3"],
    &["SWAPDB 0 3", "DEL k"],
    &["SWAPDB 0 3", "SWAPDB 0 1"],
    &["SWAPDB 0 3", "FLUSHDB"],
    &["SWAPDB 2 3"],
    &["SWAPDB 0 2"],
    &["EVAL \"redis.call('SET','k','w') redis.call('DEL','k')\" 1 k"],
    &["EVAL \"return redis.call('DEL','k')\" 1 k"],
    &["MULTI", "SET k w", "DEL k", "EXEC"],
    &["MULTI", "DEL k", "EXEC"],
    &["MULTI", "SET k w", "DISCARD"],
];

/// Where EXEC does not run though in Redis it does.
fn reason(before: Before, between: &[&str]) -> Option<&'static str> {
    let is_absent = matches!(before, Before::Absent | Before::Removed | Before::Due);
    match between {
        ["SWAPDB 0 2"] | ["SWAPDB 0 1", "SWAPDB 0 1"] if is_absent => {
            Some("SWAPDB brought in keys, and which ones they were is not known any more once they are gone")
        }
        _ => None,
    }
}

/// `line`, split as inline commands are.
fn send(client: &mut Client, line: &str) -> Value {
    client.send_raw(format!("{line}\r\n").as_bytes()).unwrap();
    client.read_reply().unwrap()
}

/// Longer than any deadline here.
fn sleep() {
    std::thread::sleep(Duration::from_millis(60));
}

/// True if EXEC ran. `None`: the machine was so slow that the key's deadline was over before it was watched.
fn does_run(server: &Server, before: Before, between: &[&str]) -> Option<bool> {
    let (mut client, mut other) = (server.client(), server.client());
    for line in ["FLUSHALL", "SET other v", "SELECT 2", "SET far v", "SELECT 3", "SET k v", "SELECT 0"] {
        assert_eq!(call(&mut other, line), Value::Simple(b"OK".to_vec()), "{line}");
    }
    let lines: &[&str] = match before {
        Before::Absent => &[],
        Before::Removed => &["SET k v", "DEL k"],
        Before::Due => &["SET k v PX 1"],
        Before::Present => &["SET k v"],
        Before::Ending => &["SET k v PX 40"],
    };
    for line in lines {
        assert!(!call(&mut other, line).is_error(), "{line}");
    }
    if before == Before::Due {
        sleep();
    }
    call(&mut client, "WATCH k");
    if before == Before::Ending {
        // Not yet over when it was watched.
        if call(&mut client, "EXISTS k") != Value::Int(1) {
            return None;
        }
        sleep();
    }
    for line in between {
        if *line == "sleep" {
            sleep();
        } else {
            // Some have nothing to do and say so.
            send(&mut other, line);
        }
    }
    for line in ["MULTI", "PING"] {
        call(&mut client, line);
    }
    match call(&mut client, "EXEC") {
        Value::Array(_) => Some(true),
        Value::NullArray => Some(false),
        other => panic!("{other:?}"),
    }
}

#[test]
fn exec_runs_and_does_not_as_in_redis() {
    let (ours, redis) = (crate::start(&[]), Server::redis(&[]));
    // What is due stays until somebody meets it.
    call(&mut redis.client(), "DEBUG SET-ACTIVE-EXPIRE 0");
    let mut wrong = Vec::new();
    for before in BEFORE {
        for between in BETWEEN {
            let of = |server| (0..20).find_map(|_| does_run(server, before, between)).expect("a fast enough machine");
            let (ours, redis) = (of(&ours), of(&redis));
            // A reason that is not needed is wrong as well.
            if ours != (redis && reason(before, between).is_none())
                || ours == redis && reason(before, between).is_some()
            {
                wrong.push(format!("{before:?}, {between:?}: EXEC runs here: {ours}, in Redis: {redis}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Keys are watched one by one, and whoever writes to another key does not stop EXEC.
#[test]
fn many_absent_keys_are_watched_each_for_itself() {
    let server = crate::start(&[]);
    let (mut client, mut other) = (server.client(), server.client());
    for gone in [0, 50, 99] {
        let keys: Vec<String> = (0..100).map(|number| format!("key:{gone}:{number}")).collect();
        call(&mut client, &format!("WATCH {}", keys.join(" ")));
        call(&mut other, &format!("SET {} v", keys[gone]));
        call(&mut other, &format!("DEL {}", keys[gone]));
        call(&mut client, "MULTI");
        call(&mut client, "SET never v");
        assert_eq!(call(&mut client, "EXEC"), Value::NullArray, "{gone}");
    }
    assert_eq!(call(&mut client, "EXISTS never"), Value::Int(0));
}
