//! Whether what clients of LOCK.MULTI were told, and what the locks' own history and final state say, is what is promised of several at once.
//!
//! - All or none: a reply has a token for each name, and one for all that it did not hold before; what a command was granted, by the history,
//!   is all that it asked for and its owner did not hold; it ends together, unless its owner ends it apart; and so it is in the final state.
//! - Who was told of nothing, or of a circle, was granted nothing.
//! - By the history of each name those who hold it together go together, and tokens rise from each hold to the next.
//! - Every request ends: with its locks, with a circle, or with nothing when its wait is over, not before and not long after.
//! - No circle of those who hold and wait stands without an end. One that a client was told of is one, and leads back to that client.
//!
//! Mutual exclusion by the clients' own clock is what [`super::holds`] looks at.

use std::collections::{BTreeMap, BTreeSet};

use super::holds::{Hold, Limit};

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Got {
    /// One for each name.
    Tokens(Vec<i64>),
    /// Nil.
    Nothing,
    /// The error that tells of a circle.
    Circle(String),
    /// Nobody knows.
    Unknown,
}

/// A LOCK.MULTI, for an owner that asks for one thing after the other. Times by one clock for all, ms.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Nobody else's.
    pub owner: String,
    /// Each once.
    pub names: Vec<String>,
    /// For how long it was to wait; 0: for ever. None: not at all.
    pub wait_ms: Option<u64>,
    /// When it was sent.
    pub sent: u64,
    /// When it had ended.
    pub ended: u64,
    /// How.
    pub got: Got,
    /// All that its owner had asked for before was answered, and so was this.
    pub is_certain: bool,
}

/// An event of a lock's history.
#[derive(Clone, Debug)]
pub struct Event {
    /// What happened.
    pub event: String,
    /// To whose hold.
    pub owner: String,
    /// Which.
    pub token: i64,
    /// Cluster time, ms.
    pub time_ms: u64,
}

/// All that was seen.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Every LOCK.MULTI.
    pub asked: Vec<Asked>,
    /// Owners that asked for one lock alone, otherwise: for which, and how they hold it.
    pub singles: BTreeMap<String, (String, Limit)>,
    /// Owners that end or extend some of what they were granted together.
    pub apart: BTreeSet<String>,
    /// What all holders believed in.
    pub holds: Vec<Hold>,
    /// The whole history of each name, the oldest event first.
    pub history: BTreeMap<String, Vec<Event>>,
    /// Owners and tokens of each name, all at one moment behind all else.
    pub held: BTreeMap<String, Vec<(String, i64)>>,
    /// How much longer than its wait a request may take, ms.
    pub late_ms: u64,
}

/// A hold by the history.
#[derive(Clone, Debug)]
struct Period {
    name: String,
    owner: String,
    token: i64,
    from_ms: u64,
    /// How and when it ended.
    end: Option<(String, u64)>,
}

impl Period {
    /// True if it may have lasted at this moment.
    fn may_last(&self, time_ms: u64) -> bool {
        self.from_ms <= time_ms && self.end.as_ref().is_none_or(|(_, end_ms)| *end_ms >= time_ms)
    }
}

/// The least that a wait of so many ms lasts by a true clock.
fn least_ms(wait_ms: u64) -> u64 {
    wait_ms.saturating_sub(wait_ms.div_ceil(1000) + 1)
}

/// Checks all of it.
///
/// # Errors
/// The first thing that contradicts a promise.
pub fn check(seen: &Seen) -> Result<(), String> {
    seen.asked.iter().try_for_each(|asked| ended_in_time(asked, seen.late_ms))?;
    let told_before = one_token_for_all(&seen.asked)?;
    let mut periods = Vec::new();
    for (name, events) in &seen.history {
        periods.extend(replay(seen, name, events)?);
    }
    told_is_granted(seen, &periods, &told_before)?;
    granted_together(seen, &periods)?;
    no_circle_stands(seen)?;
    seen.asked.iter().try_for_each(|asked| circle_is_one(seen, &periods, asked))
}

fn ended_in_time(asked: &Asked, late_ms: u64) -> Result<(), String> {
    let wait_ms = asked.wait_ms.unwrap_or(0);
    let is_early = match asked.wait_ms {
        Some(0) => asked.got == Got::Nothing,
        _ => asked.got == Got::Nothing && asked.ended < asked.sent + least_ms(wait_ms),
    };
    match () {
        () if is_early => Err(format!("its wait ended too early: {asked:?}")),
        () if asked.ended > asked.sent + wait_ms + late_ms => Err(format!("it neither ended nor timed out: {asked:?}")),
        () => Ok(()),
    }
}

/// Of each request the tokens that its owner knew when it was sent, by name.
type ToldBefore = Vec<BTreeMap<String, BTreeSet<i64>>>;

