//! When the first wait of the state ends, so that the leader can tick then (design 5).
//!
//! Invariant: the leader's task is woken whenever there is an earlier deadline than it knows, and when the one that it has ticked for is
//! gone: it sleeps until the first one, whatever else is applied, and ticks once for each.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use crate::store::is_over;

/// No deadline.
const NEVER: u64 = u64::MAX;

/// See the module's header. Deadlines are in cluster time, ms.
pub(in crate::replication) struct Waits {
    first_ms: AtomicU64,
    ticked_ms: AtomicU64,
    changed: Notify,
}

impl Default for Waits {
    fn default() -> Self {
        Self { first_ms: AtomicU64::new(NEVER), ticked_ms: AtomicU64::new(NEVER), changed: Notify::new() }
    }
}

impl Waits {
    /// The state has changed; this is its first deadline.
    pub(super) fn note(&self, first_ms: Option<u64>) {
        let now = first_ms.unwrap_or(NEVER);
        let before = self.first_ms.swap(now, Ordering::Relaxed);
        let is_ticked = before != NEVER && before == self.ticked_ms.load(Ordering::Relaxed);
        if now < before || (now != before && is_ticked) {
            self.changed.notify_one();
        }
    }

    /// Returns when there is another deadline to sleep until.
    pub(in crate::replication) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// How long after `now_ms` a tick is due for the first deadline; None if there is none, or a tick is on its way.
    pub(in crate::replication) fn until_due(&self, now_ms: u64) -> Option<Duration> {
        let first_ms = self.first_ms.load(Ordering::Relaxed);
        if first_ms == NEVER || first_ms == self.ticked_ms.load(Ordering::Relaxed) {
            return None;
        }
        Some(Duration::from_millis(first_ms.saturating_add(1).saturating_sub(now_ms)))
    }

    /// True if the first deadline is over.
    pub(in crate::replication) fn is_over(&self, now_ms: u64) -> bool {
        let first_ms = self.first_ms.load(Ordering::Relaxed);
        first_ms != NEVER && is_over(first_ms, now_ms)
    }

    /// A tick for the first deadline is on its way.
    pub(in crate::replication) fn ticked(&self) {
        self.ticked_ms.store(self.first_ms.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn is_woken(waits: &Waits) -> bool {
        waits.changed().now_or_never().is_some()
    }

    #[test]
    fn an_earlier_deadline_wakes_and_a_later_one_does_not() {
        let waits = Waits::default();
        assert_eq!(waits.until_due(0), None);
        waits.note(Some(100));
        assert!(is_woken(&waits));
        assert_eq!(
            (waits.until_due(90), waits.is_over(100), waits.is_over(101)),
            (Some(Duration::from_millis(11)), false, true)
        );
        waits.note(Some(100));
        waits.note(Some(200));
        assert!(!is_woken(&waits));
        waits.note(Some(50));
        assert!(is_woken(&waits));
    }

    #[test]
    fn a_deadline_is_ticked_for_once_and_its_end_wakes() {
        let waits = Waits::default();
        waits.note(Some(100));
        assert!(is_woken(&waits));
        waits.ticked();
        assert_eq!(waits.until_due(500), None, "it is on its way");
        waits.note(Some(100));
        assert!(!is_woken(&waits));
        waits.note(Some(300));
        assert!(is_woken(&waits));
        assert_eq!(waits.until_due(500), Some(Duration::ZERO));
        waits.ticked();
        waits.note(None);
        assert_eq!((waits.until_due(500), waits.is_over(500)), (None, false));
    }
}
