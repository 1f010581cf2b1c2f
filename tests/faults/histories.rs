//! Histories of many clients on three nodes, with kills of leaders and followers, are linearizable.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::support::bounds::{HISTORY_CLIENTS, HISTORY_DISTURBANCES, HISTORY_KEYS, HISTORY_OPERATIONS, seed};
use crate::support::client::Client;
use crate::support::cluster::Cluster;
use crate::support::holds::RELEASE;
use crate::support::linear::edn;
use crate::support::linear::history::{Outcome, Recorder};
use crate::support::linear::register::{Input, Output, check_keys};
use crate::support::rng::Rng;
use crate::support::value::Value;

type Reply = std::io::Result<Value>;

fn key(number: usize) -> String {
    format!("register:{number}")
}

/// What a reply that is no expected one means.
pub fn unexpected<T>(reply: &Reply) -> Outcome<T> {
    match reply {
        Ok(Value::Error(text)) if text.starts_with(b"LOADING") => Outcome::NotApplied,
        Ok(Value::Error(text)) if text.starts_with(b"INDETERMINATE") => Outcome::Unknown,
        Ok(other) => panic!("an unexpected answer: {other:?}"),
        Err(_) => Outcome::Unknown,
    }
}

fn value(reply: &Reply) -> Option<Option<i64>> {
    match reply {
        Ok(value) if value.is_null() => Some(None),
        Ok(value @ Value::Bulk(_)) => Some(value.int()),
        _ => None,
    }
}

fn compare_and_set(client: &mut Client, key: &str, expected: Option<i64>, new: i64) -> Outcome<Output> {
    let before = client
        .try_call(&["WATCH", key])
        .and_then(|reply| if reply.is_error() { Ok(reply) } else { client.try_call(&["GET", key]) });
    // A connection that broke here had changed nothing.
    let Ok(before) = before else { return Outcome::NotApplied };
    let Some(found) = value(&Ok(before.clone())) else {
        // Nothing was sent that could change something, whatever became of the reads.
        return if before.is_error() { Outcome::NotApplied } else { unexpected(&Ok(before)) };
    };
    if found != expected {
        let _ = client.try_call(&["UNWATCH"]);
        return Outcome::Ok(Output::Changed(false));
    }
    let new = new.to_string();
    let queued = client.try_call(&["MULTI"]).and_then(|_| client.try_call(&["SET", key, &new]));
    if queued.is_err() {
        return Outcome::NotApplied;
    }
    match client.try_call(&["EXEC"]) {
        Ok(reply) if reply.is_null() => Outcome::NotApplied,
        Ok(Value::Array(_)) => Outcome::Ok(Output::Changed(true)),
        // EXECABORT: the node had no leader while the command was queued.
        Ok(Value::Error(text)) if text.starts_with(b"EXECABORT") => Outcome::NotApplied,
        reply => unexpected(&reply),
    }
}

fn run(client: &mut Client, key: &str, input: &Input) -> Outcome<Output> {
    match input {
        Input::Get => {
            let reply = client.try_call(&["GET", key]);
            match value(&reply) {
                Some(value) => Outcome::Ok(Output::Value(value)),
                // A read without an answer says nothing, and changes nothing.
                None => match unexpected(&reply) {
                    Outcome::Unknown => Outcome::NotApplied,
                    other => other,
                },
            }
        }
        Input::Set(value) => match client.try_call(&["SET", key, &value.to_string()]) {
            Ok(Value::Simple(_)) => Outcome::Ok(Output::Done),
            reply => unexpected(&reply),
        },
        Input::Incr => match client.try_call(&["INCR", key]) {
            Ok(Value::Int(number)) => Outcome::Ok(Output::Number(number)),
            reply => unexpected(&reply),
        },
        Input::CompareAndSet(expected, new) => compare_and_set(client, key, *expected, *new),
        Input::CompareAndDelete(expected) => {
            match client.try_call(&["EVAL", RELEASE, "1", key, &expected.to_string()]) {
                Ok(Value::Int(count)) => Outcome::Ok(Output::Changed(count == 1)),
                reply => unexpected(&reply),
            }
        }
        Input::Expire(_) => panic!("nobody asks for the end of a time"),
        Input::Del => match client.try_call(&["DEL", key]) {
            Ok(Value::Int(count)) => Outcome::Ok(Output::Changed(count == 1)),
            reply => unexpected(&reply),
        },
    }
}

