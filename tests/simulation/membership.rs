//! A change of the voters whose leader dies half way.

use crate::client::{Client, Fate};
use crate::cluster::{Cluster, NODES, Shape};
use crate::support::value::Value;

/// The next leader ends the joint change, and the cluster works with one set of voters.
#[test]
fn a_joint_change_that_a_dead_leader_left_is_finished() {
    let mut half_done = 0;
    for seed in 1..=6 {
        let mut cluster = Cluster::new(Shape::new(seed));
        half_done += usize::from(cluster.form_with_a_crash_in_the_change());
        cluster.run(|world| async move {
            world.wait_leader().await;
            for node in 0..NODES {
                let mut client = Client::new(&world, node, node);
                assert_eq!(client.call(&["INCR", "n"]).await, Fate::Done(Value::Int(node as i64 + 1)), "seed {seed}");
            }
            // One of three may be missing: the change has really ended.
            let leader = world.wait_leader().await;
            world.crash(leader).await;
            let mut client = Client::new(&world, 9, (leader + 1) % NODES);
            assert_eq!(client.call(&["INCR", "n"]).await, Fate::Done(Value::Int(4)), "seed {seed}");
            world.start(leader).await;
        });
    }
    assert!(half_done > 0, "no leader has found the change half done");
}

/// The same for a removal: the next leader finishes it while the old one is down.
#[test]
fn a_removal_that_a_dead_leader_left_is_finished() {
    for seed in 1..=6 {
        let mut cluster = Cluster::new(Shape { nodes: 5, ..Shape::new(seed) });
        cluster.remove_with_a_crash_in_the_change();
        cluster.run(|world| async move {
            let members: Vec<usize> = (0..5).filter(|node| !world.machines[*node].is_removed()).collect();
            assert_eq!(members.len(), 4);
            for (written, node) in members.iter().enumerate() {
                let mut client = Client::new(&world, 1, *node);
                let fate = client.call(&["INCR", "n"]).await;
                assert_eq!(fate, Fate::Done(Value::Int(written as i64 + 1)), "seed {seed}, node {node}");
            }
            // One of four may be missing: the removed node is not counted.
            let leader = world.wait_leader().await;
            world.crash(leader).await;
            let next = members.iter().find(|node| **node != leader).unwrap();
            let mut client = Client::new(&world, 2, *next);
            assert_eq!(client.call(&["INCR", "n"]).await, Fate::Done(Value::Int(5)), "seed {seed}");
            world.start(leader).await;
        });
    }
}
