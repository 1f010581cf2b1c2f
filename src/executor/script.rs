//! EVAL and its kin: runs scripts on the store.
//!
//! A script that is given by its text is loaded as soon as it compiles, whether or not it then fails, as in Redis; where it only reads it
//! is loaded by the log alone.

mod host;

use crate::command::script::{Request, store};
use crate::command::{ScriptNamed, ScriptRun};
use crate::error::{OUT_OF_MEMORY, ReplyError};
use crate::protocol::{Args, Outcome};
use crate::script::{PreparedScript, Source};
use crate::store::{Txn, View};
use host::ScriptHost;

/// Runs a script inside apply.
///
/// # Errors
/// The request's, and the script's own.
pub fn write(script: ScriptRun, txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let request = Request::read(script.named, args, &txn.state().scripts)?;
    let source = &request.source;
    if script.writes {
        check_memory(txn, source)?;
    }
    let prepared = PreparedScript::new(source, &txn.state().options)?;
    if script.named == ScriptNamed::Text {
        store(txn, source);
    }
    let mut host = if script.writes {
        ScriptHost::writing(txn, source.no_writes()).allow_oom(source.allow_oom())
    } else {
        check_read_only(source)?;
        ScriptHost::writing(txn, true)
    };
    let outcome = prepared.run(request.keys(), request.argv(), &mut host);
    host.finish(&outcome);
    outcome
}

/// Runs a script that only reads, on the state of one node.
///
/// # Errors
/// The request's, and the script's own.
pub fn read(script: ScriptRun, view: &View<'_>, args: &Args) -> Outcome {
    let request = Request::read(script.named, args, &view.state().scripts)?;
    check_read_only(&request.source)?;
    let prepared = PreparedScript::new(&request.source, &view.state().options)?;
    let mut host = ScriptHost::reading(view);
    let outcome = prepared.run(request.keys(), request.argv(), &mut host);
    host.finish(&outcome);
    outcome
}

/// Refuses a script that says what it is, and not that it can do without memory, where the origin had none left.
fn check_memory(txn: &Txn<'_>, source: &Source) -> Result<(), ReplyError> {
    if txn.is_short_of_memory() && source.needs_memory_by_declaration() { Err(OUT_OF_MEMORY) } else { Ok(()) }
}

/// Refuses a script that says what it is, and not that it only reads.
fn check_read_only(source: &Source) -> Result<(), ReplyError> {
    if source.may_write_by_declaration() {
        return Err(ReplyError::new("ERR Can not execute a script with write flag using *_ro command."));
    }
    Ok(())
}
