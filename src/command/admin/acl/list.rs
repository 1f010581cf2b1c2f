//! ACL LIST, USERS, WHOAMI

use super::super::{ADMIN, doc};
use super::{LEVEL, PLAIN};
use crate::command::Spec;
use crate::protocol::Reply;

pub static LIST: Spec = Spec::session(
    "acl|list",
    2,
    ADMIN,
    doc("6.0.0", "O(N) with the number of users", "Shows all users as the lines of a file."),
    |call, _| Reply::Array(call.node.users().iter().map(|user| Reply::bulk(user.line())).collect()).into(),
)
.since(LEVEL);
pub static USERS: Spec = Spec::session(
    "acl|users",
    2,
    ADMIN,
    doc("6.0.0", "O(N) with the number of users", "Returns the names of all users."),
    |call, _| Reply::Array(call.node.users().iter().map(|user| Reply::Bulk(user.name.clone())).collect()).into(),
)
.since(LEVEL);
pub static WHOAMI: Spec = Spec::session(
    "acl|whoami",
    2,
    PLAIN,
    doc("6.0.0", "O(1)", "Returns the name of the connection's user."),
    |call, _| Reply::Bulk(call.session.acting.permissions.user.clone()).into(),
);
