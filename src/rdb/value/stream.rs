//! Streams: a listpack for each chunk, the ids and counts of the whole, and the groups with their consumers and what is pending.
//!
//! In the listpack of a chunk stand how many entries there are and how many are gone, the names of the fields that the first one had, and a
//! zero; then each entry: its flags, two differences of its id to the chunk's, its values (with the number and names of its fields, if they
//! are others), and how many elements that were. Of an entry that is gone the chunks here know no more than that it was there: it is written
//! without fields, with the id of the first one, or of the last one if that is not there anymore.
//!
//! Redis also says which id is the first; what is read is told by the entries. Counters are taken as they are, as in Redis.

use super::input::Input;
use super::listpack::{Elements, Writer};
use super::{STREAM, STREAM_2, STREAM_3};
use crate::rdb::string::{write, write_length};
use crate::store::{ChunkBuilder, ChunkHead, Delivery, Entries, Group, Past, Stream, StreamId, Value};

/// Flag of an entry that is gone.
const GONE: i64 = 1;
/// Flag of one with the fields of the first one.
const SAME_FIELDS: i64 = 2;
/// Elements of an entry that has the fields of the first one, besides its values: flags and differences.
const PIECES: i64 = 3;
/// What a group has read, if nobody can tell.
const UNKNOWN: i64 = -1;

/// Writes the form that Redis 7.0 and all later ones read; when a consumer last got something has no place there.
pub fn dump(stream: &Stream, out: &mut Vec<u8>) {
    out.push(STREAM_2);
    write_length(stream.chunk_count(), out);
    for (head, entries) in stream.chunks_by_entry() {
        write(&id_bytes(head.base), out);
        write(&chunk(head, entries), out);
    }
    write_number(stream.len(), out);
    write_id(stream.last_id(), out);
    write_id(stream.first_id(), out);
    write_id(stream.max_deleted_id(), out);
    write_number(stream.entries_added(), out);
    write_length(stream.group_count(), out);
    for (name, group) in stream.groups() {
        write(name, out);
        dump_group(group, out);
    }
}

fn chunk(head: ChunkHead, entries: Entries<'_>) -> Vec<u8> {
    let ChunkHead { base, last, len, deleted, .. } = head;
    let mut out = Writer::new();
    out.number(len.into());
    out.number(deleted.into());
    out.number(entries.names().count() as i64);
    entries.names().for_each(|name| out.text(name));
    out.number(0);
    let is_last_gone = deleted > 0 && entries.last().is_none_or(|entry| entry.id != last);
    (0..deleted - u32::from(is_last_gone)).for_each(|_| gone(base, base, &mut out));
    for entry in entries {
        let is_same = entry.fields.has_names_of_chunk();
        out.number(if is_same { SAME_FIELDS } else { 0 });
        differences(base, entry.id, &mut out);
        let fields = entry.fields.count() as i64;
        if !is_same {
            out.number(fields);
        }
        for (name, value) in entry.fields {
            if !is_same {
                out.text(name);
            }
            out.text(value);
        }
        out.number(if is_same { fields + PIECES } else { 2 * fields + PIECES + 1 });
    }
    if is_last_gone {
        gone(base, last, &mut out);
    }
    out.finish()
}

fn gone(base: StreamId, id: StreamId, out: &mut Writer) {
    out.number(GONE);
    differences(base, id, out);
    out.number(0);
    out.number(PIECES + 1);
}

fn differences(base: StreamId, id: StreamId, out: &mut Writer) {
    out.number(id.ms.wrapping_sub(base.ms) as i64);
    out.number(id.seq.wrapping_sub(base.seq) as i64);
}

fn dump_group(group: &Group, out: &mut Vec<u8>) {
    write_id(group.last_id, out);
    write_number(group.entries_read.unwrap_or(UNKNOWN) as u64, out);
    write_length(group.pending_len(), out);
    for pending in group.pending_from(StreamId::ZERO) {
        out.extend_from_slice(&id_bytes(pending.id));
        out.extend_from_slice(&pending.delivered_ms.to_le_bytes());
        write_number(pending.deliveries, out);
    }
    write_length(group.consumers().len(), out);
    for consumer in group.consumers() {
        write(consumer.name(), out);
        out.extend_from_slice(&consumer.seen_ms.to_le_bytes());
        write_length(consumer.pending_len(), out);
        consumer.pending_from(StreamId::ZERO).for_each(|id| out.extend_from_slice(&id_bytes(id)));
    }
}

fn write_number(number: u64, out: &mut Vec<u8>) {
    write_length(number as usize, out);
}

fn write_id(id: StreamId, out: &mut Vec<u8>) {
    write_number(id.ms, out);
    write_number(id.seq, out);
}

fn id_bytes(id: StreamId) -> [u8; 16] {
    (u128::from(id.ms) << 64 | u128::from(id.seq)).to_be_bytes()
}

fn id_of(bytes: [u8; 16]) -> StreamId {
    let both = u128::from_be_bytes(bytes);
    StreamId::new((both >> 64) as u64, both as u64)
}

/// Reads one of the three forms.
pub fn read(kind: u8, input: &mut Input<'_, '_>) -> Option<Value> {
    let mut stream = Stream::default();
    input.times(|input| {
        let base = id_of(input.string()?.try_into().ok()?);
        read_chunk(base, &input.blob()?, &mut stream)
    })?;
    let len = read_number(input)?;
    let last_id = read_id(input)?;
    let (mut max_deleted_id, mut entries_added) = (StreamId::ZERO, len);
    if kind != STREAM {
        read_id(input)?;
        (max_deleted_id, entries_added) = (read_id(input)?, read_number(input)?);
    }
    if len != stream.len() || stream.last_present().is_some_and(|last| last > last_id) {
        return None;
    }
    stream.set_head(last_id, Some(entries_added), Some(max_deleted_id));
    let past = stream.past();
    input.times(|input| {
        let name = input.string()?;
        stream.add_group(&name, read_group(kind, past, input)?).then_some(())
    })?;
    Some(stream.into())
}

