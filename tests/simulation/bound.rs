//! Holds that end with their connection or their session, under faults.
//!
//! Invariants, by true time
//! - A session lives for its time × (1 - 0.001) at least since it was kept alive last, and so do its holds and keys.
//! - What a client closes is closed with its answer: its holds and keys are gone.
//! - When the faults are over nothing is left of connections that are gone, and of sessions that nobody keeps alive, after [`LEFT_MS`] at most,
//!   however long its own time is.

use std::rc::Rc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::sleep;

use crate::client::{Client, Fate};
use crate::cluster::{World, now_ms};
use crate::support::holds::{granted, validity_ms};
use crate::support::rng::Rng;
use crate::support::value::Value;

/// Longer than any run.
const TTL: &str = "3600000";
const LEFT_MS: u64 = 10_000;

/// What was seen.
#[derive(Default)]
pub struct Seen {
    /// Locks and keys that are to be gone in the end.
    names: Mutex<Vec<String>>,
    /// Times that a session was found alive.
    confirmed: Mutex<usize>,
}

/// One client's life until `until_ms`.
pub async fn live(world: World, seen: Rc<Seen>, id: usize, mut rng: Rng, until_ms: u64) {
    for number in 0.. {
        if now_ms() >= until_ms {
            return;
        }
        sleep(Duration::from_millis(rng.between(0, 100) as u64)).await;
        let mut client = Client::new(&world, id, rng.below(world.machines.len()));
        let owner = format!("{id}.{number}");
        if rng.percent(50) {
            connection(&mut client, &seen, &mut rng, &owner).await;
        } else {
            session(&mut client, &seen, &mut rng, &owner).await;
        }
        // What was bound to the connection is not left to the next one.
        drop(client);
    }
}

async fn connection(client: &mut Client, seen: &Seen, rng: &mut Rng, owner: &str) {
    let name = format!("connected:{owner}");
    seen.names.lock().push(name.clone());
    let fate = client.call(&["LOCK.ACQUIRE", &name, owner, "PX", TTL, "CONNECTION"]).await;
    let Fate::Done(reply) = fate else { return };
    let Some((token, _)) = granted(&reply) else { panic!("a lock that nobody has: {reply:?}") };
    for _ in 0..rng.below(4) {
        sleep(Duration::from_millis(rng.between(0, 400) as u64)).await;
        let fate = client.call(&["LOCK.CHECK", &name, &token.to_string()]).await;
        if !client.is_connected() {
            return;
        }
        if let Fate::Done(held) = fate {
            assert_eq!(held, Value::Int(1), "{name} was lost, and its connection stands");
        }
    }
}

async fn session(client: &mut Client, seen: &Seen, rng: &mut Rng, owner: &str) {
    let (name, key, ttl_ms) = (format!("in session:{owner}"), format!("of session:{owner}"), rng.between(300, 2500));
    let mut kept = now_ms();
    let Fate::Done(id) = client.call(&["SESSION.OPEN", "PX", &ttl_ms.to_string()]).await else { return };
    let id = id.int().expect("an id").to_string();
    seen.names.lock().extend([name.clone(), key.clone()]);
    let acquire = vec!["LOCK.ACQUIRE", &name, owner, "SESSION", &id];
    let commands = [acquire, vec!["SET", &key, "x"], vec!["SESSION.BIND", &id, &key]];
    let fates = client.pipeline(&commands).await;
    let Fate::Done(reply) = &fates[0] else { return };
    let Some((token, _)) = granted(reply) else {
        assert!(now_ms() > kept + validity_ms(ttl_ms as u64), "no hold in a session that lives: {reply:?}");
        return;
    };
    let is_bound = fates[2] == Fate::Done(Value::Int(1));
    let token = token.to_string();
    for _ in 0..rng.below(5) {
        sleep(Duration::from_millis(rng.between(0, ttl_ms / 2) as u64)).await;
        let (sent, keeps) = (now_ms(), rng.percent(60));
        let fates = if keeps {
            vec![client.call(&["SESSION.KEEPALIVE", &id]).await]
        } else {
            client.pipeline(&[vec!["LOCK.CHECK", &name, &token], vec!["EXISTS", &key]]).await
        };
        let is_over = now_ms() > kept + validity_ms(ttl_ms as u64);
        if keeps {
            match &fates[0] {
                Fate::Done(Value::Int(_)) => kept = sent,
                Fate::Done(other) => assert!(is_over, "session {id} of {ttl_ms} ms ended early: {other:?}"),
                _ => {}
            }
            continue;
        }
        let expected = [Some(1), is_bound.then_some(1)];
        for (fate, expected) in fates.iter().zip(expected) {
            if let (Fate::Done(found), Some(expected)) = (fate, expected) {
                let is_there = *found == Value::Int(expected);
                assert!(is_there || is_over, "{name} of {ttl_ms} ms, kept at {kept}, is gone by {}", now_ms());
                *seen.confirmed.lock() += usize::from(is_there);
            }
        }
    }
    if rng.percent(40) && matches!(client.call(&["SESSION.CLOSE", &id]).await, Fate::Done(_)) {
        let after = client.pipeline(&[vec!["LOCK.CHECK", &name, &token], vec!["EXISTS", &key]]).await;
        for fate in &after[..1 + usize::from(is_bound)] {
            if let Fate::Done(left) = fate {
                assert_eq!(*left, Value::Int(0), "session {id} was closed, and {name} is left");
            }
        }
    }
}

/// When the faults are over and all connections are gone: waits until nothing is left. How much was confirmed.
pub async fn settle(world: &World, seen: &Seen) -> usize {
    let mut client = Client::new(world, 960, 0);
    let (begun, names) = (now_ms(), seen.names.lock().clone());
    loop {
        let mut left = Vec::new();
        for names in names.chunks(100) {
            let args: Vec<&str> = ["EXISTS"].into_iter().chain(names.iter().map(String::as_str)).collect();
            match client.call(&args).await {
                Fate::Done(Value::Int(0)) => {}
                found => left.push(found),
            }
        }
        if left.is_empty() {
            return *seen.confirmed.lock();
        }
        let late = now_ms() > begun + LEFT_MS;
        assert!(!late, "what was bound to connections and sessions that are gone is left: {left:?}");
        sleep(Duration::from_millis(50)).await;
    }
}
