//! Three machines, or as many as a test asks for, in a turmoil simulation, and the driver that steps it.
//!
//! What crashes and starts hosts cannot be called from inside of the simulation, so tasks in it leave [`Order`]s, which the driver
//! carries out after the step. After each step the driver samples every node: state by (index, digest), and what may never go back.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use lockstep::config::Settings;
use lockstep::sys::log::{Filter, Format};
use parking_lot::Mutex;
use tokio::time::sleep;
use turmoil::{Builder, Sim};

use crate::machine::{EPOCH_MS, Machine, set_keys};
use crate::net::set_refusing;

/// The host on which all clients are.
pub const CLIENTS: &str = "clients";
/// Nodes, unless a test asks for another number.
pub const NODES: usize = 3;

/// True time, ms.
pub fn now_ms() -> u64 {
    turmoil::sim_elapsed().unwrap_or_default().as_millis() as u64
}

/// What only the driver can do.
#[derive(Clone, Debug)]
pub enum Order {
    /// Kills a node's process; so many writes that were under way had reached its disk.
    Crash(usize, usize),
    /// Starts it again.
    Start(usize),
    /// Longest time that a message takes from now on, ms.
    Latency(u64),
    /// What was applied so far is of a cluster that is lost: the next one may have other entries at the same indexes.
    Forget,
}

/// What tasks in the simulation share with the driver.
#[derive(Clone)]
pub struct World {
    /// The machines, node id less 1.
    pub machines: Vec<Arc<Machine>>,
    /// `write-timeout-ms` of every node.
    pub write_timeout_ms: u64,
    orders: Arc<Mutex<VecDeque<Order>>>,
    trace: Arc<Mutex<String>>,
}

impl World {
    /// Leaves an order and returns when it has been carried out.
    pub async fn order(&self, order: Order) {
        self.orders.lock().push_back(order);
        while !self.orders.lock().is_empty() {
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// Kills a node.
    pub async fn crash(&self, node: usize) {
        self.order(Order::Crash(node, 0)).await;
    }

    /// Starts a node again.
    pub async fn start(&self, node: usize) {
        self.order(Order::Start(node)).await;
    }

    /// The machines of nodes that were not removed.
    pub fn members(&self) -> impl Iterator<Item = &Arc<Machine>> {
        self.machines.iter().filter(|machine| !machine.is_removed())
    }

    /// Adds a line with the simulated time to the trace.
    pub fn note(&self, line: std::fmt::Arguments<'_>) {
        let ms = now_ms();
        // Writing to a string cannot fail.
        let _ = writeln!(self.trace.lock(), "{ms} {line}");
    }

    /// Which node leads, as it believes itself, with the highest term.
    pub fn leader(&self) -> Option<usize> {
        let led = self.machines.iter().enumerate().filter_map(|(node, machine)| {
            let group = machine.group()?;
            group.leads().then(|| (group.leader().map(|leader| leader.term), node))
        });
        led.max().map(|(_, node)| node)
    }

    /// Waits until a node leads and has applied an entry of its own term.
    pub async fn wait_leader(&self) -> usize {
        self.wait("a leader", || {
            let node = self.leader()?;
            let group = self.machines[node].group()?;
            (group.is_recovered() && group.applied().leader == group.leader()).then_some(node)
        })
        .await
    }

    /// Waits until all nodes have applied the same.
    pub async fn agree(&self) {
        let same = || {
            let applied: Option<Vec<u64>> =
                self.members().map(|machine| machine.group().map(|group| group.applied().index)).collect();
            applied.is_some_and(|applied| applied.iter().all(|index| *index == applied[0])).then_some(())
        };
        self.wait("state that all nodes share", same).await;
    }

    /// Waits until `what` is there; fails after 60 s.
    pub async fn wait<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        for _ in 0..60_000 {
            if let Some(found) = look() {
                return found;
            }
            sleep(Duration::from_millis(1)).await;
        }
        panic!("no {what} within 60 s");
    }
}

/// How a simulation begins.
#[derive(Clone, Copy)]
pub struct Shape {
    /// Everything random comes from here.
    pub seed: u64,
    /// `write-timeout-ms`.
    pub write_timeout_ms: u64,
    /// `node-timeout-ms`.
    pub node_timeout_ms: u64,
    /// `log-keep`.
    pub log_keep: u64,
    /// Longest time that a message takes, ms.
    pub latency_ms: u64,
    /// `maxmemory`.
    pub maxmemory: u64,
    /// Nodes: an odd number, so that all of them become voters.
    pub nodes: usize,
}

impl Shape {
    /// Defaults of a node, on a quick network.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            write_timeout_ms: 5000,
            node_timeout_ms: 10_000,
            log_keep: 256 << 20,
            latency_ms: 3,
            maxmemory: 0,
            nodes: NODES,
        }
    }
}

