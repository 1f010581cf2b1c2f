//! The accepting side of the peer port.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::Arc;

use bytes::{BufMut, BytesMut};
use futures::StreamExt;
use openraft::raft::AppendEntriesResponse;
use parking_lot::Mutex;
use tokio::io::AsyncWriteExt;
use tokio::sync::{mpsc, watch};

use super::super::Group;
use super::super::codec::Decoder;
use super::door::Door;
use super::frame::{self, FrameReader};
use super::handshake::{Hello, Purpose, Refused};
use super::message::{ANSWER, APPEND, APPENDED, PeerAnswer, QUESTION, Question, append, put_appended};
use super::{forward, snapshots, state};
use crate::sys::env::{BoxStream, Listener};
use crate::sys::version::objection;

/// Most requests of a stream that wait for openraft.
const APPEND_QUEUE_MAX: usize = 64;

/// Earlier processes of a node that are remembered.
const SUPERSEDED_MAX: usize = 16;

/// The groups of a node.
type Groups = Vec<Arc<Group>>;

/// The processes that have called: of two with one node id the newer one stays.
#[derive(Default)]
struct Callers(Mutex<BTreeMap<u64, Caller>>);

struct Caller {
    /// The newest process.
    process: watch::Sender<u64>,
    superseded: VecDeque<u64>,
}

impl Callers {
    /// Notes a call; what it returns changes when a newer process of that node calls. None: this one is an older process.
    fn note(&self, node: u64, process: u64) -> Option<watch::Receiver<u64>> {
        let mut callers = self.0.lock();
        let caller = callers
            .entry(node)
            .or_insert_with(|| Caller { process: watch::Sender::new(process), superseded: VecDeque::new() });
        if caller.superseded.contains(&process) {
            return None;
        }
        let before = *caller.process.borrow();
        if before != process {
            caller.superseded.truncate(SUPERSEDED_MAX - 1);
            caller.superseded.push_front(before);
            caller.process.send_replace(process);
        }
        Some(caller.process.subscribe())
    }
}

