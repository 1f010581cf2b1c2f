//! A majority that is lost for good: a survivor goes on as a new cluster, and the old one is never mistaken for it.

use crate::support::client::Client;
use crate::support::cluster::Cluster;
use crate::support::process::Server;
use crate::support::value::Value;

fn cluster_id(server: &Server) -> String {
    let info = server.client().call(&["INFO", "raft"]).text().unwrap();
    info.lines().find_map(|line| line.strip_prefix("raft_cluster_id:")).unwrap().trim().to_owned()
}

fn token(client: &mut Client, key: &str) -> i64 {
    assert!(!client.call(&["SET", key, "holder", "NX", "PX", "60000"]).is_null());
    client.call(&["LOCK.TOKEN", key, "holder"]).int().unwrap()
}

#[test]
fn a_survivor_goes_on_as_a_new_cluster() {
    let mut cluster = Cluster::start(3, &["--write-timeout-ms", "1000"]);
    cluster.transfer(0);
    let mut client = cluster.nodes[0].client();
    for n in 1..=50 {
        assert_eq!(client.call(&["INCR", "n"]), Value::Int(n));
    }
    let before = token(&mut client, "lock");
    cluster.wait_all_matched();
    let lost = cluster_id(&cluster.nodes[1]);
    cluster.nodes[0].kill();
    cluster.nodes[2].kill();
    cluster.nodes[1].kill();

    // Not by mistake.
    cluster.nodes[1].flags_mut().extend(["--force-new-cluster".into(), "0123456789".into()]);
    let (code, output) = cluster.nodes[1].start_in_vain();
    assert_eq!(code, Some(1));
    assert!(output.contains(&format!("is of cluster {lost}; nothing was changed")), "{output}");

    cluster.nodes[1].flags_mut().pop();
    cluster.nodes[1].flags_mut().push(lost[..8].to_owned());
    cluster.nodes[1].start_again();
    cluster.wait_ready(1);
    let log = cluster.nodes[1].log();
    assert!(log.contains(&format!("cluster {lost} is given up")) && log.contains("LOST"), "{log}");
    let lines = cluster.lines(1);
    assert!(lines.len() == 1 && lines[0].id == 2 && lines[0].voter && lines[0].role == "leader", "{lines:?}");
    let new = cluster_id(&cluster.nodes[1]);
    assert_ne!(new, lost);
    let mut client = cluster.nodes[1].client();
    assert_eq!(client.call(&["INCR", "n"]), Value::Int(51));
    assert!(client.call(&["SET", "lock", "another", "NX", "PX", "60000"]).is_null(), "it is held");
    assert_eq!(client.call(&["LOCK.TOKEN", "lock", "holder"]), Value::Int(before));
    assert!(token(&mut client, "lock 2") > before + (1 << 36), "the lost nodes may have given higher ones");

    // The option was left where it is.
    cluster.nodes[1].kill();
    cluster.nodes[1].start_again();
    cluster.wait_ready(1);
    assert!(cluster.nodes[1].log().contains("--force-new-cluster is ignored"));
    assert_eq!(cluster_id(&cluster.nodes[1]), new);

    // A node of the lost cluster comes back: it finds no majority, and nobody takes anything from it.
    cluster.nodes[2].launch_again();
    // Others join, and can go on without the survivor.
    cluster.nodes.swap(0, 1);
    let joined = [cluster.join(&[]), cluster.join(&[])];
    cluster.nodes.swap(0, 1);
    let lines = cluster.wait_lines("three voters", |lines| lines.iter().filter(|line| line.voter).count() == 3);
    assert_eq!(lines.iter().map(|line| line.id).collect::<Vec<_>>(), [2, 4, 5], "ids are never used again");
    let mut stale = cluster.nodes[2].client();
    assert!(stale.call(&["GET", "n"]).is_error());
    cluster.nodes[1].kill();
    assert_eq!(cluster.nodes[joined[0]].client().call(&["INCR", "n"]), Value::Int(52));
    assert_eq!(cluster.nodes[joined[1]].client().call(&["GET", "n"]).text().as_deref(), Some("52"));
    cluster.nodes[2].kill();
    cluster.nodes[1].start_again();
    cluster.wait_ready(1);
    cluster.wait_caught_up();
    cluster.check_digests();
}

#[test]
fn a_new_directory_is_no_survivor() {
    let mut server = Server::lockstep(&[]);
    server.kill();
    std::fs::remove_dir_all(server.data()).unwrap();
    server.flags_mut().extend(["--force-new-cluster".into(), "12345678".into()]);
    let (code, output) = server.start_in_vain();
    assert_eq!(code, Some(1));
    assert!(output.contains("give the --dir of a member"), "{output}");
}
