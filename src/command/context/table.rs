//! The table of all commands, for those that look others up.

use super::Spec;
use crate::error::ReplyError;
use crate::protocol::Args;

/// See the module's header.
pub trait Table: Sync {
    /// All top-level commands, in the order in which COMMAND lists them.
    fn all(&self) -> &'static [&'static Spec];
    /// All that run by themselves, subcommands too.
    fn runnable(&self) -> &'static [&'static Spec];
    /// The place among those of a command, or of a form of it.
    fn index_of(&self, spec: &'static Spec) -> Option<usize>;
    /// The command called `name`, whatever its case.
    fn lookup(&self, name: &[u8]) -> Option<&'static Spec>;
    /// The command that a client's `args` name, a subcommand included.
    ///
    /// # Errors
    /// What the client is told of a name, a subcommand or a number of arguments that is wrong.
    fn check(&self, args: &Args) -> Result<&'static Spec, ReplyError>;
}
