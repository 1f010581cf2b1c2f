//! A script's text: its name (SHA1) and what its first line (`#!lua …`) says.

use bytes::Bytes;
use sha1::{Digest, Sha1};

use crate::error::ReplyError;
use crate::store::ScriptFlags;

/// SHA1 in lower-case hex.
pub type Sha = [u8; 40];

/// A script before it is compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    sha: Sha,
    body: Bytes,
    code_from: usize,
    declaration: Declaration,
}

/// What a script or function says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Declaration {
    /// None: it says nothing, as a script without a shebang.
    flags: Option<ScriptFlags>,
}

impl Declaration {
    /// One that has these flags, and is so known not to have the others.
    pub fn new(flags: ScriptFlags) -> Self {
        Self { flags: Some(flags) }
    }

    /// True if it declares `no-writes`.
    pub fn no_writes(self) -> bool {
        self.flags.is_some_and(|flags| flags.contains(ScriptFlags::NO_WRITES))
    }

    /// True if it declares `allow-oom`.
    pub fn allow_oom(self) -> bool {
        self.flags.is_some_and(|flags| flags.contains(ScriptFlags::ALLOW_OOM))
    }

    /// True if it says what it is, and neither that it only reads nor that it may need memory: without memory it does not start.
    pub fn needs_memory(self) -> bool {
        self.flags.is_some_and(|flags| !flags.intersects(ScriptFlags::NO_WRITES.union(ScriptFlags::ALLOW_OOM)))
    }

    /// True if it declares `no-cluster`.
    pub fn no_cluster(self) -> bool {
        self.flags.is_some_and(|flags| flags.contains(ScriptFlags::NO_CLUSTER))
    }

    /// True if its calls may have keys of different slots: it says so, or says nothing of itself.
    pub fn crosses_slots(self) -> bool {
        self.flags.is_none_or(|flags| flags.contains(ScriptFlags::ALLOW_CROSS_SLOT_KEYS))
    }

    /// True if it says what it is, and not that it only reads.
    pub fn may_write(self) -> bool {
        self.flags.is_some_and(|flags| !flags.contains(ScriptFlags::NO_WRITES))
    }
}

/// SHA1 of `bytes` in lower-case hex.
pub fn sha1_hex(bytes: &[u8]) -> Sha {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut hex = [0; 40];
    for (pair, byte) in hex.chunks_exact_mut(2).zip(Sha1::digest(bytes)) {
        for (digit, nibble) in pair.iter_mut().zip([byte >> 4, byte & 15]) {
            *digit = DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0');
        }
    }
    hex
}

/// The name that a client sent, in any case; None if it cannot be one.
pub fn parse_sha(name: &[u8]) -> Option<Sha> {
    Sha::try_from(name).ok().map(|sha| sha.map(|byte| byte.to_ascii_lowercase()))
}

impl Source {
    /// Reads the first line.
    ///
    /// # Errors
    /// Redis's texts for a shebang that it does not know.
    pub fn new(body: Bytes) -> Result<Self, ReplyError> {
        Self::named(sha1_hex(&body), body)
    }

    /// The same of a text whose name is known.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn named(sha: Sha, body: Bytes) -> Result<Self, ReplyError> {
        let mut source = Self { sha, body: body.clone(), code_from: 0, declaration: Declaration::default() };
        if !body.starts_with(b"#!") {
            return Ok(source);
        }
        let end = memchr::memchr(b'\n', &body).ok_or(ReplyError::new("ERR Invalid script shebang"))?;
        let words = crate::protocol::parse::split_inline(body.get(..end).unwrap_or_default())
            .ok_or(ReplyError::new("ERR Invalid engine in script shebang"))?;
        let mut words = words.iter();
        match words.next() {
            Some(engine) if engine == b"#!lua" => {}
            engine => {
                let engine = engine.map(Vec::as_slice).unwrap_or_default();
                return Err(quoting("ERR Unexpected engine in script shebang: ", engine));
            }
        }
        let mut declared = ScriptFlags::empty();
        for word in words {
            let Some(flags) = word.strip_prefix(b"flags=") else {
                return Err(quoting("ERR Unknown lua shebang option: ", word));
            };
            for flag in flags.split(|byte| *byte == b',').filter(|_| !flags.is_empty()) {
                declared |=
                    ScriptFlags::named(flag).ok_or_else(|| quoting("ERR Unexpected flag in script shebang: ", flag))?;
            }
        }
        source.declaration = Declaration::new(declared);
        // The line end stays, so that line numbers are right.
        source.code_from = end;
        Ok(source)
    }

    /// The script's name.
    pub fn sha(&self) -> Sha {
        self.sha
    }

    /// All of it.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// What Lua compiles.
    pub fn code(&self) -> &[u8] {
        self.body.get(self.code_from..).unwrap_or_default()
    }

    /// What it says of itself.
    pub fn declaration(&self) -> Declaration {
        self.declaration
    }
}

fn quoting(text: &str, what: &[u8]) -> ReplyError {
    ReplyError::text([text.as_bytes(), what].concat())
}
