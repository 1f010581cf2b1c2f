//! Locks that end with their connection: whatever ends that; and the delay behind them.

use crate::stage::{client, granted, wait, wait_blocked};
use crate::support::client::{Client, words};
use crate::support::cluster::until;
use crate::support::process::Server;
use crate::support::value::Value;

fn ready(server: &Server) -> Client {
    let mut control = client(server);
    until("a leader", || (!control.line("FLUSHALL").is_error()).then_some(()));
    control
}

#[test]
fn a_lock_ends_with_the_connection_that_it_is_bound_to_however_that_ends() {
    let server = Server::lockstep(&[]);
    let mut control = ready(&server);
    for how in ["close", "CLIENT KILL", "QUIT", "RESET", "EXEC"] {
        let mut holder = client(&server);
        let acquire = words("LOCK.ACQUIRE l a PX 600000 CONNECTION");
        if how == "EXEC" {
            let commands = [vec!["MULTI"], acquire.clone(), words("LOCK.ACQUIRE m a PX 600000"), vec!["EXEC"]];
            let replies = holder.pipeline(&commands);
            let inner = replies[3].items().unwrap().to_vec();
            assert_ne!(granted(&inner[0]).0, granted(&inner[1]).0);
        } else {
            granted(&holder.call(&acquire));
            granted(&holder.line("LOCK.ACQUIRE m a PX 600000"));
        }
        let mut other = wait(&server, "LOCK.ACQUIRE l b PX 600000 WAIT 0");
        wait_blocked(&server, 1);
        match how {
            "CLIENT KILL" => {
                let id = holder.line("CLIENT ID").int().unwrap().to_string();
                assert_eq!(control.call(&["CLIENT", "KILL", "ID", &id]), Value::Int(1));
            }
            "QUIT" | "RESET" => assert!(!holder.call(&[how]).is_error()),
            _ => holder.stream().shutdown(std::net::Shutdown::Both).unwrap(),
        }
        granted(&other.read_reply().unwrap());
        assert_eq!(control.line("LOCK.RELEASE m a"), Value::Int(1), "{how}: it is not bound");
        assert_eq!(control.line("LOCK.RELEASE l b"), Value::Int(1), "{how}");
        if how == "RESET" {
            assert!(!holder.line("PING").is_error());
            granted(&holder.line("LOCK.ACQUIRE l c PX 600000"));
            control.line("DEL l");
        }
    }
}

#[test]
fn a_hold_that_two_connections_acquired_ends_with_neither() {
    let server = Server::lockstep(&[]);
    let mut control = ready(&server);
    let (mut first, mut second) = (client(&server), client(&server));
    let acquire = words("LOCK.ACQUIRE l a PX 600000 CONNECTION");
    let (token, _) = granted(&first.call(&acquire));
    assert_eq!(granted(&second.call(&acquire)).0, token);
    let info = control.line("LOCK.INFO l");
    let from = second.stream().local_addr().unwrap().to_string();
    assert!(info.any(&|value| value.text().as_deref() == Some(&from)), "{info:?} without {from}");
    first.stream().shutdown(std::net::Shutdown::Both).unwrap();
    // Its end is behind it in the log once this is answered.
    wait_clients(&mut control, 2);
    control.line("SET x y");
    assert_eq!(control.call(&["LOCK.CHECK", "l", &token.to_string()]), Value::Int(1));
    (0..2).for_each(|_| assert_eq!(granted(&second.call(&acquire)).0, token));
    second.stream().shutdown(std::net::Shutdown::Both).unwrap();
    wait_clients(&mut control, 1);
    control.line("SET x y");
    assert_eq!(control.call(&["LOCK.CHECK", "l", &token.to_string()]), Value::Int(1));
}

fn wait_clients(control: &mut Client, count: usize) {
    until("the connections to close", || {
        let list = control.line("CLIENT LIST").text().unwrap();
        (list.lines().count() == count).then_some(())
    });
}

#[test]
fn behind_a_lost_hold_nobody_gets_the_lock_until_the_delay_is_over_or_the_key_is_deleted() {
    let server = Server::lockstep(&[]);
    let mut control = ready(&server);
    let mut holder = client(&server);
    granted(&holder.line("LOCK.ACQUIRE l a PX 600000 CONNECTION DELAY 500000"));
    let mut other = wait(&server, "LOCK.ACQUIRE l b PX 600000 WAIT 0");
    wait_blocked(&server, 1);
    let left = control.line("PTTL l").int().unwrap();
    assert!((500_001..=600_000).contains(&left), "{left}: what the hold has left");
    holder.stream().shutdown(std::net::Shutdown::Both).unwrap();
    until("the delay", || {
        let left = control.line("PTTL l").int().unwrap();
        (left <= 500_000).then_some(())
    });
    let info = control.line("LOCK.INFO l");
    let field = |name: &str| {
        let pairs = info.items().unwrap().chunks(2).map(|pair| (pair[0].text().unwrap(), pair[1].clone()));
        pairs.into_iter().find(|(key, _)| key == name).unwrap().1
    };
    assert_eq!(field("holders"), Value::Array(Vec::new()));
    assert_eq!(field("waiters").items().unwrap().len(), 1);
    assert!(field("delay_ms").int().unwrap() > 0);
    assert_eq!(control.line("TYPE l"), Value::Simple(b"lock".to_vec()));
    assert_eq!(control.line("LOCK.ACQUIRE l c PX 10"), Value::NullArray);
    assert_eq!(control.line("DEL l"), Value::Int(1));
    granted(&other.read_reply().unwrap());
    // The end of a delay is one that a waiter is told of at once.
    granted(&control.line("LOCK.ACQUIRE m a PX 1 DELAY 300"));
    granted(&control.line("LOCK.ACQUIRE m b PX 600000 WAIT 0"));
}

