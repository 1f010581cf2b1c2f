//! CLIENT LIST, KILL and UNBLOCK over all nodes: the node that is asked sends the command on as it is, and each answers for its own clients.
//!
//! Invariant: nothing here asks further nodes, so a question goes over one connection and ends there.

use std::sync::Arc;

use futures::future::BoxFuture;

use super::{kill, list, pause};
use crate::command::context::{ClientsAnswer, Node};
use crate::protocol::Args;

/// What this node answers to one that sends such a command on; nothing to what is none.
pub fn for_another_node(node: &Arc<dyn Node>, args: &Args) -> BoxFuture<'static, ClientsAnswer> {
    if args.is(1, "list") {
        return list::here(node, args);
    }
    let reached = if args.is(1, "kill") {
        kill::here(&**node, args)
    } else if args.is(1, "unblock") {
        u64::from(pause::unblock_here(&**node, args))
    } else {
        0
    };
    Box::pin(async move { ClientsAnswer { reached, ..ClientsAnswer::default() } })
}
