//! CLUSTER MYID, MYSHARDID

use super::topology::node_name;
use super::{OF_CLUSTER, doc};
use crate::command::Spec;
use crate::command::context::{Answer, Call};
use crate::protocol::Reply;

pub static MYID: Spec =
    Spec::session("cluster|myid", 2, OF_CLUSTER, doc("3.0.0", "O(1)", "Returns the id of this node."), |call, _| {
        name(call, |own| own)
    });

pub static MYSHARDID: Spec = Spec::session(
    "cluster|myshardid",
    2,
    OF_CLUSTER,
    doc("7.2.0", "O(1)", "Returns the id of the shard of this node, which is that of all."),
    // No node has this number.
    |call, _| name(call, |_| 0),
);

fn name(call: &Call<'_>, of: fn(u64) -> u64) -> Answer {
    call.node.identity().map(|identity| Reply::bulk(node_name(identity.cluster, of(identity.node)))).into()
}
