//! What a session command gets and gives.

use crate::protocol::Reply;

/// The connection and the node that a session command runs on.
pub struct Call<'a> {
    /// Placeholder lifetime until the session lands.
    pub resp: &'a crate::protocol::Resp,
}

/// What a session command answers.
pub enum Answer {
    /// At once.
    Reply(Reply),
}
