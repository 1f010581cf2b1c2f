//! XINFO STREAM

use super::info::{KEY, stream};
use super::replies;
use crate::command::{Arg, ArgKind, Doc, Family, Outcome, Spec};
use crate::error::{NOT_AN_INTEGER, ReplyError, wrong_subcommand_arguments};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{Consumer, Group, Past, Span, Stream, StreamId, View};

pub static SPEC: Spec = Spec::read("xinfo|stream", -3, DOC, run).since(3).keys(&[KEY]);

const DOC: Doc = Doc {
    summary: "Shows a stream; with FULL its entries, groups and consumers too.",
    since: "5.0.0",
    group: Family::Stream,
    complexity: "O(1); with FULL O(N) with what is shown",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new(
            "full-block",
            ArgKind::Block(&[Arg::word("full", "FULL"), Arg::new("count", ArgKind::Integer).token("COUNT").optional()]),
        )
        .optional(),
    ],
};

/// What FULL shows of each part without COUNT.
const COUNT: usize = 10;
/// Units of what is shown of a group or a consumer besides what is pending.
const PART_UNITS: u64 = 100;

/// How much FULL shows of each part; None without FULL.
fn shown(args: &Args) -> Result<Option<usize>, ReplyError> {
    let wrong = || wrong_subcommand_arguments("XINFO", args.arg(1));
    match args.len() {
        3 => return Ok(None),
        4 | 6 if args.is(3, "FULL") => {}
        _ => return Err(wrong()),
    }
    if args.len() == 4 {
        return Ok(Some(COUNT));
    }
    if !args.is(4, "COUNT") {
        return Err(wrong());
    }
    Ok(Some(match parse_i64(args.arg(5)).ok_or(NOT_AN_INTEGER)? {
        0 => usize::MAX,
        count => usize::try_from(count).unwrap_or(COUNT),
    }))
}

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let stream = stream(view, args)?;
    let count = shown(args)?;
    if view.is_work_bounded() {
        view.work(units(stream, count, view.work_left()))?;
    }
    let mut fields = vec![
        ("length", Reply::Int(stream.len() as i64)),
        ("radix-tree-keys", Reply::Int(stream.chunk_count() as i64)),
        // One for each chunk and one above, as Redis has for none and for one.
        ("radix-tree-nodes", Reply::Int(stream.chunk_count() as i64 + 1)),
        ("last-generated-id", replies::id(stream.last_id())),
        ("max-deleted-entry-id", replies::id(stream.max_deleted_id())),
        ("entries-added", Reply::Int(stream.entries_added() as i64)),
        ("recorded-first-entry-id", replies::id(stream.first_id())),
    ];
    // Redis 7.2 has no such fields: shown once producers have ids, or terms were set.
    if stream.known_ids().is_some() {
        let (terms, counts) = (stream.producer_terms(), stream.producer_counts());
        let of_producers = [
            ("idmp-duration", terms.duration_s),
            ("idmp-maxsize", terms.ids_max),
            ("pids-tracked", counts.producers),
            ("iids-tracked", counts.ids),
            ("iids-added", counts.added),
            ("iids-duplicates", counts.duplicates),
        ];
        fields.extend(of_producers.map(|(name, number)| (name, Reply::Int(number as i64))));
    }
    match count {
        None => {
            let all = (StreamId::ZERO, StreamId::MAX);
            let or_nil = |entry: Option<_>| entry.map_or(Reply::Nil, replies::entry);
            fields.push(("groups", Reply::Int(stream.group_count() as i64)));
            fields.push(("first-entry", or_nil(stream.range(all.0, all.1).next())));
            fields.push(("last-entry", or_nil(stream.range_back(all.0, all.1).next())));
        }
        Some(count) => {
            let entries = stream.range(StreamId::ZERO, StreamId::MAX).take(count).map(replies::entry);
            fields.push(("entries", Reply::Array(entries.collect())));
            let past = stream.past();
            let groups = stream.groups().map(|(name, group)| show_group(past, name, group, count));
            fields.push(("groups", Reply::Array(groups.collect())));
        }
    }
    Ok(Reply::Map(fields.into_iter().map(|(name, value)| (Reply::bulk(name), value)).collect()))
}

fn units(stream: &Stream, count: Option<usize>, left: u64) -> u64 {
    let first = |count| Span::first(StreamId::ZERO, StreamId::MAX, count);
    let Some(count) = count else {
        return stream.range_units(first(1), left) + stream.range_units(Span { is_back: true, ..first(1) }, left);
    };
    let pending = |len: usize| len.min(count) as u64 * PART_UNITS;
    let of_group = |group: &Group| {
        let consumers = group.consumers().map(|consumer| PART_UNITS + pending(consumer.pending_len()));
        PART_UNITS + pending(group.pending_len()) + consumers.sum::<u64>()
    };
    stream.range_units(first(count as u64), left) + stream.groups().map(|(_, group)| of_group(group)).sum::<u64>()
}

fn show_group(past: Past, name: &[u8], group: &Group, count: usize) -> Reply {
    let pending = group.pending_from(StreamId::ZERO).take(count).map(|held| {
        Reply::Array(vec![
            replies::id(held.id),
            Reply::bulk(held.consumer()),
            Reply::Int(held.delivered_ms as i64),
            Reply::Int(held.deliveries as i64),
        ])
    });
    let consumers = group.consumers().map(|consumer| show_consumer(group, consumer, count));
    replies::map([
        ("name", Reply::bulk(name)),
        ("last-delivered-id", replies::id(group.last_id)),
        ("entries-read", replies::int_or_nil(group.entries_read)),
        ("lag", replies::int_or_nil(past.lag(group))),
        ("pel-count", Reply::Int(group.pending_len() as i64)),
        ("pending", Reply::Array(pending.collect())),
        ("consumers", Reply::Array(consumers.collect())),
    ])
}

fn show_consumer(group: &Group, consumer: &Consumer, count: usize) -> Reply {
    let held = consumer.pending_from(StreamId::ZERO).take(count).filter_map(|id| group.pending(id));
    let pending = held.map(|held| {
        Reply::Array(vec![
            replies::id(held.id),
            Reply::Int(held.delivered_ms as i64),
            Reply::Int(held.deliveries as i64),
        ])
    });
    replies::map([
        ("name", Reply::bulk(consumer.name())),
        ("seen-time", Reply::Int(consumer.seen_ms as i64)),
        ("active-time", Reply::Int(consumer.active_ms.map_or(-1, |ms| ms as i64))),
        ("pel-count", Reply::Int(consumer.pending_len() as i64)),
        ("pending", Reply::Array(pending.collect())),
    ])
}
