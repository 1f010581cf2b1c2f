//! shuttle's locks with parking_lot's names.

use std::sync::PoisonError;

pub use shuttle::sync::MutexGuard;

/// A lock; whoever takes it may have to let others go first.
#[derive(Default)]
pub struct Mutex<T>(shuttle::sync::Mutex<T>);

impl<T> Mutex<T> {
    /// Around this value.
    pub fn new(value: T) -> Self {
        Self(shuttle::sync::Mutex::new(value))
    }

    /// Waits for the lock.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What threads wait at.
#[derive(Default)]
pub struct Condvar(shuttle::sync::Condvar);

impl Condvar {
    /// Wakes one that waits.
    pub fn notify_one(&self) {
        self.0.notify_one();
    }
}

/// Gives the lock up until somebody notifies, or for no reason.
pub fn wait<'a, T>(condvar: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    condvar.0.wait(guard).unwrap_or_else(PoisonError::into_inner)
}

/// Runs `run` in so many random orders of its threads, and in as many of PCT, with this planted bug or none: what the first one says that fails.
#[cfg(test)]
pub fn explored_orders(bug: Option<&'static str>, orders: u64, run: fn()) -> Option<String> {
    crate::planted::arm(bug);
    let orders = orders as usize;
    let tried = std::panic::catch_unwind(|| {
        shuttle::check_random(run, orders);
        shuttle::check_pct(run, orders, 3);
    });
    crate::planted::arm(None);
    let panic = tried.err()?;
    let text = panic.downcast_ref::<String>().cloned();
    Some(text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default())
}
