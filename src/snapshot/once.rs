//! The replies that ONCE keeps.
//!
//! What is written is taken apart field by field, so that a field that is added without a place here does not compile.

use std::io::{self, Read, Write};

use bytes::Bytes;

use super::chunk::{ChunkReader, ChunkWriter};
use super::error::Problem;
use crate::store::{OnceReplies, OnceReply, reply_form};

pub(super) fn write(replies: &OnceReplies, out: &mut ChunkWriter<'_, impl Write>) -> io::Result<()> {
    out.varint(replies.iter().len() as u64)?;
    for (id, reply) in replies.iter() {
        let OnceReply { command, form, deadline_ms } = reply;
        out.bytes(id)?;
        out.raw(&command.to_le_bytes())?;
        out.varint(*deadline_ms)?;
        out.bytes(form.as_deref().unwrap_or_default())?;
    }
    Ok(())
}

pub(super) fn read(replies: &mut OnceReplies, input: &mut ChunkReader<impl Read>) -> Result<(), Problem> {
    let mut scratch = Vec::new();
    for _ in 0..input.varint()? {
        let id = input.bytes(&mut scratch)?.to_vec();
        let command = u128::from_le_bytes(input.array()?);
        let deadline_ms = input.varint()?;
        // No form is empty.
        let form = Some(Bytes::copy_from_slice(input.bytes(&mut scratch)?)).filter(|form| !form.is_empty());
        if replies.get(&id).is_some() {
            return Err(input.wrong("an id of ONCE that stands twice"));
        }
        if form.as_ref().is_some_and(|form| reply_form::read(form).is_none()) {
            return Err(input.wrong("a reply of ONCE that is none"));
        }
        replies.insert(&id, OnceReply { command, form, deadline_ms });
    }
    Ok(())
}
