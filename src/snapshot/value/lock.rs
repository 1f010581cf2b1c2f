//! Locks: the limit, unless it is shared, until when nobody is admitted, the number of holds, then each: owner, token, deadline and the one of
//! its own, what it is bound to, its delay, the request that it was granted to, the boot and the connection that acquired it, and their address.

use std::io::{self, Read, Write};

use super::super::addr::{read_addr, write_addr};
use super::{ChunkReader, ChunkWriter, LOCK, LOCK_SHARED, Problem};
use crate::store::{Bound, Hold, Lock, LockMode, WaiterId};

pub(super) fn write(lock: &Lock, out: &mut ChunkWriter<'_, impl Write>) -> io::Result<()> {
    match lock.mode() {
        LockMode::Shared => out.u8(LOCK_SHARED)?,
        LockMode::Limit(limit) => {
            out.u8(LOCK)?;
            out.varint(limit)?;
        }
    }
    out.varint(lock.delayed_ms())?;
    out.varint(lock.holds().len() as u64)?;
    for Hold { owner, token, deadline_ms, own_deadline_ms, bound, delay_ms, asker, acquirer, from } in lock.holds() {
        out.bytes(owner)?;
        [*token, *deadline_ms, *delay_ms].into_iter().try_for_each(|number| out.varint(number))?;
        out.bool(own_deadline_ms.is_some())?;
        out.varint(own_deadline_ms.unwrap_or(0))?;
        let numbers = match *bound {
            Bound::Time => vec![0],
            Bound::Connection { node, boot, connection } => vec![1, node, boot, connection],
            Bound::Session(id) => vec![2, id],
            Bound::Neither { boot } => vec![3, boot],
        };
        numbers.into_iter().try_for_each(|number| out.varint(number))?;
        out.bool(asker.is_some())?;
        if let Some(WaiterId { boot, connection, number }) = asker {
            [*boot, *connection, *number].into_iter().try_for_each(|number| out.varint(number))?;
        }
        out.bool(acquirer.is_some())?;
        if let Some((boot, connection)) = acquirer {
            [*boot, *connection].into_iter().try_for_each(|number| out.varint(number))?;
        }
        write_addr(*from, out)?;
    }
    Ok(())
}

pub(super) fn read(tag: u8, input: &mut ChunkReader<impl Read>, scratch: &mut Vec<u8>) -> Result<Lock, Problem> {
    let mode = if tag == LOCK_SHARED { LockMode::Shared } else { LockMode::Limit(input.varint()?) };
    let delayed_ms = input.varint()?;
    let mut holds = Vec::new();
    for _ in 0..input.varint()? {
        let owner = input.bytes(scratch)?.into();
        let (token, deadline_ms, delay_ms) = (input.varint()?, input.varint()?, input.varint()?);
        let has_own = input.bool()?;
        let own_deadline_ms = Some(input.varint()?).filter(|_| has_own);
        let bound = match input.below(4, "binding of a hold")? {
            0 => Bound::Time,
            1 => Bound::Connection { node: input.varint()?, boot: input.varint()?, connection: input.varint()? },
            2 => Bound::Session(input.varint()?),
            _ => Bound::Neither { boot: input.varint()? },
        };
        let asker = match input.bool()? {
            true => Some(WaiterId { boot: input.varint()?, connection: input.varint()?, number: input.varint()? }),
            false => None,
        };
        let acquirer = if input.bool()? { Some((input.varint()?, input.varint()?)) } else { None };
        let from = read_addr(input)?;
        holds.push(Hold { owner, token, deadline_ms, own_deadline_ms, bound, delay_ms, asker, acquirer, from });
    }
    Lock::from_parts(mode, holds, delayed_ms).ok_or_else(|| input.wrong("a lock whose holds contradict each other"))
}
