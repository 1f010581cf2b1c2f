//! Holders of locks on all nodes, while leaders are killed and stopped.
//!
//! Invariants
//! - Holds go together as [`crate::support::holds`] says, by the clock of this process: no two holders at once, and tokens grow.
//! - What was acquired and acknowledged is held until its validity is over or its release was sent, whatever becomes of leaders.
//! - Clients try nothing again. Who talks to a node that was neither killed nor stopped meanwhile sees no error at all.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::bounds::{STORM_KILLS, STORM_KILLS_LONG, of_long, seed};
use crate::support::client::Client;
use crate::support::cluster::Cluster;
use crate::support::holds::{self, Hold, LOCKS, Limit, RELEASE, check, validity_ms};
use crate::support::rng::Rng;
use crate::support::value::Value;

/// Clients of each node.
const CLIENTS: usize = 8;
/// One lock more, that is a string.
const STRING: (&str, &[Limit]) = ("string", &[Some(1)]);
/// How long a process stands still: for less than `write-timeout-ms`, and longer than an election takes.
const STOPPED_MS: (i64, i64) = (1000, 3000);

/// What all threads share.
struct Storm {
    begun: Instant,
    nodes: Vec<SocketAddr>,
    /// Of each node, how often a disturbance began or was over; odd while it is disturbed.
    disturbed: Vec<AtomicU64>,
    is_over: AtomicBool,
    holds: Mutex<Vec<Hold>>,
    /// Times that a holder was told that it is one.
    confirmed: AtomicU64,
    /// Errors of clients of nodes that were disturbed.
    excused: AtomicU64,
    longest_ms: AtomicU64,
}

impl Storm {
    fn now_ms(&self) -> u64 {
        self.begun.elapsed().as_millis() as u64
    }
}

/// A client: of one node, until that is killed.
struct Holder {
    storm: Arc<Storm>,
    node: usize,
    client: Option<Client>,
    name: String,
    rng: Rng,
}

impl Holder {
    fn run(mut self) {
        for number in 0.. {
            if self.storm.is_over.load(Ordering::Relaxed) {
                return;
            }
            std::thread::sleep(Duration::from_millis(self.rng.below(30) as u64));
            self.one(&format!("{}.{number}", self.name));
        }
    }

    /// The last reply to these commands. None: there was an error, and its node was disturbed meanwhile.
    fn ask(&mut self, commands: &[Vec<&str>]) -> Option<Value> {
        let storm = self.storm.clone();
        let (node, begun) = (self.node, Instant::now());
        let before = storm.disturbed[node].load(Ordering::SeqCst);
        let reply = self.try_ask(commands);
        if let Ok(reply) = &reply
            && !reply.is_error()
        {
            storm.longest_ms.fetch_max(begun.elapsed().as_millis() as u64, Ordering::Relaxed);
            return Some(reply.clone());
        }
        let is_excused = before % 2 == 1 || storm.disturbed[node].load(Ordering::SeqCst) != before;
        assert!(
            is_excused,
            "node {node} was not disturbed, and answers {commands:?} after {:?}: {reply:?}",
            begun.elapsed()
        );
        storm.excused.fetch_add(1, Ordering::Relaxed);
        if reply.is_err() {
            self.client = None;
            self.node = (node + 1) % storm.nodes.len();
        }
        None
    }

    fn try_ask(&mut self, commands: &[Vec<&str>]) -> std::io::Result<Value> {
        let client = match &mut self.client {
            Some(client) => client,
            none => {
                let mut client = Client::try_connect(self.storm.nodes[self.node])?;
                client.set_timeout(Duration::from_secs(60));
                none.insert(client)
            }
        };
        let mut out = Vec::new();
        commands.iter().for_each(|command| crate::support::client::encode(&mut out, command));
        client.send_raw(&out)?;
        commands.iter().map(|_| client.read_reply()).last().expect("a command")
    }

    fn one(&mut self, owner: &str) {
        let (name, limits) = [LOCKS.as_slice(), &[STRING]].concat()[self.rng.below(LOCKS.len() + 1)];
        let (limit, ttl_ms) = (*self.rng.pick(limits), self.rng.between(200, 2500) as u64);
        let is_string = name == STRING.0;
        let asked = self.storm.now_ms();
        let Some(reply) = self.acquire(name, owner, limit, ttl_ms, is_string) else { return };
        let (token, validity_ms) = match reply.items() {
            Some([first, token]) if is_string => match (first.is_null(), token.int()) {
                (true, _) => return,
                (false, token) => (token.expect("a token"), validity_ms(ttl_ms)),
            },
            Some(_) => holds::granted(&reply).unwrap_or_else(|| panic!("{reply:?}")),
            None => return assert!(reply.is_null(), "{reply:?}"),
        };
        let (from, until) = (self.storm.now_ms(), asked + validity_ms);
        let mut hold = Hold { name: name.into(), owner: owner.into(), token, limit, asked, from, until };
        for _ in 0..self.rng.below(5) {
            std::thread::sleep(Duration::from_millis(self.rng.between(0, ttl_ms as i64 / 3) as u64));
            self.use_it(&mut hold, ttl_ms, is_string);
        }
        if self.rng.percent(70) {
            self.release(&mut hold, is_string);
        }
        self.storm.holds.lock().unwrap().push(hold);
    }

