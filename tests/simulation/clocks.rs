//! Keys, and fields of hashes, with short TTLs on nodes whose clocks differ as much as they may: what is promised in ms holds in true time,
//! whoever leads.
//!
//! Held against true time, at every node, of every SET and HSETEX that was answered:
//! - no key or field is gone before TTL × (1 - 0.001) since it was sent, nor sooner than a PTTL or HPTTL has said;
//! - none is there longer than TTL × (1 + 0.001) + [`LATE_MS`] since the answer. An outage is not added: it counts.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::sleep;

use crate::client::{Client, Fate};
use crate::cluster::{Cluster, NODES, Order, Shape, World, now_ms};
use crate::support::bounds;
use crate::support::rng::Rng;
use crate::support::value::Value;

/// 0.05 %: what a node's clock may differ from true time, in millionths.
const RATE: i64 = 500;
/// Longest time that a message takes, ms.
const LATENCY_MS: u64 = 40;
/// What cluster time may lose over the life of a key besides the rates: a message's delay for each of a few leaders.
const LATE_MS: u64 = 200;

/// Connections, each with one key at a time.
const CLIENTS: usize = 20;

/// What was seen.
#[derive(Default)]
struct Lives {
    keys: Cell<usize>,
    /// By how much a key was gone too early, at worst, ms.
    early_ms: Cell<u64>,
    late_ms: Cell<u64>,
}

/// What lives so long.
#[derive(Clone, Copy)]
enum Kind {
    Key,
    /// A field of a hash that has another one, without an end.
    Field,
}

impl Kind {
    /// Makes it.
    async fn set(self, client: &mut Client, key: &str, ttl_ms: u64) -> Fate {
        let ttl_ms = ttl_ms.to_string();
        match self {
            Self::Key => client.call(&["SET", key, "x", "PX", &ttl_ms]).await,
            Self::Field => client.call(&["HSETEX", key, "PX", &ttl_ms, "FIELDS", "1", "f", "x"]).await,
        }
    }

    /// What is left of it, ms; below 0: it is gone. None: unknown.
    async fn left_ms(self, client: &mut Client, key: &str) -> Option<i64> {
        let fate = match self {
            Self::Key => client.call(&["PTTL", key]).await,
            Self::Field => client.call(&["HPTTL", key, "FIELDS", "1", "f"]).await,
        };
        match fate {
            Fate::Done(Value::Array(each)) => each[0].int(),
            Fate::Done(left) => Some(left.int().expect("PTTL is a number")),
            Fate::NotApplied | Fate::Unknown | Fate::Applied => None,
        }
    }
}

/// Sets a key or field, and looks after it until it is gone, at one node or at any.
async fn one_life(
    client: &mut Client,
    moves: bool,
    rng: &mut Rng,
    (kind, key, ttl_ms): (Kind, &str, u64),
    lives: &Lives,
) {
    let world = &client.world().clone();
    if matches!(kind, Kind::Field) {
        client.call(&["HSET", key, "other", "x"]).await;
    }
    let set_ms = now_ms();
    if !matches!(kind.set(client, key, ttl_ms).await, Fate::Done(_)) {
        return;
    }
    let answered_ms = now_ms();
    let mut promised_ms = set_ms + ttl_ms * 999 / 1000;
    loop {
        let asked_ms = now_ms();
        if let Some(left) = kind.left_ms(client, key).await {
            if left < 0 {
                let early_ms = promised_ms.saturating_sub(now_ms());
                world.note(format_args!("{key} with {ttl_ms} ms, set at {set_ms}, is gone, {early_ms} ms early"));
                lives.early_ms.set(lives.early_ms.get().max(early_ms));
                lives.keys.set(lives.keys.get() + 1);
                return;
            }
            promised_ms = promised_ms.max(asked_ms + left as u64 * 999 / 1000);
            let late_ms = asked_ms.saturating_sub(answered_ms + ttl_ms * 1001 / 1000);
            lives.late_ms.set(lives.late_ms.get().max(late_ms));
        }
        if moves && rng.percent(10) {
            *client = Client::new(world, client.id, rng.below(NODES));
        }
        sleep(Duration::from_millis(rng.between(1, 8) as u64)).await;
    }
}

/// One connection's keys, one after the other, until `until_ms`.
async fn live(world: World, id: usize, mut rng: Rng, until_ms: u64, lives: Rc<Lives>) {
    let mut client = Client::new(&world, id, rng.below(NODES));
    for number in 0.. {
        if now_ms() >= until_ms {
            return;
        }
        let ttl_ms = rng.between(20, 1500) as u64;
        let kind = if rng.percent(40) { Kind::Field } else { Kind::Key };
        one_life(&mut client, true, &mut rng, (kind, &format!("{id}:{number}"), ttl_ms), &lives).await;
    }
}

