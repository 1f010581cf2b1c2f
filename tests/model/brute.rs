//! The definition of linearizability, tried in every order. For histories of a few operations.

use crate::support::linear::check::{History, Model};
use crate::support::linear::history::Outcome;

/// True if some order of the operations (those of unknown outcome as one likes) explains every answer.
pub fn linearizable<M: Model>(initial: &M::State, history: &History<M>) -> bool {
    let left: Vec<usize> = (0..history.len()).filter(|i| history[*i].outcome != Outcome::NotApplied).collect();
    explains::<M>(initial, history, &left)
}

fn explains<M: Model>(state: &M::State, history: &History<M>, left: &[usize]) -> bool {
    if left.iter().all(|i| history[*i].outcome == Outcome::Unknown) {
        return true;
    }
    left.iter().enumerate().any(|(at, first)| {
        let operation = &history[*first];
        // Whoever had ended before this one began has to come before it.
        let overtaken = left.iter().any(|other| {
            matches!(history[*other].outcome, Outcome::Ok(_)) && history[*other].completed_ns < operation.invoked_ns
        });
        let (after, output) = M::step(state, &operation.input);
        let wrong = matches!(&operation.outcome, Outcome::Ok(seen) if *seen != output);
        let rest = || [&left[..at], &left[at + 1..]].concat();
        !overtaken && !wrong && explains::<M>(&after, history, &rest())
    })
}
