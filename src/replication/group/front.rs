//! What the front ends of the nodes ask each other, over the connections that the groups have.

use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;

use super::super::peer::message::{PeerAnswer, Question};
use super::Group;
use crate::executor::BoxFuture;

/// The feature level from which on every member understands such questions: one that does not closes the connection.
const LEVEL: u32 = 3;

/// The front end of a node, as those of others ask it. What they say to each other is theirs.
pub trait Front: Send + Sync {
    /// The answer; None if there is none to this question.
    fn asked(&self, question: Bytes) -> BoxFuture<'_, Option<Bytes>>;
}

/// This node's.
#[derive(Default)]
pub(in crate::replication) struct FrontSlot(OnceLock<Box<dyn Front>>);

impl Group {
    /// Sets who answers for this node, once.
    pub fn set_front(&self, front: Box<dyn Front>) {
        // A second one is a mistake of the caller's; the first stays.
        let _ = self.front.0.set(front);
    }

    /// The front ends of other members that can be asked; none while a member may not understand the question.
    pub fn fronts(&self) -> Vec<u64> {
        if self.level() < LEVEL { Vec::new() } else { self.links.known() }
    }

    /// Asks the front ends of these members the same, all at once; None for each that does not answer within `timeout`.
    pub async fn ask_fronts(&self, nodes: Vec<u64>, question: Bytes, timeout: Duration) -> Vec<(u64, Option<Bytes>)> {
        let question = Question::Front(question);
        let asking = nodes.into_iter().map(|node| {
            let question = &question;
            async move {
                match self.links.ask(node, self.id, question, timeout).await {
                    Some(PeerAnswer::Front(answer)) => (node, answer),
                    _ => (node, None),
                }
            }
        });
        join_all(asking).await
    }

    pub(in crate::replication) async fn answer_front(&self, question: Bytes) -> Option<Bytes> {
        self.front.0.get()?.asked(question).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::Members;
    use crate::replication::origin::Leader;
    use crate::replication::testing::{FakeMember, group};
    use crate::replication::types::scope;

    #[tokio::test(start_paused = true)]
    async fn nobody_is_asked_before_every_member_understands_it() {
        scope(1, async {
            let (member, _questions) = FakeMember::new();
            let group = group(Leader { term: 1, node: 2 }, member, false).await;
            let addrs = || [(1, "n1:1".into()), (2, "n2:1".into())].into();
            group.note_members(Members { addrs: addrs(), last_node: 2, level: LEVEL - 1 });
            assert!(group.fronts().is_empty());
            group.note_members(Members { addrs: addrs(), last_node: 2, level: LEVEL });
            assert_eq!(group.fronts(), [2]);
        })
        .await;
    }
}
