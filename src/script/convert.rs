//! Replies to Lua values and back, as Redis converts them.

use bytes::{Bytes, BytesMut};

use super::vm::machine::{End, Fault, Machine, Res};
use super::vm::names;
use super::vm::printf::to_i64;
use super::vm::value::{LuaValue, TableId};
use crate::error::{ReplyError, c_string};
use crate::protocol::{Reply, Resp, encode};

/// Deepest nesting of a table that becomes a reply. Redis stops at the end of its Lua stack, about 8000 deep. Who encodes, copies or
/// drops a reply recurses, on threads with 2 MB of stack: this deep takes about half of it in a build without optimization.
const DEPTH_MAX: usize = 1000;
/// Bytes that an element of a reply takes besides its text.
const ELEMENT_BYTES: usize = size_of::<Reply>();
/// Units of an element that is converted.
const ELEMENT_UNITS: u64 = 12;
/// Units of looking for the fields by which a table stands for something else than an array.
const SHAPE_UNITS: u64 = 100;

fn field(vm: &mut Machine<'_>, name: &[u8], value: LuaValue) -> Res<LuaValue> {
    let table = vm.table(0, 1);
    let name = vm.string(name)?;
    vm.raw_set(table, name, value)?;
    Ok(LuaValue::Table(table))
}

fn list(vm: &mut Machine<'_>, count: usize) -> Res<TableId> {
    vm.charge(count as u64)?;
    vm.room(count * 16)?;
    Ok(vm.table(count, 0))
}

fn put(vm: &mut Machine<'_>, table: TableId, i: usize, reply: &Reply) -> Res<()> {
    let value = to_lua(vm, reply)?;
    vm.raw_set(table, LuaValue::Number((i + 1) as f64), value)
}

/// A command's reply as a Lua value, in the version of the protocol that the script has asked for.
///
/// # Errors
/// The run is over.
pub fn to_lua(vm: &mut Machine<'_>, reply: &Reply) -> Res<LuaValue> {
    vm.charge(ELEMENT_UNITS)?;
    Ok(match (reply, vm.resp) {
        (Reply::Ok, _) => {
            let table = vm.table(0, 1);
            let text = vm.string(b"OK")?;
            vm.raw_set(table, LuaValue::Str(names::OK), text)?;
            LuaValue::Table(table)
        }
        (Reply::Simple(text), _) => {
            let table = vm.table(0, 1);
            let text = vm.string(text)?;
            vm.raw_set(table, LuaValue::Str(names::OK), text)?;
            LuaValue::Table(table)
        }
        (Reply::Error(error), _) => error_table(vm, error.as_bytes(), true)?,
        (Reply::Int(value), _) => LuaValue::Number(*value as f64),
        (Reply::Bulk(bytes), _) => vm.string(bytes)?,
        (Reply::Nil | Reply::NilArray, Resp::V2) => LuaValue::Bool(false),
        (Reply::Nil | Reply::NilArray, Resp::V3) => LuaValue::Nil,
        (Reply::Array(items) | Reply::Push(items), _) | (Reply::Set(items), Resp::V2) => {
            let table = list(vm, items.len())?;
            for (i, item) in items.iter().enumerate() {
                put(vm, table, i, item)?;
            }
            LuaValue::Table(table)
        }
        (Reply::Set(items), Resp::V3) => {
            let table = vm.table(0, items.len());
            for item in items {
                let key = to_lua(vm, item)?;
                vm.raw_set(table, key, LuaValue::Bool(true))?;
            }
            field(vm, b"set", LuaValue::Table(table))?
        }
        (Reply::Pairs(pairs), Resp::V3) | (Reply::Keyed(pairs), Resp::V2) => {
            let table = list(vm, pairs.len())?;
            for (i, (first, second)) in pairs.iter().enumerate() {
                let pair = list(vm, 2)?;
                put(vm, pair, 0, first)?;
                put(vm, pair, 1, second)?;
                vm.raw_set(table, LuaValue::Number((i + 1) as f64), LuaValue::Table(pair))?;
            }
            LuaValue::Table(table)
        }
        (Reply::Map(pairs) | Reply::Pairs(pairs), Resp::V2) => {
            let table = list(vm, 2 * pairs.len())?;
            for (i, (key, value)) in pairs.iter().enumerate() {
                put(vm, table, 2 * i, key)?;
                put(vm, table, 2 * i + 1, value)?;
            }
            LuaValue::Table(table)
        }
        (Reply::Map(pairs) | Reply::Keyed(pairs), Resp::V3) => {
            let table = vm.table(0, pairs.len());
            for (key, value) in pairs {
                let key = to_lua(vm, key)?;
                let value = to_lua(vm, value)?;
                vm.raw_set(table, key, value)?;
            }
            field(vm, b"map", LuaValue::Table(table))?
        }
        (Reply::Bool(value), Resp::V2) => LuaValue::Number(f64::from(u8::from(*value))),
        (Reply::Bool(value), Resp::V3) => LuaValue::Bool(*value),
        (Reply::Double(value) | Reply::Decimal(value), Resp::V3) => field(vm, b"double", LuaValue::Number(*value))?,
        (Reply::DoubleText(text), Resp::V2) => vm.string(text)?,
        (Reply::DoubleText(text), Resp::V3) => {
            let number = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN);
            field(vm, b"double", LuaValue::Number(number))?
        }
        (Reply::Double(_) | Reply::Decimal(_), Resp::V2) => vm.string(&bulk_text(reply))?,
        (Reply::BigNumber(text) | Reply::Verbatim(_, text), Resp::V2) => vm.string(text)?,
        (Reply::BigNumber(text), Resp::V3) => {
            let text = vm.string(text)?;
            field(vm, b"big_number", text)?
        }
        (Reply::Verbatim(format, text), Resp::V3) => {
            let table = vm.table(0, 2);
            for (name, text) in [(&b"string"[..], &text[..]), (b"format", format)] {
                let (name, text) = (vm.string(name)?, vm.string(text)?);
                vm.raw_set(table, name, text)?;
            }
            field(vm, b"verbatim_string", LuaValue::Table(table))?
        }
        (Reply::Encoded(_) | Reply::Silent, _) => LuaValue::Nil,
    })
}

