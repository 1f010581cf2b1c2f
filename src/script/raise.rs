//! Errors on their way through Lua. A Rust function cannot raise a Lua value through mlua, so it raises a [`Raise`],
//! which everything that catches errors turns into the value that Redis would have raised.

use std::fmt;

use mlua::{Lua, Value};

/// Why a key that is an object stops an iteration: its place in the table is a matter of its address.
pub const OBJECT_KEY: &str =
    "a table whose keys are tables, functions or threads cannot be iterated: their order differs by node";

/// The chunk name of our own Lua code: its functions pass for C functions, that is without a position in messages.
pub const OWN_CHUNK: &str = "[own]";

/// An error raised by a library function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Raise {
    /// A message, with its position in front.
    Message(Vec<u8>),
    /// A table with this `err`, as `redis.call` raises.
    Table(Vec<u8>),
    /// The run is over; nothing catches this.
    Ended,
}

impl fmt::Display for Raise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(text) | Self::Table(text) => f.write_str(&String::from_utf8_lossy(text)),
            Self::Ended => f.write_str("the script was stopped"),
        }
    }
}

impl std::error::Error for Raise {}

impl From<Raise> for mlua::Error {
    fn from(raise: Raise) -> Self {
        Self::external(raise)
    }
}

/// A message with the position of the code that called the running function (`luaL_error`).
pub fn message(lua: &Lua, text: impl AsRef<[u8]>) -> mlua::Error {
    let mut bytes = position(lua, 1);
    bytes.extend_from_slice(text.as_ref());
    Raise::Message(bytes).into()
}

/// `chunk:line: ` of the function at `level`, nothing for a C function.
fn position(lua: &Lua, level: usize) -> Vec<u8> {
    let place = lua.inspect_stack(level, |debug| {
        let line = debug.current_line()?;
        let chunk = debug.source().short_src?.into_owned();
        (chunk != OWN_CHUNK && line > 0).then(|| format!("{chunk}:{line}: "))
    });
    place.flatten().unwrap_or_default().into_bytes()
}

/// `bad argument #n to 'function' (what)` (`luaL_argerror`).
pub fn bad_argument(lua: &Lua, n: usize, what: &str) -> mlua::Error {
    let (name, is_method) = lua
        .inspect_stack(0, |debug| {
            let names = debug.names();
            (names.name.map(|name| name.into_owned()), names.name_what == Some("method"))
        })
        .unwrap_or((None, false));
    let name = name.unwrap_or_else(|| "?".into());
    match (is_method, n) {
        (true, 1) => message(lua, format!("calling '{name}' on bad self ({what})")),
        (true, n) => message(lua, format!("bad argument #{} to '{name}' ({what})", n - 1)),
        (false, n) => message(lua, format!("bad argument #{n} to '{name}' ({what})")),
    }
}

/// Lua's name of a value's type.
pub fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Nil => "nil",
        Value::Boolean(_) => "boolean",
        Value::Integer(_) | Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Table(_) => "table",
        Value::Function(_) => "function",
        Value::Thread(_) => "thread",
        _ => "userdata",
    }
}

/// What was raised, as mlua hands it over.
#[derive(Debug)]
pub enum Caught {
    /// One of ours, or one that mlua made.
    Raise(Raise),
    /// Memory ran out.
    Memory,
    /// A Lua value.
    Value(Value),
}

/// Sorts out an error value that Lua caught.
pub fn caught(value: Value) -> Caught {
    match value {
        Value::Error(error) => match error.downcast_ref::<Raise>() {
            Some(raise) => Caught::Raise(raise.clone()),
            None if is_memory(&error) => Caught::Memory,
            None => Caught::Raise(Raise::Message(error.to_string().into_bytes())),
        },
        // Lua's own text; a script that raises the same one by itself only stops itself.
        Value::String(text) if *text.as_bytes() == *b"not enough memory" => Caught::Memory,
        Value::String(text) => match own_position(&text.as_bytes()) {
            Some(rest) => Caught::Raise(Raise::Message(rest)),
            None => Caught::Value(Value::String(text)),
        },
        value => Caught::Value(value),
    }
}

/// True if memory ran out, however deep.
pub fn is_memory(error: &mlua::Error) -> bool {
    match error {
        mlua::Error::MemoryError(_) => true,
        mlua::Error::CallbackError { cause, .. }
        | mlua::Error::BadArgument { cause, .. }
        | mlua::Error::WithContext { cause, .. } => is_memory(cause),
        _ => false,
    }
}

/// The message without a position in our own Lua code, if it has one.
fn own_position(text: &[u8]) -> Option<Vec<u8>> {
    let rest = text.strip_prefix(OWN_CHUNK.as_bytes())?.strip_prefix(b":")?;
    let colon = rest.iter().position(|byte| *byte == b':')?;
    Some(rest.get(colon + 2..)?.to_vec())
}
