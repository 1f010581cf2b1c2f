//! A write that fails ends the process before anybody is told that it is durable.

use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use super::append;
use super::open;
use super::run;
use crate::replication::log::testing::entry;

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
        .args(["--exact", "replication::log::tests::abort::a_failed_write_ends_the_process", "--nocapture"])
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
fn fail_in(dir: &std::path::Path) {
    run(async {
        let mut store = open(dir).await;
        append(&mut store, [entry(1, 0, 20_000)]).await;
        println!("the log was written");
        std::fs::remove_dir_all(dir).unwrap();
        append(&mut store, [entry(1, 1, 10)]).await;
        println!("acknowledged");
    });
}
