//! A snapshot on its way to a member: a connection of its own, pieces in order, one answer at the end.
//!
//! Invariant: a transfer in which nothing moves for [`STALL`] is given up by both sides, and the receiver removes what it has; openraft
//! begins another one after [`PAUSE`]. Without that a peer that hangs, or a network that swallows, would keep a member from catching
//! up for as long as TCP puts up with it. A receiver refuses what would take the room that its log needs
//! ([`Group::disk_floor`]), and ends at one of a feature level that it does not know.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use openraft::errors::{RPCError, ReplicationClosed, StreamingError};
use openraft::raft::SnapshotResponse;
use tokio::io::{AsyncRead, AsyncWrite};

use super::super::Group;
use super::super::codec::{Decoder, put_vote};
use super::super::group::{Snapshot, SnapshotData, raft_meta};
use super::super::types::{TypeConfig, Vote};
use super::append::unreachable;
use super::frame::{self, FrameReader};
use super::handshake::{Purpose, dial};
use super::message::{SNAPSHOT_DONE, SNAPSHOT_END, SNAPSHOT_HEAD, SNAPSHOT_PIECE, snapshot_head};
use crate::snapshot::ReceivedSnapshot;
use crate::sys::version::objection;

const PIECE_LEN: usize = 256 * 1024;
/// See the module's header. One piece, which a disk has to take too.
const STALL: Duration = Duration::from_secs(20);
/// After a transfer that failed, and perhaps was refused: openraft's own pause is much shorter than a snapshot is long.
const PAUSE: Duration = Duration::from_secs(2);
/// The receiver reads the whole file back and builds a state from it before it answers.
pub(super) const DONE_TIMEOUT: Duration = Duration::from_secs(600);

/// Sends the newest snapshot to a member.
pub async fn send(
    group: &Arc<Group>,
    target: u64,
    vote: Vote,
    snapshot: Snapshot,
    cancel: impl Future<Output = ReplicationClosed> + Send + 'static,
) -> Result<SnapshotResponse<TypeConfig>, StreamingError<TypeConfig>> {
    let sending = async {
        let links = &group.links;
        let addr = links.addr(target).ok_or(io::ErrorKind::NotFound)?;
        let connection = dial(&group.env, links.identity(), target, &addr, Purpose::Snapshot).await?;
        let result = stream(group, target, vote, snapshot, connection).await;
        if let Err(error) = &result {
            tracing::info!(node = group.node, peer = target, %error, "a snapshot has not got there, and is sent again");
            tokio::time::sleep(PAUSE).await;
        }
        result
    };
    tokio::select! {
        closed = cancel => Err(StreamingError::Closed(closed)),
        result = sending => result.map_err(|error: io::Error| match unreachable(&error) {
            RPCError::Unreachable(error) => StreamingError::Unreachable(error),
            other => StreamingError::Unreachable(openraft::errors::Unreachable::new(&other)),
        }),
    }
}

/// Waits for a step of a transfer, but not longer than [`STALL`].
pub(super) async fn moving<T>(step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(STALL, step)
        .await
        .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, format!("nothing has moved for {} s", STALL.as_secs())))?
}

async fn stream(
    group: &Arc<Group>,
    target: u64,
    vote: Vote,
    snapshot: Snapshot,
    connection: crate::sys::env::BoxStream,
) -> io::Result<SnapshotResponse<TypeConfig>> {
    let (read, mut write) = tokio::io::split(connection);
    // A newer one may have taken the place of the one that openraft meant: it is as good.
    drop(snapshot);
    send_newest(group, target, &vote, &mut write).await?;
    let mut answers = FrameReader::new(read);
    let answer = tokio::time::timeout(DONE_TIMEOUT, answers.next()).await.map_err(|_| io::ErrorKind::TimedOut)??;
    let frame = answer.filter(|frame| frame.kind == SNAPSHOT_DONE).ok_or(io::ErrorKind::UnexpectedEof)?;
    group.links.heard(target);
    let mut reader = Decoder::new(frame.body);
    Ok(SnapshotResponse::new(reader.vote().map_err(io::Error::other)?))
}

