//! What a state holds besides keys. Each section begins with its tag; all stand once, in the order in which they are named here.
//!
//! What is written is taken apart field by field, so that a field that is added without a place here does not compile.

use std::io::{self, Read, Write};
use std::sync::Arc;

use bytes::Bytes;

use super::chunk::{ChunkReader, ChunkWriter};
use super::error::Problem;
use super::version::{
    WITH_CREATIONS, WITH_GIVEN_SCRIPTS, WITH_LIBRARIES, WITH_LOCK_HISTORY, WITH_ONCE, WITH_SESSIONS,
    WITH_SUBSCRIPTIONS, WITH_USERS, WITH_WAITERS,
};
use super::{libraries, lock_history, once, sessions, subscriptions, users, waiters};
use crate::config::ReplicatedValues;
use crate::store::{Boot, CREATION_SLOTS, Cluster, Creations, DATABASES, Kept, Member, Options, State};

const COUNTERS: u8 = 1;
const BOOTS: u8 = 2;
const SCRIPTS: u8 = 3;
const OPTIONS: u8 = 4;
const CLUSTER: u8 = 5;
/// From format 2 on.
const CREATIONS: u8 = 7;
/// From format 3 on, and so are these.
const WAITERS: u8 = 8;
const LIBRARIES: u8 = 9;
const SUBSCRIPTIONS: u8 = 10;
const ONCE: u8 = 20;
const LOCK_HISTORY: u8 = 21;
const SESSIONS: u8 = 30;
const USERS: u8 = 31;
/// The keys of one database; once for each that has any.
pub(super) const KEYS: u8 = 6;
/// No section follows.
pub(super) const END: u8 = 0;

type Out<'a, W> = ChunkWriter<'a, W>;

pub(super) fn write(image: &State, out: &mut Out<'_, impl Write>) -> io::Result<()> {
    write_counters(image, out)?;
    write_boots(image, out)?;
    write_scripts(image, out)?;
    write_options(&image.options, out)?;
    write_cluster(&image.cluster, out)?;
    write_creations(image.creations(), out)?;
    out.u8(WAITERS)?;
    if crate::planted::is("a snapshot forgets who waits") {
        waiters::write(&crate::store::Waiters::default(), out)?;
    } else {
        waiters::write(image.waiters(), out)?;
    }
    out.u8(LIBRARIES)?;
    libraries::write(&image.libraries, out)?;
    out.u8(SUBSCRIPTIONS)?;
    subscriptions::write(image.subscriptions(), out)?;
    out.u8(ONCE)?;
    once::write(&image.once, out)?;
    out.u8(LOCK_HISTORY)?;
    lock_history::write(image.lock_history(), out)?;
    out.u8(SESSIONS)?;
    sessions::write(image.sessions(), out)?;
    out.u8(USERS)?;
    users::write(&image.users, out)
}

pub(super) fn read(state: &mut State, version: u32, input: &mut ChunkReader<impl Read>) -> Result<(), Problem> {
    expect(COUNTERS, input)?;
    read_counters(state, input)?;
    expect(BOOTS, input)?;
    read_boots(state, input)?;
    expect(SCRIPTS, input)?;
    read_scripts(state, version, input)?;
    expect(OPTIONS, input)?;
    read_options(&mut state.options, input)?;
    expect(CLUSTER, input)?;
    read_cluster(&mut state.cluster, input)?;
    let creations = if version >= WITH_CREATIONS {
        expect(CREATIONS, input)?;
        read_creations(input)?
    } else {
        // Not known, so as late as can be.
        Creations::all_at(state.revision())
    };
    state.restore_creations(creations);
    if version >= WITH_WAITERS {
        expect(WAITERS, input)?;
        state.restore_waiters(waiters::read(input)?);
    }
    if version >= WITH_LIBRARIES {
        expect(LIBRARIES, input)?;
        libraries::read(&mut state.libraries, input)?;
    }
    if version >= WITH_SUBSCRIPTIONS {
        expect(SUBSCRIPTIONS, input)?;
        state.restore_subscriptions(subscriptions::read(input)?);
    }
    if version >= WITH_ONCE {
        expect(ONCE, input)?;
        once::read(&mut state.once, input)?;
    }
    if version >= WITH_LOCK_HISTORY {
        expect(LOCK_HISTORY, input)?;
        state.restore_lock_history(lock_history::read(input)?);
    }
    if version >= WITH_SESSIONS {
        expect(SESSIONS, input)?;
        state.restore_sessions(sessions::read(input)?);
    }
    if version >= WITH_USERS {
        expect(USERS, input)?;
        users::read(Arc::make_mut(&mut state.users), input)?;
    }
    Ok(())
}

