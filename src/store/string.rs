//! The string value: a right-sized copy while small, reference-counted when large so that a reply can share it.

use bytes::{Bytes, BytesMut};

/// From this size on a string is kept reference-counted (bytes).
const SHARED_FROM: usize = 4096;
/// Longest string that Redis keeps in one allocation with its object ("embstr").
const EMBEDDED_MAX: usize = 44;

/// A string value.
#[derive(Clone, Debug)]
pub enum Str {
    /// Exactly its bytes.
    Small(Box<[u8]>),
    /// Exactly its bytes, after a command that edits in place (OBJECT ENCODING says `raw` then).
    Edited(Box<[u8]>),
    /// Shared with replies and snapshots under way.
    Large(Box<Bytes>),
}

impl Default for Str {
    fn default() -> Self {
        Self::Small(Box::default())
    }
}

impl PartialEq for Str {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Str {
    /// A copy of `bytes`.
    pub fn new(bytes: &[u8]) -> Self {
        if bytes.len() < SHARED_FROM {
            Self::Small(bytes.into())
        } else {
            Self::Large(Box::new(Bytes::copy_from_slice(bytes)))
        }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Small(bytes) | Self::Edited(bytes) => bytes,
            Self::Large(bytes) => bytes,
        }
    }

    /// For a reply: shared if large, else a copy.
    pub fn to_bytes(&self) -> Bytes {
        match self {
            Self::Small(bytes) | Self::Edited(bytes) => Bytes::copy_from_slice(bytes),
            Self::Large(bytes) => (**bytes).clone(),
        }
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// True for the empty string.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Changes the bytes in place; afterwards the encoding is `raw`.
    pub fn edit<T>(&mut self, f: impl FnOnce(&mut BytesMut) -> T) -> T {
        let mut bytes = match std::mem::take(self) {
            Self::Small(bytes) | Self::Edited(bytes) => BytesMut::from(&*bytes),
            Self::Large(bytes) => match bytes.try_into_mut() {
                Ok(owned) => owned,
                Err(shared) => BytesMut::from(&*shared),
            },
        };
        let result = f(&mut bytes);
        *self = if bytes.len() < SHARED_FROM {
            Self::Edited((&*bytes).into())
        } else {
            Self::Large(Box::new(bytes.freeze()))
        };
        result
    }

    /// `int`, `embstr` or `raw`, as Redis would say.
    pub fn encoding(&self) -> &'static str {
        match self {
            Self::Small(bytes) if bytes.len() <= 20 && crate::protocol::parse_i64(bytes).is_some() => "int",
            Self::Small(bytes) if bytes.len() <= EMBEDDED_MAX => "embstr",
            _ => "raw",
        }
    }

    /// Bytes of memory, roughly.
    pub fn memory(&self) -> usize {
        self.len() + size_of::<Self>()
    }
}

trait TryIntoMut {
    fn try_into_mut(self) -> Result<BytesMut, Bytes>;
}

impl TryIntoMut for Box<Bytes> {
    fn try_into_mut(self) -> Result<BytesMut, Bytes> {
        Bytes::try_into_mut(*self)
    }
}
