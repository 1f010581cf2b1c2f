//! Locks from entry to entry: by hand, and at random beside a model that knows nothing of keys, indexes or signals.

use super::waiters::{Log, released};
use super::*;
use crate::store::{Kind, Lock};
use std::collections::BTreeMap;

#[test]
fn a_lock_goes_to_the_first_in_its_queue_and_its_time_begins_then() {
    let mut log = Log::new();
    log.batch(2, &[(5, "LOCK.ACQUIRE l a PX 1000")]);
    log.batch(3, &[(6, "LOCK.ACQUIRE l b PX 1000 WAIT 5000"), (7, "LOCK.ACQUIRE l c PX 1000 WAIT 0")]);
    log.now_ms = 1300;
    let refused = log.batch(2, &[(8, "LOCK.ACQUIRE l d PX 1000")]);
    assert_eq!(format!("{:?}", refused.answers[0].1[0]), format!("{:?}", StepReply::Reply(Reply::NilArray)));
    let outcome = log.batch(2, &[(5, "LOCK.RELEASE l a")]);
    let token = log.origin.revision();
    let granted = Reply::Array(vec![Reply::Int(token as i64), Reply::Int(1300 - 2 - 1)]);
    assert_eq!(released(&outcome), [(6, format!("{granted:?}"))], "the time that it waited counts for the client");
    assert_eq!(log.origin.db(0).get(b"l").unwrap().deadline_ms(), Some(2300));
}

#[test]
fn a_wait_whose_turn_came_in_time_is_granted_even_if_the_entry_comes_late() {
    let mut log = Log::new();
    log.batch(2, &[(5, "LOCK.ACQUIRE l a PX 100")]);
    log.batch(2, &[(6, "LOCK.ACQUIRE l b PX 50 WAIT 100"), (7, "LOCK.ACQUIRE l c PX 1000 WAIT 100")]);
    log.now_ms = 9000;
    let outcome = log.content(&Content::Tick);
    let ended: Vec<(u64, bool)> = released(&outcome).iter().map(|(id, text)| (*id, text != "NilArray")).collect();
    assert_eq!(ended, [(6, true), (7, false)], "the end of the hold comes before the end of the waits of that ms");
    assert_eq!(log.origin.first_awaited_ms(), None, "nobody waits");
    log.batch(2, &[(7, "LOCK.ACQUIRE l c PX 1000 WAIT 500")]);
    assert_eq!(log.origin.first_awaited_ms(), Some(9050), "the leader ticks when the hold ends");
}

#[test]
fn a_cancel_ends_the_hold_that_it_came_too_late_for_and_no_other() {
    let mut log = Log::new();
    log.batch(2, &[(5, "LOCK.ACQUIRE l a PX 1000"), (6, "LOCK.ACQUIRE l b PX 1000 WAIT 0")]);
    log.batch(2, &[(7, "LOCK.ACQUIRE l c PX 1000 WAIT 0")]);
    log.batch(2, &[(5, "LOCK.RELEASE l a")]);
    let outcome = log.batch(2, &[(6, "wait._cancel")]);
    assert_eq!(released(&outcome).iter().map(|(id, _)| *id).collect::<Vec<_>>(), [7]);
    log.batch(2, &[(7, "wait._cancel")]);
    assert!(log.origin.db(0).get(b"l").is_none());
}

/// A request that was sent again over another connection: whichever is carried out first, the owner may have been told of the hold.
#[test]
fn a_hold_that_two_requests_were_told_of_ends_with_neither() {
    for second in ["LOCK.ACQUIRE l a PX 1000", "LOCK.ACQUIRE l a PX 1000 WAIT 5", "LOCK.EXTEND l a PX 1000"] {
        for cancelled in [[(2, 5), (3, 9)], [(3, 9), (2, 5)]] {
            let mut log = Log::new();
            log.batch(2, &[(5, "LOCK.ACQUIRE l a PX 1000")]);
            log.batch(3, &[(9, second)]);
            for (boot, connection) in cancelled {
                log.batch(boot, &[(connection, "wait._cancel")]);
                assert!(log.origin.db(0).get(b"l").is_some(), "{second}, and then the end of {connection}");
            }
        }
    }
}

