//! What can be wrong with a snapshot.

use std::{fmt, io};

use crate::error::Fatal;

/// A snapshot that cannot be read, kept or sent: which file, and why.
#[derive(Debug)]
pub struct SnapshotError {
    /// The file, or where its bytes come from.
    pub file: String,
    /// What is wrong with it.
    pub problem: Problem,
    /// What to do about it; empty = nothing that could be known here.
    pub advice: &'static str,
}

/// What is wrong with a snapshot.
#[derive(Debug)]
pub enum Problem {
    /// The disk (or the connection) failed.
    Io(io::Error),
    /// The bytes are not those that were written.
    Damaged {
        /// Offset of the chunk where that shows, bytes.
        offset: u64,
        /// What shows.
        damage: Damage,
    },
    /// Written by a later version of this program.
    Version(u32),
    /// Whole, but not the snapshot that is expected here.
    Misplaced(String),
}

/// How damage shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The file ends before its end record does.
    Truncated,
    /// A checksum differs.
    FlippedBit,
    /// The file does not begin as a snapshot does.
    NotASnapshot,
    /// A chunk stands where another one belongs.
    OutOfOrder {
        /// Number of the chunk that is missing.
        expected: u32,
        /// Number of the one in its place.
        found: u32,
    },
    /// Bytes follow the end record.
    TrailingBytes,
    /// Every chunk is whole, but together they are not what was written.
    Totals(&'static str),
    /// All checksums are right, and still the contents make no sense.
    Contents(String),
}

impl Problem {
    /// The same problem of a named file.
    pub(super) fn of(self, file: &str) -> SnapshotError {
        SnapshotError { file: file.into(), problem: self, advice: "" }
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl SnapshotError {
    pub(super) fn io(file: &str, error: io::Error) -> Self {
        Problem::Io(error).of(file)
    }

    /// The same error with what to do, if the bytes themselves are wrong.
    pub(super) fn advise(self, advice: &'static str) -> Self {
        if self.is_damage() { Self { advice, ..self } } else { self }
    }

    /// True if the bytes themselves are wrong, so that reading them again cannot help.
    pub fn is_damage(&self) -> bool {
        matches!(self.problem, Problem::Damaged { .. })
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("truncated: the file ends here, before its end record"),
            Self::FlippedBit => f.write_str("flipped bit: the checksum differs"),
            Self::NotASnapshot => f.write_str("this is no snapshot of Lockstep"),
            Self::OutOfOrder { expected, found } => write!(f, "chunk {found} stands where chunk {expected} belongs"),
            Self::TrailingBytes => f.write_str("bytes follow the end record"),
            Self::Totals(what) => write!(f, "the end record does not fit: {what}"),
            Self::Contents(what) => f.write_str(what),
        }
    }
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = &self.file;
        match &self.problem {
            Problem::Io(error) => write!(f, "snapshot {file}: {error}"),
            Problem::Damaged { offset, damage } => write!(f, "snapshot {file} is damaged at offset {offset}: {damage}"),
            Problem::Version(version) => write!(
                f,
                "snapshot {file} has format version {version}, this program knows versions up to {}: start a newer one",
                super::FORMAT_VERSION
            ),
            Problem::Misplaced(what) => write!(f, "snapshot {file} does not belong here: {what}"),
        }?;
        if self.advice.is_empty() { Ok(()) } else { write!(f, ". {}", self.advice) }
    }
}

impl std::error::Error for SnapshotError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.problem {
            Problem::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<SnapshotError> for Fatal {
    fn from(error: SnapshotError) -> Self {
        Self(error.to_string())
    }
}

impl From<SnapshotError> for io::Error {
    fn from(error: SnapshotError) -> Self {
        let kind = match &error.problem {
            Problem::Io(error) => error.kind(),
            Problem::Damaged { .. } => io::ErrorKind::InvalidData,
            Problem::Version(_) => io::ErrorKind::Unsupported,
            Problem::Misplaced(_) => io::ErrorKind::InvalidInput,
        };
        Self::new(kind, error)
    }
}
