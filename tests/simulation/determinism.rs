//! One seed is one run: the same trace, byte for byte, of every entry applied and every reply, with its time.

use crate::random_faults::run;

#[test]
fn the_same_seed_gives_the_same_trace_and_another_one_does_not() {
    let (first, again, other) = (run(1, 4, 4000), run(1, 4, 4000), run(2, 4, 4000));
    assert!(first.lines().count() > 500 && first.contains("applied") && first.contains("got"), "nothing was traced");
    assert!(first.contains("EVALSHA") && first.contains("the script was stopped"), "no script ran");
    if first != again {
        let lines = first.lines().zip(again.lines());
        let (at, (a, b)) = lines.enumerate().find(|(_, (a, b))| a != b).expect("one is the beginning of the other");
        panic!("line {at} differs:\n{a}\n{b}");
    }
    assert_ne!(first, other);
}
