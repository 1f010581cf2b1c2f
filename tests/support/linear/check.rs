//! The search for an order of the operations that respects real time and explains every result.
//!
//! State of the search: which operations have been put in order, and the model's state after them; each pair is looked at once.
//! An operation of unknown outcome has no end: it may come at any time after its beginning, or not at all.
//!
//! Three facts keep the search small. Each is proved by moving operations of, or leaving them out of, an order that works:
//! 1. a read that may come now and whose answer fits can come now, so nothing else has to be tried;
//! 2. of unknown operations with the same input only the earliest one left has to be tried;
//! 3. an unknown operation that the next one does not notice (same answer and state without it) need not be there; and what could
//!    not go on from a state cannot go on from it with fewer unknown operations left.
//!
//! None of them loses an order (`agrees_with_brute_force_on_small_histories`).

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;

use super::history::{Operation, Outcome};

/// Pairs that are looked at before the search gives up; a history that needs more is a bug of the test that made it.
const VISITED_MAX: usize = 1_000_000;

/// A sequential object.
pub trait Model {
    /// What is asked.
    type Input: Clone + Eq + Debug;
    /// What is answered.
    type Output: Clone + Eq + Debug;
    /// What it remembers.
    type State: Clone + Eq + Hash + Debug;

    /// The state after `input`, and the answer.
    fn step(state: &Self::State, input: &Self::Input) -> (Self::State, Self::Output);

    /// True if `input` changes no state in which it has this answer.
    fn is_read(input: &Self::Input, output: &Self::Output) -> bool;
}

/// The history of a model.
pub type History<M> = [Operation<<M as Model>::Input, <M as Model>::Output>];

struct Search<'a, M: Model> {
    known: Vec<&'a Operation<M::Input, M::Output>>,
    unknown: Vec<&'a Operation<M::Input, M::Output>>,
    /// Next and previous in order of time of the known operations' calls and returns; the last element is head and end.
    links: Vec<(usize, usize)>,
    done: Vec<u64>,
    /// Where in `done` the unknown operations begin.
    words: usize,
    visited: Visited<M::State>,
    states: usize,
}

/// By the known operations that are done, and the state.
type Visited<S> = HashMap<(Box<[u64]>, S), Vec<Reached<S>>>;

/// How a set of known operations and a state were reached: the unknown operations that it took, and the state before
/// the last of them, if that was the last operation.
type Reached<S> = (Box<[u64]>, Option<S>);

/// A choice that was made, to be taken back.
struct Frame<S> {
    chosen: Choice,
    /// Before it.
    state: S,
    /// Before that, if that was an unknown operation.
    before: Option<S>,
    /// Nothing else has to be tried in its place.
    forced: bool,
}

#[derive(Clone, Copy)]
enum Choice {
    /// A call, by its place in the links.
    Known(usize),
    /// By its number.
    Unknown(usize),
}

/// Looks for an order that explains `history` from state `initial`.
///
/// # Errors
/// Why there is none: what was explained at most, and the operations that it could not go on with.
pub fn check<M: Model>(initial: M::State, history: &History<M>) -> Result<(), String> {
    Search::<M>::new(history).run(initial)
}

impl<'a, M: Model> Search<'a, M> {
    fn new(history: &'a History<M>) -> Self {
        let of = |wanted: fn(&Outcome<M::Output>) -> bool| {
            let mut found: Vec<_> = history.iter().filter(|operation| wanted(&operation.outcome)).collect();
            found.sort_by_key(|operation| operation.invoked_ns);
            found
        };
        let known = of(|outcome| matches!(outcome, Outcome::Ok(_)));
        let unknown = of(|outcome| matches!(outcome, Outcome::Unknown));
        // Element 2i is the call of operation i, 2i + 1 its return. At the same time calls come first: they overlap.
        let mut order: Vec<usize> = (0..2 * known.len()).collect();
        let time = |at: usize| if at.is_multiple_of(2) { known[at / 2].invoked_ns } else { known[at / 2].completed_ns };
        order.sort_by_key(|at| (time(*at), at % 2, *at));
        let head = 2 * known.len();
        let mut links = vec![(head, head); head + 1];
        let mut last = head;
        for at in order {
            links[last].0 = at;
            links[at] = (head, last);
            links[head].1 = at;
            last = at;
        }
        let words = known.len().div_ceil(64);
        let done = vec![0; words + unknown.len().div_ceil(64)];
        Self { known, unknown, links, done, words, visited: HashMap::new(), states: 0 }
    }

