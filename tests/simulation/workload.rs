//! What clients do while faults happen, and what they saw; and the judgement of it at the end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::sleep;

use crate::client::{Client, Fate};
use crate::cluster::{World, now_ms};
use crate::scripts;
use crate::support::holds::RELEASE;
use crate::support::linear::bank::{self, Bank, wrong_sums};
use crate::support::linear::check::check;
use crate::support::linear::edn;
use crate::support::linear::history::{Operation, Outcome};
use crate::support::linear::register::{self, Refused, check_keys, check_refusals, end_by_itself};
use crate::support::queues::{Token, check_tokens};
use crate::support::rng::Rng;
use crate::support::value::Value;

/// Registers.
pub const KEYS: usize = 8;
/// Accounts.
pub const ACCOUNTS: usize = 4;
/// What is on all of them together.
pub const TOTAL: i64 = 400;
/// A history of the bank with more operations than this is checked by its sums alone.
const BANK_CHECKED_MAX: usize = 400;
/// A key with a deadline that nothing may move.
const LEASE: &str = "lease";
const LEASE_MS: &str = "3600000";

/// Keys with short times to live.
const BRIEF_KEYS: usize = 3;
const BRIEF_TTL_MS: i64 = 900;
/// A history's times are in such parts of a ms: more than there are events at a time.
const TICKS_PER_MS: u64 = 1 << 20;

/// A history whose clock is true time and counts events within a ms: all clients run on one host, so their events have one order.
pub struct History<I, O>(pub Mutex<Vec<Operation<I, O>>>);

impl<I, O> Default for History<I, O> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// Certain increments, perhaps increments, values that were answered.
type Counted = (u64, u64, Vec<i64>);

/// State that all clients share.
#[derive(Default)]
pub struct Seen {
    events: Mutex<u64>,
    /// By key.
    pub registers: History<(usize, register::Input), register::Output>,
    /// The same of keys that end by themselves; the ends among them.
    brief: History<(usize, register::Input), register::Output>,
    /// Transactions that WATCH refused, of [`Self::registers`] and of [`Self::brief`].
    refused: Mutex<Vec<Refused<usize>>>,
    brief_refused: Mutex<Vec<Refused<usize>>>,
    /// By brief key: when a value was asked for and answered, and its fencing token.
    tokens: Mutex<BTreeMap<usize, Vec<Token>>>,
    /// All accounts.
    pub bank: History<bank::Input, bank::Output>,
    /// By counter.
    counters: Mutex<BTreeMap<String, Counted>>,
    /// What scripts see of locks.
    pub locks: scripts::Locks,
    deadline: Mutex<Option<i64>>,
    outcomes: Mutex<Outcomes>,
}

/// How operations ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outcomes {
    /// With an answer.
    pub answered: u64,
    /// LOADING, or refused by WATCH.
    pub not_applied: u64,
    /// INDETERMINATE, or a broken connection.
    pub unknown: u64,
}

impl Seen {
    /// True time, and the number of the event where two are at the same ms.
    fn tick(&self) -> u64 {
        let mut events = self.events.lock();
        *events = (*events + 1).max(now_ms() * TICKS_PER_MS);
        *events
    }

    /// Notes that a client is about to ask.
    pub fn invoke<I, O>(&self, history: &History<I, O>, client: usize, input: I) -> usize {
        let invoked_ns = self.tick();
        let mut operations = history.0.lock();
        operations.push(Operation { client, input, invoked_ns, completed_ns: u64::MAX, outcome: Outcome::Unknown });
        operations.len() - 1
    }

    /// Notes what came of it.
    pub fn complete<I, O>(&self, history: &History<I, O>, ticket: usize, outcome: Outcome<O>) {
        let now = self.tick();
        let mut outcomes = self.outcomes.lock();
        match outcome {
            Outcome::Ok(_) => outcomes.answered += 1,
            Outcome::NotApplied => outcomes.not_applied += 1,
            Outcome::Unknown => outcomes.unknown += 1,
        }
        drop(outcomes);
        let mut operations = history.0.lock();
        if !matches!(outcome, Outcome::Unknown) {
            operations[ticket].completed_ns = now;
        }
        operations[ticket].outcome = outcome;
    }

