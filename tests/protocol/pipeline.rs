//! Many commands at once: order, one write for the answers of a burst, and readers that do not read.

use std::io::Read;
use std::time::{Duration, Instant};

use crate::Both;
use crate::support::client::{Client, encode};
use crate::support::process::Server;
use crate::support::value::Value;

/// A write of the server that is smaller than the burst's answers would, sooner or later, be what the first read sees.
#[test]
fn the_answers_of_a_burst_are_one_write() {
    let server = Server::lockstep(&[]);
    let client = server.client();
    let burst = b"*1\r\n$4\r\nPING\r\n".repeat(100);
    let mut stream = client.stream();
    for round in 0..50 {
        std::io::Write::write_all(&mut stream, &burst).unwrap();
        let mut answers = [0; 4_096];
        assert_eq!(stream.read(&mut answers).unwrap(), 700, "round {round}: the first read does not see all");
    }
}

/// Replies of many parts are made on another thread, however they come: alone, in a transaction, beside a write.
#[test]
fn long_replies_stand_in_their_places() {
    let lines: [&[&str]; 15] = [
        &["HVALS", "h"],
        &["HGET", "h", "f1"],
        &["HVALS", "h"],
        &["MULTI"],
        &["HVALS", "h"],
        &["HLEN", "h"],
        &["HVALS", "h"],
        &["EXEC"],
        &["SET", "k", "v"],
        &["HVALS", "h"],
        &["GET", "k"],
        &["CLIENT", "REPLY", "SKIP"],
        &["HVALS", "h"],
        &["HVALS", "h"],
        &["PING"],
    ];
    let mut input = Vec::new();
    let fields = (0..10_000).flat_map(|i| [format!("f{i}"), "v".into()]);
    encode(&mut input, &["HSET".into(), "h".into()].into_iter().chain(fields).collect::<Vec<_>>());
    lines.iter().for_each(|line| encode(&mut input, line));
    // SKIP says nothing itself, and silences the one behind it.
    let count = 1 + lines.len() - 2;
    let replies = |server: Server| {
        let mut client = server.client();
        client.send_raw(&input).unwrap();
        (0..count).map(|_| client.read_with_raw().unwrap().1).collect::<Vec<_>>()
    };
    let redis = replies(Server::redis(&[]));
    assert_eq!(redis.last().unwrap(), b"+PONG\r\n");
    for level in ["linearizable", "local"] {
        assert!(replies(Server::lockstep(&["--read-consistency", level])) == redis, "{level}");
    }
}

#[test]
fn replies_come_in_order() {
    let server = Server::lockstep(&[]);
    let mut client = server.client();
    let commands: Vec<Vec<String>> = (0..2_000)
        .map(|i| match i % 4 {
            0 => vec!["ECHO".into(), i.to_string()],
            1 => vec!["INCR".into(), "n".into()],
            2 => vec!["GET".into(), "n".into()],
            _ => vec!["NOSUCH".into()],
        })
        .collect();
    for (i, reply) in client.pipeline(&commands).into_iter().enumerate() {
        let count = (i / 4 + 1) as i64;
        match i % 4 {
            0 => assert_eq!(reply, Value::Bulk(i.to_string().into_bytes())),
            1 => assert_eq!(reply, Value::Int(count)),
            2 => assert_eq!(reply, Value::Bulk(count.to_string().into_bytes())),
            _ => assert!(reply.is_error()),
        }
    }
}

/// A client that has said all and closes its side still gets its answers.
#[test]
fn a_half_closed_connection_is_answered() {
    let both = Both::start();
    let mut input = Vec::new();
    for i in 0..50 {
        encode(&mut input, &["SET", "k", &i.to_string()]);
        encode(&mut input, &["GET", "k"]);
    }
    both.compare(&input, usize::MAX);
}

fn applied_index(client: &mut Client) -> u64 {
    let info = client.call(&["INFO", "raft"]);
    let text = String::from_utf8(info.bytes().unwrap().to_vec()).unwrap();
    text.lines().find_map(|line| line.strip_prefix("raft_applied_index:")).unwrap().trim().parse().unwrap()
}

