//! The command inside `ONCE id command …`.

use bytes::Bytes;

use super::call::{Caller, check_at};
use super::context::ONCE_COMMAND_AT;
use super::{Flags, Run, Spec};
use crate::error::ReplyError;
use crate::protocol::Args;

const NOT_IN_ONCE: ReplyError = ReplyError::new("ERR this command is not allowed in ONCE");

/// What ONCE is to run.
#[derive(Clone, Debug)]
pub struct Once {
    /// Names the request.
    pub id: Bytes,
    /// The command.
    pub spec: &'static Spec,
    /// Its own arguments.
    pub args: Args,
}

impl Once {
    /// Reads the arguments of ONCE as a binary does that knows this feature level and no more.
    ///
    /// # Errors
    /// The id is too long; the command is unknown, lacks arguments, or may not stand here: what waits, what concerns the connection or the
    /// node, what scripts may not call (unless it runs one), ONCE.
    pub fn read(level: u32, args: &Args) -> Result<Self, ReplyError> {
        super::generic::check_once(args)?;
        let inner = args.skip(ONCE_COMMAND_AT);
        let spec = check_at(level, Caller::Client, &inner)?;
        let is_allowed = match spec.run {
            Run::Read(_) | Run::Pure(_) | Run::Script(_) => true,
            Run::Write(_) => !spec.flags.contains(Flags::NOSCRIPT),
            // What admits another command has that one looked at when it runs.
            Run::Guarded(_) => true,
            // LOCK.ACQUIRE without WAIT.
            Run::Blocking(_) => check_at(level, Caller::Script, &inner).is_ok() && !spec.may_wait(&inner),
            Run::Once | Run::Session(_) | Run::Container => false,
        };
        if !is_allowed {
            return Err(NOT_IN_ONCE);
        }
        Ok(Self { id: args.bytes(1), spec, args: inner })
    }

    /// What `args` run if `spec` is ONCE's, and they can be read.
    pub fn of(spec: &Spec, args: &Args) -> Option<Self> {
        if matches!(spec.run, Run::Once) { Self::read(u32::MAX, args).ok() } else { None }
    }

    /// The command that `spec` and `args` are about: of ONCE the inner one, if that can be read.
    pub fn about(spec: &'static Spec, args: &Args) -> &'static Spec {
        Self::of(spec, args).map_or(spec, |once| once.spec)
    }
}
