//! One run of a script: from its source and arguments to its reply.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use mlua::{Function, Lua, MultiValue, Value};

use super::budget::{End, Meter};
use super::convert::{Answer, error_text};
use super::host::Host;
use super::raise::{Caught, OWN_CHUNK, Raise, caught, is_memory};
use super::sandbox::Sandbox;
use super::source::Source;
use super::{api, base};
use crate::error::{ReplyError, c_string};
use crate::protocol::{Outcome, Reply, Resp};
use crate::store::Options;

/// The chunk name of scripts, as Redis shows it.
const CHUNK: &[u8] = b"@user_script";

/// What a script failed with, and where.
#[derive(Debug)]
struct Failure {
    text: Vec<u8>,
    place: Option<String>,
}

/// A compiled script in a state made for its one run.
#[derive(Debug)]
pub struct Prepared {
    sandbox: Sandbox,
    body: Function,
    name: String,
}

impl Prepared {
    /// Makes a state and compiles the script in it.
    ///
    /// # Errors
    /// Redis's text with Lua's message.
    pub fn new(source: &Source, options: &Options) -> Result<Self, ReplyError> {
        let sandbox = Sandbox::new(options)
            .map_err(|error| ReplyError::text(format!("ERR the script's sandbox could not be made: {error}")))?;
        let Sandbox { lua, meter, shield, .. } = &sandbox;
        match base::load(lua, meter, source.code(), CHUNK, shield.env()) {
            Ok(Ok(body)) => Ok(Self { sandbox, body, name: source.name() }),
            Ok(Err(text)) => {
                Err(ReplyError::text([b"ERR Error compiling script (new function): ", text.as_slice()].concat()))
            }
            Err(_) => Err(meter.error(meter.ended().unwrap_or(End::Memory))),
        }
    }

    /// Runs the script. What it has written before an error stays, as in Redis.
    ///
    /// # Errors
    /// The script's own error, or why it was stopped.
    pub fn run(
        self,
        keys: impl Iterator<Item = impl AsRef<[u8]>>,
        argv: impl Iterator<Item = impl AsRef<[u8]>>,
        host: &mut dyn Host,
    ) -> Outcome {
        let Self { sandbox, body, name } = self;
        let Sandbox { lua, meter, globals, .. } = &sandbox;
        let set = list(lua, meter, keys)
            .and_then(|keys| globals.raw_set("KEYS", keys))
            .and_then(|()| globals.raw_set("ARGV", list(lua, meter, argv)?));
        set.map_err(|_| meter.error(meter.ended().unwrap_or(End::Memory)))?;
        let outcome = execute(&sandbox, body, host);
        if let Some(end) = meter.ended() {
            return Err(meter.error(end));
        }
        outcome.map_err(|failure| {
            let mut text = failure.text;
            if let Some(place) = failure.place {
                text.extend_from_slice(format!(" script: {name}, on {place}.").as_bytes());
            }
            ReplyError::text(text)
        })
    }
}

fn list(lua: &Lua, meter: &Meter, items: impl Iterator<Item = impl AsRef<[u8]>>) -> mlua::Result<mlua::Table> {
    let table = lua.create_table()?;
    for (i, item) in items.enumerate() {
        meter.charge_bytes(item.as_ref().len())?;
        table.raw_set(i + 1, lua.create_string(item.as_ref())?)?;
    }
    meter.settle(lua)?;
    Ok(table)
}

fn execute(sandbox: &Sandbox, body: Function, host: &mut dyn Host) -> Result<Reply, Failure> {
    let Sandbox { lua, meter, redis, main, .. } = sandbox;
    let (host, resp) = (RefCell::new(host), Cell::new(Resp::V2));
    let failure: Rc<RefCell<Option<Failure>>> = Rc::default();
    let result = lua.scope(|scope| {
        api::attach(scope, redis, meter, &host, &resp)?;
        let (noted, on_meter) = (failure.clone(), meter.clone());
        let handler = lua.create_function(move |lua, value: Value| {
            *noted.borrow_mut() = Some(describe(lua, &on_meter, value)?);
            Ok(())
        })?;
        let mut values: MultiValue = main.call((body, handler))?;
        match values.pop_front() {
            Some(Value::Boolean(true)) => {
                let value = values.pop_front().unwrap_or(Value::Nil);
                Answer::new(meter, resp.get()).reply(lua, &value).map(Some)
            }
            _ => {
                // Without a word of the handler: memory ran out, or the handler itself failed.
                if failure.borrow().is_none() {
                    let value = values.pop_front().unwrap_or(Value::Nil);
                    *failure.borrow_mut() = Some(describe(lua, meter, value)?);
                }
                Ok(None)
            }
        }
    });
    match result {
        Ok(Some(reply)) => Ok(reply),
        Ok(None) => Err(failure.take().unwrap_or_else(|| Failure { text: b"ERR unknown error".to_vec(), place: None })),
        Err(error) => {
            if is_memory(&error) {
                meter.end(End::Memory);
            }
            let text = match error.downcast_ref::<Raise>() {
                Some(Raise::Message(text)) => [b"ERR ", text.as_slice()].concat(),
                Some(Raise::Table(text)) => text.clone(),
                _ => format!("ERR {error}").into_bytes(),
            };
            Err(Failure { text, place: None })
        }
    }
}

/// An uncaught error as Redis reports it; called where it was raised.
fn describe(lua: &Lua, meter: &Meter, value: Value) -> mlua::Result<Failure> {
    let place = (0..).map_while(|level| lua.inspect_stack(level, place)).flatten().next();
    let prefixed = |text: Vec<u8>| [b"ERR ", text.as_slice()].concat();
    let text = match caught(value) {
        Caught::Memory => {
            meter.end(End::Memory);
            Vec::new()
        }
        Caught::Raise(Raise::Message(text)) => prefixed(text),
        Caught::Raise(Raise::Table(text)) => text,
        Caught::Raise(Raise::Ended) => Vec::new(),
        Caught::Value(Value::Table(table)) => match table.raw_get("err")? {
            text @ (Value::String(_) | Value::Integer(_) | Value::Number(_)) => error_text(lua, text)?,
            _ => b"ERR unknown error".to_vec(),
        },
        Caught::Value(value) => prefixed(error_text(lua, value)?),
    };
    // Redis takes the message for a C string.
    Ok(Failure { text: c_string(&text).to_vec(), place })
}

/// Source and line, if a function of the script runs at this level.
fn place(debug: &mlua::debug::Debug<'_>) -> Option<String> {
    let line = debug.current_line()?;
    let source = debug.source();
    if source.what == "C" || source.short_src.as_deref() == Some(OWN_CHUNK) {
        return None;
    }
    source.source.map(|name| format!("{name}:{line}"))
}
