//! CLUSTER INFO

use std::fmt::Display;

use super::topology::{Topology, answer};
use super::{OF_MEMBERS, doc};
use crate::command::Spec;
use crate::protocol::Reply;
use crate::store::SLOTS;

pub static SPEC: Spec = Spec::session(
    "cluster|info",
    2,
    OF_MEMBERS,
    doc("3.0.0", "O(N) with the number of members", "Tells whether there is a leader, and of what epoch."),
    |call, _| answer(call, |topology| Ok(Reply::Verbatim(*b"txt", text(topology).into()))),
);

/// Messages are not counted by kind, so no `cluster_stats_messages_…` are shown.
fn text(topology: &Topology) -> String {
    let mut text = String::new();
    let mut field = |name: &str, value: &dyn Display| text.push_str(&format!("{name}:{value}\r\n"));
    let assigned = topology.leader.map_or(0, |_| SLOTS);
    let (ok, fail) = if topology.is_led { (assigned, 0) } else { (0, assigned) };
    field("cluster_state", &if topology.is_led { "ok" } else { "fail" });
    field("cluster_slots_assigned", &assigned);
    field("cluster_slots_ok", &ok);
    field("cluster_slots_pfail", &0);
    field("cluster_slots_fail", &fail);
    field("cluster_known_nodes", &topology.nodes.len());
    field("cluster_size", &usize::from(topology.leader.is_some()));
    field("cluster_current_epoch", &topology.term);
    field("cluster_my_epoch", &topology.term);
    text
}

#[cfg(test)]
mod tests {
    use super::super::topology::testing::{led, unled};
    use super::text;

    #[test]
    fn a_cluster_is_ok_while_a_leader_is_heard() {
        let shown = "cluster_state:ok\r\ncluster_slots_assigned:16384\r\ncluster_slots_ok:16384\r\ncluster_slots_pfail:0\r\n\
                     cluster_slots_fail:0\r\ncluster_known_nodes:3\r\ncluster_size:1\r\ncluster_current_epoch:7\r\n\
                     cluster_my_epoch:7\r\n";
        assert_eq!(text(&led()), shown);
    }

    #[test]
    fn a_cluster_without_a_leader_has_failed() {
        let shown = text(&unled(Some(2)));
        assert!(
            shown.starts_with("cluster_state:fail\r\ncluster_slots_assigned:16384\r\ncluster_slots_ok:0\r\n"),
            "{shown}"
        );
        assert!(shown.contains("cluster_slots_fail:16384\r\n") && shown.contains("cluster_size:1\r\n"), "{shown}");
        let shown = text(&unled(None));
        assert!(
            shown.starts_with("cluster_state:fail\r\ncluster_slots_assigned:0\r\ncluster_slots_ok:0\r\n"),
            "{shown}"
        );
        assert!(shown.contains("cluster_slots_fail:0\r\n") && shown.contains("cluster_size:0\r\n"), "{shown}");
    }
}
