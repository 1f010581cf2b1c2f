//! The sparse form: runs of registers that say the same.
//!
//! - `00nnnnnn`: n + 1 registers are 0.
//! - `01nnnnnn nnnnnnnn`: the same, for longer runs.
//! - `1vvvvvnn`: n + 1 registers say v + 1.
//!
//! Clients read these bytes (GET, DUMP), and other servers take them, so runs are split and joined exactly as Redis does it.
//!
//! Invariant: [`is_whole`] bytes stay so: the runs are for all registers together, and for no more.

use super::registers::{COUNT, Histogram};

const ZEROS_MAX: usize = 64;
const VALUE_MAX: u8 = 32;
const VALUES_MAX: usize = 4;
/// How many runs are looked at to join those that have become the same.
const JOINED: usize = 5;

/// A run of registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// What they say; 0: nothing.
    pub value: u8,
    /// How many they are.
    pub len: usize,
    /// Bytes of the run.
    pub size: usize,
}

impl Run {
    /// The run that begins here.
    pub fn at(runs: &[u8], at: usize) -> Option<Self> {
        let byte = *runs.get(at)?;
        Some(match byte >> 6 {
            0 => Self { value: 0, len: usize::from(byte & 0x3f) + 1, size: 1 },
            1 => {
                let low = runs.get(at + 1).copied().unwrap_or(0);
                Self { value: 0, len: (usize::from(byte & 0x3f) << 8 | usize::from(low)) + 1, size: 2 }
            }
            _ => Self { value: (byte >> 2 & 0x1f) + 1, len: usize::from(byte & 3) + 1, size: 1 },
        })
    }

    fn put(value: u8, len: usize, out: &mut Vec<u8>) {
        let below = len - 1;
        match value {
            0 if len > ZEROS_MAX => out.extend([0x40 | (below >> 8) as u8, below as u8]),
            0 => out.push(below as u8),
            _ => out.push(Self::values(value, len)),
        }
    }

    fn values(value: u8, len: usize) -> u8 {
        0x80 | (value - 1) << 2 | (len - 1) as u8
    }
}

/// All runs.
pub(super) fn iter(runs: &[u8]) -> impl Iterator<Item = Run> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let run = Run::at(runs, at)?;
        at += run.size;
        Some(run)
    })
}

/// The runs of a sketch without elements.
pub(super) fn empty() -> Vec<u8> {
    let mut runs = Vec::new();
    Run::put(0, COUNT, &mut runs);
    runs
}

/// True if all registers are there, and no more.
pub(super) fn is_whole(runs: &[u8]) -> bool {
    covered(runs) == Some(COUNT)
}

/// How many registers the runs are for; None if these are more than there are. Runs behind the last register are not looked at: any number of
/// bytes may stand there.
pub(super) fn covered(runs: &[u8]) -> Option<usize> {
    iter(runs).try_fold(0, |covered, run| Some(covered + run.len).filter(|covered| *covered <= COUNT))
}

/// All registers, of whole runs.
pub(super) fn values(runs: &[u8]) -> impl Iterator<Item = u8> {
    iter(runs).flat_map(|run| std::iter::repeat_n(run.value, run.len))
}

/// See [`Histogram`].
pub(super) fn histogram(runs: &[u8]) -> Histogram {
    let mut histogram = [0; 64];
    for run in iter(runs) {
        if let Some(count) = histogram.get_mut(usize::from(run.value)) {
            *count += run.len as u32;
        }
    }
    histogram
}

/// What became of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It says as much already.
    Same,
    Changed,
    /// It cannot say it in this form, or not within the bound; nothing has changed.
    TooMuch,
}

/// Where a run begins: from there on a register is looked for. The default is the first run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Start {
    at: usize,
    /// Its first register.
    first: usize,
}

/// Raises a register of whole runs, which may have `len_max` bytes afterwards if they grow. `from` becomes where to look for higher registers.
pub(super) fn raise(runs: &mut Vec<u8>, from: &mut Start, index: usize, value: u8, len_max: u64) -> Step {
    if value > VALUE_MAX {
        return Step::TooMuch;
    }
    let (mut before, mut here) = (*from, *from);
    let run = loop {
        let Some(run) = Run::at(runs, here.at) else { return Step::TooMuch };
        if index < here.first + run.len {
            break run;
        }
        // Joined runs are so short that the run of a higher register begins behind this one, and the one before it not in front of it.
        if here.first + VALUES_MAX <= index + 1 {
            *from = here;
        }
        before = here;
        here = Start { at: here.at + run.size, first: here.first + run.len };
    };
    let Start { at, first } = here;
    if run.value >= value {
        return Step::Same;
    }
    let mut parts = Vec::new();
    if index > first {
        Run::put(run.value, index - first, &mut parts);
    }
    Run::put(value, 1, &mut parts);
    let behind = first + run.len - 1 - index;
    if behind > 0 {
        Run::put(run.value, behind, &mut parts);
    }
    let grown = parts.len().saturating_sub(run.size);
    if grown > 0 && (runs.len() + grown) as u64 > len_max {
        return Step::TooMuch;
    }
    runs.splice(at..at + run.size, parts);
    join(runs, before.at);
    Step::Changed
}

/// Joins neighbours that say the same, from one run on.
fn join(runs: &mut Vec<u8>, from: usize) {
    let mut at = from;
    for _ in 0..JOINED {
        let Some(run) = Run::at(runs, at) else { return };
        if run.value > 0
            && let Some(next) = Run::at(runs, at + 1)
            && next.value == run.value
            && run.len + next.len <= VALUES_MAX
        {
            runs.splice(at..at + 2, [Run::values(run.value, run.len + next.len)]);
        } else {
            at += run.size;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Rng;

    #[test]
    fn registers_that_are_raised_in_one_pass_become_what_they_become_one_by_one() {
        let mut rng = Rng::new(1);
        let mut grown = 0;
        for round in 0..300 {
            let mut runs = empty();
            for _ in 0..rng.next_u64() % 200 {
                let (index, value) = (rng.next_u64() as usize % 200, 1 + (rng.next_u64() % 2) as u8);
                raise(&mut runs, &mut Start::default(), index, value, u64::MAX);
            }
            let (mut one_by_one, mut from) = (runs.clone(), Start::default());
            for index in 0..220 {
                if rng.next_u64() % 4 < round % 4 {
                    continue;
                }
                let value = 1 + (rng.next_u64() % 3) as u8;
                let len_max = runs.len() as u64 + rng.next_u64() % 3;
                let step = raise(&mut runs, &mut from, index, value, len_max);
                assert_eq!(raise(&mut one_by_one, &mut Start::default(), index, value, len_max), step);
                assert_eq!(runs, one_by_one, "register {index}");
                grown += usize::from(step == Step::Changed);
            }
            assert!(is_whole(&runs));
            assert!(from.first > 0, "it goes on from where it was");
        }
        assert!(grown > 5000, "{grown}");
    }
}
