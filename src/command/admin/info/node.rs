//! INFO server, clients, memory, cpu.

use std::sync::atomic::Ordering;

use super::{Facts, Section};
use crate::command::context::Client;
use crate::config::find;
use crate::store::Options;
use crate::sys::memory;

/// Redis's clock of idle times counts seconds in 24 bits.
const LRU_CLOCK_MAX: u64 = (1 << 24) - 1;

pub fn server(section: &mut Section, facts: &Facts<'_>) {
    let (settings, process) = (facts.node.settings(), facts.node.process());
    let uptime_s = process.now_ms.saturating_sub(process.started_ms) / 1000;
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    section.field("redis_version", crate::sys::version::REDIS_VERSION);
    section.field("redis_git_sha1", "00000000");
    section.field("redis_git_dirty", 0);
    section.field("redis_mode", if settings.cluster_enabled { "cluster" } else { "standalone" });
    section.field("lockstep_version", crate::sys::version::VERSION);
    section.field("os", format!("Linux {} {}", release.trim(), std::env::consts::ARCH));
    section.field("arch_bits", usize::BITS);
    section.field("monotonic_clock", "POSIX clock_gettime");
    section.field("multiplexing_api", "epoll");
    section.field("process_id", std::process::id());
    section.field("process_supervised", "no");
    // 40 digits that change with every start.
    section.field("run_id", format!("{:040x}", process.process));
    section.field("tcp_port", process.port);
    section.field("server_time_usec", process.now_ms * 1000);
    section.field("uptime_in_seconds", uptime_s);
    section.field("uptime_in_days", uptime_s / 86_400);
    let hz = find("hz").map_or_else(String::new, |hz| hz.get(&settings, &Options::default()));
    section.field("hz", &hz);
    section.field("configured_hz", &hz);
    section.field("lru_clock", (process.now_ms / 1000) & LRU_CLOCK_MAX);
    section.field("executable", std::env::current_exe().unwrap_or_default().display());
    section.field("config_file", settings.file.as_ref().map_or_else(String::new, |path| path.display().to_string()));
    section.field("io_threads_active", 0);
    section.field("listener0", format!("name=tcp,bind={},port={}", settings.bind, process.port));
}

pub fn clients(section: &mut Section, facts: &Facts<'_>) {
    let clients = facts.node.clients();
    let most = |bytes: &dyn Fn(&Client) -> usize| clients.iter().map(|client| bytes(client)).max().unwrap_or(0);
    section.field("connected_clients", clients.len());
    section.field("cluster_connections", 0);
    section.field("maxclients", facts.node.settings().maxclients);
    // The most that one of them has at the moment.
    section.field("client_recent_max_input_buffer", most(&|client| client.shown.lock().query_buffer_bytes));
    section.field(
        "client_recent_max_output_buffer",
        most(&|client| client.buffers.reply_bytes.load(Ordering::Relaxed) + client.buffers.large_reply_bytes()),
    );
    section.field("blocked_clients", clients.iter().filter(|client| client.is_blocked()).count());
    section.field("tracking_clients", facts.node.tracking_figures().clients);
    // Of the clients of all nodes.
    let (keys, on_end) = facts.waited_keys;
    section.field("total_blocking_keys", keys);
    section.field("total_blocking_keys_on_nokey", on_end);
}

pub fn memory(section: &mut Section, facts: &Facts<'_>) {
    let (used, peak, resident) = (memory::used_bytes(), memory::peak_bytes(), memory::resident_bytes());
    let (startup, maxmemory, system) = (memory::startup_bytes(), facts.node.settings().maxmemory, system_memory());
    let clients: usize = facts.node.clients().iter().map(|client| client.memory(&client.shown.lock())).sum();
    let log_tail = facts.raft.as_ref().map_or(0, |raft| raft.log_tail_bytes);
    // What is no key: the node as it starts, its clients, the newest entries of the log.
    let overhead = (startup + clients as u64 + log_tail).min(used);
    let (dataset, percent) = (used - overhead, |part: u64, whole: u64| part as f64 * 100.0 / whole.max(1) as f64);
    let (scripts, script_bytes) = facts.scripts;
    let (libraries, functions, function_bytes) = facts.libraries;
    section.bytes("used_memory", used);
    section.bytes("used_memory_rss", resident);
    section.bytes("used_memory_peak", peak);
    section.field("used_memory_peak_perc", format!("{:.2}%", percent(used, peak)));
    section.field("used_memory_overhead", overhead);
    section.field("used_memory_startup", startup);
    section.field("used_memory_dataset", dataset);
    section.field("used_memory_dataset_perc", format!("{:.2}%", percent(dataset, used.saturating_sub(startup))));
    section.field("allocator_allocated", used);
    section.bytes("total_system_memory", system);
    section.field("used_memory_scripts_eval", script_bytes);
    section.field("number_of_cached_scripts", scripts);
    section.field("number_of_functions", functions);
    section.field("number_of_libraries", libraries);
    section.field("used_memory_functions", function_bytes);
    section.bytes("used_memory_scripts", (script_bytes + function_bytes) as u64);
    section.bytes("maxmemory", maxmemory);
    let eviction = facts.node.eviction();
    section.field("maxmemory_policy", eviction.policy.name());
    section.field("mem_fragmentation_ratio", format!("{:.2}", resident as f64 / used.max(1) as f64));
    section.field("mem_fragmentation_bytes", resident as i64 - used as i64);
    section.field("mem_not_counted_for_evict", eviction.not_counted);
    // Peers are no clients, and there is no backlog but the log.
    section.field("mem_replication_backlog", 0);
    section.field("mem_clients_slaves", 0);
    section.field("mem_clients_normal", clients);
    section.field("mem_cluster_links", 0);
    section.field("mem_allocator", "mimalloc");
    section.field("active_defrag_running", 0);
    let frees = facts.node.frees();
    section.field("lazyfree_pending_objects", frees.pending);
    section.field("lazyfreed_objects", frees.freed);
}

fn system_memory() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:")).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap_or(0) * 1024
}

pub fn cluster(section: &mut Section, facts: &Facts<'_>) {
    section.field("cluster_enabled", u8::from(facts.node.settings().cluster_enabled));
}

pub fn cpu(section: &mut Section, _facts: &Facts<'_>) {
    let ([user, system, user_children, system_children], [main_user, main_system]) =
        (cpu_times("/proc/self/stat"), cpu_times(&format!("/proc/self/task/{}/stat", std::process::id())));
    for (name, seconds) in [
        ("used_cpu_sys", system),
        ("used_cpu_user", user),
        ("used_cpu_sys_children", system_children),
        ("used_cpu_user_children", user_children),
        ("used_cpu_sys_main_thread", main_system),
        ("used_cpu_user_main_thread", main_user),
    ] {
        section.field(name, format!("{seconds:.6}"));
    }
}

/// The first of: seconds of user and of system time, and the same of children that have ended.
fn cpu_times<const N: usize>(path: &str) -> [f64; N] {
    // Behind the name, which may hold blanks and brackets, they are the 12th field and those after it.
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let mut fields = text.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11);
    let ticks_per_s = rustix::param::clock_ticks_per_second().max(1) as f64;
    std::array::from_fn(|_| fields.next().and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or(0.0) / ticks_per_s)
}
