//! What names a node's address, `host:port`: read and written in this one place, whether a flag, an operator or another node says it.
//!
//! Invariant: an address has a form that can be connected to, and no byte that means something where addresses are kept (blanks and
//! `=` in the file `identity`).

use std::fmt;
use std::net::{Ipv6Addr, SocketAddrV6};

/// Longest text of one, and of a host.
const LEN_MAX: usize = 300;

/// Where a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    host: String,
    port: u16,
}

impl Address {
    /// Reads `host:port`: a name, an IPv4 address or an IPv6 address in brackets, and a port from 1 to 65535.
    pub fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':').filter(|_| text.len() <= LEN_MAX)?;
        let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
        let port: u16 = port.parse().ok().filter(|port| is_number && *port > 0)?;
        let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            // With the number of its scope, if it has one.
            Some(host) => text.parse::<SocketAddrV6>().ok().map(|_| host)?,
            None => Some(host).filter(|host| is_name(host))?,
        };
        Some(Self { host: host.into(), port })
    }

    /// At a host, which may be an IPv6 address with or without brackets; None if it is no host.
    pub fn at(host: &str, port: u16) -> Option<Self> {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        if bare.is_some() || host.parse::<Ipv6Addr>().is_ok() {
            return Self::parse(&format!("[{}]:{port}", bare.unwrap_or(host)));
        }
        Self::parse(&format!("{host}:{port}"))
    }

    /// The host, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

/// True for what may be the name of a host, or an IPv4 address.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        for (text, host, port) in [
            ("127.0.0.1:7101", "127.0.0.1", 7101),
            ("n-1.example_net:1", "n-1.example_net", 1),
            ("[::1]:65535", "::1", 65535),
            ("[fe80::1%3]:6379", "fe80::1%3", 6379),
        ] {
            let address = Address::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((address.host(), address.port(), address.to_string().as_str()), (host, port, text));
        }
    }

    #[test]
    fn address_that_cannot_be_connected_to_is_refused() {
        let long = format!("{}:1", "n".repeat(LEN_MAX));
        for text in [
            "",
            ":",
            "n1",
            "n1:",
            ":6379",
            "n1:0",
            "n1:65536",
            "n1:-1",
            "n1:+1",
            "n1:port",
            "n1:1 ",
            " n1:1",
            "n 1:1",
            "n1=2:1",
            "n1\n:1",
            "::1:6379",
            "[::1]",
            "[::1]:0",
            "[]:1",
            "[n1]:1",
            "[127.0.0.1]:1",
            "[::1:1",
            "::1]:1",
            "n1:1:1",
            "é:1",
            &long,
        ] {
            assert_eq!(Address::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_host_is_put_in_brackets_where_it_needs_them() {
        let at = |host: &str| Address::at(host, 7101).map(|address| address.to_string());
        for (host, text) in [
            ("10.0.0.1", Some("10.0.0.1:7101")),
            ("n1", Some("n1:7101")),
            ("2001:db8::1", Some("[2001:db8::1]:7101")),
            ("[2001:db8::1]", Some("[2001:db8::1]:7101")),
            ("n1:7101", None),
            ("fe80::1%eth0", None),
            ("[n1]", None),
            ("", None),
        ] {
            assert_eq!(at(host).as_deref(), text, "{host}");
        }
    }
}
