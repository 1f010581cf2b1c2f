//! What is to be written to a socket: small replies in one buffer, large values as shared slices that are never copied.

use std::collections::VecDeque;
use std::io::{self, IoSlice};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncWrite, AsyncWriteExt};

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

    /// Writes everything: one system call for the replies of a burst.
    ///
    /// # Errors
    /// The socket's.
    pub async fn write_to(&mut self, stream: &mut (impl AsyncWrite + Unpin + ?Sized)) -> io::Result<()> {
        if self.chunks.is_empty() {
            stream.write_all(&self.tail).await?;
            self.tail.clear();
            if self.tail.capacity() > KEEP_MAX {
                self.tail = BytesMut::new();
            }
            self.len = 0;
            return Ok(());
        }
        if !self.tail.is_empty() {
            self.chunks.push_back(self.tail.split().freeze());
        }
        while !self.chunks.is_empty() {
            let slices: Vec<IoSlice<'_>> = self.chunks.iter().take(64).map(|chunk| IoSlice::new(chunk)).collect();
            let mut written = stream.write_vectored(&slices).await?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            while let Some(first) = self.chunks.front_mut() {
                if written < first.len() {
                    first.advance(written);
                    break;
                }
                written -= first.len();
                self.chunks.pop_front();
            }
        }
        self.len = 0;
        Ok(())
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
        if !self.tail.is_empty() {
            self.chunks.push_back(self.tail.split().freeze());
        }
        self.len += bytes.len();
        self.chunks.push_back(bytes.clone());
    }
}
