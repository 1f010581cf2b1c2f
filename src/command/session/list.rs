//! SESSION.LIST

use super::info::head;
use super::{LEVEL, doc};
use crate::command::{Doc, Flags, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::View;

pub static SPEC: Spec =
    Spec::read("session.list", 1, DOC, run).since(LEVEL).flags(Flags::ALWAYS_LINEARIZABLE.union(Flags::UNBOUNDED));

const DOC: Doc = doc(
    "O(N) with the number of sessions",
    "Shows all sessions, each with the number of locks that it holds, of keys that are bound to it, and of waits.",
    &[],
);

fn run(view: &View<'_>, _args: &Args) -> Outcome {
    let state = view.state();
    let living = state.sessions().iter().filter(|(id, _)| view.session(*id).is_some());
    let shown = living.map(|(id, session)| {
        let mut fields = head(view, id, session);
        for (name, count) in [
            ("locks", state.session_hold_count(id)),
            ("keys", state.sessions().key_count(id)),
            ("waiters", state.waiters().of_session(id).count() as u64),
        ] {
            fields.push((Reply::bulk(name), Reply::Int(count as i64)));
        }
        Reply::Map(fields)
    });
    Ok(Reply::Array(shown.collect()))
}
