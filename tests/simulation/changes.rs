//! Random work and random faults while the cluster itself changes: nodes are removed, their machines join anew (as voters, or as learners that are
//! promoted), states are taken anew (`--rebuild`), and in the end the majority is lost for good (`--force-new-cluster`).
//!
//! Invariants, besides those of `random_faults`
//! - A change that was confirmed has happened, and no change takes back what was acknowledged before: one history, over all of them.
//! - A survivor that had everything when the others were lost has everything in the new cluster: so one history over that too, holds of locks
//!   included; and tokens go on higher.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::client::{Client, Fate};
use crate::cluster::{Cluster, Order, Shape, World, now_ms};
use crate::machine::Entrance;
use crate::nemesis::{Faults, rage};
use crate::support::bounds;
use crate::support::rng::Rng;
use crate::support::value::Value;
use crate::workload::{Seen, judge, live, prepare, read_back};

/// Longest that a change may take, ms of simulated time: faults included, and what follows them.
const CHANGE_MS: u64 = 120_000;
/// How long a command about the membership waits for it to be carried out.
const WISH_WAIT: Duration = Duration::from_secs(30);

/// What was done.
#[derive(Debug, Default)]
struct Done {
    replaced: Cell<u64>,
    promoted: Cell<u64>,
    rebuilt: Cell<u64>,
}

fn count(of: &Cell<u64>) {
    of.set(of.get() + 1);
}

/// Asks one node after the other until one says that it is done.
async fn confirm(world: &World, rng: &mut Rng, not: usize, args: &[&str]) {
    let until_ms = now_ms() + CHANGE_MS;
    loop {
        assert!(now_ms() < until_ms, "not confirmed within {CHANGE_MS} ms: {args:?}");
        let node = rng.below(world.machines.len());
        if node == not || world.machines[node].group().is_none() {
            sleep(Duration::from_millis(20)).await;
            continue;
        }
        let mut operator = Client::new(world, 3001, node).patient(WISH_WAIT);
        let asked = timeout(Duration::from_secs(10), operator.call(args)).await;
        match asked {
            Ok(Fate::Done(Value::Simple(_))) => return,
            // An earlier request, whose answer was lost, has removed it; ids are not used again.
            Ok(Fate::Done(Value::Error(text))) if args[0] == "RAFT.REMOVE" && text.starts_with(b"ERR no such node") => {
                return;
            }
            _ => {}
        }
        sleep(Duration::from_millis(200)).await;
    }
}

/// Waits until the node of this machine is a member that has applied what there was.
async fn recovered(world: &World, node: usize) -> u64 {
    let until_ms = now_ms() + CHANGE_MS;
    loop {
        if let Some(group) = world.machines[node].group().filter(|group| group.is_recovered()) {
            return group.node;
        }
        assert!(now_ms() < until_ms, "machine {node} has no node that serves within {CHANGE_MS} ms");
        sleep(Duration::from_millis(10)).await;
    }
}

/// Has a node removed; then its machine has another one, with empty disks, which joins.
async fn replace(world: &World, rng: &mut Rng, node: usize, done: &Done) {
    let machine = &world.machines[node];
    let Some(group) = machine.group() else { return };
    let id = group.node.to_string();
    drop(group);
    machine.remove();
    confirm(world, rng, node, &["RAFT.REMOVE", &id]).await;
    world.note(format_args!("node {id} of machine {node} was removed"));
    world.order(Order::Crash(node, 0)).await;
    let others: Vec<usize> = (0..world.machines.len()).filter(|other| *other != node).collect();
    let is_called = rng.percent(50);
    let by = world.machines[*rng.pick(&others)].name.clone();
    machine.replace(if is_called { Entrance::Waits } else { Entrance::Joins(by) });
    world.start(node).await;
    let is_learner = is_called && rng.percent(50);
    if is_called {
        let address = format!("{}:6379", machine.name);
        let add: &[&str] = &["RAFT.ADD", &address, "LEARNER"];
        confirm(world, rng, node, if is_learner { add } else { &add[..2] }).await;
    }
    let new = recovered(world, node).await;
    assert_ne!(new.to_string(), id, "an id was given twice");
    if is_learner {
        confirm(world, rng, usize::MAX, &["RAFT.PROMOTE", &new.to_string()]).await;
        count(&done.promoted);
    }
    count(&done.replaced);
}

/// A node takes its state from another one.
async fn rebuild(world: &World, rng: &mut Rng, node: usize, done: &Done) {
    let machine = &world.machines[node];
    world.order(Order::Crash(node, rng.below(3))).await;
    machine.set_rebuild(true);
    world.start(node).await;
    recovered(world, node).await;
    machine.set_rebuild(false);
    count(&done.rebuilt);
}

/// Changes the cluster, one change after the other, until `until_ms`; the last one is carried through.
async fn reshape(world: World, mut rng: Rng, done: Rc<Done>, until_ms: u64) {
    while now_ms() < until_ms {
        sleep(Duration::from_millis(rng.between(100, 1500) as u64)).await;
        let node = match world.leader() {
            Some(leader) if rng.percent(30) => leader,
            _ => rng.below(world.machines.len()),
        };
        if rng.percent(70) {
            replace(&world, &mut rng, node, &done).await;
        } else {
            rebuild(&world, &mut rng, node, &done).await;
        }
    }
}

