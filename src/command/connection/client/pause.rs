//! CLIENT PAUSE, UNPAUSE, UNBLOCK

use std::time::Duration;

use super::{ADMIN, doc, nodes_of};
use crate::command::context::{Answer, Call, Node, Unblock};
use crate::command::{Arg, ArgKind, Flags, Spec, waiting};
use crate::error::{NOT_AN_INTEGER, ReplyError};
use crate::protocol::{Args, Reply, parse_i64};

pub static PAUSE: Spec = Spec::session(
    "client|pause",
    -3,
    ADMIN,
    doc("3.0.0", "Holds the commands of this node's clients back for a time.").args(&[
        Arg::new("timeout", ArgKind::Integer),
        Arg::new("mode", ArgKind::OneOf(&[Arg::word("write", "WRITE"), Arg::word("all", "ALL")])).optional(),
    ]),
    pause,
);
pub static UNPAUSE: Spec =
    Spec::session("client|unpause", 2, ADMIN, doc("6.2.0", "Ends CLIENT PAUSE."), |call: &mut Call<'_>, _| {
        call.node.unpause();
        Reply::Ok.into()
    });
pub static UNBLOCK: Spec = Spec::session(
    "client|unblock",
    -3,
    ADMIN.union(Flags::CUTS_GROUP),
    doc("5.0.0", "Ends the wait of another client.").args(&[
        Arg::new("client-id", ArgKind::Integer),
        Arg::new("unblock-type", ArgKind::OneOf(&[Arg::word("timeout", "TIMEOUT"), Arg::word("error", "ERROR")]))
            .optional(),
    ]),
    unblock,
);

fn pause(call: &mut Call<'_>, args: &Args) -> Answer {
    let all = match args.len() {
        3 => true,
        4 if args.is(3, "write") => false,
        4 if args.is(3, "all") => true,
        4 => return Reply::Error(ReplyError::new("ERR CLIENT PAUSE mode must be WRITE or ALL")).into(),
        _ => return too_many(args),
    };
    match timeout_ms(args.arg(2)) {
        Ok(timeout_ms) => {
            call.node.pause(Duration::from_millis(timeout_ms), all);
            Reply::Ok.into()
        }
        Err(error) => Reply::Error(error).into(),
    }
}

/// A timeout in ms, with Redis's texts.
pub fn timeout_ms(text: &[u8]) -> Result<u64, ReplyError> {
    match parse_i64(text) {
        Some(timeout) => u64::try_from(timeout).map_err(|_| ReplyError::new("ERR timeout is negative")),
        None => Err(ReplyError::new("ERR timeout is not an integer or out of range")),
    }
}

fn unblock(call: &mut Call<'_>, args: &Args) -> Answer {
    let how = match how(args) {
        Some(how) => how,
        None if args.len() > 4 => return too_many(args),
        None => return Reply::Error(ReplyError::new("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")).into(),
    };
    let Some(id) = parse_i64(args.arg(2)) else { return Reply::Error(NOT_AN_INTEGER).into() };
    // One that waits at a node alone, this or another one; all others wait in the state, wherever they are.
    if unblock_here(&**call.node, args) {
        return Reply::Int(1).into();
    }
    let node = call.node.clone();
    let others = node.ask_others(nodes_of([id as u64]), args);
    let how = if how == Unblock::Error { "error" } else { "timeout" };
    Answer::later(async move {
        if others.await.iter().any(|answer| answer.reached > 0) {
            return Reply::Int(1);
        }
        let spec = &waiting::UNBLOCK;
        if node.raft().is_none_or(|raft| raft.level < spec.since) {
            return Reply::Int(0);
        }
        node.execute(spec, Args::from_slices([spec.name, &(id as u64 as i64).to_string(), how])).await
    })
}

/// How the wait is to end; None: the arguments do not say.
fn how(args: &Args) -> Option<Unblock> {
    match args.len() {
        3 => Some(Unblock::Timeout),
        4 if args.is(3, "timeout") => Some(Unblock::Timeout),
        4 if args.is(3, "error") => Some(Unblock::Error),
        _ => None,
    }
}

/// True if a client that waits at this node alone has been reached.
pub fn unblock_here(node: &dyn Node, args: &Args) -> bool {
    let client = parse_i64(args.arg(2)).and_then(|id| node.client(id as u64));
    how(args).zip(client).is_some_and(|(how, client)| client.unblock(how))
}

fn too_many(args: &Args) -> Answer {
    let before = "ERR unknown subcommand or wrong number of arguments for '";
    Reply::Error(ReplyError::about(before, args.arg(1), "'. Try CLIENT HELP.")).into()
}
