//! CLUSTER LINKS

use super::{OF_CLUSTER, doc};
use crate::command::Spec;
use crate::protocol::Reply;

/// CLUSTER LINKS.
pub static SPEC: Spec = Spec::session(
    "cluster|links",
    2,
    OF_CLUSTER,
    doc(
        "7.0.0",
        "O(1)",
        "Returns the links of Redis Cluster's bus, of which there are none: RAFT.NODES shows how members are.",
    ),
    |_, _| Reply::Array(vec![]).into(),
);
