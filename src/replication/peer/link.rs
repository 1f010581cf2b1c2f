//! A connection to one member for questions, of Raft or of the front end: numbered questions, answers in any order. It is opened when there is something to ask, and
//! again after it broke; a question that was under way then has no answer.
//!
//! Invariant: a connection on which nothing comes for [`STALL`] while an answer is due is given up. It may be dead without having
//! been told (a machine that lost power, a partition that outlasts TCP's retransmissions), and votes and heartbeats go over it.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::AsyncWriteExt;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::frame::{self, FrameReader};
use super::handshake::{Purpose, dial};
use super::message::{ANSWER, PeerAnswer, QUESTION, Question};
use super::{PeerConnections, frame::Frame};
use crate::sys::env::BoxStream;

/// Most questions that wait to be written.
const QUEUE_MAX: usize = 1024;
/// Pause after a connection could not be opened; questions fail at once meanwhile.
const RETRY: Duration = Duration::from_millis(50);

/// See the module's header. Longer than a vote takes on a slow disk.
const STALL: Duration = Duration::from_secs(2);

struct Asked {
    group: u64,
    question: Question,
    answer: oneshot::Sender<PeerAnswer>,
}

/// See the module's header.
pub struct Link {
    queue: mpsc::Sender<Asked>,
}

impl Link {
    /// A link to `node`; connects when first used.
    pub fn new(links: Arc<PeerConnections>, node: u64, purpose: Purpose) -> Arc<Self> {
        let (queue, asked) = mpsc::channel(QUEUE_MAX);
        drop(crate::replication::spawn(run(Arc::downgrade(&links), (node, purpose), asked)));
        Arc::new(Self { queue })
    }

    /// Asks; None if the connection broke or could not be opened.
    pub async fn ask(&self, group: u64, question: &Question) -> Option<PeerAnswer> {
        let (answer, answered) = oneshot::channel();
        self.queue.try_send(Asked { group, question: question.clone(), answer }).ok()?;
        answered.await.ok()
    }
}

async fn run(links: Weak<PeerConnections>, (node, purpose): (u64, Purpose), mut asked: mpsc::Receiver<Asked>) {
    while let Some(first) = asked.recv().await {
        let Some(links) = links.upgrade() else { return };
        let stream = match links.addr(node) {
            Some(addr) => dial(&links.env, &links.identity, node, &addr, purpose).await,
            None => Err(io::ErrorKind::NotFound.into()),
        };
        drop(links);
        match stream {
            Ok(stream) => {
                if let Err(error) = converse(stream, first, &mut asked).await {
                    tracing::debug!(peer = node, %error, "a connection for questions broke");
                }
            }
            Err(_) => {
                drop(first);
                let until = tokio::time::Instant::now() + RETRY;
                // What is asked meanwhile fails too: its sender is dropped.
                while let Ok(Some(_)) = tokio::time::timeout_at(until, asked.recv()).await {}
            }
        }
    }
}

async fn converse(stream: BoxStream, first: Asked, asked: &mut mpsc::Receiver<Asked>) -> io::Result<()> {
    let (read, mut write) = tokio::io::split(stream);
    let mut answers = FrameReader::new(read);
    let mut waiting: BTreeMap<u64, oneshot::Sender<PeerAnswer>> = BTreeMap::new();
    let mut number = 0;
    let mut next = Some(first);
    let mut out = BytesMut::new();
    // Since when an answer is due and nothing has come.
    let mut silent_since: Option<Instant> = None;
    loop {
        while let Some(asked_now) = next.take() {
            number += 1;
            if asked_now.question.is_answered_at_once() {
                silent_since.get_or_insert_with(Instant::now);
            }
            out.extend_from_slice(&frame::encode(asked_now.group, QUESTION, &asked_now.question.encode(number)));
            waiting.insert(number, asked_now.answer);
            next = asked.try_recv().ok();
        }
        if !out.is_empty() {
            tokio::time::timeout(STALL, write.write_all(&out)).await.map_err(|_| io::ErrorKind::TimedOut)??;
            out.clear();
        }
        // Those who gave up wait no longer.
        waiting.retain(|_, answer| !answer.is_closed());
        let stalled = async {
            match silent_since {
                Some(since) => tokio::time::sleep_until(since + STALL).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            frame = answers.next() => {
                let Frame { kind, body, .. } = frame?.ok_or(io::ErrorKind::UnexpectedEof)?;
                silent_since = None;
                if kind != ANSWER {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "not an answer"));
                }
                let (number, answer) = PeerAnswer::decode(body).map_err(io::Error::other)?;
                if let Some(asker) = waiting.remove(&number) {
                    // Whoever asked may have given up.
                    let _ = asker.send(answer);
                }
            }
            received = asked.recv() => match received {
                Some(asked_now) => next = Some(asked_now),
                None => return Ok(()),
            },
            () = stalled => return Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replication::origin::Leader;
    use crate::replication::testing::{FakeMember, group};
    use crate::replication::types::scope;

    #[tokio::test(start_paused = true)]
    async fn a_connection_on_which_nothing_comes_is_given_up() {
        scope(1, async {
            let leader = Leader { term: 3, node: 2 };
            let (member, mut questions) = FakeMember::new();
            let group = group(leader, member, false).await;
            group.links.set_addr(2, "n2:1");
            let (begin, links) = (Instant::now(), group.links.clone());
            let asked = crate::replication::spawn(async move {
                links.ask(2, 0, &Question::Confirm { leader }, Duration::from_secs(60)).await.is_some()
            });
            let (_, silent) = questions.recv().await.unwrap();
            assert!(!asked.await.unwrap());
            assert!(begin.elapsed() >= STALL && begin.elapsed() < STALL * 2, "{:?}", begin.elapsed());
            drop(silent);
        })
        .await;
    }
}
