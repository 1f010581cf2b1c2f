//! One run of a script: from its source and arguments to its reply.

use std::sync::Arc;

use super::convert::ReplyMaker;
use super::host::Host;
use super::lib::Script;
use super::source::Source;
use super::vm::machine::{End, Fault, Machine, Res};
use super::vm::value::LuaValue;
use crate::error::{ReplyError, c_string};
use crate::protocol::{Outcome, Reply};
use crate::store::Options;

/// A compiled script in front of its run.
#[derive(Debug)]
pub struct PreparedScript {
    script: Arc<Script>,
    name: String,
    budget: u64,
    memory: usize,
}

impl PreparedScript {
    /// Compiles the script.
    ///
    /// # Errors
    /// Redis's text with Lua's message.
    pub fn new(source: &Source, options: &Options) -> Result<Self, ReplyError> {
        let script = super::cache::compiled(source).map_err(|text| {
            ReplyError::text([b"ERR Error compiling script (new function): ", text.as_slice()].concat())
        })?;
        let memory = usize::try_from(options.script_memory).unwrap_or(usize::MAX);
        let prepared = Self { script, name: source.name(), budget: options.script_budget, memory };
        // Charged whether or not this process has compiled it before.
        if prepared.budget < prepared.script.units() {
            return Err(prepared.stopped(End::Budget));
        }
        if prepared.memory < prepared.script.bytes() {
            return Err(prepared.stopped(End::Memory));
        }
        Ok(prepared)
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
        let mut vm = self.script.start(self.budget - self.script.units(), self.memory - self.script.bytes());
        vm.host = Some(host);
        match execute(&mut vm, keys, argv) {
            Ok(reply) => Ok(reply),
            Err(Fault::Error(value)) => Err(self.failure(&vm, value)),
            Err(Fault::Ended(end)) => Err(self.stopped(end)),
            Err(Fault::Yield(_)) => Err(ReplyError::new("ERR attempt to yield from outside a coroutine")),
        }
    }

    /// An uncaught error as Redis reports it, with the place of the innermost call.
    fn failure(&self, vm: &Machine<'_>, value: LuaValue) -> ReplyError {
        let mut text = match value {
            LuaValue::Table(table) => {
                let text = vm.raw_get(table, LuaValue::Str(super::vm::names::ERR));
                vm.text_of(text).map_or_else(|| b"ERR unknown error".to_vec(), |text| text.into_owned())
            }
            LuaValue::Str(_) | LuaValue::Number(_) => [b"ERR ", &*vm.text_of(value).unwrap_or_default()].concat(),
            LuaValue::Bool(value) => format!("ERR {value}").into_bytes(),
            other => format!("ERR {}", other.type_name()).into_bytes(),
        };
        // Redis takes the message for a C string.
        text.truncate(c_string(&text).len());
        let place = vm.thread.frames.last().and_then(|frame| vm.line(frame));
        if let Some((chunk, line)) = place {
            text.extend(format!(" script: {}, on ", self.name).bytes());
            text.extend_from_slice(&chunk.source);
            text.extend(format!(":{line}.").bytes());
        }
        ReplyError::text(text)
    }

    /// What the client reads when the run was stopped.
    fn stopped(&self, end: End) -> ReplyError {
        let (budget, memory) = (self.budget, self.memory);
        ReplyError::text(match end {
            End::Budget => format!(
                "ERR the script was stopped: its budget of {budget} units is used up (script-budget); what it had written stays"
            ),
            End::Memory => format!(
                "ERR the script was stopped: it needs more than {memory} bytes (script-memory); what it had written stays"
            ),
        })
    }
}

fn execute(
    vm: &mut Machine<'_>,
    keys: impl Iterator<Item = impl AsRef<[u8]>>,
    argv: impl Iterator<Item = impl AsRef<[u8]>>,
) -> Res<Reply> {
    let keys = list(vm, keys)?;
    let argv = list(vm, argv)?;
    vm.set_arguments(keys, argv);
    let count = vm.call_at(0, 0)?;
    let value = if count == 0 { LuaValue::Nil } else { vm.thread.stack.first().copied().unwrap_or_default() };
    ReplyMaker::new(vm).reply(value)
}

fn list(vm: &mut Machine<'_>, items: impl Iterator<Item = impl AsRef<[u8]>>) -> Res<LuaValue> {
    let table = vm.table(items.size_hint().0, 0);
    for (i, item) in items.enumerate() {
        let text = vm.string(item.as_ref())?;
        vm.raw_set(table, LuaValue::Number((i + 1) as f64), text)?;
    }
    Ok(LuaValue::Table(table))
}
