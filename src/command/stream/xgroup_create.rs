//! XGROUP CREATE. Nobody waits for entries of a group that is not there: it serves nobody.

use super::groups::{Options, key, stream, wrong_arguments};
use super::ids;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, Outcome, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, Event, Group, Stream, StreamId, Txn};

pub static SPEC: Spec = Spec::write("xgroup|create", -5, DOC, run)
    .event(Event::stream("xgroup-create"))
    .since(3)
    .flags(Flags::DENYOOM)
    .check(|args| Options::parse(args, true).map(drop))
    .keys(&[key(KeyFlags::INSERT)]);

const DOC: Doc = Doc {
    summary: "Makes a consumer group.",
    since: "5.0.0",
    group: Family::Stream,
    complexity: "O(log(N)) with the number of groups",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("group", ArgKind::String),
        ID,
        Arg::word("mkstream", "MKSTREAM").optional(),
        ENTRIES_READ,
    ],
};

/// Where a group goes on, in COMMAND DOCS.
pub(super) const ID: Arg =
    Arg::new("id-selector", ArgKind::OneOf(&[Arg::new("id", ArgKind::String), Arg::word("new-id", "$")]));
/// The same of how much it has read.
pub(super) const ENTRIES_READ: Arg = Arg::new("entriesread", ArgKind::Integer).token("ENTRIESREAD").optional();

const BUSY: ReplyError = ReplyError::new("BUSYGROUP Consumer Group name already exists");
/// Arguments that are looked at.
const LEN_MAX: usize = 8;

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let options = Options::parse(args, true)?;
    let last_id = if options.makes_stream {
        txn.typed::<Stream>(args.arg(2))?.map(Stream::last_id)
    } else {
        Some(stream(txn, args)?.last_id())
    };
    if args.len() > LEN_MAX {
        return Err(wrong_arguments(args));
    }
    let id = match args.arg(4) {
        arg if ids::is(arg, b'$') => last_id.unwrap_or(StreamId::ZERO),
        arg => ids::strict(arg)?,
    };
    txn.edit_quietly(args.arg(2), Create::Yes, |stream: &mut Stream| {
        if stream.add_group(args.arg(3), Group::new(id, options.entries_read)) {
            Ok(((), Changed(true)))
        } else {
            Err(BUSY)
        }
    })?;
    Ok(Reply::Ok)
}