/// See the module's header.
pub struct Cluster<'a> {
    /// The simulation.
    pub sim: Sim<'a>,
    /// Shared with tasks in the simulation.
    pub world: World,
    digests: BTreeMap<u64, (u64, usize)>,
    sampled: Vec<Sample>,
    latency_ms: u64,
}

/// What was last seen of a node's process.
#[derive(Clone, Copy, Default)]
struct Sample {
    index: u64,
    estimate_ms: u64,
    now_ms: u64,
}

impl Cluster<'_> {
    /// The machines; node 1 begins a cluster, the others join it.
    pub fn new(shape: Shape) -> Self {
        assert!(
            lockstep::command::add(crate::levels::SPECS),
            "commands of another version come before any other is looked up"
        );
        if let Ok(level) = std::env::var("LOCKSTEP_SIM_LOG") {
            lockstep::sys::log::start(Format::Text, Filter::new(&level, "").expect("a level"));
        }
        let mut sim = Builder::new()
            .rng_seed(shape.seed)
            .epoch(std::time::UNIX_EPOCH + Duration::from_millis(EPOCH_MS))
            .tick_duration(Duration::from_millis(1))
            .simulation_duration(Duration::from_secs(100_000))
            .min_message_latency(Duration::ZERO)
            .max_message_latency(Duration::from_millis(shape.latency_ms))
            .tcp_capacity(4096)
            .enable_random_order()
            .build();
        let machines: Vec<Arc<Machine>> = (1..=shape.nodes as u64)
            .map(|number| {
                let settings = Settings {
                    write_timeout_ms: shape.write_timeout_ms,
                    node_timeout_ms: shape.node_timeout_ms,
                    log_keep: shape.log_keep,
                    maxmemory: shape.maxmemory,
                    ..Settings::default()
                };
                Machine::new(number, shape.seed, settings)
            })
            .collect();
        for machine in &machines {
            set_refusing(&machine.name, false);
            let process = machine.clone();
            sim.host(machine.name.as_str(), move || process.clone().run());
        }
        let write_timeout_ms = shape.write_timeout_ms;
        let world = World { machines, write_timeout_ms, orders: Arc::default(), trace: Arc::default() };
        Self {
            sim,
            world,
            digests: BTreeMap::new(),
            sampled: vec![Sample::default(); shape.nodes],
            latency_ms: shape.latency_ms,
        }
    }

    /// Steps until all nodes vote, in one set, and have applied what is in their logs.
    pub fn form(&mut self) {
        self.step_until("cluster in which all nodes vote", |world| {
            let members = world.members().count();
            let formed = |machine: &Arc<Machine>| {
                machine.group().is_some_and(|group| {
                    let sets = group.voter_sets();
                    group.is_recovered() && sets.len() == 1 && sets[0].len() == members
                })
            };
            world.members().all(formed)
        });
    }

    /// Steps until it is so.
    pub fn step_until(&mut self, what: &str, mut such: impl FnMut(&World) -> bool) {
        for _ in 0..60_000 {
            self.step();
            if such(&self.world) {
                return;
            }
        }
        panic!("no {what} within 60 s");
    }

    /// Forms the cluster, runs `client` on the clients' host until it returns, and looks whether all nodes are the same then.
    pub fn run<F: Future<Output = ()> + 'static>(&mut self, client: impl FnOnce(World) -> F) {
        self.form();
        let (client, world) = (client(self.world.clone()), self.world.clone());
        self.sim.client(CLIENTS, async move {
            client.await;
            world.agree().await;
            Ok(())
        });
        while !self.step() {}
        self.check_states();
    }

    /// One ms; true when the client has returned.
    pub fn step(&mut self) -> bool {
        let done = self.sim.step().unwrap_or_else(|error| panic!("{error}\n{}", self.tail()));
        for machine in &self.world.machines {
            machine.note_time(self.sim.elapsed());
        }
        self.sample();
        let orders: Vec<Order> = self.world.orders.lock().drain(..).collect();
        for order in orders {
            self.carry_out(&order);
        }
        done
    }

    /// Does now what a task would have ordered.
    pub fn carry_out(&mut self, order: &Order) {
        let ms = self.sim.elapsed().as_millis();
        let _ = writeln!(self.world.trace.lock(), "{ms} {order:?}");
        match *order {
            Order::Crash(node, writes_kept) => {
                let machine = self.world.machines[node].clone();
                machine.crash(writes_kept);
                self.sim.crash(machine.name.as_str());
                // Else it has lost its power, and is silent.
                set_refusing(&machine.name, writes_kept.is_multiple_of(2));
                self.sampled[node] = Sample::default();
            }
            Order::Start(node) => {
                let name = self.world.machines[node].name.clone();
                set_refusing(&name, false);
                if !self.sim.is_host_running(name.as_str()) {
                    // Its process may have ended by itself, because the node was removed.
                    self.sampled[node] = Sample::default();
                    self.sim.bounce(name.as_str());
                }
            }
            Order::Latency(ms) => {
                self.latency_ms = ms;
                self.sim.set_max_message_latency(Duration::from_millis(ms));
            }
            Order::Forget => self.digests.clear(),
        }
    }

    /// Looks at every node, and at what may never be.
    fn sample(&mut self) {
        let ms = self.sim.elapsed().as_millis();
        let mut newest = (0, 0);
        for (node, machine) in self.world.machines.iter().enumerate() {
            let (Some(group), Some(executor)) = (machine.group(), machine.executor()) else { continue };
            let Some(state) = executor.gate.try_read() else { continue };
            let (index, digest, now_ms) = (group.applied().index, state.digest.value(), state.now_ms());
            newest = newest.max((index, state.db(0).len()));
            let before = self.sampled[node];
            let estimate_ms = group.clock.estimate_ms();
            assert!(estimate_ms >= before.estimate_ms && estimate_ms >= now_ms, "node {node}: cluster time went back");
            assert!(index >= before.index && now_ms >= before.now_ms, "node {node}: the state went back");
            self.sampled[node] = Sample { index, estimate_ms, now_ms };
            if index == before.index {
                continue;
            }
            let _ = writeln!(self.world.trace.lock(), "{ms} node {node} applied {index} digest {digest:016x}");
            if machine.is_wrong() {
                continue;
            }
            let (known, first) = *self.digests.entry(index).or_insert((digest, node));
            assert_eq!(known, digest, "nodes {first} and {node} differ at index {index}\n{}", self.tail());
        }
        set_keys(newest.1);
    }

    /// All nodes have applied the same, and their states are sound.
    fn check_states(&self) {
        let mut states = Vec::new();
        for machine in self.world.members() {
            let executor = machine.executor().expect("every node runs at the end");
            let state = executor.gate.try_read().expect("nobody writes between steps");
            state.validate().unwrap_or_else(|what| panic!("{}: {what}", machine.name));
            let (origins, cluster) = (state.origins.clone(), state.cluster.clone());
            states.push((state.digest.value(), state.revision(), state.now_ms(), origins, cluster));
            let report = machine.certificate().unwrap_or_else(|error| panic!("{}: {error}", machine.name));
            assert_eq!(report.what_is_wrong(), [] as [String; 0], "{report}\n{}", self.tail());
        }
        assert!(states.iter().all(|state| *state == states[0]), "{states:?}");
    }

    /// All that was seen.
    pub fn trace(&self) -> String {
        self.world.trace.lock().clone()
    }

    /// The last lines of it, for a failure.
    pub fn tail(&self) -> String {
        let trace = self.world.trace.lock();
        let lines: Vec<&str> = trace.lines().rev().take(40).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Cluster<'_> {
    /// Leaves the trace where it is asked for, also behind a failure.
    fn drop(&mut self) {
        if let Ok(path) = std::env::var("LOCKSTEP_SIM_TRACE") {
            let _ = std::fs::write(path, self.trace());
        }
    }
}
