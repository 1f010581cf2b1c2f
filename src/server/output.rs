//! What is to be written to a socket: small replies in one buffer, large values as shared slices that are never copied.

use std::collections::VecDeque;
use std::io::{self, IoSlice};

use std::sync::atomic::Ordering;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use crate::command::context::Buffers;
use crate::protocol::Sink;

/// From this size on a bulk string is shared with the store instead of copied.
const SHARED_FROM: usize = 16 * 1024;
/// A buffer that has grown beyond this is given back after the write.
const KEEP_MAX: usize = 64 * 1024;

/// Bytes waiting for a socket.
#[derive(Debug, Default)]
pub struct Output {
    chunks: VecDeque<Bytes>,
    tail: BytesMut,
    len: usize,
    /// The most that was in `tail`.
    peak: usize,
}

impl Output {
    /// Bytes waiting.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True if nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Writes what one system call takes: the replies of a burst together.
    ///
    /// # Errors
    /// The socket's.
    pub async fn write_some(&mut self, stream: &mut (impl AsyncWrite + Unpin + ?Sized)) -> io::Result<()> {
        let mut written = if self.chunks.is_empty() {
            stream.write(&self.tail).await?
        } else {
            self.seal_tail();
            let slices: Vec<IoSlice<'_>> = self.chunks.iter().take(64).map(|chunk| IoSlice::new(chunk)).collect();
            stream.write_vectored(&slices).await?
        };
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.len = self.len.saturating_sub(written);
        while let Some(first) = self.chunks.front_mut() {
            if written < first.len() {
                first.advance(written);
                return Ok(());
            }
            written -= first.len();
            self.chunks.pop_front();
        }
        self.peak = self.peak.max(self.tail.len());
        if written < self.tail.len() {
            self.tail.advance(written);
        } else {
            self.tail.clear();
            if self.tail.capacity() > KEEP_MAX {
                self.tail = BytesMut::new();
            }
        }
        Ok(())
    }

    /// Tells what waits.
    pub fn show(&self, buffers: &Buffers) {
        let chunk_bytes = self.len - self.tail.len();
        for (place, value) in [
            (&buffers.reply_room, self.tail.capacity()),
            (&buffers.reply_peak, self.peak),
            (&buffers.reply_bytes, self.tail.len()),
            (&buffers.chunks, self.chunks.len()),
            (&buffers.chunk_bytes, chunk_bytes),
        ] {
            place.store(value, Ordering::Relaxed);
        }
    }

    fn seal_tail(&mut self) {
        if !self.tail.is_empty() {
            self.peak = self.peak.max(self.tail.len());
            self.chunks.push_back(self.tail.split().freeze());
        }
    }
}

impl Sink for Output {
    fn put(&mut self, bytes: &[u8]) {
        self.len += bytes.len();
        self.tail.extend_from_slice(bytes);
    }

    fn put_shared(&mut self, bytes: &Bytes) {
        if bytes.len() < SHARED_FROM {
            return self.put(bytes);
        }
        self.seal_tail();
        self.len += bytes.len();
        self.chunks.push_back(bytes.clone());
    }
}
