//! The bytes of strings: short ones inline, so that making one allocates nothing.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::value::{LuaValue, StrId};

/// Longest string that is kept inline, bytes.
const INLINE: usize = 22;

/// Immutable bytes with their hash, once it was asked for.
#[derive(Debug)]
pub struct StrObj {
    bytes: Bytes,
    /// 0: not computed yet. Atomic because scripts share their constants over threads.
    hash: AtomicU32,
    pub(super) marked: bool,
}

impl Clone for StrObj {
    fn clone(&self) -> Self {
        Self { bytes: self.bytes.clone(), hash: AtomicU32::new(self.hash.load(Relaxed)), marked: false }
    }
}

#[derive(Clone, Debug)]
enum Bytes {
    Inline(u8, [u8; INLINE]),
    Heap(Box<[u8]>),
}

impl StrObj {
    /// True for a string that takes no memory of its own.
    pub(super) fn is_inline(len: usize) -> bool {
        len <= INLINE
    }

    /// A copy of `bytes`.
    pub fn new(bytes: &[u8]) -> Self {
        let mut inline = [0; INLINE];
        let bytes = match inline.get_mut(..bytes.len()) {
            Some(place) => {
                place.copy_from_slice(bytes);
                Bytes::Inline(bytes.len() as u8, inline)
            }
            None => Bytes::Heap(bytes.into()),
        };
        Self { bytes, hash: AtomicU32::new(0), marked: false }
    }

    /// The same without a copy where the string is long.
    pub fn owned(bytes: Vec<u8>) -> Self {
        if bytes.len() <= INLINE {
            return Self::new(&bytes);
        }
        Self { bytes: Bytes::Heap(bytes.into()), hash: AtomicU32::new(0), marked: false }
    }

    /// What it holds.
    pub fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Inline(len, bytes) => bytes.get(..usize::from(*len)).unwrap_or_default(),
            Bytes::Heap(bytes) => bytes,
        }
    }

    /// Its length.
    pub fn len(&self) -> usize {
        match &self.bytes {
            Bytes::Inline(len, _) => usize::from(*len),
            Bytes::Heap(bytes) => bytes.len(),
        }
    }

    /// True if it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A keyed hash of all its bytes, never 0; computed once.
    pub fn hash(&self) -> u32 {
        match self.hash.load(Relaxed) {
            0 => {
                let hash = hash_bytes(self.bytes());
                self.hash.store(hash, Relaxed);
                hash
            }
            hash => hash,
        }
    }

    /// True if the hash was computed already: what comes then costs nothing.
    fn is_hashed(&self) -> bool {
        self.hash.load(Relaxed) != 0
    }
}

/// SipHash-1-3 with a constant key.
pub fn hash_bytes(bytes: &[u8]) -> u32 {
    let mut state = Sip::new();
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        state.word(u64::from_le_bytes(chunk.try_into().unwrap_or_default()));
    }
    let mut last = [0; 8];
    let rest = chunks.remainder();
    if let Some(place) = last.get_mut(..rest.len()) {
        place.copy_from_slice(rest);
    }
    state.word(u64::from_le_bytes(last) | (bytes.len() as u64) << 56);
    let hash = state.finish();
    ((hash ^ hash >> 32) as u32).max(1)
}

/// Aumasson and Bernstein, "SipHash: a fast short-input PRF", with one round a word and three at the end.
struct Sip([u64; 4]);

impl Sip {
    fn new() -> Self {
        let (k0, k1) = (0x4c6f_636b_7374_6570_u64, 0x5265_706c_6963_6173_u64);
        Self([
            k0 ^ 0x736f_6d65_7073_6575,
            k1 ^ 0x646f_7261_6e64_6f6d,
            k0 ^ 0x6c79_6765_6e65_7261,
            k1 ^ 0x7465_6462_7974_6573,
        ])
    }

    fn round(&mut self) {
        let [mut a, mut b, mut c, mut d] = self.0;
        a = a.wrapping_add(b);
        c = c.wrapping_add(d);
        b = b.rotate_left(13) ^ a;
        d = d.rotate_left(16) ^ c;
        a = a.rotate_left(32);
        c = c.wrapping_add(b);
        a = a.wrapping_add(d);
        b = b.rotate_left(17) ^ c;
        d = d.rotate_left(21) ^ a;
        c = c.rotate_left(32);
        self.0 = [a, b, c, d];
    }

    fn word(&mut self, word: u64) {
        self.0[3] ^= word;
        self.round();
        self.0[0] ^= word;
    }

