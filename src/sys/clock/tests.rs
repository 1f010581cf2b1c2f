//! Hands that move as the test says.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

#[derive(Default)]
struct Hands {
    wall_ms: AtomicU64,
    mono_ns: AtomicU64,
    raw_ns: AtomicU64,
    suspended_ns: AtomicU64,
}

impl Hands {
    fn pass(&self, mono_ms: u64, raw_ms: u64) {
        self.mono_ns.fetch_add(mono_ms * 1_000_000, Ordering::Relaxed);
        self.raw_ns.fetch_add(raw_ms * 1_000_000, Ordering::Relaxed);
    }
}

impl Clocks for Hands {
    fn wall_ms(&self) -> u64 {
        self.wall_ms.load(Ordering::Relaxed)
    }
    fn boottime_ns(&self) -> u64 {
        self.monotonic_ns() + self.suspended_ns.load(Ordering::Relaxed)
    }
    fn monotonic_ns(&self) -> u64 {
        self.mono_ns.load(Ordering::Relaxed)
    }
    fn raw_ns(&self) -> u64 {
        self.raw_ns.load(Ordering::Relaxed)
    }
    fn machine_boot(&self) -> String {
        "boot".into()
    }
}

fn clock() -> (Arc<Hands>, ClusterClock) {
    let hands = Arc::new(Hands::default());
    hands.wall_ms.store(1_000_000, Ordering::Relaxed);
    (hands.clone(), ClusterClock::new(hands))
}

#[test]
fn a_moved_wall_clock_moves_nothing() {
    let (hands, clock) = clock();
    assert!(clock.elected(1), "nobody knows the time: the wall clock sets it");
    assert_eq!(clock.estimate_ms(), 1_000_000);
    hands.wall_ms.store(9_000_000, Ordering::Relaxed);
    hands.pass(10, 10);
    assert_eq!(clock.estimate_ms(), 1_000_010);
    assert!(!clock.elected(2));
    assert_eq!(clock.estimate_ms(), 1_000_010);
}

#[test]
fn a_slewed_clock_is_held_to_the_raw_one_and_suspend_counts() {
    let (hands, clock) = clock();
    clock.elected(1);
    clock.estimate_ms();
    hands.pass(10_800, 10_000);
    assert_eq!(clock.estimate_ms(), 1_010_005, "8 % faster counts as 0.05 % faster");
    hands.suspended_ns.store(5_000_000_000, Ordering::Relaxed);
    hands.pass(10, 10);
    assert_eq!(clock.estimate_ms(), 1_015_015);
}

#[test]
fn a_leader_is_followed_down_but_what_was_shown_never_goes_back() {
    let (_, clock) = clock();
    clock.follow(5_000);
    assert_eq!(clock.estimate_ms(), 5_000);
    clock.follow(4_000);
    assert_eq!(clock.leader_ms(), 4_000);
    assert_eq!(clock.estimate_ms(), 5_000);
    clock.applied(4_500);
    assert_eq!(clock.leader_ms(), 4_500, "applied stamps are the floor");
}

#[test]
fn a_leader_without_a_base_tells_and_sets_nothing() {
    let (_, leader) = clock();
    leader.applied(700);
    assert_eq!((leader.told_ms(), leader.leader_ms()), (0, 700));
    let (_, follower) = clock();
    follower.follow(leader.told_ms());
    assert_eq!(follower.source(), Source::None);
    leader.elected(1);
    assert_eq!(leader.told_ms(), 1_000_000);
}

#[test]
fn an_election_takes_the_highest_live_estimate_else_disk_else_the_lowest_wall() {
    let reading = |source, estimate_ms, wall_ms| Reading { source, estimate_ms, wall_ms };
    let (_, a) = clock();
    a.granted(3, 2, reading(Source::Disk, 800, 1));
    a.granted(3, 3, reading(Source::Live, 700, 1));
    assert!(!a.elected(3));
    assert_eq!(a.leader_ms(), 700);
    let (_, b) = clock();
    b.granted(3, 2, reading(Source::Disk, 800, 1));
    b.granted(2, 3, reading(Source::Live, 900, 1));
    assert!(!b.elected(3), "a vote of another term does not count");
    assert_eq!(b.leader_ms(), 800);
    let (_, c) = clock();
    c.granted(3, 2, reading(Source::None, 0, 999));
    assert!(c.elected(3));
    assert_eq!(c.leader_ms(), 999);
}

