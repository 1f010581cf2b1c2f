//! RANDOMKEY

use crate::command::{Doc, Family, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{ELEMENT_UNITS, Entry, SHARDS, View};

pub static SPEC: Spec = Spec::read("randomkey", 1, DOC, run);

const DOC: Doc = Doc {
    summary: "Returns the name of some key.",
    since: "1.0.0",
    group: Family::Generic,
    complexity: "O(1)",
    args: &[],
};

/// Draws before all keys are gone through for one that is alive.
const DRAWS_MAX: usize = 100;

fn run(view: &View<'_>, _args: &Args) -> Outcome {
    let mut rng = view.rng();
    for _ in 0..DRAWS_MAX {
        view.work(view.db().step_len() as u64 * ELEMENT_UNITS)?;
        match view.db().random(&mut rng) {
            None => return Ok(Reply::Nil),
            Some(entry) if view.is_alive(entry) => return Ok(Reply::bulk(entry.key())),
            Some(_) => {}
        }
    }
    // Nearly all are due and not yet swept. Nil would mean that there is no key, so look.
    view.work(view.db().len() as u64 * ELEMENT_UNITS)?;
    let alive = (0..SHARDS).find_map(|shard| view.db().shard_in_order(shard).into_iter().find(|e| view.is_alive(e)));
    Ok(Reply::bulk_or_nil(alive.map(Entry::key)))
}
