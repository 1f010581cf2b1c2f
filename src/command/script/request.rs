//! What the commands that run a script or function share: their arguments, and what the scripts in them declare.

use std::sync::Arc;

use crate::command::{Arg, ArgKind, BeginSearch, FindKeys, Flags, KeyFlags, KeySpec, ScriptNamed};
use crate::error::{NO_SCRIPT, NOT_AN_INTEGER, ReplyError};
use crate::protocol::{Args, parse_i64};
use crate::script::source::parse_sha;
use crate::script::{Declaration, PreparedScript, Source, source_of};
use crate::store::{Libraries, Library, Options, Scripts, State};

/// Flags of all of them.
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
    /// What is to run.
    pub program: Program,
    args: &'a Args,
    key_count: usize,
}

/// What can be run.
#[derive(Debug)]
pub enum Program {
    /// A script.
    Script(Arc<Source>),
    /// The function at this place of a library.
    Function(Arc<Library>, usize),
}

impl Program {
    /// What it says of itself.
    pub fn declaration(&self) -> Declaration {
        match self {
            Self::Script(source) => source.declaration(),
            Self::Function(library, place) => {
                Declaration::new(library.functions.get(*place).map(|function| function.flags).unwrap_or_default())
            }
        }
    }

    /// What [`Self::prepare`] may do on this node, in units of work (`store::work`).
    pub fn preparing_units(&self) -> u64 {
        match self {
            Self::Script(source) => source.code().len() as u64,
            Self::Function(library, _) if library.loaded.0.get().is_some() => 0,
            Self::Function(library, _) => library.units,
        }
    }

    /// The same in front of its run.
    ///
    /// # Errors
    /// See [`PreparedScript`].
    pub fn prepare(&self, options: &Options) -> Result<PreparedScript, ReplyError> {
        match self {
            Self::Script(source) => PreparedScript::new(source, options),
            Self::Function(library, place) => PreparedScript::function(library, *place, options),
        }
    }
}

impl<'a> Request<'a> {
    /// Reads the arguments; `state` has what may be named.
    ///
    /// # Errors
    /// Redis's texts: NOSCRIPT, that of no function, those of a number of keys that is wrong, and those of the script's shebang.
    pub fn read(named: ScriptNamed, args: &'a Args, state: &State) -> Result<Self, ReplyError> {
        if named == ScriptNamed::Sha {
            parse_sha(args.arg(1)).ok_or(NO_SCRIPT)?;
        }
        let (program, key_count) = match named {
            ScriptNamed::Text => {
                let key_count = key_count(args)?;
                (Program::Script(given(args)?), key_count)
            }
            ScriptNamed::Sha => {
                let key_count = key_count(args)?;
                (Program::Script(loaded(&state.scripts, args.arg(1))?), key_count)
            }
            ScriptNamed::Function => {
                let function = function(&state.libraries, args.arg(1))?;
                if parse_i64(args.arg(2)).is_none() {
                    return Err(ReplyError::new("ERR Bad number of keys provided"));
                }
                (function, key_count(args)?)
            }
        };
        Ok(Self { program, args, key_count })
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
fn given(args: &Args) -> Result<Arc<Source>, ReplyError> {
    source_of(args.arg(1))
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
    if body.starts_with(b"#!") { source_of(body).map(drop) } else { Ok(()) }
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
fn loaded(scripts: &Scripts, name: &[u8]) -> Result<Arc<Source>, ReplyError> {
    let sha = parse_sha(name).ok_or(NO_SCRIPT)?;
    let body = scripts.get(&sha).ok_or(NO_SCRIPT)?;
    Source::named(sha, body.clone()).map(Arc::new)
}

/// The function that FCALL names.
fn function(libraries: &Libraries, name: &[u8]) -> Result<Program, ReplyError> {
    let found = libraries.function(name).ok_or(ReplyError::new("ERR Function not found"))?;
    Ok(Program::Function(found.0.clone(), found.1))
}

/// True if the arguments of EVAL and its like name a script that is not loaded in this state and might be.
pub fn is_to_load(args: &Args, state: &State) -> bool {
    key_count(args).is_ok() && given(args).is_ok_and(|source| state.lacks_script(&source.sha(), source.body()))
}

/// True if the script in the arguments needs memory by what it says of itself. (One that is named is known where it runs.)
pub fn needs_memory(args: &Args) -> bool {
    args.arg(1).starts_with(b"#!") && given(args).is_ok_and(|source| source.declaration().needs_memory())
}

/// True if what the arguments ask to be run declares that it only reads. Without a state, that is not known of what is only named.
pub fn declares_no_writes(named: ScriptNamed, args: &Args, state: Option<&State>) -> bool {
    let declaration = match (named, state) {
        (ScriptNamed::Text, _) => given(args).map(|source| source.declaration()),
        (ScriptNamed::Sha, Some(state)) => loaded(&state.scripts, args.arg(1)).map(|source| source.declaration()),
        (ScriptNamed::Function, Some(state)) => {
            function(&state.libraries, args.arg(1)).map(|function| function.declaration())
        }
        (_, None) => return false,
    };
    declaration.is_ok_and(Declaration::no_writes)
}
