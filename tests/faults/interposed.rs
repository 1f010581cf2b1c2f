//! Disks and wall clocks of real processes that misbehave, by a library between a node and its C library (`interposed.c`).

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::support::bounds::FAULTY_WRITES;
use crate::support::cluster::{Cluster, until};
use crate::support::load::{Load, Tally};
use crate::support::tempdir::TempDir;
use crate::support::value::Value;

/// Three nodes behind the library, and the files that tell it what to do.
struct Faulty {
    cluster: Cluster,
    dir: TempDir,
}

fn file(dir: &Path, node: usize) -> PathBuf {
    dir.join(format!("faults-{node}"))
}

impl Faulty {
    fn start() -> Self {
        let dir = TempDir::new("interposed");
        let library = dir.path().join("interposed.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/interposed.c");
        let built = Command::new("cc").args(["-shared", "-fPIC", "-O2", "-o"]).arg(&library).arg(source).output();
        let built = built.expect("a C compiler, which the build needs too");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let preparation = |node| {
            let faults = file(dir.path(), node);
            std::fs::write(&faults, "").unwrap();
            format!("export LD_PRELOAD='{}' LOCKSTEP_FAULTS='{}'", library.display(), faults.display())
        };
        Self { cluster: Cluster::start_behind(3, preparation), dir }
    }

    /// From now on `node` has this fault; it reads half a line never.
    fn set(&self, node: usize, fault: &str) {
        let (new, path) = (self.dir.path().join("new"), file(self.dir.path(), node));
        std::fs::write(&new, fault).unwrap();
        std::fs::rename(new, path).unwrap();
    }

    /// Counts at the nodes that have no fault.
    fn count(&self, without: usize) -> Vec<Load> {
        let nodes = self.cluster.nodes.iter().enumerate().filter(|(at, _)| *at != without);
        nodes.map(|(_, node)| Load::start(node.addr(), 4, 1, "counter")).collect()
    }

    /// What was acknowledged is there, no more, and nobody was told of an error.
    fn check(&self, loads: Vec<Load>) {
        let tallies: Vec<Tally> = loads.into_iter().flat_map(Load::finish).collect();
        let sum = Tally::sum(&tallies);
        assert_eq!(sum.errors, Vec::<String>::new());
        for node in &self.cluster.nodes {
            assert_eq!(node.client().call(&["GET", "counter"]).int(), Some(sum.acknowledged));
        }
        self.cluster.check_digests();
    }
}

/// The disk of the leader fails under load: it stops before it acknowledges anything, the others go on, and it comes back.
fn leader_with(fault: &str, says: &str) {
    let mut faulty = Faulty::start();
    let leader = faulty.cluster.leader();
    let loads = faulty.count(leader);
    loads.iter().for_each(|load| load.wait_more(FAULTY_WRITES));
    faulty.set(leader, fault);
    let status = faulty.cluster.nodes[leader].wait_exit(Duration::from_secs(30)).expect("it stops");
    let log = faulty.cluster.nodes[leader].log();
    assert!(!status.success() && log.contains("lockstep: fatal:") && log.contains(says), "{status}\n{log}");
    loads.iter().for_each(|load| load.wait_more(FAULTY_WRITES));
    faulty.set(leader, "");
    faulty.cluster.nodes[leader].start_again();
    faulty.cluster.wait_ready(leader);
    faulty.cluster.wait_caught_up();
    faulty.check(loads);
}

#[test]
fn leader_whose_flush_fails_stops_and_the_others_go_on() {
    leader_with("broken", "Input/output error");
}

#[test]
fn leader_whose_disk_is_full_stops_and_the_others_go_on() {
    leader_with("full", "No space left on device");
}

#[test]
fn slow_flushes_lose_nothing_on_any_node() {
    let faulty = Faulty::start();
    let loads = faulty.count(3);
    for node in 0..3 {
        faulty.set(node, "slow 40");
        loads.iter().for_each(|load| load.wait_more(FAULTY_WRITES / 2));
        faulty.set(node, "");
    }
    // All of them: then no quorum is quick.
    (0..3).for_each(|node| faulty.set(node, "slow 40"));
    loads.iter().for_each(|load| load.wait_more(FAULTY_WRITES / 2));
    (0..3).for_each(|node| faulty.set(node, ""));
    faulty.check(loads);
}

#[test]
fn wall_clocks_that_jump_move_no_deadline() {
    const DAY_S: i64 = 86_400;
    let faulty = Faulty::start();
    let cluster = &faulty.cluster;
    let mut client = cluster.nodes[0].client();
    assert_eq!(client.line("SET held x PX 600000"), Value::Simple(b"OK".to_vec()));
    let mut before = client.line("PTTL held").int().unwrap();
    for (turn, jump_s) in [DAY_S, -DAY_S, 2 * DAY_S, -DAY_S].into_iter().enumerate() {
        let leader = cluster.leader();
        // The leader's, then also that of the one that leads next.
        faulty.set(leader, &format!("wall {jump_s}"));
        let next = (leader + 1) % 3;
        faulty.set(next, &format!("wall {}", -jump_s));
        assert_eq!(client.line(&format!("SET brief:{turn} x PX 1")), Value::Simple(b"OK".to_vec()));
        until("the end of a short deadline", || client.line(&format!("GET brief:{turn}")).is_null().then_some(()));
        cluster.transfer(next);
        let left = client.line("PTTL held").int().unwrap();
        assert!((1..=before).contains(&left) && left > 300_000, "turn {turn}: {left} ms of {before}");
        before = left;
    }
    cluster.check_digests();
}