#[test]
fn a_base_from_disk_counts_on_the_same_boot_only() {
    let (hands, clock) = clock();
    clock.elected(1);
    let stored = clock.to_disk().unwrap();
    hands.pass(4000, 4000);
    let again = ClusterClock::new(hands.clone());
    assert!(again.restore(&stored));
    assert_eq!(again.leader_ms(), 1_004_000);
    assert!(!ClusterClock::new(hands.clone()).restore(&stored.replace("boot", "other")));
    let early = ClusterClock::new(Arc::new(Hands::default()));
    hands.pass(1, 1);
    assert!(!early.restore(&clock.to_disk().unwrap()), "a reading ahead of the clock");
}

#[test]
fn a_slowed_clock_is_held_to_the_raw_one_too() {
    let (hands, clock) = clock();
    clock.elected(1);
    clock.estimate_ms();
    hands.pass(9_200, 10_000);
    assert_eq!(clock.estimate_ms(), 1_009_995, "8 % slower counts as 0.05 % slower");
}

#[test]
fn the_estimate_is_never_before_what_was_applied() {
    let (hands, clock) = clock();
    clock.follow(5_000);
    clock.applied(6_000);
    assert_eq!(clock.estimate_ms(), 6_000);
    assert!(!clock.elected(1));
    hands.pass(10, 10);
    assert_eq!(clock.leader_ms(), 6_010, "the base of a new leader is not behind either");
}

#[test]
fn a_base_from_disk_never_takes_the_place_of_a_live_one() {
    let (hands, clock) = clock();
    clock.elected(1);
    let stored = clock.to_disk().unwrap();
    let again = ClusterClock::new(hands);
    again.follow(500);
    assert!(!again.restore(&stored));
    assert_eq!((again.source(), again.leader_ms()), (Source::Live, 500));
}

/// The process is stopped between two of the clock's readings, on a machine that has slept before.
#[test]
fn a_pause_between_two_readings_counts_once() {
    struct Stopped(Hands, AtomicU64);
    impl Clocks for Stopped {
        fn wall_ms(&self) -> u64 {
            self.0.wall_ms()
        }
        fn boottime_ns(&self) -> u64 {
            let now = self.0.boottime_ns();
            let pause = self.1.swap(0, Ordering::Relaxed);
            self.0.pass(pause, pause);
            now
        }
        fn monotonic_ns(&self) -> u64 {
            self.0.monotonic_ns()
        }
        fn raw_ns(&self) -> u64 {
            self.0.raw_ns()
        }
        fn machine_boot(&self) -> String {
            String::new()
        }
    }
    for stopped_at_first in [false, true] {
        let hands = Arc::new(Stopped(Hands::default(), AtomicU64::new(0)));
        let stop = || hands.1.store(60_000, Ordering::Relaxed);
        hands.0.wall_ms.store(1_000_000, Ordering::Relaxed);
        hands.0.suspended_ns.store(3_600_000_000_000, Ordering::Relaxed);
        if stopped_at_first {
            stop();
        }
        let clock = ClusterClock::new(hands.clone());
        clock.elected(1);
        let begin = 1_000_000;
        hands.0.pass(10, 10);
        if !stopped_at_first {
            stop();
        }
        clock.estimate_ms();
        hands.0.pass(10, 10);
        let passed = clock.estimate_ms() - begin;
        assert!(passed <= 60_020, "{passed} ms");
        hands.0.suspended_ns.fetch_add(5_000_000_000, Ordering::Relaxed);
        assert!((5000..=5001).contains(&(clock.estimate_ms() - begin - passed)), "sleep counts");
    }
}
