//! The users.
//!
//! What is written is taken apart field by field, so that a field that is added without a place here does not compile.

use std::io::{self, Read, Write};

use bytes::Bytes;

use super::chunk::{ChunkReader, ChunkWriter};
use super::error::Problem;
use crate::store::{CommandRule, KeyPattern, Loaded, Selector, User, Users};

pub(super) fn write(users: &Users, out: &mut ChunkWriter<'_, impl Write>) -> io::Result<()> {
    out.varint(users.version())?;
    out.varint(users.last_id())?;
    out.varint(users.iter().len() as u64)?;
    for user in users.iter() {
        let User { id, name, is_enabled, needs_no_password, skips_sanitizing, passwords, root, selectors, loaded: _ } =
            &**user;
        out.varint(*id)?;
        out.bytes(name)?;
        for flag in [*is_enabled, *needs_no_password, *skips_sanitizing] {
            out.bool(flag)?;
        }
        out.varint(passwords.len() as u64)?;
        passwords.iter().try_for_each(|hash| out.raw(hash))?;
        write_selector(root, out)?;
        out.varint(selectors.len() as u64)?;
        selectors.iter().try_for_each(|selector| write_selector(selector, out))?;
    }
    Ok(())
}

/// Reads what [`write()`] wrote.
pub(super) fn read(users: &mut Users, input: &mut ChunkReader<impl Read>) -> Result<(), Problem> {
    users.restore_counters(input.varint()?, input.varint()?);
    for _ in 0..input.varint()? {
        let mut user = User {
            id: input.varint()?,
            name: read_bytes(input)?,
            is_enabled: input.bool()?,
            needs_no_password: input.bool()?,
            skips_sanitizing: input.bool()?,
            passwords: Vec::new(),
            root: Selector::default(),
            selectors: Vec::new(),
            loaded: Loaded::default(),
        };
        for _ in 0..input.varint()? {
            user.passwords.push(input.array()?);
        }
        user.root = read_selector(input)?;
        for _ in 0..input.varint()? {
            user.selectors.push(read_selector(input)?);
        }
        let name = user.name.clone();
        if !users.restore(user) {
            return Err(input.wrong(format!("a user {name:?} that stands twice, out of its order or without its id")));
        }
    }
    Ok(())
}

fn write_selector(selector: &Selector, out: &mut ChunkWriter<'_, impl Write>) -> io::Result<()> {
    let Selector { all_keys, all_channels, from_all, keys, channels, rules } = selector;
    for flag in [*all_keys, *all_channels, *from_all] {
        out.bool(flag)?;
    }
    out.varint(keys.len() as u64)?;
    for KeyPattern { pattern, reads, writes } in keys {
        out.bytes(pattern)?;
        out.bool(*reads)?;
        out.bool(*writes)?;
    }
    out.varint(channels.len() as u64)?;
    channels.iter().try_for_each(|pattern| out.bytes(pattern))?;
    out.varint(rules.len() as u64)?;
    for CommandRule { allows, what } in rules {
        out.bool(*allows)?;
        out.bytes(what.as_bytes())?;
    }
    Ok(())
}

fn read_selector(input: &mut ChunkReader<impl Read>) -> Result<Selector, Problem> {
    let mut selector = Selector {
        all_keys: input.bool()?,
        all_channels: input.bool()?,
        from_all: input.bool()?,
        ..Selector::default()
    };
    for _ in 0..input.varint()? {
        let pattern = read_bytes(input)?;
        selector.keys.push(KeyPattern { pattern, reads: input.bool()?, writes: input.bool()? });
    }
    for _ in 0..input.varint()? {
        selector.channels.push(read_bytes(input)?);
    }
    for _ in 0..input.varint()? {
        selector.rules.push(CommandRule { allows: input.bool()?, what: input.string()?.into() });
    }
    Ok(selector)
}

fn read_bytes(input: &mut ChunkReader<impl Read>) -> Result<Bytes, Problem> {
    let mut scratch = Vec::new();
    Ok(Bytes::copy_from_slice(input.bytes(&mut scratch)?))
}
