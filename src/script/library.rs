//! Libraries of functions: from their code to what FCALL runs.
//!
//! Invariant: what a library is once it is loaded, and what loading it takes, is a function of its code, budget and memory alone: there is nothing to call
//! and no clock while it is loaded. So each node loads it by itself whenever it has to, and nobody can tell when.

use std::sync::Arc;

use bytes::Bytes;

use super::ending::{message, stopped};
use super::lib::{Image, Script, is_name};
use super::vm::machine::{Fault, refused};
use super::vm::value::LuaValue;
use crate::error::{ReplyError, c_string};
use crate::store::{Library, LibraryFunction, Loaded, Options};

/// The only engine, as FUNCTION LIST shows it.
pub const ENGINE: &str = "LUA";
/// Bytes that a library may have when it is loaded: each node keeps them for as long as the library is there.
const MEMORY_MAX: u64 = 16 << 20;

/// What the first line of a library says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The library's name.
    pub name: Bytes,
    /// Where Lua's part begins: at the end of that line, so that line numbers are right.
    code_from: usize,
}

/// A library in front of the runs of its functions.
#[derive(Debug)]
pub(super) struct LoadedLibrary {
    /// What each run begins with.
    pub(super) image: Image,
    /// What FCALL calls, by the functions' places in the library.
    pub(super) callbacks: Vec<LuaValue>,
    /// Bytes of its code once compiled.
    pub(super) code_bytes: usize,
}

impl Header {
    /// Reads the first line.
    ///
    /// # Errors
    /// Redis's texts for one that names no library, or no engine that there is.
    pub fn read(code: &[u8]) -> Result<Self, ReplyError> {
        const INVALID: ReplyError = ReplyError::new("ERR Invalid library metadata");
        if !code.starts_with(b"#!") {
            return Err(ReplyError::new("ERR Missing library metadata"));
        }
        let code_from = memchr::memchr(b'\n', c_string(code)).ok_or(INVALID)?;
        let words = crate::protocol::parse::split_inline(code.get(..code_from).unwrap_or_default()).ok_or(INVALID)?;
        let (engine, words) = words.split_first().ok_or(INVALID)?;
        let mut name = None;
        for word in words {
            match word.split_at_checked(5) {
                Some((key, value)) if key.eq_ignore_ascii_case(b"name=") => {
                    if name.replace(value).is_some() {
                        return Err(ReplyError::new(
                            "ERR Invalid metadata value, name argument was given multiple times",
                        ));
                    }
                }
                _ => return Err(ReplyError::about("ERR Invalid metadata value given: ", word, "")),
            }
        }
        let name = name.ok_or(ReplyError::new("ERR Library name was not given"))?;
        if !is_name(name) {
            return Err(ReplyError::new(
                "ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one character long",
            ));
        }
        let engine = engine.get(2..).unwrap_or_default();
        if !engine.eq_ignore_ascii_case(ENGINE.as_bytes()) {
            return Err(ReplyError::about("ERR Engine '", engine, "' not found"));
        }
        Ok(Self { name: Bytes::copy_from_slice(name), code_from })
    }
}

/// Loads a library within `options` and `budget` units.
///
/// # Errors
/// Lua's and Redis's texts; why the load was stopped.
pub fn load(header: Header, code: &[u8], budget: u64, options: &Options) -> Result<Library, ReplyError> {
    let memory = options.script_memory.min(MEMORY_MAX);
    let (loaded, functions, units) = run(code.get(header.code_from..).unwrap_or_default(), budget, memory)?;
    if functions.is_empty() {
        return Err(ReplyError::new("ERR No functions registered"));
    }
    let bytes = (loaded.code_bytes + loaded.image.bytes()) as u64;
    let cache = Loaded::default();
    // It is empty.
    drop(cache.0.set(Arc::new(loaded)));
    let code = Bytes::copy_from_slice(code);
    Ok(Library { name: header.name, code, functions, budget, memory, units, bytes, loaded: cache })
}

/// What a library is once it is loaded, on this node perhaps for the first time.
pub(super) fn loaded(library: &Library) -> Result<Arc<LoadedLibrary>, ReplyError> {
    let known = library.loaded.0.get().cloned().and_then(|known| known.downcast::<LoadedLibrary>().ok());
    if let Some(known) = known {
        return Ok(known);
    }
    let header = Header::read(&library.code)?;
    let code = library.code.get(header.code_from..).unwrap_or_default();
    let (loaded, ..) = run(code, library.budget, library.memory)?;
    let loaded = Arc::new(loaded);
    // Who was faster has set the same.
    drop(library.loaded.0.set(loaded.clone()));
    Ok(loaded)
}

type Run = (LoadedLibrary, Vec<LibraryFunction>, u64);

fn run(code: &[u8], budget: u64, memory: u64) -> Result<Run, ReplyError> {
    let failed = |text: &[u8]| ReplyError::text([b"ERR Error registering functions: ", text].concat());
    let ended = |end| failed(stopped("load", end, budget, memory).as_bytes());
    let room = usize::try_from(memory).unwrap_or(usize::MAX);
    let script = Script::within(code, b"@user_function", budget, room).map_err(|why| match refused(why) {
        Ok(text) => ReplyError::text([b"ERR Error compiling function: ", text.as_slice()].concat()),
        Err(end) => ended(end),
    })?;
    let mut vm = script.start_load(budget - script.units(), room - script.bytes());
    let faulty = match vm.call_at(0, 0) {
        Ok(_) => None,
        Err(Fault::Error(value)) => Some(failed(&message(&vm, value))),
        Err(Fault::Ended(end)) => Some(ended(end)),
        Err(Fault::Yield(_)) => Some(failed(b"attempt to yield from outside a coroutine")),
    };
    if let Some(error) = faulty {
        return Err(error);
    }
    let (image, registered, left) = Image::of(vm).map_err(|fault| match fault {
        Fault::Ended(end) => ended(end),
        _ => failed(b"ERR unknown error"),
    })?;
    let callbacks = registered.iter().map(|function| function.callback).collect();
    let functions = registered.into_iter().map(|function| LibraryFunction {
        name: function.name.into(),
        description: function.description.map(Bytes::from),
        flags: function.flags,
    });
    let loaded = LoadedLibrary { image, callbacks, code_bytes: script.bytes() };
    Ok((loaded, functions.collect(), budget - left))
}
