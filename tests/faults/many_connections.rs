//! Ten thousand connections to one node, each with a write under way when the leader is killed.

use std::collections::BTreeSet;

use crate::support::bounds::CONNECTIONS;
use crate::support::client::Client;
use crate::support::cluster::Cluster;

#[test]
fn each_of_many_connections_has_its_answer_over_a_leader_kill() {
    // This process's own half of them.
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let wanted = CONNECTIONS as u64 + 1_000;
    let raised =
        rustix::process::Rlimit { current: limit.maximum.map_or(Some(wanted), |max| Some(max.min(wanted))), ..limit };
    if limit.current.is_some_and(|current| current < wanted) {
        rustix::process::setrlimit(rustix::process::Resource::Nofile, raised).expect("more open files");
    }
    let mut cluster = Cluster::start(3, &["--maxclients", &(CONNECTIONS + 100).to_string()]);
    let leader = cluster.leader();
    let node = (leader + 1) % 3;
    let mut clients: Vec<Client> = (0..CONNECTIONS).map(|_| Client::connect(cluster.nodes[node].addr())).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        client.send_line("INCR counter");
        if number == CONNECTIONS / 2 {
            cluster.nodes[leader].kill();
        }
    }
    let numbers: BTreeSet<i64> =
        clients.iter_mut().map(|client| client.read_reply().unwrap().int().expect("a number")).collect();
    assert_eq!(numbers, (1..=CONNECTIONS as i64).collect());
    cluster.nodes[leader].start_again();
    cluster.wait_ready(leader);
    cluster.wait_caught_up();
    cluster.check_digests();
}
