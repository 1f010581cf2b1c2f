//! The values of keys as DUMP writes and RESTORE reads them.
//!
//! Written is what every Redis since 4 reads: a length and the elements, one by one, whatever the value's form is here or there; the reader
//! chooses its own by its limits. Streams alone have one form, that of Redis 7.0. Read is also what Redis writes of its own forms: listpacks, ziplists, intsets, and lists of them.
//!
//! Invariants
//! - What is read keeps all that its type promises of itself: no element twice, no empty collection but a stream, no score that is no number.
//! - No string of a value has more bytes than a client's longest argument may have, and all together have no more than [`Limits::bytes_max`],
//!   packed or not. Work is said of it before it is unpacked. Nothing else is allocated by a number that was only read.

mod input;
mod intset;
mod listpack;
mod parts;
mod stream;
mod timed_hash;
mod ziplist;

use input::{Input, Work};

use super::payload::{VERSION_OF_ENDS, VERSION_WRITTEN};
use super::string::{write, write_length};
use crate::store::{Hash, Kind, List, Options, Set, Str, Stream, Value, ZSet};

const STRING: u8 = 0;
const LIST: u8 = 1;
const SET: u8 = 2;
/// Scores as text.
const ZSET_OLD: u8 = 3;
const HASH: u8 = 4;
const ZSET: u8 = 5;
const LIST_ZIPLIST: u8 = 10;
const SET_INTSET: u8 = 11;
const ZSET_ZIPLIST: u8 = 12;
const HASH_ZIPLIST: u8 = 13;
/// Ziplists one after the other.
const LIST_QUICKLIST: u8 = 14;
/// Of Redis 5.
const STREAM: u8 = 15;
const HASH_LISTPACK: u8 = 16;
const ZSET_LISTPACK: u8 = 17;
/// Listpacks one after the other, and long elements between them.
const LIST_QUICKLIST_2: u8 = 18;
/// With the counts of Redis 7.0.
const STREAM_2: u8 = 19;
const SET_LISTPACK: u8 = 20;
/// And with the times of Redis 7.2 when consumers got something.
const STREAM_3: u8 = 21;
/// Fields with their ends: in a table, and in a listpack.
const HASH_METADATA: u8 = 24;
const HASH_LISTPACK_EX: u8 = 25;
// 9 is a form of hashes that no Redis has written since 2.6.

/// How many times the longest argument of a client the strings of a value may have, unpacked.
const UNPACKED: u64 = 4;

/// What bounds a value that is read.
#[derive(Clone, Copy, Debug)]
pub struct Limits<'a> {
    /// The limits of forms.
    pub options: &'a Options,
    /// Bytes of its strings together.
    pub bytes_max: usize,
}

impl<'a> Limits<'a> {
    /// As the options say.
    pub fn new(options: &'a Options) -> Self {
        let bytes_max = options.bulk_len_max.saturating_mul(UNPACKED);
        Self { options, bytes_max: usize::try_from(bytes_max).unwrap_or(usize::MAX) }
    }

    /// Bytes of the longest string.
    fn string_max(&self) -> usize {
        usize::try_from(self.options.bulk_len_max).unwrap_or(usize::MAX)
    }
}

/// The payload of a value, to be sealed; None of a lock, which no other server knows.
/// `is_shown`: whether a field with this end is there.
pub fn dump(value: &Value, is_shown: impl Fn(u64) -> bool) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    if let Some(string) = Str::of(value) {
        out.push(STRING);
        write(string.as_bytes(), &mut out);
    } else if let Some(list) = <List as Kind>::of(value) {
        out.push(LIST);
        write_length(list.len(), &mut out);
        list.iter().for_each(|element| write(element, &mut out));
    } else if let Some(set) = Set::of(value) {
        out.push(SET);
        write_length(set.len(), &mut out);
        set.iter().for_each(|member| write(member.as_ref(), &mut out));
    } else if let Some(hash) = Hash::of(value).filter(|hash| hash.ends().is_some()) {
        timed_hash::dump(hash, &is_shown, &mut out);
    } else if let Some(hash) = Hash::of(value) {
        out.push(HASH);
        write_length(hash.len(), &mut out);
        for (field, value) in hash.iter() {
            write(field, &mut out);
            write(value, &mut out);
        }
    } else if let Some(stream) = Stream::of(value) {
        stream::dump(stream, &mut out);
    } else {
        let set = <ZSet as Kind>::of(value)?;
        out.push(ZSET);
        write_length(set.len(), &mut out);
        for (member, score) in set.iter() {
            write(member, &mut out);
            out.extend_from_slice(&score.to_le_bytes());
        }
    }
    Some(out)
}

