//! Clocks for tests of the modules above.

use super::Clocks;

/// Clocks that stand still.
pub struct Still;

impl Clocks for Still {
    fn wall_ms(&self) -> u64 {
        0
    }
    fn boottime_ns(&self) -> u64 {
        0
    }
    fn monotonic_ns(&self) -> u64 {
        0
    }
    fn raw_ns(&self) -> u64 {
        0
    }
    fn machine_boot(&self) -> String {
        String::new()
    }
}
