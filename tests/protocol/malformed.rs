//! Input that is no request, or hardly one: the same answers and the same end of the connection as Redis.

use crate::support::process::Server;
use crate::{Both, exchange};

/// Each is followed by a PING, which tells whether the connection lives on. None has a zero byte in a line: Redis looks for
/// the end with `strchr`, does not see it behind one, and waits until 64 KiB have come; see the test at the end.
const INPUTS: &[&[u8]] = &[
    b"*x\r\n",
    b"*\r\n",
    b"* 1\r\n",
    b"*+1\r\n",
    b"*01\r\n$4\r\nPING\r\n",
    b"*1.0\r\n",
    b"*0\r\n",
    b"*-1\r\n",
    b"*-5\r\n",
    b"*2147483647\r\n",
    b"*2147483648\r\n",
    b"*9223372036854775808\r\n",
    b"*1\r\n:1\r\n",
    b"*1\r\n+PING\r\n",
    b"*1\r\n*1\r\n$4\r\nPING\r\n",
    b"*1\r\n\"a\"\r\n",
    b"*1\r\n\r\n",
    b"*1\r\n\xff\r\n",
    b"*1\r\n$\r\n",
    b"*1\r\n$-1\r\n",
    b"*1\r\n$-0\r\n",
    b"*1\r\n$x\r\n",
    b"*1\r\n$ 4\r\nPING\r\n",
    b"*1\r\n$04\r\nPING\r\n",
    b"*1\r\n$67108865\r\n",
    b"*1\r\n$9223372036854775808\r\n",
    b"*1\r\n$4\r\nPINGxx",
    b"*1\r\n$0\r\n\r\n",
    b"*2\r\n$3\r\nGET\r\n$0\r\n\r\n",
    b"\r\n",
    b"\n\n\n",
    b"   \t  \r\n",
    b"PING\n",
    b"ping\r\n",
    b"  PING  \t \r\n",
    b"ECHO \"a b\"\r\n",
    b"ECHO 'a b'\r\n",
    b"ECHO 'it\\'s'\r\n",
    b"ECHO \"\\x41\\n\\r\\t\\b\\a\\\\\\\"\\q\\xzz\"\r\n",
    b"ECHO \"\"\r\n",
    b"ECHO ''\r\n",
    b"ECHO a\"b c\"\r\n",
    b"ECHO a'b'c\r\n",
    b"ECHO \"a\"b\r\n",
    b"ECHO 'a'b\r\n",
    b"ECHO \"a\r\n",
    b"ECHO 'a\r\n",
    b"ECHO \"\r\n",
    b"ECHO a\x0bb\r\n",
    b"ECHO a\rb\r\n",
    b"\xff\xfe\x01garbage\r\n",
    b"\xe2\x82\xac 1\r\n",
    b"$4\r\nPING\r\n",
    b"+PING\r\n",
    b"GET / HTTP/1.1\r\n",
    b"nosuch a b c\r\n",
    b"PING\r\nPING\r\n*x\r\nPING\r\n",
    b"*1\r\n$4\r\nPING\r\nPING\r\n*1\r\n$4\r\nPING\r\n",
];

#[test]
fn malformed_request_is_answered_as_by_redis() {
    let both = Both::start();
    for input in INPUTS {
        let mut input = input.to_vec();
        input.extend_from_slice(b"*1\r\n$4\r\nPING\r\n");
        both.compare(&input, usize::MAX);
    }
}

/// However the bytes arrive.
#[test]
fn malformed_request_in_pieces_is_answered_alike() {
    let both = Both::start();
    let input = b"*2\r\n$4\r\nECHO\r\n$6\r\na\r\nb\r\n\r\nPING\r\nECHO \"x y\"\n*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$5\r\n\r\nabc\r\n*1\r\n:\r\n";
    for piece in [1, 2, 3, 5, 7, 11, 64] {
        both.compare(input, piece);
    }
}

/// Redis takes a line of 64 KiB and no more, whether or not its end follows.
#[test]
fn line_that_is_too_long_is_refused() {
    let both = Both::start();
    for len in [65_000, 65_537, 70_000] {
        for (start, end) in [("", ""), ("*", ""), ("*1\r\n$", ""), ("*1\r\n$4\r\nPING\r\n*", "")] {
            let mut input = start.as_bytes().to_vec();
            input.resize(start.len() + len, b'1');
            input.extend_from_slice(end.as_bytes());
            both.compare(&input, usize::MAX);
        }
    }
}

/// A web page that makes a browser talk to the server: cut off without an answer.
#[test]
fn http_request_is_cut_off_as_by_redis() {
    let both = Both::start();
    for input in [&b"POST / HTTP/1.1\r\nHost: x\r\n\r\nSET a b\r\n"[..], b"Host: localhost\r\nSET a b\r\nPING\r\n"] {
        both.compare(input, usize::MAX);
    }
}

/// A zero byte in a line is no reason to hang or to grow (a loop without end, once): the line ends there.
#[test]
fn zero_bytes_in_lines_are_harmless() {
    let server = Server::lockstep(&[]);
    for input in [&b"ECHO a\x00b\r\n"[..], b"\x00\r\n", b"ECHO 'a'\x00\r\n", b"ECHO \"a\x00\"\r\n", b"*1\r\n\x00\r\n"] {
        let answer = exchange(server.addr(), &[input, b"PING\r\n"].concat(), usize::MAX);
        let shown = answer.escape_ascii().to_string();
        let alive = answer.ends_with(b"+PONG\r\n");
        assert!(alive || answer.starts_with(b"-ERR Protocol error: "), "{}: {shown}", input.escape_ascii());
    }
}
