//! The string value: a right-sized copy while small, reference-counted when large so that a reply can share it.

use bytes::{Bytes, BytesMut};

use super::{ValueType, units_of_bytes};
use crate::store::fetch::prefetch_at;

/// From this size on a string is kept reference-counted (bytes).
const SHARED_FROM: usize = 4096;
/// Longest string that Redis keeps in one allocation with its object ("embstr").
const EMBEDDED_MAX: usize = 44;
/// Above this size a string is freed in the background: its pages may go back to the system (bytes).
const SLOW_TO_FREE: usize = 1 << 20;

/// A string value.
#[derive(Clone, Debug)]
pub enum Str {
    /// Exactly its bytes.
    Small(Box<[u8]>),
    /// Exactly its bytes, which a command has set as text: no `int` to OBJECT ENCODING, whatever they read as.
    Text(Box<[u8]>),
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

    /// A copy of `bytes` that is text to OBJECT ENCODING even if it reads as an integer (INCRBYFLOAT).
    pub fn text(bytes: &[u8]) -> Self {
        match Self::new(bytes) {
            Self::Small(text) if is_int(&text) => Self::Text(text),
            other => other,
        }
    }

    /// These bytes, which a command has made of others: the encoding is `raw`.
    pub fn raw(bytes: Vec<u8>) -> Self {
        if bytes.len() < SHARED_FROM { Self::Edited(bytes.into()) } else { Self::Large(Box::new(bytes.into())) }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Small(bytes) | Self::Text(bytes) | Self::Edited(bytes) => bytes,
            Self::Large(bytes) => bytes,
        }
    }

    /// For a reply: shared if large, else a copy.
    pub fn to_bytes(&self) -> Bytes {
        match self {
            Self::Small(bytes) | Self::Text(bytes) | Self::Edited(bytes) => Bytes::copy_from_slice(bytes),
            Self::Large(bytes) => (**bytes).clone(),
        }
    }

    /// A part for a reply: shared if large, else a copy. Empty if the range does not lie inside.
    pub fn slice(&self, range: std::ops::Range<usize>) -> Bytes {
        match self {
            Self::Large(bytes) if range.start <= range.end && range.end <= bytes.len() => bytes.slice(range),
            _ => Bytes::copy_from_slice(self.as_bytes().get(range).unwrap_or_default()),
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
            Self::Small(bytes) | Self::Text(bytes) | Self::Edited(bytes) => BytesMut::from(&*bytes),
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

    /// Puts `tail` behind the bytes; afterwards the encoding is `raw`.
    pub fn append(&mut self, tail: &[u8]) {
        match self {
            // One allocation of the right size, where growing first would make two.
            Self::Small(bytes) | Self::Text(bytes) | Self::Edited(bytes) if bytes.len() + tail.len() < SHARED_FROM => {
                *self = Self::Edited([bytes, tail].concat().into());
            }
            _ => self.edit(|bytes| bytes.extend_from_slice(tail)),
        }
    }

    /// Writes `part` at `offset`, with zero bytes in front of it where there were none; the caller bounds the sum of both.
    /// Afterwards the encoding is `raw`.
    pub fn overwrite(&mut self, offset: usize, part: &[u8]) {
        let end = offset.saturating_add(part.len());
        if let Self::Small(bytes) | Self::Text(bytes) | Self::Edited(bytes) = self
            && let Some(place) = bytes.get_mut(offset..end)
        {
            place.copy_from_slice(part);
            *self = Self::Edited(std::mem::take(bytes));
            return;
        }
        self.edit(|bytes| {
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            if let Some(place) = bytes.get_mut(offset..end) {
                place.copy_from_slice(part);
            }
        });
    }
}

impl ValueType for Str {
    fn type_name(&self) -> &'static str {
        "string"
    }

    fn encoding(&self) -> &'static str {
        match self {
            Self::Small(bytes) if is_int(bytes) => "int",
            Self::Small(bytes) | Self::Text(bytes) if bytes.len() <= EMBEDDED_MAX => "embstr",
            _ => "raw",
        }
    }

    fn elements(&self) -> usize {
        1
    }

    fn memory(&self) -> usize {
        self.len() + size_of::<Self>()
    }

    fn copy_units(&self) -> u64 {
        units_of_bytes(self.len())
    }

    fn is_slow_to_free(&self) -> bool {
        self.len() > SLOW_TO_FREE
    }

    fn prefetch(&self) {
        prefetch_at(self.as_bytes(), 0);
    }

    /// If both are small and of one length: an allocation that was used a moment ago is freed then, not one that is in no cache.
    fn exchange(&mut self, other: &mut Self) -> bool {
        match (self, other) {
            (Self::Small(here), Self::Small(there)) if here.len() == there.len() => {
                here.swap_with_slice(there);
                true
            }
            _ => false,
        }
    }
}

/// True for what Redis would keep as an integer.
fn is_int(bytes: &[u8]) -> bool {
    bytes.len() <= 20 && crate::protocol::parse_i64(bytes).is_some()
}

trait TryIntoMut {
    fn try_into_mut(self) -> Result<BytesMut, Bytes>;
}

impl TryIntoMut for Box<Bytes> {
    fn try_into_mut(self) -> Result<BytesMut, Bytes> {
        Bytes::try_into_mut(*self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn string_edits_give_the_same_bytes_small_and_large() {
        for len in [0, 1, SHARED_FROM - 2, SHARED_FROM - 1, SHARED_FROM, 3 * SHARED_FROM] {
            let mut expected = vec![b'x'; len];
            let mut value = Str::new(&expected);
            let shared = value.to_bytes();
            value.append(b"ab");
            expected.extend(b"ab");
            assert_eq!(value.as_bytes(), expected, "append to {len}");
            value.overwrite(len + 4, b"cd");
            expected.extend(b"\0\0cd");
            assert_eq!(value.as_bytes(), expected, "overwrite behind {len}");
            value.overwrite(len + 1, b"Y");
            *expected.get_mut(len + 1).unwrap() = b'Y';
            assert_eq!(value.as_bytes(), expected, "overwrite in {len}");
            assert_eq!(value.encoding(), "raw");
            assert_eq!(&*value.slice(len + 1..len + 4), &expected[len + 1..len + 4]);
            assert_eq!(&*value.slice(0..expected.len() + 1), b"");
            assert_eq!(shared, vec![b'x'; len], "what was shared before");
        }
    }
}
