//! What happened to locks, as far back as there is room.
//!
//! Invariants
//! - The events stand in the order of the log, and have consecutive numbers; the oldest go when all take more than the bound. So what is
//!   kept is a function of the log, and every node keeps the same.
//! - `latest` names the last kept event of each name that has one, and each event the one before it of the same name: so the events of a name
//!   are found without a look at others. What `previous` names may have gone.
//! - All of it follows from the events in their order: a snapshot holds nothing else.
//!
//! Shared with images, so that a snapshot costs nothing here.

use std::sync::Arc;

use imbl::{OrdMap, Vector};

/// What an event takes besides its owner and, twice, its name: roughly.
const OVERHEAD: u64 = 192;

/// What happened to a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockEvent {
    /// It began.
    Acquired,
    /// Its deadline is a later one.
    Extended,
    /// Its owner ended it.
    Released,
    /// Its time was over.
    Expired,
    /// Somebody else ended it: an operator, DEL, FLUSHALL.
    Broken,
    /// It ended with the connection or session of its owner.
    Lost,
}

impl LockEvent {
    /// All, by their numbers in a snapshot.
    pub const ALL: [Self; 6] =
        [Self::Acquired, Self::Extended, Self::Released, Self::Expired, Self::Broken, Self::Lost];

    /// Its number.
    pub fn number(self) -> usize {
        self as usize
    }

    /// True if the hold is over with it.
    pub fn is_end(self) -> bool {
        !matches!(self, Self::Acquired | Self::Extended)
    }

    /// What clients are told.
    pub fn name(self) -> &'static str {
        match self {
            Self::Acquired => "acquired",
            Self::Extended => "extended",
            Self::Released => "released",
            Self::Expired => "expired",
            Self::Broken => "broken",
            Self::Lost => "lost",
        }
    }
}

/// An event of one lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockRecord {
    /// Index of its database.
    pub db: u8,
    /// The lock.
    pub name: Arc<[u8]>,
    /// What happened.
    pub event: LockEvent,
    /// Whose hold it happened to.
    pub owner: Box<[u8]>,
    /// The hold's token.
    pub token: u64,
    /// Cluster time, ms.
    pub at_ms: u64,
}

impl LockRecord {
    fn bytes(&self) -> u64 {
        OVERHEAD + 2 * self.name.len() as u64 + self.owner.len() as u64
    }
}

/// See the module's header.
#[derive(Clone, Debug, Default)]
pub struct LockHistory {
    /// Each with the number of the one before of its name; 0: there was none.
    events: Vector<(LockRecord, u64)>,
    /// How many have gone.
    gone: u64,
    latest: OrdMap<(u8, Arc<[u8]>), u64>,
    bytes: u64,
}