#[test]
fn the_end_of_a_boot_makes_way_for_those_behind_it() {
    let mut log = Log::new();
    log.batch(3, &[(5, "LOCK.ACQUIRE l a PX 100000 SHARED"), (6, "LOCK.ACQUIRE l b PX 1000 WAIT 0")]);
    log.batch(2, &[(7, "LOCK.ACQUIRE l c PX 1000 WAIT 0 SHARED")]);
    let outcome = log.content(&Content::Absent { boot: 3 });
    assert_eq!(released(&outcome).len(), 1);
    let names = |log: &Log| lock(log, "l").iter().map(|hold| hold.0.clone()).collect::<Vec<_>>();
    assert_eq!(names(&log), ["a", "c"], "holds of an absent node stay: their holders may be alive");
}

#[test]
fn scripts_and_transactions_do_not_wait() {
    let mut log = Log::new();
    let reply = |outcome: EntryOutcome| format!("{:?}", outcome.answers[0].1[0]);
    log.batch(2, &[(5, "LOCK.ACQUIRE l a PX 1000")]);
    let script = "EVAL return{redis.pcall('lock.acquire','l','b','PX','9','WAIT','1'),redis.call('lock.acquire','m','b','PX','99')} 0";
    let text = reply(log.batch(2, &[(0, script)]));
    assert!(text.contains("This Redis command is not allowed from script"), "{text}");
    assert!(log.origin.db(0).get(b"m").is_some() && log.origin.waiters().is_empty());
}

/// What an entry tells the subscribers of locks, each with the place of the command.
fn told(outcome: &EntryOutcome) -> Vec<(u64, String)> {
    let text = |(position, what): &(u64, crate::store::PubSub)| match what {
        crate::store::PubSub::Published(crate::store::SubscriptionKind::Channel, channel, message) => {
            (*position, format!("{} {}", String::from_utf8_lossy(channel), String::from_utf8_lossy(message)))
        }
        other => panic!("{other:?}"),
    };
    outcome.effects.pubsub.iter().map(text).collect()
}

#[test]
fn what_happens_to_locks_is_published_in_the_order_of_the_log() {
    let mut log = Log::new();
    let got = log.batch(
        2,
        &[(5, "LOCK.ACQUIRE l a PX 50"), (6, "LOCK.ACQUIRE m a PX 20"), (7, "LOCK.ACQUIRE l b PX 10 WAIT 0")],
    );
    let first = log.origin.revision();
    let acquired = |name: &str, token: u64, owner: &str| format!("__lock__:{name} acquired {token} {owner}");
    assert_eq!(told(&got), [(1, acquired("l", first - 2, "a")), (2, acquired("m", first - 1, "a"))]);
    log.now_ms += 100;
    let swept = log.content(&Content::Tick);
    let b = log.origin.revision();
    let expected = [
        format!("__lock__:m expired {} a", first - 1),
        format!("__lock__:l expired {} a", first - 2),
        acquired("l", b, "b"),
    ];
    assert_eq!(told(&swept), expected.map(|text| (0, text)));
    let gone = log.batch(2, &[(0, "SET x y"), (7, "wait._cancel"), (0, "LOCK.EXTEND l b PX 10")]);
    assert_eq!(told(&gone), [(2, format!("__lock__:l lost {b} b"))], "its client was not told of it");
}

type Seen = (String, u64, u64);

fn lock(log: &Log, name: &str) -> Vec<Seen> {
    let entry = log.origin.db(0).get(name.as_bytes());
    let lock = entry.and_then(|entry| Lock::of(entry.value()));
    let seen =
        |hold: &crate::store::Hold| (String::from_utf8(hold.owner.to_vec()).unwrap(), hold.token, hold.deadline_ms);
    lock.into_iter().flat_map(Lock::holds).map(seen).collect()
}