fn one_token_for_all(asked: &[Asked]) -> Result<ToldBefore, String> {
    let mut told: BTreeMap<&str, BTreeMap<String, BTreeSet<i64>>> = BTreeMap::new();
    let mut before = vec![BTreeMap::new(); asked.len()];
    let mut in_order: Vec<usize> = (0..asked.len()).collect();
    in_order.sort_by_key(|at| asked[*at].sent);
    for at in in_order {
        let Asked { owner, names, got, .. } = &asked[at];
        let known = told.entry(owner).or_default();
        before[at] = known.clone();
        let Got::Tokens(tokens) = got else { continue };
        if tokens.len() != names.len() {
            return Err(format!("not one token for each name: {:?}", asked[at]));
        }
        let is_known = |name: &String, token: &i64| known.get(name).is_some_and(|known| known.contains(token));
        let new: BTreeSet<i64> =
            names.iter().zip(tokens).filter(|(name, token)| !is_known(name, token)).map(|(_, token)| *token).collect();
        if new.len() > 1 {
            return Err(format!("tokens of several commands in one reply: {:?}", asked[at]));
        }
        names.iter().zip(tokens).for_each(|(name, token)| _ = known.entry(name.clone()).or_default().insert(*token));
    }
    Ok(before)
}

/// What a history tells, if those who hold together may.
fn replay(seen: &Seen, name: &str, events: &[Event]) -> Result<Vec<Period>, String> {
    let mut periods: Vec<Period> = Vec::new();
    let limit_of = |owner: &str| seen.singles.get(owner).map_or(Some(1), |(_, limit)| *limit);
    for Event { event, owner, token, time_ms } in events {
        let told = || format!("{name}: {event} {owner} {token} at {time_ms}");
        let mut open = periods.iter_mut().filter(|period| period.end.is_none());
        match event.as_str() {
            "acquired" => {
                let (limit, others) = (limit_of(owner), open.map(|period| period.owner.clone()).collect::<Vec<_>>());
                let goes = others.iter().all(|other| limit_of(other) == limit && other != owner);
                if !goes || limit.is_some_and(|limit| others.len() >= limit) {
                    return Err(format!("{} while {others:?} hold it", told()));
                }
                if periods.iter().any(|period| period.token >= *token) {
                    return Err(format!("a token that does not rise: {}", told()));
                }
                let (name, owner) = (name.to_owned(), owner.clone());
                periods.push(Period { name, owner, token: *token, from_ms: *time_ms, end: None });
            }
            _ => {
                let Some(period) = open.find(|period| (&period.owner, period.token) == (owner, *token)) else {
                    return Err(format!("of a hold that there is not: {}", told()));
                };
                if event != "extended" {
                    period.end = Some((event.clone(), *time_ms));
                }
            }
        }
    }
    Ok(periods)
}

/// What clients were told is in the history, and no more than that.
fn told_is_granted(seen: &Seen, periods: &[Period], told_before: &ToldBefore) -> Result<(), String> {
    let granted: BTreeSet<(&str, &str, i64)> =
        periods.iter().map(|period| (&*period.owner, &*period.name, period.token)).collect();
    for (asked, before) in seen.asked.iter().zip(told_before) {
        let Asked { owner, names, got, .. } = asked;
        if let Got::Tokens(tokens) = got {
            let is_there = |(name, token): (&String, &i64)| granted.contains(&(owner, name, *token));
            if !names.iter().zip(tokens).all(is_there) {
                return Err(format!("a grant that the history does not know: {asked:?}"));
            }
        }
        if !matches!(got, Got::Nothing | Got::Circle(_)) || !asked.is_certain {
            continue;
        }
        let later = seen.asked.iter().filter(|later| later.owner == *owner && later.sent > asked.sent);
        let later: BTreeSet<&String> = later.flat_map(|later| &later.names).collect();
        let is_new = |period: &&Period| {
            let known = before.get(&period.name).is_some_and(|known| known.contains(&period.token));
            period.owner == *owner && names.contains(&period.name) && !known && !later.contains(&period.name)
        };
        if let Some(period) = periods.iter().find(is_new) {
            return Err(format!("it was refused, and granted {period:?}: {asked:?}"));
        }
    }
    Ok(())
}

