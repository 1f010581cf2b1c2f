//! A node that hears no leader asks the members that it knows, so that it is told why: removed, of another cluster, with another
//! password. (A learner and a removed node call nobody by themselves.)
//!
//! Invariant: objections end this process only while it hears no leader and more than half of the members that it knows
//! object; a member of a working cluster hears its leader, whoever else turns up at a member's address.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;

use super::super::Group;
use super::message::Question;

const EVERY: Duration = Duration::from_millis(500);
/// A leader that was silent for this long is not heard.
const SILENCE: Duration = Duration::from_secs(1);

/// Asks around until the future is dropped.
pub async fn seek_cluster(group: Arc<Group>) {
    loop {
        tokio::time::sleep(EVERY).await;
        if group.hears_leader() {
            continue;
        }
        let members = group.links.known();
        join_all(members.iter().map(|node| group.links.ask(*node, group.id, &Question::Standings, EVERY))).await;
        let objections = group.links.identity().objections();
        let objecting = members.iter().filter(|node| objections.contains_key(node)).count();
        if objecting * 2 > members.len()
            && !group.hears_leader()
            && let Some(why) = objections.values().next()
        {
            group.links.identity().expel(why);
        }
    }
}

impl Group {
    /// True if the leader that this node knows is itself, or was heard lately. (A node that cannot elect another one goes on knowing
    /// the last one.)
    pub fn hears_leader(&self) -> bool {
        self.leader().is_some_and(|leader| {
            leader.node == self.node || self.links.silence(leader.node).is_some_and(|silence| silence < SILENCE)
        })
    }
}
