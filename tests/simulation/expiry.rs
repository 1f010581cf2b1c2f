//! Deadlines: no key goes early, none stays, whatever happens to wall clocks, leaders and processes.

use std::time::Duration;

use tokio::time::sleep;

use crate::client::{Client, Fate};
use crate::cluster::{Cluster, NODES, Shape, World, now_ms};
use crate::support::rng::Rng;
use crate::support::value::Value;

async fn sleep_until_ms(at_ms: u64) {
    sleep(Duration::from_millis(at_ms.saturating_sub(now_ms()))).await;
}

/// What `node` says of the key, once it can: asked again while there is no leader.
async fn ask(world: &World, node: usize, args: &[&str]) -> Value {
    for _ in 0..1000 {
        let mut client = Client::new(world, node, node);
        let fate = client.call(args).await;
        if client.node() == node
            && let Fate::Done(value) = fate
        {
            return value;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("node {node} does not answer {args:?}");
}

#[test]
fn ttl_of_ten_seconds_lasts_over_a_restart_of_all_nodes() {
    for seed in 0..3 {
        let mut cluster = Cluster::new(Shape::new(seed));
        cluster.run(|world| async move {
            let mut rng = Rng::new(seed);
            // So that the clock's base is on disk.
            sleep(Duration::from_millis(1500)).await;
            let before_ms = now_ms();
            ask(&world, 0, &["SET", "ten", "x", "PX", "10000"]).await;
            let after_ms = now_ms();
            let deadline = ask(&world, 1, &["PEXPIRETIME", "ten"]).await;
            sleep_until_ms(before_ms + 3000).await;
            for node in 0..NODES {
                world.crash(node).await;
                world.machines[node].clocks.jump_wall(rng.between(-3_600_000, 3_600_000));
            }
            sleep_until_ms(before_ms + 5000).await;
            for node in 0..NODES {
                world.start(node).await;
            }
            sleep_until_ms(before_ms + 8900).await;
            for node in 0..NODES {
                assert_eq!(ask(&world, node, &["GET", "ten"]).await, Value::Bulk(b"x".to_vec()), "at {}", now_ms());
                assert_eq!(ask(&world, node, &["PEXPIRETIME", "ten"]).await, deadline);
            }
            assert!(now_ms() <= before_ms + 9500, "the reads came too late to say anything");
            sleep_until_ms(after_ms + 11_000).await;
            for node in 0..NODES {
                assert_eq!(ask(&world, node, &["GET", "ten"]).await, Value::NullBulk);
            }
        });
    }
}

/// All machines were off: what that took is known from their wall clocks, here right to half a second.
#[test]
fn ttl_of_ten_seconds_lasts_over_a_reboot_of_all_machines() {
    let mut cluster = Cluster::new(Shape::new(7));
    cluster.run(|world| async move {
        sleep(Duration::from_millis(1500)).await;
        let before_ms = now_ms();
        ask(&world, 0, &["SET", "ten", "x", "PX", "10000"]).await;
        sleep_until_ms(before_ms + 2000).await;
        for node in 0..NODES {
            world.crash(node).await;
        }
        sleep_until_ms(before_ms + 5000).await;
        for node in 0..NODES {
            world.machines[node].reboot();
            world.start(node).await;
        }
        sleep_until_ms(before_ms + 8500).await;
        for node in 0..NODES {
            assert_eq!(ask(&world, node, &["GET", "ten"]).await, Value::Bulk(b"x".to_vec()), "at {}", now_ms());
        }
        sleep_until_ms(before_ms + 12_000).await;
        for node in 0..NODES {
            assert_eq!(ask(&world, node, &["GET", "ten"]).await, Value::NullBulk);
        }
    });
}

/// Two of three machines reboot one after the other: the time is known to the third, and no wall clock counts.
#[test]
fn machine_that_stays_on_keeps_the_cluster_clock() {
    let mut cluster = Cluster::new(Shape::new(8));
    cluster.run(|world| async move {
        let before_ms = now_ms();
        ask(&world, 0, &["SET", "ten", "x", "PX", "10000"]).await;
        for node in [0, 1] {
            world.crash(node).await;
            world.machines[node].clocks.jump_wall(3_600_000);
        }
        sleep_until_ms(before_ms + 4000).await;
        for node in [0, 1] {
            world.machines[node].reboot();
            world.start(node).await;
        }
        world.wait_leader().await;
        sleep_until_ms(before_ms + 9000).await;
        assert_eq!(ask(&world, 1, &["GET", "ten"]).await, Value::Bulk(b"x".to_vec()), "at {}", now_ms());
        sleep_until_ms(before_ms + 11_000).await;
        assert_eq!(ask(&world, 0, &["GET", "ten"]).await, Value::NullBulk);
    });
}

/// Readers at every node all the time, while wall clocks jump by up to an hour and the lead moves.
#[test]
fn only_time_moves_a_deadline() {
    const TTL_MS: u64 = 6000;
    for seed in 10..13 {
        let mut cluster = Cluster::new(Shape::new(seed));
        cluster.run(|world| async move {
            let mut rng = Rng::new(seed);
            let before_ms = now_ms();
            ask(&world, 0, &["SET", "six", "x", "PX", "6000"]).await;
            let after_ms = now_ms();
            let deadline = ask(&world, 0, &["PEXPIRETIME", "six"]).await;
            let gone = std::rc::Rc::new(std::cell::Cell::new(false));
            let mut readers = Vec::new();
            for node in 0..NODES {
                let (world, deadline, gone) = (world.clone(), deadline.clone(), gone.clone());
                readers.push(tokio::task::spawn_local(async move {
                    let mut client = Client::new(&world, node, node);
                    let mut left = TTL_MS as i64;
                    loop {
                        let (begin_ms, was_gone) = (now_ms(), gone.get());
                        let fates = client.pipeline(&[vec!["PTTL", "six"], vec!["PEXPIRETIME", "six"]]).await;
                        let Fate::Done(pttl) = &fates[0] else { continue };
                        let pttl = pttl.int().expect("PTTL is a number");
                        if pttl == -2 {
                            let lived_ms = now_ms() - before_ms;
                            assert!(lived_ms * 1000 >= TTL_MS * 999, "gone after {lived_ms} ms");
                            gone.set(true);
                            return;
                        }
                        assert!(!was_gone, "node {node} shows the key that another one has shown to be gone");
                        assert!((0..=left).contains(&pttl), "PTTL {pttl} after {left}");
                        left = pttl;
                        assert!(begin_ms <= after_ms + TTL_MS + 100, "still there at {begin_ms}, set at {after_ms}");
                        if let Fate::Done(again) = &fates[1]
                            && again.int() != Some(-2)
                        {
                            assert_eq!(*again, deadline);
                        }
                        sleep(Duration::from_millis(7)).await;
                    }
                }));
            }
            for _ in 0..12 {
                sleep(Duration::from_millis(400)).await;
                world.machines[rng.below(NODES)].clocks.jump_wall(rng.between(-3_600_000, 3_600_000));
                if rng.percent(50) {
                    let next = (1 + rng.below(NODES)).to_string();
                    let _ = Client::new(&world, 9, rng.below(NODES)).call(&["RAFT.TRANSFER", &next]).await;
                }
            }
            for reader in readers {
                reader.await.unwrap();
            }
        });
    }
}
