//! What TTL, PTTL, EXPIRETIME and PEXPIRETIME share.

use crate::protocol::Reply;
use crate::store::View;

/// Unit of a time argument or reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// s
    Seconds,
    /// ms
    Milliseconds,
}

/// What is shown of a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The time that is left.
    Left,
    /// The deadline itself.
    Deadline,
}

/// The reply: -2 without the key, -1 without a deadline. Seconds are rounded as in Redis, half a second up. A key that is
/// there has at least 1 ms left, so that nobody takes 0 for "gone".
pub fn report(view: &View<'_>, key: &[u8], shown: Shown, unit: Unit) -> Reply {
    let Some(entry) = view.peek(key) else { return Reply::Int(-2) };
    let Some(deadline_ms) = entry.deadline_ms() else { return Reply::Int(-1) };
    let ms = match shown {
        Shown::Left => deadline_ms.saturating_sub(view.now_ms()).max(1),
        Shown::Deadline => deadline_ms,
    };
    Reply::Int(match unit {
        Unit::Milliseconds => ms as i64,
        Unit::Seconds => (ms.saturating_add(500) / 1000) as i64,
    })
}
