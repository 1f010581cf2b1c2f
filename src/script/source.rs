//! A script's text: its name (SHA1) and what its first line (`#!lua …`) says.

use bytes::Bytes;
use sha1::{Digest, Sha1};

use crate::error::ReplyError;

/// SHA1 in lower-case hex.
pub type Sha = [u8; 40];

/// A script before it is compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    sha: Sha,
    body: Bytes,
    code_from: usize,
    has_shebang: bool,
    no_writes: bool,
    allow_oom: bool,
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
        let mut source = Self {
            sha: sha1_hex(&body),
            body: body.clone(),
            code_from: 0,
            has_shebang: false,
            no_writes: false,
            allow_oom: false,
        };
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
        for word in words {
            let Some(flags) = word.strip_prefix(b"flags=") else {
                return Err(quoting("ERR Unknown lua shebang option: ", word));
            };
            for flag in flags.split(|byte| *byte == b',').filter(|_| !flags.is_empty()) {
                match flag {
                    b"no-writes" => source.no_writes = true,
                    b"allow-oom" => source.allow_oom = true,
                    b"allow-stale" | b"no-cluster" | b"allow-cross-slot-keys" => {}
                    _ => return Err(quoting("ERR Unexpected flag in script shebang: ", flag)),
                }
            }
        }
        source.has_shebang = true;
        // The line end stays, so that line numbers are right.
        source.code_from = end;
        Ok(source)
    }

    /// The script's name.
    pub fn sha(&self) -> Sha {
        self.sha
    }

    /// The name as text.
    pub fn name(&self) -> String {
        String::from_utf8_lossy(&self.sha).into_owned()
    }

    /// All of it.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// What Lua compiles.
    pub fn code(&self) -> &[u8] {
        self.body.get(self.code_from..).unwrap_or_default()
    }

    /// True if the script declares `no-writes`.
    pub fn no_writes(&self) -> bool {
        self.no_writes
    }

    /// True if the script declares `allow-oom`.
    pub fn allow_oom(&self) -> bool {
        self.allow_oom
    }

    /// True if the script says what it is, and neither that it only reads nor that it may need memory: without memory it does not start.
    pub fn needs_memory_by_declaration(&self) -> bool {
        self.has_shebang && !self.no_writes && !self.allow_oom
    }

    /// True if the script says what it is, so that what it does not say is known too.
    pub fn may_write_by_declaration(&self) -> bool {
        self.has_shebang && !self.no_writes
    }
}

fn quoting(text: &str, what: &[u8]) -> ReplyError {
    ReplyError::text([text.as_bytes(), what].concat())
}
