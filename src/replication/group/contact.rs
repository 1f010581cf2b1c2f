//! Whether this node hears its leader, and calls to all members when it does not.

use std::time::Duration;

use futures::future::join_all;

use super::Group;
use crate::replication::peer::message::Question;

/// A leader that was silent for this long is not heard.
const SILENCE: Duration = Duration::from_secs(1);

impl Group {
    /// True if the leader that this node knows is itself, or was heard lately. (A node that cannot elect another one goes on knowing
    /// the last one.)
    pub fn hears_leader(&self) -> bool {
        self.leader().is_some_and(|leader| {
            leader.node == self.node || self.links.silence(leader.node).is_some_and(|silence| silence < SILENCE)
        })
    }

    /// Calls every member that this node knows, so that each may say what it has against it, and waits for `timeout` at most; who
    /// was called.
    pub async fn call_members(&self, timeout: Duration) -> Vec<u64> {
        let members = self.links.known();
        join_all(members.iter().map(|node| self.links.ask(*node, self.id, &Question::Standings, timeout))).await;
        members
    }
}
