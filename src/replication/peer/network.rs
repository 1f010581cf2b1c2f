//! openraft's network: a stream of its own for entries, the control connection for all that is small, a connection of
//! its own for each snapshot.
//!
//! Invariant: a member that cannot be reached is tried again after [`RETRY`]. openraft pauses only before it makes a request, and a
//! stream that cannot be opened asks for none.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::Stream;
use openraft::base::{BoxFuture, BoxStream};
use openraft::errors::{RPCError, ReplicationClosed, StreamingError};
use openraft::network::v2::RaftNetworkV2;
use openraft::network::{RPCOption, RaftNetworkFactory};
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, StreamAppendResult, TransferLeaderRequest,
    TransferLeaderResponse, VoteRequest, VoteResponse,
};
use openraft::type_config::alias::SnapshotOf;

use super::super::Group;
use super::super::group::SnapshotData;
use super::super::types::{Peer, TypeConfig, Vote};
use super::append::{self, unreachable};
use super::handshake::{Purpose, dial};
use super::message::{PeerAnswer, Question};

/// See the module's header.
const RETRY: Duration = Duration::from_millis(50);

/// Makes openraft's clients for one group.
pub struct Network(pub Arc<Group>);

/// A client for one member.
pub struct PeerClient {
    group: Arc<Group>,
    target: u64,
    /// Entries get a connection of their own; heartbeats go over the one for questions.
    streams: bool,
}

impl RaftNetworkFactory<TypeConfig> for Network {
    type Network = PeerClient;

    async fn new_client(&mut self, target: u64, node: &Peer) -> PeerClient {
        // What the replicated state says of a member's address counts; the membership's only until that is known.
        if self.0.links.addr(target).is_none() {
            self.0.links.set_addr(target, &node.addr);
        }
        PeerClient { group: self.0.clone(), target, streams: true }
    }

    async fn new_heartbeat_client(&mut self, target: u64, node: &Peer) -> PeerClient {
        PeerClient { streams: false, ..self.new_client(target, node).await }
    }
}

impl PeerClient {
    async fn ask(&self, question: Question, option: &RPCOption) -> Result<PeerAnswer, RPCError<TypeConfig>> {
        self.group
            .links
            .ask(self.target, self.group.id, &question, option.hard_ttl())
            .await
            .ok_or_else(|| unreachable(&io::Error::from(io::ErrorKind::NotConnected)))
    }
}

fn unexpected() -> RPCError<TypeConfig> {
    unreachable(&io::Error::new(io::ErrorKind::InvalidData, "unexpected answer"))
}

impl RaftNetworkV2<TypeConfig> for PeerClient {
    type SnapshotData = SnapshotData;

    async fn append_entries(
        &mut self,
        rpc: AppendEntriesRequest<TypeConfig>,
        option: RPCOption,
    ) -> Result<AppendEntriesResponse<TypeConfig>, RPCError<TypeConfig>> {
        let clock_ns = self.group.told_ns(&rpc.vote);
        if let Some(commit) = &rpc.leader_commit {
            self.group.progress.tell_commit(commit.index);
        }
        let (term, prev) = (rpc.vote.leader_id.term, rpc.prev_log_id.as_ref().map_or(0, |id| id.index));
        match self.ask(Question::Append(clock_ns, rpc), &option).await? {
            PeerAnswer::Append(AppendEntriesResponse::Conflict)
                if !self.group.links.may_lack(self.target, term, prev) =>
            {
                Err(unexpected())
            }
            PeerAnswer::Append(response) => Ok(response),
            _ => Err(unexpected()),
        }
    }

    fn stream_append<'s, S>(
        &'s mut self,
        input: S,
        option: RPCOption,
    ) -> BoxFuture<
        's,
        Result<BoxStream<'s, Result<StreamAppendResult<TypeConfig>, RPCError<TypeConfig>>>, RPCError<TypeConfig>>,
    >
    where
        S: Stream<Item = AppendEntriesRequest<TypeConfig>> + Send + Unpin + 'static,
    {
        if !self.streams {
            return openraft::network::stream_append_sequential(self, input, option);
        }
        Box::pin(async move {
            let links = &self.group.links;
            if links.went_back(self.target) {
                tokio::time::sleep(RETRY).await;
                return Err(unreachable(&io::Error::from(io::ErrorKind::InvalidData)));
            }
            let addr = links.addr(self.target).ok_or_else(|| unreachable(&io::Error::from(io::ErrorKind::NotFound)))?;
            let connection = match dial(&self.group.env, links.identity(), self.target, &addr, Purpose::Append).await {
                Ok(connection) => connection,
                Err(error) => {
                    tokio::time::sleep(RETRY).await;
                    return Err(unreachable(&error));
                }
            };
            let answers: BoxStream<'s, _> = append::stream(self.group.clone(), self.target, connection, input);
            Ok(answers)
        })
    }

    async fn vote(
        &mut self,
        rpc: VoteRequest<TypeConfig>,
        option: RPCOption,
    ) -> Result<VoteResponse<TypeConfig>, RPCError<TypeConfig>> {
        let term = rpc.vote.leader_id.term;
        match self.ask(Question::Vote(rpc), &option).await? {
            PeerAnswer::Vote(reading, response) => {
                if response.vote_granted {
                    self.group.clock.granted(term, self.target, reading);
                }
                Ok(response)
            }
            _ => Err(unexpected()),
        }
    }

    async fn pre_vote(
        &mut self,
        rpc: VoteRequest<TypeConfig>,
        option: RPCOption,
    ) -> Result<VoteResponse<TypeConfig>, RPCError<TypeConfig>> {
        match self.ask(Question::PreVote(rpc), &option).await? {
            PeerAnswer::PreVote(response) => Ok(response),
            _ => Err(unexpected()),
        }
    }

    async fn full_snapshot(
        &mut self,
        vote: Vote,
        snapshot: SnapshotOf<TypeConfig, SnapshotData>,
        cancel: impl Future<Output = ReplicationClosed> + Send + 'static,
        _option: RPCOption,
    ) -> Result<SnapshotResponse<TypeConfig>, StreamingError<TypeConfig>> {
        super::snapshots::send(&self.group, self.target, vote, snapshot, cancel).await
    }

    async fn transfer_leader(
        &mut self,
        request: TransferLeaderRequest<TypeConfig>,
        option: RPCOption,
    ) -> Result<TransferLeaderResponse<TypeConfig>, RPCError<TypeConfig>> {
        match self.ask(Question::Transfer(request), &option).await? {
            PeerAnswer::Transfer(true) => Ok(Ok(())),
            _ => Err(unexpected()),
        }
    }
}
