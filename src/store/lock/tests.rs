use super::*;

fn hold(owner: &str, token: u64, deadline_ms: u64, delay_ms: u64) -> Hold {
    let mut hold = Hold::new(owner.as_bytes(), token, Some(deadline_ms));
    hold.bind(Bound::Time, None, delay_ms, None, None);
    hold
}

fn lock(mode: LockMode, holds: &[Hold]) -> Lock {
    Lock::from_parts(mode, holds.to_vec(), 0).unwrap()
}

#[test]
fn a_lock_admits_what_goes_with_the_holds_that_are_not_over() {
    const SEMAPHORE: LockMode = LockMode::Limit(3);
    let modes = [LockMode::EXCLUSIVE, LockMode::Shared, SEMAPHORE, LockMode::Limit(4)];
    for (mode, admitted) in [
        (LockMode::EXCLUSIVE, [false; 4]),
        (LockMode::Shared, [false, true, false, false]),
        (SEMAPHORE, [false, false, true, false]),
    ] {
        let lock = lock(mode, &[hold("a", 1, 100, 0)]);
        assert_eq!(modes.map(|asked| lock.admits(asked, 100)), admitted, "{mode:?}");
        assert_eq!(modes.map(|asked| lock.admits(asked, 101)), [true; 4], "{mode:?}, over");
    }
    let full = lock(SEMAPHORE, &[hold("a", 1, 100, 0), hold("b", 2, 200, 0), hold("c", 3, 200, 0)]);
    assert!(!full.admits(SEMAPHORE, 100) && full.admits(SEMAPHORE, 101));
}

#[test]
fn a_delay_begins_with_the_end_of_its_hold_and_admits_nobody() {
    let shared = lock(LockMode::Shared, &[hold("a", 1, 100, 50), hold("b", 2, 300, 0)]);
    assert_eq!((shared.delay_at(100), shared.delay_at(101), shared.delay_at(150)), (None, Some(150), Some(150)));
    assert_eq!((shared.delay_at(151), shared.delay_at(301)), (None, None));
    assert!(shared.admits(LockMode::Shared, 100) && !shared.admits(LockMode::Shared, 101));
    let one = lock(LockMode::EXCLUSIVE, &[hold("a", 1, 100, 50)]);
    assert!(!one.admits(LockMode::EXCLUSIVE, 150) && one.admits(LockMode::EXCLUSIVE, 151));
    assert_eq!((one.first_end_ms(), one.last_end_ms()), (Some(100), Some(150)));
    assert_eq!([100, 120, 151].map(|now_ms| one.shown_end_ms(now_ms)), [Some(100), Some(150), None]);
    assert_eq!(shared.shown_end_ms(90), Some(300), "the last of the holds");
}

#[test]
fn an_end_that_is_noticed_late_delays_from_the_deadline_on_and_the_longest_delay_counts() {
    let mut late = lock(LockMode::Shared, &[hold("a", 1, 100, 500), hold("b", 2, 200, 50), hold("c", 3, 900, 0)]);
    let ended = late.end_due(250);
    assert_eq!(ended.iter().map(|hold| hold.token).collect::<Vec<_>>(), [1, 2]);
    assert_eq!((late.delayed_ms(), late.delay_at(250)), (600, Some(600)), "250 is within both, and one is longer");
    assert_eq!((late.first_end_ms(), late.last_end_ms()), (Some(600), Some(900)));
    assert!(late.end_due(600).is_empty() && late.delayed_ms() == 600, "in its last ms it lasts");
    assert!(late.end_due(601).is_empty() && late.delayed_ms() == 0);
    assert_eq!(late.end_due(901).len(), 1);
    assert!(late.is_vacant() && late.last_end_ms().is_none() && late.first_end_ms().is_none());
}

