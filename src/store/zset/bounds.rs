//! What bounds a range of a sorted set: scores, or members.

/// Scores from `min` to `max`. Neither is NaN.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoreRange {
    /// The lowest.
    pub min: f64,
    /// The lowest itself is outside.
    pub min_is_open: bool,
    /// The highest.
    pub max: f64,
    /// The highest itself is outside.
    pub max_is_open: bool,
}

impl ScoreRange {
    /// True if the score stands in front of the range.
    pub(super) fn is_behind(&self, score: f64) -> bool {
        if self.min_is_open { score <= self.min } else { score < self.min }
    }

    /// True if the score stands in front of the range's end.
    pub(super) fn ends_behind(&self, score: f64) -> bool {
        if self.max_is_open { score < self.max } else { score <= self.max }
    }
}

/// One end of a range of members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LexBound<'a> {
    /// In front of every member.
    Lowest,
    /// Behind every member.
    Highest,
    /// At this member, which is inside.
    With(&'a [u8]),
    /// At this member, which is outside.
    Without(&'a [u8]),
}

/// Members from one to another, in the order of their bytes: what is meant if all scores are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LexRange<'a> {
    /// Its beginning.
    pub min: LexBound<'a>,
    /// Its end.
    pub max: LexBound<'a>,
}

impl LexRange<'_> {
    /// True if the member is not in front of the range.
    pub(super) fn is_begun_at(&self, member: &[u8]) -> bool {
        match self.min {
            LexBound::Lowest => true,
            LexBound::Highest => false,
            LexBound::With(min) => member >= min,
            LexBound::Without(min) => member > min,
        }
    }

    /// True if the member is not behind the range.
    pub(super) fn goes_on_at(&self, member: &[u8]) -> bool {
        match self.max {
            LexBound::Lowest => false,
            LexBound::Highest => true,
            LexBound::With(max) => member <= max,
            LexBound::Without(max) => member < max,
        }
    }

    /// True if no member could be inside.
    pub(super) fn is_void(&self) -> bool {
        use LexBound::{Highest, Lowest, With, Without};
        match (self.min, self.max) {
            (Highest, _) | (_, Lowest) => true,
            (Lowest, _) | (_, Highest) => false,
            (With(min), With(max)) => min > max,
            (With(min) | Without(min), With(max) | Without(max)) => min >= max,
        }
    }
}
