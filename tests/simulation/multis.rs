//! Clients of LOCK.MULTI under faults, on the names of [`crate::lockers`] and on their own: some hold locks while they ask for more.
//!
//! Invariants: those of [`crate::support::several`], and those of [`crate::lockers`] of each hold that a reply has told of.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::sleep;

use crate::blocking::UNBLOCKED;
use crate::client::{Client, Fate};
use crate::cluster::{World, now_ms};
use crate::lockers;
use crate::support::holds::{Hold, validity_ms};
use crate::support::linear::history::Outcome;
use crate::support::rng::Rng;
use crate::support::several::{Asked, Event, Got, check};
use crate::support::value::Value;
use crate::support::{holds, several};
use crate::workload::executed;

/// All are held by one at a time here.
const NAMES: [&str; 6] = ["first", "second", "mixed", "third", "fourth", "fifth"];
/// What is kept to the end: three neighbours at a time.
const KEPT: usize = 12;
const KEPT_MS: u64 = 3_600_000;
/// Longest wait, ms: the client's patience has to be longer.
const WAIT_MAX_MS: i64 = 1000;
/// Most events that LOCK.HISTORY gives.
const HISTORY_MAX: usize = 10_000;

/// What was seen of several locks at once.
#[derive(Default)]
pub struct Seen {
    /// Every LOCK.MULTI.
    pub asked: Mutex<Vec<Asked>>,
    /// Owners that ended some of what they held.
    apart: Mutex<BTreeSet<String>>,
    /// With those of single locks.
    locks: Rc<lockers::Seen>,
}

/// How often there was what.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "some are only shown")]
pub struct Counts {
    pub granted: usize,
    pub timed_out: usize,
    pub circles: usize,
    pub unknown: usize,
    /// Grants that are held at the end.
    pub kept: usize,
}

/// One owner's life with its client.
pub struct Owner<'a> {
    client: &'a mut Client,
    seen: &'a Seen,
    rng: &'a mut Rng,
    name: String,
    ttl_ms: u64,
    held: Vec<Hold>,
    /// All that it has asked for was answered.
    is_certain: bool,
    /// Some of its connections are cut.
    is_cut: bool,
}

impl Seen {
    /// Of multis beside holders of single locks.
    pub fn new(locks: Rc<lockers::Seen>) -> Self {
        Self { locks, ..Self::default() }
    }
}

/// An owner's life.
pub async fn one(client: &mut Client, seen: &Seen, rng: &mut Rng, owner: &str) {
    let ttl_ms = rng.between(100, 1000) as u64;
    Owner::new(client, seen, rng, owner.to_owned(), ttl_ms).live().await;
}

/// Asks for locks that nobody releases, until `until_ms`.
pub async fn keep(world: World, seen: Rc<Seen>, id: usize, mut rng: Rng, until_ms: u64) {
    let mut client = Client::new(&world, id, id);
    for number in 0.. {
        sleep(Duration::from_millis(rng.between(200, 1500) as u64)).await;
        if now_ms() >= until_ms {
            return;
        }
        let first = rng.below(KEPT);
        let names: Vec<String> = (0..3).map(|by| format!("kept{}", (first + by) % KEPT)).collect();
        let wait_ms = rng.percent(50).then(|| rng.between(1, 400) as u64);
        let mut owner = Owner::new(&mut client, &seen, &mut rng, format!("{id}.{number}"), KEPT_MS);
        owner.ask(&names, wait_ms).await;
        owner.done();
    }
}

impl<'a> Owner<'a> {
    /// An owner that holds nothing yet; for so long each time.
    pub fn new(client: &'a mut Client, seen: &'a Seen, rng: &'a mut Rng, name: String, ttl_ms: u64) -> Self {
        Self { client, seen, rng, name, ttl_ms, held: Vec::new(), is_certain: true, is_cut: true }
    }

    /// The same; its connection is never cut.
    pub fn uncut(self) -> Self {
        Self { is_cut: false, ..self }
    }

