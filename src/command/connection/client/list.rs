//! CLIENT LIST, INFO

use std::collections::BTreeSet;

use super::line::line;
use super::{ADMIN, PLAIN, doc, is_normal_type};
use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, Spec};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};

pub static INFO: Spec =
    Spec::session("client|info", 2, PLAIN, doc("6.2.0", "Shows the connection as CLIENT LIST does."), info);
pub static LIST: Spec = Spec::session(
    "client|list",
    -2,
    ADMIN,
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
    call.session.show(0);
    let mut text = line(&call.session.client, call.node.process().now_ms);
    text.push(b'\n');
    Reply::Verbatim(*b"txt", text.into()).into()
}

fn list(call: &mut Call<'_>, args: &Args) -> Answer {
    call.session.show(0);
    let wanted = match wanted(args) {
        Ok(wanted) => wanted,
        Err(error) => return Reply::Error(error).into(),
    };
    let now_ms = call.node.process().now_ms;
    let mut text = Vec::new();
    for client in call.node.clients() {
        let shown = match &wanted {
            Wanted::All => true,
            Wanted::None => false,
            Wanted::Ids(ids) => ids.contains(&client.id),
        };
        if shown {
            text.extend(line(&client, now_ms));
            text.push(b'\n');
        }
    }
    Reply::Verbatim(*b"txt", text.into()).into()
}

enum Wanted {
    All,
    None,
    Ids(BTreeSet<u64>),
}

fn wanted(args: &Args) -> Result<Wanted, ReplyError> {
    match args.len() {
        2 => Ok(Wanted::All),
        4 if args.is(2, "type") => Ok(if is_normal_type(args.arg(3))? { Wanted::All } else { Wanted::None }),
        4.. if args.is(2, "id") => args
            .from(3)
            .map(|id| parse_i64(id).map(|id| id as u64))
            .collect::<Option<BTreeSet<u64>>>()
            .map(Wanted::Ids)
            .ok_or(ReplyError::new("ERR Invalid client ID")),
        _ => Err(SYNTAX),
    }
}
