//! What a round asks of other nodes: a leader for its read index, voters for their vote.

use super::super::Group;
use crate::replication::origin::Leader;
use crate::replication::peer::message::{PeerAnswer, Question};

/// A question about reads is asked again after this long.
const READ_TIMEOUT: std::time::Duration = std::time::Duration::from_millis(500);

/// Asks the leader for a read index on behalf of this node.
pub(super) async fn ask_read_index(group: &Group, leader: Leader) -> Option<u64> {
    // Being asked counts as this node's confirmation only if it votes and its vote is the leader's.
    let confirms = group.votes_for(leader) && group.voters().contains(&group.node);
    let question = Question::ReadIndex { leader, confirms };
    match group.links.ask(leader.node, group.id, &question, READ_TIMEOUT).await? {
        PeerAnswer::ReadIndex(Some((index, clock_ms))) => {
            // PTTL is by a moment after it was asked, even if the leader's last message took long.
            group.clock.show(clock_ms);
            Some(index)
        }
        _ => None,
    }
}

/// Asks voters whether their vote is still `leader`'s, until `quorum` holds or all have been asked.
pub(super) async fn confirm(
    group: &Group,
    leader: Leader,
    configs: &[Vec<u64>],
    confirmed: &mut Vec<u64>,
    quorum: &impl Fn(&[u64]) -> bool,
) {
    use futures::StreamExt;
    use futures::stream::FuturesUnordered;

    let mut voters: Vec<u64> = configs.iter().flatten().copied().filter(|id| !confirmed.contains(id)).collect();
    voters.sort_unstable();
    voters.dedup();
    // The one heard last is asked first; the next after a millisecond without an answer.
    voters.sort_by_key(|id| group.links.silence(*id).unwrap_or(std::time::Duration::MAX));
    let mut rest = voters.into_iter();
    let mut asked = FuturesUnordered::new();
    let ask = |node: u64| async move {
        let answer = group.links.ask(node, group.id, &Question::Confirm { leader }, READ_TIMEOUT).await;
        (node, matches!(answer, Some(PeerAnswer::Confirm(true))))
    };
    let Some(first) = rest.next() else { return };
    asked.push(ask(first));
    while !quorum(confirmed) {
        let next = tokio::time::sleep(std::time::Duration::from_millis(1));
        tokio::select! {
            biased;
            Some((node, yes)) = asked.next(), if !asked.is_empty() => {
                if yes {
                    confirmed.push(node);
                } else if let Some(node) = rest.next() {
                    asked.push(ask(node));
                } else if asked.is_empty() {
                    return;
                }
            }
            () = next => match rest.next() {
                Some(node) => asked.push(ask(node)),
                None if asked.is_empty() => return,
                None => {}
            },
        }
    }
}
