//! Locks as libraries make them of strings, under faults: SET NX PX with a random value, its release and its extension by scripts, and the
//! fencing token of LOCK.TOKEN.
//!
//! Invariants: as in [`crate::lockers`]; the validity is the time to live less 0.1 % and 1 ms. Holders overstay, so that late releases
//! meet the locks of others.

use std::time::Duration;

use tokio::time::sleep;

use crate::client::{Client, Fate};
use crate::cluster::now_ms;
use crate::lockers::Seen;
use crate::scripts::call;
use crate::support::holds::{EXTEND, Hold, RELEASE, validity_ms};
use crate::support::linear::history::Outcome;
use crate::support::rng::Rng;
use crate::support::value::Value;
use crate::workload::executed;

const NAMES: [&str; 2] = ["string0", "string1"];

/// The hold of an owner, if it gets one: a whole life of it.
pub async fn one(client: &mut Client, seen: &Seen, rng: &mut Rng, owner: &str) {
    let (name, ttl_ms, asked) = (*rng.pick(&NAMES), rng.between(50, 900), now_ms());
    let Some(token) = acquire(client, name, owner, ttl_ms, rng).await else { return };
    let until = asked + validity_ms(ttl_ms as u64);
    let token = match token {
        Some(token) => token,
        None => match client.call(&["LOCK.TOKEN", name, owner]).await {
            Fate::Done(Value::Int(token)) => token,
            Fate::Done(other) => {
                assert!(now_ms() > until, "{owner}'s {name} was lost before {}: {other:?}", now_ms());
                return;
            }
            _ => return,
        },
    };
    let (name_of, from) = (name.to_owned(), now_ms());
    let mut hold = Hold { name: name_of, owner: owner.into(), token, limit: Some(1), asked, from, until };
    for _ in 0..rng.below(4) {
        sleep(Duration::from_millis(rng.between(0, ttl_ms) as u64)).await;
        *seen.confirmed.lock() += usize::from(use_it(client, &mut hold, ttl_ms, rng).await);
    }
    release(client, &mut hold).await;
    seen.holds.lock().push(hold);
}

/// None: it does not have it, or does not know. Else the token, if that came too.
async fn acquire(client: &mut Client, name: &str, owner: &str, ttl_ms: i64, rng: &mut Rng) -> Option<Option<i64>> {
    let ttl = ttl_ms.to_string();
    let set = vec!["SET", name, owner, "NX", "PX", &ttl];
    if rng.percent(50) {
        let commands = [vec!["MULTI"], set, vec!["LOCK.TOKEN", name, owner], vec!["EXEC"]];
        let Outcome::Ok(replies) = executed(&client.pipeline(&commands).await[3]) else { return None };
        return (!replies[0].is_null()).then(|| Some(replies[1].int().expect("a token")));
    }
    match client.call(&set).await {
        Fate::Done(Value::Simple(_)) => Some(None),
        Fate::Done(other) => {
            assert!(other.is_null(), "SET NX: {other:?}");
            None
        }
        _ => None,
    }
}

async fn use_it(client: &mut Client, hold: &mut Hold, ttl_ms: i64, rng: &mut Rng) -> bool {
    let sent = now_ms();
    let fate = match rng.below(3) {
        0 => client.call(&["GET", &hold.name]).await,
        1 => client.call(&["LOCK.TOKEN", &hold.name, &hold.owner]).await,
        _ => {
            // For the same time as ever: less than it has would shorten it.
            let fate = call(client, EXTEND, &[&hold.name], &[&hold.owner, &ttl_ms.to_string()]).await;
            if fate == Fate::Done(Value::Int(1)) {
                hold.until = hold.until.max(sent + validity_ms(ttl_ms as u64));
            }
            fate
        }
    };
    let Fate::Done(reply) = fate else { return false };
    let is_told = match &reply {
        Value::Bulk(value) => *value == hold.owner.as_bytes(),
        // LOCK.TOKEN's, or EXTEND's.
        Value::Int(number) => *number == hold.token || *number == 1,
        _ => false,
    };
    assert!(is_told || now_ms() > hold.until, "{hold:?} was lost before {}: {reply:?}", now_ms());
    is_told
}

async fn release(client: &mut Client, hold: &mut Hold) {
    let until = hold.until;
    hold.until = until.min(now_ms());
    for attempt in 0..5 {
        match call(client, RELEASE, &[&hold.name], &[&hold.owner]).await {
            Fate::Done(Value::Int(deleted)) => {
                assert!(attempt > 0 || deleted == 1 || now_ms() > until, "{hold:?} was lost before its release");
                if let Fate::Done(token) = client.call(&["LOCK.TOKEN", &hold.name, &hold.owner]).await {
                    assert!(token.is_null(), "{hold:?} was released");
                }
                return;
            }
            Fate::Done(other) => panic!("the release: {other:?}"),
            _ => {}
        }
    }
}