/// The version of the format that such a payload needs.
pub fn version(payload: &[u8]) -> u16 {
    if payload.first() == Some(&HASH_METADATA) { VERSION_OF_ENDS } else { VERSION_WRITTEN }
}

/// The value of a payload, whose seal is open; None if it is none. What stands behind the value is not looked at, as in Redis.
pub fn restore(payload: &[u8], limits: Limits<'_>) -> Option<Value> {
    restore_within(payload, limits, &mut |_| Some(()))
}

/// The same, as far as `work` allows it: it is told the units of what is unpacked, besides those of the payload as it is (`store::work`).
pub fn restore_within(payload: &[u8], limits: Limits<'_>, work: Work<'_>) -> Option<Value> {
    let (&kind, rest) = payload.split_first()?;
    let mut input = Input::new(rest, limits.bytes_max, limits.string_max(), work);
    let options = limits.options;
    Some(match kind {
        STRING => Str::new(&input.string()?).into(),
        LIST | LIST_ZIPLIST | LIST_QUICKLIST | LIST_QUICKLIST_2 => {
            let mut list = parts::list(options);
            match kind {
                LIST => input.strings(|element| list.push(element))?,
                LIST_ZIPLIST => ziplist::each(&input.blob()?, |element| list.push(element))?,
                LIST_QUICKLIST => input.times(|input| ziplist::each(&input.blob()?, |element| list.push(element)))?,
                _ => input.times(|input| match input.length()? {
                    1 => list.push(&input.string()?),
                    2 => listpack::each(&input.blob()?, |element| list.push(element)),
                    _ => None,
                })?,
            }
            list.finish()?
        }
        SET | SET_INTSET | SET_LISTPACK => {
            let mut set = parts::set(options);
            match kind {
                SET => input.strings(|member| set.push(member))?,
                SET_INTSET => intset::each(&input.blob()?, |member| set.push(member))?,
                _ => listpack::each(&input.blob()?, |member| set.push(member))?,
            }
            set.finish()?
        }
        HASH | HASH_ZIPLIST | HASH_LISTPACK => {
            let mut hash = parts::hash(options);
            match kind {
                HASH => input.times(|input| {
                    hash.push(&input.string()?)?;
                    hash.push(&input.string()?)
                })?,
                HASH_ZIPLIST => ziplist::each(&input.blob()?, |part| hash.push(part))?,
                _ => listpack::each(&input.blob()?, |part| hash.push(part))?,
            }
            hash.finish()?
        }
        STREAM | STREAM_2 | STREAM_3 => stream::read(kind, &mut input)?,
        HASH_METADATA => timed_hash::of_table(&mut input, options)?,
        HASH_LISTPACK_EX => timed_hash::of_listpack(&mut input, options)?,
        ZSET | ZSET_OLD | ZSET_ZIPLIST | ZSET_LISTPACK => {
            let mut set = parts::sorted_set(options);
            match kind {
                ZSET => input.times(|input| {
                    let member = input.string()?;
                    set.push_scored(&member, input.double()?)
                })?,
                ZSET_OLD => input.times(|input| {
                    let member = input.string()?;
                    set.push_scored(&member, input.old_double()?)
                })?,
                ZSET_ZIPLIST => ziplist::each(&input.blob()?, |part| set.push(part))?,
                _ => listpack::each(&input.blob()?, |part| set.push(part))?,
            }
            set.finish()?
        }
        _ => return None,
    })
}

#[cfg(test)]
mod stream_tests;
#[cfg(test)]
mod tests;
