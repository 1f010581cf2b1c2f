//! Free ports on 127.0.0.1.
//!
//! A node takes three of them, all derived from the first (port, + 2000, + 10000), below the range that the system hands out
//! for outgoing connections. Another process may still take one between the look and the use, so whoever starts a
//! server tries another port when it does not come up.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

const FIRST: u32 = 12_000;
const COUNT: u32 = 8_000;

/// A port whose companions are free too.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Test binaries that run at the same time begin at different places.
    let start = std::process::id().wrapping_mul(2_654_435_761) % COUNT;
    for _ in 0..COUNT {
        let offset = (start + NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT;
        let port = (FIRST + offset) as u16;
        let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if free(port) && free(port + 2_000) && free(port + 10_000) {
            return port;
        }
    }
    panic!("no free port on 127.0.0.1 from {FIRST} on");
}
