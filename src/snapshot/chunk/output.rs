//! Writing chunks.

use std::io::{self, Write};

use xxhash_rust::xxh3::Xxh3;

use super::{CHECKED_LEN, CHUNK_HEADER_LEN, Kind, MAGIC, Totals};

/// Cuts what is put into it into chunks.
pub(crate) struct ChunkWriter<'a, W> {
    out: &'a mut W,
    /// The chunk being filled, room for its header first: so it leaves in one write.
    chunk: Vec<u8>,
    chunk_len_max: usize,
    kind: Kind,
    index: u32,
    hash: Box<Xxh3>,
    bytes: u64,
}

impl<'a, W: Write> ChunkWriter<'a, W> {
    /// Writes the file's header; the first chunk is the meta's.
    pub fn new(out: &'a mut W, version: u32, chunk_len_max: usize) -> io::Result<Self> {
        let mut header = MAGIC.to_vec();
        header.extend_from_slice(&version.to_le_bytes());
        header.extend_from_slice(&crc32c::crc32c(&header).to_le_bytes());
        let mut chunk = Vec::with_capacity(CHUNK_HEADER_LEN + chunk_len_max);
        chunk.resize(CHUNK_HEADER_LEN, 0);
        let hash = Box::new(Xxh3::new());
        let mut writer = Self { out, chunk, chunk_len_max, kind: Kind::Meta, index: 0, hash, bytes: 0 };
        writer.emit(&header)?;
        Ok(writer)
    }

    /// Closes the chunk being filled, if it holds anything; what follows is of this kind.
    pub fn begin(&mut self, kind: Kind) -> io::Result<()> {
        if self.chunk.len() > CHUNK_HEADER_LEN {
            self.close_chunk()?;
        }
        self.kind = kind;
        Ok(())
    }

    /// Writes the end record: what it says, and the bytes of the whole file.
    pub fn finish(mut self, keys: u64) -> io::Result<(Totals, u64)> {
        self.begin(Kind::End)?;
        let totals = Totals { keys, chunks: u64::from(self.index), bytes: self.bytes, hash: self.hash.digest() };
        for number in [totals.keys, totals.chunks, totals.bytes, totals.hash] {
            self.chunk.extend_from_slice(&number.to_le_bytes());
        }
        self.close_chunk()?;
        self.out.flush()?;
        Ok((totals, self.bytes))
    }

    pub fn u8(&mut self, byte: u8) -> io::Result<()> {
        self.raw(&[byte])
    }

    pub fn bool(&mut self, value: bool) -> io::Result<()> {
        self.u8(u8::from(value))
    }

    pub fn varint(&mut self, mut value: u64) -> io::Result<()> {
        let mut buffer = [0; 10];
        let mut len = 0;
        for place in &mut buffer {
            let more = value >> 7 != 0;
            *place = (value & 0x7F) as u8 | if more { 0x80 } else { 0 };
            value >>= 7;
            len += 1;
            if !more {
                break;
            }
        }
        self.raw(buffer.get(..len).unwrap_or_default())
    }

    /// A string with its length.
    pub fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.varint(bytes.len() as u64)?;
        self.raw(bytes)
    }

    /// Bytes whose number the reader knows.
    pub fn raw(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        loop {
            let room = self.chunk_len_max - (self.chunk.len() - CHUNK_HEADER_LEN);
            let Some((now, later)) = bytes.split_at_checked(room) else { break };
            self.chunk.extend_from_slice(now);
            self.close_chunk()?;
            bytes = later;
        }
        self.chunk.extend_from_slice(bytes);
        Ok(())
    }

    fn close_chunk(&mut self) -> io::Result<()> {
        let payload = self.chunk.get(CHUNK_HEADER_LEN..).unwrap_or_default();
        let mut header = Vec::with_capacity(CHUNK_HEADER_LEN);
        header.push(self.kind as u8);
        header.extend_from_slice(&self.index.to_le_bytes());
        header.extend_from_slice(&(payload.len() as u32).to_le_bytes());
        header.extend_from_slice(&crc32c::crc32c(payload).to_le_bytes());
        debug_assert_eq!(header.len(), CHECKED_LEN);
        header.extend_from_slice(&crc32c::crc32c(&header).to_le_bytes());
        if let Some(place) = self.chunk.get_mut(..CHUNK_HEADER_LEN) {
            place.copy_from_slice(&header);
        }
        let mut chunk = std::mem::take(&mut self.chunk);
        self.emit(&chunk)?;
        chunk.truncate(CHUNK_HEADER_LEN);
        self.chunk = chunk;
        self.index = self.index.checked_add(1).ok_or_else(|| io::Error::other("snapshot has too many chunks"))?;
        Ok(())
    }

    fn emit(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }
}
