//! Nodes that meet a cluster that is not theirs.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use lockstep::replication::peer::{frame, handshake};

use crate::peer_port;
use crate::support::cluster::Cluster;
use crate::support::load::{Load, Tally};
use crate::support::process::Server;

/// A node whose directory was exchanged for one of another cluster is told so and ends; the clusters whose nodes it
/// meets go on.
#[test]
fn directory_of_another_cluster_is_refused() {
    let mut ours = Cluster::start(3, &[]);
    let mut other = Cluster::start(3, &[]);
    ours.transfer(0);
    let load = Load::start(ours.nodes[0].addr(), 2, 1, "counter");
    // The other cluster is gone, its node 3 comes up at the address of our node 3, and finds our nodes where its own were.
    other.nodes.iter_mut().for_each(|node| node.kill());
    ours.nodes[2].kill();
    let theirs = other.nodes[2].data();
    let place = ours.nodes[2].data();
    std::fs::remove_dir_all(&place).unwrap();
    std::fs::rename(&theirs, &place).unwrap();
    let identity = std::fs::read_to_string(place.join("identity")).unwrap();
    let body = identity.rsplit_once("crc ").unwrap().0.to_owned();
    let moved = (0..2).fold(body, |body, node| {
        body.replace(&(other.nodes[node].port() + 10_000).to_string(), &(ours.nodes[node].port() + 10_000).to_string())
    });
    let moved = moved.replace("log begun\n", "");
    std::fs::write(place.join("identity"), format!("{moved}crc {:08x}\n", crc32c::crc32c(moved.as_bytes()))).unwrap();
    // What it knows of addresses is in its log too; without it the identity's count, which then may not say that there was one.
    std::fs::remove_dir_all(place.join("log")).unwrap();
    let (code, output) = ours.nodes[2].start_in_vain();
    assert_eq!(code, Some(1));
    assert!(output.contains("belongs to another cluster") && output.contains("data directory"), "{output}");
    ours.nodes[2].kill();
    load.wait_more(50);
    // Long enough for our nodes to have met it many times.
    std::thread::sleep(Duration::from_secs(1));
    load.wait_more(50);
    let sum = Tally::sum(&load.finish());
    assert_eq!(sum.errors, Vec::<String>::new());
    for node in [0, 1] {
        assert_eq!(ours.nodes[node].wait_exit(Duration::ZERO), None, "our own nodes go on");
        assert_eq!(ours.nodes[node].client().call(&["GET", "counter"]).int(), Some(sum.acknowledged));
    }
    ours.check_digests();
}

/// A node of another cluster that runs well at an address where one of ours used to be: both clusters go on.
#[test]
fn new_cluster_at_the_address_of_a_dead_node_disturbs_nobody() {
    let mut ours = Cluster::start(3, &[]);
    ours.transfer(0);
    ours.nodes[2].kill();
    let place = ours.nodes[2].data();
    std::fs::remove_dir_all(&place).unwrap();
    let flags = ours.nodes[2].flags_mut();
    let at = flags.iter().position(|flag| flag == "--join").unwrap();
    flags.drain(at..at + 2);
    ours.nodes[2].start_again();
    ours.wait_ready(2);
    assert!(!ours.nodes[2].client().call(&["SET", "whose", "the stranger's"]).is_error());
    let load = Load::start(ours.nodes[0].addr(), 2, 1, "counter");
    std::thread::sleep(Duration::from_secs(3));
    load.wait_more(50);
    assert_eq!(Tally::sum(&load.finish()).errors, Vec::<String>::new());
    for node in [0, 1] {
        assert!(ours.nodes[node].client().call(&["GET", "whose"]).is_null());
    }
    assert!(ours.nodes[2].client().call(&["GET", "counter"]).is_null());

    // Nor does a node without a quorum give up because of a stranger: the others may come back.
    ours.nodes[1].kill();
    ours.nodes[0].launch_again();
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!(ours.nodes[0].wait_exit(Duration::ZERO), None);
    ours.nodes[1].start_again();
    ours.wait_ready(1);
    assert!(!ours.nodes[0].client().call(&["INCR", "counter"]).is_error());
}

