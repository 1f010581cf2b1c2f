//! Reads and writes through a node that is cut off: never old, never unanswered, and soon at work again.

use std::time::Duration;

use tokio::time::sleep;

use crate::client::{Client, Fate};
use crate::cluster::{Cluster, NODES, Shape, World};
use crate::support::value::Value;

#[derive(Clone, Copy, Debug)]
enum Cut {
    /// Messages are lost, those under way too: every connection is dead without being told.
    Lost,
    /// Messages wait and arrive later, as TCP sends them again.
    Held,
    /// What the node sends is lost; it still hears the others.
    Mute,
}

fn cut(world: &World, node: usize, how: Cut) {
    for other in (0..NODES).filter(|other| *other != node) {
        let (a, b) = (world.machines[node].name.clone(), world.machines[other].name.clone());
        match how {
            Cut::Lost => turmoil::partition(a, b),
            Cut::Held => turmoil::hold(a, b),
            Cut::Mute => turmoil::partition_oneway(a, b),
        }
    }
}

fn heal(world: &World, node: usize, how: Cut) {
    for other in (0..NODES).filter(|other| *other != node) {
        let (a, b) = (world.machines[node].name.clone(), world.machines[other].name.clone());
        match how {
            Cut::Lost => turmoil::repair(a, b),
            Cut::Held => turmoil::release(a, b),
            Cut::Mute => turmoil::repair_oneway(a, b),
        }
    }
}

fn ok() -> Fate {
    Fate::Done(Value::Simple(b"OK".to_vec()))
}

#[test]
fn a_leader_that_is_cut_off_shows_nothing_old() {
    for (seed, how) in [(1, Cut::Lost), (2, Cut::Held), (3, Cut::Lost), (4, Cut::Held)] {
        let mut cluster = Cluster::new(Shape { write_timeout_ms: 1000, ..Shape::new(seed) });
        cluster.run(|world| async move {
            let old = world.wait_leader().await;
            let mut reader = Client::new(&world, 1, old);
            assert_eq!(reader.call(&["SET", "key", "old"]).await, ok());
            cut(&world, old, how);
            let new = world.wait("another leader", || world.leader().filter(|node| *node != old)).await;
            let standing = world.machines[old].group().unwrap().raft_standing();
            assert!(standing.is_elected, "Raft has to believe that it leads");
            let mut writer = Client::new(&world, 2, new);
            while writer.call(&["SET", "key", "new"]).await != ok() {}
            assert_eq!(reader.call(&["GET", "key"]).await, Fate::NotApplied, "{how:?}");
            heal(&world, old, how);
            while reader.call(&["GET", "key"]).await == Fate::NotApplied {}
            assert_eq!(reader.call(&["GET", "key"]).await, Fate::Done(Value::Bulk(b"new".to_vec())));
        });
    }
}

/// Clients of a node that is cut off for a while: told in time what is known, and served again soon after. ([`Client`] itself fails
/// where there is no answer by the deadline.)
#[test]
fn a_node_that_was_cut_off_works_again_soon() {
    for (seed, how) in [(1, Cut::Lost), (2, Cut::Held), (3, Cut::Mute), (4, Cut::Lost), (5, Cut::Mute)] {
        let mut cluster = Cluster::new(Shape { write_timeout_ms: 700, ..Shape::new(seed) });
        cluster.run(|world| async move {
            let leader = world.wait_leader().await;
            let node = (leader + 1) % NODES;
            let mut writers = Vec::new();
            for id in 0..6 {
                let world = world.clone();
                writers.push(tokio::task::spawn_local(async move {
                    let mut client = Client::new(&world, id, if id < 4 { node } else { leader });
                    for _ in 0..60 {
                        let fate = client.call(if id % 2 == 0 { &["INCR", "n"] } else { &["GET", "n"] }).await;
                        assert!(matches!(fate, Fate::Done(_) | Fate::NotApplied | Fate::Unknown), "{fate:?}");
                        sleep(Duration::from_millis(30)).await;
                    }
                }));
            }
            sleep(Duration::from_millis(200)).await;
            cut(&world, node, how);
            sleep(Duration::from_millis(1800)).await;
            heal(&world, node, how);
            sleep(Duration::from_secs(5)).await;
            let mut client = Client::new(&world, 9, node);
            for _ in 0..5 {
                assert!(matches!(client.call(&["INCR", "n"]).await, Fate::Done(_)), "5 s after the cut, {how:?}");
            }
            for writer in writers {
                writer.await.unwrap();
            }
        });
    }
}
