//! What a user may do, as it is asked for each command: made of the rules by `command/access`.

use std::sync::Arc;

use bytes::Bytes;

use crate::store::{Denied, KeyPattern, PasswordHash};

/// See the module's header.
#[derive(Debug, Default)]
pub struct Permissions {
    /// The user's name.
    pub user: Bytes,
    /// The user's id; see [`crate::store::User::id`].
    pub id: u64,
    /// It may all: nothing else here has to be looked at.
    pub is_unrestricted: bool,
    /// Each allows by itself; the root is the first.
    pub selectors: Vec<Allowed>,
}

/// What one selector allows.
#[derive(Debug, Default)]
pub struct Allowed {
    /// A bit for each command, by its place in the table; None: all.
    pub commands: Option<Box<[u64]>>,
    /// First arguments of commands that are not allowed without one.
    pub first_arguments: Vec<(usize, Box<str>)>,
    /// None: all.
    pub keys: Option<Vec<KeyPattern>>,
    /// None: all.
    pub channels: Option<Vec<Bytes>>,
}

/// What ACL LOG shows of something that was denied, once or again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AclEntry {
    /// 0, 1, 2 … in this process.
    pub id: u64,
    /// How often.
    pub count: u64,
    /// What.
    pub what: Denied,
    /// `toplevel`, `multi` or `lua`.
    pub context: &'static str,
    /// The command, the key or the channel.
    pub object: Bytes,
    /// Whom.
    pub user: Bytes,
    /// Wall clock at the first time, ms.
    pub created_ms: u64,
    /// At the last, ms.
    pub updated_ms: u64,
    /// The client of the last time, as CLIENT LIST shows it.
    pub client: Bytes,
}

/// Who a connection is.
#[derive(Clone, Debug, Default)]
pub struct Acting {
    /// The user and what it may.
    pub permissions: Arc<Permissions>,
    /// It has said so, or need not.
    pub is_authenticated: bool,
    /// Which users it was looked up among. While they are the same it need not be looked up again. An odd number: the node had applied its
    /// own log; an even one: the users were a guess of the node's start, and who was let in by them is looked at again.
    pub seen: u64,
    /// By which password, if it gave one.
    pub proof: Option<PasswordHash>,
}

impl Acting {
    /// True if the users among which it was looked up were those of the state, or the node's own in a state that has none.
    pub fn is_certain(&self) -> bool {
        !self.seen.is_multiple_of(2)
    }
}
