//! INFO persistence, stats, commandstats, errorstats, latencystats, keyspace.

use super::super::save::last_save_s;
use super::{Facts, Section};
use crate::command::context::{CommandCounts, DatabaseFacts};
use crate::config::latency_percentiles;

pub fn persistence(section: &mut Section, facts: &Facts<'_>) {
    let loading = !facts.cluster.has_leader;
    let snapshots = facts.snapshots;
    section.field("loading", u8::from(loading));
    if loading {
        section.field("loading_start_time", facts.node.process().started_ms / 1000);
        section.field("loading_eta_seconds", 1);
    }
    section.field("async_loading", 0);
    let (applied, log_disk_bytes) =
        facts.raft.as_ref().map_or((0, 0), |raft| (raft.applied_index, raft.log_disk_bytes));
    let unsaved = applied.saturating_sub(snapshots.last_index);
    section.field("rdb_changes_since_last_save", unsaved);
    section.field("rdb_bgsave_in_progress", u8::from(snapshots.in_progress));
    section.field("rdb_last_save_time", last_save_s(facts.node));
    let status = if snapshots.failed_in_row > 0 { "err" } else { "ok" };
    let seconds = |seconds: Option<u64>| seconds.map_or(-1, |seconds| seconds as i64);
    let (last_s, present_s) = (seconds(snapshots.last_took_s), seconds(snapshots.present_s));
    section.field("rdb_last_bgsave_status", status);
    section.field("rdb_last_bgsave_time_sec", last_s);
    section.field("rdb_current_bgsave_time_sec", present_s);
    section.field("rdb_saves", snapshots.taken);
    // The Raft log is an append-only file that is fsynced before every answer.
    section.field("aof_enabled", 1);
    // What rewrites it are snapshots, which let its beginning go.
    section.field("aof_rewrite_in_progress", u8::from(snapshots.in_progress));
    section.field("aof_rewrite_scheduled", 0);
    section.field("aof_last_rewrite_time_sec", last_s);
    section.field("aof_current_rewrite_time_sec", present_s);
    section.field("aof_rewrites", snapshots.taken);
    section.field("aof_rewrites_consecutive_failures", snapshots.failed_in_row);
    section.field("aof_last_bgrewrite_status", status);
    section.field("aof_last_write_status", "ok");
    section.field("aof_current_size", log_disk_bytes);
    section.field("aof_base_size", snapshots.last_bytes);
    section.field("aof_pending_rewrite", 0);
    // No answer is ahead of its fsync.
    section.field("aof_pending_bio_fsync", 0);
    section.field("aof_delayed_fsync", 0);
    section.field("module_fork_in_progress", 0);
    section.field("module_fork_last_cow_size", 0);
}

pub fn stats(section: &mut Section, facts: &Facts<'_>) {
    let (counters, keys) = (facts.node.counters(), facts.node.key_counts());
    let [commands_per_s, input_per_s, output_per_s] = counters.per_s;
    section.field("total_connections_received", counters.connections);
    section.field("total_commands_processed", counters.commands);
    section.field("instantaneous_ops_per_sec", commands_per_s);
    section.field("total_net_input_bytes", counters.input_bytes);
    section.field("total_net_output_bytes", counters.output_bytes);
    section.field("instantaneous_input_kbps", format!("{:.2}", input_per_s as f64 / 1024.0));
    section.field("instantaneous_output_kbps", format!("{:.2}", output_per_s as f64 / 1024.0));
    section.field("rejected_connections", counters.rejected_connections);
    section.field("expired_keys", keys.expired);
    section.field("expired_subkeys", keys.expired_fields);
    section.field("evicted_keys", keys.evicted);
    section.field("evicted_clients", 0);
    section.field("evicted_scripts", keys.evicted_scripts);
    let eviction = facts.node.eviction();
    section.field("total_eviction_exceeded_time", eviction.exceeded_ms);
    section.field("current_eviction_exceeded_time", eviction.exceeding_ms);
    section.field("keyspace_hits", keys.hits);
    section.field("keyspace_misses", keys.misses);
    let [channels, patterns, shard_channels] = facts.subscriptions;
    section.field("pubsub_channels", channels);
    section.field("pubsub_patterns", patterns);
    section.field("pubsubshard_channels", shard_channels);
    // Snapshots are taken without a fork.
    section.field("latest_fork_usec", 0);
    section.field("total_forks", 0);
    section.field("migrate_cached_sockets", 0);
    section.field("slave_expires_tracked_keys", 0);
    for nothing_is_moved in [
        "active_defrag_hits",
        "active_defrag_misses",
        "active_defrag_key_hits",
        "active_defrag_key_misses",
        "total_active_defrag_time",
        "current_active_defrag_time",
    ] {
        section.field(nothing_is_moved, 0);
    }
    let tracking = facts.node.tracking_figures();
    section.field("tracking_total_keys", tracking.keys);
    section.field("tracking_total_items", tracking.items);
    section.field("tracking_total_prefixes", tracking.prefixes);
    // Nothing but clients is answered.
    section.field("unexpected_error_replies", 0);
    section.field("total_error_replies", counters.errors);
    section.field("dump_payload_sanitizations", 0);
    section.field("total_reads_processed", counters.reads);
    section.field("total_writes_processed", counters.writes);
    section.field("io_threaded_reads_processed", 0);
    section.field("io_threaded_writes_processed", 0);
    let [auth, commands, keys, channels] = counters.denied;
    section.field("acl_access_denied_auth", auth);
    section.field("acl_access_denied_cmd", commands);
    section.field("acl_access_denied_key", keys);
    section.field("acl_access_denied_channel", channels);
}

pub fn commands(section: &mut Section, facts: &Facts<'_>) {
    for (spec, CommandCounts { calls, usec, rejected, failed }) in facts.node.counts_by_command() {
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

pub fn errors(section: &mut Section, facts: &Facts<'_>) {
    for (code, count) in facts.node.errors_by_code() {
        section.field(&format!("errorstat_{}", String::from_utf8_lossy(&code)), format!("count={count}"));
    }
}

/// Nothing while `latency-tracking` is off, as in Redis.
pub fn latencies(section: &mut Section, facts: &Facts<'_>) {
    let settings = facts.node.settings();
    let percentiles = latency_percentiles(&settings);
    let all = if settings.latency_tracking { facts.node.latencies() } else { Vec::new() };
    for (spec, latencies) in all {
        let show = |percent: &f64| format!("p{percent}={:.3}", latencies.percentile_ns(*percent) as f64 / 1000.0);
        let shown: Vec<String> = percentiles.iter().map(show).collect();
        section.field(&format!("latency_percentiles_usec_{}", spec.name), shown.join(","));
    }
}

pub fn keyspace(section: &mut Section, facts: &Facts<'_>) {
    for DatabaseFacts { index, keys, expires, average_ttl_ms, timed_hashes } in &facts.databases {
        let of_keys = format!("keys={keys},expires={expires},avg_ttl={average_ttl_ms}");
        // As in Redis 7.4, but for those alone that have such hashes: 7.2 shows no such field.
        let of_fields = if *timed_hashes > 0 { format!(",subexpiry={timed_hashes}") } else { String::new() };
        section.field(&format!("db{index}"), format!("{of_keys}{of_fields}"));
    }
}
