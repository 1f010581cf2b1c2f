//! ONCE inside apply: runs a command the first time that its id is seen.
//!
//! Invariant: the command's effects, and that its id is known with its reply, are one entry of the log: a state has both or neither. So a
//! request that is sent again, to whichever node, finds its reply or has not run. What is kept is bounded by `once-bytes`; room is asked
//! for before the command runs, because afterwards it could not be refused.

use xxhash_rust::xxh3::Xxh3;

use crate::command::once::Once;
use crate::error::ReplyError;
use crate::protocol::{Args, Outcome, Reply};
use crate::store::{ONCE_REPLY_MAX, Txn, reply_form};

const ANOTHER: ReplyError = ReplyError::new("ERR this ONCE id belongs to another command");
const TOO_LARGE: ReplyError = ReplyError::new("ONCE executed before; its reply was too large to keep");
/// Codes of errors of a command that has not begun: it may be sent again when the reason is gone.
const NOT_BEGUN: [&[u8]; 3] = [b"OOM", b"NOSCRIPT", b"LIMIT"];

/// What an ONCE comes to.
pub enum Begun {
    /// It has run before, or may not run.
    Ended(Outcome),
    /// It runs now.
    Runs(FirstRun),
}

/// A command that runs for the first time.
pub struct FirstRun {
    /// What runs.
    pub once: Once,
    command: u128,
    /// The digest as it was before.
    mark: (u64, usize),
}

/// Looks the id up.
///
/// # Errors
/// What is refused without a trace.
pub fn begin(txn: &mut Txn<'_>, args: &Args) -> Result<Begun, ReplyError> {
    let once = Once::read(txn.state().cluster.level, args)?;
    let command = hash(txn.db_index(), &once.args);
    if !once.spec.is_write() {
        return Ok(Begun::Runs(FirstRun { once, command, mark: txn.state().digest.mark() }));
    }
    if let Some(known) = txn.once(&once.id).filter(|_| !crate::planted::is("ONCE runs again")) {
        let reply = match &known.form {
            _ if known.command != command => Err(ANOTHER),
            Some(form) => reply_form::read(form).ok_or(TOO_LARGE),
            None => Err(TOO_LARGE),
        };
        return Ok(Begun::Ended(reply));
    }
    // What is refused whatever the state is changes nothing, and is not kept.
    once.spec.check_form_at(txn.state().cluster.level, &once.args)?;
    once.spec.check.map_or(Ok(()), |check| check(&once.args))?;
    txn.check_once_room(&once.id)?;
    let mark = txn.state().digest.mark();
    Ok(Begun::Runs(FirstRun { once, command, mark }))
}

impl FirstRun {
    /// Keeps what the command answered.
    pub fn end(self, txn: &mut Txn<'_>, outcome: &Outcome) {
        if !self.once.spec.is_write() {
            return;
        }
        let form = match outcome {
            Err(error) if NOT_BEGUN.contains(&error.code()) && txn.state().digest.mark() == self.mark => return,
            Err(error) => reply_form::write(&Reply::Error(error.clone()), ONCE_REPLY_MAX),
            Ok(reply) => reply_form::write(reply, ONCE_REPLY_MAX),
        };
        txn.keep_once(&self.once.id, self.command, form);
    }
}

/// Hash of a command: what would run, and where.
fn hash(db: usize, args: &Args) -> u128 {
    let mut hash = Xxh3::new();
    hash.update(&(db as u64).to_le_bytes());
    for arg in args.iter() {
        hash.update(&(arg.len() as u64).to_le_bytes());
        hash.update(arg);
    }
    hash.digest128()
}

#[cfg(test)]
mod tests;
