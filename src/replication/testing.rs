//! For tests: a node's group without Raft, and another member that says what the test tells it to.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use openraft::RaftLogReader;
use openraft::storage::{RaftLogStorage, RaftLogStorageExt};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf};
use tokio::sync::{mpsc, oneshot};

use super::group::raft_meta;
use super::log::{LogOptions, LogStore, MemoryDisk};
use super::origin::Leader;
use super::peer::frame::{self, FrameReader};
use super::peer::message::{ANSWER, PeerAnswer, Question};
use super::peer::{Identity, PeerConnections, Secret, handshake};
use super::types::{
    Entry, EntryPayload, LeaderId, LogId, Membership, Payload, Peer, SnapshotMeta, StoredMembership, Vote,
};
use super::{Group, Parts};
use crate::executor::StoreExecutor;
use crate::executor::entry::{Content, decode};
use crate::snapshot::{MemoryStore, Meta, SnapshotDir};
use crate::sys::clock::testing::Still;
use crate::sys::clock::{Clocks, ClusterClock};
use crate::sys::env::{BoxStream, ByteStream, Env, Listener, Net};

/// The node of [`group`], leading term 3.
pub const OWN: Leader = Leader { term: 3, node: 1 };

pub fn log_id(leader: Leader, index: u64) -> LogId {
    LogId::new(LeaderId { term: leader.term, node_id: leader.node }, index)
}

pub async fn vote(group: &Group, leader: Leader) {
    group.log.clone().save_vote(&Vote::new_committed(leader.term, leader.node)).await.unwrap();
}

pub fn set_voters(group: &Group, configs: &[&[u64]]) {
    let configs: Vec<_> = configs.iter().map(|set| set.iter().copied().collect()).collect();
    let peers: BTreeMap<u64, Peer> = (1..=5).map(|node| (node, Peer { addr: format!("n{node}:1") })).collect();
    let membership = Membership::new(configs, peers).unwrap();
    *group.members.membership.lock() = StoredMembership::new(Some(log_id(OWN, 1)), membership);
}

/// `log_id` is applied, and changes nothing.
pub fn set_applied(group: &Group, log_id: &LogId) {
    group.state_moved(Some(log_id), None, None);
}

/// Node 1 with the vote of `leader`, whom it follows or is; entry 5, which is of that leader, is applied. It is the only voter.
pub async fn group(leader: Leader, net: Arc<dyn Net>, threads: bool) -> Arc<Group> {
    group_on(leader, net, threads, MemoryStore::new()).await
}

/// The same with these snapshots.
pub async fn group_on(leader: Leader, net: Arc<dyn Net>, threads: bool, snapshots: MemoryStore) -> Arc<Group> {
    group_and_executor(leader, net, threads, snapshots).await.0
}

/// The same, and its state machine.
pub async fn group_and_executor(
    leader: Leader,
    net: Arc<dyn Net>,
    threads: bool,
    snapshots: MemoryStore,
) -> (Arc<Group>, Arc<StoreExecutor>) {
    let io = Arc::new(MemoryDisk::new().open(Duration::from_millis(1)));
    let log = LogStore::open(io, 0, LogOptions::default()).await.unwrap();
    group_of(leader, net, threads, snapshots, log).await
}

/// [`group`] on this log.
pub async fn group_with_log(leader: Leader, log: LogStore) -> Arc<Group> {
    group_of(leader, Arc::new(Alone), false, MemoryStore::new(), log).await.0
}

async fn group_of(
    leader: Leader,
    net: Arc<dyn Net>,
    threads: bool,
    snapshots: MemoryStore,
    log: LogStore,
) -> (Arc<Group>, Arc<StoreExecutor>) {
    let clocks: Arc<dyn Clocks> = Arc::new(Still);
    let env = Env {
        clocks: clocks.clone(),
        net,
        random: Arc::new(|| 4),
        threads,
        level: 1,
        spikes: Arc::default(),
        memory: crate::sys::memory::used_bytes,
    };
    let clock = Arc::new(ClusterClock::new(clocks));
    let executor = StoreExecutor::new(env.clone(), clock.clone());
    let group = Group::new(Parts {
        id: 0,
        node: 1,
        env: env.clone(),
        clock,
        executor: executor.clone(),
        log,
        snapshots: SnapshotDir::open(Arc::new(snapshots), 0).unwrap(),
        links: PeerConnections::new(env, Identity::new(1, 1, 1, 1, Secret::default())),
    });
    set_voters(&group, &[&[1]]);
    group.set_leader(Some(leader));
    group.answer_for_ever();
    set_applied(&group, &log_id(leader, 5));
    vote(&group, leader).await;
    (group, executor)
}

/// A question that node 1 has asked, and where its answer goes.
pub type Asked = (Question, oneshot::Sender<PeerAnswer>);

/// A network on which there is node 2 besides: what it is asked goes to the test.
pub struct FakeMember(mpsc::UnboundedSender<Asked>);

impl FakeMember {
    pub fn new() -> (Arc<Self>, mpsc::UnboundedReceiver<Asked>) {
        let (asked, questions) = mpsc::unbounded_channel();
        (Arc::new(Self(asked)), questions)
    }
}

type Later<'a, T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send + 'a>>;

impl Net for FakeMember {
    fn connect<'a>(&'a self, _addr: &'a str) -> Later<'a, BoxStream> {
        let (near, far) = tokio::io::duplex(1 << 16);
        drop(crate::replication::spawn(converse(Box::new(Pipe(far)), self.0.clone())));
        Box::pin(async move { Ok(Box::new(Pipe(near)) as BoxStream) })
    }

