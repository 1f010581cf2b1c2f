//! Histories of a simulated linearizable object: each operation takes effect at one random moment between its call and its
//! return, or, with its outcome unknown, at any later moment or never.

use crate::support::linear::check::Model;
use crate::support::linear::history::{Operation, Outcome};
use crate::support::rng::Rng;

/// What to simulate.
#[derive(Clone, Copy)]
pub struct Shape {
    /// Clients, each with one operation at a time.
    pub clients: usize,
    /// Operations of all of them.
    pub operations: usize,
    /// Longest time of an operation, in ns; the longer, the more overlap.
    pub duration_ns: i64,
    /// Share of operations of unknown outcome, in percent.
    pub unknown_percent: usize,
}

/// A history that is linearizable by its making.
pub fn history<M: Model>(
    shape: Shape,
    mut state: M::State,
    rng: &mut Rng,
    mut input: impl FnMut(&mut Rng) -> M::Input,
) -> Vec<Operation<M::Input, M::Output>> {
    let mut free_ns = vec![0; shape.clients];
    let mut planned = Vec::new();
    for _ in 0..shape.operations {
        let client = rng.below(shape.clients);
        let invoked_ns = free_ns[client] + rng.between(1, shape.duration_ns);
        let mut completed_ns = invoked_ns + rng.between(1, shape.duration_ns);
        free_ns[client] = completed_ns;
        let mut effect_ns = Some(rng.between(invoked_ns, completed_ns));
        let mut outcome = Outcome::NotApplied;
        if rng.percent(shape.unknown_percent) {
            outcome = Outcome::Unknown;
            completed_ns = i64::MAX;
            effect_ns = match rng.below(3) {
                0 => None,
                1 => effect_ns,
                _ => Some(invoked_ns + rng.between(1, 30 * shape.duration_ns)),
            };
        }
        let (invoked_ns, completed_ns) = (invoked_ns as u64, completed_ns as u64);
        planned.push((effect_ns, Operation { client, input: input(rng), invoked_ns, completed_ns, outcome }));
    }
    let mut order: Vec<usize> = (0..planned.len()).filter(|i| planned[*i].0.is_some()).collect();
    order.sort_by_key(|i| planned[*i].0);
    for i in order {
        let operation = &mut planned[i].1;
        let (after, output) = M::step(&state, &operation.input);
        state = after;
        if operation.outcome != Outcome::Unknown {
            operation.outcome = Outcome::Ok(output);
        }
    }
    planned.into_iter().map(|(_, operation)| operation).collect()
}
