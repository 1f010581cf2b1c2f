//! Streams: what is known of the past; the number of chunks, then each: what is known of it, and its bytes; if it has any, the
//! number of groups, then each with its consumers, and what is pending; and what is known of producers: their terms and counters, their names,
//! and the ids in the order in which they were noted.

use std::io::{self, Read, Write};

use super::{ChunkReader, ChunkWriter, Problem, STREAM, STREAM_GROUPS, STREAM_PRODUCERS};
use crate::store::{ChunkHead, Delivery, Group, KnownId, ProducerTerms, Stream, StreamHead, StreamId};

pub(super) fn write(stream: &Stream, out: &mut ChunkWriter<'_, impl Write>) -> io::Result<()> {
    let StreamHead { last_id, max_deleted_id, entries_added } = stream.head();
    let has_groups = stream.group_count() > 0;
    let known_ids = stream.known_ids();
    out.u8(match (&known_ids, has_groups) {
        (Some(_), _) => STREAM_PRODUCERS,
        (None, true) => STREAM_GROUPS,
        (None, false) => STREAM,
    })?;
    write_id(last_id, out)?;
    write_id(max_deleted_id, out)?;
    out.varint(entries_added)?;
    out.varint(stream.chunk_count() as u64)?;
    for (ChunkHead { base, last, len, deleted, size }, bytes) in stream.chunks() {
        write_id(base, out)?;
        write_id(last, out)?;
        [u64::from(len), u64::from(deleted), size].into_iter().try_for_each(|number| out.varint(number))?;
        out.bytes(bytes)?;
    }
    if has_groups || known_ids.is_some() {
        out.varint(stream.group_count() as u64)?;
        for (name, group) in stream.groups() {
            out.bytes(name)?;
            write_group(group, out)?;
        }
    }
    let Some((names, ids)) = known_ids else { return Ok(()) };
    let (terms, counts) = (stream.producer_terms(), stream.producer_counts());
    let numbers = [terms.duration_s, terms.ids_max, counts.added, counts.duplicates, counts.producers];
    numbers.into_iter().try_for_each(|number| out.varint(number))?;
    for name in names {
        out.bytes(name)?;
    }
    out.varint(counts.ids)?;
    for KnownId { producer, iid, id, number, at_ms } in ids {
        [producer, number, at_ms].into_iter().try_for_each(|number| out.varint(number))?;
        write_id(id, out)?;
        out.bytes(iid)?;
    }
    Ok(())
}

fn write_group(group: &Group, out: &mut ChunkWriter<'_, impl Write>) -> io::Result<()> {
    write_id(group.last_id, out)?;
    out.bool(group.entries_read.is_some())?;
    out.varint(group.entries_read.unwrap_or(0) as u64)?;
    out.varint(group.consumers().len() as u64)?;
    for consumer in group.consumers() {
        out.bytes(consumer.name())?;
        out.varint(consumer.seen_ms)?;
        out.bool(consumer.active_ms.is_some())?;
        out.varint(consumer.active_ms.unwrap_or(0))?;
    }
    out.varint(group.pending_len() as u64)?;
    for pending in group.pending_from(StreamId::ZERO) {
        write_id(pending.id, out)?;
        let consumer = group.consumer_index(pending) as u64;
        [consumer, pending.delivered_ms, pending.deliveries].into_iter().try_for_each(|number| out.varint(number))?;
    }
    Ok(())
}

fn write_id(id: StreamId, out: &mut ChunkWriter<'_, impl Write>) -> io::Result<()> {
    out.varint(id.ms)?;
    out.varint(id.seq)
}

pub(super) fn read(tag: u8, input: &mut ChunkReader<impl Read>, scratch: &mut Vec<u8>) -> Result<Stream, Problem> {
    let (last_id, max_deleted_id) = (read_id(input)?, read_id(input)?);
    let mut stream = Stream::with_head(StreamHead { last_id, max_deleted_id, entries_added: input.varint()? });
    for _ in 0..input.varint()? {
        let (base, last) = (read_id(input)?, read_id(input)?);
        let len = input.below(1 << 32, "number of entries")? as u32;
        let deleted = input.below(1 << 32, "number of entries that are gone")? as u32;
        let head = ChunkHead { base, last, len, deleted, size: input.varint()? };
        if !stream.restore_chunk(head, input.bytes(scratch)?) {
            return Err(input.wrong("entries of a stream that contradict each other"));
        }
    }
    if stream.last_present().is_some_and(|last| last > last_id) {
        return Err(input.wrong("a stream with entries behind its last id"));
    }
    let groups = if tag == STREAM { 0 } else { input.varint()? };
    for _ in 0..groups {
        let name: Box<[u8]> = input.bytes(scratch)?.into();
        let group = read_group(input, scratch)?;
        if !stream.add_group(&name, group) {
            return Err(input.wrong("a group that stands twice"));
        }
    }
    if tag == STREAM_PRODUCERS {
        read_producers(&mut stream, input, scratch)?;
    }
    Ok(stream)
}

fn read_producers(
    stream: &mut Stream,
    input: &mut ChunkReader<impl Read>,
    scratch: &mut Vec<u8>,
) -> Result<(), Problem> {
    let terms = ProducerTerms { duration_s: input.varint()?, ids_max: input.varint()? };
    if !terms.are_possible() {
        return Err(input.wrong("a stream with terms for its producers that it cannot have"));
    }
    stream.restore_producers(terms, input.varint()?, input.varint()?);
    let mut names: Vec<Box<[u8]>> = Vec::new();
    for _ in 0..input.varint()? {
        names.push(input.bytes(scratch)?.into());
    }
    for _ in 0..input.varint()? {
        let (producer, number, at_ms) = (input.varint()?, input.varint()?, input.varint()?);
        let id = read_id(input)?;
        let iid = input.bytes(scratch)?;
        let name = usize::try_from(producer).ok().and_then(|at| names.get(at));
        let known = KnownId { producer, iid, id, number, at_ms };
        if !name.is_some_and(|name| stream.restore_id(name, known)) {
            return Err(input.wrong("ids of producers that contradict each other"));
        }
    }
    if stream.producer_counts().producers != names.len() as u64 {
        return Err(input.wrong("a producer without ids"));
    }
    Ok(())
}

fn read_group(input: &mut ChunkReader<impl Read>, scratch: &mut Vec<u8>) -> Result<Group, Problem> {
    let last_id = read_id(input)?;
    let (has_read, read) = (input.bool()?, input.varint()? as i64);
    let mut group = Group::new(last_id, has_read.then_some(read));
    for _ in 0..input.varint()? {
        let name: Box<[u8]> = input.bytes(scratch)?.into();
        let (seen_ms, is_active, active_ms) = (input.varint()?, input.bool()?, input.varint()?);
        if !group.restore_consumer(&name, seen_ms, is_active.then_some(active_ms)) {
            return Err(input.wrong("consumers that stand twice or out of their order"));
        }
    }
    for _ in 0..input.varint()? {
        let (id, consumer) = (read_id(input)?, input.varint()?);
        let delivery = Delivery { at_ms: input.varint()?, deliveries: input.varint()? };
        let consumer = usize::try_from(consumer).unwrap_or(usize::MAX);
        if !group.restore_pending(id, consumer, delivery) {
            return Err(input.wrong("pending entries out of their order, or of no consumer"));
        }
    }
    Ok(group)
}

fn read_id(input: &mut ChunkReader<impl Read>) -> Result<StreamId, Problem> {
    Ok(StreamId { ms: input.varint()?, seq: input.varint()? })
}
