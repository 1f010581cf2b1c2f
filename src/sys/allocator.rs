//! The process's allocator, and how many bytes are allocated from it: what `maxmemory` is judged by, as Redis judges its
//! `used_memory`. Pages that the allocator keeps after something was freed do not count.
//!
//! A thread collects what it allocates and frees until that is [`FLUSH_BYTES`], and adds it to the total then, and when it ends: so
//! counting costs about a nanosecond, and the total is off by no more than that much for each thread.
//!
//! Invariant: an allocation is counted with the same number of bytes when it is made and when it is freed, whoever frees it.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::sync::atomic::{AtomicI64, Ordering};

use mimalloc::MiMalloc;

/// Most bytes that one thread has not yet added to the total.
const FLUSH_BYTES: i64 = 64 * 1024;
/// From this size on an allocation has slices of its own.
const SLICED_FROM: usize = 512 * 1024;
const SLICE: usize = 64 * 1024;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static LIVE: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);

thread_local! {
    static OWN: Own = const { Own(Cell::new(0)) };
}

/// What this thread has not yet added to the total.
struct Own(Cell<i64>);

impl Drop for Own {
    fn drop(&mut self) {
        flush(self.0.take());
    }
}

struct Counting;

#[expect(unsafe_code, reason = "an allocator is an unsafe trait; each function passes its arguments on as they are")]
// SAFETY: MiMalloc is an allocator, and what it returns is returned.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is the one that is asked for.
        let ptr = unsafe { MiMalloc.alloc(layout) };
        if !ptr.is_null() {
            count(charged(layout.size()));
        }
        ptr
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        let ptr = unsafe { MiMalloc.alloc_zeroed(layout) };
        if !ptr.is_null() {
            count(charged(layout.size()));
        }
        ptr
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        count(-charged(layout.size()));
        // SAFETY: as above.
        unsafe { MiMalloc.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as above.
        let ptr = unsafe { MiMalloc.realloc(ptr, layout, new_size) };
        if !ptr.is_null() {
            count(charged(new_size) - charged(layout.size()));
        }
        ptr
    }
}

/// Bytes that are allocated.
pub fn live_bytes() -> u64 {
    LIVE.load(Ordering::Relaxed).max(0) as u64
}

/// The most that were.
pub fn peak_bytes() -> u64 {
    PEAK.load(Ordering::Relaxed).max(0) as u64
}

/// Gives pages that hold nothing back to the system: those of this thread, and those that belong to none.
#[expect(unsafe_code, reason = "a function of the allocator that its crate does not wrap")]
pub fn purge() {
    // SAFETY: it takes no pointer and may be called at any time by any thread.
    unsafe { libmimalloc_sys::mi_collect(true) }
}

/// What the allocator takes for `size` bytes: it has four sizes between a power of two and the next, and whole slices for what is
/// large.
#[inline]
fn charged(size: usize) -> i64 {
    let step = if size > SLICED_FROM {
        SLICE
    } else if size > 64 {
        1 << (size - 1).ilog2().saturating_sub(2)
    } else {
        16
    };
    size.next_multiple_of(step) as i64
}

#[inline]
fn count(bytes: i64) {
    // A thread whose own count is gone adds to the total itself.
    let left = OWN.try_with(|own| {
        let sum = own.0.get() + bytes;
        let is_much = sum.unsigned_abs() >= FLUSH_BYTES.unsigned_abs();
        own.0.set(if is_much { 0 } else { sum });
        if is_much { sum } else { 0 }
    });
    let sum = left.unwrap_or(bytes);
    if sum != 0 {
        flush(sum);
    }
}

#[cold]
fn flush(bytes: i64) {
    let live = LIVE.fetch_add(bytes, Ordering::Relaxed) + bytes;
    if live > PEAK.load(Ordering::Relaxed) {
        PEAK.fetch_max(live, Ordering::Relaxed);
    }
}

/// Held by tests that compare totals.
#[cfg(test)]
pub(super) static MEASURING: parking_lot::Mutex<()> = parking_lot::Mutex::new(());

#[cfg(test)]
mod tests {
    use super::*;

    /// More than other tests of this process allocate or free meanwhile.
    const MUCH: usize = 512 << 20;

    #[test]
    fn allocated_bytes_count_until_they_are_freed() {
        let _alone = MEASURING.lock();
        let before = live_bytes();
        let taken = std::hint::black_box(Vec::<u8>::with_capacity(MUCH));
        assert!(live_bytes() >= before + MUCH as u64 / 2);
        assert!(peak_bytes() >= before + MUCH as u64 / 2);
        // Another thread frees it.
        std::thread::spawn(move || drop(taken)).join().unwrap();
        assert!(live_bytes() < before + MUCH as u64 / 2);
    }

    #[test]
    fn a_thread_that_ends_leaves_nothing_uncounted() {
        const LEN: usize = 8192;
        const THREADS: usize = 4000;
        // Each is far below what a thread adds by itself. Other tests of this process may free something meanwhile: then once more.
        let _alone = MEASURING.lock();
        let is_counted = |_| {
            let before = live_bytes();
            let kept: Vec<Vec<u8>> =
                (0..THREADS).map(|_| std::thread::spawn(|| vec![1u8; LEN]).join().unwrap()).collect();
            let counted = live_bytes().saturating_sub(before);
            counted >= (kept.len() * LEN * 3 / 4) as u64
        };
        assert!((0..10).any(is_counted));
    }

    #[test]
    fn sizes_are_those_of_the_allocator() {
        for (size, expected) in
            [(0, 0), (1, 16), (17, 32), (64, 64), (65, 80), (80, 80), (81, 96), (1025, 1280), (1 << 20, 1 << 20)]
        {
            assert_eq!(charged(size), expected, "{size}");
        }
        for size in (65..=SLICED_FROM).step_by(97) {
            let taken = charged(size) as usize;
            assert!(taken >= size && taken - size <= size / 4 && charged(taken) == taken as i64, "{size}: {taken}");
        }
    }
}
