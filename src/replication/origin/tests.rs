//! The origin by itself: what it hands over, when, and what it tells its clients.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::BytesMut;
use futures::FutureExt;
use tokio::sync::oneshot;
use tokio::time::advance;

use super::batch::IN_FLIGHT_STEP;
use super::stream::BACKOFF_MAX;
use super::*;
use crate::config::ReadLevel;
use crate::error::{DISK_FULL, REPLY_LOST};
use crate::executor::entry::{Content, decode, seal};
use crate::executor::{Answered, Command, Step, StepReply};
use crate::protocol::{Args, Reply};

const LEADER: Leader = Leader { term: 3, node: 1 };
const NEXT_LEADER: Leader = Leader { term: 4, node: 3 };
const OWN_NODE: u64 = 2;
const TIMEOUT: Duration = Duration::from_secs(5);

/// An origin whose nonces count up from 1, under boot 7.
fn booted() -> Origin {
    let nonce = AtomicU64::new(0);
    let origin = Origin::new(Arc::new(move || nonce.fetch_add(1, Ordering::Relaxed) + 1));
    assert!(matches!(next(&origin, LEADER), Next::Boot(LEADER, 1, false)));
    origin.booted(1, 7);
    origin
}

fn next(origin: &Origin, leader: Leader) -> Next {
    origin.next(Some(leader), OWN_NODE, Stamp::default)
}

fn hand_overs(origin: &Origin, leader: Leader) -> Vec<HandOver> {
    match next(origin, leader) {
        Next::HandOver(hand_overs) => hand_overs,
        Next::Boot(..) => panic!("a boot"),
        Next::Wait(_) => Vec::new(),
    }
}

fn submit(origin: &Origin) -> oneshot::Receiver<Answered> {
    submit_of(origin, 1, &["SET", "k", "v"])
}

fn submit_of(origin: &Origin, connection: u64, args: &[&str]) -> oneshot::Receiver<Answered> {
    pipeline(origin, connection, 1, args)
}

/// A group of so many times the same command.
fn pipeline(origin: &Origin, connection: u64, count: usize, args: &[&str]) -> oneshot::Receiver<Answered> {
    let spec = crate::command::lookup(args[0].to_lowercase().as_bytes()).unwrap();
    let steps = (0..count).map(|_| Step::Write(Command::new(spec, 0, Args::from_slices(args)))).collect();
    let (group, answered) = CommandGroup::new(steps, ReadLevel::Linearizable, false, connection);
    origin.submit(group);
    answered
}

/// The connections of an applied batch, in order.
fn taken(origin: &Origin, boot: u64, seq: u64) -> Option<Vec<u64>> {
    Some(origin.take(boot, seq)?.iter().map(|group| group.connection).collect())
}

fn answer(answered: &mut oneshot::Receiver<Answered>) -> Option<ReplyError> {
    match answered.try_recv().ok()?.replies.pop() {
        Some(StepReply::Reply(Reply::Error(error))) => Some(error),
        other => panic!("{other:?}"),
    }
}

/// Boot, seq and number of commands of what was handed over.
fn content(hand_over: &HandOver) -> (u64, u64, u64) {
    let Body::Unsealed(unsealed) = &hand_over.body else { panic!("sealed") };
    let sealed = seal(BytesMut::from(&unsealed[..]), Stamp::default());
    let Content::Batch(batch) = decode(&sealed).unwrap().content else { panic!("no batch") };
    (batch.boot, batch.seq, batch.count)
}

#[tokio::test(start_paused = true)]
async fn without_a_leader_nothing_is_due() {
    let origin = booted();
    let _answered = submit(&origin);
    assert_eq!(hand_overs(&origin, LEADER).len(), 1);
    advance(Duration::from_secs(3)).await;
    assert!(matches!(origin.next(None, OWN_NODE, Stamp::default), Next::Wait(None)), "a moment in the past would spin");
}

#[tokio::test(start_paused = true)]
async fn not_executed_is_said_only_if_every_hand_over_was_rejected() {
    for (rejected_again, expected) in [(false, INDETERMINATE), (true, LOADING)] {
        let origin = booted();
        let mut answered = submit(&origin);
        let first = hand_overs(&origin, LEADER).remove(0);
        let second = hand_overs(&origin, NEXT_LEADER).remove(0);
        assert_eq!((first.seq, second.seq), (1, 1));
        assert_ne!(first.stream, second.stream);
        origin.rejected(first.stream, first.seq);
        if rejected_again {
            origin.rejected(second.stream, second.seq);
        }
        advance(TIMEOUT).await;
        origin.expire(TIMEOUT);
        assert_eq!(answer(&mut answered), Some(expected));
    }
}

