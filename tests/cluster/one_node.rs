//! One node alone.

use std::time::Duration;

use crate::support::cluster::Cluster;

#[test]
fn starts_stops_and_starts_again() {
    let mut cluster = Cluster::start(1, &[]);
    for round in 1..=3 {
        let ready = cluster.nodes[0].log().matches("ready on 127.0.0.1:").count();
        assert_eq!(ready, round, "one line for each start:\n{}", cluster.nodes[0].log());
        assert_eq!(cluster.nodes[0].client().call(&["INCR", "starts"]).int(), Some(round as i64));
        let lines = cluster.lines(0);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].voter && lines[0].alive && lines[0].role == "leader" && lines[0].id == 1, "{lines:?}");
        cluster.nodes[0].signal("TERM");
        let status = cluster.nodes[0].wait_exit(Duration::from_secs(10)).expect("an end");
        assert_eq!(status.code(), Some(0), "{}", cluster.nodes[0].log());
        cluster.nodes[0].start_again();
        cluster.wait_ready(0);
    }
}
