//! A small blocking client: requests out, replies in, raw bytes where a test wants them.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::value::Value;

/// How long a reply may take before the test fails.
pub const REPLY_TIMEOUT: Duration = Duration::from_secs(30);

/// One connection.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    buf: Vec<u8>,
    at: usize,
}

impl Client {
    /// Connects.
    pub fn connect(addr: SocketAddr) -> Self {
        Self::try_connect(addr).unwrap_or_else(|error| panic!("cannot connect to {addr}: {error}"))
    }

    /// Connects, for who waits until it is possible.
    ///
    /// # Errors
    /// Those of the system.
    pub fn try_connect(addr: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&addr, Duration::from_secs(5))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(REPLY_TIMEOUT))?;
        stream.set_write_timeout(Some(REPLY_TIMEOUT))?;
        Ok(Self { stream, buf: Vec::new(), at: 0 })
    }

    /// Another patience than [`REPLY_TIMEOUT`].
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.stream.set_read_timeout(Some(timeout)).expect("a timeout above zero");
    }

    /// The socket.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// Those of the system.
    pub fn send_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// The next reply.
    ///
    /// # Errors
    /// `UnexpectedEof` when the server has closed, `InvalidData` for what is no reply, a timeout as `WouldBlock`.
    pub fn read_reply(&mut self) -> io::Result<Value> {
        self.read_with_raw().map(|(value, _)| value)
    }

    /// The next reply and its bytes.
    ///
    /// # Errors
    /// As [`Self::read_reply`].
    pub fn read_with_raw(&mut self) -> io::Result<(Value, Vec<u8>)> {
        loop {
            let rest = &self.buf[self.at..];
            match Value::decode(rest) {
                Ok(Some((value, len))) => {
                    let raw = rest[..len].to_vec();
                    self.at += len;
                    if self.at == self.buf.len() {
                        self.buf.clear();
                        self.at = 0;
                    }
                    return Ok((value, raw));
                }
                Ok(None) => self.fill()?,
                Err(what) => return Err(io::Error::new(ErrorKind::InvalidData, what)),
            }
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut chunk = [0; 64 * 1024];
        let len = loop {
            match self.stream.read(&mut chunk) {
                // A read with a timeout ends so when the process was stopped and goes on (signal(7)).
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        if len == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.buf.extend_from_slice(&chunk[..len]);
        Ok(())
    }

    /// All bytes until the server closes the connection.
    ///
    /// # Errors
    /// Those of the system; a timeout if it does not close. A reset counts as a close.
    pub fn read_to_close(&mut self) -> io::Result<Vec<u8>> {
        loop {
            match self.fill() {
                Ok(()) => {}
                Err(error) if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset) => {
                    return Ok(self.buf.split_off(self.at));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// One command and its reply.
    ///
    /// # Errors
    /// As [`Self::read_reply`].
    pub fn try_call<A: AsRef<[u8]>>(&mut self, args: &[A]) -> io::Result<Value> {
        let mut out = Vec::new();
        encode(&mut out, args);
        self.send_raw(&out)?;
        self.read_reply()
    }

    /// One command and its reply; panics if none comes.
    pub fn call<A: AsRef<[u8]>>(&mut self, args: &[A]) -> Value {
        self.try_call(args).unwrap_or_else(|error| panic!("no reply to {}: {error}", shown(args)))
    }

    /// A command line, split at blanks, and its reply; panics if none comes.
    pub fn line(&mut self, line: &str) -> Value {
        self.call(&words(line))
    }

    /// Sends a command line whose reply comes later.
    pub fn send_line(&mut self, line: &str) {
        let mut out = Vec::new();
        encode(&mut out, &words(line));
        self.send_raw(&out).unwrap_or_else(|error| panic!("cannot send {line}: {error}"));
    }

    /// Commands in one write, then their replies.
    pub fn pipeline<A: AsRef<[u8]>>(&mut self, commands: &[Vec<A>]) -> Vec<Value> {
        let mut out = Vec::new();
        for command in commands {
            encode(&mut out, command);
        }
        self.send_raw(&out).unwrap_or_else(|error| panic!("cannot send: {error}"));
        let reply = |command: &Vec<A>| {
            self.read_reply().unwrap_or_else(|error| panic!("no reply to {}: {error}", shown(command)))
        };
        commands.iter().map(reply).collect()
    }
}

fn shown<A: AsRef<[u8]>>(args: &[A]) -> String {
    args.iter().map(|arg| String::from_utf8_lossy(arg.as_ref()).into_owned()).collect::<Vec<_>>().join(" ")
}

/// A command line, split at blanks.
pub fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

/// Appends a request.
pub fn encode<A: AsRef<[u8]>>(out: &mut Vec<u8>, args: &[A]) {
    out.extend_from_slice(format!("*{}\r\n", args.len()).as_bytes());
    for arg in args {
        let arg = arg.as_ref();
        out.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
        out.extend_from_slice(arg);
        out.extend_from_slice(b"\r\n");
    }
}
