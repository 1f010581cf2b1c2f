//! MODULE LIST: there are none. MODULE LOAD and its kin are unknown.

use super::doc;
use crate::command::{Flags, Spec};
use crate::protocol::Reply;

pub static SPEC: Spec = Spec::container(
    "module",
    doc("4.0.0", "Depends on the subcommand", "Tells which modules are loaded: none."),
    &[&LIST],
);
static LIST: Spec = Spec::session(
    "module|list",
    2,
    Flags::ADMIN.union(Flags::NOSCRIPT),
    doc("4.0.0", "O(1)", "Returns an empty list."),
    |_, _| Reply::Array(vec![]).into(),
);
