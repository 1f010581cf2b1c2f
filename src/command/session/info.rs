//! SESSION.INFO

use super::{ID, LEVEL, check_id, doc, session_id};
use crate::command::{Doc, Flags, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Session, View};

pub static SPEC: Spec =
    Spec::read("session.info", 2, DOC, run).since(LEVEL).flags(Flags::ALWAYS_LINEARIZABLE).check(check_id);

const DOC: Doc = doc(
    "O(N) with what the session holds and binds",
    "Shows a session with the locks that it holds and the keys that are bound to it.",
    &[ID],
);

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let id = session_id(args.arg(1))?;
    let Some(session) = view.session(id) else { return Ok(Reply::Nil) };
    let state = view.state();
    let locks = state.session_holds(id).map(|(db, name, token)| {
        Reply::map([("db", Reply::Int(db as i64)), ("name", Reply::bulk(name)), ("token", Reply::Int(token as i64))])
    });
    let locks = Reply::Array(locks.collect());
    let keys = state.sessions().keys_of(id);
    let keys = keys.map(|(db, name)| Reply::map([("db", Reply::Int(db as i64)), ("name", Reply::bulk(name))]));
    let keys = Reply::Array(keys.collect());
    let mut fields = head(view, id, session);
    fields.push((Reply::bulk("locks"), locks));
    fields.push((Reply::bulk("keys"), keys));
    fields.push((Reply::bulk("waiters"), Reply::Int(state.waiters().of_session(id).count() as i64)));
    Ok(Reply::Map(fields))
}

/// What INFO and LIST show alike.
pub(super) fn head(view: &View<'_>, id: u64, session: &Session) -> Vec<(Reply, Reply)> {
    let from = session.from.map_or_else(String::new, |addr| addr.to_string());
    let fields = [
        ("id", Reply::Int(id as i64)),
        ("name", Reply::bulk(&session.label)),
        ("timeout_ms", Reply::Int(session.timeout_ms as i64)),
        ("ttl_ms", Reply::Int(session.deadline_ms.saturating_sub(view.now_ms()) as i64)),
        ("age_ms", Reply::Int(view.now_ms().saturating_sub(session.opened_ms) as i64)),
        ("client", Reply::bulk(from)),
    ];
    fields.into_iter().map(|(name, value)| (Reply::bulk(name), value)).collect()
}
