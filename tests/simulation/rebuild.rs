//! A node whose state differs: found by the digest, not started again on that state, and rebuilt from another node's.

use std::sync::atomic::Ordering;

use lockstep::replication::take_snapshot as take;

use crate::client::{Client, Fate};
use crate::cluster::{Cluster, NODES, Shape, World};
use crate::support::value::Value;

/// More than there are entries between two comparisons.
const ENOUGH: i64 = 1100;

async fn count(client: &mut Client, from: i64, to: i64) {
    for n in from..=to {
        assert_eq!(client.call(&["INCR", "n"]).await, Fate::Done(Value::Int(n)));
    }
}

/// Makes the state of a node wrong and waits until it has ended by it.
async fn spoil(world: &World, node: usize, client: &mut Client) {
    let machine = &world.machines[node];
    machine.set_wrong(true);
    machine.executor().unwrap().gate.write().await.digest.number(1);
    count(client, 1, ENOUGH).await;
    let why = world.wait("end of the node", || machine.ended()).await;
    assert!(why.contains("differs from the leader's") && why.contains("--rebuild"), "{why}");
}

#[test]
fn a_state_that_differs_is_refused_and_taken_anew() {
    for (seed, short_log) in [(1, false), (2, true)] {
        let mut cluster = Cluster::new(Shape::new(seed));
        cluster.run(|world| async move {
            let leader = world.wait_leader().await;
            let node = (leader + 1) % NODES;
            let machine = &world.machines[node];
            let mut client = Client::new(&world, 1, leader);
            if short_log {
                // The others have old snapshots, and this node's log begins behind them: the state has to be newer.
                for other in (0..NODES).filter(|other| *other != node) {
                    take(&world.machines[other].group().unwrap()).await.unwrap();
                }
                machine.group().unwrap().snapshots.log_keep.store(1000, Ordering::Relaxed);
            }
            spoil(&world, node, &mut client).await;

            world.crash(node).await;
            world.start(node).await;
            let why = world.wait("refusal", || machine.ended()).await;
            assert!(why.contains("differs from the leader's") && why.contains("--rebuild"), "{why}");

            machine.set_rebuild(true);
            world.crash(node).await;
            world.start(node).await;
            let recovered = || machine.group().filter(|group| group.is_recovered());
            world.wait("rebuilt node", recovered).await;
            // It is compared with the others again, at every index and when all is done.
            machine.set_wrong(false);
            let mut client = Client::new(&world, 2, node);
            count(&mut client, ENOUGH + 1, ENOUGH + 20).await;
            assert_eq!(client.node(), node, "it did not serve");
        });
    }
}
