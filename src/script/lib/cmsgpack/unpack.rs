//! `cmsgpack.unpack`, `unpack_one`, `unpack_limit`
//!
//! Nesting is a stack of its own, not recursion, bounded by what the C library's stack of Lua values holds.

use crate::script::lib::{C_STACK, number_bits};
use crate::script::vm::machine::{Args, Fault, Machine, Res};
use crate::script::vm::value::{LuaValue, StrId, TableId};

pub(super) fn unpack(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    objects(vm, args, args.count, 0, 0)
}

pub(super) fn unpack_one(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let offset = vm.int_or(args, 2, 0)?;
    objects(vm, args, 1, 1, offset)
}

pub(super) fn unpack_limit(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let limit = vm.int_arg(args, 2)?;
    let offset = vm.int_or(args, 3, 0)?;
    objects(vm, args, 1, limit, offset)
}

/// What a byte with those behind it says.
enum Part {
    LuaValue(LuaValue),
    /// The string's place.
    Text(std::ops::Range<usize>),
    List(usize),
    Map(usize),
}

/// Why there is no part.
enum Bad {
    Missing,
    Format,
}

/// A list or map that is being read.
struct Level {
    table: TableId,
    /// Items that are still to come, or pairs.
    left: usize,
    /// The index of a list's next item, 0 for a map.
    index: usize,
    /// A map's key, once it is read.
    key: Option<LuaValue>,
}

struct Reader {
    source: StrId,
    at: usize,
    /// Values that the C library would have on its stack.
    slots: usize,
}

/// Reads up to `limit` objects from `offset` on; with 0 and 0 all, without the place where the next one begins.
fn objects(vm: &mut Machine<'_>, args: Args, slots: usize, limit: i64, offset: i64) -> Res<usize> {
    let source = vm.string_arg(args, 1)?;
    let len = vm.heap.strings.len(source);
    if offset < 0 || limit < 0 {
        // The library shows the length for the limit.
        let (offset, len) = (offset as i32, len as i32);
        let text = format!("Invalid request to unpack with offset of {offset} and limit of {len}.");
        return Err(vm.error(&text));
    }
    if offset as usize > len {
        let (offset, len) = (offset as i32, len as i32);
        return Err(vm.error(&format!("Start offset {offset} greater than input length {len}.")));
    }
    let is_all = limit == 0 && offset == 0;
    let limit = if is_all { i64::from(i32::MAX) } else { limit };
    let mut reader = Reader { source, at: offset as usize, slots };
    let mut values = Vec::new();
    while reader.at < len && (values.len() as i64) < limit {
        let value = reader.object(vm)?;
        values.push(value);
    }
    if !is_all {
        let next = if reader.at == len { -1.0 } else { reader.at as f64 };
        values.insert(0, LuaValue::Number(next));
    }
    vm.give_all(args, &values)
}

impl Reader {
    /// One object with all that is in it.
    fn object(&mut self, vm: &mut Machine<'_>) -> Res<LuaValue> {
        let mut levels: Vec<Level> = Vec::new();
        loop {
            let Some(mut value) = self.begin(vm, &mut levels)? else { continue };
            // What is complete goes into the level around it, which may be complete then too.
            loop {
                let Some(level) = levels.last_mut() else { return Ok(value) };
                if level.index == 0 && level.key.is_none() {
                    level.key = Some(value);
                    break;
                }
                let key = level.key.take().unwrap_or(LuaValue::Number(level.index as f64));
                level.index += usize::from(level.index > 0);
                level.left -= 1;
                let (table, is_done) = (level.table, level.left == 0);
                match key {
                    LuaValue::Nil => return Err(bare(vm, "table index is nil")),
                    LuaValue::Number(n) if n.is_nan() => return Err(bare(vm, "table index is NaN")),
                    _ => vm.raw_set(table, key, value)?,
                }
                self.slots -= 2;
                if !is_done {
                    self.slots += usize::from(level_is_list(&levels));
                    break;
                }
                levels.pop();
                value = LuaValue::Table(table);
            }
        }
    }

