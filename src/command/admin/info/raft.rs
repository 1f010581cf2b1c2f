//! The sections of INFO that are about the data and the cluster.

use std::sync::atomic::Ordering;

use openraft::async_runtime::watch::WatchReceiver;

use super::{Source, line};
use crate::clock::Source as ClockSource;
use crate::replication::Group;

fn group<'a>(source: &Source<'a>) -> Option<&'a Group> {
    source.server.router.group().map(|group| &**group)
}

pub fn persistence(source: &Source<'_>, out: &mut String) {
    let Some(group) = group(source) else { return };
    let ready = group.is_recovered() && group.leader().is_some();
    let stats = &group.snapshot_stats;
    line(out, "loading", u8::from(!ready));
    if !ready {
        line(out, "loading_eta_seconds", 1);
    }
    line(out, "async_loading", 0);
    line(out, "rdb_changes_since_last_save", group.applied().index.saturating_sub(snapshot_index(group)));
    line(out, "rdb_bgsave_in_progress", stats.in_progress.load(Ordering::Relaxed));
    line(out, "rdb_last_save_time", stats.last_s.load(Ordering::Relaxed));
    let failed = stats.failed.load(Ordering::Relaxed) == 1;
    line(out, "rdb_last_bgsave_status", if failed { "err" } else { "ok" });
    line(out, "aof_enabled", 1);
    line(out, "aof_rewrite_in_progress", 0);
    line(out, "aof_last_write_status", "ok");
    line(out, "aof_current_size", group.log.disk_bytes());
}

pub fn replication(source: &Source<'_>, out: &mut String) {
    let Some(group) = group(source) else { return };
    let settings = source.server.settings();
    let members: Vec<(u64, String)> = group.gate.try_read().map_or_else(Vec::new, |state| {
        state.cluster.members.iter().map(|(node, member)| (*node, member.client_addr.clone())).collect()
    });
    let standings = if group.leads() { group.standings() } else { Default::default() };
    if source.server.router.shows_master(&settings) {
        line(out, "role", "master");
        let alive: Vec<&(u64, String)> = members
            .iter()
            .filter(|(node, _)| *node != group.node && standings.get(node).is_some_and(|standing| standing.alive))
            .collect();
        line(out, "connected_slaves", alive.len());
        for (i, (node, addr)) in alive.into_iter().enumerate() {
            let (host, port) = addr.rsplit_once(':').unwrap_or((addr, "0"));
            let matched = standings.get(node).map_or(0, |standing| standing.matched);
            line(out, &format!("slave{i}"), format!("ip={host},port={port},state=online,offset={matched},lag=0"));
        }
    } else {
        line(out, "role", "slave");
        let leader = group.leader();
        let addr = leader.and_then(|leader| members.iter().find(|(node, _)| *node == leader.node));
        let (host, port) = addr.and_then(|(_, addr)| addr.rsplit_once(':')).unwrap_or(("", "0"));
        line(out, "master_host", host);
        line(out, "master_port", port);
        line(out, "master_link_status", if leader.is_some() { "up" } else { "down" });
        line(out, "master_last_io_seconds_ago", 0);
        line(out, "master_sync_in_progress", 0);
        line(out, "slave_repl_offset", group.applied().index);
        line(out, "slave_read_only", 0);
        line(out, "connected_slaves", 0);
    }
    let identity = group.links.identity();
    line(out, "master_replid", format!("{:040x}", identity.cluster));
    line(out, "master_repl_offset", group.applied().index);
}

pub fn keyspace(source: &Source<'_>, out: &mut String) {
    let Some(group) = group(source) else { return };
    let Some(state) = group.gate.try_read() else { return };
    let now_ms = group.clock.estimate_ms();
    for index in 0..crate::store::DATABASES {
        let db = state.db(index);
        if !db.is_empty() {
            line(
                out,
                &format!("db{index}"),
                format!("keys={},expires={},avg_ttl={}", db.len(), db.volatile_len(), db.average_ttl_ms(now_ms)),
            );
        }
    }
}

pub fn raft(source: &Source<'_>, out: &mut String) {
    let Some(group) = group(source) else { return };
    let (applied, leader) = (group.applied(), group.leader());
    let voters = group.voters();
    let role = match leader {
        Some(leader) if leader.node == group.node => "leader",
        _ if voters.contains(&group.node) => "follower",
        _ => "learner",
    };
    line(out, "raft_cluster_id", format!("{:032x}", group.links.identity().cluster));
    line(out, "raft_node_id", group.node);
    line(out, "raft_role", role);
    line(out, "raft_leader_id", leader.map_or(0, |leader| leader.node));
    line(out, "raft_voters", voters.len());
    if let Some(raft) = group.raft() {
        let metrics = raft.metrics();
        let metrics = metrics.borrow_watched();
        line(out, "raft_term", metrics.current_term);
        line(out, "raft_last_log_index", metrics.last_log_index.unwrap_or(0));
        line(out, "raft_commit_index", metrics.local_committed.as_ref().map_or(0, |id| id.index));
    }
    line(out, "raft_applied_index", applied.index);
    line(out, "raft_recovered", u8::from(group.is_recovered()));
    line(out, "raft_log_first_index", group.log.first_index());
    line(out, "raft_log_bytes", group.log.disk_bytes());
    let stats = &group.snapshot_stats;
    line(out, "raft_snapshot_index", snapshot_index(group));
    line(out, "raft_snapshot_bytes", stats.last_bytes.load(Ordering::Relaxed));
    line(out, "raft_snapshots_taken", stats.taken.load(Ordering::Relaxed));
    let installed = stats.installed.load(Ordering::Relaxed);
    line(out, "raft_snapshots_installed", installed);
    line(out, "raft_last_catchup", if installed > 0 { "snapshot" } else { "log" });
    line(out, "raft_boot", group.origin.boot().unwrap_or(0));
    line(
        out,
        "raft_clock_source",
        match group.clock.source() {
            ClockSource::None => "none",
            ClockSource::Disk => "disk",
            ClockSource::Live => "live",
        },
    );
    line(out, "raft_clock_ahead_of_wall_ms", group.clock.wall_difference_ms());
    let level = source.session.level.unwrap_or_else(|| source.server.settings().read_consistency);
    line(out, "raft_read_consistency", format!("{level:?}").to_lowercase());
}

fn snapshot_index(group: &Group) -> u64 {
    group.snapshots.latest().map_or(0, |id| id.last_index)
}
