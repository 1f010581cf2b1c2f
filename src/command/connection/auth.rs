//! AUTH

use crate::command::access::permissions;
use crate::command::context::{Acting, Answer, Call};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, Spec};
use crate::error::{LOADING, ReplyError};
use crate::protocol::{Args, Reply};
use crate::store::{DEFAULT_USER, Denied, hash_password};

pub static SPEC: Spec = Spec::session(
    "auth",
    -2,
    Flags::NOSCRIPT
        .union(Flags::LOADING)
        .union(Flags::STALE)
        .union(Flags::FAST)
        .union(Flags::NO_AUTH)
        .union(Flags::ALLOW_BUSY),
    DOC,
    run,
)
.secrets(|_, at| at > 0);

const DOC: Doc = Doc {
    summary: "Proves who the client is.",
    since: "1.0.0",
    group: Family::Connection,
    complexity: "O(N) with the length of the password",
    args: &[Arg::new("username", ArgKind::String).optional(), Arg::new("password", ArgKind::String)],
};

const WRONG: ReplyError = ReplyError::new("WRONGPASS invalid username-password pair or user is disabled.");
const NOT_SET: ReplyError = ReplyError::new(
    "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is \
     correct?",
);

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    let result = match args.len() {
        2 if needs_no_password(call) => Err(NOT_SET),
        2 => authenticate(call, args, DEFAULT_USER.as_bytes(), args.arg(1)),
        3 => authenticate(call, args, args.arg(1), args.arg(2)),
        _ => Err(crate::error::SYNTAX),
    };
    result.map(|()| Reply::Ok).into()
}

fn needs_no_password(call: &Call<'_>) -> bool {
    call.node.users().get(DEFAULT_USER.as_bytes()).is_some_and(|user| user.needs_no_password)
}

/// Checks a user's password, and makes the session that user's. `args` are those of the command that brings it.
///
/// # Errors
/// WRONGPASS; LOADING while the node does not know the users yet.
pub fn authenticate(call: &mut Call<'_>, args: &Args, user: &[u8], password: &[u8]) -> Result<(), ReplyError> {
    // Before they are looked at: if they change meanwhile the session is looked up again.
    let seen = call.node.users_seen();
    let users = call.node.users();
    let proof = hash_password(password);
    let found = users.get(user).filter(|user| user.admits_hash(&proof));
    let Some(found) = found else {
        if seen.is_multiple_of(2) && call.node.raft().is_some() {
            return Err(LOADING);
        }
        let context = if call.session.multi.is_some() { "multi" } else { "toplevel" };
        call.node.deny(&call.session.client, context, Denied::Auth, args.name(), user);
        return Err(WRONG);
    };
    let permissions = permissions(found, call.commands);
    call.session.act(Acting { permissions, is_authenticated: true, seen, proof: Some(proof) });
    Ok(())
}
