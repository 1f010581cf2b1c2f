//! The section of those who wait: the last ticket, and each waiter with its place.

use std::io::{self, Read, Write};
use std::sync::Arc;

use super::addr::{read_addr, write_addr};
use super::chunk::{ChunkReader, ChunkWriter};
use super::error::Problem;
use crate::protocol::Args;
use crate::store::{Claim, DATABASES, LockMode, Waiter, WaiterId, Waiters, Wants};

pub(super) fn write(waiters: &Waiters, out: &mut ChunkWriter<'_, impl Write>) -> io::Result<()> {
    out.varint(waiters.last_ticket())?;
    out.varint(waiters.len() as u64)?;
    for (id, ticket, waiter) in waiters.iter() {
        let WaiterId { boot, connection, number } = id;
        let Waiter { db, args, keys, wants, claim, since_ms, deadline_ms, session, from } = waiter;
        for number in [boot, connection, number, ticket, *since_ms, *deadline_ms, u64::from(*db), wants.number() as u64]
        {
            out.varint(number)?;
        }
        out.varint(args.len() as u64)?;
        args.iter().try_for_each(|arg| out.bytes(arg))?;
        out.varint(keys.len() as u64)?;
        keys.iter().try_for_each(|key| out.bytes(key))?;
        out.bool(claim.is_some())?;
        if let Some(Claim { owner, mode }) = claim {
            out.bytes(owner)?;
            out.varint(mode.number())?;
        }
        out.varint(session.unwrap_or(0))?;
        write_addr(*from, out)?;
    }
    Ok(())
}

pub(super) fn read(input: &mut ChunkReader<impl Read>) -> Result<Waiters, Problem> {
    let mut waiters = Waiters::default();
    waiters.restore_last_ticket(input.varint()?);
    for _ in 0..input.varint()? {
        let id = WaiterId { boot: input.varint()?, connection: input.varint()?, number: input.varint()? };
        let (ticket, since_ms, deadline_ms) = (input.varint()?, input.varint()?, input.varint()?);
        let db = input.below(DATABASES as u64, "database")? as u8;
        let wants = input.below(Wants::ALL.len() as u64, "kind of waiter")?;
        let Some(wants) = Wants::ALL.get(wants as usize).copied() else {
            return Err(input.wrong("an unknown kind of waiter"));
        };
        let args = Args::from_slices(texts(input)?);
        let keys = texts(input)?.into_iter().map(Arc::from).collect();
        let claim = if input.bool()? { Some(claim(input)?) } else { None };
        // No session has this id.
        let session = Some(input.varint()?).filter(|session| *session != 0);
        let from = read_addr(input)?;
        if !waiters.restore(id, ticket, Waiter { db, args, keys, wants, claim, since_ms, deadline_ms, session, from }) {
            return Err(input.wrong(format!("a waiter {id:?} that has no place")));
        }
    }
    Ok(waiters)
}

fn claim(input: &mut ChunkReader<impl Read>) -> Result<Claim, Problem> {
    let mut scratch = Vec::new();
    Ok(Claim { owner: input.bytes(&mut scratch)?.into(), mode: LockMode::of_number(input.varint()?) })
}

fn texts(input: &mut ChunkReader<impl Read>) -> Result<Vec<Vec<u8>>, Problem> {
    let mut scratch = Vec::new();
    let mut texts = Vec::new();
    for _ in 0..input.varint()? {
        texts.push(input.bytes(&mut scratch)?.to_vec());
    }
    Ok(texts)
}
