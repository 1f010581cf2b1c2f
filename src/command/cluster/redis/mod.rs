//! CLUSTER and its kin: Redis Cluster's protocol, spoken with `cluster-enabled yes`, for clients that want to know where slots are.
//!
//! There is one shard, which has all slots: the members of the Raft group. Its master is the leader, its replicas are the others, learners
//! too; the epoch is the term. Any node takes any command and passes writes on, so nobody is ever told MOVED or ASK: who is shown as the
//! master is where a write has the shortest way, and what a client has remembered from before a change of leaders stays right.
//!
//! Invariant: nobody is shown as the master but a leader that answers for itself, or, marked as failed, the last one that is known. While one is
//! elected the answer waits ([`topology::LEADER_WAIT`]).

mod asking;
mod help;
mod info;
mod keys;
mod links;
mod myid;
mod nodes;
mod refused;
mod shards;
mod topology;

pub use asking::SPEC as ASKING;

use crate::command::{Doc, Family, Flags, Spec};

/// CLUSTER. From scripts none of it, whatever the feature level is: the container says so, because before level 3 it was no container.
pub static SPEC: Spec = Spec::container(
    "cluster",
    doc("3.0.0", "Depends on the subcommand.", "Shows the members as Redis Cluster shows its nodes."),
    &[
        &refused::ADDSLOTS,
        &refused::ADDSLOTSRANGE,
        &refused::BUMPEPOCH,
        &nodes::COUNT_FAILURE_REPORTS,
        &keys::COUNTKEYSINSLOT,
        &refused::DELSLOTS,
        &refused::DELSLOTSRANGE,
        &refused::FAILOVER,
        &refused::FLUSHSLOTS,
        &refused::FORGET,
        &keys::GETKEYSINSLOT,
        &help::SPEC,
        &info::SPEC,
        &keys::KEYSLOT,
        &links::SPEC,
        &refused::MEET,
        &myid::MYID,
        &myid::MYSHARDID,
        &nodes::NODES,
        &nodes::REPLICAS,
        &refused::REPLICATE,
        &refused::RESET,
        &refused::SAVECONFIG,
        &refused::SET_CONFIG_EPOCH,
        &refused::SETSLOT,
        &shards::SHARDS,
        &nodes::SLAVES,
        &shards::SLOTS,
    ],
)
.flags(Flags::NODE_DEPENDENT);

/// Of all subcommands.
const OF_CLUSTER: Flags = Flags::STALE.union(Flags::OF_CLUSTER);
/// Of those that need to know who leads.
const OF_MEMBERS: Flags = OF_CLUSTER.union(Flags::CUTS_GROUP);

const fn doc(since: &'static str, complexity: &'static str, summary: &'static str) -> Doc {
    Doc::new(Family::Cluster, since, complexity, summary)
}
