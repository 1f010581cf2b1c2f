//! Whether a wait for locks would never end, because those whom it waits for wait for it.
//!
//! Invariants
//! - A waiter waits for whoever has an incompatible hold on one of its locks, and for each incompatible waiter in front of it there, but not for
//!   its own owner, and for nobody at a lock that its owner holds: that is confirmed to it whoever stands there. Locks that several hold at
//!   a time by a LIMIT take no part: any of the holders may make room. A hold that is over, and an earlier wait of the same owner for
//!   one of the very locks that it asks for (a request that it sends again), is in nobody's way.
//! - Found is the shortest circle that leads back to the owner who asks, and of these the first: names in their order, holders in that of their
//!   tokens, then waiters in that of the queue. All of it is a function of the state.
//! - The walk is bounded, by owners and by looks; where it ends early no circle is found. It costs nothing where all who wait do so for the one
//!   lock that is asked for: nobody waits for what else the owner may hold.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Claim, Kind, Lock, LockMode, State, Waiter, is_over};
use crate::error::ReplyError;

/// Most owners that are looked at.
const OWNERS_MAX: usize = 1024;
/// Most holds and waits that are looked at.
const LOOKS_MAX: usize = 64 * OWNERS_MAX;

/// Most steps of a circle that the error shows.
const STEPS_SHOWN: usize = 16;
/// Most bytes that it shows of a name.
const NAME_SHOWN: usize = 64;

/// One owner of a circle, and what it waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub owner: Arc<[u8]>,
    /// The lock.
    pub name: Arc<[u8]>,
    /// The next owner holds it; else it waits in front.
    pub is_held: bool,
}

/// What the client is told of it: the whole circle, or its beginning.
pub(super) fn error(circle: &[Step]) -> ReplyError {
    let mut text = b"DEADLOCK ".to_vec();
    let mut names: Vec<&[u8]> = circle.iter().map(|step| &*step.owner).collect();
    if !names.is_empty() {
        names.rotate_left(1);
    }
    for (at, (step, next)) in circle.iter().zip(names).enumerate() {
        if at == STEPS_SHOWN {
            text.extend_from_slice(b", and so on");
            break;
        }
        if at > 0 {
            text.extend_from_slice(b", ");
        }
        show(&mut text, &step.owner);
        text.extend_from_slice(b" waits for ");
        show(&mut text, &step.name);
        text.extend_from_slice(if step.is_held { b" held by " } else { b" behind " });
        show(&mut text, next);
    }
    ReplyError::text(text)
}

fn show(text: &mut Vec<u8>, name: &[u8]) {
    let shown = name.iter().take(NAME_SHOWN);
    text.push(b'\'');
    text.extend(shown.map(|byte| if byte.is_ascii_control() { b'?' } else { *byte }));
    text.extend_from_slice(if name.len() > NAME_SHOWN { b"...'" } else { b"'" });
}

/// An owner that was reached.
struct Reached {
    owner: Arc<[u8]>,
    /// The place of the one that waits for it, the lock, and whether it holds that. None: it is the one who asks.
    by: Option<(usize, Arc<[u8]>, bool)>,
}

/// A key of a database.
type Name = (u8, Arc<[u8]>);

struct Walk<'a> {
    state: &'a State,
    db: u8,
    asker: &'a Claim,
    asked: &'a [Arc<[u8]>],
    reached: Vec<Reached>,
    known: BTreeSet<Arc<[u8]>>,
    /// Of each lock: its holders have been looked at.
    holders_seen: BTreeSet<Name>,
    /// Of each lock, for an exclusive and a shared claim: up to which ticket its queue has been looked at.
    queue_seen: [BTreeMap<Name, u64>; 2],
    looks: usize,
}

/// What a look comes to.
enum Look {
    GoOn,
    /// The circle is closed.
    Back,
    /// The bounds are reached.
    TooFar,
}

/// The circle that a wait for these keys would close.
pub(super) fn circle(state: &State, db: u8, keys: &[Arc<[u8]>], asker: &Claim) -> Option<Vec<Step>> {
    let is_alone = match keys {
        [key] => state.waiters.all_in_turn_wait_for(db, key),
        _ => false,
    };
    if is_alone {
        return None;
    }
    let mut walk = Walk {
        state,
        db,
        asker,
        asked: keys,
        reached: vec![Reached { owner: asker.owner.clone(), by: None }],
        known: BTreeSet::new(),
        holders_seen: BTreeSet::new(),
        queue_seen: [BTreeMap::new(), BTreeMap::new()],
        looks: 0,
    };
    walk.find(keys)
}

impl<'a> Walk<'a> {
    fn find(&mut self, keys: &[Arc<[u8]>]) -> Option<Vec<Step>> {
        let mut look = self.wait(0, self.db, keys, self.asker.mode, u64::MAX);
        let mut at = 1;
        while let Look::GoOn = look {
            let owner = self.reached.get(at)?.owner.clone();
            for (ticket, _, waiter) in self.state.waiters.of_owner(&owner) {
                let Waiter { db, keys, claim: Some(claim), .. } = waiter else { continue };
                look = self.wait(at, *db, keys, claim.mode, ticket);
                if !matches!(look, Look::GoOn) {
                    break;
                }
            }
            at += 1;
        }
        if matches!(look, Look::Back) { Some(self.steps()) } else { None }
    }

