//! What the four commands that run a script share: their arguments, and what the scripts in them declare.

use bytes::Bytes;

use crate::command::{Arg, ArgKind, BeginSearch, FindKeys, Flags, KeyFlags, KeySpec, ScriptNamed};
use crate::error::{NO_SCRIPT, NOT_AN_INTEGER, ReplyError};
use crate::protocol::{Args, parse_i64};
use crate::script::Source;
use crate::script::source::{Sha, parse_sha};
use crate::store::Scripts;

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

/// What a command that runs a script asks for: script, KEYS and ARGV.
#[derive(Debug)]
pub struct Request<'a> {
    /// The script.
    pub source: Source,
    args: &'a Args,
    key_count: usize,
}

impl<'a> Request<'a> {
    /// Reads the arguments; `loaded` are the scripts that may be named by their SHA1.
    ///
    /// # Errors
    /// Redis's texts: NOSCRIPT, those of a number of keys that is wrong, and those of the script's shebang.
    pub fn read(named: ScriptNamed, args: &'a Args, loaded: &Scripts) -> Result<Self, ReplyError> {
        if named == ScriptNamed::Sha {
            parse_sha(args.arg(1)).ok_or(NO_SCRIPT)?;
        }
        let key_count = key_count(args)?;
        let source = match named {
            ScriptNamed::Text => given(args)?,
            ScriptNamed::Sha => self::loaded(loaded, args.arg(1))?,
        };
        Ok(Self { source, args, key_count })
    }

    /// KEYS.
    pub fn keys(&self) -> impl Iterator<Item = &'a [u8]> {
        self.args.from(3).take(self.key_count)
    }

    /// ARGV.
    pub fn argv(&self) -> impl Iterator<Item = &'a [u8]> {
        self.args.from(3 + self.key_count)
    }
}

fn key_count(args: &Args) -> Result<usize, ReplyError> {
    let count = parse_i64(args.arg(2)).ok_or(NOT_AN_INTEGER)?;
    if count > args.len() as i64 - 3 {
        return Err(ReplyError::new("ERR Number of keys can't be greater than number of args"));
    }
    usize::try_from(count).map_err(|_| ReplyError::new("ERR Number of keys can't be negative"))
}

/// The text of EVAL as a script.
fn given(args: &Args) -> Result<Source, ReplyError> {
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
fn loaded(scripts: &Scripts, name: &[u8]) -> Result<Source, ReplyError> {
    let body = parse_sha(name).and_then(|sha: Sha| scripts.get(&sha)).ok_or(NO_SCRIPT)?;
    Source::new(body.clone())
}

/// True if the arguments of EVAL and its like name a script that is not among these and might be loaded.
pub fn is_to_load(args: &Args, scripts: &Scripts) -> bool {
    key_count(args).is_ok() && given(args).is_ok_and(|source| !scripts.contains_key(&source.sha()))
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