/// What RESP2 shows as a bulk string, without its header.
fn bulk_text(reply: &Reply) -> Vec<u8> {
    let mut out = BytesMut::new();
    encode(&mut out, reply, Resp::V2);
    let text = out.strip_suffix(b"\r\n").unwrap_or(&out);
    let from = memchr::memchr(b'\n', text).map_or(0, |newline| newline + 1);
    text.get(from..).unwrap_or_default().to_vec()
}

/// The table that stands for an error; `counted`: Redis marks errors that its statistics have counted already.
///
/// # Errors
/// The run is over.
pub fn error_table(vm: &mut Machine<'_>, text: &[u8], counted: bool) -> Res<LuaValue> {
    let table = vm.table(0, 2);
    let text = vm.string(text)?;
    vm.raw_set(table, LuaValue::Str(names::ERR), text)?;
    if counted {
        let name = vm.string(b"ignore_error_stats_update")?;
        vm.raw_set(table, name, LuaValue::Bool(true))?;
    }
    Ok(LuaValue::Table(table))
}

/// What a returned table stands for.
enum Shape {
    Done(Reply),
    Array(TableId),
    /// Keys and values, or keys alone, in the table's own order.
    Pairs(TableId),
    Keys(TableId),
}

/// A reply whose parts are being made.
struct Open {
    shape: Shape,
    /// The last key that was taken.
    key: LuaValue,
    /// The value that belongs to the key that was taken.
    value: Option<LuaValue>,
    parts: Vec<Reply>,
}

impl Open {
    /// The next part.
    fn next(&mut self, vm: &Machine<'_>) -> LuaValue {
        let step = |table: TableId, key: LuaValue| {
            vm.heap.tables.get(table.0).and_then(|table| table.next(key, &vm.heap.strings).ok().flatten())
        };
        match self.shape {
            Shape::Array(table) => vm.raw_get(table, LuaValue::Number((self.parts.len() + 1) as f64)),
            Shape::Keys(table) | Shape::Pairs(table) => {
                if let Some(value) = self.value.take() {
                    return value;
                }
                let Some((key, value)) = step(table, self.key) else { return LuaValue::Nil };
                self.key = key;
                if matches!(self.shape, Shape::Pairs(_)) {
                    self.value = Some(value);
                }
                key
            }
            Shape::Done(_) => LuaValue::Nil,
        }
    }

    fn close(self) -> Reply {
        match self.shape {
            Shape::Done(reply) => reply,
            Shape::Array(_) => Reply::Array(self.parts),
            Shape::Keys(_) => Reply::Set(self.parts),
            Shape::Pairs(_) => {
                let mut parts = self.parts.into_iter();
                let mut pairs = Vec::with_capacity(parts.len() / 2);
                while let (Some(key), Some(value)) = (parts.next(), parts.next()) {
                    pairs.push((key, value));
                }
                Reply::Map(pairs)
            }
        }
    }
}

/// Turns a script's value into its reply.
pub struct ReplyMaker<'a, 'h> {
    vm: &'a mut Machine<'h>,
    bytes: usize,
}

impl<'a, 'h> ReplyMaker<'a, 'h> {
    /// From values of this run.
    pub fn new(vm: &'a mut Machine<'h>) -> Self {
        Self { vm, bytes: 0 }
    }

