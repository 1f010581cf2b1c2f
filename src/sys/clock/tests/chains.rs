//! The rule by model: a Raft of a few nodes with clocks of different rates, in which messages are late or lost, logs are caught up in
//! part, nodes lead unheard, processes and machines end, and hours pass; every stamp is held against every entry of its log.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::super::*;
use super::{MS, by};

/// 0.05 %, in millionths.
const RATE: i64 = 500;
const SEEDS: u64 = 300;
const STEPS: usize = 400;
const EPOCH_NS: u64 = 1_790_000_000_000 * MS;
const DELAY_MAX_MS: u64 = 60;

/// splitmix64
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// A machine's clocks by true time.
struct Quartz {
    true_ns: Arc<AtomicU64>,
    rate: i64,
    boot: AtomicU64,
    booted_ns: AtomicU64,
}

impl Quartz {
    fn ns(&self) -> u64 {
        let up = self.true_ns.load(Ordering::Relaxed) - self.booted_ns.load(Ordering::Relaxed);
        let off = i128::from(up) * i128::from(self.rate) / 1_000_000;
        (i128::from(up) + off) as u64 + 777_777
    }
}

impl Clocks for Quartz {
    fn wall_ms(&self) -> u64 {
        (EPOCH_NS + self.true_ns.load(Ordering::Relaxed)) / MS
    }
    fn boottime_ns(&self) -> u64 {
        self.ns()
    }
    fn monotonic_ns(&self) -> u64 {
        self.ns()
    }
    fn raw_ns(&self) -> u64 {
        self.ns()
    }
    fn machine_boot(&self) -> String {
        self.boot.load(Ordering::Relaxed).to_string()
    }
}

#[derive(Clone, Copy, PartialEq)]
struct Entry {
    leader: Teller,
    /// None: Raft's own.
    stamp_ms: Option<u64>,
    /// Truly.
    at_ns: u64,
}

struct Node {
    hands: Arc<Quartz>,
    clock: ClusterClock,
    disk: Option<String>,
    log: Vec<Entry>,
    /// The leader that it last heard or voted for.
    promised: Teller,
    leads: bool,
    /// What the others have of its log, while it leads.
    matched: Vec<usize>,
    commit: usize,
}

impl Node {
    fn end(&self) -> LogEnd {
        let mut end =
            LogEnd { leaders: Vec::new(), newest_ms: self.log.iter().filter_map(|entry| entry.stamp_ms).max() };
        for entry in self.log.iter().rev() {
            end.leaders.push(entry.leader);
            if entry.stamp_ms.is_some() {
                break;
            }
        }
        end.newest_ms = end.newest_ms.or(Some(0));
        end
    }

    fn last(&self) -> (Option<Teller>, usize) {
        (self.log.last().map(|entry| entry.leader), self.log.len())
    }

    fn apply(&mut self, commit: usize) {
        self.commit = self.commit.max(commit.min(self.log.len()));
        let newest = self.log[..self.commit].iter().filter_map(|entry| entry.stamp_ms).max();
        self.clock.applied(newest.unwrap_or(0));
    }
}

/// What may happen besides messages, leader changes and time.
#[derive(Clone, Copy)]
struct Ends {
    processes: bool,
    machines: bool,
}

struct Model {
    ends: Ends,
    true_ns: Arc<AtomicU64>,
    nodes: Vec<Node>,
    random: Random,
    /// Stamps from before this moment are not held against later ones: a wall clock has set the time.
    exempt_ns: u64,
    /// How far cluster time may be behind true time, besides what slow clocks lose, ns.
    lag_ns: u64,
    /// When the leader that counts was last in touch with somebody, or elected.
    heard_ns: u64,
    elections: [usize; 3],
}

impl Model {
    fn new(seed: u64, ends: Ends) -> Self {
        let true_ns = Arc::new(AtomicU64::new(0));
        let mut random = Random(seed);
        let count = 3 + 2 * random.below(2);
        let node = |random: &mut Random| {
            let rate = if random.percent(60) {
                [-RATE, RATE][random.below(2) as usize]
            } else {
                random.below(1001) as i64 - RATE
            };
            let (boot, booted_ns) = (AtomicU64::new(0), AtomicU64::new(0));
            let hands = Arc::new(Quartz { true_ns: true_ns.clone(), rate, boot, booted_ns });
            let clock = ClusterClock::new(hands.clone());
            let promised = by(0, 0);
            Node { hands, clock, disk: None, log: Vec::new(), promised, leads: false, matched: Vec::new(), commit: 0 }
        };
        let nodes = (0..count).map(|_| node(&mut random)).collect();
        Self { ends, true_ns, nodes, random, exempt_ns: 0, lag_ns: 0, heard_ns: 0, elections: [0; 3] }
    }