    /// Looks at all that a wait with this ticket waits for, whose owner is the one at this place.
    fn wait(&mut self, at: usize, db: u8, keys: &[Arc<[u8]>], mode: LockMode, ticket: u64) -> Look {
        if mode.is_semaphore() {
            return Look::GoOn;
        }
        for key in keys {
            if self.is_held(at, db, key) {
                continue;
            }
            let holders = self.holders(at, db, key, mode);
            let look = if let Look::GoOn = holders { self.queue(at, db, key, mode, ticket) } else { holders };
            if !matches!(look, Look::GoOn) {
                return look;
            }
        }
        Look::GoOn
    }

    fn lock(&self, db: u8, key: &[u8]) -> Option<&'a Lock> {
        let state: &'a State = self.state;
        state.db(db.into()).get(key).and_then(|entry| Lock::of(entry.value()))
    }

    /// True if the owner at this place holds the lock.
    fn is_held(&self, at: usize, db: u8, key: &[u8]) -> bool {
        let hold = self.lock(db, key).zip(self.reached.get(at)).and_then(|(lock, by)| lock.hold_of(&by.owner));
        hold.is_some_and(|hold| !is_over(hold.deadline_ms, self.state.now_ms))
    }

    fn holders(&mut self, at: usize, db: u8, key: &Arc<[u8]>, mode: LockMode) -> Look {
        let lock = self.lock(db, key);
        let Some(lock) = lock.filter(|lock| !lock.mode().is_semaphore() && !mode.goes_with(lock.mode())) else {
            return Look::GoOn;
        };
        if !self.holders_seen.insert((db, key.clone())) {
            return Look::GoOn;
        }
        let state = self.state;
        for hold in lock.holds().iter().filter(|hold| !is_over(hold.deadline_ms, state.now_ms)) {
            let look = self.look(at, Arc::from(&*hold.owner), key, true);
            if !matches!(look, Look::GoOn) {
                return look;
            }
        }
        Look::GoOn
    }

    fn queue(&mut self, at: usize, db: u8, key: &Arc<[u8]>, mode: LockMode, ticket: u64) -> Look {
        let state = self.state;
        let name = (db, key.clone());
        let seen = |of: &BTreeMap<Name, u64>| of.get(&name).copied().unwrap_or(0);
        let [exclusive, shared] = &self.queue_seen;
        // An exclusive claim has looked at whatever a shared one looks at.
        let is_shared = mode == LockMode::Shared;
        let mut behind = if is_shared { seen(exclusive).max(seen(shared)) } else { seen(exclusive) };
        let is_asked = db == self.db && self.asked.contains(key);
        while let Some((next, id)) = state.waiters.next_of(db, key, behind).filter(|(next, _)| *next < ticket) {
            behind = next;
            self.looks += 1;
            if self.looks > LOOKS_MAX {
                return Look::TooFar;
            }
            let claim = state.waiters.get(id).and_then(|(_, waiter)| waiter.claim.as_ref());
            let Some(claim) = claim.filter(|claim| !claim.mode.is_semaphore() && !mode.goes_with(claim.mode)) else {
                continue;
            };
            if is_asked && claim.owner == self.asker.owner {
                continue;
            }
            let look = self.look(at, claim.owner.clone(), key, false);
            if !matches!(look, Look::GoOn) {
                return look;
            }
        }
        if let Some(seen) = self.queue_seen.get_mut(usize::from(is_shared)) {
            let upto = seen.entry(name).or_default();
            *upto = behind;
        }
        Look::GoOn
    }

    /// The owner at this place waits for another.
    fn look(&mut self, at: usize, owner: Arc<[u8]>, key: &Arc<[u8]>, is_held: bool) -> Look {
        self.looks += 1;
        if !self.known.insert(owner.clone()) {
            return Look::GoOn;
        }
        // What it holds, and its own claims of what it asks for, were passed over: so this is somebody else's way to it.
        let is_back = owner == self.asker.owner;
        self.reached.push(Reached { owner, by: Some((at, key.clone(), is_held)) });
        match () {
            () if is_back => Look::Back,
            () if self.looks > LOOKS_MAX || self.reached.len() > OWNERS_MAX => Look::TooFar,
            () => Look::GoOn,
        }
    }

    /// The way to the one that was reached last.
    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut reached = self.reached.last();
        while let Some((at, name, is_held)) = reached.and_then(|reached| reached.by.as_ref()) {
            reached = self.reached.get(*at);
            let Some(Reached { owner, .. }) = reached else { break };
            steps.push(Step { owner: owner.clone(), name: name.clone(), is_held: *is_held });
        }
        steps.reverse();
        steps
    }
}
