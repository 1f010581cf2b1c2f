//! What a connection is told of its subscriptions.
//!
//! Invariant: the session has what the connection was told, in the order of its commands: it changes here alone, once the log has the
//! command and the hub has carried it out.

use bytes::{Bytes, BytesMut};

use super::{subscribe, unsubscribe};
use crate::command::Spec;
use crate::command::context::Session;
use crate::protocol::{Args, Reply, encode};
use crate::store::SubscriptionKind;

/// What each command does: the kind of names, and whether it ends subscriptions.
static ACTIONS: [(&Spec, SubscriptionKind, bool); 6] = [
    (&subscribe::SUBSCRIBE, SubscriptionKind::Channel, false),
    (&subscribe::PSUBSCRIBE, SubscriptionKind::Pattern, false),
    (&subscribe::SSUBSCRIBE, SubscriptionKind::Shard, false),
    (&unsubscribe::UNSUBSCRIBE, SubscriptionKind::Channel, true),
    (&unsubscribe::PUNSUBSCRIBE, SubscriptionKind::Pattern, true),
    (&unsubscribe::SUNSUBSCRIBE, SubscriptionKind::Shard, true),
];

/// Notes what a subscribing command that was applied has done to the session: the confirmations, one for each name, in the session's
/// version of the protocol.
pub fn confirm(session: &mut Session, spec: &Spec, args: &Args) -> Reply {
    let action = ACTIONS.iter().find(|(known, ..)| std::ptr::eq(*known, spec));
    let Some((_, kind, ends)) = action.copied() else { return Reply::Silent };
    let mut names: Vec<Option<Bytes>> = args.from(1).map(|name| Some(Bytes::copy_from_slice(name))).collect();
    if names.is_empty() {
        names = session.subscribed.names(kind).cloned().map(Some).collect();
    }
    if names.is_empty() {
        names.push(None);
    }
    let mut out = BytesMut::new();
    for given in names {
        match &given {
            Some(given) if ends => session.subscribed.remove(kind, given),
            Some(given) => session.subscribed.insert(kind, given.clone()),
            None => {}
        }
        let count = Reply::Int(session.subscribed.shown_count(kind) as i64);
        let parts = vec![Reply::bulk(spec.name), given.map_or(Reply::Nil, Reply::Bulk), count];
        encode(&mut out, &Reply::Push(parts), session.resp);
    }
    Reply::Encoded(out.freeze())
}
