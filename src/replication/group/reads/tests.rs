//! The read path of one node without Raft: what a leader's index needs, and what a read does that cannot be answered.

use std::sync::Arc;

use super::rounds::finish_when_applied;
use super::*;
use crate::config::ReadLevel;
use crate::executor::{Answered, Command, Step};
use crate::protocol::{Args, Reply};
use crate::replication::peer::message::{PeerAnswer, Question};
use crate::replication::testing::{Asked, FakeMember, OWN, group, log_id, set_applied, set_voters, vote};
use crate::replication::types::scope;
use crate::sys::env::Tcp;

/// Node 1, the only voter, leads.
async fn leader() -> Arc<Group> {
    group(OWN, Arc::new(Tcp), false).await
}

#[tokio::test(start_paused = true)]
async fn a_leaders_index_needs_its_vote_and_an_entry_of_its_term_and_covers_what_it_told() {
    scope(1, async {
        let group = leader().await;
        assert_eq!(group.confirmed_index(OWN, None).await, Some(5));
        group.progress.tell_commit(9);
        assert_eq!(group.confirmed_index(OWN, None).await, Some(9), "another node has answered by entry 9");
        let earlier = Leader { term: 2, node: 2 };
        assert_eq!(group.confirmed_index(earlier, None).await, None, "asked for another leader");
        set_applied(&group, &log_id(earlier, 5));
        assert_eq!(
            group.confirmed_index(OWN, None).await,
            None,
            "entries of earlier terms may be committed and unknown"
        );
        set_applied(&group, &log_id(OWN, 6));
        vote(&group, Leader { term: 4, node: 2 }).await;
        assert_eq!(group.confirmed_index(OWN, None).await, None, "its own vote has gone to another");
    })
    .await;
}

/// `GET k`, which came so long after `begin`.
fn get(group: &Group, begin: Instant, after: Duration) -> (Read, oneshot::Receiver<Answered>) {
    let args = Args::from_slices(["GET", "k"]);
    let step = Step::Read(Command::new(crate::command::lookup(b"get").unwrap(), 0, args));
    let (commands, answered) = CommandGroup::new(vec![step], ReadLevel::Linearizable, false, 1);
    (Read { work: Work::Commands(commands), deadline: begin + after + group.timeout() }, answered)
}

#[tokio::test(start_paused = true)]
async fn a_read_whose_index_is_never_applied_here_fails_at_its_deadline() {
    scope(1, async {
        let group = leader().await;
        let begin = Instant::now();
        let half = group.timeout() / 2;
        let ((early, mut first), (late, mut second)) = (get(&group, begin, Duration::ZERO), get(&group, begin, half));
        let ready = vec![early, late];
        drop(crate::replication::spawn(finish_when_applied(group.clone(), ready, 100)));
        tokio::time::sleep(group.timeout() + Duration::from_millis(5)).await;
        assert_eq!(first.try_recv().unwrap().replies, [Reply::Error(LOADING)]);
        assert!(second.try_recv().is_err(), "its time is not over");
        set_applied(&group, &log_id(OWN, 100));
        assert_eq!(second.await.unwrap().replies, [Reply::Nil]);
    })
    .await;
}

const OTHER: Leader = Leader { term: 3, node: 2 };

type Questions = tokio::sync::mpsc::UnboundedReceiver<Asked>;

/// Node 1 with a member 2, which `leader` says who it is.
async fn with_member(leader: Leader) -> (Arc<Group>, Questions) {
    let (member, questions) = FakeMember::new();
    let group = group(leader, member, false).await;
    group.links.set_addr(2, "n2:1");
    set_voters(&group, &[&[1, 2]]);
    (group, questions)
}

/// The next question, which is for a read index.
async fn index_asked(questions: &mut Questions) -> oneshot::Sender<PeerAnswer> {
    match questions.recv().await.unwrap() {
        (Question::ReadIndex { leader: OTHER, confirms: true }, answer) => answer,
        (other, _) => panic!("{other:?}"),
    }
}

fn ask(group: &Arc<Group>) -> tokio::task::JoinHandle<Result<u64, ReplyError>> {
    let group = group.clone();
    crate::replication::spawn(async move { group.linearize().await })
}

async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_gets_an_index_that_was_asked_for_after_it_came_and_waits_until_that_is_applied() {
    scope(1, async {
        let (group, mut questions) = with_member(OTHER).await;
        drop(crate::replication::spawn(drive_reads(group.clone())));
        let first = ask(&group);
        let first_asked = index_asked(&mut questions).await;
        // The leader may have looked at its index by now.
        let second = ask(&group);
        settle().await;
        assert!(questions.try_recv().is_err(), "one round while few wait");
        first_asked.send(PeerAnswer::ReadIndex(Some((5, 0)))).unwrap();
        assert_eq!(first.await.unwrap(), Ok(5));
        assert!(!second.is_finished(), "it joined a round that was under way");
        let second_asked = index_asked(&mut questions).await;
        second_asked.send(PeerAnswer::ReadIndex(Some((7, 0)))).unwrap();
        settle().await;
        set_applied(&group, &log_id(OTHER, 6));
        settle().await;
        assert!(!second.is_finished(), "entry 7 is not applied");
        set_applied(&group, &log_id(OTHER, 7));
        assert_eq!(second.await.unwrap(), Ok(7));
    })
    .await;
}

