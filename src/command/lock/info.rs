//! LOCK.INFO

use std::sync::Arc;

use super::held;
use super::request::NAME;
use crate::command::{Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Lock, LockMode, View, hold_left_ms};

pub static SPEC: Spec = Spec::read("lock.info", 2, DOC, run)
    .since(3)
    .flags(Flags::ALWAYS_LINEARIZABLE)
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Shows who holds a lock, and who waits for it.",
    since: "0.2.0",
    group: Family::Lock,
    complexity: "O(N) with the number of holders and waiters",
    args: &[NAME],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let name = args.arg(1);
    let holders = held::holds(view, name)?.map(|hold| {
        Reply::map([
            ("owner", Reply::bulk(&hold.owner)),
            ("token", Reply::Int(hold.token as i64)),
            ("ttl_ms", Reply::Int(hold_left_ms(hold, view.now_ms()).unwrap_or(0) as i64)),
            ("session", hold.bound.session().map_or(Reply::Nil, |id| Reply::Int(id as i64))),
            ("client", hold.from.map_or(Reply::Nil, |addr| Reply::bulk(addr.to_string()))),
        ])
    });
    let holders: Vec<Reply> = holders.collect();
    let waiters = waiters(view, name);
    let lock = view.typed::<Lock>(name)?;
    // What is waited for may be free: whoever is the first waits for another lock too.
    if lock.is_none() && waiters.is_empty() {
        return Ok(Reply::Nil);
    }
    let delayed_ms = lock.and_then(|lock| lock.delay_at(view.now_ms())).map_or(0, |until_ms| until_ms - view.now_ms());
    let mode = lock.map(Lock::mode);
    Ok(Reply::map([
        ("mode", mode.map_or(Reply::Nil, |mode| Reply::bulk(mode.name()))),
        ("limit", Reply::Int(mode.map_or(0, LockMode::number) as i64)),
        ("delay_ms", Reply::Int(delayed_ms as i64)),
        ("holders", Reply::Array(holders)),
        ("waiters", Reply::Array(waiters)),
    ]))
}

fn waiters(view: &View<'_>, name: &[u8]) -> Vec<Reply> {
    let waiters = view.state().waiters().of_key(view.db_index() as u8, Arc::from(name));
    let in_turn = waiters.filter_map(|(_, waiter)| Some((waiter.since_ms, waiter.claim.as_ref()?)));
    let shown = in_turn.map(|(since_ms, claim)| {
        Reply::map([
            ("owner", Reply::bulk(&claim.owner)),
            ("mode", Reply::bulk(claim.mode.name())),
            ("waited_ms", Reply::Int(view.now_ms().saturating_sub(since_ms) as i64)),
        ])
    });
    shown.collect()
}
