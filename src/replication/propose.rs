//! The leader's side of the write path: stamp and propose.
//!
//! Invariant: no entry reaches the log that is too long for a peer's frame: it could never be replicated, nor anything behind it.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;

use super::Group;
use super::origin::{Body, HandOver};
use super::types::{Payload, WriteResponder};
use crate::executor::entry::{Content, ENTRY_LEN_MAX, Stamp, encode, seal};

impl Group {
    /// What the leader puts on an entry now.
    pub(super) fn stamp(&self) -> Stamp {
        let (digest_index, digest) = self.digests.to_send();
        Stamp { now_ms: self.clock.leader_ms(), digest_index, digest }
    }

    /// Proposes a sealed entry. `rejected` is called if it was refused before it reached the log; whatever else happens says
    /// nothing.
    pub(super) async fn propose(&self, sealed: bytes::Bytes, rejected: impl FnOnce() + Send + 'static) {
        let Some(raft) = self.raft() else { return rejected() };
        // The gate bounds what makes an entry; should that ever fail, one batch is lost and not the cluster.
        if sealed.len() > ENTRY_LEN_MAX {
            tracing::warn!(node = self.node, bytes = sealed.len(), "a batch is refused: no peer can be sent it");
            return rejected();
        }
        let responder = WriteResponder::new(move |result| {
            if let Err(openraft::errors::ClientWriteError::ForwardToLeader(_)) = result {
                rejected();
            }
        });
        // A stopped Raft answers nothing more: the outcome is unknown.
        let _ = raft.client_write_ff(Payload(sealed), Some(responder)).await;
    }

    /// Proposes an entry of the leader's own: no boot, no seq.
    pub(super) async fn propose_own(&self, unsealed: BytesMut) {
        self.propose(seal(unsealed, self.stamp()), || ()).await;
    }
}

/// Hands a batch to the leader, this node or another.
pub(super) async fn hand_over(group: &Arc<Group>, hand_over: HandOver) {
    let HandOver { leader, stream, seq, body, fresh } = hand_over;
    match body {
        Body::Sealed(sealed) => {
            let origin = group.clone();
            group.propose(sealed, move || origin.origin.rejected(stream, seq)).await;
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