/// Many that wait begin a round of their own; whoever comes while it is under way is in neither.
#[tokio::test(start_paused = true)]
async fn overlapping_rounds_keep_their_own_readers() {
    scope(1, async {
        let (group, mut questions) = with_member(OTHER).await;
        drop(crate::replication::spawn(drive_reads(group.clone())));
        let first = ask(&group);
        let first_asked = index_asked(&mut questions).await;
        let many: Vec<_> = (0..30).map(|_| ask(&group)).collect();
        let second_asked = index_asked(&mut questions).await;
        let late = ask(&group);
        settle().await;
        second_asked.send(PeerAnswer::ReadIndex(Some((5, 0)))).unwrap();
        settle().await;
        let answered = many.iter().filter(|read| read.is_finished()).count();
        assert!((20..=30).contains(&answered), "{answered}: the later round does not wait for the first");
        assert!(!first.is_finished() && !late.is_finished());
        first_asked.send(PeerAnswer::ReadIndex(Some((4, 0)))).unwrap();
        assert_eq!(first.await.unwrap(), Ok(4));
        assert!(!late.is_finished());
        index_asked(&mut questions).await.send(PeerAnswer::ReadIndex(Some((5, 0)))).unwrap();
        assert_eq!(late.await.unwrap(), Ok(5));
    })
    .await;
}

/// Half of those who were answered begin the next round at once, fewer after a moment.
#[tokio::test(start_paused = true)]
async fn round_waits_for_answered_readers_within_a_bound() {
    scope(1, async {
        let (group, mut questions) = with_member(OTHER).await;
        drop(crate::replication::spawn(drive_reads(group.clone())));
        for (back, waits) in [(10, false), (2, true), (1, false), (10, false), (5, false), (1, false)] {
            let begin = Instant::now();
            let reads: Vec<_> = (0..back).map(|_| ask(&group)).collect();
            let asked = tokio::time::timeout(Duration::from_secs(1), index_asked(&mut questions)).await;
            assert_eq!(begin.elapsed() > Duration::ZERO, waits, "{back} wait");
            assert!(begin.elapsed() < Duration::from_millis(5));
            asked.unwrap().send(PeerAnswer::ReadIndex(Some((5, 0)))).unwrap();
            for read in reads {
                assert_eq!(read.await.unwrap(), Ok(5));
            }
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_says_nothing_makes_each_read_fail_at_its_own_deadline() {
    scope(1, async {
        let (group, mut questions) = with_member(OTHER).await;
        drop(crate::replication::spawn(drive_reads(group.clone())));
        let begin = Instant::now();
        let early = ask(&group);
        let silent = index_asked(&mut questions).await;
        let early = tokio::time::timeout(group.timeout() * 2, early).await.unwrap();
        assert_eq!(early.unwrap(), Err(LOADING));
        assert!(begin.elapsed() >= group.timeout() && begin.elapsed() < group.timeout() + Duration::from_millis(5));
        drop(silent);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_votes_for_another_while_it_asks_has_no_index() {
    scope(1, async {
        for (moves, expected) in [(false, Some(5)), (true, None)] {
            let (group, mut questions) = with_member(OWN).await;
            let asking = group.clone();
            let index = crate::replication::spawn(async move { asking.confirmed_index(OWN, None).await });
            let (question, answer) = tokio::time::timeout(group.timeout(), questions.recv()).await.unwrap().unwrap();
            assert!(matches!(question, Question::Confirm { leader: OWN }), "{question:?}");
            if moves {
                vote(&group, Leader { term: 4, node: 2 }).await;
            }
            answer.send(PeerAnswer::Confirm(true)).unwrap();
            assert_eq!(index.await.unwrap(), expected);
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_leaders_index_needs_a_quorum_of_each_half_of_a_joint_configuration() {
    scope(1, async {
        let group = leader().await;
        set_voters(&group, &[&[1], &[1, 2, 3]]);
        assert_eq!(group.confirmed_index(OWN, None).await, None, "nobody else is there");
        assert_eq!(group.confirmed_index(OWN, Some(4)).await, None, "node 4 is no voter");
        assert_eq!(group.confirmed_index(OWN, Some(3)).await, Some(5));
        set_voters(&group, &[&[1, 2, 3], &[1, 4, 5]]);
        assert_eq!(group.confirmed_index(OWN, Some(3)).await, None);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_read_for_which_no_round_begins_fails_at_its_deadline() {
    scope(1, async {
        let group = leader().await;
        let (early, late) = (ask(&group), {
            settle().await;
            tokio::time::sleep(Duration::from_secs(1)).await;
            ask(&group)
        });
        settle().await;
        tokio::time::sleep(group.timeout() - Duration::from_secs(1)).await;
        group.reads.expire();
        settle().await;
        assert!(early.is_finished() && !late.is_finished());
        assert_eq!(early.await.unwrap(), Err(LOADING));
    })
    .await;
}
