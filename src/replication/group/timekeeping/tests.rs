use std::sync::Arc;
use std::time::Duration;

use openraft::storage::{RaftLogStorage, RaftLogStorageExt};

use super::*;
use crate::executor::entry::{Content, Stamp, encode, seal};
use crate::replication::log::{LogOptions, LogStore, MemoryDisk};
use crate::replication::testing::{Alone, Asked, FakeMember, OWN, group, group_with_log, log_id, open_log, vote};
use crate::replication::types::{Entry, Payload, scope};
use crate::sys::clock::{Reading, Told};

fn led(term: u64) -> Leader {
    Leader { term, node: 2 }
}

fn blank(leader: Leader, index: u64) -> Entry {
    Entry { log_id: log_id(leader, index), payload: EntryPayload::Blank }
}

fn stamped(leader: Leader, index: u64, now_ms: u64) -> Entry {
    let sealed = seal(encode(&Content::Tick), Stamp { now_ms, ..Stamp::default() });
    Entry { log_id: log_id(leader, index), payload: EntryPayload::Normal(Payload(sealed)) }
}

async fn end_of(group: &Arc<Group>, entries: Vec<Entry>) -> LogEnd {
    group.log.clone().blocking_append(entries).await.unwrap();
    group.log_end()
}

fn end(leaders: &[Leader], newest_ms: Option<u64>) -> LogEnd {
    LogEnd { leaders: leaders.iter().map(|leader| Teller::from(*leader)).collect(), newest_ms }
}