    fn acquire(&mut self, name: &str, owner: &str, limit: Limit, ttl_ms: u64, is_string: bool) -> Option<Value> {
        let wait_ms = self.rng.between(1, 3000) as u64;
        if is_string {
            let ttl = ttl_ms.to_string();
            let set = vec!["SET", name, owner, "NX", "PX", &ttl];
            return self.ask(&[vec!["MULTI"], set, vec!["LOCK.TOKEN", name, owner], vec!["EXEC"]]);
        }
        let acquire = holds::acquire(name, owner, ttl_ms, self.rng.percent(70).then_some(wait_ms), limit);
        self.ask(&[acquire.iter().map(String::as_str).collect()])
    }

    fn use_it(&mut self, hold: &mut Hold, ttl_ms: u64, is_string: bool) {
        let (token, ttl, sent) = (hold.token.to_string(), ttl_ms.to_string(), self.storm.now_ms());
        let (name, owner) = (hold.name.clone(), hold.owner.clone());
        let is_told = if is_string {
            let Some(value) = self.ask(&[vec!["LOCK.TOKEN", &name, &owner]]) else { return };
            value.int() == Some(hold.token)
        } else if self.rng.percent(50) {
            let Some(held) = self.ask(&[vec!["LOCK.CHECK", &name, &token]]) else { return };
            held == Value::Int(1)
        } else {
            let extend = vec!["LOCK.EXTEND", &name, &owner, "PX", &ttl, &token];
            let Some(reply) = self.ask(&[extend]) else { return };
            if !reply.is_null() {
                let (again, validity_ms) = holds::granted(&reply).unwrap_or_else(|| panic!("{reply:?}"));
                assert_eq!(again, hold.token, "{hold:?} has another token");
                hold.until = hold.until.max(sent + validity_ms);
            }
            !reply.is_null()
        };
        self.storm.confirmed.fetch_add(u64::from(is_told), Ordering::Relaxed);
        let now = self.storm.now_ms();
        assert!(is_told || now > hold.until, "{hold:?} was lost before {now}");
    }

    fn release(&mut self, hold: &mut Hold, is_string: bool) {
        let until = hold.until;
        hold.until = until.min(self.storm.now_ms());
        let token = hold.token.to_string();
        let release = match is_string {
            true => vec!["EVAL", RELEASE, "1", &hold.name, &hold.owner],
            false => vec!["LOCK.RELEASE", &hold.name, &hold.owner, &token],
        };
        let Some(ended) = self.ask(&[release]) else { return };
        let now = self.storm.now_ms();
        assert!(ended == Value::Int(1) || now > until, "{hold:?} was lost before its release at {now}: {ended:?}");
    }
}

#[test]
fn locks_keep_their_promises_while_leaders_are_killed_and_stopped() {
    let mut rng = Rng::new(seed("storm"));
    let mut cluster = Cluster::start(3, &[]);
    let storm = Arc::new(Storm {
        begun: Instant::now(),
        nodes: cluster.nodes.iter().map(|node| node.addr()).collect(),
        disturbed: cluster.nodes.iter().map(|_| AtomicU64::new(0)).collect(),
        is_over: AtomicBool::new(false),
        holds: Mutex::default(),
        confirmed: AtomicU64::new(0),
        excused: AtomicU64::new(0),
        longest_ms: AtomicU64::new(0),
    });
    let holders: Vec<_> = (0..3 * CLIENTS)
        .map(|id| {
            let (storm, rng) = (storm.clone(), rng.fork());
            let holder = Holder { storm, node: id % 3, client: None, name: id.to_string(), rng };
            std::thread::spawn(move || holder.run())
        })
        .collect();
    let kills = of_long(STORM_KILLS, STORM_KILLS_LONG);
    let (mut killed, mut stopped) = (0, 0);
    for round in 0..kills {
        std::thread::sleep(Duration::from_millis(rng.between(300, 1500) as u64));
        let leader = cluster.leader();
        storm.disturbed[leader].fetch_add(1, Ordering::SeqCst);
        if round % 2 == 0 {
            killed += 1;
            cluster.nodes[leader].kill();
            std::thread::sleep(Duration::from_millis(rng.between(0, 1500) as u64));
            cluster.nodes[leader].start_again();
        } else {
            stopped += 1;
            cluster.nodes[leader].signal("STOP");
            std::thread::sleep(Duration::from_millis(rng.between(STOPPED_MS.0, STOPPED_MS.1) as u64));
            cluster.nodes[leader].signal("CONT");
        }
        cluster.wait_ready(leader);
        cluster.wait_caught_up();
        storm.disturbed[leader].fetch_add(1, Ordering::SeqCst);
        if holders.iter().any(|holder| holder.is_finished()) {
            break;
        }
    }
    storm.is_over.store(true, Ordering::Relaxed);
    holders.into_iter().for_each(|holder| holder.join().unwrap());
    let holds = storm.holds.lock().unwrap().clone();
    let confirmed = storm.confirmed.load(Ordering::Relaxed);
    println!(
        "{killed} leaders killed, {stopped} stopped, in {:?}: {} holds, confirmed {confirmed} times, {} errors of clients of those \
         leaders, longest answer {} ms",
        storm.begun.elapsed(),
        holds.len(),
        storm.excused.load(Ordering::Relaxed),
        storm.longest_ms.load(Ordering::Relaxed),
    );
    let contradiction = check(&holds).err();
    assert!(contradiction.is_none(), "{}", contradiction.unwrap_or_default());
    assert!(holds.len() as u64 > 8 * kills && confirmed > 8 * kills, "hardly anything was held");
    cluster.wait_all_matched();
    cluster.check_digests();
}
