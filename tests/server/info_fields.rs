//! INFO has the fields of redis-server, apart from those that would have no true value here.

use std::collections::BTreeSet;

use crate::call;
use crate::support::process::Server;
use crate::support::value::Value;

/// What Redis 7.2 has more than the 7.0 that is compared with.
const SINCE_7_2: &[&str] = &[
    "listener0",
    "total_blocking_keys",
    "total_blocking_keys_on_nokey",
    "acl_access_denied_auth",
    "acl_access_denied_cmd",
    "acl_access_denied_key",
    "acl_access_denied_channel",
    "evicted_scripts",
    "eventloop_cycles",
    "eventloop_duration_sum",
    "eventloop_duration_cmd_sum",
    "instantaneous_eventloop_cycles_per_sec",
    "instantaneous_eventloop_duration_usec",
    "rdb_saves",
];

/// Fields that are not shown, and why there is nothing true to show.
const ABSENT: &[(&str, &[&str])] = &[
    ("the C sources and their compiler", &["redis_build_id", "atomicvar_api", "gcc_version"]),
    ("a table of timeouts, where each wait has a timer of its own", &["clients_in_timeout_table"]),
    (
        "an interpreter that stays: each run of a script has its own",
        &[
            "used_memory_lua",
            "used_memory_lua_human",
            "used_memory_vm_eval",
            "used_memory_vm_functions",
            "used_memory_vm_total",
            "used_memory_vm_total_human",
        ],
    ),
    (
        "jemalloc's figures",
        &[
            "allocator_active",
            "allocator_resident",
            "allocator_frag_ratio",
            "allocator_frag_bytes",
            "allocator_rss_ratio",
            "allocator_rss_bytes",
            "rss_overhead_ratio",
            "rss_overhead_bytes",
        ],
    ),
    (
        "buffers that are not counted: those of peers and of the log's writer",
        &["mem_total_replication_buffers", "mem_aof_buffer"],
    ),
    (
        "a child process that writes snapshots",
        &[
            "current_cow_peak",
            "current_cow_size",
            "current_cow_size_age",
            "current_fork_perc",
            "rdb_last_cow_size",
            "aof_last_cow_size",
        ],
    ),
    (
        "the progress of snapshots, which is not measured",
        &[
            "current_save_keys_processed",
            "current_save_keys_total",
            "rdb_last_load_keys_expired",
            "rdb_last_load_keys_loaded",
        ],
    ),
    (
        "Redis's replication: bytes to and from peers are not counted, and nobody asks for a partial sync",
        &[
            "total_net_repl_input_bytes",
            "total_net_repl_output_bytes",
            "instantaneous_input_repl_kbps",
            "instantaneous_output_repl_kbps",
            "sync_full",
            "sync_partial_ok",
            "sync_partial_err",
        ],
    ),
    (
        "Redis's expiry cycle: keys expire by log entries",
        &["expired_stale_perc", "expired_time_cap_reached_count", "expire_cycle_cpu_milliseconds"],
    ),
    (
        "an event loop of our own",
        &[
            "eventloop_cycles",
            "eventloop_duration_sum",
            "eventloop_duration_cmd_sum",
            "instantaneous_eventloop_cycles_per_sec",
            "instantaneous_eventloop_duration_usec",
        ],
    ),
    ("reply buffers that are resized from time to time", &["reply_buffer_shrinks", "reply_buffer_expands"]),
];

/// The fields of INFO everything. What is there once for each command, error or database is compared by other tests.
fn fields(server: &Server) -> BTreeSet<String> {
    let text = call(&mut server.client(), "INFO everything").text().unwrap();
    let names = text.lines().filter_map(|line| Some(line.split_once(':')?.0.to_owned()));
    let by_name = ["cmdstat_", "errorstat_", "latency_percentiles_usec_", "db"];
    names.filter(|name| !by_name.iter().any(|prefix| name.starts_with(prefix))).collect()
}

#[test]
fn every_field_of_redis_is_there_or_known_to_be_absent() {
    let ours = fields(&crate::start(&[]));
    let mut redis = fields(&Server::redis(&[]));
    redis.extend(SINCE_7_2.iter().map(ToString::to_string));
    let absent: BTreeSet<String> = ABSENT.iter().flat_map(|(_, names)| *names).map(ToString::to_string).collect();
    let missing: BTreeSet<String> = redis.difference(&ours).cloned().collect();
    assert_eq!(missing, absent, "left is what is missing, right is what is known to be");
}