/// Accepts peers until the future is dropped.
pub async fn serve(groups: Groups, listener: Box<dyn Listener>) {
    let (callers, door) = (Arc::new(Callers::default()), Arc::new(Door::default()));
    loop {
        match listener.accept().await {
            Ok(stream) => {
                let (groups, callers, door) = (groups.clone(), callers.clone(), door.clone());
                drop(crate::replication::spawn(async move {
                    if let Err(error) = serve_one(&groups, &callers, &door, stream).await {
                        tracing::debug!(%error, "a peer connection ended");
                    }
                }));
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a peer");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve_one(groups: &Groups, callers: &Callers, door: &Door, mut stream: BoxStream) -> io::Result<()> {
    let group = groups.first().ok_or(io::ErrorKind::NotFound)?.clone();
    let mut process = None;
    let admit = |hello: &Hello| admit(&group, callers, hello).map(|newest| process = Some(newest));
    let hello = door.let_in(&group.env, group.links.identity(), &mut stream, admit).await?;
    let talk = async {
        match hello.purpose {
            Purpose::Control | Purpose::Front => control(groups, hello.node, stream).await,
            Purpose::Append => append_stream(&group, hello.node, stream).await,
            Purpose::Forward => forward::receive(group.clone(), hello.node, stream).await,
            Purpose::Snapshot => snapshots::receive(&group, stream).await,
            Purpose::State => state::provide(&group, hello.node, stream).await,
        }
    };
    let superseded = async {
        match &mut process {
            Some(newest) => drop(newest.wait_for(|newest| *newest != hello.process).await),
            None => std::future::pending().await,
        }
    };
    let result = tokio::select! {
        result = talk => result,
        // It calls again, and is told.
        () = superseded => Err(io::ErrorKind::ConnectionAborted.into()),
    };
    group.connection_ended(hello.node);
    result
}

/// A removed node, an older process of a node, and a binary that does not know the state's feature level may not talk.
fn admit(group: &Group, callers: &Callers, hello: &Hello) -> Result<watch::Receiver<u64>, Refused> {
    let twice = || {
        Refused::Expelled(format!(
            "another process runs as node {}: a data directory belongs to one process, and a copy of it to none",
            hello.node
        ))
    };
    if hello.node == group.node {
        return Err(twice());
    }
    if group.is_removed(hello.node) {
        return Err(Refused::Removed(format!(
            "node {} was removed from the cluster: start it with an empty data directory and --join to join again",
            hello.node
        )));
    }
    if let Some(why) = objection("the cluster", group.level(), hello.level) {
        return Err(Refused::Expelled(why));
    }
    // Before the log: of two processes the older one has to know of the other, whose log it may be that has gone back.
    let newest = callers.note(hello.node, hello.process).ok_or_else(twice)?;
    if group.links.went_back(hello.node) {
        return Err(Refused::Expelled(format!(
            "the log of node {} has gone back: its disk has lost what it had confirmed, or the data directory is an old copy. \
             Remove the node (RAFT.REMOVE {}) and start it with an empty data directory and --join",
            hello.node, hello.node
        )));
    }
    Ok(newest)
}

async fn control(groups: &Groups, node: u64, stream: BoxStream) -> io::Result<()> {
    let (read, mut write) = tokio::io::split(stream);
    let mut frames = FrameReader::new(read);
    let (answers, mut answered) = mpsc::channel::<(u64, u64, PeerAnswer)>(256);
    let mut out = BytesMut::new();
    loop {
        tokio::select! {
            frame = frames.next() => {
                let Some(frame) = frame? else { return Ok(()) };
                if frame.kind != QUESTION {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                let group = groups.iter().find(|group| group.id == frame.group).ok_or(io::ErrorKind::NotFound)?;
                if group.is_removed(node) || group.links.went_back(node) {
                    // It calls again, and is told.
                    return Err(io::ErrorKind::ConnectionAborted.into());
                }
                group.links.heard(node);
                let (number, question) = Question::decode(frame.body).map_err(io::Error::other)?;
                // What can be said at once needs no task.
                if let Some(answer) = quick(group, &question) {
                    write.write_all(&frame::encode(group.id, ANSWER, &answer.encode(number))).await?;
                    continue;
                }
                let (group, answers) = (group.clone(), answers.clone());
                drop(crate::replication::spawn(async move {
                    let answer = answer(&group, node, question).await;
                    // The connection may be gone.
                    let _ = answers.send((group.id, number, answer)).await;
                }));
            }
            Some((group, number, answer)) = answered.recv() => {
                out.put_slice(&frame::encode(group, ANSWER, &answer.encode(number)));
                while let Ok((group, number, answer)) = answered.try_recv() {
                    out.put_slice(&frame::encode(group, ANSWER, &answer.encode(number)));
                }
                write.write_all(&out).await?;
                out.clear();
            }
        }
    }
}

fn quick(group: &Arc<Group>, question: &Question) -> Option<PeerAnswer> {
    match question {
        Question::Confirm { leader } => Some(PeerAnswer::Confirm(group.votes_for(*leader))),
        _ => None,
    }
}

async fn answer(group: &Arc<Group>, from: u64, question: Question) -> PeerAnswer {
    let Some(raft) = group.raft() else { return PeerAnswer::Stopped };
    match question {
        Question::Vote(request) => {
            let reading = group.clock.reading();
            raft.vote(request).await.map_or(PeerAnswer::Stopped, |response| PeerAnswer::Vote(reading, response))
        }
        Question::PreVote(request) => raft.pre_vote(request).await.map_or(PeerAnswer::Stopped, PeerAnswer::PreVote),
        Question::Append(clock_ns, request) => {
            let heard = group.heard_clock(&request.vote, clock_ns);
            let response = raft.append_entries(request).await;
            if matches!(&response, Ok(response) if !matches!(response, AppendEntriesResponse::HigherVote(_))) {
                group.follow_clock(&heard);
            }
            response.map_or(PeerAnswer::Stopped, PeerAnswer::Append)
        }
        Question::Transfer(request) => {
            PeerAnswer::Transfer(matches!(raft.handle_transfer_leader(request).await, Ok(Ok(()))))
        }
        Question::ReadIndex { leader, confirms } => {
            group.links.waits(from);
            let index = group.confirmed_index(leader, confirms.then_some(from)).await;
            PeerAnswer::ReadIndex(index.map(|index| (index, group.clock.leader_ms())))
        }
        Question::Confirm { leader } => PeerAnswer::Confirm(group.votes_for(leader)),
        Question::Clock => PeerAnswer::Clock(group.clock.reading()),
        Question::Front(asked) => PeerAnswer::Front(group.answer_front(asked).await),
        Question::Reads { weight, keys } => {
            group.executor.note_reads(weight, keys).await;
            PeerAnswer::Noted
        }
        Question::Standings if group.leads() => PeerAnswer::Standings(group.standings().into_iter().collect()),
        Question::Standings => PeerAnswer::Standings(Vec::new()),
        Question::HandOver(node) => {
            PeerAnswer::HandOver(super::super::transfer::hand_lead_to(group, node).await.err().unwrap_or_default())
        }
    }
}

/// A leader's stream of entries.
async fn append_stream(group: &Arc<Group>, from: u64, stream: BoxStream) -> io::Result<()> {
    let Some(raft) = group.raft() else { return Err(io::ErrorKind::NotConnected.into()) };
    let (read, mut write) = tokio::io::split(stream);
    let mut frames = FrameReader::new(read);
    let (requests, received) = mpsc::channel(APPEND_QUEUE_MAX);
    let reader_group = group.clone();
    // The clocks that came with what is received and has no result yet.
    let clocks = Arc::new(Mutex::new(VecDeque::new()));
    let heard_clocks = clocks.clone();
    let reader = crate::sys::task::AbortOnDrop(crate::replication::spawn(async move {
        while let Ok(Some(frame)) = frames.next().await {
            if frame.kind != APPEND || frame.group != reader_group.id {
                return;
            }
            let mut reader = Decoder::new(frame.body);
            let Ok((clock_ns, request)) = append(&mut reader) else { return };
            reader_group.links.heard(from);
            heard_clocks.lock().push_back(reader_group.heard_clock(&request.vote, clock_ns));
            if requests.send(request).await.is_err() {
                return;
            }
        }
    }));
    let input = futures::stream::unfold(received, |mut received| async move {
        received.recv().await.map(|request| (request, received))
    });
    let mut results = Box::pin(raft.stream_append(Box::pin(input.fuse())).fuse());
    let mut body = Vec::new();
    while let Some(result) = results.next().await {
        let result = result.map_err(io::Error::other)?;
        let last = result.is_err();
        let heard = clocks.lock().pop_front();
        if let Some(heard) = heard.filter(|_| !last) {
            group.follow_clock(&heard);
        }
        let response = match result {
            Ok(log_id) => AppendEntriesResponse::PartialSuccess(log_id),
            Err(error) => Err::<Option<super::super::types::LogId>, _>(error).into(),
        };
        body.clear();
        put_appended(&mut body, &response);
        write.write_all(&frame::encode(group.id, APPENDED, &body)).await?;
        if last {
            break;
        }
    }
    drop(reader);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::Members;
    use crate::replication::testing::{Alone, OWN, group};
    use crate::replication::types::scope;

    #[tokio::test(start_paused = true)]
    async fn a_binary_that_does_not_know_the_states_feature_level_is_told_so() {
        scope(1, async {
            let group = group(OWN, Arc::new(Alone), false).await;
            let callers = Callers::default();
            let judge =
                |level| admit(&group, &callers, &Hello { purpose: Purpose::Control, node: 2, process: 5, level });
            assert!(judge(1).is_ok(), "there is no state yet");
            group.note_members(Members { addrs: [(2, "n2:1".into())].into(), last_node: 2, level: 3 });
            for (level, is_admitted) in [(4, true), (3, true), (2, false), (1, false)] {
                let expected =
                    format!("the cluster is of feature level 3, this binary knows {level}: start a newer one");
                match judge(level) {
                    Err(refused) => assert!(!is_admitted && refused == Refused::Expelled(expected), "{refused:?}"),
                    Ok(_) => assert!(is_admitted, "{level}"),
                }
            }
        })
        .await;
    }
}
