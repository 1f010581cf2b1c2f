//! INFO persistence, stats, commandstats, errorstats, keyspace.

use std::sync::atomic::{AtomicU64, Ordering};

use super::super::save::last_save_s;
use super::{Facts, Section};
use crate::command::runnable;

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

pub fn persistence(section: &mut Section, facts: &Facts) {
    let loading = !facts.cluster.has_leader;
    let snapshots = facts.server.router.group().map(|group| &group.snapshots.stats);
    let of = |counter: fn(&crate::replication::snapshot::SnapshotStats) -> &AtomicU64| {
        snapshots.map_or(0, |stats| get(counter(stats)))
    };
    section.field("loading", u8::from(loading));
    if loading {
        section.field("loading_start_time", facts.server.stats.started_ms / 1000);
        section.field("loading_eta_seconds", 1);
    }
    section.field("async_loading", 0);
    let unsaved = facts.server.router.group().map_or(0, |group| {
        group.applied().index.saturating_sub(group.snapshots.dir.latest().map_or(0, |id| id.last_index))
    });
    section.field("rdb_changes_since_last_save", unsaved);
    section.field("rdb_bgsave_in_progress", of(|stats| &stats.in_progress));
    section.field("rdb_last_save_time", last_save_s(&facts.server));
    let failed = facts.server.router.group().is_some_and(|group| group.snapshots.failures.last_failed());
    section.field("rdb_last_bgsave_status", if failed { "err" } else { "ok" });
    section.field("rdb_saves", of(|stats| &stats.taken));
    // The Raft log is an append-only file that is fsynced before every answer.
    section.field("aof_enabled", 1);
    section.field("aof_rewrite_in_progress", 0);
    section.field("aof_rewrite_scheduled", 0);
    section.field("aof_last_bgrewrite_status", "ok");
    section.field("aof_last_write_status", "ok");
    section.field("aof_current_size", facts.server.router.group().map_or(0, |group| group.log.disk_bytes()));
}

pub fn stats(section: &mut Section, facts: &Facts) {
    let stats = &facts.server.stats;
    let [commands_per_s, input_per_s, output_per_s] = stats.rates();
    section.field("total_connections_received", get(&stats.connections));
    section.field("total_commands_processed", get(&stats.commands));
    section.field("instantaneous_ops_per_sec", commands_per_s);
    section.field("total_net_input_bytes", get(&stats.input_bytes));
    section.field("total_net_output_bytes", get(&stats.output_bytes));
    section.field("instantaneous_input_kbps", format!("{:.2}", input_per_s as f64 / 1024.0));
    section.field("instantaneous_output_kbps", format!("{:.2}", output_per_s as f64 / 1024.0));
    section.field("rejected_connections", get(&stats.rejected_connections));
    let keys = facts.server.router.executor().map(|executor| &executor.key_stats);
    section.field("expired_keys", keys.map_or(0, |keys| get(&keys.expired)));
    section.field("evicted_keys", 0);
    section.field("evicted_clients", 0);
    section.field("keyspace_hits", keys.map_or(0, |keys| get(&keys.hits)));
    section.field("keyspace_misses", keys.map_or(0, |keys| get(&keys.misses)));
    section.field("pubsub_channels", 0);
    section.field("pubsub_patterns", 0);
    section.field("total_error_replies", get(&stats.errors));
    section.field("total_reads_processed", get(&stats.reads));
    section.field("total_writes_processed", get(&stats.writes));
}

pub fn commands(section: &mut Section, facts: &Facts) {
    for spec in runnable() {
        let Some(stats) = facts.server.stats.of(spec) else { continue };
        let (calls, usec) = (get(&stats.calls), get(&stats.usec));
        let (rejected, failed) = (get(&stats.rejected), get(&stats.failed));
        if calls + rejected == 0 {
            continue;
        }
        let per_call = usec as f64 / calls.max(1) as f64;
        section.field(
            &format!("cmdstat_{}", spec.name),
            format!(
                "calls={calls},usec={usec},usec_per_call={per_call:.2},rejected_calls={rejected},failed_calls={failed}"
            ),
        );
    }
}

pub fn errors(section: &mut Section, facts: &Facts) {
    for (code, count) in facts.server.stats.errors_by_code() {
        section.field(&format!("errorstat_{}", String::from_utf8_lossy(&code)), format!("count={count}"));
    }
}

pub fn keyspace(section: &mut Section, facts: &Facts) {
    for (db, keys, expires, average) in &facts.keyspace {
        section.field(&format!("db{db}"), format!("keys={keys},expires={expires},avg_ttl={average}"));
    }
}
