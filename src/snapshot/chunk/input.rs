//! Reading chunks.

use std::io::{self, Read};

use xxhash_rust::xxh3::Xxh3;

use super::super::error::{Damage, Problem};
use super::{CHECKED_LEN, CHUNK_HEADER_LEN, CHUNK_LEN_MAX, FILE_HEADER_LEN, Kind, MAGIC, Totals};

/// Gives back what a [`super::ChunkWriter`] was given.
pub(crate) struct ChunkReader<R> {
    input: R,
    payload: Vec<u8>,
    /// How much of the payload is read.
    at: usize,
    kind: Kind,
    /// Where the present chunk begins.
    offset: u64,
    /// Where the next one does.
    next_offset: u64,
    next_index: u32,
    hash: Box<Xxh3>,
    /// Of all bytes before the end record.
    hash_before: u64,
}

impl<R: Read> ChunkReader<R> {
    /// Reads the file's header and enters the first chunk. Returns the format version too, `versions` at most.
    pub fn new(mut input: R, versions: u32) -> Result<(Self, u32), Problem> {
        let mut header = [0; FILE_HEADER_LEN];
        let damaged = |damage| Problem::Damaged { offset: 0, damage };
        let present = read_full(&mut input, &mut header)?;
        if !header.starts_with(MAGIC) {
            let torn = header.get(..present).is_some_and(|head| MAGIC.starts_with(head));
            return Err(damaged(if torn { Damage::Truncated } else { Damage::NotASnapshot }));
        }
        if present < FILE_HEADER_LEN {
            return Err(damaged(Damage::Truncated));
        }
        let (checked, crc) = header.split_at(FILE_HEADER_LEN - 4);
        if crc32c::crc32c(checked) != u32_at(crc, 0) {
            return Err(damaged(Damage::FlippedBit));
        }
        let version = u32_at(checked, MAGIC.len());
        if version == 0 || version > versions {
            return Err(Problem::Version(version));
        }
        let mut hash = Box::new(Xxh3::new());
        hash.update(&header);
        let mut reader = Self {
            input,
            payload: Vec::new(),
            at: 0,
            kind: Kind::Meta,
            offset: 0,
            next_offset: FILE_HEADER_LEN as u64,
            next_index: 0,
            hash,
            hash_before: 0,
        };
        reader.enter(Kind::Meta)?;
        Ok((reader, version))
    }

    /// Goes to the next chunk, which has to be of this kind; the present one must be read to its end.
    pub fn enter(&mut self, kind: Kind) -> Result<(), Problem> {
        if self.at != self.payload.len() {
            return Err(self.wrong("a chunk holds more than its contents"));
        }
        self.offset = self.next_offset;
        if kind == Kind::End {
            self.hash_before = self.hash.digest();
        }
        let mut header = [0; CHUNK_HEADER_LEN];
        if read_full(&mut self.input, &mut header)? < CHUNK_HEADER_LEN {
            return Err(self.damaged(Damage::Truncated));
        }
        let (checked, crc) = header.split_at(CHECKED_LEN);
        if crc32c::crc32c(checked) != u32_at(crc, 0) {
            return Err(self.damaged(Damage::FlippedBit));
        }
        let (index, len, payload_crc) = (u32_at(checked, 1), u32_at(checked, 5), u32_at(checked, 9));
        if index != self.next_index {
            return Err(self.damaged(Damage::OutOfOrder { expected: self.next_index, found: index }));
        }
        let found = checked.first().and_then(|byte| Kind::of(*byte));
        if found != Some(kind) || len == 0 || len as usize > CHUNK_LEN_MAX {
            return Err(self.wrong(format!("a chunk of {len} bytes and kind {found:?}, not {kind:?}")));
        }
        self.payload.clear();
        // Grows as bytes arrive: a length is no reason to allocate.
        (&mut self.input).take(u64::from(len)).read_to_end(&mut self.payload)?;
        if self.payload.len() < len as usize {
            return Err(self.damaged(Damage::Truncated));
        }
        if crc32c::crc32c(&self.payload) != payload_crc {
            return Err(self.damaged(Damage::FlippedBit));
        }
        self.hash.update(&header);
        self.hash.update(&self.payload);
        self.next_offset += (CHUNK_HEADER_LEN + self.payload.len()) as u64;
        self.next_index = self.next_index.checked_add(1).ok_or_else(|| self.wrong("too many chunks"))?;
        self.kind = kind;
        self.at = 0;
        Ok(())
    }

