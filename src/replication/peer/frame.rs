//! Frames: length (u32), group (u64), kind (u8), body; little-endian.
//!
//! Invariant: a frame's length is bounded before anything is allocated for it, and memory grows with the bytes that
//! arrive, not with the length that was announced.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::executor::entry::ENTRY_LEN_MAX;

/// Longest frame: the longest entry and what is around it.
pub const FRAME_LEN_MAX: usize = 192 * 1024 * 1024;
const _: () = assert!(ENTRY_LEN_MAX + 4096 <= FRAME_LEN_MAX);
const HEAD_LEN: usize = 13;
const READ_STEP: usize = 64 * 1024;
/// Room that is worth a read of its own.
const READ_MIN: usize = 4096;

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Raft group.
    pub group: u64,
    /// What the body is; see [`super::message`].
    pub kind: u8,
    /// The body.
    pub body: Bytes,
}

/// Encodes a frame's head for a body of this length.
pub fn head(group: u64, kind: u8, body_len: usize) -> [u8; HEAD_LEN] {
    let mut out = [0; HEAD_LEN];
    let (len, rest) = out.split_at_mut(4);
    len.copy_from_slice(&((body_len + HEAD_LEN - 4) as u32).to_le_bytes());
    let (id, tail) = rest.split_at_mut(8);
    id.copy_from_slice(&group.to_le_bytes());
    tail.copy_from_slice(&[kind]);
    out
}

/// A whole frame as bytes.
pub fn encode(group: u64, kind: u8, body: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(HEAD_LEN + body.len());
    out.extend_from_slice(&head(group, kind, body.len()));
    out.extend_from_slice(body);
    out.freeze()
}

/// Takes a frame from the front of `buf`; None if it is not whole yet.
///
/// # Errors
/// A length outside the bounds.
pub fn decode(buf: &mut BytesMut) -> io::Result<Option<Frame>> {
    let Some(len) = buf.first_chunk::<4>() else { return Ok(None) };
    let len = u32::from_le_bytes(*len) as usize;
    if !(HEAD_LEN - 4..=FRAME_LEN_MAX).contains(&len) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("peer frame of {len} bytes")));
    }
    if buf.len() < len + 4 {
        return Ok(None);
    }
    buf.advance(4);
    let mut frame = buf.split_to(len);
    let group = frame.get_u64_le();
    let kind = frame.get_u8();
    Ok(Some(Frame { group, kind, body: frame.freeze() }))
}

/// Reads one short frame and not a byte beyond it: what follows belongs to another reader (the handshake's end).
///
/// # Errors
/// The socket's, or a length above `len_max`.
pub async fn read_exactly(from: &mut (impl AsyncRead + Unpin), len_max: usize) -> io::Result<Frame> {
    let len = from.read_u32_le().await? as usize;
    if !(HEAD_LEN - 4..=len_max).contains(&len) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("peer frame of {len} bytes in the handshake")));
    }
    let mut rest = vec![0; len];
    from.read_exact(&mut rest).await?;
    let mut rest = Bytes::from(rest);
    let group = rest.get_u64_le();
    let kind = rest.get_u8();
    Ok(Frame { group, kind, body: rest })
}

/// Reads frames from one half of a connection.
pub struct FrameReader<R> {
    from: R,
    buf: BytesMut,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    /// Reads from `from`.
    pub fn new(from: R) -> Self {
        Self { from, buf: BytesMut::new() }
    }

    /// The next frame; None at the end of the connection.
    ///
    /// # Errors
    /// The socket's, or a malformed length. Safe to cancel and call again.
    pub async fn next(&mut self) -> io::Result<Option<Frame>> {
        loop {
            if let Some(frame) = decode(&mut self.buf)? {
                return Ok(Some(frame));
            }
            // What was taken from it keeps the whole buffer, and entries are kept for long: so it is used up first.
            if self.buf.capacity() - self.buf.len() < READ_MIN {
                self.buf.reserve(READ_STEP);
            }
            if self.from.read_buf(&mut self.buf).await? == 0 {
                return Ok(None);
            }
        }
    }

    /// A frame that has arrived already.
    ///
    /// # Errors
    /// A malformed length.
    pub fn ready(&mut self) -> io::Result<Option<Frame>> {
        decode(&mut self.buf)
    }
}

/// Writes a frame whose body comes in parts, with one system call if the socket takes it.
///
/// # Errors
/// The socket's.
pub async fn write_parts(to: &mut (impl AsyncWrite + Unpin), group: u64, kind: u8, parts: &[Bytes]) -> io::Result<()> {
    let len: usize = parts.iter().map(Bytes::len).sum();
    if len + HEAD_LEN < 4096 {
        let mut out = BytesMut::with_capacity(len + HEAD_LEN);
        out.extend_from_slice(&head(group, kind, len));
        for part in parts {
            out.extend_from_slice(part);
        }
        return to.write_all(&out).await;
    }
    let mut chunks: Vec<Bytes> = vec![Bytes::copy_from_slice(&head(group, kind, len))];
    chunks.extend(parts.iter().filter(|part| !part.is_empty()).cloned());
    let mut first = 0;
    while let Some(rest) = chunks.get(first..).filter(|rest| !rest.is_empty()) {
        let slices: Vec<io::IoSlice<'_>> = rest.iter().take(256).map(|chunk| io::IoSlice::new(chunk)).collect();
        let mut written = to.write_vectored(&slices).await?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        while let Some(chunk) = chunks.get_mut(first) {
            if written < chunk.len() {
                chunk.advance(written);
                break;
            }
            written -= chunk.len();
            first += 1;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames that come one by one and stay share their buffers: small ones take little more than their own bytes.
    #[tokio::test]
    async fn frames_that_stay_share_buffers() {
        const COUNT: usize = 5000;
        let (mut near, far) = tokio::io::duplex(1 << 16);
        let mut reader = FrameReader::new(far);
        let mut held = Vec::new();
        for _ in 0..COUNT {
            near.write_all(&encode(0, 1, &[7; 100])).await.unwrap();
            held.push(reader.next().await.unwrap().unwrap().body);
        }
        let follows = |pair: &[Bytes]| pair[1].as_ptr() as usize == pair[0].as_ptr() as usize + 100 + HEAD_LEN;
        let buffers = 1 + held.windows(2).filter(|pair| !follows(pair)).count();
        assert!(buffers * READ_STEP < COUNT * 100 * 2, "{buffers} buffers");
        // A long one is not read in small steps.
        let long = encode(0, 1, &vec![7; 1 << 20]);
        let (sent, frame) = tokio::join!(near.write_all(&long), reader.next());
        sent.unwrap();
        assert_eq!(frame.unwrap().unwrap().body.len(), 1 << 20);
    }
}
