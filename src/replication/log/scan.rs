//! Checks raft-engine's files before it opens them: every record of every file against its checksums.
//!
//! raft-engine alone either refuses any incomplete end (so nothing that was killed would start again), or silently drops
//! whatever follows a bad record in the last file. This decides which it is (design 7): the end of the last file of a queue
//! is a torn write if no intact record follows it, and is cut off here; all else that does not check is damage, and is
//! refused. raft-engine then opens what is left in its strictest mode.
//!
//! A last record that was damaged after it was durable looks like a torn one: no log can tell these two apart by itself.
//!
//! The format (raft-engine 0.4, version 2), integers big-endian unless said otherwise:
//! - file: magic, version u64, alignment u64; then records without gaps; in the last file then zeros (allocated ahead) or,
//!   if the file was used before, its old records, whose checksums are signed with another file's number.
//! - record: length u56, compression u8, offset of the footer u64; entries and their CRC32 (little-endian), if any; footer
//!   and its CRC32 XOR the file's number (little-endian).

use std::ffi::OsStr;
use std::fs;
use std::fs::File;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use rustix::fs::FlockOperation;
use rustix::fs::flock;

use crate::error::Fatal;
use crate::sys::disk;

pub(super) const MAGIC: &[u8] = b"RAFT-LOG-FILE-HEADER-9986AB3E47F320B394C8E84916EB0ED5";
pub(super) const VERSION: u64 = 2;
const FILE_HEADER: usize = MAGIC.len() + 16;
const RECORD_HEADER: usize = 16;
const CHECKSUM: usize = 4;

/// Name endings of the two queues: the log, and what of it was moved when old files were removed.
const QUEUES: [&str; 2] = [".raftlog", ".rewrite"];

/// Checks all files in `dir` and cuts off a torn end; returns what the operator should hear about.
///
/// # Errors
/// A file is damaged or of another version; the message names it and the offset.
pub fn check(dir: &Path) -> Result<Vec<String>, Fatal> {
    let failed = |error: io::Error| Fatal(format!("cannot read the log in {}: {error}", dir.display()));
    // raft-engine's own lock, so that nobody's file is cut while he writes it.
    let lock = File::create(dir.join("LOCK")).map_err(failed)?;
    flock(&lock, FlockOperation::NonBlockingLockExclusive)
        .map_err(|_| Fatal(format!("the log in {} is in use by another process", dir.display())))?;
    let notices = examine(dir).and_then(|torn| {
        torn.iter().try_for_each(Torn::cut).map_err(failed)?;
        Ok(torn.iter().filter_map(Torn::notice).collect())
    });
    // Closing the file would release it too, but not while a child between fork and exec still has it open.
    flock(&lock, FlockOperation::Unlock).map_err(|error| failed(error.into()))?;
    notices
}

/// A write at the end of a file that was never finished.
pub struct Torn {
    /// The file.
    pub path: PathBuf,
    /// Where it begins; 0: the file was only begun.
    pub offset: usize,
    len: usize,
    /// Allocated ahead and never written: every process that was killed leaves this.
    is_zeros: bool,
    why: String,
}

/// Checks all files in `dir`, and changes nothing; returns the torn ends.
///
/// # Errors
/// As [`check`].
pub fn examine(dir: &Path) -> Result<Vec<Torn>, Fatal> {
    let failed = |error: io::Error| Fatal(format!("cannot read the log in {}: {error}", dir.display()));
    let mut torn = Vec::new();
    for suffix in QUEUES {
        let mut files = list(dir, suffix).map_err(failed)?;
        files.sort();
        let last = files.len().saturating_sub(1);
        for (at, (number, path)) in files.into_iter().enumerate() {
            let bytes = fs::read(&path).map_err(failed)?;
            let end = verify(&bytes, number).map_err(|error| error.fatal(&path))?;
            match end {
                End::Whole => {}
                End::Bad { offset, why } if at < last => return Err(Problem::Damaged { offset, why }.fatal(&path)),
                End::Bad { offset, why } => {
                    if let Some(later) = find_record(&bytes, offset + 1, number) {
                        let why = format!("{why}, but an intact record follows at offset {later}");
                        return Err(Problem::Damaged { offset, why }.fatal(&path));
                    }
                    let end = bytes.get(offset..).unwrap_or_default();
                    let is_zeros = end.iter().all(|byte| *byte == 0);
                    torn.push(Torn { path, offset, len: end.len(), is_zeros, why });
                }
            }
        }
    }
    Ok(torn)
}

/// True if no file of the log was begun.
pub fn is_empty(dir: &Path) -> bool {
    list(dir, QUEUES[0]).is_ok_and(|files| files.is_empty())
}

/// Numbers and paths of a queue's files.
fn list(dir: &Path, suffix: &str) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut files = Vec::new();
    for file in fs::read_dir(dir)? {
        let path = file?.path();
        let number = path.file_name().and_then(OsStr::to_str).and_then(|name| name.strip_suffix(suffix)?.parse().ok());
        files.extend(number.map(|number| (number, path)));
    }
    Ok(files)
}

