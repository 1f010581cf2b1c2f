//! Transactions over several accounts.

use crate::brute;
use crate::simulate::{Shape, history};
use crate::support::bounds;
use crate::support::linear::bank::{Bank, Input, Output, wrong_sums};
use crate::support::linear::check::check;
use crate::support::linear::history::{Operation, Outcome};
use crate::support::rng::Rng;

const ACCOUNTS: usize = 4;
const TOTAL: i64 = 400;

fn input(rng: &mut Rng) -> Input {
    let (from, to) = (rng.below(ACCOUNTS), rng.below(ACCOUNTS));
    if from == to { Input::Read } else { Input::Transfer { from, to, amount: rng.between(1, 50) } }
}

fn initial() -> Vec<i64> {
    vec![TOTAL / ACCOUNTS as i64; ACCOUNTS]
}

fn at(begin: u64, end: u64, input: Input, output: Output) -> Operation<Input, Output> {
    Operation { client: 0, input, invoked_ns: begin, completed_ns: end, outcome: Outcome::Ok(output) }
}

#[test]
fn half_a_transfer_is_refused() {
    let transfer = || at(1, 10, Input::Transfer { from: 0, to: 1, amount: 10 }, Output::Transferred(90, 110));
    let read = |balances: [i64; 4]| at(2, 9, Input::Read, Output::Balances(balances.to_vec()));
    for (balances, right) in
        [([100; 4], true), ([90, 110, 100, 100], true), ([90, 100, 100, 100], false), ([100, 110, 100, 100], false)]
    {
        let history = [transfer(), read(balances)];
        assert_eq!(check::<Bank>(initial(), &history).is_ok(), right, "{balances:?}");
        assert_eq!(wrong_sums(&history, TOTAL).is_empty(), right, "{balances:?}");
    }
}

/// The sum is right in both reads, and yet no order explains them: two transfers seen in opposite orders.
#[test]
fn right_sum_with_wrong_parts_is_refused() {
    let transfer = |from, to| at(1, 10, Input::Transfer { from, to, amount: 10 }, Output::Transferred(90, 110));
    let read = |balances: [i64; 4]| at(2, 9, Input::Read, Output::Balances(balances.to_vec()));
    let history = [transfer(0, 1), transfer(2, 3), read([90, 110, 100, 100]), read([100, 100, 90, 110])];
    assert!(wrong_sums(&history, TOTAL).is_empty());
    check::<Bank>(initial(), &history).unwrap_err();
    assert!(!brute::linearizable::<Bank>(&initial(), &history));
    check::<Bank>(initial(), &history[..3]).unwrap();
}

#[test]
fn bank_histories_are_accepted_and_small_ones_decided_exactly() {
    let mut rng = Rng::new(bounds::seed("bank"));
    for _ in 0..bounds::scaled(bounds::MODEL_HISTORIES / 50) {
        let shape =
            Shape { clients: 1 + rng.below(8), operations: 400, duration_ns: 100, unknown_percent: rng.below(4) };
        let history = history::<Bank>(shape, initial(), &mut rng, input);
        check::<Bank>(initial(), &history).unwrap();
        assert!(wrong_sums(&history, TOTAL).is_empty());
    }
    let mut refused = 0;
    for _ in 0..bounds::scaled(bounds::MODEL_HISTORIES) {
        let shape = Shape { clients: 3, operations: 1 + rng.below(6), duration_ns: 20, unknown_percent: 20 };
        let mut history = history::<Bank>(shape, initial(), &mut rng, input);
        let at = rng.below(history.len());
        if let Outcome::Ok(Output::Balances(balances)) = &mut history[at].outcome {
            balances.swap(0, 1);
        }
        let verdict = check::<Bank>(initial(), &history);
        assert_eq!(verdict.is_ok(), brute::linearizable::<Bank>(&initial(), &history), "{verdict:?}\n{history:#?}");
        refused += u64::from(verdict.is_err());
    }
    assert!(refused > bounds::MODEL_HISTORIES / 20, "only {refused} were wrong");
}
