//! The section of subscriptions: who holds what.

use std::io::{self, Read, Write};

use super::chunk::{ChunkReader, ChunkWriter};
use super::error::Problem;
use crate::store::{SubscriptionKind, Subscriptions};

pub(super) fn write(subscriptions: &Subscriptions, out: &mut ChunkWriter<'_, impl Write>) -> io::Result<()> {
    out.varint(subscriptions.iter().len() as u64)?;
    for (boot, connection, kind, name) in subscriptions.iter() {
        for number in [boot, connection, kind.number() as u64] {
            out.varint(number)?;
        }
        out.bytes(name)?;
    }
    Ok(())
}

/// Reads what [`write()`] wrote.
pub(super) fn read(input: &mut ChunkReader<impl Read>) -> Result<Subscriptions, Problem> {
    let mut scratch = Vec::new();
    let mut subscriptions = Subscriptions::default();
    for _ in 0..input.varint()? {
        let (boot, connection) = (input.varint()?, input.varint()?);
        let kind = input.below(SubscriptionKind::ALL.len() as u64, "kind of subscription")?;
        let Some(kind) = SubscriptionKind::ALL.get(kind as usize).copied() else {
            return Err(input.wrong("an unknown kind of subscription"));
        };
        let name = input.bytes(&mut scratch)?;
        if !subscriptions.restore(boot, connection, kind, name) {
            return Err(input.wrong(format!("a subscription of connection {connection} that stands twice")));
        }
    }
    Ok(subscriptions)
}
