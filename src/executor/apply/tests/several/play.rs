//! Random commands of several connections, beside the model.

use std::collections::BTreeMap;

use super::super::locks::{Seen, lock};
use super::super::waiters::Log;
use super::super::*;
use super::model::{Asked, Got, Model};

const NAMES: [&str; 4] = ["k", "l", "m", "n"];

/// A run of random commands.
struct Play {
    log: Log,
    model: Model,
    rng: Rng,
    requests: BTreeMap<u64, u64>,
    /// How often there was what is rare.
    rare: BTreeMap<&'static str, u64>,
    /// Little ends before its time: so circles come about.
    is_calm: bool,
    /// Events in all.
    events: u64,
}

impl Play {
    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.rng.below(of.len() as u64) as usize]
    }

    fn step(&mut self) {
        let mut connection = 1 + self.rng.below(16);
        // Most of those who wait are left in peace.
        while self.model.queue.iter().any(|asked| asked.connection == connection) && self.rng.below(8) != 0 {
            connection = 1 + self.rng.below(16);
        }
        let boot = 2 + connection % 2;
        let mut ended = Vec::new();
        self.log.now_ms += match self.rng.below(60) {
            0 => self.rng.below(300),
            1..10 => self.rng.below(40),
            _ => 0,
        };
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
            (Got::Hold { validity_ms, tokens, owner }, Reply::Array(items)) => {
                let told = items.iter().map(|item| if let Reply::Int(told) = item { *told as u64 } else { 0 });
                let mut told: Vec<u64> = told.collect();
                assert!(validity_ms.is_none_or(|validity_ms| told.pop() == Some(validity_ms)), "{line}: {reply:?}");
                assert_eq!(told.len(), tokens.len(), "{line}");
                for ((name, token), told) in tokens.iter().zip(told) {
                    self.learn(line, name, owner, *token, told);
                }
            }
            (Got::Deadlock(circle), Reply::Error(error)) => {
                let text = error.to_string();
                let steps = circle.iter().map(|(owner, name)| format!("'{owner}' waits for '{name}' "));
                let mut rest = text.strip_prefix("DEADLOCK ").unwrap_or_else(|| panic!("{line}: {text}"));
                for step in steps {
                    let at = rest.find(&step).unwrap_or_else(|| panic!("{line}: {circle:?}, {text}"));
                    rest = &rest[at + step.len()..];
                }
                assert_eq!(text.matches("waits for").count(), circle.len(), "{line}: {circle:?}, {text}");
                *self.rare.entry(if circle.len() > 2 { "long circles" } else { "circles" }).or_default() += 1;
            }
            (Got::Nil, Reply::NilArray | Reply::Nil) | (Got::Ok, Reply::Ok) => {}
            (Got::Int(count), Reply::Int(told)) if count == told => {}
            (Got::Error(part), Reply::Error(error)) if error.to_string().contains(part) => {}
            _ => panic!("{line}: {got:?} expected, {reply:?} found"),
        }
    }

    fn learn(&mut self, line: &str, name: &str, owner: &str, token: Option<u64>, told: u64) {
        match token {
            Some(0) | None => assert!(told > 0, "{line}"),
            Some(token) => assert_eq!(told, token, "{line}"),
        }
        let held = self.model.holds.get_mut(name).map(|(_, held)| held);
        if let Some(hold) = held.into_iter().flatten().find(|hold| hold.owner == owner && hold.token == 0) {
            let before = self.model.highest.insert(name.to_owned(), told);
            assert!(before < Some(told), "{line}: tokens rise");
            hold.token = told;
        }
    }

    fn same(&mut self, line: &str) {
        for name in NAMES {
            let model = self.model.holds.get(name).map(|(_, held)| held.clone()).unwrap_or_default();
            let mut model: Vec<Seen> =
                model.into_iter().map(|hold| (hold.owner, hold.token, hold.deadline_ms)).collect();
            model.sort_by_key(|hold| hold.1);
            assert_eq!(lock(&self.log, name), model, "{line}: {name}");
            let queue = self.log.origin.waiters().of_key(0, name.as_bytes().into());
            let queue: Vec<u64> = queue.map(|(id, _)| id.connection).collect();
            let waiting = self.model.queue.iter().filter(|asked| asked.names.iter().any(|other| other == name));
            assert_eq!(queue, waiting.map(|asked| asked.connection).collect::<Vec<_>>(), "{line}: {name}");
            let told = self.log.origin.lock_history().of(0, name.as_bytes());
            let expected = self.model.events.remove(name).unwrap_or_default();
            let mut told: Vec<_> = told.take(expected.len()).collect();
            told.reverse();
            assert_eq!(told.len(), expected.len(), "{line}: {expected:?}");
            for (told, (event, owner, token)) in told.into_iter().zip(expected) {
                assert_eq!((told.event.name(), &*told.owner), (event, owner.as_bytes()), "{line}: {name}");
                assert!(token == 0 || token == told.token, "{line}: {event} {owner} {token}, {told:?}");
                self.events += 1;
            }
        }
        assert_eq!(self.log.origin.lock_history().iter().len() as u64, self.events, "{line}");
    }

    /// A command, and what the model says to it.
    fn command(&mut self, connection: u64) -> (String, Got) {
        let name = self.pick(&NAMES).to_owned();
        let owner = self.pick(&["a", "b", "c", "d", "e"]).to_owned();
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
        let mut roll = self.rng.below(20);
        if self.is_calm && self.rng.below(4) != 0 {
            roll = 0;
        }
        match roll {
            0..10 => self.acquire(connection, &name, owner),
            10..14 => {
                let is_token = self.rng.below(2) == 0;
                let line = format!(
                    "LOCK.RELEASE {name} {owner}{}",
                    if is_token { format!(" {token}") } else { String::new() }
                );
                (
                    line,
                    self.model.end(&name, "released", |hold| hold.owner == owner && (!is_token || hold.token == token)),
                )
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
                let is_later = now_ms + ttl_ms > hold.deadline_ms;
                hold.deadline_ms = hold.deadline_ms.max(now_ms + ttl_ms);
                hold.by = None;
                let span = hold.deadline_ms - now_ms;
                let validity_ms = span.saturating_sub(span.div_ceil(1000) + 1);
                let hold = hold.clone();
                if is_later {
                    self.model.tell(&name, "extended", &hold);
                }
                (line, Got::Hold { validity_ms: Some(validity_ms), tokens: vec![(name, Some(hold.token))], owner })
            }
            15 => (format!("LOCK.BREAK {name}"), self.model.end(&name, "broken", |_| true)),
            16 => {
                let was = self.model.strings.contains(&name) || self.model.holds.contains_key(&name);
                self.model.strings.retain(|string| *string != name);
                self.model.end(&name, "broken", |_| true);
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
                self.model.strings.clear();
                NAMES.iter().for_each(|name| drop(self.model.end(name, "broken", |_| true)));
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
            self.model.end(&name, "lost", |hold| hold.by == Some((connection, request)));
        }
        ("wait._cancel".to_owned(), Got::Int(ended as i64))
    }

    fn acquire(&mut self, connection: u64, name: &str, owner: String) -> (String, Got) {
        let ttl_ms = 1 + self.rng.below(120);
        let is_multi = self.rng.below(3) == 0;
        let (word, mode) = [("", 1), ("", 1), (" SHARED", 0), (" SHARED", 0), (" LIMIT 2", 2), (" LIMIT 3", 3)]
            [if is_multi { 0 } else { self.rng.below(6) as usize }];
        let wait_ms = [None, Some(1 + self.rng.below(80)), Some(0), Some(0)]
            [self.rng.below(if self.is_calm { 4 } else { 3 }) as usize];
        let wait = wait_ms.map_or(String::new(), |ms| format!(" WAIT {ms}"));
        let more = if is_multi { self.rng.below(3) } else { 0 };
        let more: Vec<&str> = (0..more).map(|_| self.pick(&NAMES)).collect();
        let names: Vec<String> = [&[name], more.as_slice()].concat().into_iter().map(str::to_owned).collect();
        let line = match is_multi {
            true => format!("LOCK.MULTI {} {} {owner} PX {ttl_ms}{wait}", names.len(), names.join(" ")),
            false => format!("LOCK.ACQUIRE {name} {owner} PX {ttl_ms}{wait}{word}"),
        };
        let request = self.requests.entry(connection).or_default();
        *request += 1;
        let since_ms = self.model.now_ms;
        let deadline_ms = wait_ms.filter(|ms| *ms > 0).map_or(0, |ms| since_ms + ms);
        let asked =
            Asked { connection, request: *request, names, is_multi, owner, mode, ttl_ms, since_ms, deadline_ms };
        let got = match self.model.ask(&asked, false) {
            Got::Waits if wait_ms.is_some() => match self.model.circle(&asked) {
                Some(circle) => Got::Deadlock(circle),
                None => {
                    *self.rare.entry(if asked.names.len() > 1 { "waits for several" } else { "waits" }).or_default() +=
                        1;
                    self.model.queue.push(asked);
                    Got::Waits
                }
            },
            Got::Waits => Got::Nil,
            got => got,
        };
        self.model.holds.retain(|_, (_, held)| !held.is_empty());
        (line, got)
    }
}

/// 60,000 commands.
#[test]
fn random_commands_of_several_connections_agree_with_the_model() {
    let mut rare: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in 0..30 {
        let log = Log::new();
        let model = Model { now_ms: log.now_ms, ..Model::default() };
        let rng = Rng::new(seed);
        let mut play = Play {
            log,
            model,
            rng,
            requests: BTreeMap::new(),
            rare: BTreeMap::new(),
            is_calm: seed % 2 == 0,
            events: 0,
        };
        for _ in 0..2000 {
            play.step();
        }
        play.rare.into_iter().for_each(|(what, count)| *rare.entry(what).or_default() += count);
    }
    let often = |what: &str| rare.get(what).copied().unwrap_or(0);
    assert!(often("waits for several") > 500 && often("circles") > 500 && often("long circles") > 10, "{rare:?}");
}
