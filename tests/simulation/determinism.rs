//! One seed is one run: the same trace, byte for byte, of every entry applied and every reply, with its time.

use crate::{promises, random_faults};

/// Fails where two traces part.
fn assert_same(first: &str, again: &str) {
    if first != again {
        let lines = first.lines().zip(again.lines());
        let (at, (a, b)) = lines.enumerate().find(|(_, (a, b))| a != b).expect("one is the beginning of the other");
        panic!("line {at} differs:\n{a}\n{b}");
    }
}

#[test]
fn the_same_seed_gives_the_same_trace_and_another_one_does_not() {
    let run = |seed| random_faults::run(seed, 4, 4000);
    let (first, again, other) = (run(3), run(3), run(1));
    assert!(first.lines().count() > 500 && first.contains("applied") && first.contains("got"), "nothing was traced");
    assert!(first.contains("EVALSHA") && first.contains("the script was stopped"), "no script ran");
    assert!(first.contains("Crash"), "no node was killed");
    assert_same(&first, &again);
    assert_ne!(first, other);
}

#[test]
fn the_same_seed_gives_the_same_trace_with_locks_messages_and_repeated_requests() {
    let first = promises::run(1, 3000);
    for what in ["LOCK.ACQUIRE", "LOCK.MULTI", "WAIT", "cuts its connection", "subscriber of", "ONCE", "Crash"] {
        assert!(first.contains(what), "no {what} in the trace");
    }
    assert_same(&first, &promises::run(1, 3000));
}
