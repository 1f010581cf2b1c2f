//! Values that end by themselves, and transactions that are refused: what is to be accepted and what is not.

use crate::support::linear::history::{Operation, Outcome};
use crate::support::linear::register::{Input, Output, Refused, check_keys, check_refusals, end_by_itself};

type Keyed = Operation<(u8, Input), Output>;

fn operation(input: Input, (invoked_ns, completed_ns): (u64, u64), outcome: Outcome<Output>) -> Keyed {
    Operation { client: 0, input: (0, input), invoked_ns, completed_ns, outcome }
}

fn get(times: (u64, u64), value: Option<i64>) -> Keyed {
    operation(Input::Get, times, Outcome::Ok(Output::Value(value)))
}

/// `SET 5` with a time to live of 1000, sent at 10, and its end; then these.
fn with_set(outcome: Outcome<Output>, others: &[Keyed]) -> Vec<Keyed> {
    let completed_ns = if outcome == Outcome::Unknown { u64::MAX } else { 20 };
    let set = operation(Input::Set(5), (10, completed_ns), outcome);
    let end = end_by_itself(&set, 1000);
    [set].into_iter().chain(end).chain(others.iter().cloned()).collect()
}

const DONE: Outcome<Output> = Outcome::Ok(Output::Done);

#[test]
fn a_value_may_end_from_its_time_on() {
    for read in [get((30, 40), Some(5)), get((1000, 1010), None), get((1020, 1030), None), get((5000, 5001), Some(5))] {
        check_keys(&with_set(DONE, &[read])).unwrap();
    }
}

#[test]
fn a_value_that_ends_before_its_time_is_found() {
    for others in [
        vec![get((30, 40), None)],
        vec![get((30, 1008), None)],
        // It is gone, and comes back.
        vec![get((1020, 1030), None), get((1040, 1050), Some(5))],
    ] {
        check_keys(&with_set(DONE, &others)).unwrap_err();
    }
    let watched = operation(Input::CompareAndSet(Some(5), 6), (1040, 1050), Outcome::Ok(Output::Changed(true)));
    check_keys(&with_set(DONE, &[get((1020, 1030), None), watched])).unwrap_err();
}

#[test]
fn what_was_not_set_does_not_end() {
    check_keys(&with_set(Outcome::NotApplied, &[get((30, 40), None)])).unwrap();
    assert_eq!(with_set(Outcome::NotApplied, &[]).len(), 1);
    let late = [get((30, 40), None), get((5000, 5001), Some(5))];
    check_keys(&with_set(Outcome::Unknown, &late)).unwrap();
}

#[test]
fn a_refusal_without_a_reason_is_found() {
    let refused = |watched_ns, refused_ns| [Refused { key: 0u8, watched_ns, refused_ns }];
    let history = with_set(DONE, &[get((30, 40), Some(5))]);
    check_refusals(&history, &refused(5, 12)).unwrap();
    check_refusals(&history, &refused(20, 30)).unwrap();
    check_refusals(&history, &refused(1000, 1020)).unwrap();
    for (key, watched_ns, refused_ns) in [(0, 25, 900), (0, 1, 9), (1, 5, 12)] {
        check_refusals(&history, &[Refused { key, watched_ns, refused_ns }]).unwrap_err();
    }
    let not_changed = [Outcome::NotApplied, Outcome::Ok(Output::Changed(false))];
    for outcome in not_changed {
        let history = [operation(Input::CompareAndSet(None, 5), (10, 20), outcome)];
        check_refusals(&history, &refused(5, 30)).unwrap_err();
    }
}