fn expect(tag: u8, input: &mut ChunkReader<impl Read>) -> Result<(), Problem> {
    match input.u8()? {
        found if found == tag => Ok(()),
        found => Err(input.wrong(format!("section {found} where section {tag} belongs"))),
    }
}

fn write_counters(image: &State, out: &mut Out<'_, impl Write>) -> io::Result<()> {
    out.u8(COUNTERS)?;
    out.varint(image.revision())?;
    out.varint(image.now_ms())?;
    out.raw(&image.digest.value().to_le_bytes())?;
    out.varint(DATABASES as u64)?;
    (0..DATABASES).try_for_each(|db| out.varint(image.db(db).floor()))
}

fn read_counters(state: &mut State, input: &mut ChunkReader<impl Read>) -> Result<(), Problem> {
    let revision = input.varint()?;
    let revision =
        if crate::planted::is("tokens begin again behind a snapshot") { revision.saturating_sub(50) } else { revision };
    let now_ms = input.varint()?;
    let digest = u64::from_le_bytes(input.array()?);
    let databases = input.below(DATABASES as u64 + 1, "number of databases")?;
    let floors: Vec<u64> = (0..databases).map(|_| input.varint()).collect::<Result<_, _>>()?;
    state.restore_counters(revision, now_ms, digest, &floors);
    Ok(())
}

fn write_boots(image: &State, out: &mut Out<'_, impl Write>) -> io::Result<()> {
    out.u8(BOOTS)?;
    out.varint(image.origins.iter().count() as u64)?;
    for (id, boot) in image.origins.iter() {
        let Boot { node, nonce, last_seq } = boot;
        for number in [id, *node, *nonce, *last_seq] {
            out.varint(number)?;
        }
    }
    Ok(())
}

fn read_boots(state: &mut State, input: &mut ChunkReader<impl Read>) -> Result<(), Problem> {
    for _ in 0..input.varint()? {
        let id = input.varint()?;
        let boot = Boot { node: input.varint()?, nonce: input.varint()?, last_seq: input.varint()? };
        if state.origins.get(id).is_some() || state.origins.of_node(boot.node).is_some() {
            return Err(input.wrong(format!("a second boot {id} of node {}", boot.node)));
        }
        state.origins.restore(id, boot);
    }
    Ok(())
}

fn write_scripts(image: &State, out: &mut Out<'_, impl Write>) -> io::Result<()> {
    out.u8(SCRIPTS)?;
    out.varint(image.scripts.len() as u64)?;
    out.varint(image.scripts.newest())?;
    for (sha1, Kept { body, used }) in image.scripts.iter() {
        out.raw(sha1)?;
        out.bytes(body)?;
        // No script stands at place 0.
        out.varint(used.unwrap_or(0))?;
    }
    Ok(())
}

fn read_scripts(state: &mut State, version: u32, input: &mut ChunkReader<impl Read>) -> Result<(), Problem> {
    let mut scratch = Vec::new();
    let count = input.varint()?;
    let tells_given = version >= WITH_GIVEN_SCRIPTS;
    if tells_given {
        state.scripts.restore_newest(input.varint()?);
    }
    for _ in 0..count {
        let sha1 = input.array()?;
        let body = Bytes::copy_from_slice(input.bytes(&mut scratch)?);
        let used = if tells_given { Some(input.varint()?).filter(|used| *used != 0) } else { None };
        if !state.scripts.restore(sha1, Kept { body, used }) {
            return Err(input.wrong("a script that stands twice or out of its order"));
        }
    }
    Ok(())
}

fn write_options(options: &Options, out: &mut Out<'_, impl Write>) -> io::Result<()> {
    // Written by name, so that a later version may add some; this only counts them.
    let Options {
        acl_pubsub_default: _,
        bulk_len_max: _,
        events: _,
        hash_small_entries_max: _,
        hash_small_value_max: _,
        hll_sparse_max_bytes: _,
        idempotent_set_nx: _,
        lfu_decay_min: _,
        lfu_log_factor: _,
        list_listpack_max: _,
        lock_history_bytes: _,
        lock_holders_max: _,
        session_items_max: _,
        sessions_max: _,
        set_intset_entries_max: _,
        set_small_entries_max: _,
        set_small_value_max: _,
        maxmemory_policy: _,
        maxmemory_samples: _,
        once_bytes: _,
        once_keep_ms: _,
        protect_locks: _,
        script_budget: _,
        script_cache_bytes: _,
        script_memory: _,
        stream_chunk_bytes_max: _,
        stream_chunk_entries_max: _,
        waiters_max: _,
        waiters_per_key_max: _,
        zset_small_entries_max: _,
        zset_small_value_max: _,
    } = options;
    out.u8(OPTIONS)?;
    out.varint(Options::NAMES.len() as u64)?;
    for name in Options::NAMES {
        let value = options.get(name).ok_or_else(|| io::Error::other(format!("no option {name}")))?;
        out.bytes(name.as_bytes())?;
        out.varint(value)?;
    }
    Ok(())
}

