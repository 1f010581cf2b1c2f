//! Clients of native locks under faults, who believe what they are told, and check it.
//!
//! Invariants, by true time, of every hold that a reply has told of
//! - Until its validity is over or its release was sent, the lock is held: LOCK.CHECK, EXTEND, GUARD and RELEASE say so, whatever others do.
//! - Once its release was answered it is over, and its owner holds nothing more if all that it had asked for was answered.
//! - Holds go together as [`crate::support::holds`] says.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::sleep;

use crate::blocking::UNBLOCKED;
use crate::client::{Client, Fate};
use crate::cluster::{World, now_ms};
use crate::support::holds::{self, Hold, LOCKS, Limit};
use crate::support::queues::{Granted, Queue};
use crate::support::rng::Rng;
use crate::support::value::Value;

/// One lock more, that is held for longer than a node is away.
const LONG: (&str, &[Limit]) = ("long", &[Some(2)]);
/// Longest wait, ms: the client's patience has to be longer.
const WAIT_MAX_MS: i64 = 1000;
/// One more, with a queue.
const QUEUED: &str = "queued";
/// Another than any owner.
const NOBODY: &str = "nobody";

/// What was seen of locks, of both kinds.
#[derive(Default)]
pub struct Seen {
    /// Every hold that a reply told of.
    pub holds: Mutex<Vec<Hold>>,
    /// Of each owner that asked for a lock: for which, and how it holds it.
    pub singles: Mutex<BTreeMap<String, (String, Limit)>>,
    /// What was granted to requests for one holder that were sent once.
    pub granted: Mutex<Granted>,
    /// Queues as they were seen.
    pub queues: Mutex<Vec<Queue>>,
    /// Times that a hold was found to be what it was told to be.
    pub confirmed: Mutex<usize>,
}

/// One client's life until `until_ms`: one hold after the other, each of another owner.
pub async fn live<S>(
    world: World,
    seen: Rc<S>,
    id: usize,
    mut rng: Rng,
    until_ms: u64,
    one: impl AsyncFn(&mut Client, &S, &mut Rng, &str),
) {
    let mut client = Client::new(&world, id, id);
    for number in 0.. {
        if now_ms() >= until_ms {
            return;
        }
        sleep(Duration::from_millis(rng.between(0, 40) as u64)).await;
        one(&mut client, &seen, &mut rng, &format!("{id}.{number}")).await;
    }
}

/// What an owner asks for.
struct Asked<'a> {
    name: &'a str,
    owner: &'a str,
    ttl_ms: u64,
    /// Every request for the lock was answered.
    is_certain: bool,
    /// How many there were.
    requests: usize,
}

/// The token, and the last moment of a hold that was asked for at `sent`.
fn granted(fate: &Fate, sent: u64) -> Option<(i64, u64)> {
    match fate {
        Fate::Done(reply) => holds::granted(reply).map(|(token, validity_ms)| (token, sent + validity_ms)),
        _ => None,
    }
}

/// The hold of an owner, if it gets one: a whole life of it.
pub async fn one(client: &mut Client, seen: &Seen, rng: &mut Rng, owner: &str) {
    let (name, limits) = [LOCKS.as_slice(), &[LONG]].concat()[rng.below(LOCKS.len() + 1)];
    let limit = *rng.pick(limits);
    seen.singles.lock().insert(owner.to_owned(), (name.to_owned(), limit));
    let ttl_ms = if name == LONG.0 { rng.between(2000, 6000) } else { rng.between(60, 1000) } as u64;
    let mut asked = Asked { name, owner, ttl_ms, is_certain: true, requests: 0 };
    let begun = now_ms();
    let Some((token, until)) = acquire(client, &mut asked, limit, rng).await else { return };
    if limit == Some(1) && asked.requests == 1 {
        seen.granted.lock().insert((name.to_owned(), owner.to_owned()), token);
    }
    let mut hold = Hold { name: name.into(), owner: owner.into(), token, limit, asked: begun, from: now_ms(), until };
    for _ in 0..rng.below(5) {
        sleep(Duration::from_millis(rng.between(0, asked.ttl_ms as i64 / 2) as u64)).await;
        *seen.confirmed.lock() += usize::from(use_it(client, &asked, &mut hold, rng).await);
    }
    if rng.percent(75) {
        release(client, &asked, &mut hold, rng).await;
    }
    seen.holds.lock().push(hold);
}

/// Asks until it is told yes or no, or has lost patience: over connections some of which are cut.
async fn acquire(client: &mut Client, asked: &mut Asked<'_>, limit: Limit, rng: &mut Rng) -> Option<(i64, u64)> {
    let Asked { name, owner, ttl_ms, .. } = *asked;
    let ttl = ttl_ms.to_string();
    let wait_ms = rng.between(1, WAIT_MAX_MS) as u64;
    let args = holds::acquire(name, owner, ttl_ms, rng.percent(70).then_some(wait_ms), limit);
    for _ in 0..4 {
        asked.requests += 1;
        let sent = now_ms();
        let fate = if rng.percent(20) {
            let after = Duration::from_millis(rng.between(0, 300) as u64);
            client.call_or_cut(&args, after, rng.below(client.world().machines.len())).await
        } else {
            client.call(&args).await
        };
        match &fate {
            Fate::Done(Value::Array(_)) => return granted(&fate, sent),
            Fate::Done(Value::NullArray) => return None,
            Fate::Done(Value::Error(text)) if text == UNBLOCKED => {}
            Fate::Done(other) => panic!("LOCK.ACQUIRE: {other:?}"),
            Fate::NotApplied => {}
            Fate::Unknown | Fate::Applied => asked.is_certain = false,
        }
        // It may have the lock already.
        if !asked.is_certain && rng.percent(40) {
            asked.requests += 1;
            let sent = now_ms();
            let grant = granted(&client.call(&["LOCK.EXTEND", name, owner, "PX", &ttl]).await, sent);
            if grant.is_some() {
                return grant;
            }
        }
    }
    None
}

