//! What blocking commands share: their timeouts, and commands that only log entries hold, by which waits end before anybody serves them.

mod cancel;
mod leave;
mod timeout;
mod unblock;

pub use cancel::CANCEL;
pub use leave::LEAVE;
pub use timeout::timeout_ms;
pub use unblock::UNBLOCK;

use super::{Doc, Family, Flags, Spec};

/// The family.
pub static SPECS: &[&Spec] = &[&cancel::CANCEL, &leave::LEAVE, &unblock::UNBLOCK];

const FLAGS: Flags = Flags::NOSCRIPT.union(Flags::INTERNAL).union(Flags::FREES);
/// The feature level since which commands wait.
const LEVEL: u32 = 3;

const fn doc(summary: &'static str) -> Doc {
    Doc::new(Family::Connection, "1.0.0", "O(log(N))", summary)
}
