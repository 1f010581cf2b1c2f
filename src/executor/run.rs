//! One command on the store.

use super::once::{self, Begun};
use super::script;
use crate::command::{Run, Spec, call_read, call_write};
use crate::protocol::{Args, Outcome};
use crate::store::{Txn, View};

/// Runs a command that reads.
///
/// # Errors
/// The command's own.
pub fn run_read(spec: &Spec, view: &View<'_>, args: &Args) -> Outcome {
    match spec.run {
        Run::Script(script) if !script.writes => {
            spec.check_form_at(view.state().cluster.level, args)?;
            script::read(script, view, args)
        }
        _ => call_read(spec, view, args),
    }
}

/// Runs a command inside apply: a write, or a read at its place between writes. A read that loads its script does so.
///
/// # Errors
/// The command's own.
pub fn run_write(spec: &Spec, txn: &mut Txn<'_>, args: &Args) -> Outcome {
    match spec.run {
        Run::Script(script) => {
            spec.check_form_at(txn.state().cluster.level, args)?;
            script::write(script, txn, args)
        }
        Run::Once => match once::begin(txn, args)? {
            Begun::Ended(outcome) => outcome,
            Begun::Runs(first) => {
                let outcome = run_write(first.once.spec, txn, &first.once.args);
                first.end(txn, &outcome);
                outcome
            }
        },
        _ => call_write(spec, txn, args),
    }
}