    fn run(mut self, initial: M::State) -> Result<(), String> {
        let head = 2 * self.known.len();
        let (mut state, mut before) = (initial, None);
        let mut stack: Vec<Frame<M::State>> = Vec::new();
        let mut next = Choice::Known(self.links[head].0);
        let (mut best, mut explanation) = (0, String::new());
        loop {
            if self.links[head].0 == head {
                return Ok(());
            }
            match self.advance(next, &state, before.as_ref()) {
                Some((chosen, after)) => {
                    let unknown = matches!(chosen, Choice::Unknown(_));
                    let forced = matches!(chosen, Choice::Known(call) if self.is_read(call));
                    stack.push(Frame { chosen, state: state.clone(), before: before.take(), forced });
                    before = unknown.then(|| state.clone());
                    state = after;
                    next = Choice::Known(self.links[head].0);
                }
                None => {
                    if stack.len() > best || explanation.is_empty() {
                        best = stack.len();
                        explanation = self.explain(best, &state);
                    }
                    let Some(frame) = stack.pop() else { return Err(explanation) };
                    self.put_back(frame.chosen);
                    (state, before) = (frame.state, frame.before);
                    next = match frame.chosen {
                        _ if frame.forced => Choice::Unknown(self.unknown.len()),
                        Choice::Known(at) => Choice::Known(self.links[at].0),
                        Choice::Unknown(i) => Choice::Unknown(i + 1),
                    };
                }
            }
            if self.states > VISITED_MAX {
                return Err(format!("gave up after {VISITED_MAX} states; {explanation}"));
            }
        }
    }

    /// The next operation, from `from` on, that can come now and leads to something new; it is taken out.
    fn advance(&mut self, from: Choice, state: &M::State, before: Option<&M::State>) -> Option<(Choice, M::State)> {
        let head = 2 * self.known.len();
        if let Choice::Known(at) = from {
            if at == self.links[head].0
                && let Some(at) =
                    self.first_call(at, |input, output| M::is_read(input, output) && M::step(state, input).1 == *output)
            {
                // Looked at before: so was all that could follow.
                return self.enter(at / 2, state, None).then(|| {
                    self.take_out(at);
                    (Choice::Known(at), state.clone())
                });
            }
            let mut at = at;
            while let Some(call) = self.first_call(at, |input, output| M::step(state, input).1 == *output) {
                let (input, output) = self.call(call);
                let after = M::step(state, input).0;
                if !redundant::<M>(before, input, &after, Some(output)) && self.enter(call / 2, &after, None) {
                    self.take_out(call);
                    return Some((Choice::Known(call), after));
                }
                at = self.links[call].0;
            }
        }
        let first = if let Choice::Unknown(i) = from { i } else { 0 };
        let limit = self.first_return_ns();
        for i in first..self.unknown.len() {
            let operation = self.unknown[i];
            if operation.invoked_ns > limit {
                break;
            }
            let number = self.number(i);
            let earlier = |j: usize| self.unknown[j].input == operation.input && !self.is_done(self.number(j));
            if self.is_done(number) || (0..i).any(earlier) {
                continue;
            }
            let (after, _) = M::step(state, &operation.input);
            if after != *state
                && !redundant::<M>(before, &operation.input, &after, None)
                && self.enter(number, &after, Some(state))
            {
                return Some((Choice::Unknown(i), after));
            }
        }
        None
    }

