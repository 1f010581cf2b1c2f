//! When the next batch, or the next round for reads, begins: when enough of those whom the last one answered have come back, so that a
//! closed loop of clients does not split into ever smaller parts; never a blind delay.
//!
//! Enough for a batch is nine in ten: what it costs hardly grows with its size. Those who waited already when the one before was answered
//! wait with the others, so two halves become one again. Enough for a round is half: while one half waits for the network, the other is read
//! and answered. What is large by itself waits for fewer (origin/batch.rs, reads/rounds.rs).
//!
//! The wait ends when nobody has come for [`PAUSE_MAX`]; the first has longer, because all the others are answered before anybody is read
//! again. A lone client never waits. After two misses in a row (a wait that ran out) gathering is skipped 2, 4, 8 … times: connections
//! used in rotation do not come back at once.

use std::time::Duration;

use tokio::time::Instant;

/// The longest wait for the next one.
const PAUSE_MAX: Duration = Duration::from_micros(300);
/// What answering one takes: it puts the first return off.
const ANSWER: Duration = Duration::from_micros(20);
/// The longest wait for all.
const WAIT_MAX: Duration = Duration::from_millis(3);
const SKIP_MAX: u32 = 1024;

/// See the module's header.
#[derive(Debug)]
pub struct Pacing {
    /// How many of ten that are expected are enough.
    enough: usize,
    /// Fewer are not waited for.
    few: usize,
    expected: usize,
    wait: Option<Wait>,
    misses: u32,
    skip: u32,
    next_skip: u32,
}

#[derive(Debug, Clone, Copy)]
struct Wait {
    /// When it ends unless somebody comes before.
    until: Instant,
    /// When it ends at the latest.
    last: Instant,
}

impl Pacing {
    /// Waits for `enough` of ten, where at least `few` are expected.
    pub const fn new(enough: usize, few: usize) -> Self {
        Self { enough, few, expected: 0, wait: None, misses: 0, skip: 0, next_skip: 0 }
    }

    /// A batch with this many groups was answered while so many others wait, or are under way.
    pub fn answered(&mut self, groups: usize, waiting: usize) {
        self.expected = groups + waiting;
        self.wait = None;
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        if self.expected >= self.few && groups > 0 {
            let now = Instant::now();
            let first = PAUSE_MAX + ANSWER * u32::try_from(groups).unwrap_or(u32::MAX).min(100);
            self.wait = Some(Wait { until: now + first, last: now + WAIT_MAX });
        }
    }

    /// Another group has come, so that this many wait; true if a batch may be worth looking at now. (Otherwise whoever drives the origin wakes at
    /// [`Self::until_after`] at the latest.)
    pub fn came(&mut self, now: Instant, waiting: usize) -> bool {
        if self.wait.is_none() || self.enough_came(waiting) {
            return true;
        }
        if let Some(wait) = &mut self.wait
            && now < wait.until
        {
            wait.until = wait.until.max(now + PAUSE_MAX).min(wait.last);
        }
        self.is_ready(now, waiting)
    }

    /// True if the next batch should be taken from the groups that wait.
    pub fn is_ready(&self, now: Instant, waiting: usize) -> bool {
        self.wait.is_none_or(|wait| self.enough_came(waiting) || now >= wait.until)
    }

    /// When waiting ends, if that is after `now`, the moment of the last look at [`Self::is_ready`]: whoever drives looks again then, also
    /// while nobody waits, because who comes before that moment wakes nobody; who comes later does.
    pub fn until_after(&self, now: Instant) -> Option<Instant> {
        self.wait.map(|wait| wait.until).filter(|until| *until > now)
    }

    /// A batch is taken from this many groups.
    pub fn taken(&mut self, now: Instant, waiting: usize) {
        if let Some(wait) = self.wait {
            if self.enough_came(waiting) {
                (self.misses, self.next_skip) = (0, 0);
            } else if now >= wait.until {
                self.misses += 1;
                if self.misses >= 2 {
                    self.next_skip = (self.next_skip * 2).clamp(2, SKIP_MAX);
                    self.skip = self.next_skip;
                    self.misses = 0;
                }
            }
        }
        self.wait = None;
    }

    /// True if so many wait that nobody else is waited for.
    pub fn enough_came(&self, waiting: usize) -> bool {
        self.has_come(self.enough, waiting)
    }

    /// True if so many of ten that are expected wait.
    pub fn has_come(&self, of_ten: usize, waiting: usize) -> bool {
        waiting * 10 >= self.expected * of_ten
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn two_half_batches_become_one() {
        let mut pacing = Pacing::new(9, 2);
        pacing.answered(25, 25);
        assert!(!pacing.is_ready(Instant::now(), 25), "those just answered are waited for");
        for back in 1..=25 {
            assert_eq!(pacing.came(Instant::now(), 25 + back), back >= 20, "{back} of 25 are back");
        }
        pacing.taken(Instant::now(), 50);
        assert!(pacing.until_after(Instant::now()).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn half_of_the_clients_is_enough_where_halves_alternate() {
        let mut pacing = Pacing::new(5, 10);
        pacing.answered(25, 25);
        for back in 1..=25 {
            assert_eq!(pacing.came(Instant::now(), back), back == 25, "{back} of 25 are back, 25 are under way");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_lone_client_never_waits() {
        let mut pacing = Pacing::new(9, 2);
        for _ in 0..10 {
            assert!(pacing.came(Instant::now(), 1));
            pacing.taken(Instant::now(), 1);
            pacing.answered(1, 0);
            assert!(pacing.is_ready(Instant::now(), 0));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_wait_ends_when_nobody_comes_and_at_its_end() {
        let mut pacing = Pacing::new(9, 2);
        pacing.answered(50, 0);
        let first = pacing.until_after(Instant::now()).unwrap();
        assert_eq!(first, Instant::now() + PAUSE_MAX + ANSWER * 50);
        tokio::time::advance(first - Instant::now() - Duration::from_micros(1)).await;
        assert!(!pacing.came(Instant::now(), 1), "the first is back");
        assert_eq!(pacing.until_after(Instant::now()), Some(Instant::now() + PAUSE_MAX));
        let (mut waited, mut waiting) = (Duration::ZERO, 1);
        while waited < WAIT_MAX {
            tokio::time::advance(PAUSE_MAX / 2).await;
            waited += PAUSE_MAX / 2;
            if pacing.is_ready(Instant::now(), waiting) {
                return assert!(waited > WAIT_MAX / 2, "ended while they still came");
            }
            waiting += 1;
            pacing.came(Instant::now(), waiting);
        }
        panic!("no end");
    }

    #[tokio::test(start_paused = true)]
    async fn connections_in_rotation_are_soon_not_waited_for() {
        let mut pacing = Pacing::new(9, 2);
        let mut waits = 0;
        for _ in 0..1000 {
            pacing.answered(20, 0);
            waits += usize::from(pacing.until_after(Instant::now()).is_some());
            tokio::time::advance(Duration::from_millis(10)).await;
            pacing.came(Instant::now(), 1);
            pacing.taken(Instant::now(), 1);
        }
        assert!(waits < 30, "{waits} of 1000");
    }
}
