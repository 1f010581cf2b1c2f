//! Log lines for the operator, on standard error, by `loglevel`.

use std::io::Write;
use std::sync::atomic::{AtomicU8, Ordering};

static LEVEL: AtomicU8 = AtomicU8::new(2);
const NAMES: [&str; 5] = ["debug", "verbose", "notice", "warning", "nothing"];

/// Sets the lowest level that is shown; false if there is none of that name.
pub fn set_level(name: &str) -> bool {
    let Some(level) = NAMES.iter().position(|known| *known == name) else { return false };
    LEVEL.store(level as u8, Ordering::Relaxed);
    true
}

fn line(level: u8, text: &str) {
    if level >= LEVEL.load(Ordering::Relaxed) {
        let name = NAMES.get(usize::from(level)).copied().unwrap_or_default();
        to_stderr(&format!("{} {name}: {text}", crate::sys::clock::wall_text()));
    }
}

/// A line on standard error as it is. A log that cannot be written (its reader has ended, its disk is full) ends no node.
pub fn to_stderr(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The same on standard output.
pub fn to_stdout(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// For developers.
pub fn debug(text: &str) {
    line(0, text);
}

/// Normal operation: elections, joins, snapshots.
pub fn notice(text: &str) {
    line(2, text);
}

/// Something an operator should look at.
pub fn warning(text: &str) {
    line(3, text);
}
