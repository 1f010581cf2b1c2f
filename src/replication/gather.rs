//! When the next batch is taken: when those whom the last one answered have come back, so that a closed loop of clients does
//! not split into two half-full batches; never a blind delay.
//!
//! A lone client never waits. After two misses in a row (the wait ran out) gathering is skipped 2, 4, 8 … times: connections used
//! in rotation do not come back at once.

use std::time::Duration;

use tokio::time::Instant;

/// The longest wait.
const WAIT_MAX: Duration = Duration::from_micros(400);
const SKIP_MAX: u32 = 1024;

/// See the module's header.
#[derive(Debug, Default)]
pub struct Gather {
    expected: usize,
    came: usize,
    until: Option<Instant>,
    misses: u32,
    skip: u32,
    next_skip: u32,
}

impl Gather {
    /// A batch with this many groups was answered.
    pub fn answered(&mut self, groups: usize) {
        self.expected = groups;
        self.until = None;
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        if groups > 1 {
            self.until = Some(Instant::now() + WAIT_MAX);
        }
    }

    /// Another group waits; true if a batch may be worth looking at now. (Otherwise whoever drives the origin wakes at
    /// [`Self::until`] at the latest.)
    pub fn came(&mut self) -> bool {
        self.came += 1;
        self.is_ready(Instant::now())
    }

    /// True if the next batch should be taken.
    pub fn is_ready(&self, now: Instant) -> bool {
        match self.until {
            None => true,
            Some(until) => self.all_came() || now >= until,
        }
    }

    /// When waiting ends.
    pub fn until(&self) -> Option<Instant> {
        self.until
    }

    /// A batch with this many groups was taken.
    pub fn taken(&mut self, groups: usize) {
        if self.until.is_some() {
            if self.all_came() {
                (self.misses, self.next_skip) = (0, 0);
            } else {
                self.misses += 1;
                if self.misses >= 2 {
                    self.next_skip = (self.next_skip * 2).clamp(2, SKIP_MAX);
                    self.skip = self.next_skip;
                    self.misses = 0;
                }
            }
        }
        self.until = None;
        self.came = self.came.saturating_sub(groups);
    }

    /// Nine in ten.
    fn all_came(&self) -> bool {
        self.came * 10 >= self.expected * 9
    }
}
