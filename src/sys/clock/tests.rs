//! Hands that move as the test says.

mod chains;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

const MS: u64 = 1_000_000;
const ME: u64 = 1;

#[derive(Default)]
struct Hands {
    wall_ms: AtomicU64,
    mono_ns: AtomicU64,
    raw_ns: AtomicU64,
    suspended_ns: AtomicU64,
}

impl Hands {
    fn pass(&self, mono_ms: u64, raw_ms: u64) {
        self.mono_ns.fetch_add(mono_ms * MS, Ordering::Relaxed);
        self.raw_ns.fetch_add(raw_ms * MS, Ordering::Relaxed);
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

fn by(term: u64, node: u64) -> Teller {
    Teller { term, node }
}

/// A log whose newest stamp is of this leader, and which no later one has added to.
fn end(leader: Teller, newest_ms: u64) -> LogEnd {
    LogEnd { leaders: vec![leader], newest_ms: Some(newest_ms) }
}

/// Elects node 1, whose log is that of its own last term.
fn elect(clock: &ClusterClock, term: u64) -> Elected {
    clock.elected(by(term, ME), true, || end(by(term - 1, ME), 0))
}

/// Node 2, as leader of `term`, tells its clock, and this node's log is its own.
fn follow(clock: &ClusterClock, term: u64, ms: u64) {
    clock.follow(by(term, 2), ms * MS, clock.moment(), Some(by(term, 2)));
}

fn told(by: Teller, told_ms: u64, estimate_ms: u64) -> Reading {
    Reading { told: Some(Told { by, at_ns: told_ms * MS }), estimate_ns: estimate_ms * MS, wall_ms: 1 }
}

#[test]
fn a_moved_wall_clock_moves_nothing() {
    let (hands, clock) = clock();
    assert_eq!(elect(&clock, 1), Elected::Wall, "nobody knows the time");
    assert_eq!(clock.estimate_ms(), 1_000_000);
    hands.wall_ms.store(9_000_000, Ordering::Relaxed);
    hands.pass(10, 10);
    assert_eq!(clock.estimate_ms(), 1_000_010);
    assert_eq!(elect(&clock, 2), Elected::Told);
    assert_eq!(clock.estimate_ms(), 1_000_010);
}

#[test]
fn a_slewed_clock_is_held_to_the_raw_one_and_suspend_counts() {
    let (hands, clock) = clock();
    elect(&clock, 1);
    clock.estimate_ms();
    hands.pass(10_800, 10_000);
    assert_eq!(clock.estimate_ms(), 1_010_005, "8 % faster counts as 0.05 % faster");
    hands.suspended_ns.store(5_000_000_000, Ordering::Relaxed);
    hands.pass(10, 10);
    assert_eq!(clock.estimate_ms(), 1_015_015);
}

#[test]
fn a_slowed_clock_is_held_to_the_raw_one_too() {
    let (hands, clock) = clock();
    elect(&clock, 1);
    clock.estimate_ms();
    hands.pass(9_200, 10_000);
    assert_eq!(clock.estimate_ms(), 1_009_995, "8 % slower counts as 0.05 % slower");
}

#[test]
fn a_leader_is_followed_down_but_what_was_shown_never_goes_back() {
    let (_, clock) = clock();
    follow(&clock, 1, 5_000);
    assert_eq!(clock.estimate_ms(), 5_000);
    follow(&clock, 2, 4_000);
    assert_eq!(clock.reading().estimate_ns, 4_000 * MS);
    assert_eq!(clock.estimate_ms(), 5_000);
    clock.show(5_500);
    assert_eq!(clock.estimate_ms(), 5_500);
    assert_eq!(clock.reading().estimate_ns, 4_000 * MS, "what is shown is no base");
}

#[test]
fn a_message_that_was_overtaken_is_not_followed() {
    let (hands, clock) = clock();
    let came = clock.moment();
    follow(&clock, 2, 5_000);
    hands.pass(10, 10);
    clock.follow(by(2, 2), 4_990 * MS, clock.moment(), Some(by(2, 2)));
    assert_eq!(clock.leader_ms(), 5_010, "an older one of the same leader");
    clock.follow(by(1, 3), 6_000 * MS, clock.moment(), Some(by(2, 2)));
    assert_eq!(clock.leader_ms(), 5_010, "one of an earlier leader");
    clock.follow(by(3, 3), 5_000 * MS, came, Some(by(3, 3)));
    assert_eq!(clock.leader_ms(), 5_010, "it counts from when it came");
    assert_eq!(clock.reading().told, Some(Told { by: by(3, 3), at_ns: 5_000 * MS }));
}

#[test]
fn a_base_that_covers_the_log_stays_until_the_next_leaders_entry_is_there() {
    let (_, clock) = clock();
    follow(&clock, 2, 5_000);
    clock.follow(by(3, 3), 6_000 * MS, clock.moment(), Some(by(2, 2)));
    assert_eq!(clock.leader_ms(), 5_000);
    clock.follow(by(3, 3), 6_000 * MS, clock.moment(), Some(by(3, 3)));
    assert_eq!(clock.leader_ms(), 6_000);
    // In catch-up, with a base that covers nothing any more.
    clock.follow(by(6, 3), 7_000 * MS, clock.moment(), Some(by(4, 2)));
    assert_eq!(clock.leader_ms(), 7_000);
}

#[test]
fn a_leader_tells_its_clock_with_its_fraction_and_only_while_it_leads() {
    let (hands, leader) = clock();
    leader.applied(700);
    assert_eq!((leader.told_ns(by(3, ME)), leader.leader_ms()), (0, 700));
    let (_, follower) = clock();
    follower.follow(by(3, ME), leader.told_ns(by(3, ME)), follower.moment(), None);
    assert_eq!(follower.source(), Source::None);
    elect(&leader, 3);
    hands.raw_ns.fetch_add(999_999, Ordering::Relaxed);
    assert_eq!((leader.told_ns(by(3, ME)), leader.leader_ms()), (1_000_000 * MS + 999_999, 1_000_000));
    assert_eq!(leader.told_ns(by(2, ME)), 0, "of another term");
    leader.follow(by(4, 2), 5 * MS, leader.moment(), Some(by(4, 2)));
    assert_eq!(leader.told_ns(by(3, ME)), 0);
    assert_eq!(leader.told_ns(by(4, 2)), 0, "it does not lead that term");
}

#[test]
fn only_estimates_from_leaders_that_had_the_log_elect() {
    let log = || end(by(2, 2), 699);
    let (_, a) = clock();
    a.granted(3, 2, told(by(1, 1), 600, 9_000));
    a.granted(3, 3, told(by(2, 2), 700, 800));
    a.granted(2, 4, told(by(2, 2), 700, 900));
    assert_eq!(
        a.elected(by(3, ME), true, log),
        Elected::Told,
        "high but of an earlier leader, or a vote of another term: neither counts"
    );
    assert_eq!(a.leader_ms(), 800);
    let (_, b) = clock();
    b.granted(3, 2, told(by(1, 1), 600, 9_000));
    assert_eq!(b.elected(by(3, ME), true, log), Elected::Stamp, "nobody heard the leader of the newest stamp");
    assert_eq!(b.leader_ms(), 699);
    let (_, c) = clock();
    c.granted(3, 2, told(by(2, 2), 700, 900));
    c.granted(3, 3, told(by(2, 2), 700, 800));
    let blanks_behind = || LogEnd { leaders: vec![by(4, 1), by(3, 3), by(2, 2)], newest_ms: Some(699) };
    assert_eq!(c.elected(by(3, ME), true, blanks_behind), Elected::Told, "nothing was stamped since");
    assert_eq!(c.leader_ms(), 900);
    let (_, d) = clock();
    d.granted(3, 2, Reading { told: None, estimate_ns: 0, wall_ms: 999 });
    assert_eq!(d.elected(by(3, ME), true, log), Elected::Wall);
    assert_eq!(d.leader_ms(), 999);
}

#[test]
fn a_leader_waits_for_a_clock_that_counts() {
    let (_, clock) = clock();
    let elect = |at_last| clock.elected(by(3, ME), at_last, || end(by(2, 2), 699));
    clock.granted(3, 2, told(by(1, 1), 600, 9_000));
    assert_eq!((elect(false), clock.told_ns(by(3, ME))), (Elected::NotYet, 0));
    clock.granted(3, 3, told(by(2, 2), 700, 800));
    assert_eq!((elect(false), clock.leader_ms()), (Elected::Told, 800));
}

#[test]
fn a_candidates_own_estimate_of_an_earlier_leader_does_not_count_either() {
    let (hands, clock) = clock();
    follow(&clock, 1, 5_000);
    hands.pass(3_600_000, 3_600_000);
    clock.granted(3, 3, told(by(2, 3), 6_000, 6_100));
    assert_eq!(clock.elected(by(3, ME), true, || end(by(2, 3), 5_999)), Elected::Told);
    assert_eq!(clock.leader_ms(), 6_100);
}

/// What the leader stamped since it was heard, it stamped by a clock that may be slower.
#[test]
fn an_estimate_loses_what_two_rates_may_differ_by() {
    let hour = 3_600_000;
    let reading = told(by(2, 2), 1000, 1000 + hour);
    let sound_ms = |newest_ms| {
        let newest = LogEnd { newest_ms, ..end(by(2, 2), 0) };
        reading.sound_ns(&newest).unwrap() / MS
    };
    assert_eq!(sound_ms(Some(900)), 1000 + hour, "nothing was stamped since");
    let lost_ms = 1000 + hour - sound_ms(Some(1000 + hour));
    assert!((3602..3650).contains(&lost_ms), "{lost_ms}");
    assert_eq!(sound_ms(None), 1000 + hour - lost_ms, "unknown: up to now");
    assert_eq!(sound_ms(Some(1000 + 990_000)), 1000 + hour - 1001);
}

#[test]
fn a_leader_is_elected_once_and_its_votes_age() {
    let (hands, clock) = clock();
    clock.granted(3, 2, told(by(2, 2), 700, 800));
    hands.pass(50, 50);
    let log = || end(by(2, 2), 699);
    assert_eq!(clock.elected(by(3, ME), true, log), Elected::Told);
    assert_eq!(clock.leader_ms(), 850);
    clock.granted(3, 4, told(by(2, 2), 700, 900));
    assert_eq!(clock.elected(by(3, ME), true, log), Elected::Already);
    assert_eq!(clock.leader_ms(), 850);
}

/// Else its followers, which run on, would be ahead of it.
#[test]
fn a_leader_behind_its_log_goes_on_from_there_at_once() {
    let (hands, clock) = clock();
    follow(&clock, 1, 5_000);
    clock.applied(6_000);
    assert_eq!(clock.estimate_ms(), 6_000, "never before what was applied");
    assert_eq!(clock.elected(by(2, ME), true, || end(by(1, 2), 6_500)), Elected::Told);
    hands.pass(10, 10);
    assert_eq!(clock.leader_ms(), 6_510, "nor before what is in the log");
    clock.applied(7_000);
    assert_eq!(clock.told_ns(by(2, ME)), 7_000 * MS);
    hands.pass(10, 10);
    assert_eq!(clock.leader_ms(), 7_010);
}

#[test]
fn a_base_from_disk_counts_on_the_same_boot_only() {
    let (hands, clock) = clock();
    assert_eq!(clock.to_disk(), None);
    elect(&clock, 1);
    hands.pass(2000, 2000);
    let stored = clock.to_disk().unwrap();
    hands.pass(2000, 2000);
    let again = ClusterClock::new(hands.clone());
    assert!(again.restore(&stored));
    assert_eq!((again.source(), again.leader_ms()), (Source::Disk, 1_004_000));
    assert_eq!(
        again.reading().told,
        Some(Told { by: by(1, ME), at_ns: 1_002_000 * MS }),
        "it was told when it was stored"
    );
    assert!(!ClusterClock::new(hands.clone()).restore(&stored.replace("boot", "other")));
    let early = ClusterClock::new(Arc::new(Hands::default()));
    assert!(!early.restore(&stored), "a reading ahead of the clock");
    for damaged in ["", "2\nboot\n", &stored.replace(' ', "  "), &stored.replacen('2', "1", 1)] {
        assert!(!ClusterClock::new(hands.clone()).restore(damaged), "{damaged:?}");
    }
}

/// A wall clock is corrected by slewing while a process runs, and the process is restarted.
#[test]
fn a_restart_brings_nothing_of_a_slew() {
    let (hands, clock) = clock();
    elect(&clock, 1);
    let mut clock = clock;
    for round in 1..=20 {
        hands.pass(10_800, 10_000);
        clock.estimate_ms();
        let stored = clock.to_disk().unwrap();
        clock = ClusterClock::new(hands.clone());
        assert!(clock.restore(&stored));
        assert_eq!(clock.estimate_ms(), 1_000_000 + 10_005 * round);
    }
    hands.suspended_ns.store(5_000_000_000, Ordering::Relaxed);
    assert_eq!(clock.estimate_ms(), 1_000_000 + 10_005 * 20 + 5000);
    hands.pass(10_000, 10_000);
    let stored = clock.to_disk().unwrap();
    let again = ClusterClock::new(hands.clone());
    assert!(again.restore(&stored));
    hands.pass(10_000, 10_000);
    assert_eq!(again.estimate_ms(), 1_000_000 + 10_005 * 20 + 25_000, "the sleep counts once");
}

#[test]
fn a_base_from_disk_never_takes_the_place_of_a_live_one() {
    let (hands, clock) = clock();
    elect(&clock, 1);
    let stored = clock.to_disk().unwrap();
    let again = ClusterClock::new(hands);
    follow(&again, 1, 500);
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
        elect(&clock, 1);
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
