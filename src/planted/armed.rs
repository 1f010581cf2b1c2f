//! Which bug is armed in a thread.

use std::cell::Cell;

thread_local! {
    static ARMED: Cell<Option<&'static str>> = const { Cell::new(None) };
    static FIRED: Cell<u64> = const { Cell::new(0) };
}

/// From now on this thread has this bug, or none.
pub fn arm(bug: Option<&'static str>) {
    ARMED.set(bug);
    FIRED.set(0);
}

/// How often a line of the armed bug was run.
pub fn fired() -> u64 {
    FIRED.get()
}

/// True if this bug is armed.
pub fn is(bug: &str) -> bool {
    let is_armed = ARMED.get() == Some(bug);
    FIRED.set(FIRED.get() + u64::from(is_armed));
    is_armed
}