#[tokio::test(start_paused = true)]
async fn a_broken_connection_rejects_nothing() {
    let origin = booted();
    let mut answered = submit(&origin);
    let first = hand_overs(&origin, LEADER).remove(0);
    origin.broken(first.stream);
    advance(TIMEOUT).await;
    origin.expire(TIMEOUT);
    assert_eq!(answer(&mut answered), Some(INDETERMINATE));
}

#[tokio::test(start_paused = true)]
async fn a_rejection_under_an_earlier_boot_is_not_one_of_the_same_seq_now() {
    let origin = booted();
    let mut answered = submit(&origin);
    let first = hand_overs(&origin, LEADER).remove(0);
    origin.ended(7);
    assert!(matches!(next(&origin, LEADER), Next::Boot(LEADER, 2, false)));
    origin.booted(2, 9);
    let second = hand_overs(&origin, LEADER).remove(0);
    assert_eq!((content(&first), content(&second)), ((7, 1, 1), (9, 1, 1)));
    origin.rejected(first.stream, first.seq);
    advance(TIMEOUT).await;
    origin.expire(TIMEOUT);
    assert_eq!(answer(&mut answered), Some(INDETERMINATE), "the batch of boot 9 may still be applied");
}

#[tokio::test(start_paused = true)]
async fn timed_out_batch_is_sent_again_void() {
    let origin = booted();
    let mut answered = submit(&origin);
    let first = hand_overs(&origin, LEADER).remove(0);
    assert_eq!(content(&first), (7, 1, 1));
    advance(TIMEOUT).await;
    origin.expire(TIMEOUT);
    assert_eq!(answer(&mut answered), Some(INDETERMINATE));
    let again = hand_overs(&origin, NEXT_LEADER).remove(0);
    assert_eq!(content(&again), (7, 1, 0));
    assert!(origin.take(7, 1).is_some_and(|groups| groups.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_brings_nothing_begins_again_over_a_new_connection() {
    let origin = booted();
    let _answered = submit(&origin);
    let first = hand_overs(&origin, LEADER).remove(0);
    assert!(!first.fresh && hand_overs(&origin, LEADER).is_empty());
    advance(STALL_MIN).await;
    let again = hand_overs(&origin, LEADER).remove(0);
    assert!(again.fresh && again.stream > first.stream);
    assert_eq!(content(&again), content(&first));
    let Next::Wait(Some(until)) = next(&origin, LEADER) else { panic!("the next stall is not awaited") };
    assert_eq!(until, Instant::now() + 2 * STALL_MIN, "doubled");
}

#[tokio::test(start_paused = true)]
async fn a_large_batch_has_its_time_before_it_goes_again() {
    let origin = booted();
    let large = "v".repeat(16 << 20);
    let _answered = submit_of(&origin, 1, &["SET", "k", &large]);
    assert_eq!(hand_overs(&origin, LEADER).len(), 1);
    advance(STALL_MIN + Duration::from_millis(900)).await;
    assert!(hand_overs(&origin, LEADER).is_empty(), "16 MB at 16 MB/s");
    advance(Duration::from_millis(200)).await;
    assert_eq!(hand_overs(&origin, LEADER).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_boot_without_an_answer_goes_again_over_a_new_connection() {
    let origin = Origin::new(Arc::new(|| 5));
    assert!(matches!(next(&origin, LEADER), Next::Boot(LEADER, 5, false)));
    advance(STALL_MIN).await;
    assert!(matches!(next(&origin, LEADER), Next::Boot(LEADER, 5, true)));
    origin.rejected(0, 0);
    advance(STALL_MIN).await;
    assert!(matches!(next(&origin, LEADER), Next::Boot(LEADER, 5, false)), "this connection lives");
}

#[tokio::test(start_paused = true)]
async fn a_boot_whose_leader_cannot_be_reached_goes_again_after_a_pause_that_grows() {
    let origin = Origin::new(Arc::new(|| 5));
    let mut pause = Duration::ZERO;
    for _ in 0..10 {
        assert!(matches!(next(&origin, LEADER), Next::Boot(LEADER, 5, false)));
        origin.broken(0);
        let Next::Wait(Some(until)) = next(&origin, LEADER) else { panic!("at once") };
        assert!(until - Instant::now() > pause || pause == BACKOFF_MAX, "{pause:?}");
        pause = until - Instant::now();
        advance(pause).await;
    }
    assert_eq!(pause, BACKOFF_MAX);
}

/// A reader that wants a tick while one is out is served as soon as that one is done.
#[tokio::test(start_paused = true)]
async fn a_tick_wanted_during_another_one_does_not_wait_for_the_stall_timer() {
    let origin = booted();
    let mut first = origin.tick();
    assert_eq!(content(&hand_overs(&origin, LEADER).remove(0)), (7, 1, 0));
    let _second = origin.tick();
    assert!(origin.wake.notified().now_or_never().is_some());
    assert!(hand_overs(&origin, LEADER).is_empty(), "one at a time");
    assert!(origin.take(7, 1).is_some());
    assert!(first.try_recv().is_ok());
    assert!(origin.wake.notified().now_or_never().is_some(), "nobody wakes the driver");
    assert_eq!(content(&hand_overs(&origin, LEADER).remove(0)), (7, 2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_tick_outlives_the_boot() {
    let origin = booted();
    let mut tick = origin.tick();
    assert_eq!(hand_overs(&origin, LEADER).len(), 1);
    origin.ended(7);
    assert!(matches!(next(&origin, LEADER), Next::Boot(LEADER, 2, false)));
    origin.booted(2, 9);
    assert_eq!(content(&hand_overs(&origin, LEADER).remove(0)), (9, 1, 0));
    assert!(tick.try_recv().is_err());
    assert!(origin.take(9, 1).is_some());
    assert!(tick.try_recv().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_answers_what_it_covers() {
    for (covered, expected) in [(Some(1), [Some(REPLY_LOST), None]), (None, [Some(INDETERMINATE), Some(INDETERMINATE)])]
    {
        let origin = booted();
        let mut first = submit(&origin);
        assert_eq!(hand_overs(&origin, LEADER).len(), 1);
        advance(IN_FLIGHT_STEP).await;
        let mut second = submit(&origin);
        assert_eq!(hand_overs(&origin, LEADER).remove(0).seq, 2);
        origin.skipped_to(covered);
        assert_eq!([answer(&mut first), answer(&mut second)], expected);
        assert_eq!(origin.boot(), covered.map(|_| 7));
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_next_batch_of_this_boot_is_taken() {
    let origin = booted();
    let _answered = submit(&origin);
    assert_eq!(hand_overs(&origin, LEADER).len(), 1);
    assert!(origin.take(6, 1).is_none() && origin.take(7, 2).is_none());
    assert!(origin.take(7, 1).is_some_and(|groups| groups.len() == 1));
    assert!(origin.take(7, 1).is_none());
}

/// What only waits has no seq: nothing of it can be in the log.
#[tokio::test(start_paused = true)]
async fn commands_not_handed_over_time_out_as_not_executed() {
    let origin = booted();
    let mut sent = submit(&origin);
    assert_eq!(hand_overs(&origin, LEADER).len(), 1);
    let mut waits = submit(&origin);
    assert!(hand_overs(&origin, LEADER).is_empty(), "a batch is in flight");
    advance(TIMEOUT).await;
    origin.expire(TIMEOUT);
    assert_eq!([answer(&mut sent), answer(&mut waits)], [Some(INDETERMINATE), Some(LOADING)]);
}

/// Where commands come many at a time, batches overlap: each with a part of the connections, and only some.
#[tokio::test(start_paused = true)]
async fn large_batches_do_not_wait_for_each_other() {
    let origin = booted();
    let mut answered: Vec<_> =
        (0..10).map(|connection| pipeline(&origin, connection, 64, &["SET", "k", "v"])).collect();
    let of = |hand_overs: Vec<HandOver>| hand_overs.iter().map(|it| content(it).2).collect::<Vec<_>>();
    assert_eq!(of(hand_overs(&origin, LEADER)), [640]);
    assert!(origin.take(7, 1).is_some());
    for batch in 0..3 {
        for group in 0..3 {
            assert_eq!(of(hand_overs(&origin, LEADER)), [0; 0], "{group} of ten are back after {batch} batches");
            answered.push(pipeline(&origin, group, 64, &["SET", "k", "v"]));
        }
        assert_eq!(of(hand_overs(&origin, LEADER)), [192]);
    }
    answered.extend((0..4).map(|connection| pipeline(&origin, connection, 64, &["SET", "k", "v"])));
    assert_eq!(of(hand_overs(&origin, LEADER)), [0; 0], "three are in flight");
    assert!(origin.take(7, 2).is_some());
    assert_eq!(of(hand_overs(&origin, LEADER)), [256]);
}

/// What is in no queue any more makes no batch full.
#[tokio::test(start_paused = true)]
async fn the_sums_of_the_queue_are_those_of_what_is_in_it() {
    let origin = booted();
    let big = "x".repeat(BATCH_BYTES_MAX);
    let mut answered = vec![pipeline(&origin, 1, BATCH_COMMANDS_MAX, &["SET", "k", "v"])];
    answered.push(submit_of(&origin, 1, &["SET", "k", &big]));
    assert_eq!(hand_overs(&origin, LEADER).len(), 2);
    answered.push(submit(&origin));
    assert!(hand_overs(&origin, LEADER).is_empty(), "two are in flight, and one command waits");
}

#[tokio::test(start_paused = true)]
async fn a_new_stream_begins_with_the_first_batch_that_is_not_applied() {
    let origin = booted();
    let mut answered = Vec::new();
    for seq in 1..=3 {
        answered.push(submit(&origin));
        assert_eq!(hand_overs(&origin, LEADER).remove(0).seq, seq);
        advance(IN_FLIGHT_STEP).await;
    }
    assert!(origin.take(7, 1).is_some());
    let seqs = |hand_overs: Vec<HandOver>| hand_overs.iter().map(|hand_over| hand_over.seq).collect::<Vec<_>>();
    assert_eq!(seqs(hand_overs(&origin, NEXT_LEADER)), [2, 3]);
}

mod again;

/// A closed loop of two: whoever comes first waits for the other, also after others gave up.
#[tokio::test(start_paused = true)]
async fn timed_out_clients_do_not_count_as_come_back() {
    let origin = booted();
    let given_up: Vec<_> = (0..50).map(|_| submit(&origin)).collect();
    advance(TIMEOUT).await;
    origin.expire(TIMEOUT);
    drop(given_up);
    let both = [submit(&origin), submit(&origin)];
    assert_eq!(hand_overs(&origin, LEADER).len(), 1);
    assert!(origin.take(7, 1).is_some());
    drop(both);
    let _first = submit(&origin);
    assert!(hand_overs(&origin, LEADER).is_empty(), "the second is waited for");
    let _second = submit(&origin);
    assert_eq!(hand_overs(&origin, LEADER).len(), 1);
}

/// A read that turned out to need the log has waited already: it has no more time than others, and takes none of theirs.
#[tokio::test(start_paused = true)]
async fn a_group_that_waited_elsewhere_has_its_own_deadline() {
    let of = |line: [&str; 3]| {
        let spec = crate::command::lookup(b"set").unwrap();
        let step = Step::Write(Command::new(spec, 0, Args::from_slices(line)));
        CommandGroup::new(vec![step], ReadLevel::Linearizable, false, 2)
    };
    let origin = booted();
    let (old, mut old_answered) = of(["SET", "a", "1"]);
    advance(TIMEOUT - Duration::from_millis(10)).await;
    let mut young = submit(&origin);
    origin.submit(old);
    advance(Duration::from_millis(10)).await;
    origin.expire(TIMEOUT);
    assert_eq!(answer(&mut old_answered), Some(LOADING), "it stands behind a younger one");
    assert!(young.try_recv().is_err());

    let origin = booted();
    let (old, mut old_answered) = of(["SET", "a", "1"]);
    advance(TIMEOUT - Duration::from_millis(10)).await;
    let mut young = submit(&origin);
    origin.submit(old);
    assert_eq!(hand_overs(&origin, LEADER).len(), 1, "one batch of both");
    advance(Duration::from_millis(20)).await;
    origin.expire(TIMEOUT);
    assert!(young.try_recv().is_err() && old_answered.try_recv().is_err(), "the batch is young");
    advance(TIMEOUT).await;
    origin.expire(TIMEOUT);
    assert_eq!([answer(&mut young), answer(&mut old_answered)], [Some(INDETERMINATE), Some(INDETERMINATE)]);
}