/// Sends the newest snapshot, from its head to its end.
pub(super) async fn send_newest(
    group: &Group,
    target: u64,
    vote: &Vote,
    write: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    let dir = group.snapshots.dir.clone();
    let opened =
        group.env.heavy(move || dir.open_latest()).await.map_err(|error| io::Error::other(error.to_string()))?;
    let Some(mut opened) = opened else { return Err(io::ErrorKind::NotFound.into()) };
    let meta = raft_meta(&opened.meta)?;
    tracing::info!(node = group.node, peer = target, bytes = opened.len, "sending a snapshot");
    moving(frame::write_parts(write, group.id, SNAPSHOT_HEAD, &[snapshot_head(vote, &meta)])).await?;
    loop {
        let (rest, piece) = group
            .env
            .heavy(move || {
                let mut piece = vec![0; PIECE_LEN];
                let read = io::Read::read(&mut opened.reader, &mut piece);
                (opened, read.map(|len| Bytes::from(piece).slice(..len)))
            })
            .await;
        opened = rest;
        let piece = piece?;
        if piece.is_empty() {
            break;
        }
        moving(frame::write_parts(write, group.id, SNAPSHOT_PIECE, &[piece])).await?;
    }
    moving(frame::write_parts(write, group.id, SNAPSHOT_END, &[])).await
}

/// Takes a snapshot from a leader and installs it.
pub async fn receive(group: &Arc<Group>, connection: crate::sys::env::BoxStream) -> io::Result<()> {
    let (read, mut write) = tokio::io::split(connection);
    let mut frames = FrameReader::new(read);
    let head =
        moving(frames.next()).await?.filter(|frame| frame.kind == SNAPSHOT_HEAD).ok_or(io::ErrorKind::InvalidData)?;
    let mut reader = Decoder::new(head.body);
    let vote = reader.vote().map_err(io::Error::other)?;
    let meta = reader.snapshot_meta().map_err(io::Error::other)?;
    reader.finish().map_err(io::Error::other)?;
    let received = take(group, &mut frames).await?;
    let Some(raft) = group.raft() else { return Err(io::ErrorKind::NotConnected.into()) };
    let snapshot = Snapshot { meta, snapshot: SnapshotData::Received(Box::new(received)) };
    let response = raft.install_full_snapshot(vote, snapshot).await.map_err(io::Error::other)?;
    let mut body = Vec::new();
    put_vote(&mut body, &response.vote);
    moving(frame::write_parts(&mut write, group.id, SNAPSHOT_DONE, &[body.into()])).await
}

/// Takes what follows a snapshot's head, and checks it.
pub(super) async fn take(
    group: &Group,
    frames: &mut FrameReader<impl AsyncRead + Unpin>,
) -> io::Result<ReceivedSnapshot> {
    let fail = |error: crate::snapshot::SnapshotError| {
        tracing::warn!(node = group.node, %error, "a snapshot from a peer is refused");
        io::Error::from(error)
    };
    let mut incoming = group.snapshots.dir.receive(group.disk_floor()).map_err(fail)?;
    loop {
        let next = moving(frames.next()).await.inspect_err(|error| {
            let received = incoming.received();
            tracing::warn!(node = group.node, bytes = received, %error, "a snapshot from a peer is given up");
        })?;
        let frame = next.ok_or(io::ErrorKind::UnexpectedEof)?;
        match frame.kind {
            SNAPSHOT_PIECE => {
                let (rest, result) = group
                    .env
                    .heavy(move || {
                        let result = incoming.push(&frame.body);
                        (incoming, result)
                    })
                    .await;
                incoming = rest;
                result.map_err(fail)?;
            }
            SNAPSHOT_END => break,
            _ => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
    let received = group.env.heavy(move || incoming.finish()).await.map_err(fail)?;
    if let Some(why) = objection("the snapshot that another member sends", received.level(), group.env.level) {
        // No other one will do either.
        group.links.identity().expel(&why);
        return Err(io::Error::other(why));
    }
    Ok(received)
}

#[cfg(test)]
mod tests;
