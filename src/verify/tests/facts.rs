//! The rules, each with facts that keep it and such that do not.

use super::super::spec::{Change, Fact, LockName, Spec};

fn lock(name: &str) -> LockName {
    (0, name.as_bytes().into())
}

fn entry(index: u64, term: u64, now_ms: u64) -> Fact {
    Fact::Entry { index, term, now_ms }
}

fn hold(name: &str, change: Change, token: u64, deadline_ms: u64) -> Fact {
    Fact::Hold { lock: lock(name), change, token, deadline_ms: Some(deadline_ms), is_sessions: false }
}

fn stands(name: &str, limit: u64, tokens: &[u64]) -> Fact {
    Fact::Lock { lock: lock(name), limit: Some(limit), tokens: tokens.to_vec() }
}

fn batch(seq: u64, is_applied: bool) -> Fact {
    Fact::Batch { boot: 2, seq, is_applied }
}

fn wrong(facts: impl IntoIterator<Item = Fact>) -> Vec<(u64, String)> {
    let mut spec = Spec::default();
    facts.into_iter().for_each(|fact| spec.take(fact));
    spec.violations().0.iter().map(|violation| (violation.index, violation.what.clone())).collect()
}

#[track_caller]
fn assert_wrong(facts: impl IntoIterator<Item = Fact>, index: u64, what: &str) {
    let found = wrong(facts);
    assert!(found.len() == 1 && found[0].0 == index && found[0].1.contains(what), "{found:?}");
}

#[test]
fn facts_that_keep_every_rule_are_no_violation() {
    let facts = [
        entry(2, 1, 100),
        Fact::Booted(2),
        entry(3, 1, 101),
        batch(1, true),
        hold("a", Change::Begins, 5, 200),
        // One token of one entry for several locks.
        hold("b", Change::Begins, 5, 200),
        stands("a", 1, &[5]),
        entry(4, 2, 101),
        batch(2, true),
        batch(2, false),
        batch(4, false),
        hold("a", Change::Lasts, 5, 300),
        hold("b", Change::Ends, 5, 200),
        hold("b", Change::Begins, 6, 400),
        stands("b", 1, &[6]),
        entry(5, 2, 301),
        hold("a", Change::Expires, 5, 300),
        stands("a", 1, &[]),
        Fact::KeyExpires { db: 0, key: (*b"k").into(), deadline_ms: Some(300) },
        Fact::Digest { index: 4, told: 9, found: 9 },
        Fact::BootEnded(2),
        batch(3, false),
    ];
    assert_eq!(wrong(facts), []);
}

#[test]
fn a_gap_between_entries_and_a_term_that_falls_are_named() {
    assert_wrong([entry(2, 1, 1), entry(4, 1, 1)], 2, "entry 4 follows entry 2");
    assert_wrong([entry(2, 3, 1), entry(3, 2, 1)], 3, "its term is 2, that of the entry before 3");
}

#[test]
fn a_batch_that_is_applied_twice_or_left_out_or_comes_too_early_is_named() {
    let before = || vec![entry(2, 1, 1), Fact::Booted(2), batch(1, true)];
    assert_wrong([before(), vec![batch(1, true)]].concat(), 2, "batch 1 of boot 2 is applied twice");
    assert_wrong([before(), vec![batch(2, false)]].concat(), 2, "batch 2 of boot 2 is left out");
    assert_wrong([before(), vec![batch(4, true)]].concat(), 2, "batch 4 of boot 2 is applied, and 2 to 3 are missing");
    let of_none = Fact::Batch { boot: 3, seq: 1, is_applied: true };
    assert_wrong([before(), vec![of_none]].concat(), 2, "batch 1 of boot 3 is applied, and there is no such boot");
    assert_wrong([before(), vec![Fact::BootEnded(3)]].concat(), 2, "boot 3 ends");
}

#[test]
fn a_token_that_does_not_rise_is_named() {
    let before = || vec![entry(2, 1, 1), hold("a", Change::Begins, 5, 99), entry(3, 1, 1)];
    for token in [4, 5] {
        assert_wrong([before(), vec![hold("b", Change::Begins, token, 99)]].concat(), 3, "after 5 was given");
    }
    let again = [entry(2, 1, 1), hold("a", Change::Begins, 5, 99), hold("a", Change::Ends, 5, 99)];
    assert_wrong(again.into_iter().chain([hold("a", Change::Begins, 5, 99)]), 2, "lock 'a' is held by token 5");
}

#[test]
fn a_lock_with_too_many_holders_or_others_than_were_told_of_is_named() {
    let before = || vec![entry(2, 1, 1), hold("a", Change::Begins, 5, 99), hold("a", Change::Begins, 6, 99)];
    assert_eq!(wrong([before(), vec![stands("a", 2, &[5, 6])]].concat()), []);
    assert_wrong([before(), vec![stands("a", 1, &[5, 6])]].concat(), 2, "lock 'a' has 2 holders, 1 at most may be");
    assert_wrong([before(), vec![stands("a", 1, &[6])]].concat(), 2, "is held by [6], what was told makes that [5, 6]");
    assert_wrong([entry(2, 1, 1), hold("a", Change::Ends, 5, 99)], 2, "the hold 5 of lock 'a' ends, and there is none");
    assert_wrong([entry(2, 1, 1), hold("a", Change::Lasts, 5, 99)], 2, "is to last, and there is none");
}

#[test]
fn what_ends_before_its_time_is_named() {
    let before = |now_ms| vec![entry(2, 1, 1), hold("a", Change::Begins, 5, 99), entry(3, 1, now_ms)];
    // Whatever the state made of the end that the owner was told.
    for deadline_ms in [99, 50] {
        let ends = || vec![hold("a", Change::Expires, 5, deadline_ms)];
        assert_eq!(wrong([before(100), ends()].concat()), []);
        assert_wrong([before(99), ends()].concat(), 3, "the hold 5 of lock 'a' expires at 99 ms, its end is 99");
    }
    assert_wrong([before(9), vec![hold("a", Change::Lasts, 5, 98)]].concat(), 3, "is made shorter");
    let key = |deadline_ms| Fact::KeyExpires { db: 0, key: (*b"k").into(), deadline_ms };
    assert_wrong([entry(2, 1, 99), key(Some(99))], 2, "key 'k' of database 0 expires at 99 ms");
    assert_wrong([entry(2, 1, 99), key(None)], 2, "key 'k' of database 0 expires at 99 ms");
}

#[test]
fn a_digest_that_is_not_the_leaders_is_named() {
    let digest = Fact::Digest { index: 1, told: 0xA, found: 0xB };
    assert_wrong([entry(2, 1, 1), digest], 2, "the leader's digest of entry 1 is 000000000000000a, here it is");
}

#[test]
fn only_so_many_violations_are_kept_and_all_are_counted() {
    let mut spec = Spec::default();
    (0..60).for_each(|n| spec.wrong(n.to_string()));
    let (kept, count) = spec.violations();
    assert_eq!((kept.len(), count), (50, 60));
}
