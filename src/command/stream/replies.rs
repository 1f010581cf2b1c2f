//! Forms of replies that the commands share.

use crate::command::strings::bulks;
use crate::error::{ReplyError, c_string};
use crate::protocol::Reply;
use crate::store::steps::{Step, step};
use crate::store::{StreamEntry, StreamId};

/// An id.
pub(super) fn id(id: StreamId) -> Reply {
    Reply::bulk(id.to_string())
}

/// An entry: its id, and fields with values.
pub(super) fn entry(entry: StreamEntry<'_>) -> Reply {
    step(Step::Entry);
    let fields = bulks(entry.fields.flat_map(|(name, value)| [name, value]));
    Reply::Array(vec![id(entry.id), Reply::Array(fields.collect())])
}

/// A map of named values.
pub(super) fn map<const N: usize>(fields: [(&'static str, Reply); N]) -> Reply {
    Reply::Map(fields.into_iter().map(|(name, value)| (Reply::bulk(name), value)).collect())
}

/// A number that Redis may not know.
pub(super) fn int_or_nil(number: Option<i64>) -> Reply {
    number.map_or(Reply::Nil, Reply::Int)
}

/// There is no key, or it has no such group.
pub(super) fn no_key_or_group(key: &[u8], group: &[u8], behind: &str) -> ReplyError {
    let parts = [b"NOGROUP No such key '", c_string(key), b"' or consumer group '", c_string(group), b"'"];
    ReplyError::text([&parts.concat(), behind.as_bytes()].concat())
}

/// The key has no such group.
pub(super) fn no_group(key: &[u8], group: &[u8]) -> ReplyError {
    let parts = [b"NOGROUP No such consumer group '", c_string(group), b"' for key name '", c_string(key), b"'"];
    ReplyError::text(parts.concat())
}
