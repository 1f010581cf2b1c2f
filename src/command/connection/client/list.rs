//! CLIENT LIST, INFO

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;

use super::line::line;
use super::{ADMIN, ClientType, PLAIN, client_type, doc, nodes_of};
use crate::command::context::{Answer, Call, Client, ClientsAnswer, Node};
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
    doc("2.4.0", "Shows the connections of all nodes that answer.").args(&[
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
    let lines = lines(call.node, vec![call.session.client.clone()]);
    Answer::later(async move { shown(lines.await) })
}

fn list(call: &mut Call<'_>, args: &Args) -> Answer {
    call.session.show();
    let wanted = match wanted(args) {
        Ok(wanted) => wanted,
        Err(error) => return Reply::Error(error).into(),
    };
    let nodes = match &wanted {
        Wanted::Ids(ids) => nodes_of(ids.iter().copied()),
        Wanted::All | Wanted::Type(_) => None,
    };
    let own = lines(call.node, wanted.of(&**call.node));
    let others = call.node.ask_others(nodes, args);
    Answer::later(async move {
        let (mut lines, others) = futures::join!(own, others);
        lines.extend(others.into_iter().flat_map(|answer| answer.lines));
        lines.sort_by_key(|(id, _)| *id);
        shown(lines)
    })
}

/// What another node is told that sends CLIENT LIST on.
pub fn here(node: &Arc<dyn Node>, args: &Args) -> BoxFuture<'static, ClientsAnswer> {
    let clients = wanted(args).map(|wanted| wanted.of(&**node)).unwrap_or_default();
    let lines = lines(node, clients);
    Box::pin(async move { ClientsAnswer { lines: lines.await, ..ClientsAnswer::default() } })
}

fn shown(lines: Vec<(u64, Bytes)>) -> Reply {
    let mut text = Vec::with_capacity(lines.iter().map(|(_, line)| line.len() + 1).sum());
    for (_, line) in lines {
        text.extend_from_slice(&line);
        text.push(b'\n');
    }
    Reply::Verbatim(*b"txt", text.into())
}

/// A line for each, by id. The state is asked only if one of them watches keys; else they are as they are now.
fn lines(node: &Arc<dyn Node>, clients: Vec<Arc<Client>>) -> BoxFuture<'static, Vec<(u64, Bytes)>> {
    let now_ms = node.process().now_ms;
    let watched: Vec<_> = clients.iter().map(|client| client.shown.lock().watched.clone()).collect();
    let lines = move |changed: &[bool]| {
        let each = clients.iter().zip(changed);
        each.map(|(client, is_dirty)| (client.id, line(client, now_ms, *is_dirty).into())).collect()
    };
    if watched.iter().all(|marks| marks.is_empty()) {
        let lines = lines(&vec![false; watched.len()]);
        return Box::pin(async { lines });
    }
    let node = node.clone();
    Box::pin(async move { lines(&node.have_changed(watched).await) })
}

enum Wanted {
    All,
    Type(ClientType),
    Ids(BTreeSet<u64>),
}

impl Wanted {
    /// Those of this node.
    fn of(&self, node: &dyn Node) -> Vec<Arc<Client>> {
        let is_wanted = |client: &Arc<Client>| match self {
            Self::All => true,
            Self::Type(kind) => kind.fits(client),
            Self::Ids(ids) => ids.contains(&client.id),
        };
        node.clients().into_iter().filter(is_wanted).collect()
    }
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
