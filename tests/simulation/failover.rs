//! How soon another node leads when the leader's process is dead, in simulated time, and what one node's wrong evidence does.

use std::time::Duration;

use tokio::time::sleep;

use crate::client::{Client, Fate};
use crate::cluster::{Cluster, NODES, Shape, now_ms};
use crate::support::value::Value;

/// What a follower owes to a leader that it has heard: an election that comes by time comes later than this.
const LEASE_MS: u64 = 300;

fn ok() -> Fate {
    Fate::Done(Value::Simple(b"OK".to_vec()))
}

#[test]
fn a_killed_leader_is_replaced_before_its_lease_is_over() {
    for seed in 1..=5 {
        let mut cluster = Cluster::new(Shape { latency_ms: 2, ..Shape::new(seed) });
        cluster.run(|world| async move {
            let old = world.wait_leader().await;
            let mut client = Client::new(&world, 1, (old + 1) % NODES);
            assert_eq!(client.call(&["SET", "key", "old"]).await, ok());
            // Of its last heartbeat the lease counts, which comes every 50 ms.
            let killed = now_ms();
            world.crash(old).await;
            assert_eq!(client.call(&["SET", "key", "new"]).await, ok());
            let took = now_ms() - killed;
            assert!(took < LEASE_MS - 50, "seed {seed}: {took} ms");
            world.start(old).await;
            world.agree().await;
        });
    }
}

/// What one follower sends to the leader is lost. So the leader ends its connection to it, and refuses, as it seems there, the next.
#[test]
fn evidence_of_one_node_deposes_nobody() {
    for seed in 1..=3 {
        let mut cluster = Cluster::new(Shape::new(seed));
        cluster.run(|world| async move {
            let leader = world.wait_leader().await;
            let term = || world.machines[leader].group().unwrap().raft_standing().term;
            let (mute, third, before) = ((leader + 1) % NODES, (leader + 2) % NODES, term());
            let names = (world.machines[mute].name.clone(), world.machines[leader].name.clone());
            turmoil::partition_oneway(names.0.clone(), names.1.clone());
            let mut client = Client::new(&world, 1, third);
            for number in 0..60 {
                assert_eq!(client.call(&["SET", "key", &number.to_string()]).await, ok());
                sleep(Duration::from_millis(100)).await;
            }
            turmoil::repair_oneway(names.0, names.1);
            world.agree().await;
            assert_eq!((world.leader(), term()), (Some(leader), before), "seed {seed}");
        });
    }
}