    fn now_ns(&self) -> u64 {
        self.true_ns.load(Ordering::Relaxed)
    }

    fn pass(&mut self, ns: u64) {
        self.true_ns.fetch_add(ns, Ordering::Relaxed);
    }

    fn pick(&mut self) -> usize {
        self.random.below(self.nodes.len() as u64) as usize
    }

    /// A message takes time, in which everybody's clock goes on.
    fn delay(&mut self) {
        let most = if self.random.percent(80) { 3 } else { DELAY_MAX_MS };
        let ns = self.random.below(most * MS);
        self.pass(ns);
    }

    fn stamp(&mut self, at: usize) {
        let now_ns = self.now_ns();
        let node = &mut self.nodes[at];
        let stamp_ms = node.clock.leader_ms();
        let mut newest = 0;
        for entry in &node.log {
            newest = newest.max(entry.stamp_ms.unwrap_or(0));
            if entry.at_ns < self.exempt_ns || entry.stamp_ms.is_none() {
                continue;
            }
            // A key with the longest TTL that this stamp ends, if it was set by that entry.
            let ttl_ms = stamp_ms.saturating_sub(newest + 1);
            let lived_ns = now_ns - entry.at_ns;
            let least_ns = u128::from(ttl_ms) * 1_000_000_000_000 / (1_000_000 + RATE as u128);
            assert!(u128::from(lived_ns) + 10 >= least_ns, "{ttl_ms} ms are over after {lived_ns} ns");
        }
        node.log.push(Entry { leader: node.promised, stamp_ms: Some(stamp_ms), at_ns: now_ns });
    }

    /// The leader `from` is heard by `to`: as a heartbeat, with all entries or some.
    fn send(&mut self, from: usize, to: usize) {
        let leader = self.nodes[from].promised;
        let told_ns = self.nodes[from].clock.told_ns(leader);
        let (log, commit) = (self.nodes[from].log.clone(), self.nodes[from].commit);
        self.delay();
        let kind = self.random.below(10);
        if kind == 0 {
            return;
        }
        let node = &mut self.nodes[to];
        if node.promised > leader {
            self.nodes[from].leads = false;
            return;
        }
        node.promised = leader;
        node.leads = false;
        let at = node.clock.moment();
        let common = node.log.iter().zip(&log).take_while(|(a, b)| a == b).count();
        let mut matched = common;
        if kind > 2 {
            let upto =
                if kind > 4 { log.len() } else { common + self.random.below((log.len() - common) as u64 + 1) as usize };
            if upto > common {
                node.log.truncate(common);
                node.log.extend(&log[common..upto]);
            }
            matched = upto;
            // The entries are flushed.
            self.delay();
        }
        let count = self.nodes.len();
        let node = &mut self.nodes[to];
        node.clock.follow(leader, told_ns, at, node.last().0);
        node.apply(commit.min(matched));
        self.heard_ns = self.now_ns();
        let leader_node = &mut self.nodes[from];
        leader_node.matched[to] = matched;
        let mut matched = leader_node.matched.clone();
        matched[from] = leader_node.log.len();
        matched.sort_unstable();
        let commit = matched[count - 1 - count / 2];
        if commit > 0 && leader_node.log[commit - 1].leader == leader {
            leader_node.apply(commit);
        }
    }