    /// Notes what came of something that may have given a brief key a value with a time to live.
    fn complete_brief(&self, ticket: usize, outcome: Outcome<register::Output>, ttl_ms: i64) {
        self.complete(&self.brief, ticket, outcome);
        let mut operations = self.brief.0.lock();
        let end = end_by_itself(&operations[ticket], ttl_ms as u64 * TICKS_PER_MS);
        operations.extend(end);
    }

    /// Notes what came of an increment.
    pub fn count(&self, counter: &str, fate: &Fate) {
        let mut counters = self.counters.lock();
        let (certain, perhaps, values) = counters.entry(counter.to_owned()).or_default();
        match fate {
            Fate::Done(value) => {
                *certain += 1;
                values.push(value.int().unwrap_or_else(|| panic!("INCR answered {value:?}")));
            }
            Fate::Applied => *certain += 1,
            Fate::Unknown => *perhaps += 1,
            Fate::NotApplied => {}
        }
    }
}

/// Sets up what the clients work on.
pub async fn prepare(world: &World) {
    let mut client = Client::new(world, 1000, 0);
    let accounts: Vec<String> = (0..ACCOUNTS).map(|account| format!("account{account}")).collect();
    let mut mset = vec!["MSET".to_owned()];
    for account in &accounts {
        mset.extend([account.clone(), (TOTAL / ACCOUNTS as i64).to_string()]);
    }
    assert_eq!(client.call(&mset).await, Fate::Done(Value::Simple(b"OK".to_vec())));
    assert_eq!(client.call(&["SET", LEASE, "x", "PX", LEASE_MS]).await, Fate::Done(Value::Simple(b"OK".to_vec())));
    scripts::prepare(&mut client).await;
}

/// One client's life: random operations until `until_ms` of simulated time.
pub async fn live(world: World, seen: Arc<Seen>, id: usize, mut rng: Rng, until_ms: u64) {
    let mut client = Client::new(&world, id, id / 3);
    // A third only reads, because who writes through a node that is cut off then waits, and sees nothing old.
    let reads_only = id % 3 == 2;
    let mut own = 0;
    let mut unique = 0;
    while now_ms() < until_ms {
        sleep(Duration::from_millis(rng.between(0, 60) as u64)).await;
        client.connect().await;
        unique += 1;
        let value = unique * 1000 + id as i64;
        match rng.below(34) {
            28.. => brief(&mut client, &seen, &mut rng, value * 1000, reads_only).await,
            0..16 if reads_only => register_operation(&mut client, &seen, &mut rng, None).await,
            20.. if reads_only => scripts::read_operation(&mut client, &seen, &mut rng).await,
            20.. => scripts::operation(&mut client, &seen, &mut rng, value * 1000).await,
            _ if reads_only => lease(&mut client, &seen).await,
            0..9 => register_operation(&mut client, &seen, &mut rng, Some(value * 1000)).await,
            9..11 => compare_and_set(&mut client, &seen, &mut rng, value * 1000).await,
            11..14 => bank_operation(&mut client, &seen, &mut rng).await,
            14..16 => {
                let counter = format!("counter{}", rng.below(2));
                let fate = client.call(&["INCR", &counter]).await;
                seen.count(&counter, &fate);
            }
            16 | 17 => own_pipeline(&mut client, &seen, &mut own, value).await,
            18 => lease(&mut client, &seen).await,
            _ => {
                let filler = vec![b'f'; rng.below(30_000)];
                client.call(&[b"SET", &b"filler"[..], &filler]).await;
            }
        }
    }
}

