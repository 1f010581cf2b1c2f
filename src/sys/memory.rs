//! How much memory the process uses, for INFO and `maxmemory`.
//!
//! Two figures: what is allocated ([`used_bytes`]: keys, log, buffers, everything), which `maxmemory` is judged by, and the resident
//! pages ([`resident_bytes`]), which hold besides the program itself and what the allocator keeps after something was freed. The
//! first falls at once when something is freed, the second later or not at all.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::OnceLock;

pub use super::allocator::{peak_bytes, purge};

static STATM: OnceLock<Option<File>> = OnceLock::new();
static STARTUP: OnceLock<u64> = OnceLock::new();

/// Bytes that are allocated.
pub fn used_bytes() -> u64 {
    super::allocator::live_bytes()
}

/// True if more than `bound` is.
pub fn is_over(bound: u64) -> bool {
    used_bytes() > bound
}

/// Says that the node is set up, and has no data yet.
pub fn note_startup() {
    STARTUP.get_or_init(used_bytes);
}

/// What was allocated then; 0 before.
pub fn startup_bytes() -> u64 {
    STARTUP.get().copied().unwrap_or(0)
}

/// Bytes of the process that are in memory, as the system has it: the second number of `/proc/self/statm`, which stays open.
pub fn resident_bytes() -> u64 {
    let pages = || -> Option<u64> {
        let file = STATM.get_or_init(|| File::open("/proc/self/statm").ok()).as_ref()?;
        let mut buffer = [0; 128];
        let len = file.read_at(&mut buffer, 0).ok()?;
        std::str::from_utf8(buffer.get(..len)?).ok()?.split_whitespace().nth(1)?.parse().ok()
    };
    pages().unwrap_or(0) * rustix::param::page_size() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_counts_when_it_is_taken_and_no_longer_when_it_is_freed() {
        // Far more than other tests of this process take or give back meanwhile.
        const MUCH: usize = 512 << 20;
        let _alone = crate::sys::allocator::MEASURING.lock();
        let before = used_bytes();
        let bound = before + (MUCH / 2) as u64;
        let taken = std::hint::black_box(vec![1u8; MUCH]);
        assert!(is_over(bound));
        assert!(resident_bytes() > MUCH as u64 / 2);
        drop(taken);
        assert!(!is_over(bound));
    }
}
