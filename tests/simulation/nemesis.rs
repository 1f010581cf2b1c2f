//! Faults by seed: crashes, partitions, held messages, clocks that jump or are slewed, leads that are handed over, snapshots.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::client::Client;
use crate::cluster::{Order, World, now_ms};
use crate::support::rng::Rng;

/// Millionths by which a clock may be corrected; with a machine's own drift it stays within what the cluster clock assumes.
const SLEW: i64 = 100;
/// The same on a machine whose own clock is right: far beyond what is believed of a correction.
const WILD_SLEW: i64 = 20_000;
/// Longest sleep of a machine, ms.
const SLEEP_MAX_MS: i64 = 3000;

/// Which faults may happen.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    /// Processes and machines.
    pub crashes: bool,
    /// The network.
    pub network: bool,
}

/// Makes faults until `until_ms` of simulated time, then heals everything.
pub async fn rage(world: World, mut rng: Rng, faults: Faults, until_ms: u64) {
    while now_ms() < until_ms {
        sleep(Duration::from_millis(rng.between(50, 1500) as u64)).await;
        match rng.below(14) {
            0..3 if faults.crashes => crash_one(&world, &mut rng).await,
            3 if faults.crashes => crash_all(&world, &mut rng).await,
            4..8 if faults.network => cut(&world, &mut rng).await,
            8 => jump(&world, &mut rng),
            9 => ask(&world, &mut rng, &["RAFT.SNAPSHOT"]).await,
            10 => {
                // The nodes of machines that were replaced have other ids.
                let group = world.machines[rng.below(world.machines.len())].group();
                let node = group.map_or(0, |group| group.node).to_string();
                ask(&world, &mut rng, &["RAFT.TRANSFER", &node]).await;
            }
            11 => {
                let node = rng.below(world.machines.len());
                let most = if world.machines[node].clocks.is_right() { WILD_SLEW } else { SLEW };
                let per_million = rng.between(-most, most);
                world.note(format_args!("the clocks of {node} are slewed by {per_million} millionths"));
                world.machines[node].clocks.slew(per_million);
            }
            12 if faults.network => suspend(&world, &mut rng).await,
            _ => world.order(Order::Latency(rng.between(1, 40) as u64)).await,
        }
    }
    heal(&world).await;
}

async fn pause(rng: &mut Rng, longest_ms: i64) {
    sleep(Duration::from_millis(rng.between(1, longest_ms) as u64)).await;
}

async fn crash_one(world: &World, rng: &mut Rng) {
    let node = match world.leader() {
        Some(leader) if rng.percent(50) => leader,
        _ => rng.below(world.machines.len()),
    };
    world.order(Order::Crash(node, rng.below(3))).await;
    pause(rng, 3000).await;
    if rng.percent(20) {
        world.machines[node].reboot();
    }
    world.start(node).await;
}

async fn crash_all(world: &World, rng: &mut Rng) {
    for node in 0..world.machines.len() {
        world.order(Order::Crash(node, rng.below(3))).await;
        pause(rng, 30).await;
    }
    pause(rng, 1000).await;
    for node in 0..world.machines.len() {
        world.start(node).await;
        pause(rng, 300).await;
    }
}

/// Cuts or holds what goes between two nodes, or between one and all others.
async fn cut(world: &World, rng: &mut Rng) {
    let name = |node: usize| world.machines[node].name.clone();
    let first = match world.leader() {
        Some(leader) if rng.percent(50) => leader,
        _ => rng.below(world.machines.len()),
    };
    let others: Vec<usize> = (0..world.machines.len()).filter(|node| *node != first).collect();
    let second = if rng.percent(50) { vec![*rng.pick(&others)] } else { others };
    let kind = rng.below(4);
    world.note(format_args!("cut {first} from {second:?}, kind {kind}"));
    for node in &second {
        match kind {
            0 => turmoil::partition(name(first), name(*node)),
            1 => turmoil::hold(name(first), name(*node)),
            2 => turmoil::partition_oneway(name(first), name(*node)),
            _ => turmoil::partition_oneway(name(*node), name(first)),
        }
    }
    let longest_ms = if rng.percent(70) { 1500 } else { 6000 };
    pause(rng, longest_ms).await;
    for node in &second {
        match kind {
            0 => turmoil::repair(name(first), name(*node)),
            1 => turmoil::release(name(first), name(*node)),
            2 => turmoil::repair_oneway(name(first), name(*node)),
            _ => turmoil::repair_oneway(name(*node), name(first)),
        }
    }
    world.note(format_args!("cut {first} from {second:?} is over"));
}

/// A machine sleeps: its clocks stand still but for the boot clock, and nothing that it sends or is sent arrives before it is awake. (What its
/// process does by its timers meanwhile reaches nobody.)
async fn suspend(world: &World, rng: &mut Rng) {
    let node = match world.leader() {
        Some(leader) if rng.percent(50) => leader,
        _ => rng.below(world.machines.len()),
    };
    let name = |node: usize| world.machines[node].name.clone();
    let others: Vec<usize> = (0..world.machines.len()).filter(|other| *other != node).collect();
    world.note(format_args!("machine {node} sleeps"));
    world.machines[node].clocks.set_asleep(true);
    others.iter().for_each(|other| turmoil::hold(name(node), name(*other)));
    pause(rng, SLEEP_MAX_MS).await;
    world.machines[node].clocks.set_asleep(false);
    others.iter().for_each(|other| turmoil::release(name(node), name(*other)));
    world.note(format_args!("machine {node} is awake"));
}

fn jump(world: &World, rng: &mut Rng) {
    let by_ms = rng.between(-3_600_000, 3_600_000);
    let node = rng.below(world.machines.len());
    world.note(format_args!("the wall clock of {node} jumps by {by_ms}"));
    world.machines[node].clocks.jump_wall(by_ms);
}

/// An operator's command, whose outcome nobody minds.
async fn ask(world: &World, rng: &mut Rng, args: &[&str]) {
    let mut operator = Client::new(world, 3000, rng.below(world.machines.len()));
    let _ = timeout(Duration::from_secs(2), operator.call(args)).await;
}

/// Ends every fault and waits until the nodes agree.
async fn heal(world: &World) {
    world.order(Order::Latency(3)).await;
    for a in 0..world.machines.len() {
        world.start(a).await;
        for b in 0..a {
            let (a, b) = (world.machines[a].name.clone(), world.machines[b].name.clone());
            turmoil::release(a.clone(), b.clone());
            turmoil::repair(a, b);
        }
    }
    world.wait_leader().await;
    world.note(format_args!("healed"));
}