    fn finish(mut self) -> u64 {
        self.0[2] ^= 0xff;
        (0..3).for_each(|_| self.round());
        self.0.iter().fold(0, |all, word| all ^ word)
    }
}

/// Strings: the names that the library shares with every run, the script's constants, and the run's own.
#[derive(Debug)]
pub struct Strings {
    shared: Arc<[StrObj]>,
    pub(super) own: Vec<StrObj>,
    pub(super) free: Vec<u32>,
    /// Work that lookups did beyond the ordinary, units.
    pub work: Cell<u64>,
}

/// Probes of a lookup that are in the price of its instruction.
const PROBES_FREE: usize = 8;
/// Bytes of a comparison that cost one unit.
const BYTES_PER_UNIT: usize = 64;

impl Strings {
    /// Those of a script.
    pub fn new(shared: Arc<[StrObj]>) -> Self {
        Self { shared, own: Vec::new(), free: Vec::new(), work: Cell::new(0) }
    }

    /// The same strings under the same numbers, all shared: for the runs that begin with them.
    pub fn frozen(&self) -> Arc<[StrObj]> {
        let all: Arc<[StrObj]> = self.shared.iter().chain(&self.own).cloned().collect();
        // Before threads share them.
        all.iter().for_each(|string| _ = string.hash());
        all
    }

    /// The string of that number.
    #[inline]
    pub fn get(&self, id: StrId) -> &[u8] {
        self.object(id).map_or(&[], StrObj::bytes)
    }

    #[inline]
    fn object(&self, id: StrId) -> Option<&StrObj> {
        let at = id.0 as usize;
        match self.shared.get(at) {
            Some(shared) => Some(shared),
            None => self.own.get(at - self.shared.len()),
        }
    }

    /// Its length.
    #[inline]
    pub fn len(&self, id: StrId) -> usize {
        self.object(id).map_or(0, StrObj::len)
    }

    /// Its hash.
    #[inline]
    pub fn hash(&self, id: StrId) -> u32 {
        let Some(object) = self.object(id) else { return 0 };
        if !object.is_hashed() {
            self.spend((object.len() / BYTES_PER_UNIT) as u64);
        }
        object.hash()
    }

    /// True if both hold the same bytes.
    #[inline]
    pub fn equal(&self, a: StrId, b: StrId) -> bool {
        if a == b {
            return true;
        }
        let (Some(a), Some(b)) = (self.object(a), self.object(b)) else { return false };
        if a.len() != b.len() || a.is_hashed() && b.is_hashed() && a.hash() != b.hash() {
            return false;
        }
        self.spend((a.len() / BYTES_PER_UNIT) as u64);
        a.bytes() == b.bytes()
    }

    /// `rawequal`
    #[inline]
    pub fn raw_equal(&self, a: LuaValue, b: LuaValue) -> bool {
        match (a, b) {
            (LuaValue::Nil, LuaValue::Nil) | (LuaValue::Null, LuaValue::Null) => true,
            (LuaValue::Bool(a), LuaValue::Bool(b)) => a == b,
            (LuaValue::Number(a), LuaValue::Number(b)) => a == b,
            (LuaValue::Str(a), LuaValue::Str(b)) => self.equal(a, b),
            (LuaValue::Table(a), LuaValue::Table(b)) => a == b,
            (LuaValue::Function(a), LuaValue::Function(b)) => a == b,
            (LuaValue::Native(a), LuaValue::Native(b)) => a == b,
            (LuaValue::Thread(a), LuaValue::Thread(b)) => a == b,
            _ => false,
        }
    }

    /// Notes a lookup's probes.
    #[inline]
    pub fn probed(&self, probes: usize) {
        if probes > PROBES_FREE {
            self.spend(probes as u64);
        }
    }

    #[inline]
    pub(super) fn spend(&self, units: u64) {
        if units > 0 {
            self.work.set(self.work.get() + units);
        }
    }

    pub(super) fn put(&mut self, object: StrObj) -> StrId {
        let at = match self.free.pop() {
            Some(at) => {
                if let Some(place) = self.own.get_mut(at as usize) {
                    *place = object;
                }
                at as usize
            }
            None => {
                self.own.push(object);
                self.own.len() - 1
            }
        };
        StrId((self.shared.len() + at) as u32)
    }

    pub(super) fn mark(&mut self, id: StrId) {
        let shared = self.shared.len();
        if let Some(object) = (id.0 as usize).checked_sub(shared).and_then(|at| self.own.get_mut(at)) {
            object.marked = true;
        }
    }
}