    fn bind<'a>(&'a self, _host: &'a str, _port: u16) -> Later<'a, Box<dyn Listener>> {
        Box::pin(async { Err(io::ErrorKind::Unsupported.into()) })
    }
}

/// A network on which there is nobody.
pub struct Alone;

impl Net for Alone {
    fn connect<'a>(&'a self, _addr: &'a str) -> Later<'a, BoxStream> {
        Box::pin(async { Err(io::ErrorKind::ConnectionRefused.into()) })
    }

    fn bind<'a>(&'a self, _host: &'a str, _port: u16) -> Later<'a, Box<dyn Listener>> {
        Box::pin(async { Err(io::ErrorKind::Unsupported.into()) })
    }
}

async fn converse(mut stream: BoxStream, asked: mpsc::UnboundedSender<Asked>) {
    let env = Env {
        clocks: Arc::new(Still),
        net: Arc::new(crate::sys::env::Tcp),
        random: Arc::new(|| 9),
        threads: false,
        level: 1,
        spikes: Arc::default(),
        memory: crate::sys::memory::used_bytes,
    };
    handshake::accept(&env, &Identity::new(1, 2, 1, 1, Secret::default()), &mut stream, |_| Ok(())).await.unwrap();
    let (read, mut write) = tokio::io::split(stream);
    let mut frames = FrameReader::new(read);
    let (answers, mut answered) = mpsc::unbounded_channel();
    loop {
        tokio::select! {
            frame = frames.next() => {
                let Ok(Some(frame)) = frame else { return };
                let (number, question) = Question::decode(frame.body).unwrap();
                let (answer, told) = oneshot::channel();
                asked.send((question, answer)).unwrap();
                let answers = answers.clone();
                drop(crate::replication::spawn(async move {
                    if let Ok(answer) = told.await {
                        drop(answers.send((number, answer)));
                    }
                }));
            }
            Some((number, answer)) = answered.recv() => {
                let answer: PeerAnswer = answer;
                write.write_all(&frame::encode(0, ANSWER, &answer.encode(number))).await.unwrap();
            }
        }
    }
}

/// One end of a connection in memory.
pub struct Pipe(pub DuplexStream);

impl ByteStream for Pipe {
    fn peer_addr(&self) -> String {
        String::new()
    }
    fn local_addr(&self) -> String {
        String::new()
    }
    fn set_keepalive(&self, _seconds: u64) {}
}

impl AsyncRead for Pipe {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// The log of a node 3 that has voted in term 4: entries 1 to 5, and 0, of node 1's term 2.
pub async fn survivors_log(disk: &MemoryDisk) -> LogStore {
    let mut log = open_log(disk).await;
    let entry = |index| Entry { log_id: log_id(Leader { term: 2, node: 1 }, index), payload: EntryPayload::Blank };
    log.blocking_append((0..=5).map(entry).collect::<Vec<_>>()).await.unwrap();
    log.save_vote(&Vote::new(4, 2)).await.unwrap();
    log
}

pub async fn open_log(disk: &MemoryDisk) -> LogStore {
    LogStore::open(Arc::new(disk.open(Duration::from_millis(1))), 0, LogOptions::default()).await.unwrap()
}

/// A log that ends with a membership of node 3 alone, at n3:2, and an entry of ours, both of its own term, which is also its vote: the
/// last entry's (term, index), and what it holds.
pub async fn end_alone(log: &LogStore) -> ((u64, u64), Content) {
    let last = log.last_log_id().unwrap();
    let (term, index) = (last.leader_id.term, last.index);
    assert_eq!(last, log_id(Leader { term, node: 3 }, index));
    assert_eq!(log.vote(), Some(Vote::new_committed(term, 3)));
    let end = log.clone().try_get_log_entries(index - 1..index + 1).await.unwrap();
    assert_eq!(end[0].log_id, log_id(Leader { term, node: 3 }, index - 1));
    let EntryPayload::Membership(membership) = &end[0].payload else { panic!("{end:?}") };
    assert_eq!(membership.voter_ids().collect::<Vec<_>>(), [3]);
    assert_eq!(membership.nodes().map(|(node, peer)| (*node, peer.addr.as_str())).collect::<Vec<_>>(), [(3, "n3:2")]);
    let EntryPayload::Normal(Payload(bytes)) = &end[1].payload else { panic!("{end:?}") };
    ((term, index), decode(bytes).unwrap().content)
}

/// What node 1 has on disk if its power was lost when a snapshot of a later leader was its newest and the log had not followed: three
/// entries more in the log, and a snapshot that reaches `covers` entries beyond what both have; the index where it ends.
pub async fn contradict(log: &mut LogStore, snapshots: &SnapshotDir, covers: u64) -> u64 {
    let (meta, image) = snapshots.load_latest().unwrap().unwrap();
    let last = log.last_log_id().unwrap();
    let id = |term, behind| log_id(Leader { term: last.leader_id.term + term, node: 1 }, last.index + behind);
    let tail = (1..=3).map(|behind| Entry { log_id: id(0, behind), payload: EntryPayload::Blank });
    log.blocking_append(tail.collect::<Vec<_>>()).await.unwrap();
    log.save_vote(&Vote::new(last.leader_id.term + 2, 1)).await.unwrap();
    let covers = id(1, covers);
    let last_membership = raft_meta(&meta).unwrap().last_membership;
    let mut raft = Vec::new();
    super::codec::put_snapshot_meta(&mut raft, &SnapshotMeta { last_log_id: Some(covers), last_membership });
    snapshots.write(&image, &Meta::of(&image, 0, covers.index, covers.leader_id.term, raft), 0).unwrap();
    covers.index
}
