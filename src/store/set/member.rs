//! A member of a set as bytes.

/// The longest integer.
const TEXT_LEN_MAX: usize = 20;

/// A member: the set's own bytes, or the text of an integer.
#[derive(Clone, Copy, Debug)]
pub enum SetMember<'a> {
    /// A string.
    Str(&'a [u8]),
    /// An integer's text, and its length.
    Int([u8; TEXT_LEN_MAX], usize),
}

impl From<i64> for SetMember<'_> {
    fn from(integer: i64) -> Self {
        let mut bytes = [0; TEXT_LEN_MAX];
        let mut buffer = itoa::Buffer::new();
        let text = buffer.format(integer).as_bytes();
        for (place, byte) in bytes.iter_mut().zip(text) {
            *place = *byte;
        }
        Self::Int(bytes, text.len())
    }
}

impl AsRef<[u8]> for SetMember<'_> {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Str(bytes) => bytes,
            Self::Int(bytes, len) => bytes.get(..*len).unwrap_or_default(),
        }
    }
}

impl PartialEq for SetMember<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_ref() == other.as_ref()
    }
}

impl Eq for SetMember<'_> {}

impl std::hash::Hash for SetMember<'_> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_ref().hash(state);
    }
}
