//! The commands of connection and node, seen from outside: options, CLIENT, COMMAND, WAIT and their kin, compared with
//! redis-server where that has the same.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod clients;
mod options;
mod same;
#[path = "../support/mod.rs"]
mod support;

use support::client::Client;
use support::value::Value;

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
