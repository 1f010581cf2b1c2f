//! The random commands, each with what the model says to it.

use super::model::{Asked, Bind, Got, validity_ms};
use super::play::{NAMES, Play};

impl Play {
    /// A command, and what the model says to it.
    pub fn command(&mut self, connection: u64) -> (String, Got) {
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
        let mut roll = self.rng.below(24);
        if self.is_calm && self.rng.below(4) != 0 {
            roll = 0;
        }
        match roll {
            20.. => self.of_sessions(name),
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
                let before_ms = hold.deadline_ms;
                hold.own_ms = hold.own_ms.map(|own_ms| own_ms.max(now_ms + ttl_ms));
                hold.settle(match hold.bound {
                    Bind::Session(id) => self.model.sessions[&id].1,
                    Bind::Nothing | Bind::Connection(_) | Bind::Neither => u64::MAX,
                });
                hold.by = None;
                let is_later = hold.deadline_ms > before_ms;
                let validity_ms = validity_ms(hold.deadline_ms - now_ms);
                let hold = hold.clone();
                if is_later {
                    self.model.tell(&name, "extended", &hold);
                }
                (line, Got::Hold { validity_ms: Some(validity_ms), tokens: vec![(name, Some(hold.token))], owner })
            }
            15 => (format!("LOCK.BREAK {name}"), self.model.end(&name, "broken", |_| true)),
            16 => {
                let was = self.model.delete(&name);
                (format!("DEL {name}"), Got::Int(i64::from(was)))
            }
            17 => {
                let got = if self.model.is_lock(&name) {
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
                NAMES.iter().for_each(|name| _ = self.model.delete(name));
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
        if self.rng.below(2) == 0 {
            let lost = self.model.end_all("lost", |hold| hold.bound == Bind::Connection(connection));
            return ("wait._leave".to_owned(), Got::Int(ended as i64 + lost));
        }
        self.model.end_all("lost", |hold| hold.by == Some((connection, request)));
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
        let bound = match self.rng.below(6) {
            0 => Bind::Connection(connection),
            1 | 2 => Bind::Session(self.session()),
            _ => Bind::Nothing,
        };
        let ttl_ms = Some(ttl_ms).filter(|ms| !matches!(bound, Bind::Session(_)) || ms % 2 == 0);
        let time = ttl_ms.map_or(String::new(), |ms| format!(" PX {ms}"));
        let binding = match bound {
            Bind::Nothing | Bind::Neither => String::new(),
            Bind::Connection(_) => " CONNECTION".to_owned(),
            Bind::Session(id) => format!(" SESSION {id}"),
        };
        let delay_ms = if is_multi { 0 } else { self.rng.below(4) / 3 * self.rng.below(40) };
        let delay = if delay_ms > 0 { format!(" DELAY {delay_ms}") } else { String::new() };
        let line = match is_multi {
            true => format!("LOCK.MULTI {} {} {owner}{time}{wait}{binding}", names.len(), names.join(" ")),
            false => format!("LOCK.ACQUIRE {name} {owner}{time}{wait}{word}{binding}{delay}"),
        };
        let request = self.requests.entry(connection).or_default();
        *request += 1;
        let since_ms = self.model.now_ms;
        let deadline_ms = wait_ms.filter(|ms| *ms > 0).map_or(0, |ms| since_ms + ms);
        let request = *request;
        let asked =
            Asked { connection, request, names, is_multi, owner, mode, ttl_ms, since_ms, deadline_ms, bound, delay_ms };
        let is_delayed = asked.names.iter().any(|name| self.model.delays.contains_key(name));
        let got = match self.model.ask(&asked, false) {
            Got::Waits if wait_ms.is_some() => match self.model.circle(&asked) {
                Some(circle) => Got::Deadlock(circle),
                None => {
                    self.count(if asked.names.len() > 1 { "waits for several" } else { "waits" });
                    self.model.queue.push(asked);
                    Got::Waits
                }
            },
            Got::Waits => Got::Nil,
            got => got,
        };
        if is_delayed && matches!(got, Got::Waits | Got::Nil) {
            self.count("delayed");
        }
        self.model.holds.retain(|_, (_, held)| !held.is_empty());
        (line, got)
    }

    /// A session that there is, mostly.
    fn session(&mut self) -> u64 {
        let ids: Vec<u64> = self.model.sessions.keys().copied().chain([7]).collect();
        ids[self.rng.below(ids.len() as u64) as usize]
    }

    /// A command of sessions, and what the model says to it.
    fn of_sessions(&mut self, name: String) -> (String, Got) {
        let id = self.session();
        let is_there = self.model.sessions.contains_key(&id);
        match self.rng.below(10) {
            0..3 => {
                let timeout_ms = 1 + self.rng.below(120);
                (format!("SESSION.OPEN PX {timeout_ms}"), Got::Opened(timeout_ms))
            }
            3..7 => {
                let now_ms = self.model.now_ms;
                let Some((timeout_ms, deadline_ms)) = self.model.sessions.get_mut(&id) else {
                    return (format!("SESSION.KEEPALIVE {id}"), Got::Error("NOSESSION"));
                };
                *deadline_ms = now_ms + *timeout_ms;
                let (deadline_ms, got) = (*deadline_ms, Got::Int(*timeout_ms as i64));
                let held = self.model.holds.values_mut().flat_map(|(_, held)| held);
                let of_session = held.filter(|hold| hold.bound == Bind::Session(id));
                of_session.for_each(|hold| hold.settle(deadline_ms));
                (format!("SESSION.KEEPALIVE {id}"), got)
            }
            7 => {
                let released = self.model.end_all("released", |hold| hold.bound == Bind::Session(id));
                let keys = self.model.end_session(id) as i64;
                (format!("SESSION.CLOSE {id}"), Got::Int(released + keys))
            }
            _ => {
                let is_string = self.model.strings.contains(&name);
                let got = match is_there {
                    false => Got::Error("NOSESSION"),
                    true if self.model.is_lock(&name) => Got::Error("WRONGTYPE"),
                    true => Got::Int(i64::from(is_string)),
                };
                if is_there && is_string {
                    self.model.bound.insert(name.clone(), id);
                }
                (format!("SESSION.BIND {id} {name}"), got)
            }
        }
    }
}
