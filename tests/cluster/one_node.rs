//! One node alone.

use std::time::Duration;

use crate::support::client::Client;
use crate::support::cluster::{Cluster, until};

#[test]
fn starts_stops_and_starts_again() {
    let mut cluster = Cluster::start(1, &[]);
    for round in 1..=3 {
        let ready = cluster.nodes[0].log().matches("ready on 127.0.0.1:").count();
        assert_eq!(ready, round, "one line for each start:\n{}", cluster.nodes[0].log());
        assert_eq!(cluster.nodes[0].client().call(&["INCR", "starts"]).int(), Some(round as i64));
        let lines = cluster.lines(0);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].voter && lines[0].alive && lines[0].role == "leader" && lines[0].id == 1, "{lines:?}");
        cluster.nodes[0].signal("TERM");
        let status = cluster.nodes[0].wait_exit(Duration::from_secs(10)).expect("an end");
        assert_eq!(status.code(), Some(0), "{}", cluster.nodes[0].log());
        cluster.nodes[0].start_again();
        cluster.wait_ready(0);
    }
}

/// Whoever reads the log may have ended, or its disk be full.
#[test]
fn a_log_that_cannot_be_written_ends_no_node() {
    let mut cluster = Cluster::start(1, &[]);
    cluster.nodes[0].kill();
    let full = || std::fs::File::create("/dev/full").unwrap();
    let mut node = std::process::Command::new(env!("CARGO_BIN_EXE_lockstep"))
        .args(["--port", &cluster.nodes[0].port().to_string(), "--dir"])
        .arg(cluster.nodes[0].data())
        .stdout(full())
        .stderr(full())
        .spawn()
        .unwrap();
    let reply = until("the node to serve", || {
        let reply = Client::try_connect(cluster.nodes[0].addr()).ok()?.try_call(&["GET", "key"]).ok()?;
        (!reply.is_error()).then_some(reply)
    });
    // It has something to say of this.
    let snapshot = Client::connect(cluster.nodes[0].addr()).call(&["RAFT.SNAPSHOT"]);
    let ended = node.try_wait().unwrap();
    node.kill().unwrap();
    node.wait().unwrap();
    assert!(reply.is_null() && !snapshot.is_error() && ended.is_none(), "{snapshot:?} {ended:?}");
}

/// As a terminal that is stopped, or a collector of logs that hangs.
#[test]
fn a_log_that_nobody_reads_stops_no_node() {
    const SENT: usize = 500;
    let mut cluster = Cluster::start(1, &[]);
    cluster.nodes[0].kill();
    let mut node = std::process::Command::new(env!("CARGO_BIN_EXE_lockstep"))
        .args(["--log-filter", "openraft=debug", "--port", &cluster.nodes[0].port().to_string(), "--dir"])
        .arg(cluster.nodes[0].data())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let log = node.stderr.take().unwrap();
    until("the node to serve", || {
        let reply = Client::try_connect(cluster.nodes[0].addr()).ok()?.try_call(&["GET", "key"]).ok()?;
        (!reply.is_error()).then_some(())
    });
    let mut client = Client::connect(cluster.nodes[0].addr());
    for n in 1..=SENT {
        assert_eq!(client.call(&["INCR", "key"]).int(), Some(n as i64));
    }
    let (told, is_told) = std::sync::mpsc::channel();
    let reading = std::thread::spawn(move || {
        for line in std::io::BufRead::lines(std::io::BufReader::new(log)).map_while(Result::ok) {
            if line.contains(" log lines are lost: nobody read them") {
                // Fails once the test has ended.
                let _ = told.send(line);
            }
        }
    });
    until("the reader to be told of what it missed", || {
        client.call(&["INCR", "key"]);
        is_told.try_recv().ok()
    });
    node.kill().unwrap();
    node.wait().unwrap();
    reading.join().unwrap();
}
