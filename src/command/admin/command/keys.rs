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
        let keys = keys(call.commands, args);
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
    keys(call.commands, args).map(|keys| Reply::Array(keys.into_iter().map(with_flags).collect())).into()
}

fn keys(commands: &dyn Table, args: &Args) -> Result<Vec<(bytes::Bytes, KeyFlags)>, ReplyError> {
    let command = args.skip(2);
    if commands.lookup(command.name()).is_none_or(|spec| !is_visible(spec)) {
        return Err(ReplyError::new("ERR Invalid command specified"));
    }
    let spec = match commands.check(&command) {
        Ok(spec) => spec,
        Err(error) if error.as_bytes().starts_with(b"ERR unknown subcommand") => {
            return Err(ReplyError::new("ERR Invalid command specified"));
        }
        Err(_) => return Err(ReplyError::new("ERR Invalid number of arguments specified for command")),
    };
    if matches!(spec.run, Run::Once) {
        // Those of the command inside, which stands as far behind the id as this one behind GETKEYS.
        return keys(commands, &command);
    }
    if spec.keys.is_empty() {
        return Err(ReplyError::new("ERR The command has no key arguments"));
    }
    match keys_of(spec, &command) {
        Some(keys) if !keys.is_empty() => Ok(keys.into_iter().map(|(at, flags)| (command.bytes(at), flags)).collect()),
        _ if spec.flags.contains(Flags::NO_MANDATORY_KEYS) => Ok(Vec::new()),
        _ => Err(ReplyError::new("ERR Invalid arguments specified for command")),
    }
}
