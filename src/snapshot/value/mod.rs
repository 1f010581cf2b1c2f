//! Values: a tag for type and representation, then the body. A new type takes an arm in the list below; it, or a new form of one, takes a
//! new tag; a tag keeps its meaning for ever.

mod hash;
mod list;
mod lock;
mod set;
mod stream;
mod string;
mod zset;

use std::io::{self, Read, Write};

use super::chunk::{ChunkReader, ChunkWriter};
use super::error::Problem;
use crate::store::{Str, Value};

/// A string as [`Str::new`] makes it.
const STR: u8 = 1;
/// A string that a command has edited in place.
const STR_EDITED: u8 = 2;
/// A hash in its small representation, fields in its order.
const HASH_SMALL: u8 = 3;
/// A hash in its large representation, fields in its order.
const HASH_LARGE: u8 = 4;
/// A string as [`Str::text`] makes it, where that differs from [`STR`].
const STR_TEXT: u8 = 5;
/// A list in its small representation.
const LIST_SMALL: u8 = 6;
/// A list in its large representation, with its nodes.
const LIST_LARGE: u8 = 7;
/// As [`HASH_SMALL`], and fields may end.
const HASH_SMALL_TIMED: u8 = 13;
/// As [`HASH_LARGE`], and fields may end.
const HASH_LARGE_TIMED: u8 = 14;
/// A set of integers, ascending.
const SET_INTS: u8 = 8;
/// A set in its small representation, members in its order.
const SET_SMALL: u8 = 9;
/// A set in its large representation, members in its order.
const SET_LARGE: u8 = 12;
/// A sorted set in its small representation.
const ZSET_SMALL: u8 = 10;
/// A sorted set in its large representation.
const ZSET_LARGE: u8 = 11;

/// In front of the tag of a string that NX made.
pub(super) const MADE_BY_NX: u8 = 128;
/// A lock whose holds exclude others: one, or as many as its limit.
const LOCK: u8 = 20;
/// A lock whose holds are shared.
const LOCK_SHARED: u8 = 21;

/// A stream without groups.
const STREAM: u8 = 30;
/// A stream with groups.
const STREAM_GROUPS: u8 = 31;
/// A stream that knows ids of producers, or was told for how long, with groups or without.
const STREAM_PRODUCERS: u8 = 32;

/// Makes two functions of one arm for each type, so that what is written can be read: the type's tags, and the module that writes it with
/// its tag and reads what is behind that.
macro_rules! forms {
    (
        $write_vis:vis fn $write:ident;
        $read_vis:vis fn $read:ident;
        $(Value::$type:ident => $form:ident: $($tag:ident)|+;)+
    ) => {
        $write_vis fn $write(value: &Value, out: &mut ChunkWriter<'_, impl Write>) -> io::Result<()> {
            match value {
                $(Value::$type(value) => $form::write(value, out),)+
            }
        }

        /// What stands behind this tag.
        $read_vis fn $read(tag: u8, input: &mut ChunkReader<impl Read>, scratch: &mut Vec<u8>) -> Result<Value, Problem> {
            match tag {
                $(tag @ ($($tag)|+) => Ok($form::read(tag, input, scratch)?.into()),)+
                tag => Err(input.wrong(format!("a value of the unknown type {tag}"))),
            }
        }
    };
}

forms! {
    pub(super) fn write;
    pub(super) fn read;
    Value::Str => string: STR | STR_EDITED | STR_TEXT;
    Value::Hash => hash: HASH_SMALL | HASH_LARGE | HASH_SMALL_TIMED | HASH_LARGE_TIMED;
    Value::List => list: LIST_SMALL | LIST_LARGE;
    Value::Set => set: SET_INTS | SET_SMALL | SET_LARGE;
    Value::ZSet => zset: ZSET_SMALL | ZSET_LARGE;
    Value::Stream => stream: STREAM | STREAM_GROUPS | STREAM_PRODUCERS;
    Value::Lock => lock: LOCK | LOCK_SHARED;
}
