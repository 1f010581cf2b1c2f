//! The leader's stream of log entries to one member: requests go out without waiting for their answers, at most a window of them.
//!
//! Invariants: answers come in the order of the requests; a stream with something unanswered for [`STALL`], in which no byte of the
//! requests has moved either (and a member's disk has had the time that it may take for them), is given up (openraft never
//! times one out, and a stalled stream would also hold back the purge of the log). A member that lacks what it has confirmed in the
//! same term is not reported to openraft, which rules that out, but kept out.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use openraft::entry::RaftEntry;
use openraft::errors::{RPCError, Unreachable};
use openraft::raft::{AppendEntriesRequest, StreamAppendError, StreamAppendResult};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::Semaphore;

use super::super::Group;
use super::super::codec::Decoder;
use super::super::types::{LogId, TypeConfig};
use super::frame::{self, Frame, FrameReader};
use super::message::{APPEND, APPENDED, appended, put_append};
use crate::sys::task::AbortOnDrop;

/// Most requests without an answer.
const WINDOW: usize = 64;
/// How long a commit index may wait for company.
const HOLD_BACK: Duration = Duration::from_millis(3);
/// See the module's header.
const STALL: Duration = Duration::from_secs(2);
/// What a member's disk manages at least.
const DISK_BYTES_PER_MS: u64 = 8192;

type Answered = Result<StreamAppendResult<TypeConfig>, RPCError<TypeConfig>>;

/// What a request spans, to tell openraft what its answer means.
struct Span {
    prev: Option<LogId>,
    last: Option<LogId>,
    /// The leader's term.
    term: u64,
    /// Length of the request.
    bytes: u64,
}

/// Notes what goes out.
struct Counted<W> {
    to: W,
    /// Bytes so far.
    sent: Arc<AtomicU64>,
}

impl<W: AsyncWrite + Unpin> AsyncWrite for Counted<W> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.to).poll_write(cx, buf);
        if let Poll::Ready(Ok(count)) = result {
            self.sent.fetch_add(count as u64, Ordering::Relaxed);
        }
        result
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.to).poll_write_vectored(cx, bufs);
        if let Poll::Ready(Ok(count)) = result {
            self.sent.fetch_add(count as u64, Ordering::Relaxed);
        }
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.to.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.to).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.to).poll_shutdown(cx)
    }
}

/// Runs requests over a connection.
pub fn stream(
    group: Arc<Group>,
    target: u64,
    connection: crate::sys::env::BoxStream,
    requests: impl Stream<Item = AppendEntriesRequest<TypeConfig>> + Send + Unpin + 'static,
) -> BoxStream<'static, Answered> {
    let (read, to) = tokio::io::split(connection);
    let sent = Arc::new(AtomicU64::new(0));
    let write = Counted { to, sent: sent.clone() };
    let (spans, waiting) = tokio::sync::mpsc::unbounded_channel::<Span>();
    let window = Arc::new(Semaphore::new(WINDOW));
    // Fused: the last request may wait for company in vain, and openraft's stream must not be asked again after its end.
    let requests = requests.fuse();
    let writer =
        AbortOnDrop(crate::replication::spawn(send(group.clone(), target, requests, write, spans, window.clone())));
    let state = Receiver {
        group,
        target,
        answers: FrameReader::new(read),
        waiting,
        window,
        sent,
        _writer: writer,
        ended: false,
    };
    futures::stream::unfold(state, |mut state| async move {
        if state.ended {
            return None;
        }
        let answer = state.next().await?;
        state.ended = !matches!(answer, Ok(Ok(_)));
        Some((answer, state))
    })
    .fuse()
    .boxed()
}

struct Receiver {
    group: Arc<Group>,
    target: u64,
    answers: FrameReader<tokio::io::ReadHalf<crate::sys::env::BoxStream>>,
    /// One span for each request that was written; bounded by the window.
    waiting: tokio::sync::mpsc::UnboundedReceiver<Span>,
    window: Arc<Semaphore>,
    sent: Arc<AtomicU64>,
    _writer: AbortOnDrop<()>,
    ended: bool,
}

