//! When fields of a hash end: a sorted set of them, by their ends. So it is small or persistent as such a set is, and has the
//! first end, a field's, and how many are over by a time in O(log n).

use crate::store::{ScoreRange, ValueType, ZSet, ZSetLimits};

/// The latest end, cluster time in ms, as in Redis. Scores are doubles, which are exact up to there.
pub const END_MAX_MS: u64 = (1 << 46) - 1;

/// Up to where the set is small, whatever the limits of hashes are.
const LIMITS: ZSetLimits = ZSetLimits { entries_max: 128, member_max: 64 };

/// See the module's header.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ends(ZSet);

impl Ends {
    /// Those that [`Self::as_set`] gave; None if an end is none.
    pub fn from_set(set: ZSet) -> Option<Self> {
        let is_end = |end_ms: f64| end_ms >= 1.0 && end_ms <= END_MAX_MS as f64 && end_ms.fract() == 0.0;
        set.iter().all(|(_, end_ms)| is_end(end_ms)).then(|| Self(set))
    }

    /// Fields with their ends in ms as scores.
    pub fn as_set(&self) -> &ZSet {
        &self.0
    }

    /// How many fields have an end.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if none has.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A field's.
    pub fn get(&self, field: &[u8]) -> Option<u64> {
        self.0.get(field).map(|end_ms| end_ms as u64)
    }

    /// Fields with their ends, in the order of those.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], u64)> {
        self.0.iter().map(|(field, end_ms)| (field, end_ms as u64))
    }

    /// The field that ends first, of several the first by name.
    pub fn first(&self) -> Option<(&[u8], u64)> {
        self.at(0)
    }

    /// The last end.
    pub fn last_ms(&self) -> Option<u64> {
        self.at(self.len().checked_sub(1)?).map(|(_, end_ms)| end_ms)
    }

    /// The first end that is not over at `now_ms`.
    pub fn next_ms(&self, now_ms: u64) -> Option<u64> {
        self.at(self.over_len(now_ms)).map(|(_, end_ms)| end_ms)
    }

    /// The last end that is over at `now_ms`.
    pub fn last_over_ms(&self, now_ms: u64) -> Option<u64> {
        self.at(self.over_len(now_ms).checked_sub(1)?).map(|(_, end_ms)| end_ms)
    }

    /// How many are over at `now_ms`.
    pub fn over_len(&self, now_ms: u64) -> usize {
        // What is over is before now.
        let over = ScoreRange { min: 0.0, min_is_open: false, max: now_ms as f64, max_is_open: true };
        self.0.score_ranks(&over).end
    }

    fn at(&self, index: usize) -> Option<(&[u8], u64)> {
        self.0.range(index..index.saturating_add(1)).next().map(|(field, end_ms)| (field, end_ms as u64))
    }

    pub(super) fn set(&mut self, field: &[u8], end_ms: u64) {
        self.0.set(field, end_ms.clamp(1, END_MAX_MS) as f64, LIMITS);
    }

    pub(super) fn remove(&mut self, field: &[u8]) {
        self.0.remove(field);
        if self.is_empty() {
            // A set that was large would stay so, which no snapshot tells of none.
            self.0 = ZSet::default();
        }
    }

    /// The units of finding a field's end.
    pub(super) fn lookup_units(&self) -> u64 {
        self.0.lookup_units()
    }

    pub(super) fn memory(&self) -> usize {
        self.0.memory()
    }

    pub(super) fn copy_units(&self) -> u64 {
        self.0.copy_units()
    }

    pub(super) fn validate(&self) -> Result<(), String> {
        self.0.validate()?;
        if Self::from_set(self.0.clone()).is_some() {
            Ok(())
        } else {
            Err("a field has an end that is none".to_owned())
        }
    }
}
