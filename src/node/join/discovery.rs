//! A node that hears no leader asks the members that it knows, so that it is told why: removed, of another cluster, with another
//! password. (A learner and a removed node call nobody by themselves.)
//!
//! Invariant: objections end this process only while it hears no leader and more than half of the members that it knows
//! object; a member of a working cluster hears its leader, whoever else turns up at a member's address.

use std::sync::Arc;
use std::time::Duration;

use crate::replication::Group;

const EVERY: Duration = Duration::from_millis(500);

/// Asks around until the future is dropped.
pub async fn seek_cluster(group: Arc<Group>) {
    loop {
        tokio::time::sleep(EVERY).await;
        if group.hears_leader() {
            continue;
        }
        let members = group.call_members(EVERY).await;
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::replication::Leader;
    use crate::replication::peer::identity::Grounds;
    use crate::replication::peer::message::{PeerAnswer, Question};
    use crate::replication::testing::{FakeMember, group};
    use crate::replication::types::scope;

    /// Node 2 is the leader that this node knows; it answers, and leads or does not. Nodes 3 and 4 object, or one of them.
    #[tokio::test(start_paused = true)]
    async fn a_node_ends_only_if_most_members_object_and_it_hears_no_leader() {
        for (objecting, leads, ends) in [(&[3][..], false, false), (&[3, 4], false, true), (&[3, 4], true, false)] {
            scope(1, async {
                let (member, mut questions) = FakeMember::new();
                let leader = Leader { term: 3, node: 2 };
                let group = group(leader, member, false).await;
                for node in 2..=4 {
                    group.links.set_addr(node, &format!("n{node}:1"));
                }
                for node in objecting {
                    group.links.identity().object(*node, "you are not one of us", Grounds::Proven);
                }
                drop(crate::replication::spawn(seek_cluster(group.clone())));
                let answering = async {
                    while let Some((question, answer)) = questions.recv().await {
                        assert!(matches!(question, Question::Standings), "{question:?}");
                        drop(answer.send(PeerAnswer::Standings(Vec::new())));
                        group.note_heard(leader, leads);
                    }
                };
                assert!(tokio::time::timeout(Duration::from_secs(5), answering).await.is_err());
                let expelled = group.links.identity().is_expelled.load(Ordering::Acquire);
                assert_eq!(expelled, ends, "{objecting:?} object, the leader leads: {leads}");
            })
            .await;
        }
    }
}
