//! ACL DELUSER

use super::super::{ADMIN, doc};
use super::LEVEL;
use super::apply::DELETE;
use super::change::change;
use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, Flags, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::DEFAULT_USER;

pub static SPEC: Spec = Spec::session(
    "acl|deluser",
    -3,
    ADMIN.union(Flags::CUTS_GROUP),
    doc("6.0.0", "O(1) for each user", "Removes users, and closes their connections, on every node.")
        .args(&[Arg::new("username", ArgKind::String).multiple()]),
    run,
)
.secrets(|_, at| at > 1)
.since(LEVEL);

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    if args.from(2).any(|name| name == DEFAULT_USER.as_bytes()) {
        return Reply::Error(ReplyError::new("ERR The 'default' user cannot be removed")).into();
    }
    let users = call.node.users();
    if args.from(2).all(|name| users.get(name).is_none()) {
        return Reply::Int(0).into();
    }
    let entry = Args::from_slices(std::iter::once(DELETE.name.as_bytes()).chain(args.from(2)));
    Answer::later(change(call.node, &DELETE, entry))
}
