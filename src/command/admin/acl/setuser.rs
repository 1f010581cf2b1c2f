//! ACL SETUSER

use super::super::{ADMIN, doc};
use super::LEVEL;
use super::apply::{SET, refused};
use super::change::change;
use crate::command::access::Names;
use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, Flags, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::{User, has_spaces, hash_password, hexadecimal, merge_selectors};

pub static SPEC: Spec = Spec::session(
    "acl|setuser",
    -3,
    ADMIN.union(Flags::CUTS_GROUP),
    doc("6.0.0", "O(N) with the number of rules", "Makes or changes a user, on every node.")
        .args(&[Arg::new("username", ArgKind::String), Arg::new("rule", ArgKind::String).optional().multiple()]),
    run,
)
.secrets(|_, at| at > 1)
.since(LEVEL);

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    match read(call, args) {
        Ok(entry) => Answer::later(change(call.node, &SET, entry)),
        Err(error) => Reply::Error(error).into(),
    }
}

/// The entry. All rules are followed here by a copy of the user, for what is wrong with them.
fn read(call: &Call<'_>, args: &Args) -> Result<Args, ReplyError> {
    const WITH_SPACES: ReplyError = ReplyError::new("ERR Usernames can't contain spaces or null characters");
    let name = args.arg(2);
    if has_spaces(name) {
        return Err(WITH_SPACES);
    }
    let rules = merge_selectors(args.from(3)).map_err(|at| {
        ReplyError::about("ERR Unmatched parenthesis in acl selector starting at '", args.arg(at + 3), "'.")
    })?;
    let users = call.node.users();
    let opens_channels = call.node.opens_channels();
    let mut user = users.get(name).map_or_else(|| User::new(name, opens_channels), |user| (**user).clone());
    let names = Names(call.commands);
    rules.iter().try_for_each(|rule| user.set(rule, opens_channels, &names).map_err(|why| refused(rule, why)))?;
    let words =
        [SET.name.as_bytes().to_vec(), name.to_vec()].into_iter().chain(rules.into_iter().map(without_password));
    Ok(Args::from_slices(words))
}

/// The same rule with a hash where it has a password.
fn without_password(rule: Vec<u8>) -> Vec<u8> {
    let (sign, password) = match rule.as_slice() {
        [b'>', password @ ..] => ('#', password),
        [b'<', password @ ..] => ('!', password),
        _ => return rule,
    };
    format!("{sign}{}", hexadecimal(&hash_password(password))).into_bytes()
}
