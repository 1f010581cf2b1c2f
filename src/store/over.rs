//! When a time is over.

/// True if a deadline has passed at `now_ms`: the one comparison of cluster time with a deadline.
pub fn is_over(deadline_ms: u64, now_ms: u64) -> bool {
    now_ms > deadline_ms
}
