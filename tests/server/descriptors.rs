//! File descriptors: whatever clients do, the node has its own.

use std::process::Command;

use crate::call;
use crate::support::client::Client;
use crate::support::process::Server;
use crate::support::tempdir::TempDir;
use crate::support::value::Value;

/// What a node keeps for itself.
const RESERVED: u64 = 320;

fn maxclients(client: &mut Client) -> Option<String> {
    call(client, "CONFIG GET maxclients").items().and_then(|items| items[1].text())
}

/// The soft limit of a process.
fn limit(server: &Server) -> u64 {
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.pid())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    line.split_whitespace().nth(3).unwrap().parse().unwrap()
}

#[test]
fn a_low_soft_limit_is_raised() {
    let server = Server::lockstep_limited("-S -n 100", &["--maxclients", "100"]);
    let mut client = server.client();
    assert_eq!((maxclients(&mut client), limit(&server)), (Some("100".into()), RESERVED + 100));
    assert_eq!(call(&mut client, "CONFIG SET maxclients 200"), Value::Simple(b"OK".into()));
    assert_eq!((maxclients(&mut client), limit(&server)), (Some("200".into()), RESERVED + 200));
}

#[test]
fn under_a_low_hard_limit_there_are_fewer_clients() {
    let server = Server::lockstep_limited("-n 400", &["--log-prefill", "0"]);
    assert!(server.log().contains("maxclients has been reduced to 80"), "{}", server.log());
    let mut client = server.client();
    assert_eq!(maxclients(&mut client), Some("80".into()));
    let refused = "ERR CONFIG SET failed (possibly related to argument 'maxclients') - The operating system is not able to \
                   handle the specified number of clients, try with 80";
    assert_eq!(call(&mut client, "CONFIG SET timeout 7 maxclients 81"), Value::Error(refused.into()));
    assert_eq!(call(&mut client, "CONFIG GET timeout").items().and_then(|items| items[1].text()), Some("0".into()));
    // More than there are descriptors: those beyond the bound are told and closed.
    let mut crowd: Vec<Client> = (0..500).map(|_| Client::connect(server.addr())).collect();
    let told = crowd[499].read_reply().unwrap();
    assert_eq!(told, Value::Error(b"ERR max number of clients reached".into()));
    assert!(!call(&mut client, "RAFT.SNAPSHOT").is_error());
    let value = "x".repeat(1 << 20);
    for _ in 0..100 {
        assert_eq!(call(&mut client, &format!("SET key {value}")), Value::Simple(b"OK".into()));
    }
}

#[test]
fn without_room_for_any_client_it_does_not_start() {
    let dir = TempDir::new("descriptors");
    let output = Command::new("sh")
        .args(["-c", "ulimit -n 320; exec timeout 60 \"$0\" --port 0 --dir \"$1\"", env!("CARGO_BIN_EXE_lockstep")])
        .arg(dir.path().join("data"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.code() == Some(1) && text.contains("increase your open file limit to at least 321"),
        "{text}"
    );
}
