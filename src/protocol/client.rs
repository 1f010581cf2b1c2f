//! A small RESP client: a node asks the client port of another one, as any client would.
//!
//! Invariant: an answer is bounded in bytes, in depth and in time, and nothing is taken for it before it has arrived: whoever listens at
//! an address that a user has typed may answer anything.
//!
//! So the answer is not read by redis-protocol, whose decoder calls itself for each array within another (10,000 of them, 40 kB, overflow a stack
//! of 2 MB) and takes any length that is announced for an answer that has not arrived: see [`super::parse`].

use std::io;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Reply, parse_i64};
use crate::error::ReplyError;
use crate::sys::env::{BoxStream, Env};

/// Most bytes of an answer.
const ANSWER_LEN_MAX: usize = 64 << 10;
/// Deepest array in an answer.
const DEPTH_MAX: usize = 4;
/// How long an exchange may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Sends a command to the client port at `addr`, behind AUTH where there is a password, and returns its answer.
///
/// # Errors
/// The network's; an error that was answered, with its text.
pub async fn ask(env: &Env, addr: &str, password: &str, command: &[String]) -> io::Result<Reply> {
    let exchange = async {
        let mut conversation = Conversation::new(env.net.connect(addr).await?);
        if !password.is_empty() {
            conversation.call(&["AUTH", password]).await?;
        }
        conversation.call(command).await
    };
    tokio::time::timeout(TIMEOUT, exchange).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

/// A connection to another server: commands, and their answers in that order.
pub struct Conversation {
    stream: BoxStream,
    input: BytesMut,
    output: Vec<u8>,
}

impl Conversation {
    /// Nothing was said yet.
    pub fn new(stream: BoxStream) -> Self {
        Self { stream, input: BytesMut::new(), output: Vec::new() }
    }

    /// Puts a command behind those that are to be sent.
    pub fn add(&mut self, command: &[impl AsRef<[u8]>]) {
        self.output.extend_from_slice(format!("*{}\r\n", command.len()).as_bytes());
        for arg in command.iter().map(AsRef::as_ref) {
            self.output.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
            self.output.extend_from_slice(arg);
            self.output.extend_from_slice(b"\r\n");
        }
    }

    /// Sends them.
    ///
    /// # Errors
    /// The network's.
    pub async fn send(&mut self) -> io::Result<()> {
        self.stream.write_all(&self.output).await?;
        self.output.clear();
        Ok(())
    }

    /// The next answer, which may be an error.
    ///
    /// # Errors
    /// The network's; what comes is no answer.
    pub async fn answer(&mut self) -> io::Result<Reply> {
        loop {
            let mut rest = &self.input[..];
            if let Some(reply) = decode(&mut rest, DEPTH_MAX)? {
                let len = self.input.len() - rest.len();
                self.input.advance(len);
                return Ok(reply);
            }
            if self.input.len() > ANSWER_LEN_MAX {
                return Err(no_answer());
            }
            if self.stream.read_buf(&mut self.input).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    async fn call(&mut self, command: &[impl AsRef<[u8]>]) -> io::Result<Reply> {
        self.add(command);
        self.send().await?;
        match self.answer().await? {
            Reply::Error(error) => Err(io::Error::other(error.to_string())),
            reply => Ok(reply),
        }
    }
}

fn no_answer() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "what answers there does not speak Redis's protocol as a node does")
}

/// Takes a RESP2 reply from the front of `input`; None: it is not all there.
fn decode(input: &mut &[u8], depth: usize) -> io::Result<Option<Reply>> {
    let Some(end) = memchr::memchr(b'\r', input).filter(|end| input.len() > end + 1) else { return Ok(None) };
    let (line, rest) = input.split_at(end);
    let Some((kind, text)) = line.split_first() else { return Err(no_answer()) };
    *input = rest.get(2..).unwrap_or_default();
    let number = || parse_i64(text).ok_or_else(no_answer);
    Ok(Some(match kind {
        b'+' => Reply::Simple(text.to_vec().into()),
        b'-' => Reply::Error(ReplyError::text(text)),
        b':' => Reply::Int(number()?),
        b'$' => match usize::try_from(number()?) {
            Err(_) => Reply::Nil,
            Ok(len) if len > ANSWER_LEN_MAX => return Err(no_answer()),
            Ok(len) if input.len() < len + 2 => return Ok(None),
            Ok(len) => {
                let (bytes, rest) = input.split_at(len);
                *input = rest.get(2..).unwrap_or_default();
                Reply::Bulk(Bytes::copy_from_slice(bytes))
            }
        },
        b'*' => {
            let Ok(count) = usize::try_from(number()?) else { return Ok(Some(Reply::NilArray)) };
            if depth == 0 {
                return Err(no_answer());
            }
            let mut items = Vec::new();
            for _ in 0..count {
                match decode(input, depth - 1)? {
                    Some(item) => items.push(item),
                    None => return Ok(None),
                }
            }
            Reply::Array(items)
        }
        _ => return Err(no_answer()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_read_once_they_are_whole() {
        let bytes = b"*4\r\n+a\r\n$2\r\n\r\n\r\n*2\r\n:-7\r\n$-1\r\n*-1\r\n";
        let want = Reply::Array(vec![
            Reply::simple("a"),
            Reply::bulk("\r\n"),
            Reply::Array(vec![Reply::Int(-7), Reply::Nil]),
            Reply::NilArray,
        ]);
        for len in 0..bytes.len() {
            assert_eq!(decode(&mut &bytes[..len], DEPTH_MAX).unwrap(), None, "{len} bytes");
        }
        let mut input = &[&bytes[..], b"+next"].concat()[..];
        assert_eq!(decode(&mut input, DEPTH_MAX).unwrap(), Some(want));
        assert_eq!(input, b"+next");
        let error = decode(&mut &b"-ERR no\r\n"[..], DEPTH_MAX).unwrap();
        assert_eq!(error, Some(Reply::Error(ReplyError::new("ERR no"))));
    }

    /// What answers may be anything: nested without an end, or said to be larger than memory.
    #[test]
    fn malformed_reply_is_refused() {
        let nested = b"*1\r\n".repeat(100_000);
        for input in [&nested[..], b"!x\r\n", b"*x\r\n", b"$99999999999\r\n", b"\r\n", b"HTTP/1.1 400 Bad Request\r\n"]
        {
            assert!(decode(&mut &input[..], DEPTH_MAX).is_err(), "{:?}", &input[..input.len().min(20)]);
        }
        assert_eq!(decode(&mut &b"*9223372036854775807\r\n+a\r\n"[..], DEPTH_MAX).unwrap(), None);
    }
}
