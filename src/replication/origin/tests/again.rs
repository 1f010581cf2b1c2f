//! What goes again: of a boot that ended, and of a batch that the leader had no room for.

use super::*;
use crate::executor::DiskSpace;

/// What a boot that ended had in flight goes again under the next one: in order, ahead of what came later, and no younger.
#[tokio::test(start_paused = true)]
async fn what_an_ended_boot_had_in_flight_goes_again() {
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
async fn what_an_ended_boot_had_in_flight_keeps_its_order() {
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

/// A leader without room: who would need some is told, who frees some goes into a later batch, and the seq stays taken.
#[tokio::test(start_paused = true)]
async fn a_refused_batch_goes_again_without_its_commands() {
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
    assert_eq!(again.iter().map(content).collect::<Vec<_>>(), [(7, 1, 0), (7, 2, 1)]);
    assert_eq!((taken(&origin, 7, 1), taken(&origin, 7, 2)), (Some(vec![]), Some(vec![2])));
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
