//! COMMAND GETKEYS and COMMAND GETKEYSANDFLAGS

use super::info::key_flags;
use crate::command::{Caller, KeyFlags, check, keys_of};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::server::{Answer, Call};

pub fn keys(_call: &mut Call<'_>, args: &Args) -> Answer {
    let line = args.skip(2);
    found(&line).map(|keys| Reply::Array(keys.into_iter().map(|(at, _)| Reply::Bulk(line.bytes(at))).collect())).into()
}

pub fn keys_and_flags(_call: &mut Call<'_>, args: &Args) -> Answer {
    let line = args.skip(2);
    let pair = |(at, flags)| Reply::Array(vec![Reply::Bulk(line.bytes(at)), key_flags(flags)]);
    found(&line).map(|keys| Reply::Array(keys.into_iter().map(pair).collect())).into()
}

fn found(line: &Args) -> Result<Vec<(usize, KeyFlags)>, ReplyError> {
    let spec = check(Caller::Client, line).map_err(|error| {
        let text = error.to_string();
        if text.contains("wrong number of arguments") {
            ReplyError::new("ERR Invalid number of arguments specified for command")
        } else {
            ReplyError::new("ERR Invalid command specified")
        }
    })?;
    if spec.keys.is_empty() {
        return Err(ReplyError::new("ERR The command has no key arguments"));
    }
    match keys_of(spec, line) {
        Some(keys) if keys.is_empty() => Err(ReplyError::new("ERR The command has no key arguments")),
        Some(keys) => Ok(keys),
        None => Err(ReplyError::new("ERR Invalid arguments specified for command")),
    }
}
