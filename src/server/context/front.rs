//! What this node's front end answers those of others.

use std::sync::{Arc, Weak};

use bytes::Bytes;

use crate::command::connection::for_another_node;
use crate::command::context::Node;
use crate::executor::BoxFuture;
use crate::replication::{Front, Group};
use crate::server::Server;
use crate::server::front::{decode_args, encode};

/// The server, as long as it is there: it owns the groups that own this.
struct Answering(Weak<Server>);

impl Front for Answering {
    fn asked(&self, question: Bytes) -> BoxFuture<'_, Option<Bytes>> {
        let server = self.0.upgrade();
        Box::pin(async move {
            let args = decode_args(question).ok()?;
            let node: Arc<dyn Node> = server?;
            encode(&for_another_node(&node, &args).await)
        })
    }
}

impl Server {
    /// Has other nodes answered that ask through this group.
    pub(in crate::server) fn answer_others(self: &Arc<Self>, group: &Group) {
        group.set_front(Box::new(Answering(Arc::downgrade(self))));
    }
}
