//! A run of random commands of several connections, beside the model: each reply, and the state after each.

use std::collections::BTreeMap;

use super::super::locks::{Seen, lock};
use super::super::waiters::Log;
use super::super::*;
use super::model::{Bind, Got, Model};
use crate::store::{Kind, Lock};

pub(super) const NAMES: [&str; 4] = ["k", "l", "m", "n"];

/// A run of random commands.
pub(super) struct Play {
    log: Log,
    pub model: Model,
    pub rng: Rng,
    pub requests: BTreeMap<u64, u64>,
    /// How often there was what is rare.
    pub rare: BTreeMap<&'static str, u64>,
    /// Little ends before its time: so circles come about.
    pub is_calm: bool,
    /// Events in all.
    events: u64,
}

impl Play {
    pub fn count(&mut self, what: &'static str) {
        *self.rare.entry(what).or_default() += 1;
    }

    pub fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
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
        ended.append(&mut self.model.ended);
        if !matches!(got, Got::Waits) {
            self.model.serve(&mut ended);
        }
        let outcome = self.log.batch(boot, &[(connection, &line)]);
        assert_eq!(got == Got::Waits, !outcome.waiting.is_empty(), "{line}: {got:?}");
        let mut replies: BTreeMap<u64, Reply> = BTreeMap::new();
        for (id, reply) in &outcome.effects.released {
            assert!(replies.insert(id.connection, reply.clone()).is_none() || line.starts_with("wait._"), "{line}");
        }
        for (at, (waiter, ended)) in ended.iter().enumerate() {
            if at == before {
                self.compare_own(&line, &got, &outcome);
            }
            let reply = replies.get(waiter).unwrap_or_else(|| panic!("{line}: {waiter} is not answered {ended:?}"));
            self.compare(&line, ended, reply);
            if *ended == Got::Error("NOSESSION") {
                self.count("waits that end with a session");
            }
        }
        if before == ended.len() {
            self.compare_own(&line, &got, &outcome);
        }
        let ended: std::collections::BTreeSet<u64> = ended.iter().map(|(waiter, _)| *waiter).collect();
        let extra = replies.keys().filter(|waiter| !ended.contains(waiter)).count();
        assert!(extra == 0 || line.starts_with("wait._"), "{line}: {replies:?}");
        self.same(&line);
        self.same_sessions(&line);
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
                self.count(if circle.len() > 2 { "long circles" } else { "circles" });
            }
            (Got::Nil, Reply::NilArray | Reply::Nil) | (Got::Ok, Reply::Ok) => {}
            (Got::Int(count), Reply::Int(told)) if count == told => {}
            (Got::Opened(timeout_ms), Reply::Int(id)) => {
                let is_higher = self.model.sessions.keys().all(|other| *other < *id as u64);
                assert!(is_higher, "{line}: ids rise");
                self.model.sessions.insert(*id as u64, (*timeout_ms, self.model.now_ms + timeout_ms));
            }
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
            if model.iter().any(|hold| hold.bound == Bind::Neither) {
                self.count("held for neither connection");
            }
            let mut model: Vec<Seen> =
                model.into_iter().map(|hold| (hold.owner, hold.token, hold.deadline_ms)).collect();
            model.sort_by_key(|hold| hold.1);
            assert_eq!(lock(&self.log, name), model, "{line}: {name}");
            let entry = self.log.origin.db(0).get(name.as_bytes());
            let delayed_ms = entry.and_then(|entry| Lock::of(entry.value())).map_or(0, Lock::delayed_ms);
            assert_eq!(delayed_ms, self.model.delays.get(name).copied().unwrap_or(0), "{line}: {name}");
            let is_string = entry.is_some_and(|entry| !entry.value().is_lock());
            assert_eq!(is_string, self.model.strings.iter().any(|string| string == name), "{line}: {name}");
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

    fn same_sessions(&self, line: &str) {
        let sessions = self.log.origin.sessions();
        let there = sessions.iter().map(|(id, session)| (id, (session.timeout_ms, session.deadline_ms)));
        assert_eq!(there.collect::<BTreeMap<_, _>>(), self.model.sessions, "{line}");
        let keys = sessions.iter().flat_map(|(id, _)| sessions.keys_of(id).map(move |(_, key)| (key.to_vec(), id)));
        let bound = self.model.bound.iter().map(|(name, id)| (name.as_bytes().to_vec(), *id));
        assert_eq!(keys.collect::<BTreeMap<_, _>>(), bound.collect(), "{line}");
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
    for what in ["delayed", "waits that end with a session", "held for neither connection"] {
        assert!(often(what) > 0, "{what}: {rare:?}");
    }
}
