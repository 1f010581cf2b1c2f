//! One run of a script or of a library's function: from what is run and its arguments to its reply.

use std::sync::Arc;

use bytes::Bytes;

use super::convert::ReplyMaker;
use super::ending::{message, stopped};
use super::host::Host;
use super::lib::Script;
use super::library::{LoadedLibrary, loaded};
use super::source::{Sha, Source};
use super::vm::machine::{End, Fault, Machine, Res, refused};
use super::vm::value::LuaValue;
use crate::error::ReplyError;
use crate::protocol::{Outcome, Reply};
use crate::store::{Library, Options};

/// Redis's text, for functions too.
const KILLED: &[u8] = b"ERR Script killed by user with SCRIPT KILL.";

/// A compiled script in front of its run.
#[derive(Debug)]
pub struct PreparedScript {
    program: Program,
    budget: u64,
    memory: u64,
    /// Units and bytes that the run begins with.
    begins_with: (u64, u64),
    /// Units that it may use here, though its budget may be more.
    allowed: u64,
}

#[derive(Debug)]
enum Program {
    /// All of a script.
    Script(Arc<Script>, Sha),
    /// The function at this place of a library, and its name.
    Function(Arc<LoadedLibrary>, usize, Bytes),
}

/// What came of a run.
#[derive(Debug)]
pub struct Ran {
    /// Its reply, or its own error, or why it was stopped.
    pub outcome: Outcome,
    /// Units that it used, without those that it begins with; `u64::MAX` if it wanted more than it was allowed here.
    pub units: u64,
}

impl PreparedScript {
    /// Compiles the script within the bounds of its run.
    ///
    /// # Errors
    /// Redis's text with Lua's message; the run would be over before it begins.
    pub fn new(source: &Source, options: &Options) -> Result<Self, ReplyError> {
        let (budget, memory) = (options.script_budget, options.script_memory);
        let room = usize::try_from(memory).unwrap_or(usize::MAX);
        let script = super::cache::compiled(source, budget, room).map_err(|why| match refused(why) {
            Ok(text) => ReplyError::text([b"ERR Error compiling script (new function): ", text.as_slice()].concat()),
            Err(end) => over(end, budget, memory),
        })?;
        let begins_with = (script.units(), script.bytes() as u64);
        Self::within(Program::Script(script, source.sha()), options, begins_with)
    }

    /// The function at this place of a library.
    ///
    /// # Errors
    /// The run would be over before it begins.
    pub fn function(library: &Library, place: usize, options: &Options) -> Result<Self, ReplyError> {
        let name = library.functions.get(place).map(|function| function.name.clone()).unwrap_or_default();
        let begins_with = (library.units, library.bytes);
        Self::within(Program::Function(loaded(library)?, place, name), options, begins_with)
    }

    /// Charged whether or not this process has compiled or loaded it before.
    fn within(program: Program, options: &Options, begins_with: (u64, u64)) -> Result<Self, ReplyError> {
        let (budget, memory) = (options.script_budget, options.script_memory);
        let prepared = Self { program, budget, memory, begins_with, allowed: u64::MAX };
        if prepared.budget < begins_with.0 {
            return Err(prepared.stopped(End::Budget));
        }
        if prepared.memory < begins_with.1 {
            return Err(prepared.stopped(End::Memory));
        }
        Ok(prepared)
    }

    /// The same, for a run that may use `units` here. One that its budget would let go on from there is given up.
    pub fn allowed(self, units: u64) -> Self {
        Self { allowed: units, ..self }
    }

    /// Runs the script. What it has written before an error stays, as in Redis.
    pub fn run(
        self,
        keys: impl Iterator<Item = impl AsRef<[u8]>>,
        argv: impl Iterator<Item = impl AsRef<[u8]>>,
        host: &mut dyn Host,
    ) -> Ran {
        let budget = self.budget - self.begins_with.0;
        let fuel = budget.min(self.allowed);
        let memory = usize::try_from(self.memory).unwrap_or(usize::MAX);
        let mut vm = match &self.program {
            Program::Script(script, _) => script.start(fuel, memory - script.bytes()),
            Program::Function(library, ..) => library.image.start(fuel, memory - library.code_bytes),
        };
        let may_be_stopped = host.may_be_stopped();
        vm.random = host.random();
        vm.host = Some(host);
        if may_be_stopped {
            vm.slice();
        }
        let ran = self.execute(&mut vm, keys, argv);
        let is_given_up = fuel < budget && matches!(ran, Err(Fault::Ended(End::Budget)));
        let units = if is_given_up { u64::MAX } else { fuel - vm.units_left() };
        let outcome = match ran {
            Ok(reply) => Ok(reply),
            Err(Fault::Error(value)) => Err(self.failure(&vm, value)),
            Err(Fault::Ended(End::Killed)) => Err(self.placed(&vm, KILLED.to_vec())),
            Err(Fault::Ended(end)) => Err(self.stopped(end)),
            Err(Fault::Yield(_)) => Err(ReplyError::new("ERR attempt to yield from outside a coroutine")),
        };
        Ran { outcome, units }
    }

    fn execute(
        &self,
        vm: &mut Machine<'_>,
        keys: impl Iterator<Item = impl AsRef<[u8]>>,
        argv: impl Iterator<Item = impl AsRef<[u8]>>,
    ) -> Res<Reply> {
        let keys = list(vm, keys)?;
        let argv = list(vm, argv)?;
        let arguments = match &self.program {
            Program::Script(..) => {
                vm.set_arguments(keys, argv);
                0
            }
            Program::Function(library, place, _) => {
                let callback = library.callbacks.get(*place).copied().unwrap_or_default();
                for (place, value) in vm.thread.stack.iter_mut().zip([callback, keys, argv]) {
                    *place = value;
                }
                vm.thread.top = 3;
                2
            }
        };
        let count = vm.call_at(0, arguments)?;
        let value = if count == 0 { LuaValue::Nil } else { vm.thread.stack.first().copied().unwrap_or_default() };
        ReplyMaker::new(vm).reply(value)
    }

    /// An uncaught error as Redis reports it, with the place of the innermost call.
    fn failure(&self, vm: &Machine<'_>, value: LuaValue) -> ReplyError {
        self.placed(vm, message(vm, value))
    }

    fn placed(&self, vm: &Machine<'_>, mut text: Vec<u8>) -> ReplyError {
        let place = vm.thread.frames.last().and_then(|frame| vm.line(frame));
        if let Some((chunk, line)) = place {
            let name = match &self.program {
                Program::Script(_, sha) => sha.as_slice(),
                Program::Function(.., name) => name,
            };
            text.extend(format!(" script: {}, on ", String::from_utf8_lossy(name)).bytes());
            text.extend_from_slice(&chunk.source);
            text.extend(format!(":{line}.").bytes());
        }
        ReplyError::text(text)
    }

    /// What the client reads when the run was stopped.
    fn stopped(&self, end: End) -> ReplyError {
        over(end, self.budget, self.memory)
    }
}

fn over(end: End, budget: u64, memory: u64) -> ReplyError {
    let why = stopped("script", end, budget, memory);
    ReplyError::text(format!("ERR {why}; what it had written stays"))
}

fn list(vm: &mut Machine<'_>, items: impl Iterator<Item = impl AsRef<[u8]>>) -> Res<LuaValue> {
    let table = vm.table(items.size_hint().0, 0);
    for (i, item) in items.enumerate() {
        let text = vm.string(item.as_ref())?;
        vm.raw_set(table, LuaValue::Number((i + 1) as f64), text)?;
    }
    Ok(LuaValue::Table(table))
}
