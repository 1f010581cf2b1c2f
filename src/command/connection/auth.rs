//! AUTH

use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};

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
        2 if call.node.settings().requirepass.is_empty() => Err(NOT_SET),
        2 => authenticate(call, b"default", args.arg(1)),
        3 => authenticate(call, args.arg(1), args.arg(2)),
        _ => Err(crate::error::SYNTAX),
    };
    result.map(|()| Reply::Ok).into()
}

/// Checks a user's password, and marks the session.
///
/// # Errors
/// WRONGPASS
pub fn authenticate(call: &mut Call<'_>, user: &[u8], password: &[u8]) -> Result<(), ReplyError> {
    let expected = call.node.settings().requirepass.clone();
    let expected = expected.as_bytes();
    // In constant time for passwords of the same length.
    let same = expected.len() == password.len()
        && expected.iter().zip(password).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0;
    if user != b"default" || !(expected.is_empty() || same) {
        return Err(WRONG);
    }
    call.session.authenticated = true;
    Ok(())
}
