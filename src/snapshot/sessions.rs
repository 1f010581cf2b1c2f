//! The section of sessions: each, with the keys that are bound to it. Their holds are among the locks.

use std::io::{self, Read, Write};

use super::addr::{read_addr, write_addr};
use super::chunk::{ChunkReader, ChunkWriter};
use super::error::Problem;
use crate::store::{DATABASES, Session, Sessions};

pub(super) fn write(sessions: &Sessions, out: &mut ChunkWriter<'_, impl Write>) -> io::Result<()> {
    out.varint(sessions.len() as u64)?;
    for (id, session) in sessions.iter() {
        let Session { timeout_ms, deadline_ms, opened_ms, label, opener, from } = session;
        [id, *timeout_ms, *deadline_ms, *opened_ms].into_iter().try_for_each(|number| out.varint(number))?;
        out.bytes(label)?;
        out.bool(opener.is_some())?;
        if let Some((boot, connection)) = opener {
            out.varint(*boot)?;
            out.varint(*connection)?;
        }
        write_addr(*from, out)?;
        out.varint(sessions.key_count(id))?;
        for (db, key) in sessions.keys_of(id) {
            out.varint(db as u64)?;
            out.bytes(key)?;
        }
    }
    Ok(())
}

pub(super) fn read(input: &mut ChunkReader<impl Read>) -> Result<Sessions, Problem> {
    let mut scratch = Vec::new();
    let mut sessions = Sessions::default();
    for _ in 0..input.varint()? {
        let (id, timeout_ms, deadline_ms, opened_ms) =
            (input.varint()?, input.varint()?, input.varint()?, input.varint()?);
        let label = input.bytes(&mut scratch)?.into();
        let opener = if input.bool()? { Some((input.varint()?, input.varint()?)) } else { None };
        let from = read_addr(input)?;
        if id == 0 || !sessions.restore(id, Session { timeout_ms, deadline_ms, opened_ms, label, opener, from }) {
            return Err(input.wrong(format!("a session {id} that stands twice")));
        }
        for _ in 0..input.varint()? {
            let db = input.below(DATABASES as u64, "database")? as usize;
            let key = input.bytes(&mut scratch)?;
            if !sessions.restore_key(id, db, key) {
                return Err(input.wrong(format!("a key of session {id} that is bound twice")));
            }
        }
    }
    Ok(sessions)
}
