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
fn what_is_bound_to_connections_ends_with_their_boot_by_their_own_node_alone() {
    let mut log = Log::new();
    let names = |log: &Log, name: &str| lock(log, name).iter().map(|hold| hold.0.clone()).collect::<Vec<_>>();
    log.batch(2, &[(6, "LOCK.ACQUIRE other a PX 100000 CONNECTION")]);
    log.batch(3, &[(5, "LOCK.ACQUIRE l a PX 100000 CONNECTION"), (6, "LOCK.ACQUIRE n a PX 100000")]);
    log.batch(2, &[(7, "LOCK.ACQUIRE l b PX 100000 WAIT 0 CONNECTION")]);
    log.content(&Content::Absent { boot: 3 });
    assert_eq!(names(&log, "l"), ["a"], "its holder may be alive");
    let booted = log.content(&Content::Boot { node: 2, nonce: 77 });
    assert_eq!((booted.ended, released(&booted).len()), (None, 1));
    assert_eq!((names(&log, "l"), names(&log, "n")), (vec!["b".to_owned()], vec!["a".to_owned()]));
    // The same boot once more is no other one.
    log.content(&Content::Boot { node: 1, nonce: 5 });
    assert_eq!(names(&log, "other"), ["a"]);
    log.content(&Content::EndBoot { boot: 2 });
    assert!(names(&log, "l").is_empty() && names(&log, "other").is_empty());
    assert_eq!(names(&log, "n"), ["a"]);
}

/// A request sent again over another connection is carried out first, and then what was sent on the first one, twice.
#[test]
fn a_hold_that_two_connections_acquired_ends_with_neither_until_the_boot_of_the_other_has_ended() {
    let mut log = Log::new();
    let acquire = "LOCK.ACQUIRE l a PX 100000 CONNECTION";
    log.batch(3, &[(9, acquire)]);
    log.batch(2, &[(5, acquire), (5, acquire), (5, "wait._leave")]);
    log.batch(3, &[(9, acquire)]);
    log.batch(3, &[(9, "wait._leave")]);
    assert_eq!(lock(&log, "l").len(), 1);
    log.content(&Content::Absent { boot: 2 });
    log.batch(3, &[(9, acquire), (9, "wait._leave")]);
    assert_eq!(lock(&log, "l").len(), 0);
}

#[test]
fn a_lost_hold_is_told_to_its_connection_and_to_the_one_that_opened_its_session() {
    let mut log = Log::new();
    let lost = |outcome: &EntryOutcome| {
        let lost = outcome.effects.pubsub.iter().filter_map(|(_, what)| match what {
            crate::store::PubSub::LockLost(lost) => Some((lost.boot, lost.connection, lost.reason)),
            _ => None,
        });
        lost.collect::<Vec<_>>()
    };
    log.batch(2, &[(5, "SESSION.OPEN PX 100")]);
    let id = log.origin.revision();
    log.batch(2, &[(8, &format!("LOCK.ACQUIRE l a SESSION {id}")), (8, "LOCK.ACQUIRE m a PX 50")]);
    // Acquired again, a hold is the one's that asked last.
    log.batch(3, &[(6, &format!("LOCK.ACQUIRE l a SESSION {id}")), (7, "LOCK.ACQUIRE m a PX 50")]);
    log.batch(2, &[(5, &format!("LOCK.ACQUIRE n a SESSION {id}")), (8, "LOCK.ACQUIRE o a PX 500 CONNECTION")]);
    assert_eq!(lost(&log.batch(2, &[(8, "wait._leave")])), [], "it is gone");
    log.now_ms += 60;
    assert_eq!(lost(&log.content(&Content::Tick)), [(3, 7, "expired")]);
    log.now_ms += 60;
    let expected = [(3, 6, "session"), (2, 5, "session"), (2, 5, "session")];
    assert_eq!(lost(&log.content(&Content::Tick)), expected, "and once, if it is the same");
    assert_eq!(log.origin.first_awaited_ms(), None);
}

