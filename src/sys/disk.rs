//! Changes of files that have to outlive a crash: the log's, the snapshots' and the small ones all go through here.
//!
//! Beside [`std::fs`] it adds one thing, and in tests only: a directory whose changes are recorded, from which every state is made that a
//! loss of power could leave (`disk/crash.rs`).

#[cfg(test)]
pub mod crash;

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// How far a write has got when it returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It is in memory: a sync makes it durable.
    Cached,
    /// It is durable: the file was opened so.
    Durable,
}

/// Opens a file for writing; what stands in it stays.
///
/// # Errors
/// Those of the disk.
pub fn open(options: &OpenOptions, path: &Path) -> io::Result<File> {
    let file = options.open(path)?;
    #[cfg(test)]
    crash::opened(path, &file);
    Ok(file)
}

/// Makes a file, or empties it.
///
/// # Errors
/// Those of the disk.
pub fn create(path: &Path) -> io::Result<File> {
    let file = open(OpenOptions::new().write(true).create(true).truncate(false), path)?;
    set_len(&file, 0)?;
    Ok(file)
}

/// Writes all of `bytes`.
///
/// # Errors
/// Those of the disk; a part may have been written then.
pub fn write_all_at(file: &File, bytes: &[u8], at: u64, reach: Reach) -> io::Result<()> {
    #[cfg(test)]
    let write = crash::writes(file, bytes, at);
    file.write_all_at(bytes, at)?;
    #[cfg(test)]
    crash::wrote(file, write, reach);
    let _ = reach;
    Ok(())
}

/// Cuts a file, or appends zeros.
///
/// # Errors
/// Those of the disk.
pub fn set_len(file: &File, len: u64) -> io::Result<()> {
    #[cfg(test)]
    crash::sets_len(file, len);
    file.set_len(len)
}

/// Makes durable what stands in a file, and what is needed to read it.
///
/// # Errors
/// Those of the disk.
pub fn sync_data(file: &File) -> io::Result<()> {
    #[cfg(test)]
    let begun = crash::syncs(file);
    file.sync_data()?;
    #[cfg(test)]
    crash::synced(file, begun);
    Ok(())
}

/// The same, and all else that is known of the file; not its name.
///
/// # Errors
/// Those of the disk.
pub fn sync_all(file: &File) -> io::Result<()> {
    #[cfg(test)]
    let begun = crash::syncs(file);
    file.sync_all()?;
    #[cfg(test)]
    crash::synced(file, begun);
    Ok(())
}

/// Gives a file another name; what was there under it is gone.
///
/// # Errors
/// Those of the disk.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(test)]
    crash::renames(from, to);
    fs::rename(from, to)
}

/// Puts `bytes` in the place of what a file held: whenever a crash comes, it holds all of the one or all of the other. Durable on return.
///
/// # Errors
/// Those of the disk; what the file held stays then.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    let temporary = Path::new(&temporary);
    let file = create(temporary)?;
    write_all_at(&file, bytes, 0, Reach::Cached)?;
    sync_all(&file)?;
    rename(temporary, path)?;
    sync_parent(path)
}

/// Removes a file.
///
/// # Errors
/// Those of the disk.
pub fn remove(path: &Path) -> io::Result<()> {
    #[cfg(test)]
    crash::removes(path);
    fs::remove_file(path)
}

/// Makes the names in a directory durable.
///
/// # Errors
/// Those of the disk.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    sync_opened_dir(&File::open(dir)?, dir)
}

/// The same of the directory that `path` is in.
///
/// # Errors
/// Those of the disk.
pub fn sync_parent(path: &Path) -> io::Result<()> {
    sync_dir(path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

/// The same of a directory that is open.
///
/// # Errors
/// Those of the disk.
pub fn sync_opened_dir(handle: &File, dir: &Path) -> io::Result<()> {
    #[cfg(test)]
    let begun = crash::syncs_dir(dir);
    handle.sync_all()?;
    #[cfg(test)]
    crash::synced_dir(dir, begun);
    let _ = dir;
    Ok(())
}
