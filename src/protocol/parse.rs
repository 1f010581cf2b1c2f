//! Requests: multibulk frames and inline commands, with Redis's limits and error texts.
//!
//! Not with redis-protocol's decoder, which is the oracle of the tests instead:
//! - It calls itself for each array within another. 10,000 of them, 40 kB from anybody who can connect, overflow a stack of 2 MB; to
//!   bound that, a request has to be read before the decoder reads it.
//! - To it an unfinished frame is unfinished, whatever count or length it announces. Redis refuses those that are too large, or too
//!   large before AUTH, when they are announced. It also takes `$04` and `*+1`, to which Redis closes the connection, and refuses `*-5`,
//!   which to Redis is an empty request.
//! - It starts from the frame's first byte at each read: a request of 40,000 arguments in reads of 16 KiB takes 460 ns for each, here 10.
//! - With `decode_range` behind [`Parser::next`] the server's CPU time for a command of a pipeline rose by 4 % (GET, 812 ns) and 6 %
//!   (SET, 1190 ns), its throughput fell by 2 % and 4 %; 3 % were to be borne. Medians of 25 interleaved rounds of redis-benchmark, 50
//!   connections, pipelines of 16; two runs of one server differed by 1 %.
//!
//! ns per frame in a pipeline of 16, medians of 101 interleaved rounds on a shared machine of two virtual CPUs (`benches/resp.rs`):
//!
//! | | here | `decode_range`, then [`Args`] | `decode_bytes_mut` |
//! | --- | --- | --- | --- |
//! | SET of 64 bytes | 58 | 99 | 180 |
//! | GET | 53 | 82 | 147 |
//!
//! Invariants: the parser never looks at a byte twice, except an unfinished line; what it has reserved for
//! arguments never exceeds the bytes received; a request is bounded by [`REQUEST_LEN_MAX`], whatever it is made of (so its offsets
//! fit 32 bits); after an error the connection is closed by the caller.

use bytes::{Bytes, BytesMut};

use super::{Args, parse_i64};
use crate::error::ReplyError;

/// Longest request: more is not even read, as beyond Redis's client-query-buffer-limit. (What is too large for the log but not for
/// this is refused by the gate, and the connection lives on.)
pub const REQUEST_LEN_MAX: usize = 256 * 1024 * 1024;
/// Longest inline command, and longest line of a frame header, as in Redis (64 KiB).
pub const INLINE_LEN_MAX: usize = 64 * 1024;
/// Most arguments of one command, as in Redis (INT_MAX). Nothing is taken for them before they arrive.
pub const ARGS_MAX: i64 = i32::MAX as i64;
/// Most arguments and longest argument before AUTH, as in Redis.
pub const UNAUTHENTICATED_ARGS_MAX: i64 = 10;
/// See [`UNAUTHENTICATED_ARGS_MAX`].
pub const UNAUTHENTICATED_BULK_MAX: i64 = 16384;

/// What the next bytes are.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum Expect {
    #[default]
    Frame,
    /// The `$` line of the next argument.
    Bulk,
    /// The bytes of an argument of this length and its line end.
    Body(usize),
}

/// One connection's request parser; keeps its place in an unfinished frame.
#[derive(Debug, Default)]
pub struct Parser {
    expect: Expect,
    /// First byte not yet consumed, from the start of the unfinished frame.
    at: usize,
    /// Where the search for a line end goes on.
    searched: usize,
    remaining: i64,
    ranges: Vec<(u32, u32)>,
}

/// What one connection may send.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// `proto-max-bulk-len`, bytes.
    pub bulk_len_max: usize,
    /// False until AUTH where a password is set.
    pub authenticated: bool,
}

/// A parsed request.
#[derive(Debug, PartialEq)]
pub enum Parsed {
    /// A command.
    Command(Args),
    /// An empty inline line or an empty array: nothing is answered.
    Empty,
    /// More bytes are needed.
    Incomplete,
}