#[test]
fn a_session_ends_before_what_is_due_with_it_and_its_waits_end_with_it() {
    let mut log = Log::new();
    log.batch(2, &[(5, "SESSION.OPEN PX 100")]);
    let id = log.origin.revision();
    assert_eq!(log.origin.first_awaited_ms(), Some(1100), "the leader ticks when it ends");
    log.batch(2, &[(5, &format!("LOCK.ACQUIRE l a SESSION {id}")), (6, "LOCK.ACQUIRE m x PX 50")]);
    log.batch(2, &[(6, "LOCK.ACQUIRE k x PX 100")]);
    log.batch(
        3,
        &[(7, &format!("LOCK.ACQUIRE m b PX 1000 WAIT 0 SESSION {id}")), (8, "LOCK.ACQUIRE l c PX 10 WAIT 100")],
    );
    log.now_ms = 9000;
    let ended = log.content(&Content::Tick);
    let got = |connection: u64| released(&ended).into_iter().find(|(id, _)| *id == connection).unwrap().1;
    assert!(got(7).contains("NOSESSION"), "its turn came, but its session is over by now: {}", got(7));
    assert!(got(8).starts_with("Array"), "{}", got(8));
    let events: Vec<String> = told(&ended).into_iter().map(|(_, text)| text).collect();
    let at = |start: &str| events.iter().position(|text| text.starts_with(start)).unwrap();
    assert!(at("__lock__:m expired") < at("__lock__:l lost") && at("__lock__:l lost") < at("__lock__:k expired"));
    assert!(log.origin.sessions().is_empty() && lock(&log, "m").is_empty());
}

