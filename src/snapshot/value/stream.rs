//! Streams: what is known of the past; the number of chunks, then each: what is known of it, and its bytes; if it has any, the
//! number of groups, then each with its consumers, and what is pending.

use std::io::{self, Read, Write};

use super::{ChunkReader, ChunkWriter, Problem, STREAM, STREAM_GROUPS};
use crate::store::{ChunkHead, Delivery, Group, Stream, StreamHead, StreamId};

pub(super) fn write(stream: &Stream, out: &mut ChunkWriter<'_, impl Write>) -> io::Result<()> {
    let StreamHead { last_id, max_deleted_id, entries_added } = stream.head();
    let has_groups = stream.group_count() > 0;
    out.u8(if has_groups { STREAM_GROUPS } else { STREAM })?;
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
    if !has_groups {
        return Ok(());
    }
    out.varint(stream.group_count() as u64)?;
    stream.groups().try_for_each(|(name, group)| {
        out.bytes(name)?;
        write_group(group, out)
    })
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
    let groups = if tag == STREAM_GROUPS { input.varint()? } else { 0 };
    for _ in 0..groups {
        let name: Box<[u8]> = input.bytes(scratch)?.into();
        let group = read_group(input, scratch)?;
        if !stream.add_group(&name, group) {
            return Err(input.wrong("a group that stands twice"));
        }
    }
    Ok(stream)
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