impl Parser {
    /// Takes the next request from the front of `buf`.
    ///
    /// # Errors
    /// Redis's `ERR Protocol error: …`; the connection has to be closed after it is sent.
    pub fn next(&mut self, buf: &mut BytesMut, limits: Limits) -> Result<Parsed, ReplyError> {
        loop {
            match self.expect {
                Expect::Frame => {
                    let Some(&first) = buf.first() else { return Ok(Parsed::Incomplete) };
                    if first != b'*' {
                        return self.inline(buf);
                    }
                    let Some((start, end)) = self.line(buf, "too big mbulk count string")? else {
                        return Ok(Parsed::Incomplete);
                    };
                    let count = buf.get(start + 1..end).and_then(parse_i64);
                    match count {
                        Some(count) if count > ARGS_MAX => return Err(protocol("invalid multibulk length")),
                        None => return Err(protocol("invalid multibulk length")),
                        Some(count) if count > UNAUTHENTICATED_ARGS_MAX && !limits.authenticated => {
                            return Err(protocol("unauthenticated multibulk length"));
                        }
                        Some(count) if count <= 0 => {
                            self.finish(buf);
                            return Ok(Parsed::Empty);
                        }
                        Some(count) => self.remaining = count,
                    }
                    self.expect = Expect::Bulk;
                }
                Expect::Bulk => {
                    let Some((start, end)) = self.line(buf, "too big bulk count string")? else {
                        return Ok(Parsed::Incomplete);
                    };
                    let first = buf.get(start).copied().unwrap_or_default();
                    if first != b'$' {
                        let text = [b"ERR Protocol error: expected '$', got '", &[first][..], b"'"].concat();
                        return Err(ReplyError::text(text));
                    }
                    let len = match buf.get(start + 1..end).and_then(parse_i64) {
                        Some(len) if (0..=limits.bulk_len_max as i64).contains(&len) => len,
                        _ => return Err(protocol("invalid bulk length")),
                    };
                    if len > UNAUTHENTICATED_BULK_MAX && !limits.authenticated {
                        return Err(protocol("unauthenticated bulk length"));
                    }
                    let len = len as usize;
                    if self.at + len + 2 > REQUEST_LEN_MAX {
                        return Err(protocol("too big request"));
                    }
                    // One reservation for a large argument, instead of many doublings.
                    let missing = (self.at + len + 2).saturating_sub(buf.len());
                    if len > INLINE_LEN_MAX && missing > 0 {
                        buf.reserve(missing.min(1024 * 1024));
                    }
                    self.expect = Expect::Body(len);
                }
                Expect::Body(len) => {
                    let end = self.at + len;
                    if buf.len() < end + 2 {
                        return Ok(Parsed::Incomplete);
                    }
                    self.ranges.push((self.at as u32, end as u32));
                    self.at = end + 2;
                    self.searched = self.at;
                    self.remaining -= 1;
                    self.expect = Expect::Bulk;
                    if self.remaining == 0 {
                        let ranges = std::mem::take(&mut self.ranges);
                        let frame = self.finish(buf);
                        return Ok(Parsed::Command(Args::new(frame, ranges)));
                    }
                }
            }
        }
    }

    /// True while a frame has begun and not ended.
    pub fn in_frame(&self) -> bool {
        self.expect != Expect::Frame
    }

    fn finish(&mut self, buf: &mut BytesMut) -> Bytes {
        let frame = buf.split_to(self.at.min(buf.len())).freeze();
        *self = Self::default();
        frame
    }

    /// The bounds of the next line without its end, consumed.
    fn line(&mut self, buf: &BytesMut, too_long: &str) -> Result<Option<(usize, usize)>, ReplyError> {
        let from = self.searched.max(self.at);
        let Some(found) = buf.get(from..).and_then(|rest| memchr::memchr(b'\r', rest)) else {
            self.searched = buf.len();
            if buf.len() - self.at > INLINE_LEN_MAX {
                return Err(protocol(too_long));
            }
            return Ok(None);
        };
        let end = from + found;
        // As Redis, which skips two bytes whatever the second one is.
        if buf.len() < end + 2 {
            self.searched = end;
            return Ok(None);
        }
        let start = self.at;
        self.at = end + 2;
        self.searched = self.at;
        Ok(Some((start, end)))
    }

    fn inline(&mut self, buf: &mut BytesMut) -> Result<Parsed, ReplyError> {
        let Some(found) = memchr::memchr(b'\n', buf.get(self.searched..).unwrap_or_default()) else {
            self.searched = buf.len();
            if buf.len() > INLINE_LEN_MAX {
                return Err(protocol("too big inline request"));
            }
            return Ok(Parsed::Incomplete);
        };
        let newline = self.searched + found;
        let mut line = buf.get(..newline).unwrap_or_default();
        if let [rest @ .., b'\r'] = line {
            line = rest;
        }
        let words = split_inline(line).ok_or_else(|| protocol("unbalanced quotes in request"))?;
        self.at = newline + 1;
        self.finish(buf);
        Ok(if words.is_empty() { Parsed::Empty } else { Parsed::Command(Args::from_slices(words)) })
    }
}

fn protocol(what: &str) -> ReplyError {
    ReplyError::text(format!("ERR Protocol error: {what}"))
}

/// Splits a line into words as Redis's `sdssplitargs` does: blanks part them, `"…"` knows `\n \r \t \b \a \xHH`,
/// `'…'` knows `\'`; a closing quote must be followed by a blank. None: unbalanced quotes.
pub fn split_inline(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        while let [b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c, tail @ ..] = rest {
            rest = tail;
        }
        // As in Redis, whose lines are C strings: a zero byte ends the line.
        if let [] | [0, ..] = rest {
            return Some(words);
        }
        let (word, tail) = inline_word(rest)?;
        words.push(word);
        rest = tail;
    }
}

