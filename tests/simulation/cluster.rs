//! Three machines, or as many as a test asks for, in a turmoil simulation, and the driver that steps it.
//!
//! What crashes and starts hosts cannot be called from inside of the simulation, so tasks in it leave [`Order`]s, which the driver
//! carries out after the step. After each step the driver samples every node: state by (index, digest), and what may never go back.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use lockstep::config::Settings;
use lockstep::replication::types::Membership;
use openraft::async_runtime::watch::WatchReceiver;
use parking_lot::Mutex;
use tokio::time::sleep;
use turmoil::{Builder, Sim};

use crate::client::{Client, Fate};
use crate::machine::{EPOCH_MS, Machine};
use crate::support::value::Value;

/// The host on which all clients are.
pub const CLIENTS: &str = "clients";
/// Nodes, unless a test asks for another number.
pub const NODES: usize = 3;

/// What only the driver can do.
#[derive(Clone, Debug)]
pub enum Order {
    /// Kills a node's process; so many writes that were under way had reached its disk.
    Crash(usize, usize),
    /// Starts it again.
    Start(usize),
    /// Longest time that a message takes from now on, ms.
    Latency(u64),
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
        let ms = turmoil::sim_elapsed().unwrap_or_default().as_millis();
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
    /// `log-keep`.
    pub log_keep: u64,
    /// Longest time that a message takes, ms.
    pub latency_ms: u64,
    /// Nodes: an odd number, so that all of them become voters.
    pub nodes: usize,
}

impl Shape {
    /// Defaults of a node, on a quick network.
    pub fn new(seed: u64) -> Self {
        Self { seed, write_timeout_ms: 5000, log_keep: 256 << 20, latency_ms: 3, nodes: NODES }
    }
}

