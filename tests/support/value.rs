//! Replies of both protocols, decoded without loss: two values are equal exactly if their bytes are.
//!
//! redis-protocol's decoders are the second opinion ([`check_decodable`]). They cannot be the first: they know one RESP2
//! null only, and maps without order and repetition.

use redis_protocol::{resp2, resp3};

/// Nesting that is believed; a reply deeper than that is an error of the server.
const DEPTH_MAX: usize = 64;

/// A reply.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// `+`
    Simple(Vec<u8>),
    /// `-`, code and text
    Error(Vec<u8>),
    /// `:`
    Int(i64),
    /// `$`
    Bulk(Vec<u8>),
    /// `$-1`
    NullBulk,
    /// `*-1`
    NullArray,
    /// `_`
    Null,
    /// `*`
    Array(Vec<Value>),
    /// `~`
    Set(Vec<Value>),
    /// `>`
    Push(Vec<Value>),
    /// `%`
    Map(Vec<(Value, Value)>),
    /// `,` and its text
    Double(Vec<u8>),
    /// `#`
    Bool(bool),
    /// `(`
    Big(Vec<u8>),
    /// `=`, format included
    Verbatim(Vec<u8>),
}

impl Value {
    /// True for an error reply.
    pub fn is_error(&self) -> bool {
        matches!(self, Self::Error(_))
    }

    /// True for any of the nulls.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null | Self::NullBulk | Self::NullArray)
    }

    /// The integer, also of a bulk string that is one.
    pub fn int(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            Self::Bulk(text) | Self::Simple(text) => std::str::from_utf8(text).ok()?.parse().ok(),
            _ => None,
        }
    }

    /// The bytes of a string of any kind.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Simple(b) | Self::Error(b) | Self::Bulk(b) | Self::Double(b) | Self::Big(b) | Self::Verbatim(b) => {
                Some(b)
            }
            _ => None,
        }
    }

    /// The text of a string of any kind; what is not UTF-8 is replaced.
    pub fn text(&self) -> Option<String> {
        self.bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// The items of an array, a set or a push.
    pub fn items(&self) -> Option<&[Value]> {
        match self {
            Self::Array(items) | Self::Set(items) | Self::Push(items) => Some(items),
            _ => None,
        }
    }

    /// A map's pairs, also of an array of even length (RESP2).
    pub fn pairs(&self) -> Option<Vec<(Value, Value)>> {
        match self {
            Self::Map(pairs) => Some(pairs.clone()),
            Self::Array(items) if items.len().is_multiple_of(2) => {
                Some(items.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect())
            }
            _ => None,
        }
    }

    fn is_beyond_the_second_opinion(&self) -> bool {
        let aggregate = |value: &Value| matches!(value, Self::Array(_) | Self::Set(_) | Self::Map(_));
        let null = |value: &Value| matches!(value, Self::NullBulk | Self::NullArray);
        let third = |value: &Value| matches!(value, Self::Map(_) | Self::Null | Self::Set(_) | Self::Double(_));
        // HELLO inside a transaction: the first half of EXEC's reply is RESP2.
        if self.any(&null) && self.any(&third) {
            return true;
        }
        self.any(&|value| match value {
            Self::Error(text) => std::str::from_utf8(text).is_err(),
            Self::Set(items) => items.iter().any(aggregate),
            _ => false,
        })
    }

    /// True if the value or one inside it is such.
    pub fn any(&self, such: &dyn Fn(&Value) -> bool) -> bool {
        such(self)
            || match self {
                Self::Array(items) | Self::Push(items) | Self::Set(items) => items.iter().any(|item| item.any(such)),
                Self::Map(pairs) => pairs.iter().any(|(key, value)| key.any(such) || value.any(such)),
                _ => false,
            }
    }

    /// Decodes the reply at the front of `buf`; gives its length too. None: more bytes are needed.
    ///
    /// # Errors
    /// What is no reply, or not in the one form in which a server writes it.
    pub fn decode(buf: &[u8]) -> Result<Option<(Self, usize)>, String> {
        let mut reader = Reader { buf, at: 0 };
        Ok(reader.value(0)?.map(|value| (value, reader.at)))
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = |bytes: &[u8]| {
            let shown: String =
                bytes.iter().take(400).flat_map(|b| std::ascii::escape_default(*b)).map(char::from).collect();
            if bytes.len() > 400 { format!("{shown}… ({} bytes)", bytes.len()) } else { shown }
        };
        match self {
            Self::Simple(b) => write!(f, "+{}", text(b)),
            Self::Error(b) => write!(f, "-{}", text(b)),
            Self::Int(value) => write!(f, ":{value}"),
            Self::Bulk(b) => write!(f, "\"{}\"", text(b)),
            Self::NullBulk => f.write_str("$-1"),
            Self::NullArray => f.write_str("*-1"),
            Self::Null => f.write_str("_"),
            Self::Array(items) => f.debug_list().entries(items).finish(),
            Self::Set(items) => f.write_str("~").and_then(|()| f.debug_set().entries(items).finish()),
            Self::Push(items) => f.write_str(">").and_then(|()| f.debug_list().entries(items).finish()),
            Self::Map(pairs) => {
                f.write_str("%").and_then(|()| f.debug_map().entries(pairs.iter().map(|(k, v)| (k, v))).finish())
            }
            Self::Double(b) => write!(f, ",{}", text(b)),
            Self::Bool(value) => write!(f, "#{value}"),
            Self::Big(b) => write!(f, "({}", text(b)),
            Self::Verbatim(b) => write!(f, "={}", text(b)),
        }
    }
}