fn cut(world: &World, node: usize, whole: bool) {
    for other in (0..NODES).filter(|other| *other != node) {
        let (a, b) = (world.machines[node].name.clone(), world.machines[other].name.clone());
        if whole { turmoil::repair(a, b) } else { turmoil::partition(a, b) }
    }
}

/// Leader changes by transfers, crashes and cuts, and slow networks, until `until_ms`.
async fn change_leaders(world: World, mut rng: Rng, until_ms: u64) {
    while now_ms() < until_ms {
        sleep(Duration::from_millis(rng.between(50, 900) as u64)).await;
        let leader = world.leader().unwrap_or(0);
        let node = if rng.percent(60) { leader } else { rng.below(NODES) };
        match rng.below(8) {
            0..3 => {
                let next = (1 + rng.below(NODES)).to_string();
                let mut operator = Client::new(&world, 100, rng.below(NODES));
                let _ = tokio::time::timeout(Duration::from_secs(2), operator.call(&["RAFT.TRANSFER", &next])).await;
            }
            3..5 => {
                world.order(Order::Crash(node, rng.below(3))).await;
                sleep(Duration::from_millis(rng.between(1, 1500) as u64)).await;
                world.start(node).await;
            }
            5 => {
                cut(&world, node, false);
                sleep(Duration::from_millis(rng.between(1, 3000) as u64)).await;
                cut(&world, node, true);
            }
            6 if rng.percent(20) => {
                for node in 0..NODES {
                    world.order(Order::Crash(node, rng.below(3))).await;
                }
                sleep(Duration::from_millis(rng.between(1, 1000) as u64)).await;
                for node in 0..NODES {
                    world.start(node).await;
                }
            }
            _ => world.order(Order::Latency(rng.between(1, LATENCY_MS as i64) as u64)).await,
        }
    }
    world.order(Order::Latency(3)).await;
}

fn cluster(seed: u64, rates: [i64; NODES]) -> Cluster<'static> {
    let cluster = Cluster::new(Shape::new(seed));
    for (machine, rate) in cluster.world.machines.iter().zip(rates) {
        machine.clocks.set_drift(rate);
    }
    cluster
}

fn judge(lives: &Lives, keys_min: usize, what: &str) {
    let (keys, early_ms, late_ms) = (lives.keys.get(), lives.early_ms.get(), lives.late_ms.get());
    println!("{what}: {keys} keys, at worst {early_ms} ms early and {late_ms} ms late");
    assert!(keys >= keys_min, "{what}: only {keys} keys");
    assert_eq!(early_ms, 0, "{what}: a key was gone too early");
    assert!(late_ms <= LATE_MS, "{what}: a key was there {late_ms} ms too long");
}

/// One of the seeds that CI runs.
pub fn one(seed: u64) {
    let duration_ms = if bounds::long() { 60_000 } else { 15_000 };
    let mut rng = Rng::new(seed);
    let rates = [0; NODES].map(|_| if rng.percent(40) { rng.between(-RATE, RATE) } else { *rng.pick(&[-RATE, RATE]) });
    let lives = Rc::new(Lives::default());
    let seen = lives.clone();
    cluster(rng.next(), rates).run(|world| async move {
        let until_ms = now_ms() + duration_ms;
        let mut tasks = vec![tokio::task::spawn_local(change_leaders(world.clone(), rng.fork(), until_ms))];
        for id in 0..CLIENTS {
            tasks.push(tokio::task::spawn_local(live(world.clone(), id, rng.fork(), until_ms, seen.clone())));
        }
        for task in tasks {
            task.await.unwrap();
        }
    });
    judge(&lives, 100, &format!("seed {seed}, rates {rates:?}"));
}

#[test]
fn short_ttls_hold_over_chains_of_leaders_whose_clocks_differ() {
    bounds::seeds("clocks", bounds::CLOCK_SEEDS).for_each(one);
}

/// One is cut off for a minute, and its clock gains on the others'; then the leader dies, and it votes.
#[test]
fn a_vote_of_one_whose_clock_ran_ahead_alone_ends_no_key() {
    let lives = Rc::new(Lives::default());
    let seen = lives.clone();
    cluster(5, [-RATE, RATE, -RATE]).run(|world| async move {
        const FAST: usize = 1;
        let mut client = Client::new(&world, 1, 0);
        client.call(&["RAFT.TRANSFER", "1"]).await;
        assert_eq!(world.wait_leader().await, 0, "the first leads, and the second is fast");
        cut(&world, FAST, false);
        sleep(Duration::from_secs(60)).await;
        let mut client = Client::new(&world, 1, 2);
        let mut rng = Rng::new(1);
        let crash = async {
            sleep(Duration::from_millis(100)).await;
            world.crash(0).await;
            cut(&world, FAST, true);
        };
        tokio::join!(crash, one_life(&mut client, false, &mut rng, (Kind::Key, "key", 6000), &seen));
        world.start(0).await;
    });
    judge(&lives, 1, "a fast voter");
}
