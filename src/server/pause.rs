//! CLIENT PAUSE: holds commands back in their connections, for a time.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::Instant;

/// Which commands wait, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hold {
    until: Instant,
    all: bool,
}

/// See the module's header.
#[derive(Debug)]
pub struct Pause {
    hold: Mutex<Option<Hold>>,
    changed: watch::Sender<()>,
}

impl Default for Pause {
    fn default() -> Self {
        Self { hold: Mutex::default(), changed: watch::Sender::new(()) }
    }
}

impl Pause {
    /// Holds writes back, or all commands. Of two pauses the later end and the stricter kind count, as in Redis.
    pub fn begin(&self, length: Duration, all: bool) {
        let now = Instant::now();
        let until = now.checked_add(length).unwrap_or_else(|| now + Duration::from_secs(u32::MAX.into()));
        let mut hold = self.hold.lock();
        let before = hold.filter(|hold| hold.until > now);
        *hold = Some(Hold {
            until: before.map_or(until, |before| before.until.max(until)),
            all: all || before.is_some_and(|before| before.all),
        });
    }

    /// Ends it.
    pub fn end(&self) {
        *self.hold.lock() = None;
        self.changed.send_replace(());
    }

    /// True if a command has to wait now.
    pub fn holds(&self, is_write: bool) -> bool {
        let mut hold = self.hold.lock();
        match *hold {
            Some(present) if present.until > Instant::now() => present.all || is_write,
            Some(_) => {
                *hold = None;
                false
            }
            None => false,
        }
    }

    /// Returns when the present pause has ended, or at once if there is none.
    pub async fn ended(&self) {
        let mut changed = self.changed.subscribe();
        loop {
            let Some(hold) = *self.hold.lock() else { return };
            tokio::select! {
                () = tokio::time::sleep_until(hold.until) => {
                    if !self.holds(true) {
                        return;
                    }
                }
                _ = changed.changed() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_later_end_and_the_stricter_kind_count() {
        let pause = Pause::default();
        assert!(!pause.holds(true));
        pause.begin(Duration::from_millis(100), true);
        pause.begin(Duration::from_millis(50), false);
        assert!(pause.holds(false));
        let began = Instant::now();
        pause.ended().await;
        assert_eq!(began.elapsed().as_millis(), 100);
        assert!(!pause.holds(true));
        pause.begin(Duration::from_millis(50), false);
        assert!(pause.holds(true) && !pause.holds(false), "the earlier pause has ended, its kind too");
    }

    #[tokio::test(start_paused = true)]
    async fn unpause_wakes_who_waits() {
        let pause = std::sync::Arc::new(Pause::default());
        pause.begin(Duration::from_secs(3600), false);
        let began = Instant::now();
        tokio::join!(pause.ended(), async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            pause.end();
        });
        assert_eq!(began.elapsed().as_millis(), 10);
    }
}
