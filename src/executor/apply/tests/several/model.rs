//! The contract of locks and sessions, written down once more: names with holds or a string, and one queue of all. It knows nothing of keys,
//! indexes or signals.

use std::collections::{BTreeMap, BTreeSet};

/// How an owner holds: 0 shared, else the limit.
pub(super) type Mode = u64;

#[derive(Clone, Debug)]
pub(super) struct Held {
    pub owner: String,
    /// 0: granted by the very entry, so nobody knows it yet.
    pub token: u64,
    pub deadline_ms: u64,
    /// Connection and its request, if no other was told of the hold.
    pub by: Option<(u64, u64)>,
    /// The connection that acquired it last.
    pub acquirer: u64,
    pub bound: Bind,
    /// None: as long as the session lives.
    pub own_ms: Option<u64>,
    pub delay_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Bind {
    Nothing,
    Connection(u64),
    Session(u64),
    /// Two connections have acquired it.
    Neither,
}

impl Held {
    /// When it ends, with a session that ends then.
    pub fn settle(&mut self, session_ms: u64) {
        self.deadline_ms = self.own_ms.unwrap_or(u64::MAX).min(session_ms);
    }
}

#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub connection: u64,
    pub request: u64,
    /// As they stand in the command.
    pub names: Vec<String>,
    pub is_multi: bool,
    pub owner: String,
    pub mode: Mode,
    /// None: that of the session.
    pub ttl_ms: Option<u64>,
    pub since_ms: u64,
    pub deadline_ms: u64,
    pub bound: Bind,
    pub delay_ms: u64,
}