    /// The next part: its value, or none if that comes part by part in the new level.
    fn begin(&mut self, vm: &mut Machine<'_>, levels: &mut Vec<Level>) -> Res<Option<LuaValue>> {
        vm.charge(4)?;
        let bytes = vm.bytes(self.source);
        if self.at == bytes.len() {
            return Err(vm.error("Missing bytes in input."));
        }
        if self.slots + 1 > C_STACK {
            let text = "stack overflow (too many return values at once; use unpack_one or unpack_limit instead.)";
            return Err(vm.error(text));
        }
        let (part, used) = match part(bytes, self.at) {
            Ok(found) => found,
            Err(Bad::Missing) => return Err(vm.error("Missing bytes in input.")),
            Err(Bad::Format) => return Err(vm.error("Bad data format in input.")),
        };
        self.at += used;
        self.slots += 1;
        let (left, index) = match part {
            Part::LuaValue(value) => return Ok(Some(value)),
            Part::Text(range) => {
                vm.charge_bytes(range.len())?;
                return Ok(Some(vm.heap.part(self.source, range)));
            }
            Part::List(len) => (len, 1),
            Part::Map(len) => (len, 0),
        };
        if index == 1 && self.slots + 1 > C_STACK {
            return Err(vm.error("stack overflow (in function mp_decode_to_lua_array)"));
        }
        vm.charge(10)?;
        vm.room(0)?;
        let table = vm.table(0, 0);
        if left == 0 {
            return Ok(Some(LuaValue::Table(table)));
        }
        // A list's next index lies on the stack while its item is read.
        self.slots += index;
        levels.push(Level { table, left, index, key: None });
        Ok(None)
    }
}

fn level_is_list(levels: &[Level]) -> bool {
    levels.last().is_some_and(|level| level.index > 0)
}

/// An error of the machine itself, which has no place where a library function runs.
fn bare(vm: &mut Machine<'_>, text: &str) -> Fault {
    Fault::Error(LuaValue::Str(vm.heap.string(text.as_bytes())))
}

/// The part at `at`, and the bytes that it takes.
fn part(bytes: &[u8], at: usize) -> Result<(Part, usize), Bad> {
    let rest = bytes.get(at..).unwrap_or_default();
    let Some(&code) = rest.first() else { return Err(Bad::Missing) };
    // A number of `len` bytes, the most significant first.
    let number = |len: usize| -> Result<u64, Bad> {
        let digits = rest.get(1..=len).ok_or(Bad::Missing)?;
        Ok(digits.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    };
    let signed = |len: usize| number(len).map(|value| (value << (64 - 8 * len)) as i64 >> (64 - 8 * len));
    let value = |n: f64, len: usize| Ok((Part::LuaValue(LuaValue::Number(n)), 1 + len));
    let text = |head: usize, len: u64| match usize::try_from(len).ok().filter(|len| *len <= rest.len() - head) {
        Some(len) => Ok((Part::Text(at + head..at + head + len), head + len)),
        None => Err(Bad::Missing),
    };
    let list = |head: usize, len: u64| Ok((Part::List(len as usize), head));
    let map = |head: usize, len: u64| Ok((Part::Map(len as usize), head));
    match code {
        0x00..=0x7f => value(f64::from(code), 0),
        0x80..=0x8f => map(1, u64::from(code & 0x0f)),
        0x90..=0x9f => list(1, u64::from(code & 0x0f)),
        0xa0..=0xbf => text(1, u64::from(code & 0x1f)),
        0xc0 => Ok((Part::LuaValue(LuaValue::Nil), 1)),
        0xc2 | 0xc3 => Ok((Part::LuaValue(LuaValue::Bool(code == 0xc3)), 1)),
        0xca => value(number_bits::f32_of(number(4)? as u32), 4),
        0xcb => value(number_bits::f64_of(number(8)?), 8),
        0xcc => value(number(1)? as f64, 1),
        0xcd => value(number(2)? as f64, 2),
        0xce => value(number(4)? as f64, 4),
        // Lua's integers are signed: the upper half comes out negative, as in the library.
        0xcf => value(number(8)? as i64 as f64, 8),
        0xd0 => value(signed(1)? as f64, 1),
        0xd1 => value(signed(2)? as f64, 2),
        0xd2 => value(signed(4)? as f64, 4),
        0xd3 => value(signed(8)? as f64, 8),
        0xd9 => text(2, number(1)?),
        0xda => text(3, number(2)?),
        0xdb => text(5, number(4)?),
        0xdc => list(3, number(2)?),
        0xdd => list(5, number(4)?),
        0xde => map(3, number(2)?),
        0xdf => map(5, number(4)?),
        0xe0..=0xff => value(f64::from(code as i8), 0),
        _ => Err(Bad::Format),
    }
}
