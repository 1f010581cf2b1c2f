//! A member's state for one that no longer trusts its own (`--rebuild`): the caller asks for a snapshot that covers an index, and
//! gets the file.

use std::io;
use std::sync::Arc;

use bytes::Bytes;

use super::super::Group;
use super::super::codec::Decoder;
use super::super::group::take as take_snapshot;
use super::super::types::{SnapshotMeta, Vote};
use super::frame::{self, FrameReader};
use super::handshake::{Purpose, dial};
use super::message::{SNAPSHOT_HEAD, SNAPSHOT_WANTED};
use super::snapshots::{DONE_TIMEOUT, moving, send_newest, take};
use crate::sys::env::BoxStream;

/// Gives what is asked for; takes a snapshot if the newest is too old.
pub async fn provide(group: &Arc<Group>, caller: u64, connection: BoxStream) -> io::Result<()> {
    let (read, mut write) = tokio::io::split(connection);
    let wanted = moving(FrameReader::new(read).next()).await?.filter(|frame| frame.kind == SNAPSHOT_WANTED);
    let mut reader = Decoder::new(wanted.ok_or(io::ErrorKind::InvalidData)?.body);
    let at_least = reader.u64().map_err(io::Error::other)?;
    reader.finish().map_err(io::Error::other)?;
    if group.applied().index < at_least {
        return Err(io::Error::other(format!("entry {at_least} is not applied here")));
    }
    if group.snapshots.dir.latest().is_none_or(|newest| newest.last_index < at_least) {
        take_snapshot(group).await.map_err(io::Error::other)?;
    }
    // A head has one; who asks for a state ignores it.
    let vote = group.log.vote().unwrap_or_else(|| Vote::new(0, group.node));
    send_newest(group, caller, &vote, &mut write).await
}

/// Takes the state of a member, at `at_least` or later, as the newest snapshot of this node's directory; the index that it is at.
///
/// # Errors
/// It cannot be reached, or has not come so far; what it sends is damaged.
pub async fn fetch(group: &Group, from: u64, at_least: u64) -> io::Result<u64> {
    let links = &group.links;
    let addr = links.addr(from).ok_or(io::ErrorKind::NotFound)?;
    let connection = dial(&group.env, links.identity(), from, &addr, Purpose::State).await?;
    let (read, mut write) = tokio::io::split(connection);
    let wanted = Bytes::copy_from_slice(&at_least.to_le_bytes());
    moving(frame::write_parts(&mut write, group.id, SNAPSHOT_WANTED, &[wanted])).await?;
    let mut frames = FrameReader::new(read);
    // It may have to be written first.
    let head = tokio::time::timeout(DONE_TIMEOUT, frames.next()).await.map_err(|_| io::ErrorKind::TimedOut)??;
    let mut reader = Decoder::new(head.filter(|f| f.kind == SNAPSHOT_HEAD).ok_or(io::ErrorKind::UnexpectedEof)?.body);
    reader.vote().map_err(io::Error::other)?;
    let meta: SnapshotMeta = reader.snapshot_meta().map_err(io::Error::other)?;
    reader.finish().map_err(io::Error::other)?;
    let covers = meta.last_log_id.filter(|last| last.index >= at_least);
    let covers = covers.ok_or_else(|| io::Error::other("its snapshot is too old"))?;
    let received = take(group, &mut frames).await?;
    // Raft does not run, and has nothing to say.
    group.env.heavy(move || received.publish()).await?;
    Ok(covers.index)
}