struct Reader<'a> {
    buf: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn line(&mut self) -> Result<Option<&'a [u8]>, String> {
        let rest = &self.buf[self.at..];
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else { return Ok(None) };
        let line = rest[..end].strip_suffix(b"\r").ok_or("a line feed without its carriage return")?;
        self.at += end + 1;
        Ok(Some(line))
    }

    fn value(&mut self, depth: usize) -> Result<Option<Value>, String> {
        if depth > DEPTH_MAX {
            return Err("nested too deeply".into());
        }
        let Some(line) = self.line()? else { return Ok(None) };
        let (kind, rest) = line.split_first().ok_or("an empty line where a reply should begin")?;
        let text = || -> Result<Vec<u8>, String> {
            if rest.contains(&b'\r') { Err("a carriage return in a line".into()) } else { Ok(rest.to_vec()) }
        };
        Ok(Some(match (kind, rest) {
            (b'+', _) => Value::Simple(text()?),
            (b'-', _) => Value::Error(text()?),
            (b':', _) => Value::Int(integer(rest)?),
            (b',', _) => Value::Double(text()?),
            (b'(', _) => Value::Big(text()?),
            (b'#', b"t") => Value::Bool(true),
            (b'#', b"f") => Value::Bool(false),
            (b'_', b"") => Value::Null,
            (b'$', b"-1") => Value::NullBulk,
            (b'*', b"-1") => Value::NullArray,
            (b'$' | b'=', _) => {
                let Some(body) = self.body(length(rest)?)? else { return Ok(None) };
                if *kind == b'$' { Value::Bulk(body) } else { Value::Verbatim(body) }
            }
            (b'*' | b'~' | b'>' | b'%', _) => {
                let count = length(rest)? * if *kind == b'%' { 2 } else { 1 };
                let mut items = Vec::new();
                for _ in 0..count {
                    let Some(item) = self.value(depth + 1)? else { return Ok(None) };
                    items.push(item);
                }
                match kind {
                    b'*' => Value::Array(items),
                    b'~' => Value::Set(items),
                    b'>' => Value::Push(items),
                    _ => {
                        let mut items = items.into_iter();
                        Value::Map(std::iter::from_fn(|| Some((items.next()?, items.next()?))).collect())
                    }
                }
            }
            _ => return Err(format!("no reply begins with {:?}", String::from_utf8_lossy(line))),
        }))
    }

    fn body(&mut self, len: usize) -> Result<Option<Vec<u8>>, String> {
        let rest = &self.buf[self.at..];
        if rest.len() < len + 2 {
            return Ok(None);
        }
        if &rest[len..len + 2] != b"\r\n" {
            return Err("a string longer than its length".into());
        }
        self.at += len + 2;
        Ok(Some(rest[..len].to_vec()))
    }
}

fn integer(text: &[u8]) -> Result<i64, String> {
    let text = String::from_utf8_lossy(text);
    // Only the canonical form, so that equal values are equal bytes.
    text.parse::<i64>().ok().filter(|value| value.to_string() == text).ok_or_else(|| format!("no integer: {text:?}"))
}

fn length(text: &[u8]) -> Result<usize, String> {
    integer(text)?.try_into().map_err(|_| format!("no length: {:?}", String::from_utf8_lossy(text)))
}

/// An independent decoder has to see exactly one reply in `raw`. Sets of arrays or maps (COMMAND INFO),
/// errors that are not UTF-8 and replies in both protocols at once (HELLO in a transaction) are beyond it.
///
/// # Errors
/// What that decoder says.
pub fn check_decodable(value: &Value, raw: &[u8]) -> Result<(), String> {
    if value.is_beyond_the_second_opinion() {
        return Ok(());
    }
    let three = resp3::decode::complete::decode(raw).map(|frame| frame.map(|(_, len)| len));
    if matches!(three, Ok(Some(len)) if len == raw.len()) {
        return Ok(());
    }
    // RESP2's nulls are none of RESP3.
    let two = resp2::decode::decode(raw).map(|frame| frame.map(|(_, len)| len));
    match two {
        Ok(Some(len)) if len == raw.len() => Ok(()),
        other => Err(format!("redis-protocol decodes {other:?} (RESP2), {three:?} (RESP3)")),
    }
}

#[test]
fn values_are_equal_exactly_if_their_bytes_are() {
    for raw in [
        &b"+OK\r\n"[..],
        b"-ERR x y\r\n",
        b":-9223372036854775808\r\n",
        b"$0\r\n\r\n",
        b"$3\r\n\r\n\x00\r\n",
        b"$-1\r\n",
        b"*-1\r\n",
        b"_\r\n",
        b"*2\r\n*0\r\n$1\r\na\r\n",
        b"%1\r\n$1\r\na\r\n:1\r\n",
        b"~1\r\n#t\r\n",
        b">1\r\n,1.5\r\n",
        b"(123\r\n",
        b"=7\r\ntxt:abc\r\n",
    ] {
        let (value, len) = Value::decode(raw).unwrap().unwrap();
        assert_eq!(len, raw.len(), "{value:?}");
        check_decodable(&value, raw).unwrap();
        for cut in 0..raw.len() {
            assert_eq!(Value::decode(&raw[..cut]), Ok(None), "{value:?} cut at {cut}");
        }
    }
    for raw in
        [&b":+1\r\n"[..], b":01\r\n", b"$-2\r\n", b"$1\r\nab\r\n", b"+a\n", b"!\r\n", b"\r\n", b"#x\r\n", b"_x\r\n"]
    {
        assert!(Value::decode(raw).is_err(), "{raw:?}");
    }
}
