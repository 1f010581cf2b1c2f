//! CLIENT LIST, INFO

use std::collections::BTreeSet;
use std::sync::Arc;

use super::line::line;
use super::{ADMIN, ClientType, PLAIN, client_type, doc};
use crate::command::context::{Answer, Call, Client};
use crate::command::{Arg, ArgKind, Flags, Spec};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};

pub static INFO: Spec = Spec::session(
    "client|info",
    2,
    PLAIN.union(Flags::CUTS_GROUP),
    doc("6.2.0", "Shows the connection as CLIENT LIST does."),
    info,
);
pub static LIST: Spec = Spec::session(
    "client|list",
    -2,
    ADMIN.union(Flags::CUTS_GROUP),
    doc("2.4.0", "Shows the connections of this node.").args(&[
        Arg::new(
            "client-type",
            ArgKind::OneOf(&[
                Arg::word("normal", "NORMAL"),
                Arg::word("master", "MASTER"),
                Arg::word("replica", "REPLICA"),
                Arg::word("pubsub", "PUBSUB"),
            ]),
        )
        .token("TYPE")
        .optional(),
        Arg::new("client-id", ArgKind::Integer).token("ID").optional().multiple(),
    ]),
    list,
);

fn info(call: &mut Call<'_>, _args: &Args) -> Answer {
    call.session.show();
    shown(call, vec![call.session.client.clone()])
}

fn list(call: &mut Call<'_>, args: &Args) -> Answer {
    call.session.show();
    let wanted = match wanted(args) {
        Ok(wanted) => wanted,
        Err(error) => return Reply::Error(error).into(),
    };
    let is_wanted = |client: &Arc<Client>| match &wanted {
        Wanted::All => true,
        Wanted::Type(kind) => kind.fits(client),
        Wanted::Ids(ids) => ids.contains(&client.id),
    };
    shown(call, call.node.clients().into_iter().filter(is_wanted).collect())
}

/// A line for each. The state is asked only if one of them watches keys.
fn shown(call: &Call<'_>, clients: Vec<Arc<Client>>) -> Answer {
    let now_ms = call.node.process().now_ms;
    let watched: Vec<_> = clients.iter().map(|client| client.shown.lock().watched.clone()).collect();
    let lines = move |changed: &[bool]| {
        let mut text = Vec::new();
        for (client, is_dirty) in clients.iter().zip(changed) {
            text.extend(line(client, now_ms, *is_dirty));
            text.push(b'\n');
        }
        Reply::Verbatim(*b"txt", text.into())
    };
    if watched.iter().all(|marks| marks.is_empty()) {
        return lines(&vec![false; watched.len()]).into();
    }
    let node = call.node.clone();
    Answer::later(async move { lines(&node.have_changed(watched).await) })
}

enum Wanted {
    All,
    Type(ClientType),
    Ids(BTreeSet<u64>),
}

fn wanted(args: &Args) -> Result<Wanted, ReplyError> {
    match args.len() {
        2 => Ok(Wanted::All),
        4 if args.is(2, "type") => client_type(args.arg(3)).map(Wanted::Type),
        4.. if args.is(2, "id") => args
            .from(3)
            .map(|id| parse_i64(id).map(|id| id as u64))
            .collect::<Option<BTreeSet<u64>>>()
            .map(Wanted::Ids)
            .ok_or(ReplyError::new("ERR Invalid client ID")),
        _ => Err(SYNTAX),
    }
}
