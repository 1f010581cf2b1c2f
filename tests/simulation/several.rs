//! Several locks at once across changes of the leader: a ring of those who want each other's, in which everybody has its turn, and one of
//! those who hold and want more, which is told to whoever closes it.

use std::rc::Rc;
use std::time::Duration;

use tokio::time::sleep;

use crate::blocking::nobody_waits;
use crate::client::{Client, Fate};
use crate::cluster::{Cluster, NODES, Shape, World, now_ms};
use crate::lockers;
use crate::multis::{Owner, Seen, holders, judge_names};
use crate::support::rng::Rng;
use crate::support::several::Got;

/// For how long one holds what it has, ms: beyond any change of leader.
const TTL_MS: u64 = 60_000;
/// How long a request of this test may take, ms.
const LATE_MS: u64 = 11_500;
const ROUNDS: usize = 6;

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
            let next = ((leader + 1) % NODES + 1).to_string();
            Client::new(world, 900, leader).call(&["RAFT.TRANSFER", &next]).await;
        }
        Change::Crash => {
            world.crash(leader).await;
            world.wait("another leader", || world.leader().filter(|next| *next != leader)).await;
            world.start(leader).await;
        }
    }
    world.wait_leader().await;
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("r{number}")).collect()
}

/// Each wants two neighbours of a ring, time and again, and waits for ever.
fn ring(seed: u64, how: Change) {
    Cluster::new(Shape::new(seed)).run(move |world| async move {
        let seen = Rc::new(Seen::new(Rc::new(lockers::Seen::default())));
        let all = names(5);
        let mut rng = Rng::new(seed);
        let mut tasks = Vec::new();
        for id in 0..all.len() {
            let (world, seen, mut rng) = (world.clone(), seen.clone(), rng.fork());
            let pair = vec![all[id].clone(), all[(id + 1) % all.len()].clone()];
            tasks.push(tokio::task::spawn_local(async move {
                let mut client = Client::new(&world, id, id);
                for round in 0..ROUNDS {
                    let mut owner = Owner::new(&mut client, &seen, &mut rng, format!("{id}.{round}"), TTL_MS);
                    // Until it is told that it has them: those that are cut off ask again.
                    while !matches!(owner.ask(&pair, Some(0)).await, Some(Got::Tokens(_))) {}
                    owner.pause(150).await;
                    while !owner.release().await {}
                    owner.done();
                }
            }));
        }
        for _ in 0..3 {
            sleep(Duration::from_millis(300)).await;
            change_leader(&world, how).await;
        }
        for task in tasks {
            task.await.unwrap();
        }
        nobody_waits(&world).await;
        let counts = judge_names(&world, &seen, &all, LATE_MS).await;
        println!("seed {seed}, {how:?}: {counts:?} by {}", now_ms());
        assert!(counts.granted >= all.len() * ROUNDS && counts.timed_out + counts.circles + counts.kept == 0);
    });
}

#[test]
fn those_who_want_each_other_s_locks_all_have_their_turn_whoever_leads() {
    for (seed, how) in [(1, Change::Transfer), (2, Change::Crash), (3, Change::Transfer), (4, Change::Crash)] {
        ring(seed, how);
    }
}

/// Three of whom each holds two and wants one of the next, and the last one learns that only after the lead has changed.
fn circle(seed: u64, how: Change) {
    Cluster::new(Shape::new(seed)).run(move |world| async move {
        let seen = Rc::new(Seen::new(Rc::new(lockers::Seen::default())));
        let all = names(8);
        // Where nothing is killed.
        let stays = (world.wait_leader().await + 1) % NODES;
        let mut rng = Rng::new(seed);
        let mut tasks = Vec::new();
        for id in 0..2 {
            let (world, seen, all, mut rng) = (world.clone(), seen.clone(), all.clone(), rng.fork());
            tasks.push(tokio::task::spawn_local(async move {
                let mut client = Client::new(&world, id, stays);
                let mut owner = Owner::new(&mut client, &seen, &mut rng, format!("o{id}"), TTL_MS).uncut();
                assert!(matches!(owner.ask(&all[2 * id..2 * id + 2], None).await, Some(Got::Tokens(_))));
                // The second first, however long their messages take: behind the other one for r6 it would close a circle already.
                sleep(Duration::from_millis(300 - 100 * id as u64)).await;
                let wants = [all[2 * id + 2].clone(), "r6".to_owned()];
                let got = owner.ask(&wants, Some(0)).await;
                assert!(matches!(got, Some(Got::Tokens(_))), "{got:?}");
                assert!(owner.release().await);
                owner.done();
            }));
        }
        let mut client = Client::new(&world, 2, stays);
        let mut last = Owner::new(&mut client, &seen, &mut rng, "o2".into(), TTL_MS).uncut();
        assert!(matches!(last.ask(&all[4..6], None).await, Some(Got::Tokens(_))));
        let waiting = || {
            let executor = world.machines[stays].executor()?;
            executor.gate.try_read().filter(|state| state.waiters().len() == 2).map(drop)
        };
        world.wait("two that wait", waiting).await;
        change_leader(&world, how).await;
        world.wait("two that still wait", waiting).await;
        let text = "DEADLOCK 'o2' waits for 'r1' held by 'o0', 'o0' waits for 'r2' held by 'o1', 'o1' waits for 'r4' held by 'o2'";
        let wants = ["r1".to_owned(), "r7".to_owned()];
        assert_eq!(last.ask(&wants, Some(900)).await, Some(Got::Circle(text.into())));
        for name in &wants {
            let fate = Client::new(&world, 3, stays).call(&["LOCK.INFO", name]).await;
            let Fate::Done(info) = fate else { panic!("{fate:?}") };
            assert!(holders(&info).iter().all(|(owner, _)| owner != "o2"), "{name}: {info:?}");
        }
        // The way is free for the others, one after the other.
        assert!(last.release().await);
        last.done();
        for task in tasks {
            task.await.unwrap();
        }
        nobody_waits(&world).await;
        let counts = judge_names(&world, &seen, &all, LATE_MS).await;
        assert_eq!((counts.granted, counts.circles, counts.unknown, counts.kept), (5, 1, 0, 0), "{counts:?}");
    });
}

#[test]
fn a_circle_of_those_who_want_more_is_told_to_the_last_whoever_leads() {
    for (seed, how) in [(1, Change::Transfer), (2, Change::Crash)] {
        circle(seed, how);
    }
}