fn inline_word(mut rest: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut word = Vec::new();
    let mut quote = None;
    loop {
        rest = match (quote, rest) {
            (None, [] | [b' ' | b'\n' | b'\r' | b'\t' | 0, ..]) => return Some((word, rest)),
            (None, [b'"', tail @ ..]) => {
                quote = Some(b'"');
                tail
            }
            (None, [b'\'', tail @ ..]) => {
                quote = Some(b'\'');
                tail
            }
            (Some(_), [] | [0, ..]) => return None,
            (Some(b'"'), [b'\\', b'x', high, low, tail @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                word.push(hex(*high) * 16 + hex(*low));
                tail
            }
            (Some(b'"'), [b'\\', escaped, tail @ ..]) => {
                word.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 0x08,
                    b'a' => 0x07,
                    other => *other,
                });
                tail
            }
            (Some(b'\''), [b'\\', b'\'', tail @ ..]) => {
                word.push(b'\'');
                tail
            }
            (Some(q), [byte, tail @ ..]) if *byte == q => {
                // A closing quote ends the word; only a blank may follow it.
                return match tail {
                    [] | [b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c | 0, ..] => Some((word, tail)),
                    _ => None,
                };
            }
            (_, [byte, tail @ ..]) => {
                word.push(*byte);
                tail
            }
        };
    }
}

fn hex(digit: u8) -> u8 {
    char::from(digit).to_digit(16).unwrap_or_default() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { bulk_len_max: 1024, authenticated: true };

    fn all(input: &[u8], chunk: usize) -> Result<Vec<Vec<Vec<u8>>>, ReplyError> {
        let (mut parser, mut buf, mut out) = (Parser::default(), BytesMut::new(), Vec::new());
        for piece in input.chunks(chunk) {
            buf.extend_from_slice(piece);
            loop {
                match parser.next(&mut buf, LIMITS)? {
                    Parsed::Command(args) => out.push(args.iter().map(<[u8]>::to_vec).collect()),
                    Parsed::Empty => {}
                    Parsed::Incomplete => break,
                }
            }
        }
        Ok(out)
    }

    #[test]
    fn frames_and_inline_commands_in_any_pieces() {
        let input = b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\nPING\r\n\r\n*0\r\n*1\r\n$0\r\n\r\nset 'a b' \"\\x41\\n\"\n";
        for chunk in 1..input.len() {
            let got = all(input, chunk).unwrap();
            let want: Vec<Vec<&[u8]>> =
                vec![vec![b"GET", b"k"], vec![b"PING"], vec![b""], vec![b"set", b"a b", b"A\n"]];
            assert_eq!(got, want, "chunk {chunk}");
        }
    }

    /// What stands before the last argument counts too.
    #[test]
    fn a_request_is_bounded_as_a_whole() {
        let limits = Limits { bulk_len_max: usize::MAX / 2, authenticated: true };
        let begin = |len: usize| {
            let mut buf = BytesMut::from(format!("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n${len}\r\n").as_bytes());
            let before = buf.len();
            (Parser::default().next(&mut buf, limits), before)
        };
        let largest = REQUEST_LEN_MAX - begin(REQUEST_LEN_MAX).1 - 2;
        assert_eq!(begin(largest).0, Ok(Parsed::Incomplete));
        let refused = begin(largest + 1).0.unwrap_err();
        assert_eq!(refused.to_string(), "ERR Protocol error: too big request");
    }

    /// A zero byte once ended a word but not the line, for ever.
    #[test]
    fn a_zero_byte_ends_an_inline_command() {
        let words = |line: &[u8]| split_inline(line).map(|words| words.concat());
        assert_eq!(words(b"get a\0b"), Some(b"geta".to_vec()));
        assert_eq!(words(b"\0get"), Some(Vec::new()));
        assert_eq!(words(b"get 'a'\0"), Some(b"geta".to_vec()));
        assert_eq!(words(b"get 'a\0'"), None);
    }

    #[test]
    fn protocol_errors_have_the_texts_of_redis() {
        for (input, text) in [
            (&b"*x\r\n"[..], "ERR Protocol error: invalid multibulk length"),
            (b"*2147483648\r\n", "ERR Protocol error: invalid multibulk length"),
            (b"*1\r\n:1\r\n", "ERR Protocol error: expected '$', got ':'"),
            (b"*1\r\n$-1\r\n", "ERR Protocol error: invalid bulk length"),
            (b"*1\r\n$1025\r\n", "ERR Protocol error: invalid bulk length"),
            (b"get 'a\r\n", "ERR Protocol error: unbalanced quotes in request"),
            (b"get \"a\"b\r\n", "ERR Protocol error: unbalanced quotes in request"),
        ] {
            assert_eq!(all(input, 7).unwrap_err().to_string(), text);
        }
        let long = vec![b'a'; INLINE_LEN_MAX + 1];
        assert_eq!(all(&long, 4096).unwrap_err().to_string(), "ERR Protocol error: too big inline request");
    }
}
