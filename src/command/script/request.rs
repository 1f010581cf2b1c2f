//! What the four commands that run a script share: arguments, and the way to the sandbox.

use bytes::Bytes;

use crate::command::{Arg, ArgKind, BeginSearch, FindKeys, Flags, KeyFlags, KeySpec, Outcome};
use crate::error::{NO_SCRIPT, NOT_AN_INTEGER, OUT_OF_MEMORY, ReplyError};
use crate::protocol::{Args, parse_i64};
use crate::script::source::{Sha, parse_sha};
use crate::script::{Host, Prepared, Source};
use crate::store::{Scripts, Txn, View};

/// Flags of all four.
pub const FLAGS: Flags = Flags::NOSCRIPT
    .union(Flags::STALE)
    .union(Flags::SKIP_MONITOR)
    .union(Flags::MOVABLEKEYS)
    .union(Flags::SCRIPT)
    .union(Flags::NO_MANDATORY_KEYS);

/// Keys of the two that write: what a script does with them is not known, so all is assumed.
pub const WRITTEN: &[KeySpec] = &[keys(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))];
/// Keys of the two that only read.
pub const READ: &[KeySpec] = &[keys(KeyFlags::RO.union(KeyFlags::ACCESS))];

const fn keys(flags: KeyFlags) -> KeySpec {
    KeySpec { begin: BeginSearch::Index(2), find: FindKeys::Keynum { index: 0, first: 1, step: 1 }, flags }
}

/// Arguments behind the script.
pub const NUMKEYS: Arg = Arg::new("numkeys", ArgKind::Integer);
/// See [`NUMKEYS`].
pub const KEY: Arg = Arg::new("key", ArgKind::Key(0)).optional().multiple();
/// See [`NUMKEYS`].
pub const ARG: Arg = Arg::new("arg", ArgKind::String).optional().multiple();

/// Number of keys.
///
/// # Errors
/// Redis's texts.
pub fn key_count(args: &Args) -> Result<usize, ReplyError> {
    let count = parse_i64(args.arg(2)).ok_or(NOT_AN_INTEGER)?;
    if count > args.len() as i64 - 3 {
        return Err(ReplyError::new("ERR Number of keys can't be greater than number of args"));
    }
    usize::try_from(count).map_err(|_| ReplyError::new("ERR Number of keys can't be negative"))
}

/// The text of EVAL as a script.
///
/// # Errors
/// Those of its shebang.
pub fn given(args: &Args) -> Result<Source, ReplyError> {
    // A copy, because the argument is a slice of a buffer with more in it.
    Source::new(Bytes::copy_from_slice(args.arg(1)))
}

/// What is wrong with EVAL's arguments, whatever the script is. Whether that compiles depends on replicated options too.
///
/// # Errors
/// Those of [`key_count`] and [`given`].
pub fn check_script(args: &Args) -> Result<(), ReplyError> {
    key_count(args)?;
    check_shebang(args.arg(1))
}

/// The same of a script's text: only a shebang can be wrong.
///
/// # Errors
/// Those of the shebang.
pub fn check_shebang(body: &[u8]) -> Result<(), ReplyError> {
    if body.starts_with(b"#!") { Source::new(Bytes::copy_from_slice(body)).map(drop) } else { Ok(()) }
}

/// The number of keys of EVALSHA, whose first argument has the form of a name.
///
/// # Errors
/// NOSCRIPT; those of [`key_count`].
pub fn named_key_count(args: &Args) -> Result<usize, ReplyError> {
    parse_sha(args.arg(1)).ok_or(NO_SCRIPT)?;
    key_count(args)
}

/// The script that EVALSHA names.
///
/// # Errors
/// NOSCRIPT.
pub fn loaded(scripts: &Scripts, name: &[u8]) -> Result<Source, ReplyError> {
    let body = parse_sha(name).and_then(|sha: Sha| scripts.get(&sha)).ok_or(NO_SCRIPT)?;
    Source::new(body.clone())
}

/// Keeps a script that compiles.
pub fn store(txn: &mut Txn<'_>, source: &Source) {
    let sha = source.sha();
    if !txn.state().scripts.contains_key(&sha) {
        txn.state_mut().scripts.insert(sha, source.body().clone());
        txn.note(&sha);
    }
}

/// Compiles a script of the state.
///
/// # Errors
/// NOSCRIPT.
pub fn prepare_loaded(txn: &Txn<'_>, name: &[u8]) -> Result<(Source, Prepared), ReplyError> {
    let source = loaded(&txn.state().scripts, name)?;
    let prepared = Prepared::new(&source, &txn.state().options)?;
    Ok((source, prepared))
}

/// Runs a script that may write.
///
/// # Errors
/// The script's.
pub fn run_writing(txn: &mut Txn<'_>, args: &Args, source: &Source, prepared: Prepared, keys: usize) -> Outcome {
    let host = Host::writing(txn, source.no_writes()).allow_oom(source.allow_oom());
    prepared.run(args.from(3).take(keys), args.from(3 + keys), host)
}

/// Refuses a script that says what it is, and not that it can do without memory, where the origin had none left.
///
/// # Errors
/// Redis's text.
pub fn check_memory(txn: &Txn<'_>, source: &Source) -> Result<(), ReplyError> {
    if txn.is_short_of_memory() && source.needs_memory_by_declaration() { Err(OUT_OF_MEMORY) } else { Ok(()) }
}

/// True if the script in the arguments needs memory by what it says of itself. (One that EVALSHA names is known where it runs.)
pub fn needs_memory(args: &Args) -> bool {
    args.arg(1).starts_with(b"#!") && given(args).is_ok_and(|source| source.needs_memory_by_declaration())
}

/// True if the script, given or loaded, declares that it only reads.
pub fn declares_no_writes(args: &Args, scripts: &Scripts) -> bool {
    given(args).is_ok_and(|source| source.no_writes())
        || loaded(scripts, args.arg(1)).is_ok_and(|source| source.no_writes())
}

/// Refuses a script that says what it is, and not that it only reads.
///
/// # Errors
/// Redis's text.
pub fn check_read_only(source: &Source) -> Result<(), ReplyError> {
    if source.may_write_by_declaration() {
        return Err(ReplyError::new("ERR Can not execute a script with write flag using *_ro command."));
    }
    Ok(())
}

/// Runs a script that only reads.
///
/// # Errors
/// The script's, and Redis's for one that declares to write.
pub fn run_reading(view: &View<'_>, args: &Args, source: &Source, keys: usize) -> Outcome {
    check_read_only(source)?;
    let prepared = Prepared::new(source, &view.state().options)?;
    prepared.run(args.from(3).take(keys), args.from(3 + keys), Host::reading(view))
}
