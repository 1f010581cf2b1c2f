//! Sends a change of users through the log. The first one brings the users of this node with it.

use std::sync::Arc;

use futures::future::BoxFuture;

use super::{BEGIN, SET};
use crate::command::Spec;
use crate::command::context::Node;
use crate::protocol::{Args, Reply};
use crate::store::{DEFAULT_USER, Users, hash_password, hexadecimal};

/// Changes users by an entry of this command.
pub fn change(node: &Arc<dyn Node>, spec: &'static Spec, args: Args) -> BoxFuture<'static, Reply> {
    let node = node.clone();
    Box::pin(async move {
        if let Some(own) = node.own_users() {
            let reply = node.execute(&BEGIN, begin_args(&own)).await;
            if reply.is_error() {
                return reply;
            }
        }
        node.execute(spec, args).await
    })
}

/// The arguments of an entry that makes these the first users.
pub fn begin_args(users: &Users) -> Args {
    Args::from_slices(std::iter::once(BEGIN.name.as_bytes().to_vec()).chain(users.iter().map(|user| user.line())))
}

/// The arguments of an entry that gives the default user this password alone (`requirepass`); an empty one: it needs none.
pub fn password_args(password: &[u8]) -> Args {
    let rule = match password {
        [] => "nopass".to_owned(),
        _ => format!("#{}", hexadecimal(&hash_password(password))),
    };
    Args::from_slices([SET.name, DEFAULT_USER, "resetpass", &rule])
}