fn read_chunk(base: StreamId, blob: &[u8], stream: &mut Stream) -> Option<()> {
    let mut elements = Elements::open(blob)?;
    let (len, deleted) = (count(&mut elements)?, count(&mut elements)?);
    let counts = elements_len(blob) - elements.bytes_left();
    let names = count(&mut elements)?;
    let mut chunk = ChunkBuilder::new(base, names);
    parts(&mut elements, names, |name| chunk.put(name))?;
    if elements.number()? != 0 {
        return None;
    }
    let entries = elements.bytes_left();
    // The end stands behind the entries.
    chunk.end_names((blob.len() - counts - entries + 1) as u64);

    let (mut len_read, mut deleted_read) = (0, 0);
    while len_read + deleted_read < len.checked_add(deleted)? {
        let before = elements.bytes_left();
        let flags = elements.number()?;
        if !(0..=GONE | SAME_FIELDS).contains(&flags) {
            return None;
        }
        let (ms, seq) = (elements.number()? as u64, elements.number()? as u64);
        let id = StreamId::new(base.ms.wrapping_add(ms), base.seq.wrapping_add(seq));
        let others = if flags & SAME_FIELDS == 0 { Some(count(&mut elements)?) } else { None };
        let pieces = others.map_or(Some(names), |fields| fields.checked_mul(2)?.checked_add(1))?;
        let values = pieces - u64::from(others.is_some());
        let is_gone = flags & GONE != 0;
        if is_gone {
            parts(&mut elements, values, |_| ())?;
        } else {
            if chunk.is_large() && id > chunk.last() {
                let next = chunk.split(id);
                if !stream.add_chunk(&std::mem::replace(&mut chunk, next)) {
                    return None;
                }
            }
            chunk.begin_entry(id, others)?;
            parts(&mut elements, values, |part| chunk.put(part))?;
        }
        if count(&mut elements)? != pieces.checked_add(PIECES as u64)? {
            return None;
        }
        let size = (before - elements.bytes_left()) as u64;
        if is_gone {
            deleted_read += 1;
            chunk.add_gone(id, size)?;
        } else {
            len_read += 1;
            chunk.end_entry(size);
        }
    }
    let is_whole = len_read == len && elements.take()?.is_none();
    (is_whole && stream.add_chunk(&chunk)).then_some(())
}

/// Bytes of all elements of a listpack, with its end.
fn elements_len(blob: &[u8]) -> usize {
    blob.len() - super::listpack::HEAD_LEN
}

/// A number that is not negative.
fn count(elements: &mut Elements<'_>) -> Option<u64> {
    u64::try_from(elements.number()?).ok()
}

/// Takes so many elements.
fn parts(elements: &mut Elements<'_>, count: u64, mut each: impl FnMut(&[u8])) -> Option<()> {
    for _ in 0..count {
        elements.take()??.give(&mut each);
    }
    Some(())
}

fn read_group(kind: u8, past: Past, input: &mut Input<'_, '_>) -> Option<Group> {
    let last_id = read_id(input)?;
    let entries_read = match kind {
        STREAM => past.entries_up_to(last_id),
        _ => Some(read_number(input)? as i64).filter(|read| *read != UNKNOWN),
    };
    let mut group = Group::new(last_id, entries_read);
    // Whose they are is told by the consumers.
    let mut pending: Vec<(StreamId, Delivery, Option<usize>)> = Vec::new();
    input.times(|input| {
        let id = id_of(input.array()?);
        let delivery = Delivery { at_ms: read_time(input)?, deliveries: read_number(input)? };
        let is_behind = pending.last().is_none_or(|(last, ..)| *last < id);
        pending.push((id, delivery, None));
        is_behind.then_some(())
    })?;
    let mut consumers = 0;
    input.times(|input| {
        let name = input.string()?;
        let seen_ms = read_time(input)?;
        let active_ms = match kind {
            STREAM_3 => read_active(input)?,
            // The best that can be said.
            _ => Some(seen_ms),
        };
        if !group.restore_consumer(&name, seen_ms, active_ms) {
            return None;
        }
        input.times(|input| {
            let id = id_of(input.array()?);
            let place = pending.binary_search_by_key(&id, |(id, ..)| *id).ok()?;
            let (.., owner) = pending.get_mut(place)?;
            owner.replace(consumers).is_none().then_some(())
        })?;
        consumers += 1;
        Some(())
    })?;
    let mut pending = pending.into_iter();
    pending
        .all(|(id, delivery, owner)| owner.is_some_and(|owner| group.restore_pending(id, owner, delivery)))
        .then_some(group)
}

fn read_number(input: &mut Input<'_, '_>) -> Option<u64> {
    input.length().map(|number| number as u64)
}

fn read_id(input: &mut Input<'_, '_>) -> Option<StreamId> {
    Some(StreamId::new(read_number(input)?, read_number(input)?))
}

/// A time in ms, which is not negative.
fn read_time(input: &mut Input<'_, '_>) -> Option<u64> {
    input.number().filter(|ms| i64::try_from(*ms).is_ok())
}

/// The same, or -1 for never.
fn read_active(input: &mut Input<'_, '_>) -> Option<Option<u64>> {
    match input.number()? {
        u64::MAX => Some(None),
        ms => i64::try_from(ms).is_ok().then_some(Some(ms)),
    }
}
