//! Locks: the limit, unless it is shared, the number of holds, then each: owner, token, deadline, and the request that it was granted to.

use std::io::{self, Read, Write};

use super::{ChunkReader, ChunkWriter, LOCK, LOCK_SHARED, Problem};
use crate::store::{Hold, Lock, LockMode, WaiterId};

pub(super) fn write(lock: &Lock, out: &mut ChunkWriter<'_, impl Write>) -> io::Result<()> {
    match lock.mode() {
        LockMode::Shared => out.u8(LOCK_SHARED)?,
        LockMode::Limit(limit) => {
            out.u8(LOCK)?;
            out.varint(limit)?;
        }
    }
    out.varint(lock.holds().len() as u64)?;
    for Hold { owner, token, deadline_ms, asker } in lock.holds() {
        out.bytes(owner)?;
        out.varint(*token)?;
        out.varint(*deadline_ms)?;
        out.bool(asker.is_some())?;
        if let Some(WaiterId { boot, connection, number }) = asker {
            [*boot, *connection, *number].into_iter().try_for_each(|number| out.varint(number))?;
        }
    }
    Ok(())
}

pub(super) fn read(tag: u8, input: &mut ChunkReader<impl Read>, scratch: &mut Vec<u8>) -> Result<Lock, Problem> {
    let mode = if tag == LOCK_SHARED { LockMode::Shared } else { LockMode::Limit(input.varint()?) };
    let mut holds = Vec::new();
    for _ in 0..input.varint()? {
        let owner = input.bytes(scratch)?.into();
        let (token, deadline_ms) = (input.varint()?, input.varint()?);
        let asker = match input.bool()? {
            true => Some(WaiterId { boot: input.varint()?, connection: input.varint()?, number: input.varint()? }),
            false => None,
        };
        holds.push(Hold { owner, token, deadline_ms, asker });
    }
    Lock::from_parts(mode, holds).ok_or_else(|| input.wrong("a lock whose holds contradict each other"))
}
