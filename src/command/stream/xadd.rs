//! XADD. The id `*` comes from the cluster time of the entry and the last id of the stream, so it is the same on every node.
//!
//! Invariant: a message that its producer has sent under the same id within the terms of the stream is not added again, and nothing is
//! trimmed: its answer is the id of the entry that it has become, whether that is still there or not.

use super::add_options::AddOptions;
use super::deleting::REFS;
use super::ids::NewId;
use super::producing::PRODUCING;
use super::replies;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{ReplyError, wrong_arity};
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, Event, Field, Stream, StreamId, StreamLimits, Txn};

pub static SPEC: Spec = Spec::write("xadd", -5, DOC, run)
    .event(Event::stream("xadd"))
    .since(3)
    .flags(Flags::DENYOOM.union(Flags::FAST))
    .check(|args| parse(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Adds an entry to a stream; makes the stream if there is none.",
    since: "5.0.0",
    group: Family::Stream,
    complexity: "O(1), and O(N) with the number of entries that trimming removes",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::word("nomkstream", "NOMKSTREAM").optional(),
        REFS,
        PRODUCING,
        TRIM.optional(),
        Arg::new("id-selector", ArgKind::OneOf(&[Arg::word("auto-id", "*"), Arg::new("id", ArgKind::String)])),
        Arg::new("data", ArgKind::Block(&[Arg::new("field", ArgKind::String), Arg::new("value", ArgKind::String)]))
            .multiple(),
    ],
};

/// How a stream is trimmed, for COMMAND DOCS.
pub(super) const TRIM: Arg = Arg::new(
    "trim",
    ArgKind::Block(&[
        Arg::new("strategy", ArgKind::OneOf(&[Arg::word("maxlen", "MAXLEN"), Arg::word("minid", "MINID")])),
        Arg::new("operator", ArgKind::OneOf(&[Arg::word("equal", "="), Arg::word("approximately", "~")])).optional(),
        Arg::new("threshold", ArgKind::String),
        Arg::new("count", ArgKind::Integer).token("LIMIT").optional(),
    ]),
);

const ZERO_ID: ReplyError = ReplyError::new("ERR The ID specified in XADD must be greater than 0-0");
const SMALL_ID: ReplyError =
    ReplyError::new("ERR The ID specified in XADD is equal or smaller than the target stream top item");
const NO_MORE_IDS: ReplyError =
    ReplyError::new("ERR The stream has exhausted the last possible ID, unable to add more items");

fn parse(args: &Args) -> Result<(AddOptions, NewId, usize), ReplyError> {
    let options = AddOptions::parse(args, true)?;
    let (id, at) = options.id.ok_or_else(|| wrong_arity(SPEC.name))?;
    let fields = args.len() - at - 1;
    if fields < 2 || !fields.is_multiple_of(2) {
        return Err(wrong_arity(SPEC.name));
    }
    if id == NewId::Given(StreamId::ZERO) {
        return Err(ZERO_ID);
    }
    Ok((options, id, at + 1))
}

/// The id that an entry gets behind `last`.
fn resolve(id: NewId, last: StreamId, now_ms: u64) -> Result<StreamId, ReplyError> {
    let id = match id {
        NewId::Auto if now_ms > last.ms => StreamId::new(now_ms, 0),
        NewId::Auto => last.next().ok_or(NO_MORE_IDS)?,
        NewId::OfMs(ms) if ms == last.ms => StreamId::new(ms, last.seq.checked_add(1).ok_or(SMALL_ID)?),
        NewId::OfMs(ms) => StreamId::new(ms, 0),
        NewId::Given(id) => id,
    };
    if id > last { Ok(id) } else { Err(SMALL_ID) }
}

/// The entry that such a message has become before, which is counted then.
fn sent_before(txn: &mut Txn<'_>, key: &[u8], sent: Option<&(&[u8], Vec<u8>)>) -> Result<Option<StreamId>, ReplyError> {
    let Some((producer, iid)) = sent else { return Ok(None) };
    let now_ms = txn.now_ms();
    let stream = txn.typed::<Stream>(key)?;
    let Some(before) = stream.and_then(|stream| stream.sent_before(producer, iid, now_ms)) else { return Ok(None) };
    // No entry is added of which somebody is told.
    txn.call_it(None);
    txn.edit_quietly(key, Create::No, |stream: &mut Stream| {
        stream.note_duplicate();
        Ok(((), Changed(true)))
    })?;
    Ok(Some(before))
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let (options, id, first) = parse(args)?;
    let key = args.arg(1);
    let fields: Vec<Field<'_>> = (first..args.len()).step_by(2).map(|at| (args.arg(at), args.arg(at + 1))).collect();
    let sent = options.producing.map(|producing| producing.of(args, &fields));
    if let Some(before) = sent_before(txn, key, sent.as_ref())? {
        return Ok(replies::id(before));
    }
    options.say_work(txn, key)?;
    let limits = StreamLimits::from(&txn.state().options);
    let now_ms = txn.now_ms();
    let added = txn.edit(key, options.create, |stream: &mut Stream| {
        if stream.last_id() == StreamId::MAX {
            return Err(NO_MORE_IDS);
        }
        let id = resolve(id, stream.last_id(), now_ms)?;
        stream.add(id, &fields, limits);
        if let Some((producer, iid)) = &sent {
            stream.note_sent(producer, iid, id, now_ms);
        }
        let trimmed = options.trim(limits).map_or(0, |trim| stream.trim_as(trim, options.refs()));
        Ok(((id, trimmed), Changed(true)))
    })?;
    let Some((id, trimmed)) = added else { return Ok(Reply::Nil) };
    if trimmed > 0 {
        txn.tell(key, Event::stream("xtrim"));
    }
    Ok(replies::id(id))
}
