//! What is logged: `tracing`'s events, one line each on standard error, by `loglevel`, `log-filter` and `log-format`.
//!
//! Code says `tracing::info!(node, term, "…")` and so on: what differs from line to line stands in fields, and the module that says it
//! is the event's target. An event that is not shown costs a load and a branch, openraft's too: the filter decides once for each
//! place in the code, and again when it changes. Spans are never recorded.
//!
//! Invariants
//! - One event is one line: control characters are escaped, so nobody whose text is logged (a peer, a client, a path) can make up a line.
//! - A line that cannot be written ends no node and, in a pipe, socket or terminal whose reader stalls, stops none: it is lost, and the
//!   next line that can be written comes behind one that says how many were. (A file on a disk that hangs does hold up the thread
//!   that logs: nothing tells beforehand.)
//! - Why a process ends ([`fatal`]) is shown whatever the filter, and waits a second for its reader.
//! - Nodes that share a process (simulations) share one filter: the first [`start`] sets it up, later ones change it. Without any,
//!   nothing is written.

mod filter;
mod format;
mod output;

use std::sync::OnceLock;
use std::time::Duration;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Registry, reload};

pub use filter::{Filter, LEVELS};
pub use format::Format;
use format::Lines;
use output::Output;

/// How long the reason of an end waits for who reads it.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// The target of what no event says.
const OWN: &str = "lockstep";

static FILTER: OnceLock<reload::Handle<Filter, Registry>> = OnceLock::new();
static FORMAT: OnceLock<Format> = OnceLock::new();
static STDERR: Output = Output::new();
static STDOUT: Output = Output::new();

/// Shows events of this process from now on. Where that was begun before, only the filter changes.
pub fn start(format: Format, filter: Filter) {
    let (layer, handle) = reload::Layer::new(filter.clone());
    let lines = Lines { format, now: crate::sys::clock::wall_text, write: |line: &str| write(line, Duration::ZERO) };
    match tracing::subscriber::set_global_default(Registry::default().with(layer).with(lines)) {
        Ok(()) => {
            let _ = FORMAT.set(format);
            let _ = FILTER.set(handle);
        }
        Err(_) => set_filter(filter),
    }
}

/// Changes what is shown, at once; nothing happens in a process that shows nothing.
pub fn set_filter(filter: Filter) {
    if let Some(handle) = FILTER.get() {
        // It fails only if the subscriber is gone, and that stays for good.
        let _ = handle.reload(filter);
    }
}

/// Why the process ends or cannot go on.
pub fn fatal(why: &str) {
    let line = match format() {
        Format::Text => format!("lockstep: {why}"),
        Format::Json => Format::Json.line(&crate::sys::clock::wall_text(), tracing::Level::ERROR, OWN, why),
    };
    write(&line, LAST_WORDS);
}

/// A line on standard output as it is.
pub fn to_stdout(line: &str) {
    STDOUT.put(&mut std::io::stdout().lock(), line, LAST_WORDS);
}

fn format() -> Format {
    FORMAT.get().copied().unwrap_or_default()
}

fn write(line: &str, patience: Duration) {
    let lost = |count| {
        let text = format!("{count} log lines are lost: nobody read them, or the disk was full");
        format().line(&crate::sys::clock::wall_text(), tracing::Level::WARN, OWN, &text)
    };
    STDERR.put_or_count(&mut std::io::stderr().lock(), line, patience, lost);
}

#[cfg(test)]
mod tests;