impl LockHistory {
    /// All, the oldest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &LockRecord> {
        self.events.iter().map(|(record, _)| record)
    }

    /// Those of one name, the newest first.
    pub fn of<'a>(&'a self, db: u8, name: &[u8]) -> impl Iterator<Item = &'a LockRecord> {
        let latest = self.latest.get(&(db, Arc::from(name))).copied();
        let steps =
            std::iter::successors(latest.and_then(|number| self.get(number)), |(_, previous)| self.get(*previous));
        steps.map(|(record, _)| record)
    }

    /// Event 1, 2, 3 …
    fn get(&self, number: u64) -> Option<&(LockRecord, u64)> {
        let at = number.checked_sub(self.gone + 1)?;
        self.events.get(usize::try_from(at).ok()?)
    }

    /// Adds an event, and lets the oldest go until all together take no more than `bytes_max`.
    pub fn push(&mut self, record: LockRecord, bytes_max: u64) {
        let name = (record.db, record.name.clone());
        let number = self.gone + self.events.len() as u64 + 1;
        let previous = self.latest.insert(name, number).unwrap_or(0);
        self.bytes += record.bytes();
        self.events.push_back((record, previous));
        while self.bytes > bytes_max {
            let Some((record, _)) = self.events.pop_front() else { break };
            self.gone += 1;
            self.bytes -= record.bytes();
            let name = (record.db, record.name);
            if self.latest.get(&name) == Some(&self.gone) {
                self.latest.remove(&name);
            }
        }
    }

    /// Checks the invariants of the module's header.
    ///
    /// # Errors
    /// Names the first thing that is wrong.
    pub fn validate(&self) -> Result<(), String> {
        let mut again = Self { gone: self.gone, ..Self::default() };
        for (record, previous) in &self.events {
            again.push(record.clone(), u64::MAX);
            let told = again.events.last().map_or(0, |(_, previous)| *previous);
            // One that had gone by then was known, or was not.
            if told != *previous && (told > self.gone || *previous > self.gone) {
                return Err(format!("an event of {:?} does not name the one before", record.name));
            }
        }
        if again.latest != self.latest || again.bytes != self.bytes {
            return Err("the events of locks and what leads to them do not agree".into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(db: u8, name: &str, token: u64) -> LockRecord {
        LockRecord {
            db,
            name: name.as_bytes().into(),
            event: LockEvent::Acquired,
            owner: (*b"o").into(),
            token,
            at_ms: 7,
        }
    }

    fn tokens(history: &LockHistory, db: u8, name: &str) -> Vec<u64> {
        history.of(db, name.as_bytes()).map(|record| record.token).collect()
    }

    #[test]
    fn events_of_a_name_are_found_newest_first_until_they_have_gone() {
        let mut history = LockHistory::default();
        let max = 5 * record(0, "a", 0).bytes();
        let mut kept: Vec<LockRecord> = Vec::new();
        for token in 1..60 {
            let new = record((token % 7 / 5) as u8, ["a", "b", "c"][(token * token % 11 % 3) as usize], token);
            kept.push(new.clone());
            kept.drain(..kept.len().saturating_sub(5));
            history.push(new, max);
            history.validate().unwrap();
            assert!(history.iter().eq(&kept), "{token}");
            for (db, name) in [(0, "a"), (0, "b"), (0, "c"), (1, "a"), (1, "b"), (1, "c")] {
                let of_name = kept.iter().rev().filter(|kept| kept.db == db && *kept.name == *name.as_bytes());
                assert_eq!(tokens(&history, db, name), of_name.map(|kept| kept.token).collect::<Vec<_>>(), "{token}");
            }
        }
    }

    #[test]
    fn a_lower_bound_counts_from_the_next_event_on_and_images_stay_as_they_were() {
        let mut history = LockHistory::default();
        (1..=9).for_each(|token| history.push(record(0, "a", token), u64::MAX));
        let image = history.clone();
        history.push(record(0, "a", 10), 2 * record(0, "a", 0).bytes());
        assert_eq!((tokens(&history, 0, "a"), tokens(&image, 0, "a").len()), (vec![10, 9], 9));
        history.push(record(0, "a", 11), 0);
        assert_eq!((history.iter().len(), history.bytes, history.latest.len()), (0, 0, 0), "0: nothing is kept");
        image.validate().unwrap();
    }

    #[test]
    fn an_event_takes_its_name_twice_and_its_owner_once() {
        let long = LockRecord { owner: (*b"owner").into(), ..record(0, "name", 1) };
        assert_eq!(long.bytes(), OVERHEAD + 2 * 4 + 5);
        let mut history = LockHistory::default();
        history.push(long.clone(), long.bytes());
        assert_eq!(history.iter().len(), 1, "as much as there may be");
        history.push(long.clone(), 2 * long.bytes() - 1);
        assert_eq!(history.iter().len(), 1);
    }

    #[test]
    fn a_hold_is_over_with_four_of_the_events() {
        let ends: Vec<&str> = LockEvent::ALL.into_iter().filter(|event| event.is_end()).map(LockEvent::name).collect();
        assert_eq!(ends, ["released", "expired", "broken", "lost"]);
        assert!(LockEvent::ALL.into_iter().map(LockEvent::number).eq(0..6));
    }

    #[test]
    fn a_history_whose_parts_do_not_agree_is_refused() {
        let mut history = LockHistory::default();
        let max = 4 * record(0, "a", 0).bytes();
        ["a", "b", "a", "a", "b", "a"]
            .iter()
            .zip(1..)
            .for_each(|(name, token)| history.push(record(0, name, token), max));
        history.validate().unwrap();
        // Which of those that have gone it names is no matter, and any that is kept is one too many or too few.
        for (at, previous, is_sound) in
            [(0, 1, true), (0, 2, true), (0, 0, true), (1, 3, true), (1, 0, false), (1, 1, false), (0, 4, false)]
        {
            let mut changed = history.clone();
            changed.events[at].1 = previous;
            assert_eq!(changed.validate().is_ok(), is_sound, "event {at} names {previous}");
        }
        let mut changed = history.clone();
        changed.bytes += 1;
        assert!(changed.validate().is_err(), "counted wrong");
        let mut changed = history.clone();
        changed.latest.remove(&(0, Arc::from(&b"b"[..])));
        assert!(changed.validate().is_err(), "a name without its last event");
        history.latest.insert((0, Arc::from(&b"c"[..])), 5);
        assert!(history.validate().is_err(), "an event of another name");
    }
}
