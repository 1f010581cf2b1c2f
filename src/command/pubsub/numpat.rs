//! PUBSUB NUMPAT

use super::{LEVEL, PLAIN, doc};
use crate::command::{Flags, Spec};
use crate::protocol::Reply;
use crate::store::SubscriptionKind;

pub static SPEC: Spec = Spec::read(
    "pubsub|numpat",
    2,
    doc("2.8.0", "O(1)", "Counts the patterns that any client of any node is subscribed to."),
    |view, _| Ok(Reply::Int(view.state().subscriptions().len(SubscriptionKind::Pattern) as i64)),
)
.without(Flags::READONLY)
.flags(PLAIN)
.since(LEVEL);
