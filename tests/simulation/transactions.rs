//! WATCH and EXEC across a change of leader.

use crate::client::{Client, Fate};
use crate::cluster::{Cluster, NODES, Shape, World};
use crate::support::value::Value;

fn ok() -> Fate {
    Fate::Done(Value::Simple(b"OK".to_vec()))
}

/// How the lead goes to another node.
#[derive(Clone, Copy, Debug)]
enum Change {
    Transfer,
    Crash,
}

async fn change_leader(world: &World, how: Change) {
    let leader = world.wait_leader().await;
    match how {
        Change::Transfer => {
            let next = (leader + 1) % NODES;
            let mut operator = Client::new(world, 9, leader);
            assert_eq!(operator.call(&["RAFT.TRANSFER", &(next + 1).to_string()]).await, ok());
        }
        Change::Crash => {
            world.crash(leader).await;
            world.wait("another leader", || world.leader().filter(|next| *next != leader)).await;
            world.start(leader).await;
        }
    }
    world.wait_leader().await;
    let recovered =
        || world.machines.iter().all(|machine| machine.group().is_some_and(|group| group.is_recovered())).then_some(());
    world.wait("recovery", recovered).await;
}

/// EXEC of `SET key new` on a node that does not lead, after `meanwhile` of another client and a change of leader.
async fn exec_after(world: &World, how: Change, key: &str, meanwhile: Option<&[&str]>) -> Fate {
    let leader = world.wait_leader().await;
    // Neither the leader, nor the one that a transfer makes leader.
    let mut client = Client::new(world, 1, (leader + 2) % NODES);
    let mut other = Client::new(world, 2, (leader + 1) % NODES);
    assert_eq!(client.call(&["WATCH", key]).await, ok());
    assert_eq!(client.call(&["MULTI"]).await, ok());
    assert_eq!(client.call(&["SET", key, "new"]).await, Fate::Done(Value::Simple(b"QUEUED".to_vec())));
    if let Some(args) = meanwhile {
        let fate = other.call(args).await;
        assert!(matches!(&fate, Fate::Done(value) if !value.is_error()), "{args:?}: {fate:?}");
    }
    change_leader(world, how).await;
    client.call(&["EXEC"]).await
}

#[test]
fn exec_refuses_exactly_if_a_watched_key_changed_across_a_change_of_leader() {
    for (seed, how) in [(1, Change::Transfer), (2, Change::Crash), (3, Change::Transfer), (4, Change::Crash)] {
        let mut cluster = Cluster::new(Shape::new(seed));
        cluster.run(|world| async move {
            let done = Fate::Done(Value::Array(vec![Value::Simple(b"OK".to_vec())]));
            let refused = Fate::Done(Value::NullArray);
            let mut setter = Client::new(&world, 0, 0);
            for (key, meanwhile, expected) in [
                ("same", None, &done),
                ("other", Some(&["SET", "elsewhere", "x"][..]), &done),
                ("changed", Some(&["SET", "changed", "old"][..]), &refused),
                ("deleted", Some(&["DEL", "deleted"][..]), &refused),
                ("expiring", Some(&["PEXPIRE", "expiring", "100000"][..]), &refused),
            ] {
                assert_eq!(setter.call(&["SET", key, "old"]).await, ok());
                let fate = exec_after(&world, how, key, meanwhile).await;
                assert_eq!(fate, *expected, "{key} with {how:?}");
                // The setter's node may have been killed.
                setter = Client::new(&world, 0, world.wait_leader().await);
            }
        });
    }
}