    async fn live(&mut self) {
        let mut names = NAMES.map(str::to_owned).to_vec();
        self.rng.shuffle(&mut names);
        let count = 2 + self.rng.below(2);
        if self.rng.percent(50) {
            let first = 1 + self.rng.below(2);
            if self.acquire(&names[..first]).await {
                self.pause(150).await;
                // Others alone, or those that it has too.
                let from = if self.rng.percent(70) { first } else { 0 };
                let upto = first + 1 + self.rng.below(2);
                self.acquire(&names[from..upto]).await;
            }
        } else {
            self.acquire(&names[..count]).await;
        }
        if !self.held.is_empty() {
            for _ in 0..self.rng.below(4) {
                self.pause(self.ttl_ms as i64 / 2).await;
                self.use_them().await;
            }
            if self.rng.percent(75) {
                self.release().await;
            }
        }
        self.done();
    }

    /// Does nothing for so long at most, ms.
    pub async fn pause(&mut self, longest_ms: i64) {
        sleep(Duration::from_millis(self.rng.between(0, longest_ms) as u64)).await;
    }

    /// It believes in nothing any more.
    pub fn done(&mut self) {
        self.seen.locks.holds.lock().append(&mut self.held);
    }

    /// Asks until it is told what came of it, or has lost patience. True if it has them.
    async fn acquire(&mut self, names: &[String]) -> bool {
        let wait_ms = self.rng.percent(75).then(|| self.rng.between(1, WAIT_MAX_MS) as u64);
        for _ in 0..4 {
            match self.ask(names, wait_ms).await {
                None => {}
                Some(Got::Tokens(_)) => return true,
                Some(_) => {
                    self.holds_no_other(names).await;
                    return false;
                }
            }
        }
        false
    }

    /// One LOCK.MULTI. None: nobody knows what came of it.
    pub async fn ask(&mut self, names: &[String], wait_ms: Option<u64>) -> Option<Got> {
        let (count, ttl, wait) = (names.len().to_string(), self.ttl_ms.to_string(), wait_ms.unwrap_or(0).to_string());
        let mut args = vec!["LOCK.MULTI", &count];
        args.extend(names.iter().map(String::as_str));
        args.extend([self.name.as_str(), "PX", &ttl]);
        if wait_ms.is_some() {
            args.extend(["WAIT", &wait]);
        }
        // When it goes out: a connection may have to be opened first.
        self.client.connect().await;
        let sent = now_ms();
        let fate = if self.is_cut && self.rng.percent(15) {
            let after = Duration::from_millis(self.rng.between(0, 300) as u64);
            self.client.call_or_cut(&args, after, self.rng.below(self.client.world().machines.len())).await
        } else {
            self.client.call(&args).await
        };
        // It has waited, was not granted, and waits no more.
        let mut is_unblocked = false;
        let got = match fate {
            Fate::Done(Value::Array(tokens)) => {
                Got::Tokens(tokens.iter().map(|token| token.int().expect("a token")).collect())
            }
            Fate::Done(Value::NullArray) => Got::Nothing,
            Fate::Done(Value::Error(text)) if text.starts_with(b"DEADLOCK ") => {
                Got::Circle(String::from_utf8(text).expect("names are text"))
            }
            Fate::NotApplied => return None,
            Fate::Done(Value::Error(text)) if text == UNBLOCKED => {
                is_unblocked = true;
                Got::Unknown
            }
            Fate::Done(other) => panic!("LOCK.MULTI: {other:?}"),
            Fate::Unknown | Fate::Applied => Got::Unknown,
        };
        self.is_certain &= got != Got::Unknown || is_unblocked;
        let ended = now_ms();
        let (owner, names, is_certain) = (self.name.clone(), names.to_vec(), self.is_certain);
        if let Got::Tokens(tokens) = &got {
            names.iter().zip(tokens).for_each(|(name, token)| self.learn(name, *token, (sent, ended)));
        }
        self.seen.asked.lock().push(Asked { owner, names, wait_ms, sent, ended, got: got.clone(), is_certain });
        (got != Got::Unknown).then_some(got)
    }

