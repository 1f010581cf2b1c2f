//! The commands of connection and node, seen from outside: options, CLIENT, COMMAND, WAIT and their kin, compared with
//! redis-server where that has the same.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod acl;
mod client_list;
mod clients;
mod debug;
mod descriptors;
mod exchange;
mod expiry;
mod info_fields;
mod key_counts;
mod latency;
mod log_lines;
mod memory;
mod migrate;
mod monitor;
mod options;
mod redis_cluster;
mod refused;
mod same;
mod slow_commands;
mod stats;
#[path = "../support/mod.rs"]
mod support;
mod watch;

use support::client::Client;
use support::process::Server;
use support::value::Value;

/// A node that takes writes.
fn start(flags: &[&str]) -> Server {
    let server = Server::lockstep(flags);
    wait_until_ready(&server);
    server
}

/// PING is answered before there is a leader; a write is not.
fn wait_until_ready(server: &Server) {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while call(&mut server.client(), "DEL nosuch") != Value::Int(0) {
        assert!(std::time::Instant::now() < until, "no leader in time");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

/// One command line, split at blanks.
fn call(client: &mut Client, line: &str) -> Value {
    client.call(&line.split(' ').collect::<Vec<_>>())
}

/// Reads nothing for a while: true if the reply has not come.
fn is_silent(client: &mut Client) -> bool {
    client.set_timeout(std::time::Duration::from_millis(200));
    let silent = client.read_reply().is_err();
    client.set_timeout(std::time::Duration::from_secs(10));
    silent
}
