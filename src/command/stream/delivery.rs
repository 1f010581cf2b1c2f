//! What a consumer gets of its group.

use super::reading::{By, From};
use super::replies;
use crate::protocol::Reply;
use crate::store::{ASSIGN_UNITS, Delivery, Span, Stream, StreamId, total_units};

/// How much is delivered, and how.
#[derive(Clone, Copy)]
pub(super) struct Terms<'a> {
    pub by: By<'a>,
    pub count: usize,
    pub is_noack: bool,
    /// Cluster time, ms.
    pub now_ms: u64,
}

/// True if there is something to deliver: also nothing of what is not acknowledged is.
pub(super) fn is_due(stream: &Stream, group: &[u8], from: From) -> bool {
    match from {
        From::Behind(_) => true,
        From::New | From::Last | From::Newest => {
            let Some(group) = stream.group(group).filter(|group| stream.last_id() > group.last_id) else {
                return false;
            };
            stream.last_present().is_some_and(|last| last > group.last_id)
        }
    }
}

/// Units of a delivery, at most. Whoever may not do more than `left` need not know by how much it is more.
pub(super) fn units(stream: &Stream, from: From, terms: Terms<'_>, left: u64) -> u64 {
    let Some(group) = stream.group(terms.by.group) else { return 0 };
    match from {
        From::Behind(id) => {
            let held = group.consumer(terms.by.consumer).into_iter();
            let ids = held.flat_map(|held| held.pending_from(id.next().unwrap_or(StreamId::MAX)));
            total_units(ids.take(terms.count).map(|id| stream.entry_units(id) + ASSIGN_UNITS), left)
        }
        From::New | From::Last | From::Newest if group.last_id < stream.last_id() => {
            let from = group.last_id.next().unwrap_or(StreamId::MAX);
            let span = Span::first(from, StreamId::MAX, terms.count as u64);
            stream.range_units(Span { each: if terms.is_noack { 0 } else { ASSIGN_UNITS }, ..span }, left)
        }
        From::New | From::Last | From::Newest => 0,
    }
}

/// Delivers what is there to deliver; None if nothing is. The consumer is made if there is none.
pub(super) fn deliver(stream: &mut Stream, from: From, terms: Terms<'_>) -> Option<Reply> {
    let By { group, consumer } = terms.by;
    let due = is_due(stream, group, from);
    stream.change_group(group, |group| group.see(consumer, terms.now_ms));
    match from {
        _ if !due => None,
        From::Behind(id) => Some(history(stream, id, terms)),
        From::New | From::Last | From::Newest => Some(new(stream, terms)),
    }
}

/// What was delivered before, and is not acknowledged: entries that are gone without their fields.
fn history(stream: &mut Stream, behind: StreamId, terms: Terms<'_>) -> Reply {
    let By { group, consumer } = terms.by;
    let held = stream.group(group).and_then(|group| group.consumer(consumer));
    let from = behind.next().unwrap_or(StreamId::MAX);
    let ids: Vec<StreamId> = held.into_iter().flat_map(|held| held.pending_from(from)).take(terms.count).collect();
    let found: Vec<(StreamId, Option<Reply>)> =
        ids.into_iter().map(|id| (id, stream.get(id).map(replies::entry))).collect();
    stream.change_group(group, |group| {
        for (id, _) in found.iter().filter(|(_, entry)| entry.is_some()) {
            group.deliver_again(*id, terms.now_ms);
        }
    });
    let gone = |id| Reply::Array(vec![replies::id(id), Reply::NilArray]);
    Reply::Array(found.into_iter().map(|(id, entry)| entry.unwrap_or_else(|| gone(id))).collect())
}

/// What was not delivered yet.
fn new(stream: &mut Stream, terms: Terms<'_>) -> Reply {
    let By { group, consumer } = terms.by;
    let Some((last_id, mut entries_read)) = stream.group(group).map(|group| (group.last_id, group.entries_read)) else {
        return Reply::Array(Vec::new());
    };
    let from = last_id.next().unwrap_or(StreamId::MAX);
    let past = stream.past();
    let (mut ids, mut found) = (Vec::new(), Vec::new());
    for entry in stream.range(from, StreamId::MAX).take(terms.count) {
        entries_read = past.read_with(entries_read, entry.id);
        ids.push(entry.id);
        found.push(replies::entry(entry));
    }
    let delivery = Delivery { at_ms: terms.now_ms, deliveries: 1 };
    stream.change_group(group, |group| {
        group.entries_read = entries_read;
        group.last_id = ids.last().copied().unwrap_or(last_id);
        for id in ids.iter().filter(|_| !terms.is_noack) {
            group.assign(*id, consumer, delivery, terms.now_ms);
        }
    });
    Reply::Array(found)
}
