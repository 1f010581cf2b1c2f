//! A key that holds a number: GET, SET, INCR, DEL, compare-and-set and compare-and-delete (WATCH and EXEC, or a script), and its end by itself.
//!
//! A time to live is an operation of nobody, [`Input::Expire`], which may come from its time on: a value that is gone earlier has no explanation
//! ([`end_by_itself`]). Values are to be unique.

use std::collections::BTreeMap;

use super::check::{Model, check};
use super::history::{Operation, Outcome};

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
    /// The end of this value by itself; of another one: nothing.
    Expire(i64),
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
            Input::Expire(value) => (state.filter(|present| present != value), Output::Done),
            Input::CompareAndSet(..) | Input::CompareAndDelete(_) => (*state, Output::Changed(false)),
            Input::Del => (None, Output::Changed(state.is_some())),
        }
    }

    fn is_read(input: &Input, output: &Output) -> bool {
        *input == Input::Get || *output == Output::Changed(false)
    }
}

/// What ends a value by itself that `set` may have put there, `ttl_ns` after it was asked for and not before; None: it has put nothing there.
/// A cluster's clock may be off by 0.1 %.
pub fn end_by_itself<K: Clone>(
    set: &Operation<(K, Input), Output>,
    ttl_ns: u64,
) -> Option<Operation<(K, Input), Output>> {
    let (key, input) = &set.input;
    let (Input::Set(value) | Input::CompareAndSet(_, value)) = input else { return None };
    if matches!(set.outcome, Outcome::NotApplied | Outcome::Ok(Output::Changed(false))) {
        return None;
    }
    let invoked_ns = set.invoked_ns + ttl_ns - ttl_ns.div_ceil(1000);
    let input = (key.clone(), Input::Expire(*value));
    Some(Operation { client: usize::MAX, input, invoked_ns, completed_ns: u64::MAX, outcome: Outcome::Unknown })
}

/// A transaction that was refused because a watched key had changed.
#[derive(Clone, Debug)]
pub struct Refused<K> {
    /// The key.
    pub key: K,
    /// When WATCH was sent.
    pub watched_ns: u64,
    /// When the refusal had come.
    pub refused_ns: u64,
}

/// Whether each refusal has a reason: something that may have changed its key meanwhile.
///
/// # Errors
/// The first one without.
pub fn check_refusals<K: PartialEq + std::fmt::Debug>(
    history: &KeyHistory<K>,
    refused: &[Refused<K>],
) -> Result<(), String> {
    let changes = |operation: &Operation<(K, Input), Output>| match &operation.outcome {
        Outcome::NotApplied => false,
        Outcome::Ok(output) => !Register::is_read(&operation.input.1, output),
        Outcome::Unknown => operation.input.1 != Input::Get,
    };
    for one in refused {
        let may_change = |operation: &Operation<(K, Input), Output>| {
            operation.input.0 == one.key
                && changes(operation)
                && operation.invoked_ns <= one.refused_ns
                && operation.completed_ns >= one.watched_ns
        };
        if !history.iter().any(may_change) {
            return Err(format!("a transaction was refused, and nobody has changed its key: {one:?}"));
        }
    }
    Ok(())
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
