//! INFO replication and raft.

use super::{Facts, Section};
use crate::sys::clock::Source;

pub fn replication(section: &mut Section, facts: &Facts<'_>) {
    let view = &facts.cluster;
    let alive: Vec<_> = view.others.iter().filter(|other| other.alive).collect();
    section.field("role", if view.shows_master { "master" } else { "slave" });
    if !view.shows_master {
        let (host, port) = view.leader.clone().unwrap_or_default();
        section.field("master_host", host);
        section.field("master_port", if port.is_empty() { "0" } else { &port });
        section.field("master_link_status", if view.hears_leader { "up" } else { "down" });
        section.field("master_last_io_seconds_ago", if view.hears_leader { 0 } else { -1 });
        section.field("master_sync_in_progress", 0);
        section.field("slave_read_repl_offset", view.applied);
        section.field("slave_repl_offset", view.applied);
        section.field("slave_priority", 100);
        section.field("slave_read_only", 0);
        section.field("replica_announced", 1);
    }
    section.field("connected_slaves", alive.len());
    for (n, other) in alive.iter().enumerate() {
        let (host, port, offset) = (&other.host, &other.port, other.matched);
        section.field(
            &format!("slave{n}"),
            format!("ip={host},port={port},state=online,offset={offset},lag={}", other.lag),
        );
    }
    section.field("master_failover_state", "no-failover");
    section.field("master_replid", format!("{:032x}00000000", view.cluster));
    section.field("master_replid2", "0".repeat(40));
    section.field("master_repl_offset", view.applied);
    section.field("second_repl_offset", -1);
    section.field("repl_backlog_active", 0);
    section.field("repl_backlog_size", 0);
    section.field("repl_backlog_first_byte_offset", 0);
    section.field("repl_backlog_histlen", 0);
}

pub fn raft(section: &mut Section, facts: &Facts<'_>) {
    let Some(raft) = &facts.raft else { return };
    let snapshots = facts.snapshots;
    section.field("raft_node_id", raft.node);
    section.field("raft_cluster_id", format!("{:032x}", facts.cluster.cluster));
    section.field("raft_role", raft.role.name());
    section.field("raft_term", raft.term);
    section.field("raft_leader_id", raft.leader);
    section.field("raft_members", facts.cluster.members);
    section.field("raft_voters", raft.voters);
    section.field("raft_recovered", u8::from(raft.is_recovered));
    section.field("raft_applied_index", raft.applied_index);
    section.field("raft_commit_index", raft.commit_index);
    section.field("raft_first_log_index", raft.first_log_index);
    section.field("raft_last_log_index", raft.last_log_index);
    section.field("raft_last_log_term", raft.last_log_term);
    section.field("raft_log_bytes", raft.log_bytes);
    section.field("raft_log_tail_bytes", raft.log_tail_bytes);
    section.field("raft_log_disk_bytes", raft.log_disk_bytes);
    section.field("raft_snapshot_index", snapshots.last_index);
    section.field("raft_snapshot_bytes", snapshots.last_bytes);
    section.field("raft_snapshots_taken", snapshots.taken);
    section.field("raft_snapshots_installed", snapshots.installed);
    section.field("raft_last_catchup", if snapshots.installed > 0 { "snapshot" } else { "log" });
    let source = match raft.clock_source {
        Source::None => "none",
        Source::Disk => "disk",
        Source::Live => "live",
    };
    section.field("raft_clock_source", source);
    section.field("raft_clock_wall_difference_ms", raft.clock_wall_difference_ms);
    section.field("raft_feature_level", raft.level);
    section.field("raft_feature_level_known", raft.known_level);
}
