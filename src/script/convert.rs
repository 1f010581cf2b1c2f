//! Replies to Lua values and back, as Redis converts them.

use bytes::{Bytes, BytesMut};
use mlua::{Lua, Table, Value};

use super::budget::{ELEMENT_UNITS, Meter};
use super::printf::to_i64;
use super::raise::Raise;
use crate::error::{ReplyError, c_string};
use crate::protocol::{Reply, Resp, encode};

/// Deepest nesting of a table that becomes a reply. Redis stops at the end of its Lua stack, about 8000 deep. Who encodes, copies or
/// drops a reply recurses, on threads with 2 MB of stack: this deep takes about half of it in a build without optimization.
const DEPTH_MAX: usize = 1000;
/// Bytes that an element of a reply takes besides its text.
const ELEMENT_BYTES: usize = size_of::<Reply>();

/// A command's reply as a Lua value, in the version of the protocol that the script has asked for.
///
/// # Errors
/// The run is over.
pub fn to_lua(lua: &Lua, meter: &Meter, reply: &Reply, resp: Resp) -> mlua::Result<Value> {
    meter.charge(ELEMENT_UNITS)?;
    let string = |bytes: &[u8]| {
        meter.charge_bytes(bytes.len())?;
        lua.create_string(bytes).map(Value::String)
    };
    let field = |name: &str, value: Value| {
        let table = lua.create_table()?;
        table.raw_set(name, value)?;
        mlua::Result::Ok(Value::Table(table))
    };
    Ok(match (reply, resp) {
        (Reply::Ok, _) => field("ok", string(b"OK")?)?,
        (Reply::Simple(text), _) => field("ok", string(text)?)?,
        (Reply::Error(error), _) => Value::Table(error_table(lua, error.as_bytes(), true)?),
        (Reply::Int(value), _) => Value::Number(*value as f64),
        (Reply::Bulk(bytes), _) => string(bytes)?,
        (Reply::Nil | Reply::NilArray, Resp::V2) => Value::Boolean(false),
        (Reply::Nil | Reply::NilArray, Resp::V3) => Value::Nil,
        (Reply::Array(items) | Reply::Push(items), _) | (Reply::Set(items), Resp::V2) => {
            let table = lua.create_table_with_capacity(items.len(), 0)?;
            for (i, item) in items.iter().enumerate() {
                table.raw_set(i + 1, to_lua(lua, meter, item, resp)?)?;
            }
            Value::Table(table)
        }
        (Reply::Set(items), Resp::V3) => {
            let table = lua.create_table_with_capacity(0, items.len())?;
            for item in items {
                table.raw_set(to_lua(lua, meter, item, resp)?, true)?;
            }
            field("set", Value::Table(table))?
        }
        (Reply::Pairs(pairs), Resp::V3) => {
            let table = lua.create_table_with_capacity(pairs.len(), 0)?;
            for (i, (first, second)) in pairs.iter().enumerate() {
                let pair = lua.create_table_with_capacity(2, 0)?;
                pair.raw_set(1, to_lua(lua, meter, first, resp)?)?;
                pair.raw_set(2, to_lua(lua, meter, second, resp)?)?;
                table.raw_set(i + 1, pair)?;
            }
            Value::Table(table)
        }
        (Reply::Map(pairs) | Reply::Pairs(pairs), Resp::V2) => {
            let table = lua.create_table_with_capacity(2 * pairs.len(), 0)?;
            for (i, (key, value)) in pairs.iter().enumerate() {
                table.raw_set(2 * i + 1, to_lua(lua, meter, key, resp)?)?;
                table.raw_set(2 * i + 2, to_lua(lua, meter, value, resp)?)?;
            }
            Value::Table(table)
        }
        (Reply::Map(pairs), Resp::V3) => {
            let table = lua.create_table_with_capacity(0, pairs.len())?;
            for (key, value) in pairs {
                table.raw_set(to_lua(lua, meter, key, resp)?, to_lua(lua, meter, value, resp)?)?;
            }
            field("map", Value::Table(table))?
        }
        (Reply::Bool(value), Resp::V2) => Value::Number(f64::from(u8::from(*value))),
        (Reply::Bool(value), Resp::V3) => Value::Boolean(*value),
        (Reply::Double(value), Resp::V3) => field("double", Value::Number(*value))?,
        (Reply::Double(_), Resp::V2) => string(&bulk_text(reply))?,
        (Reply::BigNumber(text) | Reply::Verbatim(_, text), Resp::V2) => string(text)?,
        (Reply::BigNumber(text), Resp::V3) => field("big_number", string(text)?)?,
        (Reply::Verbatim(format, text), Resp::V3) => {
            let table = lua.create_table()?;
            table.raw_set("string", string(text)?)?;
            table.raw_set("format", lua.create_string(format)?)?;
            field("verbatim_string", Value::Table(table))?
        }
        (Reply::Encoded(_) | Reply::Silent, _) => Value::Nil,
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
pub fn error_table(lua: &Lua, text: &[u8], counted: bool) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    table.raw_set("err", lua.create_string(text)?)?;
    if counted {
        table.raw_set("ignore_error_stats_update", true)?;
    }
    Ok(table)
}

/// What a returned table stands for.
enum Shape {
    Done(Reply),
    Parts(Form, Table),
}

/// How the parts of a reply belong together.
enum Form {
    Array,
    Map,
    Set,
}

/// A reply whose parts are being made.
struct Open {
    form: Form,
    /// The parts as Lua values, counted from 1; those of a map are keys and values in turn.
    values: Table,
    parts: Vec<Reply>,
}

impl Open {
    fn close(self) -> Reply {
        match self.form {
            Form::Array => Reply::Array(self.parts),
            Form::Set => Reply::Set(self.parts),
            Form::Map => {
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
pub struct Answer<'a> {
    meter: &'a Meter,
    resp: Resp,
    bytes: usize,
}

impl<'a> Answer<'a> {
    /// `resp`: what `redis.setresp` has chosen.
    pub fn new(meter: &'a Meter, resp: Resp) -> Self {
        Self { meter, resp, bytes: 0 }
    }

    /// The reply for `value`.
    ///
    /// # Errors
    /// The run is over: the reply is larger than a run's memory, or the budget is used up.
    pub fn reply(&mut self, lua: &Lua, value: &Value) -> mlua::Result<Reply> {
        // Not by recursion: frames with Lua values in them are large.
        let mut open: Vec<Open> = Vec::new();
        let mut made = self.begin(lua, value, &mut open)?;
        loop {
            if let Some(reply) = made.take() {
                match open.last_mut() {
                    Some(parent) => parent.parts.push(reply),
                    None => return Ok(reply),
                }
            }
            let next = match open.last() {
                Some(parent) => parent.values.raw_get(parent.parts.len() + 1)?,
                None => return Ok(Reply::Nil),
            };
            made = match next {
                Value::Nil => open.pop().map(Open::close),
                value => self.begin(lua, &value, &mut open)?,
            };
        }
    }

    /// The reply for a value without parts; one with parts is opened instead.
    fn begin(&mut self, lua: &Lua, value: &Value, open: &mut Vec<Open>) -> mlua::Result<Option<Reply>> {
        self.take(0)?;
        Ok(Some(match value {
            Value::String(text) => Reply::Bulk(self.copy(&text.as_bytes())?),
            Value::Integer(value) => Reply::Int(*value),
            Value::Number(value) => Reply::Int(to_i64(*value)),
            Value::Boolean(value) if self.resp == Resp::V3 => Reply::Bool(*value),
            Value::Boolean(true) => Reply::Int(1),
            Value::Table(_) if open.len() >= DEPTH_MAX => ReplyError::new("ERR reached lua stack limit").into(),
            Value::Table(table) => match self.shape(lua, table)? {
                Shape::Done(reply) => reply,
                Shape::Parts(form, values) => {
                    open.push(Open { form, values, parts: Vec::new() });
                    return Ok(None);
                }
            },
            _ => Reply::Nil,
        }))
    }

    /// What a table stands for, by its fields in Redis's order.
    fn shape(&mut self, lua: &Lua, table: &Table) -> mlua::Result<Shape> {
        if let Value::String(text) = table.raw_get("err")? {
            let text = self.copy(c_string(&text.as_bytes()))?;
            return Ok(Shape::Done(ReplyError::text(text.to_vec()).into()));
        }
        if let Value::String(text) = table.raw_get("ok")? {
            let line: Vec<u8> = self.copy(c_string(&text.as_bytes()))?.iter().map(|byte| line_byte(*byte)).collect();
            return Ok(Shape::Done(Reply::Simple(line.into())));
        }
        match table.raw_get("double")? {
            Value::Number(value) => return Ok(Shape::Done(Reply::Double(value))),
            Value::Integer(value) => return Ok(Shape::Done(Reply::Double(value as f64))),
            _ => {}
        }
        if let Value::Table(map) = table.raw_get("map")? {
            return Ok(Shape::Parts(Form::Map, flat(lua, &map, true)?));
        }
        if let Value::Table(set) = table.raw_get("set")? {
            return Ok(Shape::Parts(Form::Set, flat(lua, &set, false)?));
        }
        if let Value::String(text) = table.raw_get("big_number")? {
            let text: Vec<u8> = self.copy(&text.as_bytes())?.iter().map(|byte| line_byte(*byte)).collect();
            return Ok(Shape::Done(Reply::BigNumber(text.into())));
        }
        Ok(self.verbatim(table)?.map_or_else(|| Shape::Parts(Form::Array, table.clone()), Shape::Done))
    }

    fn verbatim(&mut self, table: &Table) -> mlua::Result<Option<Reply>> {
        let Value::Table(verbatim) = table.raw_get("verbatim_string")? else { return Ok(None) };
        let (Value::String(format), Value::String(text)) = (verbatim.raw_get("format")?, verbatim.raw_get("string")?)
        else {
            return Ok(None);
        };
        // Its first three bytes, up to a zero; blanks for those that are missing.
        let given = format.as_bytes();
        let mut format = [b' '; 3];
        format.iter_mut().zip(c_string(&given)).for_each(|(place, byte)| *place = *byte);
        Ok(Some(Reply::Verbatim(format, self.copy(&text.as_bytes())?)))
    }

    fn copy(&mut self, bytes: &[u8]) -> Result<Bytes, Raise> {
        self.take(bytes.len())?;
        Ok(Bytes::copy_from_slice(bytes))
    }

    fn take(&mut self, len: usize) -> Result<(), Raise> {
        self.bytes = self.bytes.saturating_add(len).saturating_add(ELEMENT_BYTES);
        if self.bytes > self.meter.memory() {
            return Err(self.meter.end(super::budget::End::Memory));
        }
        self.meter.charge(ELEMENT_UNITS)?;
        self.meter.charge_bytes(len)
    }
}

/// The keys of a table in its own order, which is the same on every node unless keys are objects; with the value behind each.
fn flat(lua: &Lua, table: &Table, with_values: bool) -> mlua::Result<Table> {
    let list = lua.create_table()?;
    let mut count = 0;
    for pair in table.pairs::<Value, Value>() {
        let (key, value) = pair?;
        if !matches!(key, Value::String(_) | Value::Integer(_) | Value::Number(_) | Value::Boolean(_)) {
            return Err(Raise::Message(super::raise::OBJECT_KEY.into()).into());
        }
        count += 1;
        list.raw_set(count, key)?;
        if with_values {
            count += 1;
            list.raw_set(count, value)?;
        }
    }
    Ok(list)
}

fn line_byte(byte: u8) -> u8 {
    if byte == b'\r' || byte == b'\n' { b' ' } else { byte }
}

/// The text of whatever was raised, without addresses; for a table its `err`.
pub fn error_text(lua: &Lua, value: Value) -> mlua::Result<Vec<u8>> {
    Ok(match value {
        Value::Nil => b"nil".to_vec(),
        Value::Boolean(value) => value.to_string().into_bytes(),
        Value::Integer(_) | Value::Number(_) | Value::String(_) => {
            lua.coerce_string(value)?.map(|text| text.as_bytes().to_vec()).unwrap_or_default()
        }
        other => super::raise::type_name(&other).as_bytes().to_vec(),
    })
}
