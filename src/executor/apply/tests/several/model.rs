//! The contract of locks, written down once more: names with holds or a string, and one queue of all.

use std::collections::BTreeMap;

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
    pub ttl_ms: u64,
    pub since_ms: u64,
    pub deadline_ms: u64,
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
    Ok,
    Error(&'static str),
    Deadlock(Vec<(String, String)>),
    Waits,
}

/// What happened to a hold: event, owner, token (0: not known yet).
pub(super) type Event = (&'static str, String, u64);

#[derive(Default)]
pub(super) struct Model {
    pub now_ms: u64,
    pub holds: BTreeMap<String, (Mode, Vec<Held>)>,
    pub strings: Vec<String>,
    pub queue: Vec<Asked>,
    /// The highest token of each name.
    pub highest: BTreeMap<String, u64>,
    pub events: BTreeMap<String, Vec<Event>>,
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
        let each = asked.each();
        let ways: Result<Vec<bool>, Got> =
            each.iter().map(|name| self.way(asked, name, is_waiting || !self.waits_at(name))).collect();
        match ways {
            Err(error) => return error,
            Ok(ways) if ways.contains(&false) => return Got::Waits,
            Ok(_) => {}
        }
        let deadline_ms = self.now_ms + asked.ttl_ms;
        let mut last_ms = deadline_ms;
        let mut tokens = BTreeMap::new();
        for name in &each {
            let (mode, held) = self.holds.entry(name.clone()).or_default();
            *mode = asked.mode;
            let by = (asked.connection, asked.request);
            let event = if let Some(hold) = held.iter_mut().find(|hold| hold.owner == asked.owner) {
                let is_later = deadline_ms > hold.deadline_ms;
                hold.deadline_ms = hold.deadline_ms.max(deadline_ms);
                hold.by = hold.by.filter(|first| *first == by);
                last_ms = hold.deadline_ms;
                tokens.insert(name, Some(hold.token));
                is_later.then(|| ("extended", hold.clone()))
            } else {
                let hold = Held { owner: asked.owner.clone(), token: 0, deadline_ms, by: Some(by) };
                held.push(hold.clone());
                tokens.insert(name, None);
                Some(("acquired", hold))
            };
            if let Some((event, hold)) = event {
                self.tell(name, event, &hold);
            }
        }
        let span = last_ms - asked.since_ms;
        let validity_ms = (!asked.is_multi).then(|| span.saturating_sub(span.div_ceil(1000) + 1));
        let tokens = asked.names.iter().map(|name| (name.clone(), tokens[name])).collect();
        Got::Hold { validity_ms, tokens, owner: asked.owner.clone() }
    }

    /// Gives whoever is first what there is, until nobody gets anything.
    pub fn serve(&mut self, ended: &mut Vec<(u64, Got)>) {
        loop {
            let mut seen = Vec::new();
            let mut next = None;
            for (at, asked) in self.queue.clone().into_iter().enumerate() {
                let is_passed = |name: &String| seen.contains(name) || self.strings.contains(name);
                let got = if asked.names.iter().any(is_passed) { Got::Waits } else { self.ask(&asked, true) };
                match got {
                    Got::Waits => seen.extend(asked.names),
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

    pub fn advance(&mut self, now_ms: u64, ended: &mut Vec<(u64, Got)>) {
        self.now_ms = now_ms;
        loop {
            let holds = self.holds.values().flat_map(|(_, held)| held).map(|hold| hold.deadline_ms).min();
            let waits = self.queue.iter().map(|asked| asked.deadline_ms).filter(|at| *at != 0).min();
            let Some(due) = [holds, waits].into_iter().flatten().min().filter(|at| *at < now_ms) else { return };
            if holds == Some(due) {
                let names: Vec<String> = self.holds.keys().cloned().collect();
                // One lock after the other, each with what follows.
                let is_due = |held: &Vec<Held>| held.iter().any(|hold| hold.deadline_ms == due);
                let name = names.into_iter().find(|name| is_due(&self.holds[name].1)).unwrap();
                self.end(&name, "expired", |hold| hold.deadline_ms == due);
            } else {
                let at = self.queue.iter().position(|asked| asked.deadline_ms == due).unwrap();
                ended.push((self.queue.remove(at).connection, Got::Nil));
            }
            self.serve(ended);
        }
    }

    pub fn end(&mut self, name: &str, event: &'static str, which: impl Fn(&Held) -> bool) -> Got {
        if self.strings.iter().any(|string| string == name) {
            return Got::Error("WRONGTYPE");
        }
        let Some((_, held)) = self.holds.get_mut(name) else { return Got::Int(0) };
        let ended: Vec<Held> = held.extract_if(.., |hold| which(hold)).collect();
        ended.iter().for_each(|hold| self.tell(name, event, hold));
        Got::Int(ended.len() as i64)
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