    /// The reply for `value`.
    ///
    /// # Errors
    /// The run is over: the reply is larger than a run's memory, or the budget is used up.
    pub fn reply(&mut self, value: LuaValue) -> Res<Reply> {
        // Not by recursion: how deep it goes is the script's choice.
        let mut open: Vec<Open> = Vec::new();
        let mut made = self.begin(value, &mut open)?;
        loop {
            if let Some(reply) = made.take() {
                match open.last_mut() {
                    Some(parent) => parent.parts.push(reply),
                    None => return Ok(reply),
                }
            }
            let next = match open.last_mut() {
                Some(parent) => parent.next(self.vm),
                None => return Ok(Reply::Nil),
            };
            made = match next {
                LuaValue::Nil => open.pop().map(Open::close),
                value => self.begin(value, &mut open)?,
            };
        }
    }

    /// The reply for a value without parts; one with parts is opened instead.
    fn begin(&mut self, value: LuaValue, open: &mut Vec<Open>) -> Res<Option<Reply>> {
        self.take(0)?;
        Ok(Some(match value {
            LuaValue::Str(id) => Reply::Bulk(self.copy(id)?),
            LuaValue::Number(value) => Reply::Int(to_i64(value)),
            LuaValue::Bool(value) if self.vm.resp == Resp::V3 => Reply::Bool(value),
            LuaValue::Bool(true) => Reply::Int(1),
            LuaValue::Table(_) if open.len() >= DEPTH_MAX => ReplyError::new("ERR reached lua stack limit").into(),
            LuaValue::Table(table) => match self.shape(table)? {
                Shape::Done(reply) => reply,
                shape => {
                    open.push(Open { shape, key: LuaValue::Nil, value: None, parts: Vec::new() });
                    return Ok(None);
                }
            },
            _ => Reply::Nil,
        }))
    }

    fn field(&mut self, table: TableId, name: &[u8]) -> LuaValue {
        let table = self.vm.heap.tables.get(table.0);
        table.map_or(LuaValue::Nil, |table| table.get_bytes(name, &self.vm.heap.strings))
    }

    /// What a table stands for, by its fields in Redis's order.
    fn shape(&mut self, table: TableId) -> Res<Shape> {
        if self.vm.heap.tables.get(table.0).is_none_or(|table| table.node_count() == 0) {
            return Ok(Shape::Array(table));
        }
        self.vm.charge(SHAPE_UNITS)?;
        if let LuaValue::Str(id) = self.field(table, b"err") {
            let text = self.copy(id)?;
            return Ok(Shape::Done(ReplyError::text(c_string(&text).to_vec()).into()));
        }
        if let LuaValue::Str(id) = self.field(table, b"ok") {
            let text = self.copy(id)?;
            let line: Vec<u8> = c_string(&text).iter().map(|byte| line_byte(*byte)).collect();
            return Ok(Shape::Done(Reply::Simple(line.into())));
        }
        if let LuaValue::Number(value) = self.field(table, b"double") {
            return Ok(Shape::Done(Reply::Double(value)));
        }
        if let LuaValue::Table(map) = self.field(table, b"map") {
            return Ok(Shape::Pairs(map));
        }
        if let LuaValue::Table(set) = self.field(table, b"set") {
            return Ok(Shape::Keys(set));
        }
        if let LuaValue::Str(id) = self.field(table, b"big_number") {
            let text: Vec<u8> = self.copy(id)?.iter().map(|byte| line_byte(*byte)).collect();
            return Ok(Shape::Done(Reply::BigNumber(text.into())));
        }
        Ok(self.verbatim(table)?.map_or(Shape::Array(table), Shape::Done))
    }

    fn verbatim(&mut self, table: TableId) -> Res<Option<Reply>> {
        let LuaValue::Table(verbatim) = self.field(table, b"verbatim_string") else { return Ok(None) };
        let (LuaValue::Str(format), LuaValue::Str(text)) =
            (self.field(verbatim, b"format"), self.field(verbatim, b"string"))
        else {
            return Ok(None);
        };
        // Its first three bytes, up to a zero; blanks for those that are missing.
        let mut shown = [b' '; 3];
        shown.iter_mut().zip(c_string(self.vm.bytes(format))).for_each(|(place, byte)| *place = *byte);
        Ok(Some(Reply::Verbatim(shown, self.copy(text)?)))
    }

    fn copy(&mut self, id: super::vm::value::StrId) -> Res<Bytes> {
        self.take(self.vm.heap.strings.len(id))?;
        Ok(Bytes::copy_from_slice(self.vm.bytes(id)))
    }

    fn take(&mut self, len: usize) -> Res<()> {
        self.bytes = self.bytes.saturating_add(len).saturating_add(ELEMENT_BYTES);
        if self.bytes > self.vm.memory {
            return Err(Fault::Ended(End::Memory));
        }
        self.vm.charge(ELEMENT_UNITS + len as u64 / 16)
    }
}

fn line_byte(byte: u8) -> u8 {
    if byte == b'\r' || byte == b'\n' { b' ' } else { byte }
}
