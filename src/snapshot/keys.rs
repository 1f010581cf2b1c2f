//! The keys of the databases, in order of position: at any time only one shard's references and one chunk are held.

use std::io::{self, Read, Write};

use super::chunk::{ChunkReader, ChunkWriter};
use super::error::Problem;
use super::{sections, value};
use crate::store::{DATABASES, Database, Entry, Position, SHARDS, State, Str};

/// Writes all databases that have keys. Returns the number of keys.
pub(super) fn write(image: &State, out: &mut ChunkWriter<'_, impl Write>) -> io::Result<u64> {
    let mut keys = 0;
    for index in 0..DATABASES {
        let db = image.db(index);
        if db.is_empty() {
            continue;
        }
        out.u8(sections::KEYS)?;
        out.varint(index as u64)?;
        out.varint(db.len() as u64)?;
        let written = write_database(db, out)?;
        if written != db.len() as u64 {
            return Err(io::Error::other(format!("database {index} holds {written} keys and counts {}", db.len())));
        }
        keys += written;
    }
    out.u8(sections::END)?;
    Ok(keys)
}

fn write_database(db: &Database, out: &mut ChunkWriter<'_, impl Write>) -> io::Result<u64> {
    let mut written = 0;
    for shard in 0..SHARDS {
        for entry in db.shard_in_order(shard) {
            out.bytes(entry.key())?;
            out.varint(entry.revision())?;
            let is_forgotten = crate::planted::is("a snapshot forgets deadlines");
            out.varint(entry.deadline_ms().filter(|_| !is_forgotten).unwrap_or(0))?;
            if entry.is_made_by_nx() {
                out.u8(value::MADE_BY_NX)?;
            }
            value::write(entry.value(), out)?;
            written += 1;
        }
    }
    Ok(written)
}

/// Reads what [`write()`] wrote. Returns the number of keys.
pub(super) fn read(state: &mut State, input: &mut ChunkReader<impl Read>) -> Result<u64, Problem> {
    let mut keys = 0;
    let mut first_free = 0;
    loop {
        match input.u8()? {
            sections::END => return Ok(keys),
            sections::KEYS => {}
            other => return Err(input.wrong(format!("section {other} where keys belong"))),
        }
        let db = input.below(DATABASES as u64, "database")? as usize;
        if db < first_free {
            return Err(input.wrong(format!("database {db} comes too late")));
        }
        first_free = db + 1;
        keys += read_database(state, db, input)?;
    }
}

fn read_database(state: &mut State, db: usize, input: &mut ChunkReader<impl Read>) -> Result<u64, Problem> {
    let count = input.varint()?;
    let now_ms = state.now_ms();
    let mut scratch = Vec::new();
    let mut key: Vec<u8> = Vec::new();
    let mut last: Option<(Position, Vec<u8>)> = None;
    for _ in 0..count {
        key.clear();
        key.extend_from_slice(input.bytes(&mut scratch)?);
        let revision = input.varint()?;
        let deadline_ms = input.varint()?;
        let first = input.u8()?;
        let is_made_by_nx = first == value::MADE_BY_NX;
        let value = value::read(if is_made_by_nx { input.u8()? } else { first }, input, &mut scratch)?;
        if is_made_by_nx && value.typed::<Str>().is_err() {
            return Err(input.wrong(format!("key {:?} is made by NX and no string", key.escape_ascii().to_string())));
        }
        let position = Position::of(&key);
        // Strictly rising, so no key can stand twice.
        if last.as_ref().is_some_and(|(before, name)| (*before, name) >= (position, &key)) {
            return Err(input.wrong(format!("key {:?} is out of order", key.escape_ascii().to_string())));
        }
        let deadline_ms = (deadline_ms != 0).then_some(deadline_ms);
        let entry = Entry::new(&key, value, revision, deadline_ms, now_ms);
        if entry.revision() == state.revision() && crate::planted::is("a snapshot lacks the last change") {
            continue;
        }
        state.restore_entry(db, if is_made_by_nx { entry.made_by_nx() } else { entry });
        let (place, name) = last.get_or_insert_with(|| (position, Vec::new()));
        *place = position;
        std::mem::swap(name, &mut key);
    }
    Ok(count)
}