async fn register_operation(client: &mut Client, seen: &Seen, rng: &mut Rng, value: Option<i64>) {
    use register::{Input, Output};
    let key = rng.below(KEYS);
    let name = format!("key{key}");
    let text = value.unwrap_or_default().to_string();
    let (input, args) = match (rng.below(10), value) {
        (_, None) => (Input::Get, vec!["GET", &name]),
        (0..5, _) => (Input::Get, vec!["GET", &name]),
        (5..8, Some(value)) => (Input::Set(value), vec!["SET", &name, &text]),
        (8, _) => (Input::Incr, vec!["INCR", &name]),
        // Not of keys that are watched: one that is made and deleted again between WATCH and EXEC is not noticed.
        _ if key % 2 == 1 => (Input::Del, vec!["DEL", &name]),
        _ => (Input::Get, vec!["GET", &name]),
    };
    let read = input == Input::Get;
    let ticket = seen.invoke(&seen.registers, client.id, (key, input.clone()));
    let outcome = match client.call(&args).await {
        Fate::Done(reply) => Outcome::Ok(match input {
            Input::Get => Output::Value(reply.int()),
            Input::Set(_) => Output::Done,
            Input::Incr => Output::Number(reply.int().unwrap_or_else(|| panic!("INCR answered {reply:?}"))),
            _ => Output::Changed(reply.int() == Some(1)),
        }),
        _ if read => Outcome::NotApplied,
        Fate::NotApplied => Outcome::NotApplied,
        // Its reply is lost, and known.
        Fate::Applied if matches!(input, Input::Set(_)) => Outcome::Ok(Output::Done),
        Fate::Unknown | Fate::Applied => Outcome::Unknown,
    };
    seen.complete(&seen.registers, ticket, outcome);
}

/// Something with a key that ends by itself: as its users have it, a cache's entry or a lock.
async fn brief(client: &mut Client, seen: &Seen, rng: &mut Rng, value: i64, reads_only: bool) {
    use register::{Input, Output};
    let key = rng.below(BRIEF_KEYS);
    let (name, text, ttl_ms) = (format!("brief{key}"), value.to_string(), rng.between(30, BRIEF_TTL_MS));
    let ttl = ttl_ms.to_string();
    let found = brief_value(client, seen, key).await;
    if reads_only || found.is_none() {
        return;
    }
    match rng.below(4) {
        0 => {
            let ticket = seen.invoke(&seen.brief, client.id, (key, Input::CompareAndSet(None, value)));
            let outcome = match client.call(&["SET", &name, &text, "NX", "PX", &ttl]).await {
                Fate::Done(reply) => Outcome::Ok(Output::Changed(!reply.is_null())),
                Fate::NotApplied => Outcome::NotApplied,
                Fate::Unknown | Fate::Applied => Outcome::Unknown,
            };
            seen.complete_brief(ticket, outcome, ttl_ms);
        }
        1 => {
            let Some(Some(before)) = found else { return };
            let ticket = seen.invoke(&seen.brief, client.id, (key, Input::CompareAndDelete(before)));
            let outcome = match scripts::call(client, RELEASE, &[&name], &[&before.to_string()]).await {
                Fate::Done(reply) => Outcome::Ok(Output::Changed(reply.int() == Some(1))),
                Fate::NotApplied => Outcome::NotApplied,
                Fate::Unknown | Fate::Applied => Outcome::Unknown,
            };
            seen.complete(&seen.brief, ticket, outcome);
        }
        2 => {
            let ticket = seen.invoke(&seen.brief, client.id, (key, Input::Set(value)));
            let set = vec!["SET", &name, &text, "PX", &ttl];
            let commands = [vec!["MULTI"], set, vec!["LOCK.TOKEN", &name, &text], vec!["PTTL", &name], vec!["EXEC"]];
            let outcome = match executed(&client.pipeline(&commands).await[4]) {
                Outcome::Ok(replies) => {
                    assert_eq!(replies[2], Value::Int(ttl_ms), "PTTL behind SET in one transaction");
                    let asked = seen.brief.0.lock()[ticket].invoked_ns;
                    let token = (asked, seen.tick(), replies[1].int().expect("a token"));
                    seen.tokens.lock().entry(key).or_default().push(token);
                    Outcome::Ok(Output::Done)
                }
                Outcome::NotApplied => Outcome::NotApplied,
                Outcome::Unknown => Outcome::Unknown,
            };
            seen.complete_brief(ticket, outcome, ttl_ms);
        }
        _ => brief_watch(client, seen, rng, (key, value, ttl_ms)).await,
    }
}