/// Waits for a lock that many want, whoever else does, and has it for a moment; asks once.
pub async fn queue(client: &mut Client, seen: &Seen, rng: &mut Rng, owner: &str) {
    let wait_ms = rng.between(300, 1500) as u64;
    let args = holds::acquire(QUEUED, owner, 3000, Some(wait_ms), Some(1));
    let Fate::Done(reply) = client.call(&args).await else { return };
    let Some((token, _)) = holds::granted(&reply) else { return };
    seen.granted.lock().insert((QUEUED.to_owned(), owner.to_owned()), token);
    sleep(Duration::from_millis(rng.between(10, 80) as u64)).await;
    client.call(&["LOCK.RELEASE", QUEUED, owner]).await;
}

/// Looks at the queues of locks for one holder until `until_ms`.
pub async fn observe(world: World, seen: Rc<Seen>, id: usize, mut rng: Rng, until_ms: u64) {
    let mut client = Client::new(&world, id, id);
    let exclusive = LOCKS.iter().filter(|(_, limits)| **limits == [Some(1)]).map(|(name, _)| *name);
    let names: Vec<&str> = exclusive.chain([QUEUED, QUEUED]).collect();
    while now_ms() < until_ms {
        sleep(Duration::from_millis(rng.between(0, 80) as u64)).await;
        let name = *rng.pick(&names);
        let Fate::Done(info) = client.call(&["LOCK.INFO", name]).await else { continue };
        let field = |of: &Value, name: &str| {
            let pairs = of.pairs().unwrap_or_default();
            pairs.into_iter().find(|(key, _)| key.text().as_deref() == Some(name)).map(|(_, value)| value)
        };
        let waiters = field(&info, "waiters");
        let waiters = waiters.as_ref().and_then(Value::items).unwrap_or_default().iter();
        let owners: Vec<String> = waiters.filter_map(|waiter| field(waiter, "owner")?.text()).collect();
        if owners.len() > 1 {
            seen.queues.lock().push(Queue { name: name.to_owned(), owners });
        }
    }
}

/// Something that only the holder may do; true if it was told that it is the holder.
async fn use_it(client: &mut Client, asked: &Asked<'_>, hold: &mut Hold, rng: &mut Rng) -> bool {
    let Asked { name, owner, ttl_ms, .. } = *asked;
    let (token, ttl, sent) = (hold.token.to_string(), rng.between(1, ttl_ms as i64).to_string(), now_ms());
    let is_told = match rng.below(6) {
        0 | 1 => match client.call(&["LOCK.CHECK", name, &token]).await {
            Fate::Done(held) => held == Value::Int(1),
            _ => return false,
        },
        2 | 3 => match client.call(&["LOCK.EXTEND", name, owner, "PX", &ttl, &token]).await {
            Fate::Done(Value::NullArray) => false,
            fate @ Fate::Done(_) => {
                let (again, until) = granted(&fate, sent).unwrap_or_else(|| panic!("{fate:?}"));
                assert_eq!(again, hold.token, "{hold:?} has another token");
                hold.until = hold.until.max(until);
                true
            }
            _ => return false,
        },
        4 => match client.call(&["LOCK.GUARD", name, &token, "INCR", "guarded"]).await {
            Fate::Done(Value::Int(_)) => true,
            Fate::Done(Value::Error(text)) if text.starts_with(b"FENCED") => false,
            Fate::Done(other) => panic!("LOCK.GUARD: {other:?}"),
            _ => return false,
        },
        // Others cannot end it.
        _ => {
            let (other, by) = ((hold.token - 1).to_string(), if rng.percent(50) { NOBODY } else { owner });
            if let Fate::Done(ended) = client.call(&["LOCK.RELEASE", name, by, &other]).await {
                assert_eq!(ended, Value::Int(0), "{hold:?} was ended by another token");
            }
            if let Fate::Done(ended) = client.call(&["LOCK.RELEASE", name, NOBODY]).await {
                assert_eq!(ended, Value::Int(0), "{hold:?} was ended by another owner");
            }
            return false;
        }
    };
    assert!(is_told || now_ms() > hold.until, "{hold:?} was lost before {}", now_ms());
    is_told
}

/// Releases until that is answered; then nothing is held.
async fn release(client: &mut Client, asked: &Asked<'_>, hold: &mut Hold, rng: &mut Rng) {
    let Asked { name, owner, is_certain, .. } = *asked;
    let token = hold.token.to_string();
    let until = hold.until;
    hold.until = until.min(now_ms());
    for attempt in 0..5 {
        match client.call(&["LOCK.RELEASE", name, owner, &token]).await {
            Fate::Done(Value::Int(ended)) => {
                assert!(attempt > 0 || ended == 1 || now_ms() > until, "{hold:?} was lost before its release");
                break;
            }
            Fate::Done(other) => panic!("LOCK.RELEASE: {other:?}"),
            _ if attempt == 4 => return,
            _ => {}
        }
    }
    for _ in 0..2 {
        if let Fate::Done(held) = client.call(&["LOCK.CHECK", name, &token]).await {
            assert_eq!(held, Value::Int(0), "{hold:?} was released");
        }
        if is_certain && let Fate::Done(held) = client.call(&["LOCK.EXTEND", name, owner, "PX", "1"]).await {
            assert_eq!(held, Value::NullArray, "{hold:?} was released, and its owner holds the lock");
        }
        sleep(Duration::from_millis(rng.between(0, 200) as u64)).await;
    }
}
