//! The sections of INFO that are about this process.

use std::sync::atomic::Ordering;

use super::{Source, human, line};
use crate::command::runnable;

pub fn server(source: &Source<'_>, out: &mut String) {
    let server = source.server;
    let now_ms = server.env.clocks.wall_ms();
    let uptime_s = now_ms.saturating_sub(server.stats.started_ms) / 1000;
    let settings = server.settings();
    line(out, "redis_version", crate::REDIS_VERSION);
    line(out, "lockstep_version", crate::VERSION);
    line(out, "redis_mode", "standalone");
    line(out, "os", format!("{} {}", std::env::consts::OS, std::env::consts::ARCH));
    line(out, "arch_bits", usize::BITS);
    line(out, "multiplexing_api", "epoll");
    line(out, "process_id", std::process::id());
    let process = source.server.router.group().map_or(0, |group| group.links.identity().process);
    line(out, "run_id", format!("{process:040x}"));
    line(out, "tcp_port", settings.port);
    line(out, "server_time_usec", now_ms * 1000);
    line(out, "uptime_in_seconds", uptime_s);
    line(out, "uptime_in_days", uptime_s / 86_400);
    line(out, "hz", 10);
    line(out, "config_file", "");
}

pub fn clients(source: &Source<'_>, out: &mut String) {
    let clients = source.server.clients.lock();
    line(out, "connected_clients", clients.len());
    line(out, "maxclients", source.server.settings().maxclients);
    line(out, "blocked_clients", clients.values().filter(|client| client.is_blocked()).count());
}

pub fn memory(source: &Source<'_>, out: &mut String) {
    crate::memory::sample();
    let (used, peak) = (crate::memory::used_bytes(), crate::memory::peak_bytes());
    let maxmemory = source.server.settings().maxmemory;
    line(out, "used_memory", used);
    line(out, "used_memory_human", human(used));
    line(out, "used_memory_rss", used);
    line(out, "used_memory_rss_human", human(used));
    line(out, "used_memory_peak", peak);
    line(out, "used_memory_peak_human", human(peak));
    line(out, "maxmemory", maxmemory);
    line(out, "maxmemory_human", human(maxmemory));
    line(out, "maxmemory_policy", "noeviction");
    line(out, "mem_allocator", "mimalloc");
}

pub fn stats(source: &Source<'_>, out: &mut String) {
    let stats = &source.server.stats;
    let [commands, input, output] = stats.rates();
    let get = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    line(out, "total_connections_received", get(&stats.connections));
    line(out, "total_commands_processed", get(&stats.commands));
    line(out, "instantaneous_ops_per_sec", commands);
    line(out, "total_net_input_bytes", get(&stats.input_bytes));
    line(out, "total_net_output_bytes", get(&stats.output_bytes));
    line(out, "instantaneous_input_kbps", format!("{:.2}", input as f64 / 1024.0));
    line(out, "instantaneous_output_kbps", format!("{:.2}", output as f64 / 1024.0));
    line(out, "rejected_connections", get(&stats.rejected_connections));
    if let Some(group) = source.server.router.group() {
        line(out, "expired_keys", get(&group.key_stats.expired));
        line(out, "keyspace_hits", get(&group.key_stats.hits));
        line(out, "keyspace_misses", get(&group.key_stats.misses));
    }
    line(out, "evicted_keys", 0);
    line(out, "total_error_replies", get(&stats.errors));
    line(out, "total_reads_processed", get(&stats.reads));
    line(out, "total_writes_processed", get(&stats.writes));
}

pub fn cpu(_source: &Source<'_>, out: &mut String) {
    // user and system time in clock ticks: fields 14 and 15 of proc(5)'s stat.
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = rustix::param::clock_ticks_per_second().max(1);
    let seconds =
        |i: usize| fields.get(i).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0) as f64 / ticks as f64;
    line(out, "used_cpu_sys", format!("{:.6}", seconds(12)));
    line(out, "used_cpu_user", format!("{:.6}", seconds(11)));
}

pub fn modules(_source: &Source<'_>, _out: &mut String) {}

pub fn commandstats(source: &Source<'_>, out: &mut String) {
    for spec in runnable() {
        let Some(stats) = source.server.stats.of(spec) else { continue };
        let (calls, usec) = (stats.calls.load(Ordering::Relaxed), stats.usec.load(Ordering::Relaxed));
        let (rejected, failed) = (stats.rejected.load(Ordering::Relaxed), stats.failed.load(Ordering::Relaxed));
        if calls + rejected > 0 {
            let each = usec as f64 / calls.max(1) as f64;
            line(
                out,
                &format!("cmdstat_{}", spec.name),
                format!(
                    "calls={calls},usec={usec},usec_per_call={each:.2},rejected_calls={rejected},failed_calls={failed}"
                ),
            );
        }
    }
}

pub fn errorstats(source: &Source<'_>, out: &mut String) {
    for (code, count) in source.server.stats.errors_by_code() {
        line(out, &format!("errorstat_{}", String::from_utf8_lossy(&code)), format!("count={count}"));
    }
}

pub fn cluster(_source: &Source<'_>, out: &mut String) {
    line(out, "cluster_enabled", 0);
}
