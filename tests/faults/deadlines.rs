//! Deadlines over leader changes.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::cluster::Cluster;

/// PEXPIRETIME stays the same number, and PTTL never rises on one connection, while leaders are killed.
#[test]
fn a_leader_change_moves_no_deadline() {
    let mut cluster = Cluster::start(3, &[]);
    let set = cluster.nodes[0].client().call(&["SET", "key", "value", "PX", "600000"]);
    assert!(!set.is_error(), "{set:?}");
    let deadline = cluster.nodes[0].client().call(&["PEXPIRETIME", "key"]).int().unwrap();
    assert!(deadline > 0);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watchers: Vec<_> = [0, 1]
            .map(|node| {
                let mut client = cluster.nodes[node].client();
                let over = &over;
                scope.spawn(move || {
                    let (mut last, mut seen) = (i64::MAX, 0_u64);
                    while !over.load(Ordering::Relaxed) {
                        let ttl = client.call(&["PTTL", "key"]).int().expect("a TTL");
                        assert!(0 < ttl && ttl <= last, "node {}: PTTL {ttl} after {last}", node + 1);
                        (last, seen) = (ttl, seen + 1);
                    }
                    seen
                })
            })
            .into_iter()
            .collect();
        for _ in 0..3 {
            cluster.transfer(2);
            cluster.nodes[2].kill();
            for node in [0, 1] {
                assert_eq!(cluster.nodes[node].client().call(&["PEXPIRETIME", "key"]).int(), Some(deadline));
            }
            cluster.nodes[2].start_again();
            cluster.wait_ready(2);
            cluster.wait_caught_up();
            assert_eq!(cluster.nodes[2].client().call(&["PEXPIRETIME", "key"]).int(), Some(deadline));
        }
        over.store(true, Ordering::Relaxed);
        for watcher in watchers {
            assert!(watcher.join().expect("a watcher") > 100);
        }
    });
    cluster.check_digests();
}
