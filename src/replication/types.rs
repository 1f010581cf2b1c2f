//! What openraft is parameterised with, and how its tasks are spawned.
//!
//! Choices
//! - Leader ids are openraft's default, `leader_id_adv`: ordered by (term, node), so two candidates of one term never tie
//!   and a log id names its leader in full.
//! - The runtime is tokio with a random generator of its own ([`Runtime`]), in production and in the simulation
//!   alike, so that one code path is tested: openraft draws its election timeouts from a seed that belongs to the task.
//!   That seed exists only inside [`scope`], and a task inherits it only through [`spawn`].
//! - A proposal's outcome comes through a boxed function ([`Callback`]), not a channel: it needs no task that waits.
//! - `R` is `()`: the reply is produced where the origin applies the entry, never where it was proposed.

use std::fmt;
use std::future::Future;

use bytes::Bytes;
use openraft::AsyncRuntime;
use openraft::OptionalSend;
use openraft::RaftTypeConfig;
use openraft::impls;
use openraft::raft::responder::Responder;
use openraft::rt::deterministic_rng::DeterministicRng;
use openraft::type_config::alias;
use openraft_rt_tokio::TokioRuntime;

/// The types of every Raft group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct TypeConfig;

// By hand, because `declare_raft_types!` takes no `Responder<T>`.
impl RaftTypeConfig for TypeConfig {
    type D = Payload;
    type R = ();
    type NodeId = NodeId;
    type Node = Peer;
    type Term = Term;
    type LeaderId = impls::leader_id_adv::LeaderId<Term, NodeId>;
    type Vote = impls::Vote<LeaderId>;
    type Payload = openraft::EntryPayload<Payload, NodeId, Peer>;
    type Entry = impls::Entry<CommittedLeaderId, EntryPayload>;
    type AsyncRuntime = Runtime;
    type Responder<T>
        = Callback<T>
    where
        T: OptionalSend + 'static;
    type Batch<T>
        = impls::InlineBatch<T>
    where
        T: OptionalSend + 'static;
    type ErrorSource = impls::BoxedErrorSource;
}

/// A member's id: counted up in the replicated state, never used twice.
pub type NodeId = u64;
/// A term of Raft.
pub type Term = u64;
/// Tokio, with random numbers that come from the task's seed.
pub type Runtime = DeterministicRng<TokioRuntime>;
/// (term, node) of a leader or candidate.
pub type LeaderId = alias::LeaderIdOf<TypeConfig>;
/// The leader id that a log entry carries; the same type as [`LeaderId`].
pub type CommittedLeaderId = alias::CommittedLeaderIdOf<TypeConfig>;
/// A leader id and an index.
pub type LogId = alias::LogIdOf<TypeConfig>;
/// What a node promised to which candidate, and whether a quorum has.
pub type Vote = alias::VoteOf<TypeConfig>;
/// A log entry: its id and an [`EntryPayload`].
pub type Entry = alias::EntryOf<TypeConfig>;
/// Blank, one of our entries, or a membership.
pub type EntryPayload = alias::PayloadOf<TypeConfig>;
/// Voters (one set, or two while a change is under way) and the nodes' addresses.
pub type Membership = openraft::Membership<NodeId, Peer>;
/// A membership and where in the log it stands.
pub type StoredMembership = alias::StoredMembershipOf<TypeConfig>;
/// How far a snapshot reaches, and the membership there.
pub type SnapshotMeta = alias::SnapshotMetaOf<TypeConfig>;
/// First (purged) and last log id of a log.
pub type LogState = openraft::LogState<TypeConfig>;
/// Signals that an append is durable; may be called from any thread.
pub type IoFlushed = openraft::storage::IOFlushed<TypeConfig>;
/// What becomes of a proposal.
pub type WriteResult = openraft::raft::ClientWriteResult<TypeConfig>;
/// Receives a proposal's outcome, for `client_write_ff`.
pub type WriteResponder = Callback<WriteResult>;

/// One encoded entry of ours (with its own checksum); openraft never looks inside.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Payload(pub Bytes);

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// How a member is reached by the others.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Peer {
    /// `host:port` of its peer port.
    pub addr: String,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.addr)
    }
}

/// A function that takes a result once.
///
/// openraft calls it on its core or apply task, so it must be short and must not block. It may also be dropped uncalled
/// (the node shuts down, or the proposal waits for ever in a partition): that means "outcome unknown".
pub struct Callback<T>(Box<dyn FnOnce(T) + Send>);

impl<T> Callback<T> {
    /// Wraps `call`.
    pub fn new(call: impl FnOnce(T) + Send + 'static) -> Self {
        Self(Box::new(call))
    }
}

impl<T> fmt::Debug for Callback<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callback")
    }
}

impl<T: OptionalSend + 'static> Responder<TypeConfig, T> for Callback<T> {
    fn on_complete(self, result: T) {
        (self.0)(result);
    }
}

/// Runs `future` with random numbers from `seed`: everything that calls into openraft runs inside of one scope, the
/// program's main future in production (a random seed), one per host in the simulation.
pub fn scope<F: Future>(seed: u64, future: F) -> impl Future<Output = F::Output> {
    Runtime::scope(seed, future)
}

/// Spawns a task that may call into openraft: it inherits a seed derived from its parent's.
///
/// # Panics
/// Outside of a [`scope`]: there is no seed to derive from. (A bare `tokio::spawn` leaves the scope.)
pub fn spawn<F>(future: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    <Runtime as AsyncRuntime>::spawn(future)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeouts(seed: u64) -> Vec<u64> {
        let draw = || openraft::Config::default().new_rand_election_timeout::<Runtime>();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(scope(seed, async move {
            let spawned = spawn(async move { (0..20).map(|_| draw()).collect::<Vec<_>>() });
            let mut all: Vec<u64> = (0..20).map(|_| draw()).collect();
            all.extend(spawned.await.unwrap());
            all
        }))
    }

    #[test]
    fn random_numbers_are_a_function_of_the_seed() {
        assert_eq!(timeouts(1), timeouts(1));
        assert_ne!(timeouts(1), timeouts(2));
        let (own, spawned) = (timeouts(1)[..20].to_vec(), timeouts(1)[20..].to_vec());
        assert_ne!(own, spawned, "a task has a sequence of its own");
    }

    #[test]
    fn a_responder_calls_back_with_the_result() {
        let (tx, rx) = std::sync::mpsc::channel();
        let responder: Callback<u8> = Callback::new(move |result| tx.send(result).unwrap());
        Responder::<TypeConfig, u8>::on_complete(responder, 7);
        assert_eq!(rx.recv(), Ok(7));
    }

    #[test]
    fn leader_ids_are_ordered_by_term_then_node() {
        assert!(Vote::new(2, 1) > Vote::new(1, 9));
        assert!(Vote::new(2, 2) > Vote::new(2, 1));
        assert!(Vote::new_committed(2, 1) < Vote::new(2, 2));
        assert!(Vote::new_committed(2, 1) > Vote::new(2, 1));
    }
}
