//! ACL DRYRUN

use super::super::{ADMIN, doc};
use super::LEVEL;
use crate::command::access::{ask, message, permissions};
use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};

pub static SPEC: Spec = Spec::session(
    "acl|dryrun",
    -4,
    ADMIN,
    doc("7.0.0", "O(1)", "Says whether a user may run a command, which is not run.").args(&[
        Arg::new("username", ArgKind::String),
        Arg::new("command", ArgKind::String),
        Arg::new("arg", ArgKind::String).optional().multiple(),
    ]),
    run,
)
.since(LEVEL);

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    dry_run(call, args).into()
}

fn dry_run(call: &Call<'_>, args: &Args) -> Result<Reply, ReplyError> {
    let users = call.node.users();
    let user = users.get(args.arg(2)).ok_or_else(|| ReplyError::about("ERR User '", args.arg(2), "' not found"))?;
    let inner = args.skip(3);
    let spec = named(call, &inner).ok_or_else(|| ReplyError::about("ERR Command '", inner.name(), "' not found"))?;
    if !spec.arity_ok(inner.len()) {
        return Err(ReplyError::text(format!("ERR wrong number of arguments for '{}' command", spec.name)));
    }
    let permissions = permissions(user, call.commands);
    Ok(match ask(&permissions, call.commands, spec, &inner) {
        Ok(()) => Reply::Ok,
        Err(refusal) => Reply::bulk(message(&permissions, spec, &inner, refusal, true)),
    })
}

/// The command, whether or not it has its arguments.
fn named(call: &Call<'_>, args: &Args) -> Option<&'static Spec> {
    let spec =
        call.commands.lookup(args.name()).filter(|spec| !spec.flags.contains(crate::command::Flags::INTERNAL))?;
    let Some(name) = args.opt(1).filter(|_| !spec.subcommands.is_empty()) else { return Some(spec) };
    spec.subcommands.iter().copied().find(|sub| sub.short_name().as_bytes().eq_ignore_ascii_case(name))
}
