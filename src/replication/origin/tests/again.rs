//! What goes again: of a boot that ended, and of a batch that the leader had no room for.

use super::*;
use crate::executor::DiskSpace;

/// What a boot that ended had in flight goes again under the next one: in order, ahead of what came later, and no younger.
#[tokio::test(start_paused = true)]
async fn batches_of_an_ended_boot_are_sent_again() {
    let origin = booted();
    let mut answered: Vec<_> = (1..=2).map(|connection| submit_of(&origin, connection, &["SET", "k", "v"])).collect();
    assert_eq!(content(&hand_overs(&origin, LEADER).remove(0)), (7, 1, 2));
    advance(IN_FLIGHT_STEP).await;
    answered.push(submit_of(&origin, 3, &["SET", "k", "v"]));
    assert_eq!(content(&hand_overs(&origin, LEADER).remove(0)), (7, 2, 1));
    answered.push(submit_of(&origin, 4, &["SET", "k", "v"]));
    origin.ended(6);
    assert_eq!(origin.boot(), Some(7), "another boot's end");
    origin.ended(7);
    assert!(matches!(next(&origin, LEADER), Next::Boot(LEADER, 2, false)));
    origin.booted(2, 9);
    assert_eq!(content(&hand_overs(&origin, LEADER).remove(0)), (9, 1, 4));
    assert!(answered.iter_mut().all(|answered| answered.try_recv().is_err()));
    assert!(origin.take(7, 1).is_none(), "nothing of the old boot is applied any more");
    advance(TIMEOUT - IN_FLIGHT_STEP).await;
    origin.expire(TIMEOUT);
    assert_eq!(answer(&mut answered[0]), Some(INDETERMINATE), "its time counts from when it came");
}

#[tokio::test(start_paused = true)]
async fn batches_of_an_ended_boot_keep_their_order() {
    let origin = booted();
    let mut answered: Vec<_> = (1..=2).map(|connection| submit_of(&origin, connection, &["SET", "k", "v"])).collect();
    assert_eq!(hand_overs(&origin, LEADER).len(), 1);
    advance(IN_FLIGHT_STEP).await;
    answered.push(submit_of(&origin, 3, &["SET", "k", "v"]));
    assert_eq!(hand_overs(&origin, LEADER).len(), 1);
    answered.push(submit_of(&origin, 4, &["SET", "k", "v"]));
    origin.ended(7);
    assert!(matches!(next(&origin, LEADER), Next::Boot(LEADER, 2, false)));
    origin.booted(2, 9);
    assert_eq!(hand_overs(&origin, LEADER).len(), 1);
    assert_eq!(taken(&origin, 9, 1), Some(vec![1, 2, 3, 4]));
}

/// A leader without room: who would need some is told, who frees some goes again under the same seq.
#[tokio::test(start_paused = true)]
async fn a_refused_batch_goes_again_with_what_passes() {
    let origin = booted();
    let mut set = submit_of(&origin, 1, &["SET", "k", "v"]);
    let mut del = submit_of(&origin, 2, &["DEL", "k"]);
    let first = hand_overs(&origin, LEADER).remove(0);
    assert_eq!(content(&first), (7, 1, 2));
    origin.refused(first.stream, 1, DiskSpace::Low);
    assert_eq!(answer(&mut set), Some(DISK_FULL));
    assert!(del.try_recv().is_err());
    advance(BACKOFF_MAX).await;
    let again = hand_overs(&origin, LEADER);
    assert_eq!(again.iter().map(content).collect::<Vec<_>>(), [(7, 1, 1)]);
    assert_eq!(taken(&origin, 7, 1), Some(vec![2]));
    assert!(
        del.try_recv().is_err() && origin.is_idle(),
        "its reply is who applies it to give, and nothing of it is left"
    );
}

#[tokio::test(start_paused = true)]
async fn a_refused_batch_of_which_nothing_passes_is_void() {
    let origin = booted();
    let mut del = submit_of(&origin, 1, &["DEL", "k"]);
    let first = hand_overs(&origin, LEADER).remove(0);
    origin.refused(first.stream, 1, DiskSpace::Out);
    assert_eq!(answer(&mut del), Some(DISK_FULL));
    advance(BACKOFF_MAX).await;
    let again = hand_overs(&origin, LEADER);
    assert_eq!(again.iter().map(content).collect::<Vec<_>>(), [(7, 1, 0)]);
    origin.refused(again[0].stream, 1, DiskSpace::Out);
    advance(TIMEOUT).await;
    origin.expire(TIMEOUT);
    assert_eq!(taken(&origin, 7, 1), Some(vec![]));
}

/// Connection 7 does not wait for its answers: what was refused of it is applied before what it handed over later.
#[tokio::test(start_paused = true)]
async fn refused_groups_of_a_connection_stay_ahead_of_its_later_ones() {
    for both in [false, true] {
        let origin = booted();
        let _first = [submit_of(&origin, 1, &["SET", "k", "v"]), submit_of(&origin, 7, &["DEL", "k"])];
        let first = hand_overs(&origin, LEADER).remove(0);
        advance(IN_FLIGHT_STEP).await;
        let _second = [submit_of(&origin, 7, &["DEL", "k"]), submit_of(&origin, 8, &["DEL", "k"])];
        let second = hand_overs(&origin, LEADER).remove(0);
        let _third = submit_of(&origin, 7, &["DEL", "k"]);
        origin.refused(first.stream, 1, DiskSpace::Low);
        if both {
            origin.refused(second.stream, 2, DiskSpace::Low);
        }
        advance(BACKOFF_MAX).await;
        let again = hand_overs(&origin, LEADER);
        assert_eq!(again.iter().map(content).collect::<Vec<_>>(), [(7, 1, 1), (7, 2, 2), (7, 3, 1)], "{both}");
        let order: Vec<_> = (1..=3).map(|seq| taken(&origin, 7, seq)).collect();
        assert_eq!(order, [Some(vec![7]), Some(vec![7, 8]), Some(vec![7])], "{both}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_no_answer_while_another_copy_is_under_way() {
    let origin = booted();
    let mut answered = submit(&origin);
    let first = hand_overs(&origin, LEADER).remove(0);
    let second = hand_overs(&origin, NEXT_LEADER).remove(0);
    origin.refused(second.stream, 1, DiskSpace::Out);
    assert!(answered.try_recv().is_err(), "the first leader may have it in its log");
    advance(BACKOFF_MAX).await;
    let third = hand_overs(&origin, NEXT_LEADER).remove(0);
    assert_eq!(content(&third), content(&first));
    assert_eq!(taken(&origin, 7, 1), Some(vec![1]));
}
