//! A lock over a restart of everything.

use std::time::{Duration, Instant};

use crate::support::cluster::Cluster;

const TTL: Duration = Duration::from_secs(10);

/// A lock with 10 s left when all three nodes are killed and started again is there 9 s after it was set and gone after 11 s.
#[test]
fn a_lock_keeps_its_time_when_all_nodes_restart() {
    let mut cluster = Cluster::start(3, &[]);
    let sent = Instant::now();
    let reply = cluster.nodes[0].client().call(&["SET", "lock", "token", "NX", "PX", &TTL.as_millis().to_string()]);
    assert!(!reply.is_error() && !reply.is_null(), "{reply:?}");
    let set = Instant::now();
    cluster.nodes.iter_mut().for_each(|node| node.kill());
    for node in &mut cluster.nodes {
        node.launch_again();
    }
    (0..3).for_each(|node| cluster.wait_ready(node));
    let mut clients: Vec<_> = cluster.nodes.iter().map(|node| node.client()).collect();
    let (mut seen_after_restart, mut seen_late, mut gone) = (false, false, false);
    while !gone {
        for client in &mut clients {
            let began = Instant::now();
            let value = client.call(&["GET", "lock"]);
            assert!(!value.is_error(), "{value:?}");
            let there = !value.is_null();
            // Set at some moment between `sent` and `set`, looked at between `began` and now.
            if sent.elapsed() < TTL - Duration::from_millis(100) {
                assert!(there, "the lock is gone after {:?}", sent.elapsed());
                seen_after_restart = true;
                seen_late |= began - set > Duration::from_secs(9);
            }
            if began - set > TTL + Duration::from_secs(1) {
                assert!(!there, "the lock is still there after {:?}", began - set);
                gone = true;
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(seen_after_restart, "the restart took longer than the lock lives");
    assert!(seen_late, "nobody looked between 9 and 10 s");
    cluster.check_digests();
}
