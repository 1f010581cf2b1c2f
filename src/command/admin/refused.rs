//! FAILOVER, REPLICAOF, SLAVEOF: refused, with what does it here.

use super::doc;
use crate::command::context::{Answer, Call};
use crate::command::{Flags, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};

const FLAGS: Flags = Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::STALE);

pub static FAILOVER: Spec = Spec::session(
    "failover",
    -1,
    FLAGS,
    doc("6.2.0", "O(1)", "Refused: RAFT.TRANSFER hands the lead over."),
    |_: &mut Call<'_>, _| {
        refuse(
            "ERR FAILOVER is not supported, the cluster elects its leader: RAFT.TRANSFER id hands the lead to a voter",
        )
    },
);
pub static REPLICAOF: Spec = Spec::session(
    "replicaof",
    3,
    FLAGS.union(Flags::NO_ASYNC_LOADING),
    doc("5.0.0", "O(1)", "Refused: a node joins with --join, RAFT.ADD and RAFT.REMOVE."),
    replica_of,
);
pub static SLAVEOF: Spec = Spec::session(
    "slaveof",
    3,
    FLAGS.union(Flags::NO_ASYNC_LOADING),
    doc("1.0.0", "O(1)", "Refused, as REPLICAOF is."),
    replica_of,
);

fn replica_of(_call: &mut Call<'_>, _args: &Args) -> Answer {
    refuse(
        "ERR REPLICAOF is not supported, every node is part of the Raft cluster: RAFT.ADD and RAFT.REMOVE change its members",
    )
}

fn refuse(text: &'static str) -> Answer {
    Reply::Error(ReplyError::new(text)).into()
}
