//! `lockstep verify DIR`: a certificate over a node's own directory, or a copy of it, without a cluster.
//!
//! It reads the log and the newest snapshot with all their checksums, applies the log's committed entries as a node would, and judges what it
//! sees by one specification ([`spec`]): from the first entry on, if the log has that, and then the snapshot has to be the state that
//! the log makes, to the last byte; else from the snapshot on. It changes nothing, and says what it has looked at.
//!
//! What it does not see: whether this is what other nodes have (compare the digests that it names), or what clients were told.

mod course;
mod directory;
mod memory;
mod replay;
mod report;
pub mod spec;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

pub use memory::verify_memory;
pub use report::{Report, Verdict};

use crate::error::Fatal;

/// The word after which a directory stands.
const COMMAND: &str = "verify";
const USE: &str = "use: lockstep verify <directory of a node that is stopped, or a copy>";

/// Looks at a directory.
///
/// # Errors
/// It cannot be looked at: it is in use, there is no node's data in it, a newer version has written it.
pub fn verify(dir: &Path) -> Result<Report, Fatal> {
    directory::look(dir)
}

/// Does what these arguments ask for, if the first of them is the command: 0 nothing is wrong, 1 something is, 2 it could not be looked at.
pub fn from_command_line(args: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let mut args = args.into_iter().skip(1);
    if args.next()? != COMMAND {
        return None;
    }
    let dir = args.next().filter(|dir| !dir.to_string_lossy().starts_with('-'));
    let (Some(dir), None) = (dir, args.next()) else {
        crate::sys::log::fatal(USE);
        return Some(ExitCode::from(2));
    };
    match verify(Path::new(&dir)) {
        Ok(report) => {
            crate::sys::log::to_stdout(&report.to_string());
            Some(ExitCode::from(u8::from(report.verdict() == Verdict::Wrong)))
        }
        Err(error) => {
            crate::sys::log::fatal(&format!("cannot verify {}: {error}", dir.display()));
            Some(ExitCode::from(2))
        }
    }
}

#[cfg(test)]
mod tests;
