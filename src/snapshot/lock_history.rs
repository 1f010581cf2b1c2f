//! What happened to locks, the oldest first.
//!
//! What is written is taken apart field by field, so that a field that is added without a place here does not compile.

use std::io::{self, Read, Write};

use super::chunk::{ChunkReader, ChunkWriter};
use super::error::Problem;
use crate::store::{DATABASES, LockEvent, LockHistory, LockRecord};

pub(super) fn write(history: &LockHistory, out: &mut ChunkWriter<'_, impl Write>) -> io::Result<()> {
    out.varint(history.iter().len() as u64)?;
    for record in history.iter() {
        let LockRecord { db, name, event, owner, token, at_ms } = record;
        out.u8(*db)?;
        out.bytes(name)?;
        out.u8(event.number() as u8)?;
        out.bytes(owner)?;
        out.varint(*token)?;
        out.varint(*at_ms)?;
    }
    Ok(())
}

pub(super) fn read(input: &mut ChunkReader<impl Read>) -> Result<LockHistory, Problem> {
    let mut history = LockHistory::default();
    let mut scratch = Vec::new();
    for _ in 0..input.varint()? {
        let db = input.u8()?;
        if usize::from(db) >= DATABASES {
            return Err(input.wrong("an event of a lock in no database"));
        }
        let name = input.bytes(&mut scratch)?.into();
        let number = input.u8()?;
        let Some(event) = LockEvent::ALL.get(usize::from(number)).copied() else {
            return Err(input.wrong(format!("an unknown event {number} of a lock")));
        };
        let owner = input.bytes(&mut scratch)?.into();
        let (token, at_ms) = (input.varint()?, input.varint()?);
        // What goes when there is more than the bound went before the snapshot was written.
        history.push(LockRecord { db, name, event, owner, token, at_ms }, u64::MAX);
    }
    Ok(history)
}