/// What a brief key has. None: nobody knows.
async fn brief_value(client: &mut Client, seen: &Seen, key: usize) -> Option<Option<i64>> {
    let ticket = seen.invoke(&seen.brief, client.id, (key, register::Input::Get));
    let Fate::Done(reply) = client.call(&["GET", &format!("brief{key}")]).await else {
        seen.complete(&seen.brief, ticket, Outcome::NotApplied);
        return None;
    };
    seen.complete(&seen.brief, ticket, Outcome::Ok(register::Output::Value(reply.int())));
    Some(reply.int())
}

/// WATCH of a key that may end before EXEC, and is looked at in between.
async fn brief_watch(client: &mut Client, seen: &Seen, rng: &mut Rng, (key, value, ttl_ms): (usize, i64, i64)) {
    use register::{Input, Output};
    let (name, text, ttl, watched_ns) = (format!("brief{key}"), value.to_string(), ttl_ms.to_string(), seen.tick());
    if client.call(&["WATCH", &name]).await != Fate::Done(Value::Simple(b"OK".to_vec())) {
        return;
    }
    let Some(before) = brief_value(client, seen, key).await else { return client.disconnect() };
    sleep(Duration::from_millis(rng.between(0, BRIEF_TTL_MS) as u64)).await;
    if brief_value(client, seen, key).await.is_none() || !client.is_connected() {
        return client.disconnect();
    }
    let ticket = seen.invoke(&seen.brief, client.id, (key, Input::CompareAndSet(before, value)));
    let set = vec!["SET", &name, &text, "PX", &ttl];
    let fate = client.pipeline(&[vec!["MULTI"], set, vec!["EXEC"]]).await.remove(2);
    let outcome = if fate == Fate::Done(Value::NullArray) {
        seen.brief_refused.lock().push(Refused { key, watched_ns, refused_ns: seen.tick() });
        Outcome::NotApplied
    } else {
        match executed(&fate) {
            Outcome::Ok(_) => Outcome::Ok(Output::Changed(true)),
            Outcome::NotApplied => Outcome::NotApplied,
            Outcome::Unknown => Outcome::Unknown,
        }
    };
    seen.complete_brief(ticket, outcome, ttl_ms);
}

/// What came of EXEC, or of a script that answers a list: the replies in it.
pub fn executed(fate: &Fate) -> Outcome<Vec<Value>> {
    match fate {
        Fate::Done(Value::Array(replies)) => Outcome::Ok(replies.clone()),
        Fate::NotApplied => Outcome::NotApplied,
        // The connection was a new one: MULTI and what followed were refused with LOADING.
        Fate::Done(Value::Error(text)) if text.starts_with(b"EXECABORT") || text.starts_with(b"ERR EXEC without") => {
            Outcome::NotApplied
        }
        Fate::Done(other) => panic!("a list was expected: {other:?}"),
        Fate::Unknown | Fate::Applied => Outcome::Unknown,
    }
}

