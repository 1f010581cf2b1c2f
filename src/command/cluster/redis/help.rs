//! CLUSTER HELP

use super::{OF_CLUSTER, doc};
use crate::command::{Flags, Spec, help};

pub static SPEC: Spec = Spec::session(
    "cluster|help",
    2,
    OF_CLUSTER.union(Flags::LOADING),
    doc("5.0.0", "O(1)", "Explains the subcommands of CLUSTER."),
    |_, _| help::reply("CLUSTER", LINES).into(),
);

const LINES: &[&str] = &[
    "COUNTKEYSINSLOT <slot>",
    "    Return the number of keys in <slot>.",
    "COUNT-FAILURE-REPORTS <node-id>",
    "    Return 1 if the leader does not hear <node-id>, else 0.",
    "GETKEYSINSLOT <slot> <count>",
    "    Return key names of a slot.",
    "INFO",
    "    Return information about the cluster.",
    "KEYSLOT <key>",
    "    Return the hash slot for <key>.",
    "LINKS",
    "    Return the connections between this node and its peers.",
    "MYID",
    "    Return the node id.",
    "MYSHARDID",
    "    Return the node's shard id.",
    "NODES",
    "    Return the members as this node sees them. Output format:",
    "    <id> <ip:port@peer-port> <flags> <master> <pings> <pongs> <epoch> <link> <slot> ...",
    "REPLICAS <node-id>",
    "    Return <node-id> replicas.",
    "SLOTS",
    "    Return information about slots range mappings. Each range is made of:",
    "    start, end, master and replicas IP addresses, ports and ids",
    "SHARDS",
    "    Return information about slot range mappings and the nodes associated with them.",
];
