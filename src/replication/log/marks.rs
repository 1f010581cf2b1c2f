//! How many bytes of log lie between two indexes, to within a mark: for the triggers of snapshot and purge, which go by
//! bytes (design 4). One mark per [`MARK_BYTES`], so a log of gigabytes costs kilobytes.

use std::collections::VecDeque;

/// Distance of marks: the error of every answer.
pub const MARK_BYTES: u64 = 256 * 1024;

/// Cumulative size of the log at some indexes, rising.
#[derive(Debug, Default)]
pub struct ByteMarks {
    /// (index, bytes of all entries before it)
    marks: VecDeque<(u64, u64)>,
    /// Where the next entry goes, and the bytes before it.
    end: (u64, u64),
}

impl ByteMarks {
    /// An empty log that goes on at `next_index`.
    pub fn new(next_index: u64) -> Self {
        Self { marks: VecDeque::from([(next_index, 0)]), end: (next_index, 0) }
    }

    /// Counts the entry at `index`, the next one.
    pub fn push(&mut self, index: u64, bytes: u64) {
        if self.marks.back().is_none_or(|(_, before)| self.end.1 - before >= MARK_BYTES) {
            self.marks.push_back((index, self.end.1));
        }
        self.end = (index + 1, self.end.1 + bytes);
    }

    /// Forgets entries at `index` and later.
    pub fn drop_from(&mut self, index: u64) {
        if self.marks.front().is_none_or(|(first, _)| *first >= index) {
            *self = Self::new(index);
            return;
        }
        let before = self.before(index);
        while self.marks.len() > 1 && self.marks.back().is_some_and(|(at, _)| *at > index) {
            self.marks.pop_back();
        }
        self.end = (index, before);
    }

    /// Forgets entries before `index`.
    pub fn drop_before(&mut self, index: u64) {
        if index > self.end.0 {
            *self = Self::new(index);
            return;
        }
        let before = self.before(index);
        while self.marks.front().is_some_and(|(at, _)| *at <= index) {
            self.marks.pop_front();
        }
        self.marks.push_front((index, before));
    }

    /// Bytes of all entries before `index`, linear between marks.
    fn before(&self, index: u64) -> u64 {
        let at = self.marks.partition_point(|(mark, _)| *mark <= index);
        let Some(&(low, low_bytes)) = at.checked_sub(1).and_then(|at| self.marks.get(at)) else {
            return self.marks.front().map_or(self.end.1, |(_, bytes)| *bytes);
        };
        let (high, high_bytes) = self.marks.get(at).copied().unwrap_or(self.end);
        if index >= high {
            return high_bytes;
        }
        let share = u128::from(high_bytes - low_bytes) * u128::from(index - low) / u128::from(high - low);
        low_bytes + share as u64
    }

    /// Bytes of the entries from `start` to before `end`.
    pub fn between(&self, start: u64, end: u64) -> u64 {
        self.before(end).saturating_sub(self.before(start))
    }

    /// The last index behind which at least `bytes` of log remain; `None` if there is less.
    pub fn last_with_bytes_behind(&self, bytes: u64) -> Option<u64> {
        let limit = self.end.1.checked_sub(bytes)?;
        let at = self.marks.partition_point(|(_, before)| *before <= limit);
        let (index, _) = self.marks.get(at.checked_sub(1)?)?;
        index.checked_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_within_a_mark() {
        let sizes: Vec<u64> = (0..5000u64).map(|i| 100 + i * 7919 % 3000).collect();
        let mut marks = ByteMarks::new(10);
        for (i, size) in sizes.iter().enumerate() {
            marks.push(10 + i as u64, *size);
        }
        let true_sum = |a: usize, b: usize| sizes[a..b].iter().sum::<u64>();
        for (a, b) in [(0, 5000), (17, 18), (100, 4000), (2500, 2500)] {
            let answer = marks.between(10 + a as u64, 10 + b as u64);
            assert!(answer.abs_diff(true_sum(a, b)) <= MARK_BYTES + 3100, "{a}..{b}: {answer}");
        }
        assert_eq!(marks.between(10, 5010), true_sum(0, 5000), "the whole is exact");
        assert!(marks.marks.len() < 40);

        marks.drop_before(1010);
        marks.drop_from(4010);
        let answer = marks.between(1010, 4010);
        assert!(answer.abs_diff(true_sum(1000, 4000)) <= 2 * (MARK_BYTES + 3100));
        let before = marks.between(1010, 4010);
        marks.push(4010, 5);
        assert_eq!(marks.between(1010, 4011), before + 5, "goes on from where it was cut");
    }

    #[test]
    fn enough_bytes_remain_behind_the_index_to_purge_to() {
        let mut marks = ByteMarks::new(0);
        for index in 0..10_000 {
            marks.push(index, 1000);
        }
        let index = marks.last_with_bytes_behind(4_000_000).unwrap();
        let behind = (10_000 - index - 1) * 1000;
        assert!((4_000_000..=4_000_000 + MARK_BYTES + 1000).contains(&behind), "{index}: {behind}");
        assert_eq!(marks.last_with_bytes_behind(10_000_001), None);
    }

    #[test]
    fn purging_beyond_the_end_starts_anew() {
        let mut marks = ByteMarks::new(0);
        marks.push(0, 10);
        marks.drop_before(100);
        assert_eq!(marks.between(0, 200), 0);
        marks.push(100, 7);
        assert_eq!(marks.between(100, 101), 7);
    }
}
