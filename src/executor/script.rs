//! EVAL, FCALL and their kin: runs scripts on the store.
//!
//! A script that is given by its text is loaded as soon as it compiles, whether or not it then fails, as in Redis; where it only reads it
//! is loaded by the log alone.

mod host;
mod slots;

use crate::command::script::{Program, Request};
use crate::command::{ScriptNamed, ScriptRun};
use crate::error::{OUT_OF_MEMORY, ReplyError};
use crate::protocol::{Args, Outcome};
use crate::script::{Declaration, Ran};
use crate::store::{Txn, View};
use host::ScriptHost;
use slots::ScriptSlots;

/// Runs a script inside apply.
///
/// # Errors
/// The request's, and the script's own.
pub fn write(script: ScriptRun, txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let request = Request::read(script.named, args, txn.state())?;
    let declared = request.program.declaration();
    let slots = ScriptSlots::new(txn.is_in_cluster(), declared, request.keys())?;
    if script.writes {
        check_memory(txn, declared)?;
    }
    let prepared = request.program.prepare(&txn.state().options)?;
    if let Program::Script(source) = &request.program {
        match script.named {
            ScriptNamed::Text => txn.give_script(source.sha(), source.body()),
            ScriptNamed::Sha | ScriptNamed::Function => txn.note_script_use(&source.sha()),
        }
    }
    let mut host = if script.writes {
        ScriptHost::writing(txn, declared.no_writes()).allow_oom(declared.allow_oom())
    } else {
        check_read_only(declared)?;
        ScriptHost::writing(txn, true)
    }
    .keeps(slots);
    let Ran { outcome, .. } = prepared.run(request.keys(), request.argv(), &mut host);
    host.finish(&outcome);
    outcome
}

/// Runs a script that only reads, on the state of one node. What it does is work of the view: where that may not do as much, the script is
/// given up, also before it is compiled.
///
/// # Errors
/// The request's, and the script's own.
pub fn read(script: ScriptRun, view: &View<'_>, args: &Args) -> Outcome {
    let request = Request::read(script.named, args, view.state())?;
    let declared = request.program.declaration();
    let slots = ScriptSlots::new(view.is_in_cluster(), declared, request.keys())?;
    check_read_only(declared)?;
    view.work(request.program.preparing_units())?;
    let prepared = request.program.prepare(&view.state().options)?.allowed(view.work_left());
    let mut host = ScriptHost::reading(view).keeps(slots);
    let Ran { outcome, units } = prepared.run(request.keys(), request.argv(), &mut host);
    host.finish(&outcome);
    view.work(units)?;
    outcome
}

/// Refuses a script that says what it is, and not that it can do without memory, where the origin had none left.
fn check_memory(txn: &Txn<'_>, declared: Declaration) -> Result<(), ReplyError> {
    if txn.is_short_of_memory() && declared.needs_memory() { Err(OUT_OF_MEMORY) } else { Ok(()) }
}

/// Refuses a script that says what it is, and not that it only reads.
fn check_read_only(declared: Declaration) -> Result<(), ReplyError> {
    if declared.may_write() {
        return Err(ReplyError::new("ERR Can not execute a script with write flag using *_ro command."));
    }
    Ok(())
}
