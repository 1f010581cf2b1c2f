//! What users of locks, messages, values that they keep, and requests sent again are promised, under random faults.

use std::rc::Rc;
use std::time::Duration;

use tokio::time::sleep;

use crate::blocking::nobody_waits;
use crate::client::Client;
use crate::cluster::{Cluster, Shape, World, now_ms};
use crate::nemesis::{Faults, rage};
use crate::support::rng::Rng;
use crate::support::{bounds, holds, queues};
use crate::{bound, lockers, multis, once, scripts, string_locks, subscribers, tracking};

/// What fills a log, so that it is purged where little is kept.
const FILLER_MAX: usize = 30_000;
/// How long a run is at least in which all is to happen that may.
const PROMISED_MS: u64 = 8000;

async fn fill(world: World, mut rng: Rng, until_ms: u64) {
    let mut client = Client::new(&world, 95, 0);
    while now_ms() < until_ms {
        client.call(&[b"SET", &b"filler"[..], &vec![b'f'; rng.below(FILLER_MAX)]]).await;
        sleep(Duration::from_millis(rng.between(20, 150) as u64)).await;
    }
}

/// A whole run; gives its trace.
pub fn run(seed: u64, duration_ms: u64) -> String {
    println!("simulation seed {seed}");
    let mut rng = Rng::new(seed);
    let shape = Shape {
        write_timeout_ms: *rng.pick(&[700, 2000, 5000]),
        node_timeout_ms: *rng.pick(&[1000, 10_000]),
        log_keep: *rng.pick(&[100_000, 256 << 20]),
        ..Shape::new(rng.next())
    };
    let faults = *rng.pick(&[
        Faults { crashes: true, network: true },
        Faults { crashes: true, network: true },
        Faults { crashes: false, network: true },
        Faults { crashes: true, network: false },
    ]);
    // A client has no more patience.
    let late_ms = 2 * shape.write_timeout_ms + 1500;
    let by_snapshots = shape.log_keep < 1 << 20;
    let mut cluster = Cluster::new(shape);
    cluster.run(|world| async move {
        let mut client = Client::new(&world, 1000, 0);
        scripts::prepare(&mut client).await;
        // All that happens to locks is looked at in the end.
        client.call(&["CONFIG", "SET", "lock-history-bytes", "64mb"]).await;
        let locks = Rc::new(lockers::Seen::default());
        let several = Rc::new(multis::Seen::new(locks.clone()));
        let news = Rc::new(subscribers::Seen::new(by_snapshots));
        let requests = Rc::new(once::Seen::default());
        let tracked = Rc::new(tracking::Seen::default());
        let until_ms = now_ms() + duration_ms;
        // Some go on when the faults are over.
        let last_ms = until_ms + 2000;
        let mut tasks = vec![
            tokio::task::spawn_local(rage(world.clone(), rng.fork(), faults, until_ms)),
            tokio::task::spawn_local(fill(world.clone(), rng.fork(), until_ms)),
        ];
        for id in 10..22 {
            tasks.push(tokio::task::spawn_local(lockers::live(
                world.clone(),
                locks.clone(),
                id,
                rng.fork(),
                last_ms,
                lockers::one,
            )));
        }
        tasks.push(tokio::task::spawn_local(lockers::observe(world.clone(), locks.clone(), 94, rng.fork(), last_ms)));
        for id in 74..78 {
            let life = lockers::live(world.clone(), locks.clone(), id, rng.fork(), last_ms, lockers::queue);
            tasks.push(tokio::task::spawn_local(life));
        }
        let bindings = Rc::new(bound::Seen::default());
        for id in 70..73 {
            tasks.push(tokio::task::spawn_local(bound::live(world.clone(), bindings.clone(), id, rng.fork(), last_ms)));
        }
        for id in 50..56 {
            tasks.push(tokio::task::spawn_local(lockers::live(world.clone(), several.clone(), id, rng.fork(), last_ms, multis::one)));
        }
        for id in 56..58 {
            tasks.push(tokio::task::spawn_local(multis::keep(world.clone(), several.clone(), id, rng.fork(), last_ms)));
        }
        for id in 22..28 {
            let life = lockers::live(world.clone(), locks.clone(), id, rng.fork(), last_ms, string_locks::one);
            tasks.push(tokio::task::spawn_local(life));
        }
        for id in 30..32 {
            let life = subscribers::publish(world.clone(), news.clone(), id, rng.fork(), last_ms);
            tasks.push(tokio::task::spawn_local(life));
        }
        for id in 40..43 {
            tasks.push(tokio::task::spawn_local(once::live(world.clone(), requests.clone(), id, rng.fork(), last_ms)));
        }
        for id in 60..63 {
            tasks.push(tokio::task::spawn_local(tracking::write(world.clone(), tracked.clone(), id, rng.fork(), last_ms)));
        }
        let mut listeners = Vec::new();
        for way in 0..2 * world.machines.len() {
            let node = way % world.machines.len();
            let life = tracking::track(world.clone(), tracked.clone(), node, way + way / world.machines.len(), rng.fork());
            listeners.push(tokio::task::spawn_local(life));
        }
        let words: [&'static [&'static str]; 2] = [&["SUBSCRIBE", "news0", "news1"], &["PSUBSCRIBE", "news*"]];
        for node in 0..world.machines.len() {
            let life = subscribers::subscribe(world.clone(), news.clone(), node, words[node % 2]);
            listeners.push(tokio::task::spawn_local(life));
        }
        for task in tasks {
            task.await.unwrap();
        }
        subscribers::end(&world, &news).await;
        tracking::settle(&world, &tracked).await;
        for listener in listeners {
            listener.await.unwrap();
        }
        let alive = bound::settle(&world, &bindings).await;
        nobody_waits(&world).await;
        let sent_again = once::read_back(&world, &requests, &mut rng).await;
        let heard = subscribers::judge(&news);
        let told = tracking::judge(&tracked);
        let counts = multis::judge(&world, &several, late_ms).await;
        let (holds, confirmed) = (locks.holds.lock().clone(), *locks.confirmed.lock());
        let contradiction = holds::check(&holds).err();
        assert!(contradiction.is_none(), "{}", contradiction.unwrap_or_default());
        let in_turn = queues::check(&locks.queues.lock(), &locks.granted.lock()).unwrap_or_else(|why| panic!("{why}"));
        println!("seed {seed}: {in_turn} pairs in turn, sessions alive {alive} times");
        println!(
            "seed {seed}: {} holds, confirmed {confirmed} times, {heard} messages, {sent_again} of ONCE, several: {counts:?}, tracked: {told:?}, {faults:?}",
            holds.len()
        );
        assert!(counts.granted > 10 && counts.timed_out > 10 && counts.kept > 0, "hardly any were asked for together");
        assert!(counts.circles > 0 || duration_ms < PROMISED_MS, "nobody was told of a circle");
        assert!(holds.len() > 50 && confirmed > 50 && heard > 50 && sent_again > 50, "hardly anything was done");
    });
    cluster.trace()
}

/// One of the seeds that CI runs.
pub fn one(seed: u64) {
    run(seed, if bounds::long() { 30_000 } else { PROMISED_MS });
}

#[test]
fn locks_messages_and_repeated_requests_keep_their_promises_under_random_faults() {
    bounds::seeds("simulation", bounds::PROMISE_SEEDS).for_each(one);
}