    fn elect(&mut self, candidate: usize) {
        let count = self.nodes.len();
        let term = self.nodes.iter().map(|node| node.promised.term).max().unwrap_or(0) + 1;
        let leader = by(term, candidate as u64);
        let mut others: Vec<usize> = (0..count).filter(|node| *node != candidate).collect();
        while others.len() > count / 2 {
            let at = self.random.below(others.len() as u64) as usize;
            others.swap_remove(at);
        }
        if others.iter().any(|voter| self.nodes[*voter].last() > self.nodes[candidate].last()) {
            return;
        }
        for voter in others {
            let reading = self.nodes[voter].clock.reading();
            self.nodes[voter].promised = leader;
            self.nodes[voter].leads = false;
            self.delay();
            self.nodes[candidate].clock.granted(term, voter as u64, reading);
        }
        let now_ns = self.now_ns();
        let node = &mut self.nodes[candidate];
        node.promised = leader;
        node.leads = true;
        node.matched = vec![0; count];
        let end = node.end();
        let how = node.clock.elected(leader, true, || end);
        let clock_ns = node.clock.told_ns(leader);
        node.log.push(Entry { leader, stamp_ms: None, at_ns: now_ns });
        match how {
            Elected::Wall => {
                self.elections[0] += 1;
                self.exempt_ns = now_ns;
            }
            Elected::Stamp => self.elections[1] += 1,
            Elected::Told => self.elections[2] += 1,
            Elected::Already | Elected::NotYet => panic!("{how:?}"),
        }
        if how == Elected::Stamp || how == Elected::Wall {
            // What was lost is lost.
            self.lag_ns = (EPOCH_NS + now_ns).saturating_sub(clock_ns);
        } else {
            self.lag_ns += 3 * DELAY_MAX_MS * MS + (now_ns - self.heard_ns) / 400;
        }
        self.heard_ns = now_ns;
        let behind_ns = (EPOCH_NS + now_ns).saturating_sub(clock_ns);
        let most_ns = self.lag_ns + now_ns / 1000;
        assert!(self.ends.processes || behind_ns <= most_ns, "{} ms behind, at most {}", behind_ns / MS, most_ns / MS);
    }

    fn end_process(&mut self, at: usize, machine: bool) {
        let true_ns = self.now_ns();
        let node = &mut self.nodes[at];
        node.leads = false;
        if machine {
            node.hands.boot.fetch_add(1, Ordering::Relaxed);
            node.hands.booted_ns.store(true_ns, Ordering::Relaxed);
        }
        node.clock = ClusterClock::new(node.hands.clone());
        if let Some(text) = &node.disk {
            node.clock.restore(text);
        }
        let commit = std::mem::take(&mut node.commit);
        node.apply(commit);
    }

    fn step(&mut self) {
        let ends = self.ends;
        let at = self.pick();
        match self.random.below(100) {
            0..30 if self.nodes[at].leads => self.stamp(at),
            30..70 if self.nodes[at].leads => {
                let to = self.pick();
                if to != at {
                    self.send(at, to);
                }
            }
            70..76 => self.elect(at),
            76..80 if ends.processes => self.end_process(at, false),
            80..82 if ends.machines => self.end_process(at, true),
            82..86 => self.nodes[at].disk = self.nodes[at].clock.to_disk(),
            86 => {
                let ns = self.random.below(3_600_000 * MS);
                self.pass(ns);
            }
            _ => {
                let ns = self.random.below(300 * MS);
                self.pass(ns);
            }
        }
    }
}

fn run(ends: Ends) -> [usize; 3] {
    let mut elections = [0; 3];
    for seed in 0..SEEDS {
        let mut model = Model::new(seed, ends);
        (0..STEPS).for_each(|_| model.step());
        (0..3).for_each(|how| elections[how] += model.elections[how]);
    }
    elections
}

#[test]
fn chains_of_leaders_never_end_a_key_early_and_lose_only_delays() {
    let [wall, stamp, told] = run(Ends { processes: false, machines: false });
    assert!(
        told > 1000 && stamp * 50 < told,
        "{told} by what was told, {stamp} by the newest stamp, {wall} by a wall clock"
    );
}

#[test]
fn restarted_processes_never_end_a_key_early() {
    let [_, stamp, told] = run(Ends { processes: true, machines: false });
    assert!(told > 1000 && stamp > 0, "{told} by what was told, {stamp} by the newest stamp");
}

#[test]
fn rebooted_machines_never_end_a_key_early() {
    let [wall, stamp, told] = run(Ends { processes: true, machines: true });
    assert!(told > 1000 && stamp > 0 && wall > SEEDS as usize, "{told}, {stamp}, {wall}");
}