    fn learn(&mut self, name: &str, token: i64, (sent, ended): (u64, u64)) {
        let until = sent + validity_ms(self.ttl_ms);
        if let Some(hold) = self.held.iter_mut().find(|hold| hold.name == name) {
            if hold.token == token {
                hold.until = hold.until.max(until);
                return;
            }
            assert!(ended > hold.until, "{hold:?} was lost before {ended}: its owner has {token}");
            self.seen.locks.holds.lock().push(hold.clone());
        }
        self.held.retain(|hold| hold.name != name);
        let earlier = self.seen.asked.lock();
        let earlier =
            earlier.iter().filter(|asked| asked.owner == self.name && asked.names.iter().any(|of| of == name));
        // That may be the request that made the hold, if no reply told of an earlier one.
        let told = self.seen.locks.holds.lock().iter().any(|hold| hold.owner == self.name && hold.name == name);
        let asked = if told { sent } else { earlier.map(|asked| asked.sent).min().unwrap_or(sent) };
        let (name, owner) = (name.to_owned(), self.name.clone());
        self.held.push(Hold { name, owner, token, limit: Some(1), asked, from: ended, until });
    }

    /// After a refusal.
    async fn holds_no_other(&mut self, names: &[String]) {
        for name in names.iter().filter(|name| !self.held.iter().any(|hold| hold.name == **name)) {
            let fate = self.client.call(&["LOCK.EXTEND", name, &self.name, "PX", "1"]).await;
            if self.is_certain
                && let Fate::Done(held) = fate
            {
                assert_eq!(held, Value::NullArray, "{} was refused {names:?}, and holds {name}", self.name);
            }
        }
    }

    /// Something that only the holder of all may do.
    async fn use_them(&mut self) {
        let one = self.rng.below(self.held.len());
        let Hold { name, token, .. } = self.held[one].clone();
        let told = match self.rng.below(3) {
            0 => match self.client.call(&["LOCK.CHECK", &name, &token.to_string()]).await {
                Fate::Done(held) => held == Value::Int(1),
                _ => return,
            },
            1 => match self.client.call(&["LOCK.GUARD", &name, &token.to_string(), "INCR", "guarded"]).await {
                Fate::Done(Value::Int(_)) => true,
                Fate::Done(Value::Error(text)) if text.starts_with(b"FENCED") => false,
                Fate::Done(other) => panic!("LOCK.GUARD: {other:?}"),
                _ => return,
            },
            _ => {
                let (names, until): (Vec<String>, Vec<u64>) =
                    self.held.iter().map(|hold| (hold.name.clone(), hold.until)).unzip();
                match self.ask(&names, None).await {
                    Some(Got::Tokens(_)) => {}
                    Some(other) => {
                        let first = until.into_iter().min().unwrap_or(0);
                        assert!(now_ms() > first, "{} was told {other:?} of {names:?} before {first}", self.name);
                    }
                    None => {}
                }
                return;
            }
        };
        let hold = &self.held[one];
        assert!(told || now_ms() > hold.until, "{hold:?} was lost before {}", now_ms());
        *self.seen.locks.confirmed.lock() += usize::from(told);
    }

    /// Releases all, together or one after the other. True if that was answered.
    pub async fn release(&mut self) -> bool {
        let now = now_ms();
        let believed: Vec<u64> = self.held.iter().map(|hold| hold.until).collect();
        self.held.iter_mut().for_each(|hold| hold.until = hold.until.min(now));
        let is_apart = self.rng.percent(30);
        if is_apart {
            self.seen.apart.lock().insert(self.name.clone());
        }
        let tokens: Vec<String> = self.held.iter().map(|hold| hold.token.to_string()).collect();
        let releases: Vec<Vec<&str>> = self
            .held
            .iter()
            .zip(&tokens)
            .map(|(hold, token)| vec!["LOCK.RELEASE", hold.name.as_str(), self.name.as_str(), token.as_str()])
            .collect();
        for attempt in 0..5 {
            let replies = if is_apart {
                let mut replies = Vec::new();
                for release in &releases {
                    match self.client.call(release).await {
                        Fate::Done(reply) => replies.push(reply),
                        _ => break,
                    }
                }
                (replies.len() == releases.len()).then_some(replies)
            } else {
                let mut commands = vec![vec!["MULTI"]];
                commands.extend(releases.clone());
                commands.push(vec!["EXEC"]);
                match executed(self.client.pipeline(&commands).await.last().expect("a reply")) {
                    Outcome::Ok(replies) => Some(replies),
                    _ => None,
                }
            };
            let Some(replies) = replies else { continue };
            let is_lost = |(reply, until): (&Value, &u64)| *reply != Value::Int(1) && now_ms() <= *until;
            let lost = replies.iter().zip(&believed).any(is_lost);
            assert!(attempt > 0 || !lost, "{:?} were lost before their release: {replies:?}", self.held);
            for hold in &self.held {
                let check = ["LOCK.CHECK", &hold.name, &hold.token.to_string()];
                if let Fate::Done(held) = self.client.call(&check).await {
                    assert_eq!(held, Value::Int(0), "{hold:?} was released");
                }
            }
            return true;
        }
        false
    }
}