/// How an owner holds: 0 shared, else the limit.
type Mode = u64;

#[derive(Clone, Debug)]
struct Held {
    owner: String,
    token: u64,
    deadline_ms: u64,
    /// Connection and its request, if no other was told of the hold.
    by: Option<(u64, u64)>,
}

#[derive(Clone, Debug)]
struct Asked {
    connection: u64,
    request: u64,
    name: String,
    owner: String,
    mode: Mode,
    ttl_ms: u64,
    since_ms: u64,
    deadline_ms: u64,
}

#[derive(Debug, PartialEq)]
enum Got {
    /// The validity, and whether the token is a new one, else which.
    Hold {
        validity_ms: u64,
        token: Option<u64>,
        name: String,
        owner: String,
    },
    Nil,
    Int(i64),
    Ok,
    Error(&'static str),
    Waits,
}

/// The contract, written down once more: names with holds or a string, and one queue of all.
#[derive(Default)]
struct Model {
    now_ms: u64,
    holds: BTreeMap<String, (Mode, Vec<Held>)>,
    strings: Vec<String>,
    queue: Vec<Asked>,
    /// The highest token of each name.
    highest: BTreeMap<String, u64>,
}

impl Model {
    fn ask(&mut self, asked: &Asked, is_first: bool) -> Got {
        if self.strings.contains(&asked.name) {
            return Got::Error("WRONGTYPE");
        }
        let (mode, held) = self.holds.entry(asked.name.clone()).or_insert((asked.mode, Vec::new()));
        let deadline_ms = self.now_ms + asked.ttl_ms;
        let validity = |deadline_ms: u64| {
            let span = deadline_ms - asked.since_ms;
            span.saturating_sub(span.div_ceil(1000) + 1)
        };
        let by = (asked.connection, asked.request);
        let (name, owner) = (asked.name.clone(), asked.owner.clone());
        if let Some(hold) = held.iter_mut().find(|hold| hold.owner == asked.owner) {
            if *mode != asked.mode {
                return Got::Error("another mode");
            }
            hold.deadline_ms = hold.deadline_ms.max(deadline_ms);
            hold.by = hold.by.filter(|first| *first == by);
            return Got::Hold { validity_ms: validity(hold.deadline_ms), token: Some(hold.token), name, owner };
        }
        if !held.is_empty() && *mode != asked.mode && (*mode > 1 || asked.mode > 1) {
            return Got::Error("another LIMIT");
        }
        let has_room = held.is_empty() || *mode == asked.mode && (*mode == 0 || (held.len() as u64) < *mode);
        if !is_first || !has_room {
            return Got::Waits;
        }
        *mode = asked.mode;
        held.push(Held { owner: owner.clone(), token: 0, deadline_ms, by: Some(by) });
        Got::Hold { validity_ms: validity(deadline_ms), token: None, name, owner }
    }

    /// Gives whoever is first what there is, until nobody gets anything.
    fn serve(&mut self, ended: &mut Vec<(u64, Got)>) {
        loop {
            let mut seen = Vec::new();
            let mut next = None;
            for (at, asked) in self.queue.clone().into_iter().enumerate() {
                if seen.contains(&asked.name) || self.strings.contains(&asked.name) {
                    continue;
                }
                match self.ask(&asked, true) {
                    Got::Waits => seen.push(asked.name),
                    got => {
                        next = Some((at, got));
                        break;
                    }
                }
            }
            let Some((at, got)) = next else { break };
            ended.push((self.queue.remove(at).connection, got));
        }
        self.holds.retain(|_, (_, held)| !held.is_empty());
    }

