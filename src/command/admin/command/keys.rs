//! COMMAND GETKEYS, GETKEYSANDFLAGS

use super::super::{OPEN, doc};
use super::{info, is_visible};
use crate::command::context::{Answer, Call, Table};
use crate::command::{Arg, ArgKind, Categories, Flags, KeyFlags, Run, Spec, keys_of};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};

const ARGS: &[Arg] = &[Arg::new("command", ArgKind::String), Arg::new("arg", ArgKind::String).optional().multiple()];

pub static GETKEYS: Spec = Spec::session(
    "command|getkeys",
    -3,
    OPEN,
    doc("2.8.13", "O(N) with the number of arguments", "Returns the keys of a command line.").args(ARGS),
    |call, args| {
        let keys = keys(call.commands, &args.skip(2), WITHIN_MAX);
        keys.map(|keys| Reply::Array(keys.into_iter().map(|(key, _)| Reply::Bulk(key)).collect())).into()
    },
)
.categories(Categories::CONNECTION);
pub static GETKEYSANDFLAGS: Spec = Spec::session(
    "command|getkeysandflags",
    -3,
    OPEN,
    doc("7.0.0", "O(N) with the number of arguments", "Returns the keys of a command line and what is done with them.")
        .args(ARGS),
    and_flags,
)
.categories(Categories::CONNECTION);

fn and_flags(call: &mut Call<'_>, args: &Args) -> Answer {
    let with_flags = |(key, flags)| Reply::Array(vec![Reply::Bulk(key), info::key_flags(flags)]);
    keys(call.commands, &args.skip(2), WITHIN_MAX)
        .map(|keys| Reply::Array(keys.into_iter().map(with_flags).collect()))
        .into()
}

/// Commands that may stand within one: ONCE may have one that guards a third.
const WITHIN_MAX: usize = 2;

fn keys(commands: &dyn Table, command: &Args, within: usize) -> Result<Vec<(bytes::Bytes, KeyFlags)>, ReplyError> {
    if commands.lookup(command.name()).is_none_or(|spec| !is_visible(spec)) {
        return Err(ReplyError::new("ERR Invalid command specified"));
    }
    let spec = match commands.check(command) {
        Ok(spec) => spec,
        Err(error) if error.as_bytes().starts_with(b"ERR unknown subcommand") => {
            return Err(ReplyError::new("ERR Invalid command specified"));
        }
        Err(_) => return Err(ReplyError::new("ERR Invalid number of arguments specified for command")),
    };
    let inner = |at: usize| match within.checked_sub(1) {
        Some(within) => keys(commands, &command.skip(at), within),
        None => Err(ReplyError::new("ERR Invalid arguments specified for command")),
    };
    if matches!(spec.run, Run::Once) {
        return inner(2);
    }
    if spec.keys.is_empty() {
        return Err(ReplyError::new("ERR The command has no key arguments"));
    }
    match keys_of(spec, command) {
        Some(own) if !own.is_empty() => {
            let own = own.into_iter().map(|(at, flags)| (command.bytes(at), flags));
            let inner = match spec.run {
                // One without keys is as good as any.
                Run::Guarded(guarded) => inner(guarded.command_at).unwrap_or_default(),
                _ => Vec::new(),
            };
            Ok(own.chain(inner).collect())
        }
        _ if spec.flags.contains(Flags::NO_MANDATORY_KEYS) => Ok(Vec::new()),
        _ => Err(ReplyError::new("ERR Invalid arguments specified for command")),
    }
}