enum Problem {
    Version(u64),
    Damaged { offset: usize, why: String },
}

impl Problem {
    fn fatal(self, path: &Path) -> Fatal {
        let path = path.display();
        match self {
            Self::Version(version) => Fatal(format!(
                "log file {path} has format version {version}, this program reads {VERSION}: start the version that wrote it"
            )),
            Self::Damaged { offset, why } => {
                Fatal(format!("log file {path} is damaged at offset {offset}: {why}. {}", super::DAMAGED))
            }
        }
    }
}

/// How far a file's records check.
enum End {
    /// To its end.
    Whole,
    /// To an offset.
    Bad { offset: usize, why: String },
}

fn verify(bytes: &[u8], number: u64) -> Result<End, Problem> {
    let bad = |offset, why: &str| Ok(End::Bad { offset, why: why.to_owned() });
    if !bytes.starts_with(MAGIC) {
        return bad(0, "the file's header is not there");
    }
    match (u64_at(bytes, MAGIC.len()), u64_at(bytes, MAGIC.len() + 8)) {
        (Some(VERSION), Some(0)) => {}
        (Some(VERSION), Some(_)) => {
            return Err(Problem::Damaged { offset: MAGIC.len() + 8, why: "unknown alignment".to_owned() });
        }
        (Some(version), _) if version != VERSION => return Err(Problem::Version(version)),
        _ => return bad(0, "the file's header is incomplete"),
    }
    let mut offset = FILE_HEADER;
    while offset < bytes.len() {
        match record(bytes, offset, number) {
            Ok(len) => offset += len,
            Err(why) => return bad(offset, why),
        }
    }
    Ok(End::Whole)
}

fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    bytes.get(offset..offset + 8)?.try_into().ok().map(u64::from_be_bytes)
}

/// Entries block and footer of the record at `offset`, and its length, if its header makes sense.
fn frame(bytes: &[u8], offset: usize) -> Option<(&[u8], &[u8], usize)> {
    let length_and_type = u64_at(bytes, offset)?;
    // Compression is never used.
    if length_and_type & 0xff != 0 {
        return None;
    }
    let len = usize::try_from(length_and_type >> 8).ok()?;
    let footer_at = usize::try_from(u64_at(bytes, offset + 8)?).ok()?;
    let record = bytes.get(offset..offset.checked_add(len)?)?;
    Some((record.get(RECORD_HEADER..footer_at)?, record.get(footer_at..)?, len))
}

/// Length of the intact record at `offset`.
fn record(bytes: &[u8], offset: usize, number: u64) -> Result<usize, &'static str> {
    let (entries, footer, len) = frame(bytes, offset).ok_or("the header of a record makes no sense")?;
    if !checks(footer, number as u32) {
        return Err("the checksum of a record's index is wrong");
    }
    if !entries.is_empty() && !checks(entries, 0) {
        return Err("the checksum of a record's entries is wrong");
    }
    Ok(len)
}

/// True if `block` ends with the CRC32 of what is before it, XOR `signature`.
fn checks(block: &[u8], signature: u32) -> bool {
    let Some((content, sum)) = block.split_last_chunk::<CHECKSUM>() else {
        return false;
    };
    !content.is_empty() && crc32fast::hash(content) ^ signature == u32::from_le_bytes(*sum)
}

/// Offset of the first intact record at or behind `from`.
///
/// Values that look like records can be made to cost a checksum of much of the file each. Past a budget, the answer is
/// "there is one": refusing is the safe side.
fn find_record(bytes: &[u8], from: usize, number: u64) -> Option<usize> {
    if bytes.get(from..).is_none_or(|rest| rest.iter().all(|byte| *byte == 0)) {
        return None;
    }
    let mut budget = bytes.len().saturating_mul(64);
    for offset in from..bytes.len() {
        let Some((_, _, len)) = frame(bytes, offset) else {
            continue;
        };
        if len > budget || record(bytes, offset, number).is_ok() {
            return Some(offset);
        }
        budget -= len;
    }
    None
}

impl Torn {
    /// Cuts it off; a file that has not even a header is removed, as if it had never been begun.
    fn cut(&self) -> io::Result<()> {
        if self.offset == 0 {
            return disk::remove(&self.path);
        }
        let file = disk::open(File::options().write(true), &self.path)?;
        disk::set_len(&file, self.offset as u64)?;
        disk::sync_all(&file)
    }

    /// What the operator should hear of it.
    pub fn notice(&self) -> Option<String> {
        let Self { path, offset, len, is_zeros, why } = self;
        (!is_zeros).then(|| {
            format!(
                "log file {}: {len} bytes at offset {offset} are a write that was never finished ({why}); they were dropped. Nothing in \
                 them was acknowledged, unless this disk lost what it had reported as written.",
                path.display(),
            )
        })
    }
}
