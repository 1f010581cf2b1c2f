//! What a connection has read and not yet parsed.
//!
//! Invariants
//! - Nothing that was read is lost when room is given back, nor when the future that reads is dropped.
//! - A client that has been told to tidy up ([`Client::tidy`]), because it is silent, holds no more than twice what it has sent, and nothing if
//!   that is parsed: its next byte is waited for without a buffer. One that has grown for a large request goes once so many reads have not
//!   needed it.

use std::io;
use std::sync::atomic::Ordering;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::command::context::Client;

/// Room for each read, bytes.
const READ_LEN: usize = 16 * 1024;
/// A larger buffer is given back when it is not needed.
const KEEP_MAX: usize = 32 * 1024;
/// After so many reads that have not.
const SMALL_READS_MAX: usize = 16;

/// See the module's header.
#[derive(Default)]
pub(super) struct Input {
    bytes: BytesMut,
    /// The next byte is waited for without a buffer.
    is_bare: bool,
    small_reads: usize,
}

impl Input {
    /// Bytes that are not yet parsed.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// True if there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// They themselves, for the parser.
    pub(super) fn bytes(&mut self) -> &mut BytesMut {
        &mut self.bytes
    }

    /// Tells how much may be read without more memory.
    pub(super) fn show_room(&self, client: &Client) {
        client.buffers.query_room.store(self.bytes.capacity() - self.bytes.len(), Ordering::Relaxed);
    }

    /// Reads what one system call gives, behind what is there. Returns how much; 0: the client has closed its end.
    ///
    /// # Errors
    /// The socket's.
    pub(super) async fn fill(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin + ?Sized),
        client: &Client,
    ) -> io::Result<usize> {
        loop {
            if self.is_bare {
                let mut byte = [0];
                let count = stream.read(&mut byte).await?;
                self.bytes.extend_from_slice(byte.get(..count).unwrap_or_default());
                self.is_bare = false;
                return Ok(count);
            }
            self.make_room();
            self.show_room(client);
            tokio::select! {
                biased;
                count = stream.read_buf(&mut self.bytes) => {
                    if self.bytes.len() > READ_LEN {
                        self.small_reads = 0;
                    }
                    return count;
                }
                () = client.told_to_tidy() => self.give_back(client),
            }
        }
    }

    fn make_room(&mut self) {
        if self.bytes.is_empty() && self.bytes.capacity() > KEEP_MAX {
            self.small_reads += 1;
            if self.small_reads > SMALL_READS_MAX {
                self.bytes = BytesMut::new();
                self.small_reads = 0;
            }
        }
        self.bytes.reserve(READ_LEN);
    }

    fn give_back(&mut self, client: &Client) {
        client.tidied();
        // What is copied is no more than what is given back.
        if self.bytes.capacity() - self.bytes.len() >= self.bytes.len() {
            self.bytes = BytesMut::from(&*self.bytes);
        }
        self.is_bare = true;
        self.show_room(client);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncWriteExt, DuplexStream, duplex};

    fn pair() -> (DuplexStream, DuplexStream, Client) {
        let (far, near) = duplex(1 << 20);
        (far, near, Client::new(1, String::new(), String::new(), 0))
    }

    fn room(client: &Client) -> usize {
        client.buffers.query_room.load(Ordering::Relaxed)
    }

    /// Polls the read once, which waits.
    async fn wait(input: &mut Input, stream: &mut DuplexStream, client: &Client) {
        let read = std::pin::pin!(input.fill(stream, client));
        assert!(futures::poll!(read).is_pending());
    }

    #[tokio::test]
    async fn a_silent_client_has_no_room_and_loses_no_byte() {
        let (mut far, mut near, client) = pair();
        let mut input = Input::default();
        wait(&mut input, &mut near, &client).await;
        assert_eq!(room(&client), READ_LEN);
        client.tidy();
        wait(&mut input, &mut near, &client).await;
        assert_eq!((room(&client), input.bytes.capacity()), (0, 0));
        wait(&mut input, &mut near, &client).await;
        assert_eq!(input.bytes.capacity(), 0, "as long as nothing comes");
        far.write_all(b"PING\r\n").await.unwrap();
        assert_eq!(input.fill(&mut near, &client).await.unwrap(), 1);
        assert_eq!(input.fill(&mut near, &client).await.unwrap(), 5);
        assert_eq!(&*input.bytes, b"PING\r\n");
        wait(&mut input, &mut near, &client).await;
        assert!(room(&client) >= READ_LEN, "it was told once");
        // What is not yet parsed stays, without the room for more.
        client.tidy();
        wait(&mut input, &mut near, &client).await;
        assert_eq!((&*input.bytes, room(&client)), (&b"PING\r\n"[..], 0));
        drop(far);
        assert_eq!(input.fill(&mut near, &client).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn more_than_was_given_back_is_not_copied() {
        let (mut far, mut near, client) = pair();
        let mut input = Input::default();
        far.write_all(&[b'x'; 3 * READ_LEN]).await.unwrap();
        while input.len() < 3 * READ_LEN {
            input.fill(&mut near, &client).await.unwrap();
        }
        wait(&mut input, &mut near, &client).await;
        let place = input.bytes.as_ptr();
        client.tidy();
        wait(&mut input, &mut near, &client).await;
        assert_eq!((input.bytes.as_ptr(), input.len()), (place, 3 * READ_LEN));
    }

    #[tokio::test]
    async fn a_large_buffer_goes_when_reads_no_longer_need_it() {
        let (mut far, mut near, client) = pair();
        let mut input = Input::default();
        let large = vec![b'x'; 20 * READ_LEN];
        let mut needed = Vec::new();
        for round in 0..3 {
            far.write_all(&large).await.unwrap();
            while input.len() < large.len() {
                input.fill(&mut near, &client).await.unwrap();
            }
            input.bytes().clear();
            wait(&mut input, &mut near, &client).await;
            assert!(room(&client) > KEEP_MAX, "{round}");
            let mut small_reads = 0;
            while room(&client) > KEEP_MAX && small_reads < 100 {
                far.write_all(b"x").await.unwrap();
                assert_eq!(input.fill(&mut near, &client).await.unwrap(), 1);
                input.bytes().clear();
                small_reads += 1;
                wait(&mut input, &mut near, &client).await;
                if round == 0 && small_reads == SMALL_READS_MAX / 4 {
                    break;
                }
            }
            needed.push(small_reads);
        }
        assert!((SMALL_READS_MAX / 2..=SMALL_READS_MAX).contains(&needed[1]), "{needed:?}");
        assert_eq!(needed[1], needed[2], "a read that has needed it begins anew");
        assert_eq!(room(&client), READ_LEN);
    }
}
