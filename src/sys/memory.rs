//! How much memory the process uses, for INFO and `maxmemory`: its resident size, log and buffers included, because that is
//! what a machine runs out of.
//!
//! Invariant: while `maxmemory` is set, what the gate decides by is never older than [`FRESH_NS`]; so the bound is overshot by no
//! more than what clients send in that time.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Age up to which a sample serves the gate: 10 ms. Reading it costs about a microsecond.
pub const FRESH_NS: u64 = 10_000_000;

static USED: AtomicU64 = AtomicU64::new(0);
static PEAK: AtomicU64 = AtomicU64::new(0);
static SAMPLED_NS: AtomicU64 = AtomicU64::new(0);
static STATM: OnceLock<Option<File>> = OnceLock::new();

/// Resident bytes as last sampled.
pub fn used_bytes() -> u64 {
    USED.load(Ordering::Relaxed)
}

/// The most that was sampled.
pub fn peak_bytes() -> u64 {
    PEAK.load(Ordering::Relaxed)
}

/// True if the process uses more than `bound`; `now_ns` is a monotonic clock's reading.
pub fn is_over(bound: u64, now_ns: u64) -> bool {
    let sampled_ns = SAMPLED_NS.load(Ordering::Relaxed);
    if now_ns.saturating_sub(sampled_ns) >= FRESH_NS || sampled_ns == 0 {
        SAMPLED_NS.store(now_ns, Ordering::Relaxed);
        sample();
    }
    used_bytes() > bound
}

/// Reads the resident size from the system.
pub fn sample() {
    let bytes = resident_pages().unwrap_or(0) * rustix::param::page_size() as u64;
    USED.store(bytes, Ordering::Relaxed);
    PEAK.fetch_max(bytes, Ordering::Relaxed);
}

/// The second number of `/proc/self/statm`, which stays open.
fn resident_pages() -> Option<u64> {
    let file = STATM.get_or_init(|| File::open("/proc/self/statm").ok()).as_ref()?;
    let mut buffer = [0; 128];
    let len = file.read_at(&mut buffer, 0).ok()?;
    std::str::from_utf8(buffer.get(..len)?).ok()?.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_is_taken_shows_within_the_age_of_a_sample() {
        let now_ns = 1_000_000_000;
        assert!(!is_over(u64::MAX, now_ns));
        let before = used_bytes();
        assert!(before > 0);
        // Far more than other tests of this process may give back meanwhile.
        let taken = std::hint::black_box(vec![1u8; 512 << 20]);
        let bound = before + (32 << 20);
        assert!(!is_over(bound, now_ns + FRESH_NS - 1), "the sample is still fresh");
        assert!(is_over(bound, now_ns + FRESH_NS));
        drop(taken);
    }
}