    fn call(&self, call: usize) -> (&'a M::Input, &'a M::Output) {
        let operation = self.known[call / 2];
        match &operation.outcome {
            Outcome::Ok(output) => (&operation.input, output),
            _ => unreachable!("only operations with an answer are known"),
        }
    }

    /// The first such call from `at` on. Up to the first return: what was called behind it cannot come before it.
    fn first_call(&self, mut at: usize, such: impl Fn(&M::Input, &M::Output) -> bool) -> Option<usize> {
        while at.is_multiple_of(2) && at < 2 * self.known.len() {
            let (input, output) = self.call(at);
            if such(input, output) {
                return Some(at);
            }
            at = self.links[at].0;
        }
        None
    }

    fn first_return_ns(&self) -> u64 {
        let head = 2 * self.known.len();
        let mut at = self.links[head].0;
        while at.is_multiple_of(2) && at < head {
            at = self.links[at].0;
        }
        self.known.get(at / 2).map_or(u64::MAX, |operation| operation.completed_ns)
    }

    fn is_done(&self, number: usize) -> bool {
        self.done[number / 64] & (1 << (number % 64)) != 0
    }

    /// The place of an unknown operation in `done`.
    fn number(&self, unknown: usize) -> usize {
        self.words * 64 + unknown
    }

    /// Marks an operation as done, unless what follows has been looked at already, or more than that.
    fn enter(&mut self, number: usize, after: &M::State, before: Option<&M::State>) -> bool {
        self.done[number / 64] |= 1 << (number % 64);
        let (known, unknown) = self.done.split_at(self.words);
        let reached = self.visited.entry((known.into(), after.clone())).or_default();
        let fewer = |one: &[u64], other: &[u64]| one.iter().zip(other).all(|(one, other)| one & !other == 0);
        let covers = |(seen, by): &Reached<M::State>| (by.is_none() || by.as_ref() == before) && fewer(seen, unknown);
        let new = !reached.iter().any(covers);
        if new {
            reached.push((unknown.into(), before.cloned()));
            self.states += 1;
        } else {
            self.done[number / 64] &= !(1 << (number % 64));
        }
        new
    }

    fn is_read(&self, call: usize) -> bool {
        let (input, output) = self.call(call);
        M::is_read(input, output)
    }

    fn take_out(&mut self, call: usize) {
        for at in [call, call + 1] {
            let (next, previous) = self.links[at];
            self.links[previous].0 = next;
            self.links[next].1 = previous;
        }
    }

    fn put_back(&mut self, chosen: Choice) {
        let number = match chosen {
            Choice::Known(call) => {
                for at in [call + 1, call] {
                    let (next, previous) = self.links[at];
                    self.links[previous].0 = at;
                    self.links[next].1 = at;
                }
                call / 2
            }
            Choice::Unknown(i) => self.number(i),
        };
        self.done[number / 64] &= !(1 << (number % 64));
    }

    fn explain(&self, explained: usize, state: &M::State) -> String {
        let limit = self.first_return_ns();
        let open = |number: usize, operation: &Operation<M::Input, M::Output>| {
            !self.is_done(number) && operation.invoked_ns <= limit
        };
        let known = self.known.iter().enumerate();
        let all = known.chain(self.unknown.iter().enumerate().map(|(i, operation)| (self.number(i), operation)));
        let stuck: Vec<String> = all.filter(|(i, o)| open(*i, o)).map(|(_, o)| format!("  {o:?}")).collect();
        format!(
            "after {explained} operations the state is {state:?}, and none of these can come next:\n{}",
            stuck.join("\n")
        )
    }
}

/// True if the unknown operation between `before` and now makes no difference to what comes next.
fn redundant<M: Model>(
    before: Option<&M::State>,
    input: &M::Input,
    after: &M::State,
    output: Option<&M::Output>,
) -> bool {
    before.is_some_and(|before| {
        let (without, answer) = M::step(before, input);
        without == *after && output.is_none_or(|output| *output == answer)
    })
}
