//! The argument vector of one command: ranges into a shared buffer, so that a value is not copied
//! between the socket and the log, nor between the log and the store.

use bytes::{BufMut, Bytes, BytesMut};
use smallvec::SmallVec;

/// What a 32-bit length takes in a log entry at most (LEB128).
const LENGTH_SIZE: usize = 5;

type Ranges = SmallVec<[(u32, u32); 5]>;

/// Command name and arguments. Never empty once it has passed the parser.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Args {
    buf: Bytes,
    ranges: Ranges,
}

impl Args {
    /// `ranges` are (start, end) offsets into `buf`; ranges outside read as empty.
    pub fn new(buf: Bytes, ranges: impl IntoIterator<Item = (u32, u32)>) -> Self {
        Self { buf, ranges: ranges.into_iter().collect() }
    }

    /// Copies the given arguments into a buffer of their own.
    pub fn from_slices<S: AsRef<[u8]>>(args: impl IntoIterator<Item = S>) -> Self {
        let mut buf = BytesMut::new();
        let mut ranges = Ranges::new();
        for arg in args {
            let start = buf.len() as u32;
            buf.put_slice(arg.as_ref());
            ranges.push((start, buf.len() as u32));
        }
        Self { buf: buf.freeze(), ranges }
    }

    /// Number of arguments, the command name included.
    pub fn len(&self) -> usize {
        self.ranges.len()
    }

    /// True for an argument vector without even a name.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Argument `i`; empty if there is none (arity has been checked where that matters).
    pub fn arg(&self, i: usize) -> &[u8] {
        self.opt(i).unwrap_or_default()
    }

    /// Argument `i`, if there is one.
    pub fn opt(&self, i: usize) -> Option<&[u8]> {
        let (start, end) = *self.ranges.get(i)?;
        self.buf.get(start as usize..end as usize)
    }

    /// Argument `i` as a reference-counted slice of the buffer, for what is only passed on.
    pub fn bytes(&self, i: usize) -> Bytes {
        match self.ranges.get(i) {
            Some(&(start, end)) if start <= end && end as usize <= self.buf.len() => {
                self.buf.slice(start as usize..end as usize)
            }
            _ => Bytes::new(),
        }
    }

    /// The command's name as sent.
    pub fn name(&self) -> &[u8] {
        self.arg(0)
    }

    /// All arguments, the name first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        (0..self.len()).map(|i| self.arg(i))
    }

    /// The arguments from `first` on.
    pub fn from(&self, first: usize) -> impl ExactSizeIterator<Item = &[u8]> {
        (first.min(self.len())..self.len()).map(|i| self.arg(i))
    }

    /// The same command without its first `n` arguments.
    pub fn skip(&self, n: usize) -> Self {
        Self { buf: self.buf.clone(), ranges: self.ranges.iter().skip(n).copied().collect() }
    }

    /// Bytes of all arguments together, and of their lengths in a log entry at most: many empty ones are not nothing.
    pub fn size(&self) -> usize {
        self.ranges.iter().map(|(start, end)| end.saturating_sub(*start) as usize + LENGTH_SIZE).sum()
    }

    /// Bytes of all arguments together.
    pub fn payload(&self) -> usize {
        self.ranges.iter().map(|(start, end)| end.saturating_sub(*start) as usize).sum()
    }

    /// True if argument `i` is `word`, whatever the case.
    pub fn is(&self, i: usize, word: &str) -> bool {
        self.arg(i).eq_ignore_ascii_case(word.as_bytes())
    }
}

impl std::fmt::Debug for Args {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter().map(String::from_utf8_lossy)).finish()
    }
}
