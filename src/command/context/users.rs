//! The users as the node sees them, and what it denies.

use std::sync::Arc;

use futures::future::BoxFuture;

use super::{AclEntry, Acting, Client};
use crate::store::{Denied, Users};

/// See the module's header.
pub trait UsersHere: Send + Sync {
    /// The users by whom connections of this node are judged: those of the state as far as it is applied here, or the node's own.
    fn users(&self) -> Arc<Users>;
    /// Another number for each change of those; see [`Acting::seen`].
    fn users_seen(&self) -> u64;
    /// The node's own users, while the state has none.
    fn own_users(&self) -> Option<Arc<Users>>;
    /// `acl-pubsub-default allchannels`, as far as the log is applied here.
    fn opens_channels(&self) -> bool;
    /// Who a connection is that has not said so.
    fn newcomer(&self) -> Acting;
    /// Notes what a client may not do.
    fn deny(&self, client: &Client, context: &'static str, what: Denied, object: &[u8], user: &[u8]);
    /// The newest entries of ACL LOG, newest first.
    fn acl_log(&self, count: usize) -> Vec<AclEntry>;
    /// ACL LOG RESET
    fn clear_acl_log(&self);
    /// A random number.
    fn random(&self) -> u64;
    /// Reads a file of users.
    ///
    /// # Errors
    /// The disk's, in words.
    fn read_file(&self, path: String) -> BoxFuture<'_, Result<Vec<u8>, String>>;
    /// Writes one, whole or not at all.
    ///
    /// # Errors
    /// The disk's, in words.
    fn write_file(&self, path: String, bytes: Vec<u8>) -> BoxFuture<'_, Result<(), String>>;
}
