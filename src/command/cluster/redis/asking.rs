//! ASKING

use crate::command::{Doc, Family, Flags, Spec};
use crate::protocol::Reply;

/// ASKING. No slot is ever on its way to another shard, so there is nothing that it could allow.
pub static SPEC: Spec = Spec::session(
    "asking",
    1,
    Flags::FAST.union(Flags::OF_CLUSTER),
    Doc::new(
        Family::Cluster,
        "3.0.0",
        "O(1)",
        "Says that the next command follows a redirection; here there are none.",
    ),
    |_, _| Reply::Ok.into(),
)
.categories(crate::command::Categories::CONNECTION)
.since(3);
