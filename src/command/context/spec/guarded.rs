//! Commands that run another one on a condition.

use crate::error::ReplyError;
use crate::protocol::Args;
use crate::store::Txn;

/// How such a command runs: it does nothing itself, and answers as the other one does.
#[derive(Clone, Copy)]
pub struct Guarded {
    /// Where the name of the other command stands among the arguments.
    pub command_at: usize,
    /// Refuses to run it; changes nothing.
    pub admit: fn(&mut Txn<'_>, &Args) -> Result<(), ReplyError>,
}

/// The argument of ONCE where its command begins.
pub const ONCE_COMMAND_AT: usize = 2;
