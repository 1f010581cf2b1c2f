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

/// Raises a register of whole runs, which may have `len_max` bytes afterwards if they grow.
pub(super) fn raise(runs: &mut Vec<u8>, index: usize, value: u8, len_max: u64) -> Step {
    if value > VALUE_MAX {
        return Step::TooMuch;
    }
    let (mut at, mut first, mut before) = (0, 0, 0);
    let run = loop {
        let Some(run) = Run::at(runs, at) else { return Step::TooMuch };
        if index < first + run.len {
            break run;
        }
        (before, at, first) = (at, at + run.size, first + run.len);
    };
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
    join(runs, before);
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
