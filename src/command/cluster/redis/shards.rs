//! CLUSTER SLOTS, SHARDS

use super::topology::{Health, Known, Topology, answer};
use super::{OF_MEMBERS, doc};
use crate::command::{Flags, Spec};
use crate::protocol::Reply;
use crate::store::SLOTS as SLOT_COUNT;

const OPEN: Flags = OF_MEMBERS.union(Flags::LOADING);
const LAST_SLOT: i64 = SLOT_COUNT as i64 - 1;

pub static SLOTS: Spec = Spec::session(
    "cluster|slots",
    2,
    OPEN,
    doc("3.0.0", "O(N) with the number of members", "Returns who has which slots."),
    |call, _| answer(call, |topology| Ok(slots(topology))),
);
pub static SHARDS: Spec = Spec::session(
    "cluster|shards",
    2,
    OPEN,
    doc("7.0.0", "O(N) with the number of members", "Returns the one shard and its nodes."),
    |call, _| answer(call, |topology| Ok(shards(topology))),
);

/// The leader first, then the others in order of their ids.
fn in_order(topology: &Topology) -> impl Iterator<Item = &Known> {
    let is_leader = |node: &&Known| topology.leader == Some(node.node);
    topology.nodes.iter().filter(is_leader).chain(topology.nodes.iter().filter(move |node| !is_leader(node)))
}

/// Replicas that have failed are left out, as in Redis.
fn slots(topology: &Topology) -> Reply {
    if topology.leader.is_none() {
        return Reply::Array(vec![]);
    }
    let is_shown = |node: &&Known| node.health != Health::Failed || topology.leader == Some(node.node);
    let nodes = in_order(topology).filter(is_shown).map(|node| {
        Reply::Array(vec![
            Reply::bulk(&node.host),
            Reply::Int(node.port.into()),
            Reply::bulk(topology.name(node.node)),
            Reply::Map(vec![]),
        ])
    });
    Reply::Array(vec![Reply::Array([Reply::Int(0), Reply::Int(LAST_SLOT)].into_iter().chain(nodes).collect())])
}

fn shards(topology: &Topology) -> Reply {
    let slots = topology.leader.map_or_else(Vec::new, |_| vec![Reply::Int(0), Reply::Int(LAST_SLOT)]);
    let nodes = in_order(topology).map(|node| detail(topology, node)).collect();
    let shard = vec![(Reply::bulk("slots"), Reply::Array(slots)), (Reply::bulk("nodes"), Reply::Array(nodes))];
    Reply::Array(vec![Reply::Map(shard)])
}

fn detail(topology: &Topology, node: &Known) -> Reply {
    let role = if topology.leader == Some(node.node) { "master" } else { "replica" };
    let health = if node.health == Health::Failed { "fail" } else { "online" };
    let mut fields = vec![
        ("id", Reply::bulk(topology.name(node.node))),
        ("port", Reply::Int(node.port.into())),
        ("ip", Reply::bulk(&node.host)),
        ("endpoint", Reply::bulk(&node.host)),
    ];
    if node.host.parse::<std::net::IpAddr>().is_err() {
        fields.push(("hostname", Reply::bulk(&node.host)));
    }
    fields.extend([
        ("role", Reply::bulk(role)),
        ("replication-offset", Reply::Int(node.matched as i64)),
        ("health", Reply::bulk(health)),
    ]);
    Reply::Map(fields.into_iter().map(|(name, value)| (Reply::bulk(name), value)).collect())
}

#[cfg(test)]
mod tests {
    use super::super::topology::testing::{led, unled};
    use super::*;
    use crate::protocol::Resp;
    use crate::protocol::encode;

    fn text(reply: &Reply) -> String {
        let mut out = bytes::BytesMut::new();
        encode(&mut out, reply, Resp::V2);
        String::from_utf8_lossy(&out).replace("\r\n", " ")
    }

    #[test]
    fn slots_have_the_leader_first_and_no_failed_replica() {
        let shown = text(&slots(&led()));
        let own = "$40 000000010000000000000000000000000000000a";
        let leader = "$40 000000020000000000000000000000000000000a";
        let expected = format!("*1 *4 :0 :16383 *4 $8 10.0.0.2 :7102 {leader} *0 *4 $2 n1 :7101 {own} *0 ");
        assert_eq!(shown, expected);
        assert!(text(&slots(&unled(Some(2)))).contains("10.0.0.2"), "as in Redis, a failed master keeps its slots");
        assert_eq!(text(&slots(&unled(None))), "*0 ");
    }

    #[test]
    fn shards_tell_role_offset_and_health_of_each_node() {
        let shown = text(&shards(&led()));
        assert!(shown.starts_with("*1 *4 $5 slots *2 :0 :16383 $5 nodes *3 *14 $2 id $40 00000002"), "{shown}");
        assert!(shown.contains("$4 role $6 master $18 replication-offset :90 $6 health $6 online "), "{shown}");
        assert!(shown.contains("$2 ip $2 n1 $8 endpoint $2 n1 $8 hostname $2 n1 $4 role $7 replica"), "{shown}");
        assert!(shown.ends_with("$18 replication-offset :50 $6 health $4 fail "), "{shown}");
        assert!(text(&shards(&unled(None))).starts_with("*1 *4 $5 slots *0 "));
    }
}