#[test]
fn connections_that_ask_are_told_of_what_they_lose_and_not_of_what_they_release() {
    let server = Server::lockstep(&[]);
    let mut control = ready(&server);
    let mut holder = client(&server);
    let text = |value: Value| value.text().unwrap_or_default();
    assert!(text(holder.line("LOCK.NOTIFY ON")).starts_with("ERR LOCK.NOTIFY needs RESP3"));
    holder.line("HELLO 3");
    assert_eq!(holder.line("LOCK.NOTIFY ON"), Value::Simple(b"OK".to_vec()));
    let id = holder.line("SESSION.OPEN PX 600000").int().unwrap();
    let mut acquire = |line: &str| granted(&holder.line(line)).0;
    let [released, broken] = ["released", "broken"].map(|name| acquire(&format!("LOCK.ACQUIRE {name} a PX 600000")));
    let deleted = acquire("LOCK.ACQUIRE deleted a PX 600000");
    assert_eq!(holder.line("LOCK.RELEASE released a"), Value::Int(1));
    // In its session, on another connection.
    let of_session = granted(&control.line(&format!("LOCK.ACQUIRE other a PX 600000 SESSION {id}"))).0;
    let expired = granted(&holder.line("LOCK.ACQUIRE expired a PX 1")).0;
    let mut next = || {
        let Value::Push(parts) = holder.read_reply().unwrap() else { panic!("no push") };
        let [kind, name, Value::Int(token), reason] = &parts[..] else { panic!("{parts:?}") };
        assert_eq!(kind.text().as_deref(), Some("lock-lost"));
        (name.text().unwrap(), *token, reason.text().unwrap())
    };
    let lost = |name: &str, token: i64, reason: &str| (name.to_owned(), token, reason.to_owned());
    assert_eq!(next(), lost("expired", expired, "expired"));
    assert_eq!(control.line("LOCK.BREAK broken"), Value::Int(1));
    assert_eq!(next(), lost("broken", broken, "broken"));
    assert_eq!(control.line("DEL deleted other"), Value::Int(2));
    assert_eq!((next(), next()), (lost("deleted", deleted, "broken"), lost("other", of_session, "broken")));
    assert!(released < broken);
    // One that has ended before it was used is not told of.
    let lost_with_session = until("a session that lives long enough", || {
        let id = holder.line("SESSION.OPEN PX 200").int().unwrap();
        let reply = control.line(&format!("LOCK.ACQUIRE s a SESSION {id}"));
        (!reply.is_error()).then(|| granted(&reply).0)
    });
    let Value::Push(parts) = holder.read_reply().unwrap() else { panic!("no push") };
    assert_eq!((parts[2].int(), parts[3].text().as_deref()), (Some(lost_with_session), Some("session")));
    assert_eq!(holder.line("LOCK.NOTIFY OFF"), Value::Simple(b"OK".to_vec()));
    granted(&holder.line("LOCK.ACQUIRE off a PX 600000"));
    assert_eq!(control.line("LOCK.BREAK off"), Value::Int(1));
    assert_eq!(holder.line("PING"), Value::Simple(b"PONG".to_vec()), "nothing comes before it");
}

/// Whoever was subscribed, resets, and asks to be told of its locks, is told, also where all that comes in one piece.
#[test]
fn connection_that_was_reset_is_told_of_what_it_loses() {
    let server = Server::lockstep(&[]);
    drop(ready(&server));
    for in_one_piece in [false, true] {
        let mut holder = client(&server);
        for line in ["HELLO 3", "SUBSCRIBE x", "LOCK.NOTIFY ON"] {
            assert!(!holder.line(line).is_error(), "{line}");
        }
        let lines = ["RESET", "HELLO 3", "LOCK.NOTIFY ON", "LOCK.ACQUIRE l a PX 1"].map(words);
        let replies =
            if in_one_piece { holder.pipeline(&lines) } else { lines.iter().map(|line| holder.call(line)).collect() };
        granted(&replies[3]);
        let Value::Push(parts) = holder.read_reply().unwrap() else { panic!("no push") };
        assert_eq!(parts[0].text().as_deref(), Some("lock-lost"));
    }
}