/// Clients, faults and changes until `until_ms`; afterwards everything is there.
async fn work(
    world: &World,
    seen: &Arc<Seen>,
    rng: &mut Rng,
    done: &Rc<Done>,
    clients: std::ops::Range<usize>,
    until_ms: u64,
) {
    let faults = *rng.pick(&[
        Faults { crashes: true, network: true },
        Faults { crashes: false, network: true },
        Faults { crashes: true, network: false },
    ]);
    let mut tasks = vec![
        tokio::task::spawn_local(rage(world.clone(), rng.fork(), faults, until_ms)),
        tokio::task::spawn_local(reshape(world.clone(), rng.fork(), done.clone(), until_ms)),
    ];
    for id in clients {
        tasks.push(tokio::task::spawn_local(live(world.clone(), seen.clone(), id, rng.fork(), until_ms + 2000)));
    }
    for task in tasks {
        task.await.unwrap();
    }
    // A machine that came back by a change after the others were healed.
    for node in 0..world.machines.len() {
        world.start(node).await;
        recovered(world, node).await;
    }
    world.wait_leader().await;
}

async fn acquire(world: &World, name: &str) -> i64 {
    let mut client = Client::new(world, 3002, 0);
    match client.call(&["LOCK.ACQUIRE", name, "owner", "PX", "3600000"]).await {
        Fate::Done(Value::Array(items)) => items[0].int().expect("a token"),
        other => panic!("{name} is free: {other:?}"),
    }
}

/// All machines but one are lost for good, with what was on them; that one goes on as a new cluster, which the others' successors join.
async fn lose_majority(world: &World, rng: &mut Rng) {
    let token = acquire(world, "held").await;
    world.agree().await;
    let survivor = rng.below(world.machines.len());
    let machine = &world.machines[survivor];
    let lost = format!("{:032x}", machine.group().expect("it serves").links.identity().cluster);
    world.note(format_args!("all but {survivor} are lost"));
    let others: Vec<usize> = (0..world.machines.len()).filter(|node| *node != survivor).collect();
    for node in &others {
        world.crash(*node).await;
    }
    world.crash(survivor).await;
    machine.set_entrance(Entrance::Forces(lost.clone()));
    world.order(Order::Forget).await;
    world.start(survivor).await;
    recovered(world, survivor).await;
    // It starts as any other from now on.
    machine.set_entrance(Entrance::Founds);
    world.wait_leader().await;
    for node in others {
        world.machines[node].replace(Entrance::Joins(machine.name.clone()));
        world.start(node).await;
        recovered(world, node).await;
    }
    for machine in &world.machines {
        let cluster = format!("{:032x}", machine.group().expect("it serves").links.identity().cluster);
        assert_ne!(cluster, lost, "{} is of the lost cluster", machine.name);
    }
    for node in 0..world.machines.len() {
        let mut client = Client::new(world, 3003, node);
        let held = client.call(&["LOCK.CHECK", "held", &token.to_string()]).await;
        assert_eq!(held, Fate::Done(Value::Int(1)), "machine {node}: the lock is held no more");
    }
    let next = acquire(world, "next").await;
    assert!(next > token + (1 << 36), "token {next} after {token}: the lost nodes may have given higher ones");
}

fn run(seed: u64, duration_ms: u64) {
    println!("simulation seed {seed}");
    let mut rng = Rng::new(seed);
    let shape = Shape {
        nodes: *rng.pick(&[3, 5, 5]),
        write_timeout_ms: *rng.pick(&[700, 2000, 5000]),
        log_keep: *rng.pick(&[100_000, 256 << 20]),
        ..Shape::new(rng.next())
    };
    let (seen, done) = (Arc::new(Seen::default()), Rc::new(Done::default()));
    let mut cluster = Cluster::new(shape);
    let (shared, changes) = (seen.clone(), done.clone());
    cluster.run(|world| async move {
        prepare(&world).await;
        let until_ms = now_ms() + duration_ms;
        work(&world, &shared, &mut rng, &changes, 0..9, until_ms).await;
        read_back(&world, &shared).await;
        lose_majority(&world, &mut rng).await;
        read_back(&world, &shared).await;
        let until_ms = now_ms() + duration_ms / 3;
        work(&world, &shared, &mut rng, &changes, 9..15, until_ms).await;
        read_back(&world, &shared).await;
    });
    let outcomes = judge(&seen);
    println!("seed {seed}: {outcomes:?}, {} nodes, {done:?}", shape.nodes);
    assert!(outcomes.answered > 100, "hardly anything was answered: {outcomes:?}");
    assert!(
        done.replaced.get() > 0 && done.replaced.get() + done.rebuilt.get() > 2,
        "hardly anything has changed: {done:?}"
    );
}

/// One of the seeds that CI runs.
pub fn one(seed: u64) {
    run(seed, if bounds::long() { 40_000 } else { 12_000 });
}

#[test]
fn nothing_breaks_while_nodes_are_replaced_and_rebuilt_and_the_majority_is_lost() {
    bounds::seeds("simulation", bounds::CHANGE_SEEDS).for_each(one);
}