/// WATCH, GET, MULTI, SET, EXEC on one connection.
async fn compare_and_set(client: &mut Client, seen: &Seen, rng: &mut Rng, value: i64) {
    use register::{Input, Output};
    let key = 2 * rng.below(KEYS / 2);
    let name = format!("key{key}");
    let watched_ns = seen.tick();
    if client.call(&["WATCH", &name]).await != Fate::Done(Value::Simple(b"OK".to_vec())) {
        return;
    }
    let ticket = seen.invoke(&seen.registers, client.id, (key, Input::Get));
    let Fate::Done(before) = client.call(&["GET", &name]).await else {
        seen.complete(&seen.registers, ticket, Outcome::NotApplied);
        client.call(&["UNWATCH"]).await;
        return;
    };
    seen.complete(&seen.registers, ticket, Outcome::Ok(Output::Value(before.int())));
    if !client.is_connected() {
        return;
    }
    let ticket = seen.invoke(&seen.registers, client.id, (key, Input::CompareAndSet(before.int(), value)));
    let text = value.to_string();
    let fates = client.pipeline(&[vec!["MULTI"], vec!["SET", &name, &text], vec!["EXEC"]]).await;
    let outcome = match &fates[2] {
        Fate::Done(Value::Array(replies)) => {
            assert_eq!(replies[..], [Value::Simple(b"OK".to_vec())]);
            Outcome::Ok(Output::Changed(true))
        }
        // Another write came between, maybe of the same value.
        Fate::Done(Value::NullArray) => {
            seen.refused.lock().push(Refused { key, watched_ns, refused_ns: seen.tick() });
            Outcome::NotApplied
        }
        Fate::NotApplied => Outcome::NotApplied,
        // The connection was a new one: MULTI and SET were refused with LOADING.
        Fate::Done(Value::Error(text)) if text.starts_with(b"EXECABORT") || text.starts_with(b"ERR EXEC without") => {
            Outcome::NotApplied
        }
        Fate::Done(other) => panic!("EXEC answered {other:?}"),
        Fate::Unknown | Fate::Applied => Outcome::Unknown,
    };
    seen.complete(&seen.registers, ticket, outcome);
}

async fn bank_operation(client: &mut Client, seen: &Seen, rng: &mut Rng) {
    use bank::{Input, Output};
    let accounts: Vec<String> = (0..ACCOUNTS).map(|account| format!("account{account}")).collect();
    let (from, to) = (rng.below(ACCOUNTS), rng.below(ACCOUNTS));
    if from == to {
        let ticket = seen.invoke(&seen.bank, client.id, Input::Read);
        let mut args = vec!["MGET"];
        args.extend(accounts.iter().map(String::as_str));
        let outcome = match client.call(&args).await {
            Fate::Done(Value::Array(balances)) => {
                Outcome::Ok(Output::Balances(balances.iter().map(|value| value.int().expect("a balance")).collect()))
            }
            Fate::Done(other) => panic!("MGET answered {other:?}"),
            _ => Outcome::NotApplied,
        };
        return seen.complete(&seen.bank, ticket, outcome);
    }
    let amount = rng.between(1, 50);
    let text = amount.to_string();
    let ticket = seen.invoke(&seen.bank, client.id, Input::Transfer { from, to, amount });
    let commands =
        [vec!["MULTI"], vec!["DECRBY", &accounts[from], &text], vec!["INCRBY", &accounts[to], &text], vec!["EXEC"]];
    let outcome = match executed(&client.pipeline(&commands).await[3]) {
        Outcome::Ok(replies) => {
            let balance = |at: usize| replies[at].int().expect("a balance");
            Outcome::Ok(Output::Transferred(balance(0), balance(1)))
        }
        Outcome::NotApplied => Outcome::NotApplied,
        Outcome::Unknown => Outcome::Unknown,
    };
    seen.complete(&seen.bank, ticket, outcome);
}

/// Writes and reads of a key that no other client writes, in one pipeline: every reply is known beforehand.
async fn own_pipeline(client: &mut Client, seen: &Seen, own: &mut u64, value: i64) {
    let (name, counter, text) = (format!("own{}", client.id), format!("owned{}", client.id), value.to_string());
    let fates = client
        .pipeline(&[
            vec!["SET", &name, &text],
            vec!["GET", &name],
            vec!["INCR", &counter],
            vec!["ECHO", &text],
            vec!["GET", &counter],
            vec!["STRLEN", &name],
        ])
        .await;
    *own += 1;
    seen.count(&counter, &fates[2]);
    let number = |at: usize| match &fates[at] {
        Fate::Done(reply) => Some(reply.int()),
        _ => None,
    };
    if matches!(fates[0], Fate::Done(_)) {
        assert_eq!(fates[0], Fate::Done(Value::Simple(b"OK".to_vec())), "{fates:?}");
        assert!(number(1).is_none_or(|seen| seen == Some(value)), "SET {value}, then {fates:?}");
    }
    if let (Some(incremented), Some(read)) = (number(2), number(4)) {
        assert_eq!(incremented, read, "INCR, then GET: {fates:?}");
    }
    assert!(number(3).is_none_or(|echoed| echoed == Some(value)), "ECHO {value}: {fates:?}");
    if matches!(fates[0], Fate::Done(_)) {
        assert!(number(5).is_none_or(|len| len == Some(text.len() as i64)), "{fates:?}");
    }
}

