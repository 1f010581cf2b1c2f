//! ACL LOAD, SAVE: between the cluster's users and the file of one node.

use super::super::{ADMIN, doc};
use super::{LEVEL, apply, change::change, file};
use crate::command::access::Names;
use crate::command::context::{Answer, Call};
use crate::command::{Flags, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};

const NO_FILE: ReplyError = ReplyError::new(
    "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and \
     then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis \
     configuration.",
);
const NOT_SAVED: ReplyError = ReplyError::new(
    "ERR There was an error trying to save the ACLs. Please check the server logs for more information",
);

pub static LOAD: Spec = Spec::session(
    "acl|load",
    2,
    ADMIN.union(Flags::CUTS_GROUP),
    doc("6.0.0", "O(N) with the number of users", "Makes the users of this node's file those of the cluster."),
    load,
)
.since(LEVEL);
pub static SAVE: Spec = Spec::session(
    "acl|save",
    2,
    ADMIN.union(Flags::CUTS_GROUP),
    doc("6.0.0", "O(N) with the number of users", "Writes all users to this node's file."),
    save,
)
.since(LEVEL);

fn load(call: &mut Call<'_>, _args: &Args) -> Answer {
    let path = call.node.settings().aclfile.clone();
    if path.is_empty() {
        return Reply::Error(NO_FILE).into();
    }
    let (node, commands, opens_channels) = (call.node.clone(), call.commands, call.node.opens_channels());
    Answer::later(async move {
        let text = match node.read_file(path.clone()).await {
            Ok(text) => text,
            Err(why) => {
                return Reply::Error(ReplyError::text(format!("ERR Error loading ACLs, opening file '{path}': {why}")));
            }
        };
        match file::parse(&path, &text, opens_channels, &Names(commands)) {
            Ok(users) => {
                let lines = users.iter().map(|user| user.line());
                let entry = Args::from_slices(std::iter::once(apply::LOAD.name.as_bytes().to_vec()).chain(lines));
                change(&node, &apply::LOAD, entry).await
            }
            Err(why) => Reply::Error(ReplyError::text([b"ERR ".to_vec(), why].concat())),
        }
    })
}

fn save(call: &mut Call<'_>, _args: &Args) -> Answer {
    let path = call.node.settings().aclfile.clone();
    if path.is_empty() {
        return Reply::Error(NO_FILE).into();
    }
    let node = call.node.clone();
    let mut text = Vec::new();
    for user in node.users().iter() {
        text.extend(user.line());
        text.push(b'\n');
    }
    Answer::later(async move {
        match node.write_file(path.clone(), text).await {
            Ok(()) => Reply::Ok,
            Err(why) => {
                tracing::warn!(path, why, "the users cannot be written to their file");
                Reply::Error(NOT_SAVED)
            }
        }
    })
}
