//! Snapshots that could not be written.
//!
//! Invariants
//! - One that fails is no reason to stop: the log keeps what it would have covered, and the node goes on.
//! - The task that takes them waits after a failure, longer after each, up to [`PAUSE_MAX`]: a disk that is full is not filled over and
//!   over. Who asks for one has it tried at once, and is told why it failed.
//! - The log says a reason once, until there is another one or a snapshot succeeds.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// What failed since this process started.
#[derive(Debug, Default)]
pub struct Failures(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    count: u64,
    /// Since the last one that succeeded.
    in_row: u32,
    /// The last one.
    at: Option<Instant>,
    why: String,
}

impl Failures {
    /// Notes that one failed; true if the log has to say why.
    pub fn note(&self, why: &str) -> bool {
        let failures = &mut *self.0.lock();
        let is_new = failures.in_row == 0 || failures.why != why;
        failures.count += 1;
        failures.in_row = failures.in_row.saturating_add(1);
        failures.at = Some(Instant::now());
        why.clone_into(&mut failures.why);
        is_new
    }

    /// Notes that one succeeded.
    pub fn end(&self) {
        self.0.lock().in_row = 0;
    }

    /// How many there were since the last one that succeeded.
    pub fn in_row(&self) -> u32 {
        self.0.lock().in_row
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.0.lock().count
    }

    /// Why the last one failed, if that was after there had been `count`.
    pub fn after(&self, count: u64) -> Option<String> {
        let failures = self.0.lock();
        (failures.count > count).then(|| failures.why.clone())
    }

    /// True while it is too early for another try.
    pub fn pause(&self) -> bool {
        let failures = self.0.lock();
        let Some(doublings) = failures.in_row.checked_sub(1) else { return false };
        let pause = PAUSE_MIN.saturating_mul(2u32.saturating_pow(doublings)).min(PAUSE_MAX);
        failures.at.is_some_and(|at| at.elapsed() < pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_failure_makes_the_pause_longer_until_one_succeeds() {
        let failures = Failures::default();
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            assert!(!failures.pause());
            failures.note("full");
            tokio::time::advance(Duration::from_millis(seconds * 1000 - 1)).await;
            assert!(failures.pause(), "{seconds}");
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        failures.end();
        failures.note("full");
        tokio::time::advance(PAUSE_MIN).await;
        assert!(!failures.pause());
    }

    #[test]
    fn repeated_failure_is_logged_once() {
        let failures = Failures::default();
        assert!(failures.in_row() == 0);
        let said = ["full", "full", "too many files", "full"].map(|why| failures.note(why));
        assert_eq!(said, [true, false, true, true]);
        assert!(failures.in_row() > 0);
        failures.end();
        assert!(failures.in_row() == 0);
        assert!(failures.note("full"), "again");
        assert_eq!((failures.count(), failures.after(4), failures.after(5)), (5, Some("full".into()), None));
    }
}
