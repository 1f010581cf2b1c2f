//! XREADGROUP. With BLOCK it waits for entries that its group has not delivered; clients that wait for one group are served in turn, each
//! with what is there then. The end of the key or the group ends the wait, by the error that the command would answer then.

use super::consumers;
use super::delivery::{self, Terms, deliver, is_due};
use super::reading::{Reading, is_waiting, keys};
use super::replies::no_key_or_group;
use super::xread::{BLOCK, COUNT, STREAMS};
use crate::command::{Arg, ArgKind, Blocking, Doc, Family, Flags, KeySpec, Outcome, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, Stream, Txn, Wants};

pub static SPEC: Spec = Spec::write("xreadgroup", -7, DOC, run)
    .since(3)
    .flags(Flags::BLOCKING.union(Flags::MOVABLEKEYS))
    .check(|args| Reading::parse(args, SPEC.name).map(drop))
    .waiting_form(is_waiting, &WAITING)
    .keys(KEYS);

static WAITING: Spec = Spec::blocking(
    "xreadgroup",
    -7,
    DOC,
    Blocking {
        attempt: read,
        wait: |args| Ok(Reading::parse(args, SPEC.name)?.wait()),
        wants: Wants::StreamGroup,
        nothing: || Reply::NilArray,
        found_nothing: Some(|txn, args| {
            // The attempt would have found out.
            let _ = see(txn, args);
            None
        }),
    },
)
.since(3)
.flags(Flags::MOVABLEKEYS)
.check(|args| Reading::parse(args, SPEC.name).map(drop))
.keys(KEYS);

const KEYS: &[KeySpec] = &[keys(4)];

const DOC: Doc = Doc {
    summary: "Delivers entries of several streams to a consumer of a group; waits for some, if it is to.",
    since: "5.0.0",
    group: Family::Stream,
    complexity: "O(N) with the number of entries returned",
    args: &[
        Arg::new(
            "group-block",
            ArgKind::Block(&[Arg::new("group", ArgKind::String), Arg::new("consumer", ArgKind::String)]),
        )
        .token("GROUP"),
        COUNT,
        BLOCK,
        Arg::word("noack", "NOACK").optional(),
        STREAMS,
    ],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    match read(txn, args)? {
        Some(reply) => Ok(reply),
        None => {
            see(txn, args)?;
            Ok(Reply::NilArray)
        }
    }
}

fn terms<'a>(txn: &Txn<'_>, reading: &Reading<'a>) -> Option<Terms<'a>> {
    let now_ms = txn.now_ms();
    Some(Terms { by: reading.by?, count: reading.count, is_noack: reading.is_noack, now_ms })
}

/// Delivers what is there to deliver; None if nothing is, and nothing has changed then.
fn read(txn: &mut Txn<'_>, args: &Args) -> Result<Option<Reply>, ReplyError> {
    let reading = Reading::parse(args, SPEC.name)?;
    let Some(terms) = terms(txn, &reading) else { return Ok(None) };
    let left = txn.is_work_bounded().then(|| txn.work_left());
    let (mut is_any_due, mut units) = (false, 0u64);
    let mut froms = Vec::new();
    for (place, key) in reading.keys().enumerate() {
        let stream = txn.read_typed::<Stream>(key)?;
        let Some(stream) = stream.filter(|stream| stream.group(terms.by.group).is_some()) else {
            return Err(no_key_or_group(key, terms.by.group, " in XREADGROUP with GROUP option"));
        };
        let from = reading.from(place)?;
        is_any_due |= is_due(stream, terms.by.group, from);
        if let Some(left) = left.filter(|left| units <= *left) {
            units = units.saturating_add(delivery::units(stream, from, terms, left - units));
        }
        froms.push(from);
    }
    if !is_any_due {
        return Ok(None);
    }
    txn.work(units)?;
    let mut found = Vec::new();
    for (key, from) in reading.keys().zip(froms) {
        let delivered = consumers::told(txn, (key, terms.by.group, terms.by.consumer), |txn| {
            txn.edit_quietly(key, Create::No, |stream: &mut Stream| Ok((deliver(stream, from, terms), Changed(true))))
        })?;
        found.extend(delivered.flatten().map(|entries| (Reply::bulk(key), entries)));
    }
    Ok(Some(Reply::Keyed(found)))
}

/// Notes that the consumer has asked in vain; makes it where there is none.
fn see(txn: &mut Txn<'_>, args: &Args) -> Result<(), ReplyError> {
    let reading = Reading::parse(args, SPEC.name)?;
    let Some(Terms { by, now_ms, .. }) = terms(txn, &reading) else { return Ok(()) };
    for key in reading.keys() {
        consumers::told(txn, (key, by.group, by.consumer), |txn| {
            txn.edit_quietly(key, Create::No, |stream: &mut Stream| {
                let seen = stream.change_group(by.group, |group| group.see(by.consumer, now_ms));
                Ok(((), Changed(seen.is_some())))
            })
        })?;
    }
    Ok(())
}
