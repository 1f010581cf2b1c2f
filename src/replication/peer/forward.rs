//! Batches of an origin on their way to a leader on another node: one ordered connection for each leader.
//!
//! Invariant: what is written here counts as handed over from the moment it is queued. The leader reports a rejection by (stream,
//! seq) and nothing else; a broken connection is reported to the origin for every stream that used it.
//!
//! Invariant: what the leader seals is what the origin made. The checksum of an entry is the leader's, so one of the origin's goes with
//! the batch until then.

use std::io;
use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use tokio::sync::mpsc;

use super::super::Group;
use super::super::codec::Decoder;
use super::super::origin::Leader;
use super::ForwardedBatch;
use super::frame::{self, FrameReader};
use super::handshake::{Purpose, dial};
use super::message::{FORWARD, REJECTED};
use crate::executor::DiskSpace;
use crate::executor::entry::ENTRY_LEN_MAX;

/// Most batches that wait to be written: more than an origin ever has in flight.
const QUEUE_MAX: usize = 64;

/// What stands before a batch: leader, stream, seq, checksum.
const HEAD_LEN: usize = 36;

/// Hands a batch to a leader on another node.
pub fn forward(group: &Arc<Group>, leader: Leader, stream: u64, seq: u64, unsealed: Bytes) {
    // As the leader would: but it could not even read the frame.
    if unsealed.len() > ENTRY_LEN_MAX {
        tracing::warn!(node = group.node, bytes = unsealed.len(), "a batch is refused: no peer can be sent it");
        return group.origin.rejected(stream, seq);
    }
    let batch = ForwardedBatch { leader, stream, seq, unsealed };
    let mut forwards = group.links.forwards.lock();
    let batch = match forwards.get(&leader.node) {
        Some(known) => match known.try_send(batch) {
            Ok(()) => return,
            Err(mpsc::error::TrySendError::Closed(batch)) => batch,
            Err(mpsc::error::TrySendError::Full(_)) => {
                forwards.remove(&leader.node);
                drop(forwards);
                return group.origin.broken(stream);
            }
        },
        None => batch,
    };
    let (queue, batches) = mpsc::channel(QUEUE_MAX);
    // The queue is empty: there is room.
    let _ = queue.try_send(batch);
    forwards.insert(leader.node, queue);
    drop(crate::replication::spawn(run(group.clone(), leader.node, batches)));
}

async fn run(group: Arc<Group>, node: u64, mut batches: mpsc::Receiver<ForwardedBatch>) {
    let mut last_stream = 0;
    let result = converse(&group, node, &mut batches, &mut last_stream).await;
    if let Err(error) = result {
        tracing::debug!(node = group.node, peer = node, %error, "the connection for batches broke");
    }
    batches.close();
    while let Ok(batch) = batches.try_recv() {
        last_stream = last_stream.max(batch.stream);
    }
    group.origin.broken(last_stream);
}