/// An option that the file does not name was unknown when it was written: it keeps its default, as in the log.
fn read_options(options: &mut Options, input: &mut ChunkReader<impl Read>) -> Result<(), Problem> {
    for _ in 0..input.varint()? {
        let name = input.string()?;
        let value = input.varint()?;
        if !options.set(&name, value) {
            return Err(input.wrong(format!("the unknown option {name:?}")));
        }
    }
    Ok(())
}

fn write_cluster(cluster: &Cluster, out: &mut Out<'_, impl Write>) -> io::Result<()> {
    let Cluster { id, level, last_node, members, invited, version } = cluster;
    out.u8(CLUSTER)?;
    out.raw(&id.to_le_bytes())?;
    out.varint(u64::from(*level))?;
    out.varint(*last_node)?;
    out.varint(*version)?;
    out.varint(members.len() as u64)?;
    for (node, member) in members {
        let Member { nonce, peer_addr, client_addr, learner_only, promote, removing, refused } = member;
        out.varint(*node)?;
        out.varint(*nonce)?;
        out.bytes(peer_addr.as_bytes())?;
        out.bytes(client_addr.as_bytes())?;
        for flag in [*learner_only, *promote, *removing] {
            out.bool(flag)?;
        }
        out.bytes(refused.as_bytes())?;
    }
    out.varint(invited.len() as u64)?;
    for (addr, learner_only) in invited {
        out.bytes(addr.as_bytes())?;
        out.bool(*learner_only)?;
    }
    Ok(())
}

fn read_cluster(cluster: &mut Cluster, input: &mut ChunkReader<impl Read>) -> Result<(), Problem> {
    cluster.id = u128::from_le_bytes(input.array()?);
    cluster.level = input.below(1 << 32, "feature level")? as u32;
    cluster.last_node = input.varint()?;
    cluster.version = input.varint()?;
    for _ in 0..input.varint()? {
        let node = input.varint()?;
        let member = Member {
            nonce: input.varint()?,
            peer_addr: input.string()?,
            client_addr: input.string()?,
            learner_only: input.bool()?,
            promote: input.bool()?,
            removing: input.bool()?,
            refused: input.string()?,
        };
        if node > cluster.last_node || cluster.members.insert(node, member).is_some() {
            return Err(input.wrong(format!("a member {node} that stands twice or is beyond the last node")));
        }
    }
    for _ in 0..input.varint()? {
        let addr = input.string()?;
        let learner_only = input.bool()?;
        if cluster.invited.insert(addr, learner_only).is_some() {
            return Err(input.wrong("an address that is invited twice"));
        }
    }
    Ok(())
}

/// The databases' revisions, and of each slot that holds one: how many before it hold none, and the revision. Some 64 KiB at most, because
/// revisions stay below 2^49 (design 3).
fn write_creations(creations: &Creations, out: &mut Out<'_, impl Write>) -> io::Result<()> {
    out.u8(CREATIONS)?;
    let (slots, arrivals) = creations.parts();
    out.varint(arrivals.len() as u64)?;
    arrivals.iter().try_for_each(|revision| out.varint(*revision))?;
    let held = || slots.iter().enumerate().filter(|(_, revision)| **revision != 0);
    out.varint(held().count() as u64)?;
    let mut next = 0;
    for (slot, revision) in held() {
        out.varint((slot - next) as u64)?;
        out.varint(*revision)?;
        next = slot + 1;
    }
    Ok(())
}

fn read_creations(input: &mut ChunkReader<impl Read>) -> Result<Creations, Problem> {
    let mut creations = Creations::default();
    for db in 0..input.below(DATABASES as u64 + 1, "number of databases")? {
        creations.note_arrival(db as usize, input.varint()?);
    }
    let mut next = 0;
    for _ in 0..input.varint()? {
        let left = CREATION_SLOTS as u64 - next;
        let slot = next + input.below(left, "slot of creations")?;
        match input.varint()? {
            0 => return Err(input.wrong("a creation at revision 0")),
            revision => creations.raise(slot as usize, revision),
        }
        next = slot + 1;
    }
    Ok(creations)
}