    /// Reads the end record, compares it with what was read, and makes sure that nothing follows.
    pub fn finish(mut self, keys: u64) -> Result<(), Problem> {
        self.enter(Kind::End)?;
        let found = Totals { keys: self.u64()?, chunks: self.u64()?, bytes: self.u64()?, hash: self.u64()? };
        if self.at != self.payload.len() {
            return Err(self.wrong("the end record is too long"));
        }
        let expected =
            Totals { keys, chunks: u64::from(self.next_index) - 1, bytes: self.offset, hash: self.hash_before };
        for (same, what) in [
            (found.chunks == expected.chunks, "number of chunks"),
            (found.bytes == expected.bytes, "number of bytes"),
            (found.hash == expected.hash, "hash of the whole file"),
            (found.keys == expected.keys, "number of keys"),
        ] {
            if !same {
                return Err(self.damaged(Damage::Totals(what)));
            }
        }
        if read_full(&mut self.input, &mut [0])? != 0 {
            self.offset = self.next_offset;
            return Err(self.damaged(Damage::TrailingBytes));
        }
        Ok(())
    }

    pub fn u8(&mut self) -> Result<u8, Problem> {
        if self.at == self.payload.len() {
            self.more()?;
        }
        let byte = self.payload.get(self.at).copied().ok_or_else(|| self.wrong("a chunk without contents"))?;
        self.at += 1;
        Ok(byte)
    }

    pub fn bool(&mut self) -> Result<bool, Problem> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(self.wrong(format!("{other} where 0 or 1 belongs"))),
        }
    }

    pub fn varint(&mut self) -> Result<u64, Problem> {
        let mut value = 0u64;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7F);
            if shift + (u64::BITS - bits.leading_zeros()) > u64::BITS {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(self.wrong("a number beyond 64 bits"))
    }

    /// A varint that has to be below `bound`.
    pub fn below(&mut self, bound: u64, what: &str) -> Result<u64, Problem> {
        let value = self.varint()?;
        if value < bound { Ok(value) } else { Err(self.wrong(format!("{what} {value}, not below {bound}"))) }
    }

    /// A string with its length: a piece of the chunk, or put together in `scratch` if it spans chunks.
    pub fn bytes<'a>(&'a mut self, scratch: &'a mut Vec<u8>) -> Result<&'a [u8], Problem> {
        let len = self.varint()?;
        self.raw(len, scratch)
    }

    pub fn string(&mut self) -> Result<String, Problem> {
        let mut scratch = Vec::new();
        let text = self.bytes(&mut scratch)?.to_vec();
        String::from_utf8(text).map_err(|_| self.wrong("a name that is not UTF-8"))
    }

    /// As many bytes as an array has.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Problem> {
        let mut scratch = Vec::new();
        let array = self.raw(N as u64, &mut scratch)?.try_into().ok();
        array.ok_or_else(|| self.wrong("a string of the wrong length"))
    }

    /// Damage that no checksum shows.
    pub fn wrong(&self, what: impl Into<String>) -> Problem {
        self.damaged(Damage::Contents(what.into()))
    }

    fn raw<'a>(&'a mut self, len: u64, scratch: &'a mut Vec<u8>) -> Result<&'a [u8], Problem> {
        if len <= (self.payload.len() - self.at) as u64 {
            let start = self.at;
            self.at += len as usize;
            return Ok(self.payload.get(start..self.at).unwrap_or_default());
        }
        scratch.clear();
        let mut missing = len;
        while missing > 0 {
            if self.at == self.payload.len() {
                self.more()?;
            }
            let rest = self.payload.get(self.at..).unwrap_or_default();
            let piece = rest.get(..missing.min(rest.len() as u64) as usize).unwrap_or_default();
            scratch.extend_from_slice(piece);
            self.at += piece.len();
            missing -= piece.len() as u64;
        }
        Ok(scratch)
    }

    fn u64(&mut self) -> Result<u64, Problem> {
        self.array().map(u64::from_le_bytes)
    }

    fn more(&mut self) -> Result<(), Problem> {
        match self.kind {
            Kind::Body => self.enter(Kind::Body),
            _ => Err(self.wrong("a record ends too early")),
        }
    }

    fn damaged(&self, damage: Damage) -> Problem {
        Problem::Damaged { offset: self.offset, damage }
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().map(u32::from_le_bytes).unwrap_or_default()
}

/// As many bytes as fit or are there.
fn read_full(input: &mut impl Read, mut buffer: &mut [u8]) -> io::Result<usize> {
    let wanted = buffer.len();
    while !buffer.is_empty() {
        match input.read(buffer) {
            Ok(0) => break,
            Ok(read) => buffer = buffer.get_mut(read..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(wanted - buffer.len())
}
