//! The leader's part in keeping memory below `maxmemory`: it proposes what gives way, and takes batches no faster than that ([`Eviction`] says how much
//! and when); and each node tells the others which keys its clients read.
//!
//! Invariants
//! - Victims are proposed by a leader that has applied what the leaders before it committed: theirs are no longer on their way.
//! - While the leader's memory is above the bound by more than the slack, no batch is proposed, its own or a peer's, for [`WAIT_MAX`] each: then one is, so that
//!   locks are refreshed and deletions come through whatever happens. Victims, ticks and all else of the leader's own do not wait.
//! - What a node tells of its reads is a bounded sample ([`Accesses`](crate::store::Accesses)), in a message of its own at an interval. With the append stream's
//!   answers it would have to follow that stream's rules, and a batch carries commands alone; so it is neither in the way of writes nor needs one.
//!   A message that is lost is lost: the next sample is as good.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Group;
use super::peer::message::Question;
use crate::executor::entry::encode;

/// How often is looked without news: what is freed in the background says nothing.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// See the module's header.
const WAIT_MAX: Duration = Duration::from_secs(1);
/// How often it is looked meanwhile.
const WAIT_STEP: Duration = Duration::from_millis(1);
/// How often a node tells what it reads.
const TELL_EVERY: Duration = Duration::from_millis(500);
/// How long a member may take to answer that.
const TELL_TIMEOUT: Duration = Duration::from_millis(400);

impl Group {
    /// Waits until this node as leader has memory for another batch.
    pub(super) async fn wait_for_memory(&self) {
        let eviction = self.executor.eviction();
        let until = Instant::now() + WAIT_MAX;
        while eviction.is_crowded() && self.leads() && Instant::now() < until {
            tokio::time::sleep(WAIT_STEP).await;
        }
    }
}

/// Proposes what gives way while this node leads, until the future is dropped.
pub async fn drive_eviction(group: Arc<Group>) {
    let eviction = group.executor.eviction();
    loop {
        tokio::select! {
            () = eviction.changed.notified() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        eviction.look();
        if !group.leads() || group.applied().leader != group.leader() {
            eviction.rest();
            continue;
        }
        while let Some(content) = group.executor.next_eviction(group.clock.leader_ms()).await {
            group.propose_own(encode(&content)).await;
        }
    }
}

/// Tells the other members what clients of this node read, until the future is dropped.
pub async fn tell_reads(group: Arc<Group>) {
    let accesses = group.executor.accesses();
    loop {
        tokio::time::sleep(TELL_EVERY).await;
        let others = group.links.known();
        let is_told = group.executor.eviction().policy().minds_reads() && !others.is_empty();
        accesses.tell(is_told);
        if !is_told {
            continue;
        }
        let (weight, keys) = accesses.take_sample();
        if keys.is_empty() {
            continue;
        }
        let reads = Question::Reads { weight, keys };
        let tell = |node| group.links.ask(node, group.id, &reads, TELL_TIMEOUT);
        futures::future::join_all(others.into_iter().map(tell)).await;
    }
}
