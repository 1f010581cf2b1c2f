//! Compiled scripts of this process, by their SHA1; and the names of texts, so that a text that comes again and again is not hashed by
//! SHA1 each time.
//!
//! Invariant: what a script is compiled to is a function of its text, so nobody can tell whether it was compiled before; a run is charged
//! for it in either case ([`super::lib::Script::units`]), and refused by the same bounds. A name is found by a text's short hash, and is that of an equal text.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use dashmap::DashMap;
use xxhash_rust::xxh3::xxh3_64;

use super::calls::{Calls, calls};
use super::lib::Script;
use super::source::{Sha, Source};
use super::vm::lexer::NotCompiled;
use crate::error::ReplyError;

/// Bytes that the kept scripts may take together.
const BYTES_MAX: usize = 32 << 20;

/// Texts whose names are kept, and the longest of them, bytes.
const NAMED_MAX: usize = 1024;
const NAMED_LEN_MAX: usize = 16 << 10;

static NAMED: LazyLock<DashMap<u64, Arc<Source>>> = LazyLock::new(DashMap::new);
static COMPILED: LazyLock<DashMap<Sha, Arc<Script>>> = LazyLock::new(DashMap::new);
/// What they take.
static BYTES: AtomicUsize = AtomicUsize::new(0);

/// The script of this text.
///
/// # Errors
/// As [`Source::new`].
pub fn source_of(text: &[u8]) -> Result<Arc<Source>, ReplyError> {
    // A copy, because the text is a slice of a buffer with more in it.
    let new = || Source::new(Bytes::copy_from_slice(text)).map(Arc::new);
    if text.len() > NAMED_LEN_MAX {
        return new();
    }
    let hash = xxh3_64(text);
    if let Some(source) = NAMED.get(&hash)
        && source.body() == text
    {
        return Ok(source.clone());
    }
    let source = new()?;
    if NAMED.len() >= NAMED_MAX {
        NAMED.clear();
    }
    NAMED.insert(hash, source.clone());
    Ok(source)
}

/// The script compiled within that many units and bytes.
///
/// # Errors
/// As [`Script::within`], whatever was compiled before.
pub fn compiled(source: &Source, budget: u64, memory: usize) -> Result<Arc<Script>, NotCompiled> {
    let sha = source.sha();
    if let Some(script) = COMPILED.get(&sha) {
        return script.fits(budget, memory).map(|()| script.clone());
    }
    let script = Arc::new(Script::within(source.code(), b"@user_script", budget, memory)?);
    let bytes = script.bytes();
    if bytes <= BYTES_MAX / 8 {
        // Simple on purpose: those that are in use are back after one compilation each.
        if BYTES.fetch_add(bytes, Relaxed) + bytes > BYTES_MAX {
            COMPILED.clear();
            BYTES.store(bytes, Relaxed);
        }
        COMPILED.insert(sha, script.clone());
    }
    Ok(script)
}

/// Longest code that is looked at for its calls, bytes, and what it may take compiled.
const CALLS_LEN_MAX: usize = 4 << 10;
const CALLS_MEMORY: usize = 1 << 20;

/// What the script can call; None: it is long or wrong, or that is not known.
pub fn calls_of(source: &Source) -> Option<Calls> {
    if source.code().len() > CALLS_LEN_MAX {
        return None;
    }
    calls(&*compiled(source, u64::MAX, CALLS_MEMORY).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::source::sha1_hex;

    #[test]
    fn name_of_a_text_is_its_sha1_whatever_stands_at_its_hash() {
        let (text, other) = (b"return 'text'".as_slice(), Bytes::from_static(b"return 'other'"));
        NAMED.insert(xxh3_64(text), Arc::new(Source::new(other).unwrap()));
        for _ in 0..2 {
            let source = source_of(text).unwrap();
            assert_eq!((source.sha(), &source.body()[..]), (sha1_hex(text), text));
        }
        for n in 0..2 * NAMED_MAX {
            source_of(format!("return {n}").as_bytes()).unwrap();
            assert!(NAMED.len() <= NAMED_MAX + 64, "with what other tests put there meanwhile");
        }
        assert!(source_of(b"#!x\n").is_err());
    }
}