#[test]
fn figures_of_memory_and_scripts_are_those_of_the_node() {
    let server = crate::start(&[]);
    let mut client = server.client();
    let mut field = |name: &str| {
        let text = call(&mut client, "INFO everything").text().unwrap();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        value.unwrap_or_else(|| panic!("no {name}")).to_owned()
    };
    let number = |text: String| text.parse::<f64>().unwrap();
    assert_eq!((field("number_of_cached_scripts"), field("used_memory_scripts_eval")), ("0".into(), "0".into()));
    call(&mut server.client(), "SCRIPT LOAD return(1)");
    assert_eq!(field("number_of_cached_scripts"), "1");
    let bytes = number(field("used_memory_scripts_eval"));
    assert!((40.0..1000.0).contains(&(bytes - "return(1)".len() as f64)), "{bytes}: the text, and what keeps it");
    let ratio = number(field("used_memory_rss")) / number(field("used_memory"));
    assert!((number(field("mem_fragmentation_ratio")) / ratio - 1.0).abs() < 0.5);
    assert!(number(field("mem_clients_normal")) > 0.0);
    // The kernel parts a thread's time into user and system apart from how it parts the process's: only the sums can be compared.
    let time_of = |text: &str, suffix: &str| -> f64 {
        let part = |name: &str| {
            let name = format!("used_cpu_{name}{suffix}:");
            text.lines().find_map(|line| line.strip_prefix(&name)).unwrap_or_else(|| panic!("no {name}")).to_owned()
        };
        number(part("user")) + number(part("sys"))
    };
    let info = || call(&mut server.client(), "INFO cpu").text().unwrap();
    let of_main = time_of(&info(), "_main_thread");
    assert!(0.0 < of_main && of_main <= time_of(&info(), ""), "asked for later, so the whole is no less");
    assert_eq!((field("hz"), field("configured_hz")), ("10".into(), "10".into()));
    assert_eq!(field("listener0"), format!("name=tcp,bind=127.0.0.1,port={}", server.port()));
}

/// What rewrites the log is a snapshot.
#[test]
fn a_rewrite_of_the_log_is_counted_and_timed() {
    let server = crate::start(&[]);
    let mut client = server.client();
    let mut field = |name: &str| {
        let text = call(&mut client, "INFO persistence").text().unwrap();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        value.unwrap_or_else(|| panic!("no {name}")).to_owned()
    };
    assert_eq!(
        (field("aof_rewrites"), field("aof_last_rewrite_time_sec"), field("aof_base_size")),
        ("0".into(), "-1".into(), "0".into())
    );
    let started = Value::Simple("Background append only file rewriting started".into());
    assert_eq!(call(&mut server.client(), "BGREWRITEAOF"), started);
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while field("aof_rewrites") == "0" {
        assert!(std::time::Instant::now() < until, "it never ends");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!((field("aof_rewrite_in_progress"), field("rdb_current_bgsave_time_sec")), ("0".into(), "-1".into()));
    assert!(field("aof_base_size") != "0" && field("rdb_last_bgsave_time_sec") != "-1");
    assert_eq!(field("aof_last_bgrewrite_status"), "ok");
}

/// What `CONFIG GET *` of Redis 7.0 has is there too; what Redis's own tests set is shown only to who names it.
#[test]
fn every_option_of_redis_is_shown() {
    let names = |server: &Server| -> BTreeSet<String> {
        let Value::Array(items) = call(&mut server.client(), "CONFIG GET *") else { panic!("no array") };
        items.chunks(2).map(|pair| pair[0].text().unwrap()).collect()
    };
    let (ours, redis) = (crate::start(&[]), Server::redis(&[]));
    let missing: Vec<String> = names(&redis).difference(&names(&ours)).cloned().collect();
    assert_eq!(missing, ["aof-disable-auto-gc"], "which 7.2 hides");
    let hidden = Value::Array(vec![Value::Bulk("key-load-delay".into()), Value::Bulk("0".into())]);
    assert!(!names(&ours).contains("key-load-delay"));
    assert_eq!(call(&mut ours.client(), "CONFIG GET key-load-delay"), hidden);
}
