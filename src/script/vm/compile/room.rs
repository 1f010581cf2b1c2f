//! What compiled code takes, bytes, counted as it grows.
//!
//! Invariant: the count only grows, and what it comes to is a function of the source and of what was interned before. So a compilation
//! ends for want of memory exactly if its sum is more than there is, and one that was kept from an earlier run is refused by the same
//! comparison.

use super::super::lexer::NotCompiled;

/// An instruction with its line.
pub(super) const OP: usize = 16;
/// The name of an operand.
pub(super) const NAME: usize = 24;
/// A constant.
pub(super) const CONSTANT: usize = 64;
/// A function.
pub(super) const PROTO: usize = 128;
/// A variable that a function captures.
pub(super) const CAPTURE: usize = 12;

/// What a compilation has taken, and what it may take.
pub(super) struct Room {
    taken: usize,
    most: usize,
}

impl Room {
    pub(super) fn new(most: usize) -> Self {
        Self { taken: 0, most }
    }

    pub(super) fn take(&mut self, bytes: usize) {
        self.taken = self.taken.saturating_add(bytes);
    }

    /// What was taken.
    ///
    /// # Errors
    /// It is more than there is.
    pub(super) fn taken(&self) -> Result<usize, NotCompiled> {
        if self.taken > self.most { Err(NotCompiled::Memory) } else { Ok(self.taken) }
    }
}
