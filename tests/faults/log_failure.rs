//! A write to the log that fails ends the process before anybody is told that it is durable.
//!
//! It stands here and not beside the log's other tests because it starts a process: between fork and exec a child holds
//! every lock that this process holds, and a log that is closed and opened again just then is still in use.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use bytes::Bytes;
use lockstep::replication::log::EngineLog;
use lockstep::replication::log::EngineOptions;
use lockstep::replication::log::LogOptions;
use lockstep::replication::log::LogStore;
use lockstep::replication::types::CommittedLeaderId;
use lockstep::replication::types::Entry;
use lockstep::replication::types::EntryPayload;
use lockstep::replication::types::LogId;
use lockstep::replication::types::Payload;
use lockstep::replication::types::scope;
use openraft::storage::RaftLogStorageExt;
use openraft::vote::RaftLeaderId;

const IN_CHILD: &str = "LOCKSTEP_TEST_FAILING_LOG";
const SIGABRT: i32 = 6;

#[test]
fn a_failed_write_ends_the_process() {
    if let Some(dir) = std::env::var_os(IN_CHILD) {
        return fail_in(dir.as_ref());
    }
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "log_failure::a_failed_write_ends_the_process", "--nocapture"])
        .env(IN_CHILD, &log)
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    assert_eq!(child.status.signal(), Some(SIGABRT), "{out}{err}");
    assert!(err.contains("lockstep: fatal:") && err.contains("The node stops"), "{err}");
    assert!(out.contains("the log was written"), "{out}");
    assert!(!out.contains("acknowledged"), "{out}");
}

/// Its directory gone, the log cannot begin the next file.
fn fail_in(dir: &Path) {
    let options = EngineOptions { file_bytes: 16 << 10, prefill_bytes: 0, ..EngineOptions::new(dir) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(scope(7, async {
        let (log, _) = EngineLog::open(&options).unwrap();
        let window = LogOptions { log_tail_bytes: 600, log_read_bytes: 400 };
        let mut store = LogStore::open(Arc::new(log), 0, window).await.unwrap();
        store.blocking_append([entry(0, 20_000)]).await.unwrap();
        println!("the log was written");
        std::fs::remove_dir_all(dir).unwrap();
        store.blocking_append([entry(1, 10)]).await.unwrap();
        println!("acknowledged");
    }));
}

fn entry(index: u64, len: usize) -> Entry {
    let log_id = LogId { leader_id: CommittedLeaderId::new(1, 1), index };
    Entry { log_id, payload: EntryPayload::Normal(Payload(Bytes::from(vec![7; len]))) }
}
