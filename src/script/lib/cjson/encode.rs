//! `cjson.encode`
//!
//! Tables are walked with a stack of its own, not by recursion: nesting is bounded by `encode_max_depth` and by what the C library's
//! stack of Lua values holds. Nothing of a script is called meanwhile: the library ignores metatables.

use super::{Setting, exactly_one, setting};
use crate::script::lib::C_STACK;
use crate::script::vm::machine::{Args, Fault, Machine, Res};
use crate::script::vm::number::number_text_to;
use crate::script::vm::printf::{Directive, to_i32};
use crate::script::vm::units;
use crate::script::vm::value::{LuaValue, StrId, TableId};

/// Bytes of a string that are escaped between two looks at the budget.
const PART: usize = 4096;

/// A table that is being written.
#[derive(Clone, Copy)]
enum Level {
    Array {
        table: TableId,
        next: i32,
        len: i32,
    },
    /// With the place of its next field; 0 in front of the first.
    Object {
        table: TableId,
        place: usize,
    },
}

/// The settings that count here.
struct Encoder {
    out: Vec<u8>,
    levels: Vec<Level>,
    /// Values that the C library would have on its stack.
    slots: usize,
    depth: i32,
    precision: i32,
    invalid: i32,
    convert: bool,
    ratio: i32,
    safe: i32,
}

pub(super) fn encode(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    exactly_one(vm, args)?;
    let mut encoder = Encoder {
        out: Vec::new(),
        levels: Vec::new(),
        slots: 1,
        depth: setting(vm, args, Setting::EncodeDepth),
        precision: setting(vm, args, Setting::Precision),
        invalid: setting(vm, args, Setting::EncodeInvalid),
        convert: setting(vm, args, Setting::SparseConvert) != 0,
        ratio: setting(vm, args, Setting::SparseRatio),
        safe: setting(vm, args, Setting::SparseSafe),
    };
    let value = vm.arg(args, 1);
    encoder.value(vm, value)?;
    while let Some(level) = encoder.levels.pop() {
        match level {
            Level::Array { table, next, len } => encoder.element(vm, table, next, len)?,
            Level::Object { table, place } => encoder.field(vm, table, place)?,
        }
    }
    let text = vm.owned(encoder.out)?;
    Ok(vm.give(args, text))
}

/// `Cannot serialise type: reason`
fn refused(vm: &mut Machine<'_>, value: LuaValue, reason: &str) -> Fault {
    let kind = value.type_name();
    vm.error(&format!("Cannot serialise {kind}: {reason}"))
}

impl Encoder {
    /// The next value of an array, or its end.
    fn element(&mut self, vm: &mut Machine<'_>, table: TableId, next: i32, len: i32) -> Res<()> {
        self.slots -= usize::from(next > 1);
        if next > len {
            self.out.push(b']');
            return Ok(());
        }
        if next > 1 {
            self.out.push(b',');
        }
        self.slots += 1;
        self.levels.push(Level::Array { table, next: next.saturating_add(1), len });
        let value = vm.raw_get(table, LuaValue::Number(f64::from(next)));
        self.value(vm, value)
    }

    /// The field at `place`, or the end of the object.
    fn field(&mut self, vm: &mut Machine<'_>, table: TableId, place: usize) -> Res<()> {
        self.slots -= if place == 0 { 0 } else { 2 };
        let Some((next, found, value)) = vm.entry(table, place) else {
            self.out.push(b'}');
            return Ok(());
        };
        if place > 0 {
            self.out.push(b',');
        }
        match found {
            LuaValue::Number(_) => {
                self.out.push(b'"');
                self.value(vm, found)?;
                self.out.push(b'"');
            }
            LuaValue::Str(id) => self.string(vm, id)?,
            _ => return Err(refused(vm, found, "table key must be a number or string")),
        }
        self.out.push(b':');
        self.slots += 2;
        self.levels.push(Level::Object { table, place: next });
        self.value(vm, value)
    }

