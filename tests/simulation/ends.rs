//! Keys, holds and waits that end by themselves, while nobody writes: not early, and soon, whatever becomes of wall clocks and leaders.
//!
//! Held against true time, of each that was answered
//! - None ends before its time × (1 - 0.001) since it was asked for.
//! - None ends later than its time × (1 + 0.001) + [`LATE_MS`] since the answer, or since there was a leader again. Nothing asks for it:
//!   DBSIZE counts what the log has not ended, and waits for nothing.

use std::time::Duration;

use tokio::time::sleep;

use crate::client::{Client, Fate};
use crate::cluster::{Cluster, Shape, World, now_ms};
use crate::support::bounds;
use crate::support::rng::Rng;
use crate::support::value::Value;

/// Promised.
const LATE_MS: u64 = 200;
/// 0.04 %: what a node's clock differs from true time at most, in millionths.
const RATE: i64 = 400;
const ROUNDS: usize = 12;
/// Longest TTL and wait: the clients' patience has to be longer.
const LONGEST_MS: i64 = 2500;

/// What ends.
#[derive(Clone, Copy, Debug)]
enum Kind {
    String,
    Lock,
    /// A hold for which somebody waits.
    Awaited,
    /// A wait for an element that never comes.
    WaitForElement,
    /// A wait for a lock that is held for longer.
    WaitForLock,
}

const KINDS: [Kind; 5] = [Kind::String, Kind::Lock, Kind::Awaited, Kind::WaitForElement, Kind::WaitForLock];

/// What happens meanwhile, besides wall clocks that jump by up to an hour.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Change {
    Nothing,
    Transfer,
    Crash,
}

async fn done(client: &mut Client, args: &[&str]) -> Value {
    loop {
        match client.call(args).await {
            Fate::Done(value) => return value,
            Fate::NotApplied => {}
            other => panic!("{args:?}: {other:?}"),
        }
    }
}

/// Until something of this kind has ended: from when its time counts, and how long that is.
async fn one(world: &World, node: usize, kind: Kind, time_ms: u64) -> (u64, u64) {
    let (mut client, mut other) = (Client::new(world, 1, node), Client::new(world, 2, node));
    let time = time_ms.to_string();
    if matches!(kind, Kind::WaitForLock) {
        done(&mut other, &["LOCK.ACQUIRE", "l", "other", "PX", "60000"]).await;
    }
    let asked_ms = now_ms();
    let mut answered_ms = asked_ms;
    match kind {
        Kind::String => done(&mut client, &["SET", "k", "x", "PX", &time]).await,
        Kind::Lock | Kind::Awaited => done(&mut client, &["LOCK.ACQUIRE", "l", "me", "PX", &time]).await,
        Kind::WaitForElement => {
            let none = done(&mut client, &["BLPOP", "list", &format!("{}", time_ms as f64 / 1000.0)]).await;
            assert!(none.is_null(), "{none:?}");
            return (asked_ms, answered_ms);
        }
        Kind::WaitForLock => {
            let none = done(&mut client, &["LOCK.ACQUIRE", "l", "me", "PX", "9", "WAIT", &time]).await;
            assert!(none.is_null(), "{none:?}");
            return (asked_ms, answered_ms);
        }
    };
    answered_ms = now_ms();
    if matches!(kind, Kind::Awaited) {
        let granted = done(&mut other, &["LOCK.ACQUIRE", "l", "other", "PX", "60000", "WAIT", "9000"]).await;
        assert!(granted.items().is_some(), "{granted:?}");
    } else {
        while done(&mut other, &["DBSIZE"]).await != Value::Int(0) {
            sleep(Duration::from_millis(3)).await;
        }
    }
    (asked_ms, answered_ms)
}

fn jump(world: &World, rng: &mut Rng) {
    for machine in &world.machines {
        if rng.percent(50) {
            machine.clocks.jump_wall(rng.between(-3_600_000, 3_600_000));
        }
    }
}

fn run(seed: u64, change: Change) {
    let mut rng = Rng::new(seed);
    let mut cluster = Cluster::new(Shape::new(rng.next()));
    for machine in &cluster.world.machines {
        machine.clocks.set_drift(*rng.pick(&[-RATE, RATE]));
    }
    cluster.run(|world| async move {
        let mut latest_ms = 0;
        for round in 0..ROUNDS {
            let (kind, time_ms) = (KINDS[round % KINDS.len()], rng.between(300, LONGEST_MS) as u64);
            let leader = world.wait_leader().await;
            let nodes = world.machines.len();
            let next = (leader + 1 + rng.below(nodes - 1)) % nodes;
            // On a node that stays.
            let node = if change == Change::Crash { next } else { rng.below(nodes) };
            let ended = tokio::task::spawn_local({
                let world = world.clone();
                async move { (one(&world, node, kind, time_ms).await, now_ms()) }
            });
            let until_ms = now_ms() + time_ms + LATE_MS;
            let mut changed_ms = 0;
            while now_ms() < until_ms {
                sleep(Duration::from_millis(rng.between(20, 400) as u64)).await;
                jump(&world, &mut rng);
                if change != Change::Nothing && changed_ms == 0 {
                    if change == Change::Crash {
                        world.crash(leader).await;
                        world.wait("another leader", || world.leader().filter(|now| *now != leader)).await;
                        world.start(leader).await;
                    } else {
                        done(&mut Client::new(&world, 3, leader), &["RAFT.TRANSFER", &(next + 1).to_string()]).await;
                    }
                    world.wait_leader().await;
                    changed_ms = now_ms();
                }
            }
            let ((asked_ms, answered_ms), ended_ms) = ended.await.unwrap();
            let (due_ms, latest) = (asked_ms + time_ms * 999 / 1000, answered_ms.max(asked_ms) + time_ms * 1001 / 1000);
            assert!(ended_ms >= due_ms, "{kind:?} of {time_ms} ms ended {} ms early", due_ms - ended_ms);
            let late_ms = ended_ms.saturating_sub(latest.max(changed_ms));
            assert!(late_ms <= LATE_MS, "{kind:?} of {time_ms} ms ended {late_ms} ms late, {change:?}");
            latest_ms = latest_ms.max(late_ms);
            let mut client = Client::new(&world, 4, node);
            done(&mut client, &["FLUSHALL"]).await;
        }
        println!("seed {seed}, {change:?}: at worst {latest_ms} ms late");
    });
}

/// One of the seeds that CI runs.
pub fn one_seed(seed: u64) {
    [Change::Nothing, Change::Transfer, Change::Crash].into_iter().for_each(|change| run(seed, change));
}

#[test]
fn what_ends_by_itself_ends_in_time_while_wall_clocks_jump() {
    bounds::seeds("ends", bounds::END_SEEDS).for_each(one_seed);
}