async fn converse(
    group: &Arc<Group>,
    node: u64,
    batches: &mut mpsc::Receiver<ForwardedBatch>,
    last_stream: &mut u64,
) -> io::Result<()> {
    let links = &group.links;
    let addr = links.addr(node).ok_or(io::ErrorKind::NotFound)?;
    let connection = dial(&group.env, links.identity(), node, &addr, Purpose::Forward).await?;
    let (read, mut write) = tokio::io::split(connection);
    let mut reports = FrameReader::new(read);
    loop {
        tokio::select! {
            report = reports.next() => {
                let frame = report?.ok_or(io::ErrorKind::UnexpectedEof)?;
                if frame.kind != REJECTED {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                let mut reader = Decoder::new(frame.body);
                let (stream, seq) = (reader.u64().map_err(io::Error::other)?, reader.u64().map_err(io::Error::other)?);
                match DiskSpace::of(reader.u8().map_err(io::Error::other)?) {
                    DiskSpace::Enough => group.origin.rejected(stream, seq),
                    space => {
                        group.note_refusal(node, space);
                        group.origin.refused(stream, seq, space);
                    }
                }
            }
            batch = batches.recv() => {
                let Some(ForwardedBatch { leader, stream, seq, unsealed }) = batch else { return Ok(()) };
                *last_stream = stream;
                let mut head = BytesMut::with_capacity(HEAD_LEN);
                head.put_u64_le(leader.term);
                head.put_u64_le(leader.node);
                head.put_u64_le(stream);
                head.put_u64_le(seq);
                head.put_u32_le(crc32c::crc32c(&unsealed));
                frame::write_parts(&mut write, group.id, FORWARD, &[head.freeze(), unsealed]).await?;
            }
        }
    }
}

/// The leader's side: proposes what comes, in the order of arrival.
pub async fn receive(group: Arc<Group>, from: u64, connection: crate::sys::env::BoxStream) -> io::Result<()> {
    let (read, mut write) = tokio::io::split(connection);
    let mut frames = FrameReader::new(read);
    // Bounded by the origin's window: a rejection for each batch at most.
    let (rejections, mut rejected) = mpsc::unbounded_channel::<(u64, u64, DiskSpace)>();
    loop {
        tokio::select! {
            frame = frames.next() => {
                let Some(frame) = frame? else { return Ok(()) };
                if frame.kind != FORWARD {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                let mut reader = Decoder::new(frame.body.clone());
                let mut number = || reader.u64().map_err(io::Error::other);
                let leader = Leader { term: number()?, node: number()? };
                let (stream, seq) = (number()?, number()?);
                let crc = reader.u32().map_err(io::Error::other)?;
                let rejections = rejections.clone();
                // A receiver that is gone is a connection that is gone.
                let reject = move |space| {
                    let _ = rejections.send((stream, seq, space));
                };
                if group.leader() != Some(leader) || leader.node != group.node {
                    reject(DiskSpace::Enough);
                    continue;
                }
                group.links.waits(from);
                let unsealed = frame.body.slice(HEAD_LEN..);
                drop(frame);
                if crc32c::crc32c(&unsealed) != crc {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                let unsealed = unsealed.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&*shared));
                if !crate::executor::entry::is_forwardable(&unsealed) {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                group.wait_for_memory().await;
                let sealed = crate::executor::entry::seal(unsealed, group.stamp());
                let space = group.own_disk_space();
                if !group.executor.admits(space, &sealed) {
                    reject(space);
                    continue;
                }
                group.propose(leader, sealed, move || reject(DiskSpace::Enough)).await;
            }
            Some((stream, seq, space)) = rejected.recv() => {
                let mut body = BytesMut::with_capacity(17);
                body.put_u64_le(stream);
                body.put_u64_le(seq);
                body.put_u8(space as u8);
                frame::write_parts(&mut write, group.id, REJECTED, &[body.freeze()]).await?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::entry::BatchWriter;
    use crate::replication::testing::{OWN, Pipe, group};
    use crate::replication::types::scope;

    #[tokio::test(start_paused = true)]
    async fn a_batch_that_was_garbled_is_not_sealed() {
        scope(1, async {
            let group = group(OWN, Arc::new(crate::sys::env::Tcp), false).await;
            let batch = BatchWriter::new(7, 1, 0).finish();
            for (flipped, taken) in [(None, true), (Some(0), false), (Some(batch.len() - 1), false)] {
                let mut body = BytesMut::new();
                [OWN.term, OWN.node, 1, 1].into_iter().for_each(|number| body.put_u64_le(number));
                body.put_u32_le(crc32c::crc32c(&batch));
                body.extend_from_slice(&batch);
                if let Some(at) = flipped {
                    body[HEAD_LEN + at] ^= 1;
                }
                let (near, mut far) = tokio::io::duplex(1 << 16);
                let receiving = crate::replication::spawn(receive(group.clone(), 2, Box::new(Pipe(near))));
                frame::write_parts(&mut far, 0, FORWARD, &[body.freeze()]).await.unwrap();
                // It is handed to Raft, which does not run here.
                let rejected = FrameReader::new(&mut far).next().await.unwrap();
                assert_eq!(rejected.is_some_and(|frame| frame.kind == REJECTED), taken, "{flipped:?}");
                drop(far);
                assert_eq!(receiving.await.unwrap().is_ok(), taken, "{flipped:?}");
            }
        })
        .await;
    }

    #[tokio::test(start_paused = true)]
    async fn batch_too_large_for_a_frame_is_not_sent() {
        scope(1, async {
            let group = group(OWN, Arc::new(crate::sys::env::Tcp), false).await;
            let is_sent = |len: usize| {
                forward(&group, Leader { term: 3, node: 2 }, 1, 1, BytesMut::zeroed(len).freeze());
                !group.links.forwards.lock().is_empty()
            };
            assert!(!is_sent(ENTRY_LEN_MAX + 1));
            assert!(is_sent(100));
        })
        .await;
    }
}