    /// A value; of a table only the beginning.
    fn value(&mut self, vm: &mut Machine<'_>, value: LuaValue) -> Res<()> {
        vm.charge(10)?;
        vm.room(self.out.len())?;
        match value {
            LuaValue::Str(id) => return self.string(vm, id),
            LuaValue::Number(n) => return self.number(vm, n),
            LuaValue::Bool(true) => self.out.extend_from_slice(b"true"),
            LuaValue::Bool(false) => self.out.extend_from_slice(b"false"),
            LuaValue::Nil | LuaValue::Null => self.out.extend_from_slice(b"null"),
            LuaValue::Table(table) => return self.table(vm, table),
            _ => return Err(refused(vm, value, "type not supported")),
        }
        Ok(())
    }

    fn table(&mut self, vm: &mut Machine<'_>, table: TableId) -> Res<()> {
        vm.charge(10)?;
        let depth = self.levels.len() as i32 + 1;
        if depth > self.depth || self.slots + 3 > C_STACK {
            return Err(vm.error(&format!("Cannot serialise, excessive nesting ({depth})")));
        }
        match self.array_len(vm, table)? {
            len @ 1.. => {
                self.out.push(b'[');
                self.levels.push(Level::Array { table, next: 1, len });
            }
            _ => {
                self.out.push(b'{');
                self.levels.push(Level::Object { table, place: 0 });
            }
        }
        Ok(())
    }

    /// How many values an array has, its gaps counted; 0 or less for what becomes an object. Indexes are C's `int`, as they are in
    /// the library: larger ones wrap.
    fn array_len(&self, vm: &mut Machine<'_>, table: TableId) -> Res<i32> {
        let (mut most, mut items, mut place) = (0i32, 0i32, 0);
        while let Some((next, found, _)) = vm.entry(table, place) {
            vm.charge(2)?;
            let LuaValue::Number(n) = found else { return Ok(-1) };
            if n < 1.0 || crate::script::vm::arith::floor(n) != n {
                return Ok(-1);
            }
            if n > f64::from(most) {
                most = to_i32(n);
            }
            items = items.wrapping_add(1);
            place = next;
        }
        if self.ratio > 0 && most > items.wrapping_mul(self.ratio) && most > self.safe {
            if !self.convert {
                return Err(refused(vm, LuaValue::Table(table), "excessively sparse array"));
            }
            return Ok(-1);
        }
        Ok(most)
    }

    fn number(&mut self, vm: &mut Machine<'_>, n: f64) -> Res<()> {
        if !n.is_finite() {
            match self.invalid {
                0 => return Err(refused(vm, LuaValue::Number(n), "must not be NaN or Inf")),
                1 if n.is_nan() => self.out.extend_from_slice(b"nan"),
                1 => self.out.extend_from_slice(if n > 0.0 { b"inf" } else { b"-inf" }),
                _ => self.out.extend_from_slice(b"null"),
            }
            return Ok(());
        }
        if self.precision == 14 && n.fract() == 0.0 && n.abs() < 1e14 {
            vm.charge(units::TEXT / 8)?;
            number_text_to(&mut self.out, n);
        } else {
            vm.charge(units::TEXT)?;
            Directive::precision(self.precision as usize).float(&mut self.out, n, b'g');
        }
        Ok(())
    }

    fn string(&mut self, vm: &mut Machine<'_>, id: StrId) -> Res<()> {
        self.out.push(b'"');
        let mut at = 0;
        while let Some(rest) = vm.bytes(id).get(at..)
            && !rest.is_empty()
        {
            let part = rest.get(..PART).unwrap_or(rest);
            part.iter().for_each(|byte| escape(&mut self.out, *byte));
            let len = part.len();
            at += len;
            vm.charge(4 + len as u64 / 2)?;
            vm.room(self.out.len())?;
        }
        self.out.push(b'"');
        Ok(())
    }
}

/// One byte of a string.
#[inline]
fn escape(out: &mut Vec<u8>, byte: u8) {
    match byte {
        b'"' => out.extend_from_slice(b"\\\""),
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'/' => out.extend_from_slice(b"\\/"),
        0x08 => out.extend_from_slice(b"\\b"),
        b'\t' => out.extend_from_slice(b"\\t"),
        b'\n' => out.extend_from_slice(b"\\n"),
        0x0c => out.extend_from_slice(b"\\f"),
        b'\r' => out.extend_from_slice(b"\\r"),
        0..0x20 | 0x7f => {
            let digit = |n: u8| char::from_digit(u32::from(n), 16).map_or(b'0', |c| c as u8);
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
        }
        _ => out.push(byte),
    }
}