/// Disturbs nodes, in turn: the leader is killed, stopped until another leads, and a follower is killed; `times` times, and until
/// `enough` says so.
pub fn disturb(cluster: &mut Cluster, times: u64, mut enough: impl FnMut() -> bool) {
    const AWAY: Duration = Duration::from_millis(1_200);
    for turn in 0..times {
        let leader = cluster.leader();
        if turn % 3 == 1 {
            cluster.nodes[leader].signal("STOP");
            std::thread::sleep(AWAY);
            cluster.nodes[leader].signal("CONT");
        } else {
            let victim = if turn % 3 == 0 { leader } else { (leader + 1) % 3 };
            cluster.nodes[victim].kill();
            std::thread::sleep(AWAY);
            cluster.nodes[victim].start_again();
            cluster.wait_ready(victim);
        }
        cluster.wait_caught_up();
    }
    while !enough() {
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A connection to the client's own node, or to the next one that can be reached.
pub fn connect(addrs: &[std::net::SocketAddr], own: usize) -> Client {
    crate::support::cluster::until("a node that can be reached", || {
        (0..addrs.len()).find_map(|i| Client::try_connect(addrs[(own + i) % addrs.len()]).ok())
    })
}

#[test]
fn histories_of_single_keys_are_linearizable() {
    let mut cluster = Cluster::start(3, &[]);
    let addrs: Vec<_> = cluster.nodes.iter().map(|node| node.addr()).collect();
    let recorder = Recorder::default();
    let (over, operations, values) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(1));
    let mut rng = Rng::new(seed("single_keys"));
    std::thread::scope(|scope| {
        for number in 0..HISTORY_CLIENTS {
            let (recorder, over, operations, values, addrs) = (&recorder, &over, &operations, &values, &addrs);
            let mut rng = rng.fork();
            scope.spawn(move || {
                let mut client = connect(addrs, number % addrs.len());
                while !over.load(Ordering::Relaxed) {
                    let name = rng.below(HISTORY_KEYS);
                    // Values of one thousand steps each, so that INCR meets no other's.
                    let new = (values.fetch_add(1, Ordering::Relaxed) * 1_000) as i64;
                    let input = match rng.below(100) {
                        0..40 => Input::Get,
                        40..55 => Input::Set(new),
                        55..80 => Input::Incr,
                        80..97 => {
                            // What was there a moment ago is a good guess.
                            let guess = client.try_call(&["GET", &key(name)]);
                            Input::CompareAndSet(value(&guess).flatten(), new)
                        }
                        97 => {
                            let guess = client.try_call(&["GET", &key(name)]);
                            value(&guess).flatten().map_or(Input::Del, Input::CompareAndDelete)
                        }
                        _ => Input::Del,
                    };
                    let ticket = recorder.invoke(number, (name, input.clone()));
                    let outcome = run(&mut client, &key(name), &input);
                    recorder.complete(ticket, outcome);
                    operations.fetch_add(1, Ordering::Relaxed);
                    if client.try_call(&["PING"]).is_err() {
                        client = connect(addrs, number % addrs.len());
                    }
                    std::thread::sleep(Duration::from_millis(rng.below(40) as u64));
                }
            });
        }
        disturb(&mut cluster, HISTORY_DISTURBANCES, || operations.load(Ordering::Relaxed) >= HISTORY_OPERATIONS);
        over.store(true, Ordering::Relaxed);
    });
    let history = recorder.finish();
    let unknown = history.iter().filter(|operation| operation.outcome == Outcome::Unknown).count();
    println!("{} operations, {unknown} of unknown outcome", history.len());
    assert!(history.len() as u64 >= HISTORY_OPERATIONS);
    edn::leave("single_keys", &history);
    check_keys(&history).unwrap_or_else(|why| panic!("not linearizable: {why}"));
    cluster.check_digests();
}