impl Asked {
    fn each(&self) -> Vec<String> {
        let mut each = self.names.clone();
        each.sort();
        each.dedup();
        each
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Got {
    /// Validity (of one), and of each name whether the token is a new one, else which.
    Hold {
        validity_ms: Option<u64>,
        tokens: Vec<(String, Option<u64>)>,
        owner: String,
    },
    Nil,
    Int(i64),
    /// The time of a new session.
    Opened(u64),
    Ok,
    Error(&'static str),
    Deadlock(Vec<(String, String)>),
    Waits,
}

/// What happened to a hold: event, owner, token (0: not known yet).
pub(super) type Event = (&'static str, String, u64);

/// For how long a hold of this span is certain.
pub(super) fn validity_ms(span_ms: u64) -> u64 {
    span_ms.saturating_sub(span_ms.div_ceil(1000) + 1)
}

#[derive(Default)]
pub(super) struct Model {
    pub now_ms: u64,
    pub holds: BTreeMap<String, (Mode, Vec<Held>)>,
    pub strings: Vec<String>,
    pub queue: Vec<Asked>,
    /// The highest token of each name.
    pub highest: BTreeMap<String, u64>,
    pub events: BTreeMap<String, Vec<Event>>,
    /// Until when nobody gets a name.
    pub delays: BTreeMap<String, u64>,
    /// How long they live at a time, and until when.
    pub sessions: BTreeMap<u64, (u64, u64)>,
    /// The strings that are bound to a session.
    pub bound: BTreeMap<String, u64>,
    /// Those whose waits a command, or the end of a session, has ended.
    pub ended: Vec<(u64, Got)>,
    /// Where something has ended: the first there finds out if its session is over, before that is ended.
    pub looked_at: BTreeSet<String>,
}

impl Model {
    pub fn tell(&mut self, name: &str, event: &'static str, held: &Held) {
        self.events.entry(name.to_owned()).or_default().push((event, held.owner.clone(), held.token));
    }

    pub fn waits_at(&self, name: &str) -> bool {
        self.queue.iter().any(|asked| asked.names.iter().any(|other| other == name))
    }

    /// What stands in the way of one name: an error, or that it is not free.
    fn way(&self, asked: &Asked, name: &String, is_turn: bool) -> Result<bool, Got> {
        if self.strings.contains(name) {
            return Err(Got::Error("WRONGTYPE"));
        }
        let is_turn = is_turn && !self.delays.contains_key(name);
        let Some((mode, held)) = self.holds.get(name).filter(|(_, held)| !held.is_empty()) else { return Ok(is_turn) };
        if held.iter().any(|hold| hold.owner == asked.owner) {
            return if *mode == asked.mode { Ok(true) } else { Err(Got::Error("another mode")) };
        }
        if *mode != asked.mode && (*mode > 1 || asked.mode > 1) {
            return Err(Got::Error("another LIMIT"));
        }
        Ok(is_turn && *mode == asked.mode && (*mode == 0 || (held.len() as u64) < *mode))
    }

    /// `is_waiting`: it is the first wherever it waits. Otherwise its turn is where nobody waits.
    pub fn ask(&mut self, asked: &Asked, is_waiting: bool) -> Got {
        let Some(session_ms) = self.session_ms(asked.bound) else { return Got::Error("NOSESSION") };
        let each = asked.each();
        let ways: Result<Vec<bool>, Got> =
            each.iter().map(|name| self.way(asked, name, is_waiting || !self.waits_at(name))).collect();
        match ways {
            Err(error) => error,
            Ok(ways) if ways.contains(&false) => Got::Waits,
            Ok(_) => self.grant(asked, &each, session_ms),
        }
    }

    /// When the session ends; never, if there is none. None: it is over.
    fn session_ms(&self, bound: Bind) -> Option<u64> {
        match bound {
            Bind::Session(id) => self.sessions.get(&id).map(|(_, at_ms)| *at_ms).filter(|at_ms| *at_ms >= self.now_ms),
            Bind::Nothing | Bind::Connection(_) | Bind::Neither => Some(u64::MAX),
        }
    }

    fn grant(&mut self, asked: &Asked, each: &[String], session_ms: u64) -> Got {
        let own_ms = asked.ttl_ms.map(|ttl_ms| self.now_ms + ttl_ms);
        let by = (asked.connection, asked.request);
        let mut last_ms = 0;
        let mut tokens = BTreeMap::new();
        for name in each {
            let (mode, held) = self.holds.entry(name.clone()).or_default();
            *mode = asked.mode;
            let (event, hold) = if let Some(hold) = held.iter_mut().find(|hold| hold.owner == asked.owner) {
                let before_ms = hold.deadline_ms;
                hold.own_ms = own_ms.map(|own_ms| own_ms.max(hold.own_ms.unwrap_or(before_ms)));
                let is_of_two = hold.bound == Bind::Neither || hold.acquirer != asked.connection;
                let is_neither = is_of_two && matches!(asked.bound, Bind::Connection(_));
                hold.bound = if is_neither { Bind::Neither } else { asked.bound };
                (hold.delay_ms, hold.acquirer) = (asked.delay_ms, asked.connection);
                hold.by = hold.by.filter(|first| *first == by);
                hold.settle(session_ms);
                tokens.insert(name, Some(hold.token));
                ((hold.deadline_ms > before_ms).then_some("extended"), hold.clone())
            } else {
                let (owner, acquirer) = (asked.owner.clone(), asked.connection);
                let (bound, delay_ms) = (asked.bound, asked.delay_ms);
                let mut hold =
                    Held { owner, token: 0, deadline_ms: 0, by: Some(by), acquirer, bound, own_ms, delay_ms };
                hold.settle(session_ms);
                held.push(hold.clone());
                tokens.insert(name, None);
                (Some("acquired"), hold)
            };
            last_ms = hold.deadline_ms;
            event.into_iter().for_each(|event| self.tell(name, event, &hold));
        }
        let validity_ms = (!asked.is_multi).then(|| validity_ms(last_ms - asked.since_ms));
        let tokens = asked.names.iter().map(|name| (name.clone(), tokens[name])).collect();
        Got::Hold { validity_ms, tokens, owner: asked.owner.clone() }
    }

    /// Gives whoever is first what there is, until nobody gets anything.
    pub fn serve(&mut self, ended: &mut Vec<(u64, Got)>) {
        loop {
            let mut seen = Vec::new();
            let mut next = None;
            for (at, asked) in self.queue.clone().into_iter().enumerate() {
                let is_first = |name: &String| !seen.contains(name) && !self.strings.contains(name);
                let is_own = |name: &String| {
                    let held = self.holds.get(name).into_iter().flat_map(|(_, held)| held);
                    held.into_iter().any(|hold| hold.owner == asked.owner)
                };
                let is_asking = match self.session_ms(asked.bound) {
                    // It is looked at where it is the first: what it holds beside that is no more in its way.
                    Some(_) => {
                        asked.names.iter().any(is_first)
                            && asked.names.iter().all(|name| is_first(name) || is_own(name))
                    }
                    None => asked.names.iter().any(|name| is_first(name) && self.looked_at.contains(name)),
                };
                match if is_asking { self.ask(&asked, true) } else { Got::Waits } {
                    Got::Waits => seen.extend(asked.names),
                    got => {
                        next = Some((at, got));
                        break;
                    }
                }
            }
            let Some((at, got)) = next else { break };
            let served = self.leave_queue(at);
            ended.push((served.connection, got));
            self.confirm(&served, ended);
        }
        self.looked_at.clear();
        self.holds.retain(|_, (_, held)| !held.is_empty());
    }

    /// Whoever waits for what its owner has got by another wait is told at once, unless it waits for more that is not its turn.
    fn confirm(&mut self, served: &Asked, ended: &mut Vec<(u64, Got)>) {
        let is_own = |model: &Self, name: &String| {
            let held = model.holds.get(name).into_iter().flat_map(|(_, held)| held);
            held.into_iter().any(|hold| hold.owner == served.owner)
        };
        for asked in self.queue.clone() {
            let is_meant = asked.owner == served.owner && asked.names.iter().any(|name| served.names.contains(name));
            if !is_meant || !asked.names.iter().any(|name| is_own(self, name)) {
                continue;
            }
            let at = self.queue.iter().position(|other| other.connection == asked.connection).unwrap();
            let in_front: Vec<String> = self.queue[..at].iter().flat_map(|front| front.names.clone()).collect();
            let is_turn =
                |name: &String| (!in_front.contains(name) || is_own(self, name)) && !self.strings.contains(name);
            let is_asking = self.session_ms(asked.bound).is_none() || asked.names.iter().all(is_turn);
            match if is_asking { self.ask(&asked, true) } else { Got::Waits } {
                Got::Waits => {}
                got => ended.push((self.leave_queue(at).connection, got)),
            }
        }
    }

    fn leave_queue(&mut self, at: usize) -> Asked {
        let asked = self.queue.remove(at);
        self.looked_at.extend(asked.names.iter().cloned());
        asked
    }

    pub fn advance(&mut self, now_ms: u64, ended: &mut Vec<(u64, Got)>) {
        self.now_ms = now_ms;
        loop {
            let holds = self.holds.values().flat_map(|(_, held)| held).map(|hold| hold.deadline_ms).min();
            let waits = self.queue.iter().map(|asked| asked.deadline_ms).filter(|at| *at != 0).min();
            let sessions = self.sessions.values().map(|(_, deadline_ms)| *deadline_ms).min();
            let delays = self.delays.values().copied().min();
            let first = [holds, waits, sessions, delays].into_iter().flatten().min();
            let Some(due) = first.filter(|at| *at < now_ms) else { return };
            let names = |which: &dyn Fn(&Held) -> bool| -> Vec<String> {
                let found = self.holds.iter().filter(|(_, (_, held))| held.iter().any(which));
                found.map(|(name, _)| name.clone()).collect()
            };
            if sessions == Some(due) {
                let id = *self.sessions.iter().find(|(_, (_, deadline_ms))| *deadline_ms == due).unwrap().0;
                names(&|hold| hold.bound == Bind::Session(id)).iter().for_each(|name| self.end_due(name, due));
                self.end_session(id);
                ended.append(&mut self.ended);
            } else if holds == Some(due) || delays == Some(due) {
                // One lock after the other, each with what follows.
                let delayed =
                    self.delays.iter().filter(|(_, until_ms)| **until_ms == due).map(|(name, _)| name.clone());
                let name = names(&|hold| hold.deadline_ms == due).into_iter().chain(delayed).min().unwrap();
                self.end_due(&name, due);
            } else {
                let at = self.queue.iter().position(|asked| asked.deadline_ms == due).unwrap();
                ended.push((self.leave_queue(at).connection, Got::Nil));
            }
            self.serve(ended);
        }
    }

    /// Ends what of a name is due by then.
    fn end_due(&mut self, name: &str, due: u64) {
        self.looked_at.insert(name.to_owned());
        let held = self.holds.get_mut(name).map(|(_, held)| held);
        let over = held.into_iter().flat_map(|held| held.extract_if(.., |hold| hold.deadline_ms <= due));
        for hold in over.collect::<Vec<_>>() {
            let is_its_own = hold.own_ms.is_some_and(|own_ms| own_ms <= hold.deadline_ms);
            self.tell(name, if is_its_own { "expired" } else { "lost" }, &hold);
            self.delay(name, &hold, hold.deadline_ms);
        }
        self.delays.retain(|delayed, until_ms| delayed != name || *until_ms > due);
    }

    fn delay(&mut self, name: &str, hold: &Held, end_ms: u64) {
        if hold.delay_ms > 0 {
            let until_ms = self.delays.entry(name.to_owned()).or_default();
            *until_ms = end_ms.saturating_add(hold.delay_ms).max(*until_ms);
        }
    }

    /// The session, its waits and its keys: how many keys.
    pub fn end_session(&mut self, id: u64) -> usize {
        self.sessions.remove(&id);
        while let Some(at) = self.queue.iter().position(|asked| asked.bound == Bind::Session(id)) {
            let connection = self.leave_queue(at).connection;
            self.ended.push((connection, Got::Error("NOSESSION")));
        }
        let keys: Vec<String> = self.bound.extract_if(.., |_, of| *of == id).map(|(name, _)| name).collect();
        self.looked_at.extend(keys.iter().cloned());
        self.strings.retain(|string| !keys.contains(string));
        keys.len()
    }

    /// Ends holds; what is not released may be followed by a delay.
    pub fn end(&mut self, name: &str, event: &'static str, which: impl Fn(&Held) -> bool) -> Got {
        if self.strings.iter().any(|string| string == name) {
            return Got::Error("WRONGTYPE");
        }
        let Some((_, held)) = self.holds.get_mut(name) else { return Got::Int(0) };
        let ended: Vec<Held> = held.extract_if(.., |hold| which(hold)).collect();
        for hold in &ended {
            self.tell(name, event, hold);
            if event != "released" {
                self.delay(name, hold, self.now_ms);
            }
        }
        Got::Int(ended.len() as i64)
    }

    /// The same wherever there are such holds: how many.
    pub fn end_all(&mut self, event: &'static str, which: impl Fn(&Held) -> bool) -> i64 {
        let names: Vec<String> = self.holds.keys().cloned().collect();
        let ended = names.iter().map(|name| match self.end(name, event, &which) {
            Got::Int(count) => count,
            other => panic!("{other:?}"),
        });
        ended.sum()
    }

    /// The name is there no more: true if it was.
    pub fn delete(&mut self, name: &str) -> bool {
        let was = self.strings.iter().any(|string| string == name) || self.is_lock(name);
        self.strings.retain(|string| string != name);
        self.end(name, "broken", |_| true);
        self.holds.remove(name);
        self.delays.remove(name);
        self.bound.remove(name);
        was
    }

    pub fn is_lock(&self, name: &str) -> bool {
        self.holds.contains_key(name) || self.delays.contains_key(name)
    }

    /// Whom a wait waits for, with the names: holders, then those in front in the queue.
    fn blockers(&self, asked: &Asked, place: usize, root: &Asked) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let goes = |mode: Mode| mode > 1 || asked.mode > 1 || mode == 0 && asked.mode == 0;
        let mut names: Vec<&String> = Vec::new();
        for name in &asked.names {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        for name in names {
            let (mode, held) = self.holds.get(name).cloned().unwrap_or_default();
            if held.iter().any(|hold| hold.owner == asked.owner) {
                continue;
            }
            found.extend(held.iter().filter(|_| !goes(mode)).map(|hold| (name.clone(), hold.owner.clone())));
            for front in &self.queue[..place] {
                let is_root = front.owner == root.owner && root.names.contains(name);
                if front.names.contains(name) && !goes(front.mode) && !is_root {
                    found.push((name.clone(), front.owner.clone()));
                }
            }
        }
        found.retain(|(_, owner)| *owner != asked.owner);
        found
    }

    /// The shortest circle that a wait would close: each owner, and the lock that it waits for.
    pub fn circle(&self, root: &Asked) -> Option<Vec<(String, String)>> {
        let mut paths: Vec<(String, Vec<(String, String)>)> = vec![(root.owner.clone(), Vec::new())];
        let mut at = 0;
        while at < paths.len() {
            let (owner, path) = paths[at].clone();
            let waits: Vec<(usize, &Asked)> = if at == 0 {
                vec![(self.queue.len(), root)]
            } else {
                self.queue.iter().enumerate().filter(|(_, asked)| asked.owner == owner).collect()
            };
            for (place, asked) in waits {
                for (name, next) in self.blockers(asked, place, root) {
                    let path = [path.as_slice(), &[(owner.clone(), name)]].concat();
                    if next == root.owner {
                        return Some(path);
                    }
                    if paths.iter().all(|(known, _)| *known != next) {
                        paths.push((next, path));
                    }
                }
            }
            at += 1;
        }
        None
    }
}