/// Of two live processes with one node id (somebody copied a data directory) the older one is told and ends.
#[test]
fn running_copy_of_a_data_directory_makes_the_older_process_exit() {
    let mut cluster = Cluster::start(3, &[]);
    cluster.transfer(0);
    cluster.nodes[2].kill();
    let mut copy = Server::lockstep(&[]);
    copy.kill();
    std::fs::remove_dir_all(copy.data()).unwrap();
    copy_dir(&cluster.nodes[2].data(), &copy.data());
    cluster.nodes[2].start_again();
    cluster.wait_caught_up();
    copy.launch_again();
    let status = cluster.nodes[2].wait_exit(Duration::from_secs(20)).expect("the older process ends");
    assert_eq!(status.code(), Some(1));
    let output = cluster.nodes[2].log();
    assert!(output.contains("another process runs as node 3"), "{output}");
    cluster.nodes[2].kill();
    assert!(!cluster.nodes[0].client().call(&["SET", "key", "value"]).is_error());
}

/// A data directory that was put back from an old copy: the node is told and kept out, the leader goes on.
#[test]
fn old_copy_of_a_data_directory_is_kept_out() {
    let mut cluster = Cluster::start(3, &[]);
    cluster.transfer(0);
    let load = Load::start(cluster.nodes[0].addr(), 2, 1, "counter");
    cluster.nodes[2].kill();
    let (place, copy) = (cluster.nodes[2].data(), cluster.nodes[2].data().with_extension("old"));
    copy_dir(&place, &copy);
    cluster.nodes[2].start_again();
    cluster.wait_caught_up();
    load.wait_more(100);
    cluster.wait_caught_up();
    cluster.nodes[2].kill();
    std::fs::remove_dir_all(&place).unwrap();
    std::fs::rename(&copy, &place).unwrap();
    let (code, output) = cluster.nodes[2].start_in_vain();
    assert_eq!(code, Some(1));
    assert!(output.contains("the log of node 3 has gone back") && output.contains("RAFT.REMOVE 3"), "{output}");
    cluster.nodes[2].kill();
    load.wait_more(50);
    assert_eq!(Tally::sum(&load.finish()).errors, Vec::<String>::new());
    assert_eq!(cluster.nodes[0].wait_exit(Duration::ZERO), None);
}

/// Who does not know `requirepass` calls every member under the other members' ids, as a newer process of theirs, and answers at
/// the address of a dead one that the callers have to end. Nobody does.
#[test]
fn peer_without_the_password_ends_nobody() {
    let mut cluster = Cluster::start(3, &["--requirepass", "secret"]);
    cluster.transfer(0);
    let load = Load::start_with(|| cluster.nodes[0].client(), 2, 1, "counter");
    let id = peer_port::cluster_id(&cluster.nodes[0]);
    for round in 0..10 {
        for (target, node) in [(1, 2), (1, 3), (2, 1), (2, 3), (3, 1), (3, 2)] {
            for version in 1..=handshake::VERSION {
                let mut stream = peer_port::connect(&cluster.nodes[target - 1]);
                stream.write_all(&peer_port::hello(version, id, node, 1000 + round, target as u64)).unwrap();
                // It has been challenged by now; one of another version is told so later.
                if version == handshake::VERSION {
                    assert!(stream.read(&mut [0; 100]).unwrap() > 0);
                }
            }
        }
    }
    std::thread::sleep(Duration::from_secs(1));
    load.wait_more(50);
    cluster.wait_caught_up();

    cluster.nodes[2].kill();
    let listener = TcpListener::bind(("127.0.0.1", cluster.nodes[2].port() + 10_000)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let mut called = 0;
    let until = Instant::now() + Duration::from_secs(2);
    while Instant::now() < until {
        let Ok((mut stream, _)) = listener.accept() else {
            std::thread::sleep(Duration::from_millis(5));
            continue;
        };
        called += 1;
        let why = "node was removed";
        let body = [&[1][..], &(why.len() as u32).to_le_bytes(), why.as_bytes()].concat();
        stream.set_nonblocking(false).unwrap();
        let _ = stream.read(&mut [0; 100]);
        let _ = stream.write_all(&frame::encode(0, 202, &body));
    }
    drop(listener);
    assert!(called > 2, "the members call: {called}");
    load.wait_more(50);
    assert_eq!(Tally::sum(&load.finish()).errors, Vec::<String>::new());
    for node in [0, 1] {
        assert_eq!(cluster.nodes[node].wait_exit(Duration::ZERO), None);
    }
    cluster.nodes[2].start_again();
    cluster.wait_ready(2);
    cluster.check_digests();
}

fn copy_dir(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_dir(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