#[test]
fn who_releases_delays_nobody_and_other_ends_do_from_now_on() {
    let held = lock(LockMode::EXCLUSIVE, &[hold("a", 1, 100, 50)]);
    for (event, delayed_ms) in [(LockEvent::Released, 0), (LockEvent::Broken, 90), (LockEvent::Lost, 90)] {
        let mut lock = held.clone();
        assert_eq!(lock.end(|_| true, event, 40).len(), 1);
        assert_eq!((lock.delayed_ms(), lock.is_vacant()), (delayed_ms, delayed_ms == 0), "{event:?}");
        assert_eq!(lock.last_end_ms(), Some(delayed_ms).filter(|end_ms| *end_ms != 0));
        assert_eq!(lock.shown_end_ms(90), Some(delayed_ms).filter(|end_ms| *end_ms != 0), "{event:?}");
    }
    let mut without = lock(LockMode::EXCLUSIVE, &[hold("a", 1, 100, 0)]);
    without.end(|_| true, LockEvent::Broken, 40);
    assert!(without.is_vacant(), "no delay, and so nothing is left");
}

#[test]
fn a_hold_ends_at_its_deadline_by_what_made_that() {
    let mut hold = Hold::new(b"o", 1, Some(100));
    for (session_ms, deadline_ms, event) in [
        (None, 100, LockEvent::Expired),
        (Some(100), 100, LockEvent::Expired),
        (Some(99), 99, LockEvent::Lost),
        (Some(101), 100, LockEvent::Expired),
    ] {
        hold.settle(session_ms);
        assert_eq!((hold.deadline_ms, hold.end_by_itself()), (deadline_ms, event), "{session_ms:?}");
    }
    let mut alone = Hold::new(b"o", 1, None);
    alone.settle(Some(70));
    assert_eq!((alone.deadline_ms, alone.end_by_itself()), (70, LockEvent::Lost));
}

#[test]
fn parts_that_contradict_each_other_are_no_lock() {
    let (a, b) = (hold("a", 1, 100, 0), hold("b", 2, 100, 0));
    let is_lock = |mode: LockMode, holds: &[&Hold], delayed_ms: u64| {
        Lock::from_parts(mode, holds.iter().copied().cloned().collect(), delayed_ms).is_some()
    };
    assert!(is_lock(LockMode::Shared, &[&a, &b], 0) && is_lock(LockMode::Limit(2), &[&a, &b], 5));
    assert!(is_lock(LockMode::EXCLUSIVE, &[], 1) && !is_lock(LockMode::EXCLUSIVE, &[], 0), "nothing is none");
    assert!(!is_lock(LockMode::EXCLUSIVE, &[&a, &b], 0), "more than its limit");
    assert!(!is_lock(LockMode::Shared, &[&a, &Hold { owner: a.owner.clone(), ..b.clone() }], 0), "one owner twice");
    assert!(!is_lock(LockMode::Shared, &[&b, &a], 0), "tokens that fall");
    assert!(!is_lock(LockMode::Shared, &[&a, &Hold { token: 1, ..b.clone() }], 0), "a token twice");
    let early = Hold { deadline_ms: 99, ..a.clone() };
    assert!(!is_lock(LockMode::Shared, &[&early], 0), "another deadline than its own, without a session");
    let of_session = |deadline_ms: u64| Hold { deadline_ms, bound: Bound::Session(7), ..a.clone() };
    assert!(is_lock(LockMode::Shared, &[&of_session(99)], 0), "its session's");
    assert!(!is_lock(LockMode::Shared, &[&of_session(101)], 0), "later than its own");
}

#[test]
fn what_a_lock_costs_grows_with_its_holds() {
    let holds: Vec<Hold> = (1..=65).map(|n| hold(&n.to_string(), n, 100, 0)).collect();
    let (few, many) = (lock(LockMode::Shared, &holds[..64]), lock(LockMode::Shared, &holds));
    assert!(!few.is_slow_to_free() && many.is_slow_to_free());
    assert!(few.copy_units() > 0 && few.copy_units() < many.copy_units());
}
