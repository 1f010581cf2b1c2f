//! Directories that belong to somebody else or are spoilt.

use std::fs;

use crate::support::cluster::Cluster;
use crate::support::ports::free_port;
use crate::support::process::Server;

#[test]
fn two_processes_with_one_directory() {
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
fn a_directory_that_cannot_be_made() {
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
fn a_damaged_identity() {
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
fn a_lost_identity() {
    let cluster = Cluster::start(1, &[]);
    cluster.nodes[0].client().call(&["SET", "key", "value"]);
    let mut cluster = cluster;
    cluster.nodes[0].kill();
    fs::remove_file(cluster.nodes[0].data().join("identity")).unwrap();
    let (code, output) = cluster.nodes[0].start_in_vain();
    assert_eq!(code, Some(1));
    assert!(output.contains("identity"), "{output}");
}

/// `--join` is ignored by a directory that has an identity.
#[test]
fn join_is_ignored_where_there_is_an_identity() {
    let mut cluster = Cluster::start(1, &[]);
    cluster.nodes[0].client().call(&["SET", "key", "value"]);
    cluster.nodes[0].kill();
    let nobody = format!("127.0.0.1:{}", free_port());
    cluster.nodes[0].flags_mut().extend(["--join".into(), nobody]);
    cluster.nodes[0].start_again();
    cluster.wait_ready(0);
    assert_eq!(cluster.nodes[0].client().call(&["GET", "key"]).text().as_deref(), Some("value"));
    assert!(cluster.nodes[0].log().contains("--join is ignored"));
}
