//! ACL: users and what they may do.
//!
//! Users are part of the replicated state. What changes them is read here, with the names of commands and categories that this node knows,
//! and goes through the log without a password in it; see [`crate::store::Users`].

mod apply;
mod cat;
mod change;
mod deluser;
mod dryrun;
mod file;
mod genpass;
mod getuser;
mod help;
mod list;
mod load;
mod log;
mod setuser;

use super::{OPEN, doc};
use crate::command::{Flags, Spec};

pub use apply::{BEGIN, DELETE, LOAD, SET};
pub use change::{begin_args, change, password_args};
pub use file::parse as parse_file;

/// ACL.
pub static SPEC: Spec = Spec::container(
    "acl",
    doc("6.0.0", "Depends on the subcommand", "Says who may do what."),
    &[
        &cat::SPEC,
        &deluser::SPEC,
        &dryrun::SPEC,
        &genpass::SPEC,
        &getuser::SPEC,
        &help::SPEC,
        &list::LIST,
        &load::LOAD,
        &log::SPEC,
        &load::SAVE,
        &setuser::SPEC,
        &list::USERS,
        &list::WHOAMI,
    ],
);

/// Flags of those that everybody may call.
const PLAIN: Flags = OPEN.union(Flags::NOSCRIPT);
/// The feature level since which users are part of the state.
const LEVEL: u32 = 3;
