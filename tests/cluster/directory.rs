//! Directories that belong to somebody else or are spoilt.

use std::fs;

use crate::support::cluster::Cluster;
use crate::support::ports::free_port;
use crate::support::process::Server;

#[test]
fn second_process_on_a_directory_is_refused() {
    let cluster = Cluster::start(1, &[]);
    let mut second = Server::lockstep(&[]);
    second.kill();
    let dir = cluster.nodes[0].data().display().to_string();
    let at = second.flags_mut().iter().position(|flag| flag == "--dir").unwrap();
    second.flags_mut()[at + 1] = dir;
    let (code, output) = second.start_in_vain();
    assert_eq!(code, Some(1));
    assert!(output.contains("is in use by another process") && output.contains("--dir"), "{output}");
    assert!(!cluster.nodes[0].client().call(&["SET", "key", "value"]).is_error());
}

#[test]
fn directory_that_cannot_be_created_is_an_error() {
    let mut server = Server::lockstep(&[]);
    server.kill();
    let at = server.flags_mut().iter().position(|flag| flag == "--dir").unwrap();
    // A file stands where the directory should be.
    let file = server.data().join("identity").display().to_string();
    server.flags_mut()[at + 1] = file.clone();
    let (code, output) = server.start_in_vain();
    assert_eq!(code, Some(1));
    assert!(output.contains("cannot make the data directory") && output.contains(&file), "{output}");
}

#[test]
fn damaged_identity_is_refused() {
    let mut server = Server::lockstep(&[]);
    server.kill();
    let path = server.data().join("identity");
    let whole = fs::read(&path).unwrap();
    let mut flipped = whole.clone();
    flipped[40] ^= 1;
    for damaged in [flipped, whole[..whole.len() / 2].to_vec(), Vec::new(), vec![0xff; 100]] {
        fs::write(&path, damaged).unwrap();
        let (code, output) = server.start_in_vain();
        assert_eq!(code, Some(1));
        assert!(
            output.contains("identity") && output.contains("damaged") && output.contains("RAFT.REMOVE"),
            "{output}"
        );
    }
    fs::write(&path, whole).unwrap();
    server.start_again();
}

/// A log without the identity that belongs to it: never begin a second cluster on it.
#[test]
fn lost_identity_is_refused() {
    let cluster = Cluster::start(1, &[]);
    cluster.nodes[0].client().call(&["SET", "key", "value"]);
    let mut cluster = cluster;
    cluster.nodes[0].kill();
    fs::remove_file(cluster.nodes[0].data().join("identity")).unwrap();
    let (code, output) = cluster.nodes[0].start_in_vain();
    assert_eq!(code, Some(1));
    assert!(output.contains("identity"), "{output}");
}

/// An identity without the log that belongs to it: with an empty one the node could vote twice in a term.
#[test]
fn lost_log_is_refused() {
    let mut cluster = Cluster::start(3, &[]);
    cluster.nodes[0].client().call(&["SET", "key", "value"]);
    cluster.wait_caught_up();
    cluster.transfer(0);
    cluster.nodes[2].kill();
    let (log, kept) = (cluster.nodes[2].data().join("log"), cluster.nodes[2].data().join("kept"));
    fs::rename(&log, &kept).unwrap();
    let refused = |cluster: &mut Cluster| {
        let (code, output) = cluster.nodes[2].start_in_vain();
        assert_eq!(code, Some(1));
        assert!(
            output.contains("the log is gone") && output.contains("RAFT.REMOVE") && output.contains("--dir"),
            "{output}"
        );
    };
    // Deleted; then, with what the refused start has left, empty.
    refused(&mut cluster);
    refused(&mut cluster);
    // All of its files are there, with nothing in them.
    fs::remove_dir_all(&log).unwrap();
    fs::create_dir(&log).unwrap();
    for file in fs::read_dir(&kept).unwrap() {
        fs::write(log.join(file.unwrap().file_name()), "").unwrap();
    }
    refused(&mut cluster);
    fs::remove_dir_all(&log).unwrap();
    fs::rename(&kept, &log).unwrap();
    cluster.nodes[2].start_again();
    cluster.wait_ready(2);
    cluster.wait_caught_up();
    cluster.check_digests();
}

/// A node killed at some point of its very first start starts again.
#[test]
fn node_killed_during_its_first_start_starts_again() {
    let mut server = Server::lockstep(&[]);
    for microseconds in (0..24).map(|step| step * 10_000) {
        server.kill();
        let data = server.data();
        fs::remove_dir_all(&data).unwrap();
        server.launch_again();
        std::thread::sleep(std::time::Duration::from_micros(microseconds));
        server.kill();
        server.start_again();
    }
}

/// `--join` is ignored by a directory that has an identity.
#[test]
fn join_takes_nobody_elsewhere_who_has_an_identity() {
    let mut cluster = Cluster::start(1, &[]);
    cluster.nodes[0].client().call(&["SET", "key", "value"]);
    cluster.nodes[0].kill();
    let nobody = format!("127.0.0.1:{}", free_port());
    cluster.nodes[0].flags_mut().extend(["--join".into(), nobody]);
    cluster.nodes[0].start_again();
    cluster.wait_ready(0);
    assert_eq!(cluster.nodes[0].client().call(&["GET", "key"]).text().as_deref(), Some("value"));
    assert!(cluster.nodes[0].log().contains("--join only says where a member may be"));
}