fn granted_together(seen: &Seen, periods: &[Period]) -> Result<(), String> {
    let mut asked_by: BTreeMap<&str, Vec<&Asked>> = BTreeMap::new();
    seen.asked.iter().for_each(|asked| asked_by.entry(&asked.owner).or_default().push(asked));
    let mut of_command: BTreeMap<(&str, i64), Vec<&Period>> = BTreeMap::new();
    let several = periods.iter().filter(|period| asked_by.contains_key(&*period.owner));
    several.for_each(|period| of_command.entry((&period.owner, period.token)).or_default().push(period));
    for ((owner, token), granted) in of_command {
        let names: BTreeSet<&String> = granted.iter().map(|period| &period.name).collect();
        let held = |name: &String| {
            let mut own = periods.iter().filter(|period| period.owner == owner && period.name == *name);
            own.any(|period| period.token < token && period.may_last(granted[0].from_ms))
        };
        let is_all = |asked: &&Asked| {
            names.iter().all(|name| asked.names.contains(name))
                && asked.names.iter().all(|name| names.contains(name) || held(name))
        };
        if !asked_by[owner].iter().any(is_all) {
            return Err(format!("neither all nor none was granted: {granted:?}, of {:?}", asked_by[owner]));
        }
        if seen.apart.contains(owner) {
            continue;
        }
        let ends: BTreeSet<Option<&str>> =
            granted.iter().map(|period| period.end.as_ref().map(|(event, _)| &**event)).collect();
        if ends.len() > 1 {
            return Err(format!("it ended apart: {granted:?}"));
        }
        let is_held = |name: &&&String| {
            let held = seen.held.get(**name);
            held.is_some_and(|held| held.iter().any(|(by, with)| by == owner && *with == token))
        };
        let left = names.iter().filter(is_held).count();
        if left != 0 && left != names.len() {
            return Err(format!("neither all nor none is held at the end: {granted:?}, {:?}", seen.held));
        }
    }
    for (name, held) in &seen.held {
        let is_open = |(owner, token): &&(String, i64)| {
            let mut open = periods.iter().filter(|period| period.name == *name && period.end.is_none());
            open.any(|period| period.owner == *owner && period.token == *token)
        };
        if let Some(held) = held.iter().find(|held| !is_open(held)) {
            return Err(format!("{held:?} holds {name}, and its history knows nothing of it"));
        }
    }
    Ok(())
}

/// The span in which a request waited for certain, if it did.
fn waited(asked: &Asked) -> Option<(u64, u64)> {
    let least = least_ms(asked.wait_ms.filter(|_| asked.got == Got::Nothing)?);
    // It joined before this, and stayed until that.
    let span = (asked.ended.saturating_sub(least).max(asked.sent), asked.sent + least);
    (span.0 < span.1).then_some(span)
}

fn no_circle_stands(seen: &Seen) -> Result<(), String> {
    let waits: Vec<(&Asked, (u64, u64))> =
        seen.asked.iter().filter_map(|asked| Some((asked, waited(asked)?))).collect();
    // A circle begins with a wait.
    for (_, (at, _)) in &waits {
        let standing = waits.iter().filter(|(_, (from, until))| (from..until).contains(&at));
        let mut ways: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (asked, _) in standing {
            let in_the_way = seen.holds.iter().filter(|hold| {
                let is_one = hold.limit.is_none_or(|limit| limit == 1) && hold.owner != asked.owner;
                is_one && asked.names.contains(&hold.name) && (hold.from..hold.until).contains(at)
            });
            ways.entry(&asked.owner).or_default().extend(in_the_way.map(|hold| hold.owner.as_str()));
        }
        // Who waits for nobody that waits is in no circle; what is left when there are no more of those is.
        loop {
            let waiting: BTreeSet<&str> = ways.keys().copied().collect();
            let before = ways.len();
            ways.retain(|_, others| others.iter().any(|other| waiting.contains(other)));
            if ways.len() == before {
                break;
            }
        }
        if !ways.is_empty() {
            return Err(format!("a circle stands at {at}, and nobody was told of it: {ways:?}"));
        }
    }
    Ok(())
}

/// `'a' waits for 'x' held by 'b', 'b' waits for …`: owner, name, is held, next owner.
fn steps(text: &str) -> Option<Vec<(&str, &str, bool, &str)>> {
    let step = |step| {
        let (owner, rest) = str::strip_prefix(step, "'")?.split_once("' waits for '")?;
        let is_held = rest.contains("' held by '");
        let (name, next) = rest.split_once(if is_held { "' held by '" } else { "' behind '" })?;
        Some((owner, name, is_held, next.strip_suffix('\'')?))
    };
    text.strip_prefix("DEADLOCK ")?.split(", ").map(step).collect()
}

fn circle_is_one(seen: &Seen, periods: &[Period], asked: &Asked) -> Result<(), String> {
    let Got::Circle(text) = &asked.got else { return Ok(()) };
    let waits = |owner: &str, name: &str| {
        let name = name.to_owned();
        if let Some((single, _)) = seen.singles.get(owner) {
            return *single == name;
        }
        let mut others = seen.asked.iter().filter(|other| other.owner == owner && other.names.contains(&name));
        others.any(|other| {
            let may_last = other.ended >= asked.sent || other.got == Got::Unknown;
            other.wait_ms.is_some() && other.sent <= asked.ended && may_last
        })
    };
    let held = |owner: &str, name: &str| periods.iter().any(|period| period.owner == owner && period.name == name);
    let is_one = |steps: &Vec<(&str, &str, bool, &str)>| {
        let next = steps.iter().map(|(owner, ..)| *owner).cycle().skip(1);
        steps.first().is_some_and(|(owner, ..)| *owner == asked.owner)
            && steps.iter().zip(next).all(|((owner, name, is_held, other), next)| {
                let is_there = if *is_held { held(other, name) } else { waits(other, name) };
                *other == next && waits(owner, name) && is_there
            })
    };
    match steps(text).filter(is_one) {
        Some(_) => Ok(()),
        None => Err(format!("it is told of a circle that is none: {asked:?}")),
    }
}
