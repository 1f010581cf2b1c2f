//! DEBUG SDSLEN: the lengths of a key and of its string.

use super::{PROTECTED, doc};
use crate::command::{Arg, ArgKind, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{NO_SUCH_KEY, ReplyError};
use crate::protocol::{Args, Reply};
use crate::store::{Kind, Str, View};

pub static SPEC: Spec = Spec::read(
    "debug|sdslen",
    3,
    doc("1.0.0", "O(1)", "Shows the lengths of a key and of its string.").args(&[Arg::new("key", ArgKind::Key(0))]),
    run,
)
.since(3)
.without(Flags::READONLY)
.flags(PROTECTED.difference(super::OPEN))
.keys(&[KeySpec::range(2, 0, 1, KeyFlags::RO)]);

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let entry = view.peek(args.arg(2)).ok_or(NO_SUCH_KEY)?;
    let string = <Str as Kind>::of(entry.value()).filter(|_| entry.value().encoding() != "int");
    let string = string.ok_or(ReplyError::new("ERR Not an sds encoded string."))?;
    // The room of a key is that of its entry without the value.
    let (key, value) = (entry.key().len(), string.as_bytes().len());
    let (key_room, room) = (entry.memory().saturating_sub(entry.value().memory()), entry.value().memory());
    Ok(Reply::Simple(
        format!(
            "key_sds_len:{key}, key_sds_avail:0, key_zmalloc: {key_room}, \
             val_sds_len:{value}, val_sds_avail:0, val_zmalloc: {room}"
        )
        .into_bytes()
        .into(),
    ))
}