/// The lease's deadline never moves, and what is left of it never grows on one connection.
async fn lease(client: &mut Client, seen: &Seen) {
    let mut left = None;
    for _ in 0..3 {
        let fates = client.pipeline(&[vec!["PEXPIRETIME", LEASE], vec!["PTTL", LEASE]]).await;
        if !client.is_connected() {
            return;
        }
        if let Fate::Done(deadline) = &fates[0] {
            let deadline = deadline.int().expect("PEXPIRETIME is a number");
            let known = *seen.deadline.lock().get_or_insert(deadline);
            assert_eq!(known, deadline, "the deadline moved");
        }
        if let Fate::Done(now) = &fates[1] {
            let now = now.int().expect("PTTL is a number");
            assert!(now > 0 && left.is_none_or(|left| now <= left), "PTTL {now} after {left:?}");
            left = Some(now);
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// After the faults: every node answers, and no counter lies.
pub async fn read_back(world: &World, seen: &Seen) {
    for node in 0..world.machines.len() {
        let mut client = Client::new(world, 2000 + node, node);
        let begin = turmoil::sim_elapsed().unwrap_or_default();
        loop {
            let key = format!("alive{node}");
            if let Fate::Done(_) = client.call(&["INCR", &key]).await
                && client.node() == node
            {
                break;
            }
            assert!(
                turmoil::sim_elapsed().unwrap_or_default() < begin + Duration::from_secs(30),
                "node {node} is stuck: nothing is written through it 30 s after the last fault"
            );
            client = Client::new(world, 2000 + node, node);
            sleep(Duration::from_millis(20)).await;
        }
        let counters = seen.counters.lock().clone();
        for (counter, (certain, perhaps, mut values)) in counters {
            let value = match client.call(&["GET", &counter]).await {
                Fate::Done(value) => value.int().unwrap_or(0) as u64,
                other => panic!("GET {counter} at node {node}: {other:?}"),
            };
            assert!(
                (certain..=certain + perhaps).contains(&value),
                "{counter} is {value}: {certain} increments were acknowledged and {perhaps} are unknown"
            );
            let count = values.len();
            values.sort_unstable();
            values.dedup();
            assert_eq!(values.len(), count, "{counter}: one value was answered twice");
        }
    }
}

/// Whether one copy explains all answers. Returns how operations ended.
pub fn judge(seen: &Seen) -> Outcomes {
    let (registers, brief) = (seen.registers.0.lock(), seen.brief.0.lock());
    for (name, history, refused) in [("registers", &registers, &seen.refused), ("brief", &brief, &seen.brief_refused)] {
        edn::leave(name, history);
        if let Err(why) = check_keys(history) {
            panic!("the {name} are not linearizable: {why}");
        }
        check_refusals(history, &refused.lock()).unwrap_or_else(|why| panic!("{name}: {why}"));
    }
    for (key, tokens) in &*seen.tokens.lock() {
        check_tokens(&format!("brief{key}"), tokens).unwrap_or_else(|why| panic!("{why}"));
    }
    scripts::judge(&seen.locks);
    let bank = seen.bank.0.lock();
    edn::leave("bank", &bank);
    let wrong = wrong_sums(&bank, TOTAL);
    assert!(wrong.is_empty(), "half of a transfer was seen: {wrong:?}");
    if bank.len() <= BANK_CHECKED_MAX
        && let Err(why) = check::<Bank>(vec![TOTAL / ACCOUNTS as i64; ACCOUNTS], &bank)
    {
        panic!("the bank is not linearizable: {why}");
    }
    *seen.outcomes.lock()
}
