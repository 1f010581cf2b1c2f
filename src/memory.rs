//! How much memory the process uses, for INFO and `maxmemory`.

use std::sync::atomic::{AtomicU64, Ordering};

static USED: AtomicU64 = AtomicU64::new(0);
static PEAK: AtomicU64 = AtomicU64::new(0);

/// Resident bytes as last sampled.
pub fn used_bytes() -> u64 {
    USED.load(Ordering::Relaxed)
}

/// The most that was sampled.
pub fn peak_bytes() -> u64 {
    PEAK.load(Ordering::Relaxed)
}

/// Reads the resident size from the system.
pub fn sample() {
    let pages = std::fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|text| text.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok()))
        .unwrap_or(0);
    let bytes = pages * rustix::param::page_size() as u64;
    USED.store(bytes, Ordering::Relaxed);
    PEAK.fetch_max(bytes, Ordering::Relaxed);
}
