//! ACL GETUSER

use super::super::{ADMIN, doc};
use super::LEVEL;
use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Selector, hexadecimal};

pub static SPEC: Spec = Spec::session(
    "acl|getuser",
    3,
    ADMIN,
    doc("6.0.0", "O(N) with the number of its rules", "Shows a user.").args(&[Arg::new("username", ArgKind::String)]),
    run,
)
.secrets(|_, at| at > 1)
.since(LEVEL);

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    let users = call.node.users();
    let Some(user) = users.get(args.arg(2)) else { return Reply::Nil.into() };
    let flags = user.flags().into_iter().map(Reply::bulk).collect();
    let passwords = user.passwords.iter().map(|hash| Reply::bulk(hexadecimal(hash))).collect();
    let mut fields =
        vec![(Reply::bulk("flags"), Reply::Set(flags)), (Reply::bulk("passwords"), Reply::Array(passwords))];
    fields.extend(described(&user.root));
    let selectors = user.selectors.iter().map(|selector| Reply::Map(described(selector))).collect();
    fields.push((Reply::bulk("selectors"), Reply::Array(selectors)));
    Reply::Map(fields).into()
}

fn described(selector: &Selector) -> Vec<(Reply, Reply)> {
    vec![
        (Reply::bulk("commands"), Reply::bulk(selector.command_words())),
        (Reply::bulk("keys"), Reply::bulk(selector.key_words().join(&b' '))),
        (Reply::bulk("channels"), Reply::bulk(selector.channel_words().join(&b' '))),
    ]
}
