//! CLUSTER NODES, REPLICAS, SLAVES, COUNT-FAILURE-REPORTS

use super::topology::{Health, Known, Topology, answer};
use super::{OF_MEMBERS, doc};
use crate::command::{Arg, ArgKind, Doc, Flags, Spec};
use crate::error::ReplyError;
use crate::protocol::Reply;

const ADMIN: Flags = OF_MEMBERS.union(Flags::ADMIN);
const NODE_ID: &[Arg] = &[Arg::new("node-id", ArgKind::String)];

pub static NODES: Spec = Spec::session(
    "cluster|nodes",
    2,
    OF_MEMBERS,
    doc("3.0.0", "O(N) with the number of members", "Returns the members, a line for each."),
    |call, _| {
        answer(call, |topology| {
            let lines: String = topology.nodes.iter().map(|node| line(topology, node) + "\n").collect();
            Ok(Reply::Verbatim(*b"txt", lines.into()))
        })
    },
);
pub static REPLICAS: Spec = Spec::session("cluster|replicas", 3, ADMIN, of_replicas("5.0.0"), |call, args| {
    let id = args.arg(2).to_vec();
    answer(call, move |topology| replicas(topology, &id))
});
pub static SLAVES: Spec = Spec::session("cluster|slaves", 3, ADMIN, of_replicas("3.0.0"), |call, args| {
    let id = args.arg(2).to_vec();
    answer(call, move |topology| replicas(topology, &id))
});
pub static COUNT_FAILURE_REPORTS: Spec = Spec::session(
    "cluster|count-failure-reports",
    3,
    ADMIN,
    doc(
        "3.0.0",
        "O(N) with the number of members",
        "Returns how many say that a member has failed: the leader, or nobody.",
    )
    .args(NODE_ID),
    |call, args| {
        let id = args.arg(2).to_vec();
        answer(call, move |topology| failure_reports(topology, &id))
    },
);

const fn of_replicas(since: &'static str) -> Doc {
    doc(since, "O(N) with the number of members", "Returns the replicas of the leader, a line for each.").args(NODE_ID)
}

/// A member's line. Pings are not noted one by one.
fn line(topology: &Topology, node: &Known) -> String {
    let Known { host, port, peer_port, .. } = node;
    let is_leader = topology.leader == Some(node.node);
    let of = topology.leader.filter(|_| !is_leader).map_or_else(|| "-".into(), |leader| topology.name(leader));
    let mut flags = String::new();
    if node.node == topology.own {
        flags.push_str("myself,");
    }
    flags.push_str(if is_leader { "master" } else { "slave" });
    flags.push_str(match node.health {
        Health::Online => "",
        Health::Unknown => ",fail?",
        Health::Failed => ",fail",
    });
    let link = if node.health == Health::Online { "connected" } else { "disconnected" };
    let slots = if is_leader { " 0-16383" } else { "" };
    format!("{} {host}:{port}@{peer_port} {flags} {of} 0 0 {} {link}{slots}", topology.name(node.node), topology.term)
}

fn failure_reports(topology: &Topology, id: &[u8]) -> Result<Reply, ReplyError> {
    let node = topology.named(id)?;
    Ok(Reply::Int(i64::from(topology.is_led && node.health == Health::Failed)))
}

fn replicas(topology: &Topology, id: &[u8]) -> Result<Reply, ReplyError> {
    let node = topology.named(id)?.node;
    if topology.leader != Some(node) {
        return Err(ReplyError::new("ERR The specified node is not a master"));
    }
    let others = topology.nodes.iter().filter(|other| other.node != node);
    Ok(Reply::bulks(others.map(|other| line(topology, other))))
}

#[cfg(test)]
mod tests {
    use super::super::topology::testing::{led, unled};
    use super::*;

    #[test]
    fn the_leader_has_all_slots_and_the_others_are_its_replicas() {
        let topology = led();
        let lines: Vec<String> = topology.nodes.iter().map(|node| line(&topology, node)).collect();
        let id = |node: u32| format!("{node:08x}0000000000000000000000000000000a");
        assert_eq!(
            lines,
            [
                format!("{} n1:7101@17101 myself,slave {} 0 0 7 connected", id(1), id(2)),
                format!("{} 10.0.0.2:7102@17102 master - 0 0 7 connected 0-16383", id(2)),
                format!("{} ::1:7103@17103 slave,fail {} 0 0 7 disconnected", id(3), id(2)),
            ]
        );
    }

    #[test]
    fn without_a_leader_the_last_one_has_failed_and_of_others_nothing_is_known() {
        let shown = |topology: &Topology| -> Vec<String> {
            let flags = |node| line(topology, node).split(' ').nth(2).unwrap_or_default().to_owned();
            topology.nodes.iter().map(flags).collect()
        };
        assert_eq!(shown(&unled(Some(2))), ["myself,slave", "master,fail", "slave,fail?"]);
        assert_eq!(shown(&unled(None)), ["myself,slave", "slave,fail?", "slave,fail?"]);
    }

    #[test]
    fn a_failure_is_reported_by_a_leader_alone() {
        let reports = |topology: &Topology| -> Vec<Reply> {
            let of = |node| failure_reports(topology, topology.name(node).as_bytes()).unwrap();
            (1..=3).map(of).collect()
        };
        assert_eq!(reports(&led()), [0, 0, 1].map(Reply::Int));
        assert_eq!(reports(&unled(Some(2))), [0, 0, 0].map(Reply::Int));
        assert_eq!(failure_reports(&led(), b"abc").unwrap_err().to_string(), "ERR Unknown node abc");
    }

    #[test]
    fn replicas_are_those_of_the_leader_alone() {
        let topology = led();
        let Ok(Reply::Array(lines)) = replicas(&topology, topology.name(2).as_bytes()) else { panic!("no lines") };
        assert_eq!(lines.len(), 2);
        let refused = replicas(&topology, topology.name(1).as_bytes()).unwrap_err();
        assert_eq!(refused.to_string(), "ERR The specified node is not a master");
        assert_eq!(replicas(&topology, b"abc").unwrap_err().to_string(), "ERR Unknown node abc");
    }
}
