//! A node that is bound to every interface, and of which nothing says by which host others reach it (`--advertise`).

use crate::must_join::launched;
use crate::support::cluster::Cluster;
use crate::support::process::Server;

const WHAT_TO_DO: &str = "--advertise host";

fn last_log_index(node: &Server) -> String {
    let info = node.client().call(&["INFO", "raft"]).text().unwrap();
    info.lines().find(|line| line.starts_with("raft_last_log_index:")).unwrap().to_owned()
}

fn without_advertise(node: &mut Server) {
    let flags = node.flags_mut();
    let at = flags.iter().position(|flag| flag == "--advertise").unwrap();
    flags.drain(at..at + 2);
}

/// Nobody joins through it, and nothing is recorded, until it says where it is.
#[test]
fn a_founder_that_others_cannot_find_takes_nobody_in() {
    let mut cluster = Cluster::start(1, &["--bind", "0.0.0.0"]);
    let through = cluster.nodes[0].addr().to_string();
    assert!(!cluster.nodes[0].client().call(&["SET", "key", "value"]).is_error());
    let before = last_log_index(&cluster.nodes[0]);
    let joiner = launched(&[], &["--join", &through]);
    joiner.wait_log(0, WHAT_TO_DO);
    cluster.nodes[0].wait_log(0, WHAT_TO_DO);
    let waiting = launched(&[], &["--must-join"]);
    waiting.wait_log(0, "waiting to be called");
    let refused = cluster.nodes[0].client().call(&["RAFT.ADD", &waiting.addr().to_string()]).text().unwrap();
    assert!(refused.starts_with("ERR no node can join") && refused.contains(WHAT_TO_DO), "{refused}");
    assert_eq!(last_log_index(&cluster.nodes[0]), before);
    assert_eq!(cluster.lines(0).len(), 1);

    cluster.nodes[0].flags_mut().extend(["--advertise".into(), "localhost".into()]);
    cluster.nodes[0].start_again();
    cluster.nodes.push(joiner);
    cluster.wait_ready(1);
    let addr = format!("localhost:{}", cluster.nodes[0].port());
    cluster.wait_lines("the founder's address", |lines| lines[0].addr == addr && lines.len() == 2);
    let reply = cluster.nodes[0].client().call(&["RAFT.ADD", &waiting.addr().to_string()]);
    assert!(!reply.is_error(), "{reply:?}");
    cluster.nodes.push(waiting);
    cluster.wait_voters(3);
    cluster.check_digests();
}

/// Started again without its `--advertise` it is looked for where it was, and does not tell an address that is another machine to
/// each.
#[test]
fn a_member_that_has_forgotten_its_address_keeps_the_one_that_is_known() {
    let mut cluster = Cluster::start(1, &["--bind", "0.0.0.0", "--advertise", "localhost"]);
    cluster.join(&[]);
    cluster.join(&["--bind", "::", "--advertise", "localhost"]);
    cluster.wait_voters(3);
    for node in [0, 2] {
        cluster.nodes[node].kill();
        without_advertise(&mut cluster.nodes[node]);
        if node == 2 {
            // It has an identity, and needs no address to find its cluster by.
            let flags = cluster.nodes[node].flags_mut();
            let at = flags.iter().position(|flag| flag == "--join").unwrap();
            flags.drain(at..at + 2);
        }
        let from = cluster.nodes[node].log().len();
        cluster.nodes[node].start_again();
        cluster.wait_ready(node);
        cluster.nodes[node].wait_log(from, WHAT_TO_DO);
        let addr = format!("localhost:{}", cluster.nodes[node].port());
        cluster.wait_lines("everybody", |lines| {
            lines.iter().all(|line| line.alive && line.lag < 50) && lines[node].addr == addr
        });
        cluster.transfer(node);
    }
    cluster.check_digests();
}
