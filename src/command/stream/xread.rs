//! XREAD. With BLOCK it waits, by the log, for what is added behind the ids that were the last ones when it began: whoever waits for a
//! stream gets all of it, because nobody takes anything away.

use super::range::say_span;
use super::reading::{From, Reading, is_waiting, keys};
use super::replies;
use crate::command::{Arg, ArgKind, Blocking, Doc, Family, Flags, KeySpec, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::{Span, Stream, StreamId, Txn, View, Wants};

pub static SPEC: Spec = Spec::read("xread", -4, DOC, |view, args| Ok(read(view, args)?.unwrap_or(Reply::NilArray)))
    .since(3)
    .flags(Flags::BLOCKING.union(Flags::MOVABLEKEYS))
    .check(|args| Reading::parse(args, SPEC.name).map(drop))
    .waiting_form(is_waiting, &WAITING)
    .keys(KEYS);

static WAITING: Spec = Spec::blocking(
    "xread",
    -4,
    DOC,
    Blocking {
        attempt: |txn, args| {
            let view = txn.view();
            let outcome = read(&view, args);
            let tally = view.take_tally();
            txn.count(tally);
            outcome
        },
        wait: |args| Ok(Reading::parse(args, SPEC.name)?.wait()),
        wants: Wants::Stream,
        nothing: || Reply::NilArray,
        found_nothing: Some(|txn, args| behind_last(txn, args).ok().flatten()),
    },
)
.since(3)
.flags(Flags::MOVABLEKEYS)
.check(|args| Reading::parse(args, SPEC.name).map(drop))
.keys(KEYS);

const KEYS: &[KeySpec] = &[keys(1)];

const DOC: Doc = Doc {
    summary: "Returns entries of several streams behind given ids; waits for some, if it is to.",
    since: "5.0.0",
    group: Family::Stream,
    complexity: "O(N) with the number of entries returned",
    args: &[COUNT, BLOCK, STREAMS],
};

/// Arguments that XREADGROUP has too, in COMMAND DOCS.
pub(super) const COUNT: Arg = Arg::new("count", ArgKind::Integer).token("COUNT").optional();
pub(super) const BLOCK: Arg = Arg::new("milliseconds", ArgKind::Integer).token("BLOCK").optional();
pub(super) const STREAMS: Arg = Arg::new(
    "streams",
    ArgKind::Block(&[Arg::new("key", ArgKind::Key(0)).multiple(), Arg::new("id", ArgKind::String).multiple()]),
)
.token("STREAMS");

/// What is there to be read; None if nothing is.
fn read(view: &View<'_>, args: &Args) -> Result<Option<Reply>, ReplyError> {
    let reading = Reading::parse(args, SPEC.name)?;
    // As in Redis all are looked at before the first is read, which shows in what is told and counted of those that are not there.
    let mut froms = Vec::new();
    for (place, key) in reading.keys().enumerate() {
        view.typed::<Stream>(key)?;
        froms.push(reading.from(place)?);
    }
    let mut streams: Vec<(&[u8], &Stream, StreamId)> = Vec::new();
    for (key, from) in reading.keys().zip(froms) {
        let Some(stream) = view.typed::<Stream>(key)? else { continue };
        let Some(last) = stream.last_present() else { continue };
        match from {
            From::Behind(id) if id < last => streams.push((key, stream, id.next().unwrap_or(StreamId::MAX))),
            From::Newest => streams.push((key, stream, last)),
            _ => {}
        }
    }
    for (_, stream, from) in &streams {
        say_span(view, stream, Span::first(*from, StreamId::MAX, reading.count as u64))?;
    }
    let entries = |stream: &Stream, from| {
        Reply::Array(stream.range(from, StreamId::MAX).take(reading.count).map(replies::entry).collect())
    };
    let found = streams.into_iter().map(|(key, stream, from)| (Reply::bulk(key), entries(stream, from)));
    let found: Vec<_> = found.collect();
    Ok(if found.is_empty() { None } else { Some(Reply::Keyed(found)) })
}

/// The arguments with the last id of each stream in the place of `$`: what is added from now on is behind that.
fn behind_last(txn: &mut Txn<'_>, args: &Args) -> Result<Option<Args>, ReplyError> {
    let reading = Reading::parse(args, SPEC.name)?;
    let mut changed: Vec<Vec<u8>> = args.iter().map(<[u8]>::to_vec).collect();
    for (place, key) in reading.keys().enumerate() {
        if reading.from(place)? == From::Last
            && let Some(arg) = changed.get_mut(reading.id_at(place))
        {
            let last = txn.typed::<Stream>(key)?.map_or(StreamId::ZERO, Stream::last_id);
            *arg = last.to_string().into_bytes();
        }
    }
    Ok(Some(Args::from_slices(changed)))
}