/// The events of a name, the oldest first.
async fn history(client: &mut Client, name: &str) -> Vec<Event> {
    let Fate::Done(Value::Array(told)) = client.call(&["LOCK.HISTORY", name, "COUNT", &HISTORY_MAX.to_string()]).await
    else {
        panic!("no history of {name}")
    };
    assert!(told.len() < HISTORY_MAX, "the history of {name} is longer than what is shown");
    let event = |record: &Value| {
        let field = |name: &str| {
            let pairs = record.pairs().expect("a map");
            pairs.into_iter().find(|(key, _)| key.text().as_deref() == Some(name)).expect("a field").1
        };
        Event {
            event: field("event").text().expect("an event"),
            owner: field("owner").text().expect("an owner"),
            token: field("token").int().expect("a token"),
            time_ms: field("time_ms").int().expect("a time") as u64,
        }
    };
    told.iter().rev().map(event).collect()
}

/// Who holds a name, with which tokens, by LOCK.INFO.
pub fn holders(info: &Value) -> Vec<(String, i64)> {
    if info.is_null() {
        return Vec::new();
    }
    let field = |of: &Value, name: &str| {
        let pairs = of.pairs().expect("a map");
        pairs.into_iter().find(|(key, _)| key.text().as_deref() == Some(name)).expect("a field").1
    };
    let holders = field(info, "holders");
    let holders = holders.items().expect("holders").iter();
    holders
        .map(|hold| (field(hold, "owner").text().expect("text"), field(hold, "token").int().expect("a token")))
        .collect()
}

/// Looks at the state at the end and at all that was seen.
pub async fn judge(world: &World, seen: &Seen, late_ms: u64) -> Counts {
    let mut names = NAMES.map(str::to_owned).to_vec();
    names.extend((0..KEPT).map(|number| format!("kept{number}")));
    judge_names(world, seen, &names, late_ms).await
}

/// The same of these names.
pub async fn judge_names(world: &World, seen: &Seen, names: &[String], late_ms: u64) -> Counts {
    let mut client = Client::new(world, 970, 0);
    let mut commands = vec![vec!["MULTI"]];
    commands.extend(names.iter().map(|name| vec!["LOCK.INFO", name]));
    commands.push(vec!["EXEC"]);
    // One that has begun anew may not know yet what is committed.
    let infos = loop {
        if let Outcome::Ok(infos) = executed(client.pipeline(&commands).await.last().expect("a reply")) {
            break infos;
        }
        sleep(Duration::from_millis(20)).await;
    };
    let mut all = several::Seen {
        asked: seen.asked.lock().clone(),
        singles: seen.locks.singles.lock().clone(),
        apart: seen.apart.lock().clone(),
        holds: seen.locks.holds.lock().clone(),
        held: names.iter().cloned().zip(infos.iter().map(holders)).collect(),
        late_ms,
        ..several::Seen::default()
    };
    for name in names {
        all.history.insert(name.clone(), history(&mut client, name).await);
    }
    let contradiction = check(&all).and_then(|()| holds::check(&all.holds)).err();
    assert!(contradiction.is_none(), "{}", contradiction.unwrap_or_default());
    let count = |such: fn(&Got) -> bool| all.asked.iter().filter(|asked| such(&asked.got)).count();
    Counts {
        granted: count(|got| matches!(got, Got::Tokens(_))),
        timed_out: count(|got| *got == Got::Nothing),
        circles: count(|got| matches!(got, Got::Circle(_))),
        unknown: count(|got| *got == Got::Unknown),
        kept: all.held.values().map(Vec::len).sum(),
    }
}