/// See the module's header.
pub struct Cluster<'a> {
    sim: Sim<'a>,
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
        lockstep::log::set_level(&std::env::var("LOCKSTEP_SIM_LOG").unwrap_or_else(|_| "nothing".into()));
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
                    join: (number > 1).then(|| "n1:6379".into()),
                    write_timeout_ms: shape.write_timeout_ms,
                    log_keep: shape.log_keep,
                    ..Settings::default()
                };
                Machine::new(number, shape.seed, settings)
            })
            .collect();
        for machine in &machines {
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

    /// Steps until all three vote, and crashes node 1, which leads alone until then, when another node has the first half of the joint
    /// change that makes them voters in its log; it starts again 300 ms later. True if it led with the change still half done then.
    pub fn form_with_a_crash_in_the_change(&mut self) -> bool {
        let sets = |machine: &Arc<Machine>| machine.group().map_or(Vec::new(), |group| group.voter_sets());
        self.step_until("a joint configuration", |world| {
            world.machines.iter().skip(1).any(|machine| logged_voter_sets(machine).len() == 2)
        });
        self.carry_out(&Order::Crash(0, usize::MAX));
        for _ in 0..300 {
            self.step();
        }
        self.carry_out(&Order::Start(0));
        let mut half_done = false;
        self.step_until("the end of the joint change", |world| {
            half_done |= world.leader().is_some_and(|leader| sets(&world.machines[leader]).len() == 2);
            world.machines.iter().all(|machine| sets(machine) == [[1, 2, 3]])
        });
        half_done
    }

    /// Steps until all nodes vote, in one set, and have applied what is in their logs.
    fn form(&mut self) {
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

    /// Forms the cluster, has the node after the leader removed, and crashes the leader when two other nodes have the first half of
    /// the joint change in their logs, and no log has the second. The leader starts again when the nodes that remain have finished the
    /// removal without it.
    ///
    /// Of five nodes; fewer could not finish it while the leader is down.
    pub fn remove_with_a_crash_in_the_change(&mut self) {
        self.form();
        let leader = self.world.leader().expect("a cluster that was formed has a leader");
        let (gone, operator) = ((leader + 1) % self.world.machines.len(), leader + 2);
        // Ids are given in the order in which the nodes joined.
        let id = self.world.machines[gone].group().expect("a node of a cluster that was formed").node;
        self.world.machines[gone].remove();
        let mut operator = Client::new(&self.world, 0, operator);
        self.sim.client("operator", async move {
            let removed = operator.call(&["RAFT.REMOVE", &id.to_string()]).await;
            assert_eq!(removed, Fate::Done(Value::Simple(b"OK".to_vec())));
            Ok(())
        });
        let all: Vec<u64> = (1..=self.world.machines.len() as u64).collect();
        let rest: Vec<u64> = all.iter().copied().filter(|node| *node != id).collect();
        let is_half_done = |machine: &Machine| logged_voter_sets(machine) == [all.clone(), rest.clone()];
        // Whoever lacks it then finds no majority of the four that are left: the next leader has it.
        self.step_until("joint configuration in two logs", |world| {
            let others = world.machines.iter().enumerate().filter(|(node, _)| *node != leader);
            others.filter(|(_, machine)| is_half_done(machine)).count() >= 2
        });
        assert!(is_half_done(&self.world.machines[leader]), "the leader has proposed the second half already");
        self.carry_out(&Order::Crash(leader, 0));

        self.step_until("next leader", |world| world.leader().is_some());
        let next = self.world.leader().expect("it leads since the last step");
        assert!(is_half_done(&self.world.machines[next]), "the next leader has not found the change half done");
        self.step_until("second half of the joint change", |world| {
            world.leader().is_some_and(|leader| logged_voter_sets(&world.machines[leader]) == [rest.clone()])
        });
        let next = self.world.leader().expect("it leads since the last step");
        assert!(logged_nodes(&self.world.machines[next]).contains(&id), "the joint change has to be finished first");
        let is_finished = |machine: &Arc<Machine>| {
            let Some(group) = machine.group() else { return false };
            let is_member = group.gate.try_read().is_none_or(|state| state.cluster.members.contains_key(&id));
            group.voter_sets() == [rest.clone()] && !is_member && !logged_nodes(machine).contains(&id)
        };
        self.step_until("end of the removal", |world| {
            let mut live = world.members().filter(|machine| machine.name != world.machines[leader].name);
            live.all(is_finished) && world.machines[gone].group().is_none()
        });
        self.carry_out(&Order::Start(leader));
        self.step_until("removal at the node that led", |world| world.members().all(is_finished));
    }

    fn step_until(&mut self, what: &str, mut such: impl FnMut(&World) -> bool) {
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
    fn step(&mut self) -> bool {
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

    fn carry_out(&mut self, order: &Order) {
        let ms = self.sim.elapsed().as_millis();
        let _ = writeln!(self.world.trace.lock(), "{ms} {order:?}");
        match *order {
            Order::Crash(node, writes_kept) => {
                let machine = self.world.machines[node].clone();
                machine.crash(writes_kept);
                self.sim.crash(machine.name.as_str());
                self.sampled[node] = Sample::default();
            }
            Order::Start(node) => {
                let name = self.world.machines[node].name.clone();
                if !self.sim.is_host_running(name.as_str()) {
                    self.sim.bounce(name.as_str());
                }
            }
            Order::Latency(ms) => {
                self.latency_ms = ms;
                self.sim.set_max_message_latency(Duration::from_millis(ms));
            }
        }
    }

    /// Looks at every node, and at what may never be.
    fn sample(&mut self) {
        let ms = self.sim.elapsed().as_millis();
        for (node, machine) in self.world.machines.iter().enumerate() {
            let Some(group) = machine.group() else { continue };
            let Some(state) = group.gate.try_read() else { continue };
            let (index, digest, now_ms) = (group.applied().index, state.digest.value(), state.now_ms());
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
    }

    /// All nodes have applied the same, and their states are sound.
    fn check_states(&self) {
        let mut states = Vec::new();
        for machine in self.world.members() {
            let group = machine.group().expect("every node runs at the end");
            let state = group.gate.try_read().expect("nobody writes between steps");
            state.validate().unwrap_or_else(|what| panic!("{}: {what}", machine.name));
            states.push((state.digest.value(), state.revision(), state.now_ms(), state.origins.clone()));
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

/// The sets of voters of the last membership in a node's log, committed or not.
fn logged_voter_sets(machine: &Machine) -> Vec<Vec<u64>> {
    let sets = |membership: Membership| {
        membership.get_joint_config().iter().map(|set| set.iter().copied().collect()).collect()
    };
    logged_membership(machine).map_or(Vec::new(), sets)
}

/// All nodes, voters or not, of the last membership in a node's log.
fn logged_nodes(machine: &Machine) -> Vec<u64> {
    logged_membership(machine).map_or(Vec::new(), |membership| membership.nodes().map(|(node, _)| *node).collect())
}

fn logged_membership(machine: &Machine) -> Option<Membership> {
    let group = machine.group()?;
    let metrics = group.raft()?.metrics();
    let metrics = metrics.borrow_watched();
    Some(metrics.membership_config.membership().clone())
}
