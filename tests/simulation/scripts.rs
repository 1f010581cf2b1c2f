//! Scripts in the workload: locks, compare-and-set, counters, transfers, scripts that their budget stops, and ones that are loaded at one
//! node and called at another.
//!
//! Invariants, besides those that [`crate::workload`] checks of registers, counters and the bank, which scripts change too
//! - What was loaded is known to every node, whatever has failed since: nobody ever sends a script's text again.
//! - A lock has one holder, by its token. Without an end: the history of each lock is linearizable. With one: the times between taking
//!   it and its release or end, by the cluster's clock, do not overlap.
//! - Of two writes of a script that was then stopped, a reader sees both or none.

use std::collections::BTreeMap;
use std::time::Duration;

use lockstep::script::source::sha1_hex;
use parking_lot::Mutex;
use tokio::time::sleep;

use crate::client::{Client, Fate};
use crate::cluster::{World, now_ms};
use crate::support::holds::{EXTEND, RELEASE};
use crate::support::linear::history::Outcome;
use crate::support::linear::register::check_keys;
use crate::support::linear::{bank, register};
use crate::support::rng::Rng;
use crate::support::value::Value;
use crate::workload::{ACCOUNTS, History, KEYS, Seen, TOTAL, executed};

const COMPARE_AND_SET: &str =
    "if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end redis.call('SET', KEYS[1], ARGV[2]) return 1";
const GET: &str = "return redis.call('GET', KEYS[1])";
const COUNT: &str = "local n = (tonumber(redis.call('GET', KEYS[1])) or 0) + 1 redis.call('SET', KEYS[1], n) return n";
/// Counts while its caller holds the lock.
const GUARDED: &str = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end return redis.call('INCR', KEYS[2])";
const TRANSFER: &str = "return {redis.call('DECRBY', KEYS[1], ARGV[1]), redis.call('INCRBY', KEYS[2], ARGV[1])}";
const READ_ALL: &str = "return redis.call('MGET', unpack(KEYS))";
/// Never gets to its end: by then it has written.
const STOPPED: &str = "redis.call('INCR', KEYS[1]) redis.call('INCR', KEYS[2]) while true do end";
/// The time of the entry, ms.
const NOW: &str = "local t = redis.call('TIME') return t[1] * 1000 + math.floor(t[2] / 1000)";
const ALL: [&str; 10] = [RELEASE, EXTEND, COMPARE_AND_SET, GET, COUNT, GUARDED, TRANSFER, READ_ALL, STOPPED, NOW];

/// `script-budget`: little, because each node spends it whenever a script is stopped.
const BUDGET: &str = "20000";
/// The two keys of [`STOPPED`].
const PAIR: [&str; 2] = ["left", "right"];
/// A lock whose end nobody lives to see.
const ENDLESS_MS: &str = "3600000";
/// After this time clients turn to other locks: one that was perhaps taken stays taken.
const LOCKS_CHANGE_MS: u64 = 1500;

/// What is seen of locks.
#[derive(Default)]
pub struct Locks {
    history: History<(String, register::Input), register::Output>,
    /// Who certainly holds which lock.
    holders: Mutex<BTreeMap<String, usize>>,
    /// By lock: from and until when it was held, by the cluster's clock.
    held: Mutex<BTreeMap<String, Vec<(i64, i64)>>>,
}

fn sha(script: &str) -> String {
    String::from_utf8(sha1_hex(script.as_bytes()).to_vec()).expect("hex digits")
}

