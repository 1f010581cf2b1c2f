//! ACL WHOAMI: the only user there is so far.

use super::doc;
use crate::command::{Flags, Spec};
use crate::protocol::Reply;

pub static SPEC: Spec = Spec::container(
    "acl",
    doc("6.0.0", "Depends on the subcommand", "Tells who the connection's user is."),
    &[&WHOAMI],
);
static WHOAMI: Spec = Spec::session(
    "acl|whoami",
    2,
    Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE),
    doc("6.0.0", "O(1)", "Returns the name of the connection's user."),
    |_, _| Reply::bulk("default").into(),
);
