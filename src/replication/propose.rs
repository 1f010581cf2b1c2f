//! The leader's side of the write path: stamp and propose.
//!
//! Invariants
//! - An entry is proposed in the term in which it was stamped, or not at all: what its stamp promises is known of that leader's log only
//!   ([`crate::sys::clock`]).
//! - No entry reaches the log that is too long for a peer's frame: it could never be replicated, nor anything behind it.
//! - "Rejected" is said only of a proposal that did not reach the log, here or anywhere. The origin takes it for "certainly not applied",
//!   and says so to clients.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use openraft::errors::ClientWriteError;

use super::Group;
use super::origin::{Body, HandOver, Leader};
use super::types::{Payload, WriteResponder};
use crate::executor::entry::{Content, ENTRY_LEN_MAX, Stamp, encode, seal};

impl Group {
    /// What this node as leader puts on an entry now. Only if it has been told that it leads ([`Group::leader`]): then its clock is set.
    pub(super) fn stamp(&self) -> Stamp {
        let (digest_index, digest) = self.digests.to_send();
        let is_wall = crate::planted::is("expiry follows the leader's wall clock");
        let now_ms = if is_wall { self.env.clocks.wall_ms() } else { self.clock.leader_ms() };
        Stamp { now_ms, digest_index, digest }
    }

    /// Proposes an entry that this node has sealed as `leader`. `rejected` is called if it was refused before it reached the log; whatever
    /// else happens says nothing.
    pub(super) async fn propose(&self, leader: Leader, sealed: Bytes, rejected: impl FnOnce() + Send + 'static) {
        let Some(raft) = self.raft() else { return rejected() };
        // The gate bounds what makes an entry; should that ever fail, one batch is lost and not the cluster.
        if sealed.len() > ENTRY_LEN_MAX {
            tracing::warn!(node = self.node, bytes = sealed.len(), "a batch is refused: no peer can be sent it");
            return rejected();
        }
        let responder = responder(rejected);
        // A stopped Raft answers nothing more: the outcome is unknown.
        let _ = raft.write(Payload(sealed)).with_leader(leader.id()).responder(responder).await;
    }

    /// Proposes an entry of the leader's own: no boot, no seq.
    pub(super) async fn propose_own(&self, unsealed: BytesMut) {
        let Some(leader) = self.leader().filter(|leader| leader.node == self.node) else { return };
        self.propose(leader, seal(unsealed, self.stamp()), || ()).await;
    }
}

/// Calls `rejected` if the outcome of a proposal is a rejection.
///
/// That is `ForwardToLeader` alone, matched by name. `LogEntryDiscarded` comes with the same information about a leader, and openraft's
/// conversions (`forward_to_leader`, `TryAsRef`) take one for the other; but it is of an entry that was in this node's log and gave way to
/// another leader's, which may have had it from here and commit it: its outcome is unknown.
fn responder(rejected: impl FnOnce() + Send + 'static) -> WriteResponder {
    WriteResponder::new(move |result| {
        let is_discarded = matches!(&result, Err(ClientWriteError::LogEntryDiscarded(_)));
        if matches!(&result, Err(ClientWriteError::ForwardToLeader(_)))
            || is_discarded && crate::planted::is("an entry that gave way counts as never proposed")
        {
            rejected();
        }
    })
}

/// Hands a batch to the leader, this node or another.
pub(super) async fn hand_over(group: &Arc<Group>, hand_over: HandOver) {
    let HandOver { leader, stream, seq, body, fresh } = hand_over;
    match body {
        Body::Sealed(sealed) => {
            group.wait_for_memory().await;
            let origin = group.clone();
            group.propose(leader, sealed, move || origin.origin.rejected(stream, seq)).await;
        }
        Body::Unsealed(unsealed) => {
            if fresh {
                group.links.forget_forward(leader.node);
            }
            super::peer::forward(group, leader, stream, seq, unsealed);
        }
    }
}

/// Ends this node's boot in the log, as far as there is somebody to tell.
pub async fn end_boot(group: &Arc<Group>, boot: u64) {
    let content = Content::EndBoot { boot };
    let Some(leader) = group.leader() else { return };
    let body = if leader.node == group.node {
        Body::Sealed(seal(encode(&content), group.stamp()))
    } else {
        Body::Unsealed(encode(&content).freeze())
    };
    hand_over(group, HandOver { leader, stream: 0, seq: 0, body, fresh: false }).await;
    let ended = async {
        while group.executor.has_boot(boot).await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    // Without a quorum the next boot of this node ends it.
    let _ = tokio::time::timeout(Duration::from_millis(500), ended).await;
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use openraft::errors::ForwardToLeader;
    use openraft::raft::responder::Responder;

    use super::*;
    use crate::replication::types::{TypeConfig, WriteResult};

    #[test]
    fn only_what_did_not_reach_the_log_is_rejected() {
        let is_rejected = |result: WriteResult| {
            let called = Arc::new(AtomicBool::new(false));
            let rejected = called.clone();
            let responder = responder(move || rejected.store(true, Ordering::Relaxed));
            Responder::<TypeConfig, WriteResult>::on_complete(responder, result);
            called.load(Ordering::Relaxed)
        };
        assert!(is_rejected(Err(ClientWriteError::ForwardToLeader(ForwardToLeader::empty()))));
        let discarded = ClientWriteError::LogEntryDiscarded(ForwardToLeader::empty());
        assert!(!is_rejected(Err(discarded)), "it may be committed by another leader");
    }
}