/// EVALSHA or its kin of a script that is loaded.
fn by_name<'a>(command: &'a str, sha: &'a str, keys: &[&'a str], argv: &[&'a str]) -> Vec<&'a str> {
    const COUNTS: [&str; 5] = ["0", "1", "2", "3", "4"];
    [&[command, sha, COUNTS[keys.len()]], keys, argv].concat()
}

/// Calls a loaded script, and insists that it is known.
pub async fn call(client: &mut Client, script: &str, keys: &[&str], argv: &[&str]) -> Fate {
    known(client.call(&by_name("EVALSHA", &sha(script), keys, argv)).await)
}

async fn read(client: &mut Client, script: &str, keys: &[&str]) -> Fate {
    known(client.call(&by_name("EVALSHA_RO", &sha(script), keys, &[])).await)
}

fn known(fate: Fate) -> Fate {
    if let Fate::Done(Value::Error(text)) = &fate {
        assert!(!text.starts_with(b"NOSCRIPT"), "a loaded script is gone");
    }
    fate
}

/// Loads the scripts, once for all nodes and clients.
pub async fn prepare(client: &mut Client) {
    for script in ALL {
        let loaded = client.call(&["SCRIPT", "LOAD", script]).await;
        assert_eq!(loaded, Fate::Done(Value::Bulk(sha(script).into_bytes())));
    }
    let set = client.call(&["CONFIG", "SET", "script-budget", BUDGET]).await;
    assert_eq!(set, Fate::Done(Value::Simple(b"OK".to_vec())));
}

/// Something that a script does; `value` is nobody else's, nor are the thousand behind it.
pub async fn operation(client: &mut Client, seen: &Seen, rng: &mut Rng, value: i64) {
    match rng.below(10) {
        0 | 1 => lock(client, seen, rng, value).await,
        2 => lock_that_ends(client, seen, rng, value).await,
        3 | 4 => compare_and_set(client, seen, rng, value).await,
        5 => {
            let counter = format!("scripted{}", rng.below(2));
            let fate = call(client, COUNT, &[&counter], &[]).await;
            seen.count(&counter, &fate);
        }
        6 => stopped(client, seen).await,
        7 | 8 => transfer(client, seen, rng).await,
        _ => loaded_elsewhere(client, value).await,
    }
}

/// Something that a script reads.
pub async fn read_operation(client: &mut Client, seen: &Seen, rng: &mut Rng) {
    match rng.below(3) {
        0 => {
            let key = rng.below(KEYS);
            get(client, seen, key).await;
        }
        1 => pair(client, rng).await,
        _ => balances(client, seen).await,
    }
}

/// SET NX PX, what the lock is for, and its release by token until that is answered.
async fn lock(client: &mut Client, seen: &Seen, rng: &mut Rng, token: i64) {
    use register::{Input, Output};
    let epoch = now_ms() / LOCKS_CHANGE_MS;
    let (name, text) = (format!("lock{epoch}.{}", rng.below(2)), token.to_string());
    let locks = &seen.locks;
    let ticket = seen.invoke(&locks.history, client.id, (name.clone(), Input::CompareAndSet(None, token)));
    let outcome = match client.call(&["SET", &name, &text, "NX", "PX", ENDLESS_MS]).await {
        Fate::Done(Value::Simple(_)) => Outcome::Ok(Output::Changed(true)),
        Fate::Done(other) if other.is_null() => Outcome::Ok(Output::Changed(false)),
        Fate::Done(other) => panic!("SET NX answered {other:?}"),
        Fate::NotApplied => Outcome::NotApplied,
        Fate::Unknown | Fate::Applied => Outcome::Unknown,
    };
    let (is_held, may_be_held) = (outcome == Outcome::Ok(Output::Changed(true)), outcome == Outcome::Unknown);
    seen.complete(&locks.history, ticket, outcome);
    // Some try to release what another one holds.
    if !is_held && !may_be_held && rng.percent(70) {
        return;
    }
    if is_held {
        let before = locks.holders.lock().insert(name.clone(), client.id);
        assert_eq!(before, None, "client {} holds {name} at the same time", client.id);
        sleep(Duration::from_millis(rng.between(0, 300) as u64)).await;
        let fate = call(client, GUARDED, &[&name, "guarded"], &[&text]).await;
        assert_ne!(fate, Fate::Done(Value::Int(-1)), "client {} has lost {name}", client.id);
        seen.count("guarded", &fate);
        locks.holders.lock().remove(&name);
    }
    for _ in 0..5 {
        let ticket = seen.invoke(&locks.history, client.id, (name.clone(), Input::CompareAndDelete(token)));
        let outcome = match call(client, RELEASE, &[&name], &[&text]).await {
            Fate::Done(reply) => Outcome::Ok(Output::Changed(reply.int().expect("a number") == 1)),
            Fate::NotApplied => Outcome::NotApplied,
            Fate::Unknown | Fate::Applied => Outcome::Unknown,
        };
        let answered = matches!(outcome, Outcome::Ok(_));
        seen.complete(&locks.history, ticket, outcome);
        if answered {
            return;
        }
    }
}

/// A lock that ends by itself: with each command of it, in one transaction, the time of its entry.
async fn lock_that_ends(client: &mut Client, seen: &Seen, rng: &mut Rng, token: i64) {
    let (name, token) = (format!("ends{}", rng.below(2)), token.to_string());
    let lasts_ms = rng.between(50, 1500);
    let (now, lasts) = (sha(NOW), lasts_ms.to_string());
    let take = vec!["SET", &name, &token, "NX", "PX", &lasts];
    let taken =
        executed(&client.pipeline(&[vec!["MULTI"], take, by_name("EVALSHA", &now, &[], &[]), vec!["EXEC"]]).await[3]);
    let Outcome::Ok(taken) = taken else { return };
    if taken[0].is_null() {
        return;
    }
    assert_eq!(taken[0], Value::Simple(b"OK".to_vec()));
    let from = taken[1].int().expect("a time");
    sleep(Duration::from_millis(rng.between(0, 2 * lasts_ms) as u64)).await;
    let release = sha(RELEASE);
    let release = by_name("EVALSHA", &release, &[&name], &[&token]);
    let fates = client.pipeline(&[vec!["MULTI"], release, by_name("EVALSHA", &now, &[], &[]), vec!["EXEC"]]).await;
    let Outcome::Ok(released) = executed(&fates[3]) else { return };
    let (at, end) = (released[1].int().expect("a time"), from + lasts_ms);
    let until = match released[0] {
        Value::Int(1) => at,
        Value::Int(0) => end,
        ref other => panic!("the release answered {other:?}"),
    };
    assert!(until <= end && at >= until, "{name}: taken at {from} until {end}, {released:?}");
    seen.locks.held.lock().entry(name).or_default().push((from, until));
}

async fn get(client: &mut Client, seen: &Seen, key: usize) -> Option<Option<i64>> {
    let ticket = seen.invoke(&seen.registers, client.id, (key, register::Input::Get));
    let Fate::Done(reply) = read(client, GET, &[&format!("key{key}")]).await else {
        seen.complete(&seen.registers, ticket, Outcome::NotApplied);
        return None;
    };
    assert!(!reply.is_error(), "{reply:?}");
    seen.complete(&seen.registers, ticket, Outcome::Ok(register::Output::Value(reply.int())));
    Some(reply.int())
}

async fn compare_and_set(client: &mut Client, seen: &Seen, rng: &mut Rng, value: i64) {
    use register::{Input, Output};
    let key = rng.below(KEYS);
    let Some(before) = get(client, seen, key).await else { return };
    let ticket = seen.invoke(&seen.registers, client.id, (key, Input::CompareAndSet(before, value)));
    let expected = before.map_or_else(String::new, |value| value.to_string());
    let fate = call(client, COMPARE_AND_SET, &[&format!("key{key}")], &[&expected, &value.to_string()]).await;
    let outcome = match fate {
        Fate::Done(reply) => Outcome::Ok(Output::Changed(reply.int().expect("a number") == 1)),
        Fate::NotApplied => Outcome::NotApplied,
        Fate::Unknown | Fate::Applied => Outcome::Unknown,
    };
    seen.complete(&seen.registers, ticket, outcome);
}

/// What it had written when it was stopped stays: both keys count it.
async fn stopped(client: &mut Client, seen: &Seen) {
    let fate = match call(client, STOPPED, &PAIR, &[]).await {
        Fate::Done(Value::Error(text)) if text.starts_with(b"ERR the script was stopped: its budget") => Fate::Applied,
        Fate::Done(other) => panic!("an endless script answered {other:?}"),
        other => other,
    };
    PAIR.iter().for_each(|key| seen.count(key, &fate));
}

async fn pair(client: &mut Client, rng: &mut Rng) {
    let fate = match rng.below(3) {
        0 => client.call(&[&["EVAL_RO", READ_ALL, "2"], &PAIR[..]].concat()).await,
        1 => client.call(&[&["MGET"], &PAIR[..]].concat()).await,
        _ => {
            let gets = PAIR.map(|key| vec!["GET", key]);
            client.pipeline(&[&[vec!["MULTI"]][..], &gets[..], &[vec!["EXEC"]][..]].concat()).await.remove(3)
        }
    };
    if let Outcome::Ok(values) = executed(&fate) {
        assert!(values.len() == 2 && values[0] == values[1], "half of a script was seen: {values:?}");
    }
}

fn accounts() -> [String; ACCOUNTS] {
    std::array::from_fn(|account| format!("account{account}"))
}

fn sum(balances: &Value) -> i64 {
    balances.items().expect("balances").iter().map(|balance| balance.int().expect("a balance")).sum()
}

async fn balances(client: &mut Client, seen: &Seen) {
    let ticket = seen.invoke(&seen.bank, client.id, bank::Input::Read);
    let accounts = accounts();
    let fate = read(client, READ_ALL, &accounts.each_ref().map(String::as_str)).await;
    let outcome = match executed(&fate) {
        Outcome::Ok(balances) => {
            let balances = balances.iter().map(|balance| balance.int().expect("a balance")).collect();
            Outcome::Ok(bank::Output::Balances(balances))
        }
        _ => Outcome::NotApplied,
    };
    seen.complete(&seen.bank, ticket, outcome);
}

/// A transfer in one script; half of them by EVAL in a transaction, between two reads of all accounts.
async fn transfer(client: &mut Client, seen: &Seen, rng: &mut Rng) {
    let accounts = accounts();
    let from = rng.below(ACCOUNTS);
    let to = (from + 1 + rng.below(ACCOUNTS - 1)) % ACCOUNTS;
    let amount = rng.between(1, 50);
    let ticket = seen.invoke(&seen.bank, client.id, bank::Input::Transfer { from, to, amount });
    let (keys, text) = ([accounts[from].as_str(), accounts[to].as_str()], amount.to_string());
    let fate = if rng.percent(50) {
        call(client, TRANSFER, &keys, &[&text]).await
    } else {
        let read_all = sha(READ_ALL);
        let read_all = by_name("EVALSHA_RO", &read_all, &accounts.each_ref().map(String::as_str), &[]);
        let eval = vec!["EVAL", TRANSFER, "2", keys[0], keys[1], &text];
        let commands = [vec!["MULTI"], read_all.clone(), eval, read_all, vec!["EXEC"]];
        let fate = client.pipeline(&commands).await.remove(4);
        match executed(&fate) {
            Outcome::Ok(replies) => {
                assert_eq!([sum(&replies[0]), sum(&replies[2])], [TOTAL, TOTAL], "{replies:?}");
                Fate::Done(replies[1].clone())
            }
            _ => fate,
        }
    };
    let outcome = match executed(&fate) {
        Outcome::Ok(replies) => {
            let balance = |at: usize| replies[at].int().expect("a balance");
            Outcome::Ok(bank::Output::Transferred(balance(0), balance(1)))
        }
        Outcome::NotApplied => Outcome::NotApplied,
        Outcome::Unknown => Outcome::Unknown,
    };
    seen.complete(&seen.bank, ticket, outcome);
}

/// SCRIPT LOAD at one node; once that is answered, every node knows the script.
async fn loaded_elsewhere(client: &mut Client, value: i64) {
    let (script, text) = (format!("return '{value}'"), value.to_string());
    let Fate::Done(loaded) = client.call(&["SCRIPT", "LOAD", &script]).await else { return };
    assert_eq!(loaded.text(), Some(sha(&script)));
    let world: World = client.world().clone();
    let mut other = Client::new(&world, 3000 + client.id, client.node() + 1);
    for fate in [call(&mut other, &script, &[], &[]).await, read(&mut other, &script, &[]).await] {
        assert!(!matches!(&fate, Fate::Done(reply) if reply.text().as_ref() != Some(&text)), "{fate:?}");
    }
}

/// Whether each lock had one holder at a time.
pub fn judge(locks: &Locks) {
    if let Err(why) = check_keys(&locks.history.0.lock()) {
        panic!("a lock is not linearizable: {why}");
    }
    for (name, mut held) in locks.held.lock().clone() {
        held.sort_unstable();
        for two in held.windows(2) {
            assert!(
                two[0].1 <= two[1].0,
                "{name} was held from {} until {}, and from {} on",
                two[0].0,
                two[0].1,
                two[1].0
            );
        }
    }
}
