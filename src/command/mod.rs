//! Commands: one static [`Spec`] each, in a file of its own, registered by one line in its family's list.
//!
//! A command takes three steps to add: write `family/name.rs` with a `pub static SPEC: Spec`, made by [`Spec::read`] or
//! [`Spec::write`], add `mod name;` and `&name::SPEC` to `family/mod.rs`. COMMAND, key extraction, the read/write split and
//! all checks of the gate derive from the spec; nothing compares names. A family is a folder, `mod family;` here, and a line in the
//! registry; one of a group that is new to COMMAND DOCS names it in [`Family`]. What is wrong with the arguments alone is found by
//! [`Spec::check`], with the same reading of them as where the command runs.
//!
//! One that comes, or changes, after the first release has the feature level that comes with it ([`Spec::since`], [`Spec::newer_form`]),
//! which [`FEATURE_LEVEL`](crate::FEATURE_LEVEL) then is: `executor/apply.rs` says why.

pub mod access;
pub mod admin;
pub mod bitmap;
mod call;
pub mod cluster;
pub mod connection;
pub mod context;
mod find;
pub mod generic;
pub mod geo;
pub mod glob;
pub mod hash;
mod help;
pub mod hyperloglog;
#[cfg(test)]
pub mod later;
pub mod list;
pub mod lock;
pub mod once;
mod one_slot;
pub mod pubsub;
mod registry;
pub mod repeated;
pub mod script;
pub mod session;
pub mod set;
pub mod stream;
pub mod string;
pub mod strings;
#[cfg(test)]
pub mod testing;
pub mod txn;
pub mod waiting;
pub mod zset;

pub use crate::protocol::Outcome;
pub use call::{COMMANDS, Caller, call_read, call_write, check, check_at, is_known_at, named, since};
pub use context::{
    Arg, ArgFlags, ArgKind, BeginSearch, Blocking, Categories, ChannelNames, Doc, Family, FindKeys, Flags, Guarded,
    KeyFlags, KeySpec, NewerForm, Run, ScriptNamed, ScriptRun, Spec, Wait, WaitingForm,
};
pub use find::keys_of;
pub use one_slot::{OneSlot, check_in_cluster};
pub use registry::{add, all, index_of, lookup, runnable};