#[tokio::test(start_paused = true)]
async fn a_logs_end_is_the_newest_stamp_and_the_leaders_behind_it() {
    scope(1, async {
        let group = group(OWN, Arc::new(Alone), false).await;
        assert_eq!(group.log_end(), end(&[], Some(0)));
        assert_eq!(end_of(&group, vec![blank(led(1), 1), blank(led(2), 2)]).await, end(&[led(2), led(1)], Some(0)));
        // Stamps and entries in slightly different orders; an entry that carries none.
        let ours = vec![stamped(led(3), 3, 900), stamped(led(4), 4, 700), stamped(led(5), 5, 0)];
        assert_eq!(end_of(&group, ours).await, end(&[led(5), led(4)], Some(900)));
        assert_eq!(end_of(&group, vec![blank(led(6), 6)]).await, end(&[led(6), led(5), led(4)], Some(900)));
        group.log.clone().purge(log_id(led(6), 6)).await.unwrap();
        assert_eq!(end_of(&group, vec![blank(led(7), 7)]).await.leaders, end(&[led(7), led(6)], None).leaders);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_stamp_that_is_not_in_memory_is_unknown() {
    scope(1, async {
        let disk = MemoryDisk::new();
        open_log(&disk).await.blocking_append([blank(led(1), 1), stamped(led(2), 2, 700)]).await.unwrap();
        let io = Arc::new(disk.open(Duration::from_millis(1)));
        let log = LogStore::open(io, 0, LogOptions { log_tail_bytes: 0, ..LogOptions::default() }).await.unwrap();
        assert_eq!(group_with_log(OWN, log).await.log_end(), end(&[led(2)], None));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_leader_tells_its_clock_in_the_term_in_which_a_quorum_answers_it() {
    scope(1, async {
        let group = group(led(8), Arc::new(Alone), false).await;
        group.log.clone().blocking_append([stamped(led(8), 1, 700)]).await.unwrap();
        group.follow_clock(&group.heard_clock(&Vote::new_committed(8, 2), 750_000_000));
        let leads = Leader { term: 9, node: 1 };
        vote(&group, leads).await;
        assert!(group.begin_clock(leads).await);
        assert_eq!(group.told_ns(&Vote::new_committed(9, 1)), 0, "it is not known to lead");
        group.set_leader(Some(leads));
        assert_eq!(group.told_ns(&Vote::new_committed(9, 1)), 750_000_000);
        assert_eq!(group.stamp().now_ms, 750);
        assert_eq!(group.told_ns(&Vote::new_committed(8, 1)), 0, "of an earlier term");
        group.look_for_quorum();
        assert_eq!(group.told_ns(&Vote::new_committed(9, 1)), 0, "no quorum answers it");
        assert_eq!(group.stamp().now_ms, 750, "what it writes is stamped all the same");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_leader_is_heard_when_its_request_comes_if_this_node_is_in_its_term() {
    scope(1, async {
        let group = group(led(7), Arc::new(Alone), false).await;
        let come = |leader: Leader, ns| group.heard_clock(&Vote::new_committed(leader.term, leader.node), ns);
        come(led(7), 0);
        assert!(group.has_heard(led(7)) && !group.hears_leader(), "no quorum answers it");
        come(led(7), 1);
        assert!(group.hears_leader());
        let first = come(led(8), 1);
        assert!(!group.has_heard(led(8)), "it is not in that term");
        group.log.clone().save_vote(&Vote::new_committed(8, 2)).await.unwrap();
        group.set_leader(Some(led(8)));
        group.follow_clock(&first);
        assert!(group.has_heard(led(8)) && !group.hears_leader(), "that may have been long ago");
        come(led(8), 1);
        assert!(group.hears_leader());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_leader_without_a_clock_asks_the_members_before_it_stamps() {
    for answers in [true, false] {
        scope(1, async {
            let (group, mut questions) = elected_without_a_clock().await;
            let leads = Leader { term: 9, node: 1 };
            let member = async {
                let (question, answer) = asked(&mut questions).await;
                assert!(matches!(question, Question::Clock), "{question:?}");
                assert_eq!(group.leader(), None, "neither the one before it nor itself");
                let told = Some(Told { by: led(8).into(), at_ns: 710_000_000 });
                let reading = Reading { told, estimate_ns: 900_000_000, wall_ms: 1 };
                if answers {
                    answer.send(PeerAnswer::Clock(reading)).unwrap();
                }
            };
            let (begun, ()) = tokio::join!(group.begin_clock(leads), member);
            assert!(begun);
            assert_eq!(group.stamp().now_ms, if answers { 900 } else { 700 });
        })
        .await;
    }
}

/// Its log may be another leader's by then.
#[tokio::test(start_paused = true)]
async fn a_leader_that_leads_no_more_when_the_members_have_answered_has_no_clock() {
    scope(1, async {
        let (group, mut questions) = elected_without_a_clock().await;
        let member = async {
            let (_, answer) = asked(&mut questions).await;
            vote(&group, led(10)).await;
            let told = Some(Told { by: led(8).into(), at_ns: 710_000_000 });
            answer.send(PeerAnswer::Clock(Reading { told, estimate_ns: 900_000_000, wall_ms: 1 })).unwrap();
        };
        let (begun, ()) = tokio::join!(group.begin_clock(Leader { term: 9, node: 1 }), member);
        assert!(!begun);
        assert_eq!(group.clock.reading().told, None);
    })
    .await;
}

async fn asked(questions: &mut tokio::sync::mpsc::UnboundedReceiver<Asked>) -> Asked {
    tokio::time::timeout(Duration::from_secs(9), questions.recv()).await.expect("a question").unwrap()
}

/// Leader of term 9, whose log has a stamp of node 2's in term 8, and what node 2 is asked.
async fn elected_without_a_clock() -> (Arc<Group>, tokio::sync::mpsc::UnboundedReceiver<Asked>) {
    let (net, questions) = FakeMember::new();
    let group = group(led(8), net, false).await;
    group.links.set_addr(2, "n2:1");
    group.log.clone().blocking_append([stamped(led(8), 1, 700)]).await.unwrap();
    vote(&group, Leader { term: 9, node: 1 }).await;
    (group, questions)
}

#[tokio::test(start_paused = true)]
async fn a_leaders_clock_is_followed_in_its_own_term_once_its_entry_is_here() {
    scope(1, async {
        let group = group(led(7), Arc::new(Alone), false).await;
        let hear = |leader: Leader, ms: u64| {
            let heard = group.heard_clock(&Vote::new_committed(leader.term, leader.node), ms * 1_000_000);
            group.follow_clock(&heard);
            group.clock.leader_ms()
        };
        group.log.clone().blocking_append([blank(led(7), 1)]).await.unwrap();
        assert_eq!(hear(led(7), 500), 500);
        assert_eq!(hear(led(6), 600), 500, "it is not in that term");
        group.log.clone().save_vote(&Vote::new_committed(8, 2)).await.unwrap();
        assert_eq!(hear(led(7), 600), 500, "nor in that one any more");
        assert_eq!(hear(led(8), 600), 500, "its log is still the earlier leader's");
        group.log.clone().blocking_append([blank(led(8), 2)]).await.unwrap();
        assert_eq!(hear(led(8), 400), 400);
    })
    .await;
}
