//! Compiled scripts of this process, by their SHA1.
//!
//! Invariant: what a script is compiled to is a function of its text, so nobody can tell whether it was compiled before; a run is charged
//! for it in either case ([`super::lib::Script::units`]).

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, LazyLock};

use dashmap::DashMap;

use super::lib::Script;
use super::source::{Sha, Source};

/// Bytes that the kept scripts may take together.
const BYTES_MAX: usize = 32 << 20;

static COMPILED: LazyLock<DashMap<Sha, Arc<Script>>> = LazyLock::new(DashMap::new);
/// What they take.
static BYTES: AtomicUsize = AtomicUsize::new(0);

/// The compiled script.
///
/// # Errors
/// Lua's text.
pub fn compiled(source: &Source) -> Result<Arc<Script>, Vec<u8>> {
    let sha = source.sha();
    if let Some(script) = COMPILED.get(&sha) {
        return Ok(script.clone());
    }
    let script = Arc::new(Script::new(source.code(), b"@user_script").map_err(|error| error.0)?);
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
