//! `requirepass`: clients need AUTH, peers prove the secret.

use std::time::Duration;

use crate::support::client::Client;
use crate::support::cluster::Cluster;
use crate::support::process::Server;

#[test]
fn cluster_with_a_password_works_and_refuses_others() {
    let flags = ["--requirepass", "secret"];
    let mut cluster = Cluster::start(3, &flags);
    for node in &cluster.nodes {
        let mut client = Client::connect(node.addr());
        assert_eq!(client.call(&["GET", "key"]).text().as_deref(), Some("NOAUTH Authentication required."));
        assert!(client.call(&["AUTH", "wrong"]).text().unwrap().starts_with("WRONGPASS"));
        assert!(client.call(&["RAFT.NODES"]).is_error());
    }
    assert!(!cluster.nodes[1].client().call(&["SET", "key", "value"]).is_error());

    // Who has another one does not get in.
    let through = cluster.nodes[0].addr().to_string();
    let mut stranger = Server::lockstep(&["--requirepass", "other"]);
    stranger.kill();
    std::fs::remove_dir_all(stranger.data()).unwrap();
    stranger.flags_mut().extend(["--join".into(), through]);
    let from = stranger.log().len();
    stranger.launch_again();
    stranger.wait_log(from, "WRONGPASS");
    assert_eq!(cluster.lines(0).len(), 3);
    stranger.kill();

    // A member that is started with another one is told so and ends.
    let away = (cluster.leader() + 1) % 3;
    cluster.nodes[away].kill();
    let at = cluster.nodes[away].flags_mut().iter().position(|flag| flag == "secret").unwrap();
    cluster.nodes[away].flags_mut()[at] = "other".into();
    let (code, output) = cluster.nodes[away].start_in_vain();
    assert_eq!(code, Some(1));
    assert!(output.contains("requirepass"), "{output}");
    cluster.nodes[away].flags_mut()[at] = "secret".into();
    cluster.nodes[away].start_again();
    cluster.wait_ready(away);
    cluster.wait_caught_up();
    assert_eq!(cluster.nodes[away].wait_exit(Duration::ZERO), None);
    cluster.check_digests();
}