impl Receiver {
    /// The frame that answers a request of so many bytes.
    async fn frame(&mut self, bytes: u64) -> io::Result<Option<Frame>> {
        let patience = STALL + Duration::from_millis(bytes / DISK_BYTES_PER_MS);
        let answer = self.answers.next();
        let mut answer = std::pin::pin!(answer);
        loop {
            let before = self.sent.load(Ordering::Relaxed);
            if let Ok(frame) = tokio::time::timeout(patience, &mut answer).await {
                return frame;
            }
            if self.sent.load(Ordering::Relaxed) == before {
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
    }

    /// The next answer; None when the requests have ended and all are answered.
    async fn next(&mut self) -> Option<Answered> {
        let Span { prev, last, term, bytes } = self.waiting.recv().await?;
        let frame = match self.frame(bytes).await {
            Ok(Some(frame)) => frame,
            Ok(None) => return Some(Err(unreachable(&io::Error::from(io::ErrorKind::UnexpectedEof)))),
            Err(error) => return Some(Err(unreachable(&error))),
        };
        self.window.add_permits(1);
        self.group.links.heard(self.target);
        let mut reader = Decoder::new(frame.body);
        if frame.kind != APPENDED {
            return Some(Err(unreachable(&io::Error::from(io::ErrorKind::InvalidData))));
        }
        let result = match appended(&mut reader) {
            Ok(response) => response.into_stream_result(prev, last),
            Err(error) => return Some(Err(unreachable(&error))),
        };
        let links = &self.group.links;
        match &result {
            Ok(matched) => links.confirmed(self.target, term, matched.as_ref().map_or(0, |id| id.index)),
            // openraft takes it that this cannot happen.
            Err(StreamAppendError::Conflict(conflict)) if !links.may_lack(self.target, term, conflict.index) => {
                return Some(Err(unreachable(&io::Error::from(io::ErrorKind::InvalidData))));
            }
            Err(_) => {}
        }
        Some(Ok(result))
    }
}

/// openraft's word for a peer that cannot be reached just now.
pub fn unreachable(error: &(impl std::error::Error + 'static)) -> RPCError<TypeConfig> {
    RPCError::Unreachable(Unreachable::new(error))
}

/// The next request. One without entries only tells a new commit index: it is held back for the next one, which tells it too, unless
/// the member waits for it, because it is the origin of something or has a read under way.
async fn next_worth_sending(
    group: &Group,
    target: u64,
    requests: &mut (impl Stream<Item = AppendEntriesRequest<TypeConfig>> + Send + Unpin),
) -> Option<AppendEntriesRequest<TypeConfig>> {
    let mut request = requests.next().await?;
    let until = tokio::time::Instant::now() + HOLD_BACK;
    while request.entries.is_empty() && !group.links.is_waiting(target) {
        match tokio::time::timeout_at(until, requests.next()).await {
            Ok(Some(newer)) => request = newer,
            // The stream ends with this one: a probe.
            Ok(None) | Err(_) => break,
        }
    }
    Some(request)
}

async fn send(
    group: Arc<Group>,
    target: u64,
    mut requests: impl Stream<Item = AppendEntriesRequest<TypeConfig>> + Send + Unpin,
    mut write: Counted<tokio::io::WriteHalf<crate::sys::env::BoxStream>>,
    spans: tokio::sync::mpsc::UnboundedSender<Span>,
    window: Arc<Semaphore>,
) {
    while let Some(request) = next_worth_sending(&group, target, &mut requests).await {
        let Ok(permit) = window.acquire().await else { return };
        permit.forget();
        if let Some(commit) = &request.leader_commit {
            group.progress.tell_commit(commit.index);
        }
        let last = request.entries.last().map(RaftEntry::log_id).or(request.prev_log_id);
        let bytes: usize = request.entries.iter().map(super::super::codec::entry_size).sum();
        let span = Span { prev: request.prev_log_id, last, term: request.vote.leader_id.term, bytes: bytes as u64 };
        // The receiver is gone: the stream has ended.
        if spans.send(span).is_err() || write_request(&group, &mut write, &request, bytes).await.is_err() {
            return;
        }
    }
    let _ = write.shutdown().await;
}

async fn write_request(
    group: &Group,
    write: &mut (impl tokio::io::AsyncWrite + Unpin),
    request: &AppendEntriesRequest<TypeConfig>,
    size: usize,
) -> io::Result<()> {
    let mut body = Vec::with_capacity(size + 128);
    put_append(&mut body, group.told_ns(&request.vote), request);
    let mut out = BytesMut::with_capacity(0);
    if body.len() < 4096 {
        out.put_slice(&frame::head(group.id, APPEND, body.len()));
        out.put_slice(&body);
        return write.write_all(&out).await;
    }
    frame::write_parts(write, group.id, APPEND, &[Bytes::from(body)]).await
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::replication::testing::{OWN, Pipe, group, log_id};
    use crate::replication::types::{Entry, EntryPayload, Payload, Vote, scope};

    #[tokio::test(start_paused = true)]
    async fn a_stream_without_answers_is_given_up_and_ends() {
        scope(1, async {
            let group = group(OWN, Arc::new(crate::sys::env::Tcp), false).await;
            let (near, silent) = tokio::io::duplex(1 << 16);
            let vote = Vote::new_committed(OWN.term, OWN.node);
            let entries = vec![Entry { log_id: log_id(OWN, 6), payload: EntryPayload::Blank }];
            let request = AppendEntriesRequest { vote, prev_log_id: None, entries, leader_commit: None };
            let requests = futures::stream::iter([request]).chain(futures::stream::pending());
            let begin = Instant::now();
            let mut answers = stream(group, 2, Box::new(Pipe(near)), requests);
            let answer = tokio::time::timeout(STALL * 10, answers.next()).await.unwrap();
            assert!(matches!(answer, Some(Err(RPCError::Unreachable(_)))));
            assert!(begin.elapsed() >= STALL && begin.elapsed() < STALL * 2);
            assert!(tokio::time::timeout(STALL, answers.next()).await.unwrap().is_none());
            drop(silent);
        })
        .await;
    }

    /// A large entry on its way over a slow link is no silence; that its bytes do not go on is.
    #[tokio::test(start_paused = true)]
    async fn a_stream_that_moves_is_not_given_up() {
        const LEN: usize = 64 << 20;
        for stops_at in [LEN, LEN / 2] {
            scope(1, async {
                let group = group(OWN, Arc::new(crate::sys::env::Tcp), false).await;
                let (near, mut far) = tokio::io::duplex(1 << 16);
                let vote = Vote::new_committed(OWN.term, OWN.node);
                let payload = EntryPayload::Normal(Payload(Bytes::from(vec![0; LEN])));
                let entries = vec![Entry { log_id: log_id(OWN, 6), payload }];
                let request = AppendEntriesRequest { vote, prev_log_id: None, entries, leader_commit: None };
                let requests = futures::stream::iter([request]).chain(futures::stream::pending());
                let begin = Instant::now();
                let mut answers = stream(group, 2, Box::new(Pipe(near)), requests);
                let link = async {
                    let (mut buf, mut read) = (vec![0; 1 << 16], 0);
                    while read < stops_at {
                        read += tokio::io::AsyncReadExt::read(&mut far, &mut buf).await.unwrap();
                        // 2 MB/s
                        tokio::time::sleep(Duration::from_millis(32)).await;
                    }
                };
                let answer = async {
                    let answer = answers.next().await;
                    assert!(matches!(answer, Some(Err(RPCError::Unreachable(_)))));
                    begin.elapsed()
                };
                let ((), given_up) = tokio::join!(link, answer);
                let moving = Duration::from_millis(32) * (stops_at >> 16) as u32;
                let patience = STALL + Duration::from_millis(LEN as u64 / DISK_BYTES_PER_MS);
                assert!(given_up >= moving && given_up < moving + 3 * patience, "{given_up:?}");
            })
            .await;
        }
    }
}
