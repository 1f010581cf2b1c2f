//! Who belongs to the group, as far as this node has applied the log: voters by the last membership, and who was removed.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::Group;
use crate::executor::Members;
use crate::replication::types::StoredMembership;

/// What a node knows of the members.
#[derive(Default)]
pub(in crate::replication) struct MemberView {
    /// The last membership applied.
    pub(in crate::replication) membership: Mutex<StoredMembership>,
    removed: Mutex<BTreeSet<u64>>,
    level: AtomicU32,
    is_created: AtomicBool,
    created: Notify,
}

impl Group {
    /// Takes over what the state says of members: addresses, and who was removed.
    pub(in crate::replication) fn note_members(&self, members: Members) {
        let before = self.members.level.swap(members.level, Ordering::Relaxed);
        if before != 0 && before != members.level {
            tracing::info!(
                node = self.node,
                level = members.level,
                "the feature level has risen: every member knows it"
            );
        }
        if members.last_node != 0 && !self.members.is_created.swap(true, Ordering::Release) {
            self.members.created.notify_waiters();
            self.origin.wake.notify_one();
        }
        for (node, addr) in &members.addrs {
            self.links.state_says(*node, addr);
        }
        let mut removed = self.members.removed.lock();
        *removed = (1..=members.last_node).filter(|node| !members.addrs.contains_key(node)).collect();
        for node in removed.iter() {
            self.links.forget(*node);
        }
        if removed.contains(&self.node) {
            self.links.identity().removed(
                "this node was removed from the cluster: start it with an empty data directory and --join to join again",
            );
        }
    }

    /// True once this node has applied the entry that creates the cluster: before that nothing else that a log entry asks for counts.
    pub fn is_created(&self) -> bool {
        self.members.is_created.load(Ordering::Acquire)
    }

    /// Returns when [`Self::is_created`].
    pub(super) async fn creation(&self) {
        loop {
            let created = self.members.created.notified();
            if self.is_created() {
                return;
            }
            created.await;
        }
    }

    /// The feature level of this node's state; 0 before the cluster is created.
    pub fn level(&self) -> u32 {
        self.members.level.load(Ordering::Relaxed)
    }

    /// True if the log says that this node id was removed: of this node, as others have it, because its own log ends before that.
    pub fn is_removed(&self, node: u64) -> bool {
        self.members.removed.lock().contains(&node) || (node == self.node && self.links.identity().is_removed())
    }

    /// The voters of the last applied membership. While a joint change is under way these are the voters before it: the loss
    /// of one of them can still stop the group, and those that come do not make up for it yet.
    pub fn voters(&self) -> BTreeSet<u64> {
        self.members.membership.lock().membership().get_joint_config().first().cloned().unwrap_or_default()
    }

    /// The sets of voters of the last applied membership: two while a joint change is under way.
    pub fn voter_sets(&self) -> Vec<Vec<u64>> {
        let membership = self.members.membership.lock();
        membership.membership().get_joint_config().iter().map(|set| set.iter().copied().collect()).collect()
    }
}