    fn advance(&mut self, now_ms: u64, ended: &mut Vec<(u64, Got)>) {
        self.now_ms = now_ms;
        loop {
            let holds = self.holds.values().flat_map(|(_, held)| held).map(|hold| hold.deadline_ms).min();
            let waits = self.queue.iter().map(|asked| asked.deadline_ms).filter(|at| *at != 0).min();
            let Some(due) = [holds, waits].into_iter().flatten().min().filter(|at| *at < now_ms) else { return };
            if holds == Some(due) {
                self.holds.values_mut().for_each(|(_, held)| held.retain(|hold| hold.deadline_ms != due));
            } else {
                let at = self.queue.iter().position(|asked| asked.deadline_ms == due).unwrap();
                ended.push((self.queue.remove(at).connection, Got::Nil));
            }
            self.serve(ended);
        }
    }

    fn end(&mut self, name: &str, which: impl Fn(&Held) -> bool) -> Got {
        if self.strings.iter().any(|string| string == name) {
            return Got::Error("WRONGTYPE");
        }
        let Some((_, held)) = self.holds.get_mut(name) else { return Got::Int(0) };
        let before = held.len();
        held.retain(|hold| !which(hold));
        Got::Int((before - held.len()) as i64)
    }
}

/// A run of `steps` random commands.
struct Play {
    log: Log,
    model: Model,
    rng: Rng,
    requests: BTreeMap<u64, u64>,
}

impl Play {
    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.rng.below(of.len() as u64) as usize]
    }

    fn step(&mut self) {
        let connection = 1 + self.rng.below(8);
        let boot = 2 + connection % 2;
        let mut ended = Vec::new();
        if self.rng.below(3) == 0 {
            self.log.now_ms += self.rng.below(40);
        }
        self.model.advance(self.log.now_ms, &mut ended);
        let before = ended.len();
        let (line, got) = self.command(connection);
        if !matches!(got, Got::Waits) {
            self.model.serve(&mut ended);
        }
        let outcome = self.log.batch(boot, &[(connection, &line)]);
        assert_eq!(got == Got::Waits, !outcome.waiting.is_empty(), "{line}: {got:?}");
        let mut replies: BTreeMap<u64, Reply> = BTreeMap::new();
        for (id, reply) in &outcome.effects.released {
            assert!(replies.insert(id.connection, reply.clone()).is_none() || line.contains("_cancel"), "{line}");
        }
        for (at, (waiter, ended)) in ended.iter().enumerate() {
            if at == before {
                self.compare_own(&line, &got, &outcome);
            }
            let got = ended;
            let reply = replies.get(waiter).unwrap_or_else(|| panic!("{line}: {waiter} is not answered {got:?}"));
            self.compare(&line, got, reply);
        }
        if before == ended.len() {
            self.compare_own(&line, &got, &outcome);
        }
        let ended: std::collections::BTreeSet<u64> = ended.iter().map(|(waiter, _)| *waiter).collect();
        let extra = replies.keys().filter(|waiter| !ended.contains(waiter)).count();
        assert!(extra == 0 || line.contains("_cancel"), "{line}: {replies:?}");
        self.same(&line);
    }

    fn compare_own(&mut self, line: &str, got: &Got, outcome: &EntryOutcome) {
        if let Some((_, answers)) = outcome.answers.first() {
            let StepReply::Reply(reply) = &answers[0] else { panic!("{answers:?}") };
            self.compare(line, got, reply);
        }
    }

    fn compare(&mut self, line: &str, got: &Got, reply: &Reply) {
        match (got, reply) {
            (Got::Hold { validity_ms, token, name, owner }, Reply::Array(items)) => {
                let [Reply::Int(told), Reply::Int(validity)] = items[..] else { panic!("{line}: {items:?}") };
                let told = told as u64;
                assert_eq!(*validity_ms, validity as u64, "{line}");
                match token {
                    Some(0) | None => assert!(told > 0, "{line}"),
                    Some(token) => assert_eq!(told, *token, "{line}"),
                }
                let held = self.model.holds.get_mut(name).map(|(_, held)| held);
                if let Some(hold) = held.into_iter().flatten().find(|hold| hold.owner == *owner && hold.token == 0) {
                    let before = self.model.highest.insert(name.clone(), told);
                    assert!(before < Some(told), "{line}: tokens rise");
                    hold.token = told;
                }
            }
            (Got::Nil, Reply::NilArray | Reply::Nil) | (Got::Ok, Reply::Ok) => {}
            (Got::Int(count), Reply::Int(told)) if count == told => {}
            (Got::Error(part), Reply::Error(error)) if error.to_string().contains(part) => {}
            _ => panic!("{line}: {got:?} expected, {reply:?} found"),
        }
    }

    fn same(&self, line: &str) {
        for name in NAMES {
            let model = self.model.holds.get(name).map(|(_, held)| held.clone()).unwrap_or_default();
            let mut model: Vec<Seen> =
                model.into_iter().map(|hold| (hold.owner, hold.token, hold.deadline_ms)).collect();
            model.sort_by_key(|hold| hold.1);
            assert_eq!(lock(&self.log, name), model, "{line}: {name}");
            let queue = self.log.origin.waiters().of_key(0, name.as_bytes().into());
            let queue: Vec<u64> = queue.map(|(id, _)| id.connection).collect();
            let waiting = self.model.queue.iter().filter(|asked| asked.name == name);
            assert_eq!(queue, waiting.map(|asked| asked.connection).collect::<Vec<_>>(), "{line}: {name}");
        }
    }

    /// A command, and what the model says to it.
    fn command(&mut self, connection: u64) -> (String, Got) {
        let name = self.pick(&NAMES).to_owned();
        let owner = self.pick(&["a", "b", "c", "d"]).to_owned();
        let held = self.model.holds.get(&name).and_then(|(_, held)| held.first().cloned());
        // One that this very entry grants has a token that nobody knows yet.
        let token = held.as_ref().map(|hold| hold.token).filter(|token| *token > 0).unwrap_or(999_999_999);
        let owner = match held {
            Some(hold) if self.rng.below(2) == 0 => hold.owner,
            _ => owner,
        };
        if self.model.queue.iter().any(|asked| asked.connection == connection) {
            // It waits; all that may happen to it is that it goes.
            return self.cancel(connection);
        }
        match self.rng.below(20) {
            0..10 => self.acquire(connection, name, owner),
            10..14 => {
                let is_token = self.rng.below(2) == 0;
                let line = format!(
                    "LOCK.RELEASE {name} {owner}{}",
                    if is_token { format!(" {token}") } else { String::new() }
                );
                (line, self.model.end(&name, |hold| hold.owner == owner && (!is_token || hold.token == token)))
            }
            14 => {
                let ttl_ms = 1 + self.rng.below(60);
                let line = format!("LOCK.EXTEND {name} {owner} PX {ttl_ms}");
                if self.model.strings.contains(&name) {
                    return (line, Got::Error("WRONGTYPE"));
                }
                let now_ms = self.model.now_ms;
                let held = self.model.holds.get_mut(&name).into_iter().flat_map(|(_, held)| held);
                let Some(hold) = held.into_iter().find(|hold| hold.owner == owner) else { return (line, Got::Nil) };
                hold.deadline_ms = hold.deadline_ms.max(now_ms + ttl_ms);
                hold.by = None;
                let span = hold.deadline_ms - now_ms;
                let validity_ms = span.saturating_sub(span.div_ceil(1000) + 1);
                (line, Got::Hold { validity_ms, token: Some(hold.token), name, owner })
            }
            15 => (format!("LOCK.BREAK {name}"), self.model.end(&name, |_| true)),
            16 => {
                let was = self.model.strings.contains(&name) || self.model.holds.contains_key(&name);
                self.model.strings.retain(|string| *string != name);
                self.model.holds.remove(&name);
                (format!("DEL {name}"), Got::Int(i64::from(was)))
            }
            17 => {
                let got = if self.model.holds.contains_key(&name) {
                    Got::Error("WRONGTYPE")
                } else {
                    self.model.strings.push(name.clone());
                    Got::Ok
                };
                (format!("SET {name} x"), got)
            }
            18 => {
                let token = token - self.rng.below(2);
                let held = self.model.holds.get(&name).into_iter().flat_map(|(_, held)| held);
                let is_held = held.into_iter().any(|hold| hold.token == token);
                let got = match is_held {
                    _ if self.model.strings.contains(&name) => Got::Error("WRONGTYPE"),
                    true => Got::Ok,
                    false => Got::Error("FENCED"),
                };
                (format!("LOCK.GUARD {name} {token} SET data x"), got)
            }
            _ if self.rng.below(8) == 0 => {
                self.model.holds.clear();
                self.model.strings.clear();
                ("FLUSHALL".to_owned(), Got::Ok)
            }
            _ => self.cancel(connection),
        }
    }

    fn cancel(&mut self, connection: u64) -> (String, Got) {
        let request = self.requests.get(&connection).copied().unwrap_or(0);
        let before = self.model.queue.len();
        self.model.queue.retain(|asked| asked.connection != connection);
        let ended = before - self.model.queue.len();
        let names: Vec<String> = self.model.holds.keys().cloned().collect();
        for name in names {
            self.model.end(&name, |hold| hold.by == Some((connection, request)));
        }
        ("wait._cancel".to_owned(), Got::Int(ended as i64))
    }

    fn acquire(&mut self, connection: u64, name: String, owner: String) -> (String, Got) {
        let ttl_ms = 1 + self.rng.below(60);
        let (word, mode) = [("", 1), ("", 1), (" SHARED", 0), (" SHARED", 0), (" LIMIT 2", 2), (" LIMIT 3", 3)]
            [self.rng.below(6) as usize];
        let wait_ms = [None, Some(0), Some(1 + self.rng.below(80))][self.rng.below(3) as usize];
        let wait = wait_ms.map_or(String::new(), |ms| format!(" WAIT {ms}"));
        let line = format!("LOCK.ACQUIRE {name} {owner} PX {ttl_ms}{wait}{word}");
        let request = self.requests.entry(connection).or_default();
        *request += 1;
        let since_ms = self.model.now_ms;
        let deadline_ms = wait_ms.filter(|ms| *ms > 0).map_or(0, |ms| since_ms + ms);
        let is_first = !self.model.queue.iter().any(|asked| asked.name == name);
        let asked = Asked { connection, request: *request, name, owner, mode, ttl_ms, since_ms, deadline_ms };
        let got = match self.model.ask(&asked, is_first) {
            Got::Waits if wait_ms.is_some() => {
                self.model.queue.push(asked);
                Got::Waits
            }
            Got::Waits => Got::Nil,
            got => got,
        };
        self.model.holds.retain(|_, (_, held)| !held.is_empty());
        (line, got)
    }
}

const NAMES: [&str; 3] = ["k", "l", "m"];

/// 60,000 commands.
#[test]
fn random_commands_of_several_connections_agree_with_the_model() {
    for seed in 0..30 {
        let log = Log::new();
        let model = Model { now_ms: log.now_ms, ..Model::default() };
        let mut play = Play { log, model, rng: Rng::new(seed), requests: BTreeMap::new() };
        for _ in 0..2000 {
            play.step();
        }
    }
}

#[test]
fn a_wait_that_ended_before_the_last_hold_did_is_not_served_however_late_the_entry_is() {
    let mut log = Log::new();
    log.batch(2, &[(5, "LOCK.ACQUIRE l a PX 10 SHARED"), (6, "LOCK.ACQUIRE l b PX 30 SHARED")]);
    log.batch(2, &[(7, "LOCK.ACQUIRE l c PX 1000 WAIT 20")]);
    log.now_ms += 100;
    assert_eq!(released(&log.content(&Content::Tick)), [(7, "NilArray".to_owned())]);
}
