//! A key that holds a number: GET, SET, INCR, DEL, compare-and-set and compare-and-delete (WATCH and EXEC, or a script).

use std::collections::BTreeMap;

use super::check::{Model, check};
use super::history::Operation;

/// The model of one key; the state is its value, None while it is absent.
#[derive(Debug)]
pub struct Register;

/// What is asked of a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// Its value.
    Get,
    /// A new value.
    Set(i64),
    /// One more; an absent key counts as 0.
    Incr,
    /// The second value, if it has the first.
    CompareAndSet(Option<i64>, i64),
    /// Nothing any more, if it has this value: the release of a lock by its token.
    CompareAndDelete(i64),
    /// Nothing any more.
    Del,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Output {
    /// GET's.
    Value(Option<i64>),
    /// SET's.
    Done,
    /// INCR's.
    Number(i64),
    /// Whether compare-and-set, compare-and-delete or DEL did something.
    Changed(bool),
}

impl Model for Register {
    type Input = Input;
    type Output = Output;
    type State = Option<i64>;

    fn step(state: &Option<i64>, input: &Input) -> (Option<i64>, Output) {
        match input {
            Input::Get => (*state, Output::Value(*state)),
            Input::Set(value) => (Some(*value), Output::Done),
            Input::Incr => {
                let value = state.unwrap_or(0) + 1;
                (Some(value), Output::Number(value))
            }
            Input::CompareAndSet(expected, value) if state == expected => (Some(*value), Output::Changed(true)),
            Input::CompareAndDelete(expected) if *state == Some(*expected) => (None, Output::Changed(true)),
            Input::CompareAndSet(..) | Input::CompareAndDelete(_) => (*state, Output::Changed(false)),
            Input::Del => (None, Output::Changed(state.is_some())),
        }
    }

    fn is_read(input: &Input, output: &Output) -> bool {
        *input == Input::Get || *output == Output::Changed(false)
    }
}

/// A history of many keys, each absent at first: the key, and what is asked of it.
pub type KeyHistory<K> = [Operation<(K, Input), Output>];

/// Each key by itself, which is enough: linearizability is a local property.
///
/// # Errors
/// The first key (in their order) whose history has no explanation, and where it ends.
pub fn check_keys<K: Ord + Clone + std::fmt::Debug>(history: &KeyHistory<K>) -> Result<(), String> {
    let mut keys: BTreeMap<&K, Vec<Operation<Input, Output>>> = BTreeMap::new();
    for operation in history {
        let (key, input) = &operation.input;
        keys.entry(key).or_default().push(Operation {
            client: operation.client,
            input: input.clone(),
            invoked_ns: operation.invoked_ns,
            completed_ns: operation.completed_ns,
            outcome: operation.outcome.clone(),
        });
    }
    for (key, operations) in keys {
        check::<Register>(None, &operations).map_err(|why| format!("key {key:?}: {why}"))?;
    }
    Ok(())
}