#[test]
fn bindings_to_a_connection_need_one() {
    let mut log = Log::new();
    let reply = |outcome: EntryOutcome| format!("{:?}", outcome.answers[0].1[0]);
    for line in [
        "ONCE id LOCK.ACQUIRE l a PX 1000 CONNECTION",
        "EVAL return{redis.pcall('lock.acquire','l','a','PX','9','CONNECTION')} 0",
    ] {
        let text = reply(log.batch(2, &[(0, line)]));
        assert!(text.contains("CONNECTION is not possible in a script"), "{line}: {text}");
    }
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
pub(super) fn told(outcome: &EntryOutcome) -> Vec<(u64, String)> {
    let text = |(position, what): &(u64, crate::store::PubSub)| match what {
        crate::store::PubSub::Published(crate::store::SubscriptionKind::Channel, channel, message) => {
            Some((*position, format!("{} {}", String::from_utf8_lossy(channel), String::from_utf8_lossy(message))))
        }
        crate::store::PubSub::LockLost(_) => None,
        other => panic!("{other:?}"),
    };
    outcome.effects.pubsub.iter().filter_map(text).collect()
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

pub(super) type Seen = (String, u64, u64);

pub(super) fn lock(log: &Log, name: &str) -> Vec<Seen> {
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
    /// The connection that acquired it last.
    acquirer: u64,
    bound: Bind,
    /// None: as long as the session lives.
    own_ms: Option<u64>,
    delay_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Bind {
    Nothing,
    Connection(u64),
    Session(u64),
    /// Two connections have acquired it.
    Neither,
}

#[derive(Clone, Debug)]
struct Asked {
    connection: u64,
    request: u64,
    name: String,
    owner: String,
    mode: Mode,
    ttl_ms: Option<u64>,
    since_ms: u64,
    deadline_ms: u64,
    bound: Bind,
    delay_ms: u64,
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
    /// The id of a session.
    Opened(u64),
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
    /// Until when nobody gets a name.
    delays: BTreeMap<String, u64>,
    /// How long they live at a time, and until when.
    sessions: BTreeMap<u64, (u64, u64)>,
    /// The strings that are bound to a session.
    bound: BTreeMap<String, u64>,
    /// Those whose waits a command has ended.
    ended: Vec<(u64, Got)>,
}

impl Model {
    /// True if those whom it would wait for wait for its owner. (`super::several` knows which circle is told.)
    fn closes_circle(&self, root: &Asked) -> bool {
        let goes = |a: Mode, b: Mode| a > 1 || b > 1 || a == 0 && b == 0;
        let blockers = |asked: &Asked, place: usize| -> Vec<String> {
            let held = self.holds.get(&asked.name).filter(|(mode, _)| !goes(*mode, asked.mode));
            let holders = held.into_iter().flat_map(|(_, held)| held).map(|hold| hold.owner.clone());
            let in_front = self.queue[..place].iter().filter(|front| {
                front.name == asked.name
                    && !goes(front.mode, asked.mode)
                    && (front.owner != root.owner || front.name != root.name)
            });
            let all = holders.chain(in_front.map(|front| front.owner.clone()));
            all.filter(|owner| *owner != asked.owner).collect()
        };
        let mut reached = blockers(root, self.queue.len());
        let mut at = 0;
        while at < reached.len() {
            let owner = reached[at].clone();
            for (place, asked) in self.queue.iter().enumerate().filter(|(_, asked)| asked.owner == owner) {
                for next in blockers(asked, place) {
                    if next == root.owner {
                        return true;
                    }
                    if !reached.contains(&next) {
                        reached.push(next);
                    }
                }
            }
            at += 1;
        }
        false
    }

    fn ask(&mut self, asked: &Asked, is_first: bool) -> Got {
        let session_ms = match asked.bound {
            Bind::Session(id) => match self.sessions.get(&id) {
                Some((_, deadline_ms)) if *deadline_ms >= self.now_ms => *deadline_ms,
                _ => return Got::Error("NOSESSION"),
            },
            _ => u64::MAX,
        };
        if self.strings.contains(&asked.name) {
            return Got::Error("WRONGTYPE");
        }
        let is_delayed = self.delays.contains_key(&asked.name);
        let (mode, held) = self.holds.entry(asked.name.clone()).or_insert((asked.mode, Vec::new()));
        let own_ms = asked.ttl_ms.map(|ttl_ms| self.now_ms + ttl_ms);
        let (bound, delay_ms) = (asked.bound, asked.delay_ms);
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
            hold.own_ms = own_ms.map(|own_ms| own_ms.max(hold.own_ms.unwrap_or(hold.deadline_ms)));
            hold.deadline_ms = hold.own_ms.unwrap_or(u64::MAX).min(session_ms);
            let is_of_two = hold.bound == Bind::Neither || hold.acquirer != asked.connection;
            let is_neither = is_of_two && matches!(bound, Bind::Connection(_));
            (hold.bound, hold.delay_ms) = (if is_neither { Bind::Neither } else { bound }, delay_ms);
            hold.acquirer = asked.connection;
            hold.by = hold.by.filter(|first| *first == by);
            return Got::Hold { validity_ms: validity(hold.deadline_ms), token: Some(hold.token), name, owner };
        }
        if !held.is_empty() && *mode != asked.mode && (*mode > 1 || asked.mode > 1) {
            return Got::Error("another LIMIT");
        }
        let has_room = held.is_empty() || *mode == asked.mode && (*mode == 0 || (held.len() as u64) < *mode);
        if !is_first || !has_room || is_delayed {
            return Got::Waits;
        }
        *mode = asked.mode;
        let deadline_ms = own_ms.unwrap_or(u64::MAX).min(session_ms);
        held.push(Held {
            owner: owner.clone(),
            token: 0,
            deadline_ms,
            by: Some(by),
            acquirer: asked.connection,
            bound,
            own_ms,
            delay_ms,
        });
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
            let sessions = self.sessions.values().map(|(_, deadline_ms)| *deadline_ms).min();
            let delays = self.delays.values().copied().min();
            let first = [holds, waits, sessions, delays].into_iter().flatten().min();
            let Some(due) = first.filter(|at| *at < now_ms) else { return };
            if sessions == Some(due) {
                let id = *self.sessions.iter().find(|(_, (_, deadline_ms))| *deadline_ms == due).unwrap().0;
                let of_session = |held: &Held| held.bound == Bind::Session(id);
                let names = self.holds.iter().filter(|(_, (_, held))| held.iter().any(of_session));
                let names: Vec<String> = names.map(|(name, _)| name.clone()).collect();
                names.iter().for_each(|name| self.end_due(name, due));
                self.end_session(id);
                ended.append(&mut self.ended);
            } else if holds == Some(due) || delays == Some(due) {
                let names: Vec<String> = self.holds.keys().chain(self.delays.keys()).cloned().collect();
                names.iter().for_each(|name| self.end_due(name, due));
            } else {
                let at = self.queue.iter().position(|asked| asked.deadline_ms == due).unwrap();
                ended.push((self.queue.remove(at).connection, Got::Nil));
            }
            self.serve(ended);
        }
    }

    /// Ends what of a name is due by then.
    fn end_due(&mut self, name: &str, due: u64) {
        if let Some((_, held)) = self.holds.get_mut(name) {
            let over: Vec<Held> = held.extract_if(.., |hold| hold.deadline_ms <= due).collect();
            over.into_iter().for_each(|hold| self.delay(name, &hold, hold.deadline_ms));
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
    fn end_session(&mut self, id: u64) -> usize {
        self.sessions.remove(&id);
        for asked in self.queue.extract_if(.., |asked| asked.bound == Bind::Session(id)) {
            self.ended.push((asked.connection, Got::Error("NOSESSION")));
        }
        let keys: Vec<String> = self.bound.extract_if(.., |_, of| *of == id).map(|(name, _)| name).collect();
        self.strings.retain(|string| !keys.contains(string));
        keys.len()
    }

    /// The same as a release, but what ends so may be followed by a delay.
    fn lose(&mut self, name: &str, which: impl Fn(&Held) -> bool) -> Got {
        let before = self.holds.get(name).map(|(_, held)| held.clone()).unwrap_or_default();
        let got = self.end(name, &which);
        let now_ms = self.now_ms;
        before.iter().filter(|hold| which(hold)).for_each(|hold| self.delay(name, hold, now_ms));
        got
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
            let got = ended;
            let reply = replies.get(waiter).unwrap_or_else(|| panic!("{line}: {waiter} is not answered {got:?}"));
            self.compare(&line, got, reply);
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
            (Got::Opened(timeout_ms), Reply::Int(id)) => {
                let is_higher = self.model.sessions.keys().all(|other| *other < *id as u64);
                assert!(is_higher, "{line}: ids rise");
                self.model.sessions.insert(*id as u64, (*timeout_ms, self.model.now_ms + timeout_ms));
            }
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
            let entry = self.log.origin.db(0).get(name.as_bytes());
            let delayed_ms = entry.and_then(|entry| Lock::of(entry.value())).map_or(0, Lock::delayed_ms);
            assert_eq!(delayed_ms, self.model.delays.get(name).copied().unwrap_or(0), "{line}: {name}");
            let is_string = entry.is_some_and(|entry| !entry.value().is_lock());
            assert_eq!(is_string, self.model.strings.iter().any(|string| string == name), "{line}: {name}");
            let queue = self.log.origin.waiters().of_key(0, name.as_bytes().into());
            let queue: Vec<u64> = queue.map(|(id, _)| id.connection).collect();
            let waiting = self.model.queue.iter().filter(|asked| asked.name == name);
            assert_eq!(queue, waiting.map(|asked| asked.connection).collect::<Vec<_>>(), "{line}: {name}");
        }
    }

    fn same_sessions(&self, line: &str) {
        let sessions = self.log.origin.sessions();
        let there = sessions.iter().map(|(id, session)| (id, (session.timeout_ms, session.deadline_ms)));
        assert_eq!(there.collect::<BTreeMap<_, _>>(), self.model.sessions, "{line}");
        let keys = sessions.iter().flat_map(|(id, _)| sessions.keys_of(id).map(move |(_, key)| (key.to_vec(), id)));
        let bound = self.model.bound.iter().map(|(name, id)| (name.as_bytes().to_vec(), *id));
        assert_eq!(keys.collect::<BTreeMap<_, _>>(), bound.collect(), "{line}");
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
                let deadline_ms = *deadline_ms;
                let got = Got::Int(*timeout_ms as i64);
                let held = self.model.holds.values_mut().flat_map(|(_, held)| held);
                for hold in held.filter(|hold| hold.bound == Bind::Session(id)) {
                    hold.deadline_ms = hold.own_ms.unwrap_or(u64::MAX).min(deadline_ms);
                }
                (format!("SESSION.KEEPALIVE {id}"), got)
            }
            7 => {
                let names: Vec<String> = self.model.holds.keys().cloned().collect();
                let mut released = 0;
                for name in names.iter().filter(|_| is_there) {
                    let Got::Int(count) = self.model.end(name, |hold| hold.bound == Bind::Session(id)) else {
                        panic!()
                    };
                    released += count;
                }
                released += self.model.end_session(id) as i64;
                (format!("SESSION.CLOSE {id}"), Got::Int(released))
            }
            _ => {
                let is_string = self.model.strings.contains(&name);
                let is_lock = self.model.holds.contains_key(&name) || self.model.delays.contains_key(&name);
                let got = match is_there {
                    false => Got::Error("NOSESSION"),
                    true if is_lock => Got::Error("WRONGTYPE"),
                    true => Got::Int(i64::from(is_string)),
                };
                if is_there && is_string {
                    self.model.bound.insert(name.clone(), id);
                }
                (format!("SESSION.BIND {id} {name}"), got)
            }
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
        match self.rng.below(24) {
            20.. => self.of_sessions(name),
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
                hold.own_ms = hold.own_ms.map(|own_ms| own_ms.max(now_ms + ttl_ms));
                let session_ms = match hold.bound {
                    Bind::Session(id) => self.model.sessions[&id].1,
                    _ => u64::MAX,
                };
                hold.deadline_ms = hold.own_ms.unwrap_or(u64::MAX).min(session_ms);
                hold.by = None;
                let span = hold.deadline_ms - now_ms;
                let validity_ms = span.saturating_sub(span.div_ceil(1000) + 1);
                (line, Got::Hold { validity_ms, token: Some(hold.token), name, owner })
            }
            15 => (format!("LOCK.BREAK {name}"), self.model.lose(&name, |_| true)),
            16 => {
                let is_delayed = self.model.delays.remove(&name).is_some();
                let was = self.model.strings.contains(&name) || self.model.holds.contains_key(&name) || is_delayed;
                self.model.bound.remove(&name);
                self.model.strings.retain(|string| *string != name);
                self.model.holds.remove(&name);
                (format!("DEL {name}"), Got::Int(i64::from(was)))
            }
            17 => {
                let got = if self.model.holds.contains_key(&name) || self.model.delays.contains_key(&name) {
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
                self.model.delays.clear();
                self.model.bound.clear();
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
        if self.rng.below(2) == 0 {
            let mut released = 0;
            for name in names {
                let Got::Int(count) = self.model.lose(&name, |hold| hold.bound == Bind::Connection(connection)) else {
                    panic!()
                };
                released += count;
            }
            return ("wait._leave".to_owned(), Got::Int(ended as i64 + released));
        }
        for name in names {
            self.model.lose(&name, |hold| hold.by == Some((connection, request)));
        }
        ("wait._cancel".to_owned(), Got::Int(ended as i64))
    }

    fn acquire(&mut self, connection: u64, name: String, owner: String) -> (String, Got) {
        let ttl_ms = 1 + self.rng.below(60);
        let (word, mode) = [("", 1), ("", 1), (" SHARED", 0), (" SHARED", 0), (" LIMIT 2", 2), (" LIMIT 3", 3)]
            [self.rng.below(6) as usize];
        let wait_ms = [None, Some(0), Some(1 + self.rng.below(80))][self.rng.below(3) as usize];
        let wait = wait_ms.map_or(String::new(), |ms| format!(" WAIT {ms}"));
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
        let delay_ms = self.rng.below(4) / 3 * self.rng.below(40);
        let delay = if delay_ms > 0 { format!(" DELAY {delay_ms}") } else { String::new() };
        let line = format!("LOCK.ACQUIRE {name} {owner}{time}{wait}{word}{binding}{delay}");
        let request = self.requests.entry(connection).or_default();
        *request += 1;
        let since_ms = self.model.now_ms;
        let deadline_ms = wait_ms.filter(|ms| *ms > 0).map_or(0, |ms| since_ms + ms);
        let is_first = !self.model.queue.iter().any(|asked| asked.name == name);
        let request = *request;
        let asked = Asked { connection, request, name, owner, mode, ttl_ms, since_ms, deadline_ms, bound, delay_ms };
        let got = match self.model.ask(&asked, is_first) {
            Got::Waits if wait_ms.is_some() && self.model.closes_circle(&asked) => Got::Error("DEADLOCK"),
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
