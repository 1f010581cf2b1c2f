//! The only reader of any clock: the machine's clocks ([`Clocks`]), a steady reading of them ([`steady`]), and the cluster clock
//! ([`cluster`], which has the invariants and why they hold; design 5).

mod cluster;
mod reading;
mod steady;

use std::time::{SystemTime, UNIX_EPOCH};

pub use cluster::{ClusterClock, Elected, Source};
pub use reading::{LogEnd, Reading, Teller, Told};
pub use steady::Moment;

/// The clocks of a machine. The simulation has its own.
pub trait Clocks: Send + Sync {
    /// Wall clock, ms since the Unix epoch.
    fn wall_ms(&self) -> u64;
    /// The same in µs, where the clock tells them.
    fn wall_us(&self) -> u64 {
        self.wall_ms() * 1000
    }
    /// CLOCK_BOOTTIME, ns.
    fn boottime_ns(&self) -> u64;
    /// CLOCK_MONOTONIC, ns.
    fn monotonic_ns(&self) -> u64;
    /// CLOCK_MONOTONIC_RAW, ns.
    fn raw_ns(&self) -> u64;
    /// Changes when the machine reboots; also names the time namespace.
    fn machine_boot(&self) -> String;
}

/// The machine's clocks.
pub struct SystemClocks;

impl Clocks for SystemClocks {
    fn wall_ms(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64
    }

    fn wall_us(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros() as u64
    }

    fn boottime_ns(&self) -> u64 {
        read(rustix::time::ClockId::Boottime)
    }

    fn monotonic_ns(&self) -> u64 {
        read(rustix::time::ClockId::Monotonic)
    }

    fn raw_ns(&self) -> u64 {
        read(rustix::time::ClockId::MonotonicRaw)
    }

    fn machine_boot(&self) -> String {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let namespace = std::fs::read_link("/proc/self/ns/time").unwrap_or_default();
        format!("{} {}", boot.trim(), namespace.display())
    }
}

fn read(id: rustix::time::ClockId) -> u64 {
    let now = rustix::time::clock_gettime(id);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// The wall clock as text, for log lines.
pub fn wall_text() -> String {
    time_text(SystemClocks.wall_ms())
}

/// A time in ms since the Unix epoch as text.
pub fn time_text(ms: u64) -> String {
    let (days, rest_ms) = (ms / 86_400_000, ms % 86_400_000);
    // Civil date from days (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    let z = days as i64 + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let year = yoe + era * 400 + i64::from(month <= 2);
    let (h, m, s) = (rest_ms / 3_600_000, rest_ms / 60_000 % 60, rest_ms / 1000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.{:03}Z", rest_ms % 1000)
}

#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;
