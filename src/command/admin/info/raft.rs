//! INFO replication and raft.

use std::sync::atomic::Ordering;

use super::{Facts, Section};
use crate::sys::clock::Source;

pub fn replication(section: &mut Section, facts: &Facts) {
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

pub fn raft(section: &mut Section, facts: &Facts) {
    let Some(group) = facts.server.router.group() else { return };
    let (standing, stats) = (group.raft_standing(), &group.snapshots.stats);
    let leader = group.leader();
    let role = match leader {
        Some(leader) if leader.node == group.node => "leader",
        _ if standing.is_voter => "follower",
        _ => "learner",
    };
    let installed = stats.installed.load(Ordering::Relaxed);
    section.field("raft_node_id", group.node);
    section.field("raft_cluster_id", format!("{:032x}", facts.cluster.cluster));
    section.field("raft_role", role);
    section.field("raft_term", standing.term);
    section.field("raft_leader_id", leader.map_or(0, |leader| leader.node));
    section.field("raft_members", facts.cluster.members);
    section.field("raft_voters", group.voters().len());
    section.field("raft_recovered", u8::from(group.is_recovered()));
    section.field("raft_applied_index", group.applied().index);
    section.field("raft_commit_index", standing.commit_index);
    section.field("raft_first_log_index", group.log.first_index());
    section.field("raft_last_log_index", standing.last_log_index);
    section.field("raft_last_log_term", group.log.last_log_id().map_or(0, |last| last.leader_id.term));
    section.field("raft_log_bytes", group.log.bytes_between(group.log.first_index(), standing.last_log_index + 1));
    section.field("raft_log_disk_bytes", group.log.disk_bytes());
    section.field("raft_snapshot_index", group.snapshots.dir.latest().map_or(0, |id| id.last_index));
    section.field("raft_snapshot_bytes", stats.last_bytes.load(Ordering::Relaxed));
    section.field("raft_snapshots_taken", stats.taken.load(Ordering::Relaxed));
    section.field("raft_snapshots_installed", installed);
    section.field("raft_last_catchup", if installed > 0 { "snapshot" } else { "log" });
    let source = match group.clock.source() {
        Source::None => "none",
        Source::Disk => "disk",
        Source::Live => "live",
    };
    section.field("raft_clock_source", source);
    // Without a base there is no cluster time that could differ.
    let difference = if group.clock.source() == Source::None { 0 } else { group.clock.wall_difference_ms() };
    section.field("raft_clock_wall_difference_ms", difference);
    section.field("raft_feature_level", crate::FEATURE_LEVEL);
}