/// Sends `between` with a SET on both sides in one write: how many log entries that makes, and the replies.
fn entries(client: &mut Client, between: &[&[&str]]) -> (u64, Vec<Value>) {
    let set: &[&str] = &["SET", "k", "1"];
    let before = applied_index(client);
    let all = [&[set], between, &[set]].concat();
    let commands: Vec<Vec<String>> =
        all.iter().map(|command| command.iter().map(|word| (*word).to_owned()).collect()).collect();
    let replies = client.pipeline(&commands);
    assert!(replies.iter().all(|reply| !reply.is_error()), "{between:?}: {replies:?}");
    (applied_index(client) - before, replies)
}

/// A read that takes long never stands between the writes of one log entry, because there it would hold up the node.
#[test]
fn long_reads_part_the_writes_around_them() {
    let server = Server::lockstep(&[]);
    let mut client = server.client();
    client.call(&["MSET", "a", "ohmytext", "b", "mynewtext"]);
    client.call(&["EVAL", "return 1", "0"]);
    for (between, expected) in [
        (&[&["GET", "k"][..]][..], 1),
        (&[&["LCS", "a", "b", "LEN"][..]], 2),
        (&[&["EVAL_RO", "return 1", "0"][..]], 2),
        (&[&["MULTI"][..], &["LCS", "a", "b"], &["EXEC"]], 2),
        (&[&["MULTI"][..], &["GET", "k"], &["EXEC"]], 1),
        (&[&["MULTI"][..], &["SET", "k", "2"], &["LCS", "a", "b"], &["EXEC"]], 1),
    ] {
        assert_eq!(entries(&mut client, between).0, expected, "{between:?}");
    }
}

/// What waits where it finds nothing to do is answered alone; where its arguments let it not, it is a write like others.
#[test]
fn what_may_wait_parts_the_writes_around_it() {
    let server = Server::lockstep(&[]);
    let mut client = server.client();
    let (acquire, refused): (&[&str], &[&str]) =
        (&["LOCK.ACQUIRE", "l", "a", "PX", "100000"], &["LOCK.ACQUIRE", "l", "b", "PX", "100000"]);
    for (between, expected) in [
        (&[acquire, refused, acquire][..], 1),
        (&[acquire, &["ONCE", "id", "LOCK.ACQUIRE", "m", "a", "PX", "100000"]], 1),
        (&[&["LOCK.ACQUIRE", "n", "a", "PX", "100000", "WAIT", "10"][..]], 3),
        (&[&["LPUSH", "list", "v"][..], &["BLPOP", "list", "1"]], 3),
    ] {
        let (entries, replies) = entries(&mut client, between);
        assert_eq!(entries, expected, "{between:?}");
        let nils: Vec<bool> = replies.iter().map(|reply| *reply == Value::NullArray).collect();
        let are_refused = [&[false], &between.iter().map(|one| *one == refused).collect::<Vec<_>>()[..], &[false]];
        assert_eq!(nils, are_refused.concat());
    }
}

fn resident_kb(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Replies of 2 GB that nobody reads: the server's memory stays bounded, others are served, and whoever reads after all
/// gets either the rest or a closed connection.
#[test]
fn a_reader_that_does_not_read_is_bounded() {
    const LEN: usize = 1024 * 1024;
    let server = Server::lockstep(&[]);
    let (mut other, mut lazy) = (server.client(), server.client());
    other.call(&["SET", "big", &"x".repeat(LEN)]);
    let before = resident_kb(&server);
    let mut input = Vec::new();
    for _ in 0..2_000 {
        encode(&mut input, &["GET", "big"]);
    }
    lazy.send_raw(&input).unwrap();
    let end = Instant::now() + Duration::from_secs(2);
    while Instant::now() < end {
        assert_eq!(other.call(&["PING"]), Value::Simple(b"PONG".to_vec()));
        assert_eq!(other.call(&["SET", "small", "1"]), Value::Simple(b"OK".to_vec()));
        let grown = resident_kb(&server).saturating_sub(before);
        assert!(grown < 300 * 1024, "{grown} kB more for one reader");
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut read = 0;
    while let Ok(reply) = lazy.read_reply() {
        assert_eq!(reply.bytes().map(<[u8]>::len), Some(LEN));
        read += 1;
        if read == 200 {
            break;
        }
    }
    println!("{read} replies read");
    assert_eq!(Client::connect(server.addr()).call(&["GET", "big"]).bytes().map(<[u8]>::len), Some(LEN));
}
