//! Flags, runtime, start; no logic.

use std::process::ExitCode;
use std::sync::Arc;

use lockstep::config::Settings;
use lockstep::error::Fatal;
use lockstep::node::{DiskFiles, Node, Ports, StartOptions, Storage};
use lockstep::replication::log::{EngineLog, EngineOptions};
use lockstep::snapshot::DiskStore;
use lockstep::sys::clock::SystemClocks;
use lockstep::sys::env::{Env, HEAVY_THREADS, Tcp};

fn main() -> ExitCode {
    stop_on_panic();
    if let Some(code) = lockstep::verify::from_command_line(std::env::args_os()) {
        return code;
    }
    let loaded = match lockstep::config::from_command_line() {
        Ok(loaded) => loaded,
        Err(code) => return ExitCode::from(code),
    };
    let options = StartOptions::of(&loaded);
    let settings = loaded.settings;
    let format = lockstep::sys::log::Format::by_name(&settings.log_format).unwrap_or_default();
    let filter = lockstep::sys::log::Filter::new(&settings.loglevel, &settings.log_filter).map_err(Fatal);
    let result = filter.and_then(|filter| {
        lockstep::sys::log::start(format, filter);
        run(settings, options)
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(fatal) => {
            lockstep::sys::log::fatal(&fatal.to_string());
            ExitCode::FAILURE
        }
    }
}

/// A panic in any task or thread stops the node: half a node is worse than none.
fn stop_on_panic() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        print(info);
        if lockstep::replication::log::is_log_thread() {
            lockstep::replication::log::abort_by_panic();
        }
        lockstep::sys::log::fatal(&format!(
            "stopped by a mistake in the program, while or after applying log entry {}. If it happens again at the \
             same entry, start every node with --skip-entry for it",
            lockstep::executor::last_applying()
        ));
        std::process::abort();
    }));
}

fn run(mut settings: Settings, options: StartOptions) -> Result<(), Fatal> {
    // First-touch faults of 2 MB stall the node for milliseconds.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    settings.maxclients = lockstep::sys::descriptors::make_room_at_start(settings.maxclients)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(HEAVY_THREADS).build()?;
    let random: Arc<dyn Fn() -> u64 + Send + Sync> = Arc::new(rand::random::<u64>);
    let env = Env {
        clocks: Arc::new(SystemClocks),
        net: Arc::new(Tcp),
        random: random.clone(),
        threads: true,
        level: lockstep::FEATURE_LEVEL,
        spikes: Arc::default(),
        memory: lockstep::sys::memory::used_bytes,
    };
    let result = runtime.block_on(lockstep::replication::types::scope(random(), serve(env, settings, options)));
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    result
}

async fn serve(env: Env, settings: Settings, options: StartOptions) -> Result<(), Fatal> {
    let dir = settings.dir.clone();
    let (host, log_prefill) = (settings.bind.clone(), settings.log_prefill);
    let spikes = env.spikes.clone();
    let (log_keep, keep_free_bytes) = (settings.log_keep, settings.disk_reserve);
    // The directory first: two processes on one directory are a worse mistake than two on one port.
    let files = Arc::new(DiskFiles::open(&dir)?);
    let ports = Ports::bind(&env, &settings).await?;
    let storage = move || {
        let engine = EngineOptions {
            prefill_bytes: log_prefill,
            keep_free_bytes,
            spikes,
            // What a snapshot leaves, and as much again until the next one.
            purge_threshold_bytes: log_keep.saturating_mul(2),
            ..EngineOptions::new(dir.join("log"))
        };
        let (log, notices) = EngineLog::open(&engine)?;
        for notice in notices {
            tracing::warn!("{notice}");
        }
        let snapshots = DiskStore::open(dir.join("snapshots"))?;
        Ok(Storage { files, log: Arc::new(log), snapshots: Arc::new(snapshots) })
    };
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    let mut interrupt = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())?;
    // As in Redis: a terminal that closes ends no server.
    let _ignored = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?;
    let node = tokio::select! {
        node = Node::start(env, settings, options, storage, ports) => match node? {
            Some(node) => node,
            None => return Ok(()),
        },
        // It has acknowledged nothing yet, and joining may take for ever.
        _ = terminate.recv() => return Ok(()),
        _ = interrupt.recv() => return Ok(()),
    };
    let mut ready = false;
    let fatal = loop {
        tokio::select! {
            () = node.group.recovery(), if !ready => {
                ready = true;
                // If it was elected, an entry of its own has just been applied: a quorum has answered.
                let role = if node.group.raft_standing().is_elected { "leader" } else { "follower" };
                lockstep::sys::log::to_stdout(&format!(
                    "lockstep {} ready on {host}:{} (cluster {:.8}, node {}, {role})",
                    lockstep::VERSION,
                    node.port,
                    format!("{:032x}", node.group.links.identity().cluster),
                    node.group.node,
                ));
            }
            _ = terminate.recv() => break None,
            _ = interrupt.recv() => break None,
            () = node.server.stop.notified() => break None,
            fatal = node.failed() => break Some(fatal),
        }
    };
    match fatal {
        None => {
            node.stop().await;
            Ok(())
        }
        Some(fatal) => Err(fatal),
    }
}
