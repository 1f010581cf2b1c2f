//! INFO server, clients, memory, cpu.

use super::{Facts, Section, human};
use crate::command::context::Identity;

pub fn server(section: &mut Section, facts: &Facts<'_>) {
    let (settings, process) = (facts.node.settings(), facts.node.process());
    let uptime_s = process.now_ms.saturating_sub(process.started_ms) / 1000;
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    section.field("redis_version", crate::sys::version::REDIS_VERSION);
    section.field("redis_git_sha1", "00000000");
    section.field("redis_git_dirty", 0);
    section.field("redis_mode", "standalone");
    section.field("lockstep_version", crate::sys::version::VERSION);
    section.field("os", format!("Linux {} {}", release.trim(), std::env::consts::ARCH));
    section.field("arch_bits", usize::BITS);
    section.field("multiplexing_api", "epoll");
    section.field("process_id", std::process::id());
    section.field("process_supervised", "no");
    section.field("run_id", run_id(facts));
    section.field("tcp_port", process.port);
    section.field("server_time_usec", process.now_ms * 1000);
    section.field("uptime_in_seconds", uptime_s);
    section.field("uptime_in_days", uptime_s / 86_400);
    section.field("executable", std::env::current_exe().unwrap_or_default().display());
    section.field("config_file", settings.file.as_ref().map_or_else(String::new, |path| path.display().to_string()));
    section.field("io_threads_active", 0);
}

/// 40 digits that change with every start.
fn run_id(facts: &Facts<'_>) -> String {
    let Identity { process, node, .. } = facts.node.identity().unwrap_or_default();
    format!("{process:016x}{node:024x}")
}

pub fn clients(section: &mut Section, facts: &Facts<'_>) {
    let clients = facts.node.clients();
    section.field("connected_clients", clients.len());
    section.field("cluster_connections", 0);
    section.field("maxclients", facts.node.settings().maxclients);
    section.field("blocked_clients", clients.iter().filter(|client| client.is_blocked()).count());
    section.field("tracking_clients", 0);
}

pub fn memory(section: &mut Section, facts: &Facts<'_>) {
    let (used, peak) = (crate::sys::memory::used_bytes(), crate::sys::memory::peak_bytes());
    let (maxmemory, system) = (facts.node.settings().maxmemory, system_memory());
    section.field("used_memory", used);
    section.field("used_memory_human", human(used));
    section.field("used_memory_rss", used);
    section.field("used_memory_rss_human", human(used));
    section.field("used_memory_peak", peak);
    section.field("used_memory_peak_human", human(peak));
    section.field("used_memory_peak_perc", format!("{:.2}%", used as f64 * 100.0 / peak.max(1) as f64));
    section.field("total_system_memory", system);
    section.field("total_system_memory_human", human(system));
    section.field("maxmemory", maxmemory);
    section.field("maxmemory_human", human(maxmemory));
    section.field("maxmemory_policy", "noeviction");
    section.field("mem_allocator", "mimalloc");
}

fn system_memory() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:")).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap_or(0) * 1024
}

pub fn cpu(section: &mut Section, _facts: &Facts<'_>) {
    // Behind the name, which may hold blanks and brackets: user and system time are the 12th and 13th field.
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks_per_s = rustix::param::clock_ticks_per_second().max(1) as f64;
    let seconds = |at: usize| fields.get(at).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or(0.0) / ticks_per_s;
    section.field("used_cpu_sys", format!("{:.6}", seconds(12)));
    section.field("used_cpu_user", format!("{:.6}", seconds(11)));
    section.field("used_cpu_sys_children", format!("{:.6}", seconds(14)));
    section.field("used_cpu_user_children", format!("{:.6}", seconds(13)));
}
