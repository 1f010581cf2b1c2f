//! Random work under random faults: linearizability, exactly once, equal and sound states, deadlines that stay, and no node that is
//! stuck when the faults are over.

use std::sync::Arc;

use crate::cluster::{Cluster, Shape, now_ms};
use crate::nemesis::{Faults, rage};
use crate::support::bounds;
use crate::support::rng::Rng;
use crate::workload::{Seen, judge, live, prepare, read_back};

/// A whole run; gives its trace.
pub fn run(seed: u64, clients: usize, duration_ms: u64) -> String {
    println!("simulation seed {seed}");
    let mut rng = Rng::new(seed);
    let shape = Shape {
        write_timeout_ms: *rng.pick(&[700, 2000, 5000]),
        log_keep: *rng.pick(&[100_000, 256 << 20]),
        ..Shape::new(rng.next())
    };
    let faults = *rng.pick(&[
        Faults { crashes: true, network: true },
        Faults { crashes: false, network: true },
        Faults { crashes: true, network: false },
    ]);
    let seen = Arc::new(Seen::default());
    let mut cluster = Cluster::new(shape);
    let shared = seen.clone();
    cluster.run(|world| async move {
        prepare(&world).await;
        let begin_ms = now_ms();
        let until_ms = begin_ms + duration_ms;
        let mut tasks = vec![tokio::task::spawn_local(rage(world.clone(), rng.fork(), faults, until_ms))];
        for id in 0..clients {
            let life = live(world.clone(), shared.clone(), id, rng.fork(), until_ms + 3000);
            tasks.push(tokio::task::spawn_local(life));
        }
        for task in tasks {
            task.await.unwrap();
        }
        read_back(&world, &shared).await;
    });
    let outcomes = judge(&seen);
    println!("seed {seed}: {outcomes:?} under {faults:?}");
    assert!(outcomes.answered > clients as u64 * 5, "hardly anything was answered: {outcomes:?}");
    cluster.trace()
}

/// One of the seeds that CI runs.
pub fn one(seed: u64) {
    let (clients, duration_ms) = if bounds::long() { (24, 40_000) } else { (9, 10_000) };
    run(seed, clients, duration_ms);
}

#[test]
fn nothing_breaks_under_random_faults() {
    bounds::seeds("simulation", bounds::SIMULATION_SEEDS).for_each(one);
}
