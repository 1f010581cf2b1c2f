//! What a command answers, before it is written in one of the protocol's versions.

use std::borrow::Cow;

use bytes::Bytes;

use crate::error::ReplyError;

/// The version of the protocol that a connection speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, PartialOrd, Ord)]
pub enum Resp {
    /// RESP2, until HELLO says otherwise.
    #[default]
    V2 = 2,
    /// RESP3.
    V3 = 3,
}

/// A reply. RESP2 shows maps and sets as arrays, doubles and big numbers as bulk strings, booleans as
/// integers and every null as one of its two.
#[derive(Clone, PartialEq, Debug)]
pub enum Reply {
    /// `+OK`
    Ok,
    /// A simple string: any bytes, since scripts make them too.
    Simple(Cow<'static, [u8]>),
    /// An error reply.
    Error(ReplyError),
    /// An integer.
    Int(i64),
    /// A bulk string.
    Bulk(Bytes),
    /// The null bulk string (`$-1`, in RESP3 `_`).
    Nil,
    /// The null array (`*-1`, in RESP3 `_`).
    NilArray,
    /// An array.
    Array(Vec<Reply>),
    /// A map, in RESP2 a flat array of twice the length.
    Map(Vec<(Reply, Reply)>),
    /// An array of pairs, each an array of two; in RESP2 a flat array of twice the length.
    Pairs(Vec<(Reply, Reply)>),
    /// A map, in RESP2 an array of pairs, each an array of two.
    Keyed(Vec<(Reply, Reply)>),
    /// A set, in RESP2 an array.
    Set(Vec<Reply>),
    /// A double, in RESP2 a bulk string.
    Double(f64),
    /// A double with its decimals written out, 17 at most, in RESP2 a bulk string (GEOPOS).
    Decimal(f64),
    /// A double as its text, for numbers of more digits than one of 64 bits has; in RESP2 a bulk string.
    DoubleText(Bytes),
    /// A boolean, in RESP2 1 or 0.
    Bool(bool),
    /// A text with its format (three letters), in RESP2 a bulk string.
    Verbatim([u8; 3], Bytes),
    /// A big number, in RESP2 a bulk string.
    BigNumber(Bytes),
    /// An out-of-band message; an array in RESP2.
    Push(Vec<Reply>),
    /// Bytes as they are sent, in a version of the protocol that was chosen before. Only of the connection: never logged.
    Encoded(Bytes),
    /// Nothing at all is sent (CLIENT REPLY OFF and SKIP).
    Silent,
}

/// What a command returns.
pub type Outcome = Result<Reply, ReplyError>;

impl Reply {
    /// A bulk string with a copy of `bytes`.
    pub fn bulk(bytes: impl AsRef<[u8]>) -> Self {
        Self::Bulk(Bytes::copy_from_slice(bytes.as_ref()))
    }

    /// A simple string known at build time.
    pub const fn simple(text: &'static str) -> Self {
        Self::Simple(Cow::Borrowed(text.as_bytes()))
    }

    /// A bulk string, or the null one.
    pub fn bulk_or_nil<B: AsRef<[u8]>>(bytes: Option<B>) -> Self {
        bytes.map_or(Self::Nil, Self::bulk)
    }

    /// A map of named values.
    pub fn map<const N: usize>(fields: [(&'static str, Self); N]) -> Self {
        Self::Map(fields.into_iter().map(|(name, value)| (Self::bulk(name), value)).collect())
    }

    /// An array of bulk strings.
    pub fn bulks<B: AsRef<[u8]>>(items: impl IntoIterator<Item = B>) -> Self {
        Self::Array(items.into_iter().map(Self::bulk).collect())
    }

    /// True if it has more than so many parts, parts of parts included; looks at no more of them.
    pub fn is_longer_than(&self, mut parts: usize) -> bool {
        fn runs_out(reply: &Reply, left: &mut usize) -> bool {
            if *left == 0 {
                return true;
            }
            *left -= 1;
            match reply {
                Reply::Array(items) | Reply::Set(items) | Reply::Push(items) => {
                    items.iter().any(|item| runs_out(item, left))
                }
                Reply::Map(pairs) | Reply::Pairs(pairs) | Reply::Keyed(pairs) => {
                    pairs.iter().any(|(key, value)| runs_out(key, left) || runs_out(value, left))
                }
                _ => false,
            }
        }
        runs_out(self, &mut parts)
    }

    /// True for an error reply.
    pub fn is_error(&self) -> bool {
        matches!(self, Self::Error(_))
    }
}

impl From<Result<Reply, ReplyError>> for Reply {
    fn from(result: Result<Reply, ReplyError>) -> Self {
        result.unwrap_or_else(Reply::Error)
    }
}

impl From<ReplyError> for Reply {
    fn from(error: ReplyError) -> Self {
        Self::Error(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reply_size_counts_all_its_parts() {
        let pairs = vec![(Reply::Int(1), Reply::Array(vec![Reply::Ok, Reply::Nil])); 2];
        let reply = Reply::Array(vec![Reply::Ok, Reply::Map(pairs.clone()), Reply::Pairs(pairs), Reply::Set(vec![])]);
        let parts = 1 + 1 + (1 + 8) * 2 + 1;
        assert!(reply.is_longer_than(parts - 1));
        assert!(!reply.is_longer_than(parts));
    }
}
