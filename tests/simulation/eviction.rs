//! Keys that give way to others (`maxmemory`) under random faults.
//!
//! Invariants
//! - A key has the value of its last acknowledged write, or it has given way: then it is gone until it is written again. It never has an older value,
//!   at any node.
//! - Under a volatile policy no key without a time to live gives way.
//! - No write is refused while there are keys that may go; and when nobody writes, what is used is no more than it may be.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::sleep;

use crate::client::{Client, Fate};
use crate::cluster::{Cluster, Shape, World, now_ms};
use crate::machine::KEY_BYTES;
use crate::nemesis::{Faults, rage};
use crate::support::bounds;
use crate::support::rng::Rng;
use crate::support::value::Value;

/// As many keys may there be.
const KEYS_MAX: usize = 250;
/// Who writes, keys of each, and those of them that have no time to live where that counts.
const CLIENTS: usize = 6;
const KEYS: usize = 100;
const LASTING: usize = 20;
/// How long all has to be within its bound after the last write.
const REST: Duration = Duration::from_secs(3);

/// What was seen.
#[derive(Debug, Default)]
struct Seen {
    written: Cell<u64>,
    gone: Cell<u64>,
    found: Cell<u64>,
}

fn count(of: &Cell<u64>) {
    of.set(of.get() + 1);
}

/// What a client knows of a key of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Known {
    Absent,
    Written(u64),
    /// A write with an unknown outcome may still come: it is looked at no more.
    Unknown,
}

/// Writes and reads its own keys at any node until `until_ms`.
async fn live(world: World, id: usize, mut rng: Rng, is_volatile: bool, seen: Rc<Seen>, until_ms: u64) {
    let mut client = Client::new(&world, id, id);
    let mut known = [Known::Absent; KEYS];
    let filler = "v".repeat(KEY_BYTES);
    for number in 1.. {
        if now_ms() >= until_ms {
            return;
        }
        sleep(Duration::from_millis(rng.between(0, 20) as u64)).await;
        if rng.percent(5) {
            client = Client::new(&world, id, rng.below(world.machines.len()));
        }
        let at = rng.below(KEYS);
        let (key, lasts) = (format!("{id}:{at}"), is_volatile && at < LASTING);
        if known[at] == Known::Unknown {
            continue;
        }
        if rng.percent(60) {
            let value = format!("{number} {filler}");
            let set = ["SET", &key, &value, "EX", "100000"];
            known[at] = match client.call(if lasts { &set[..3] } else { &set }).await {
                Fate::Done(Value::Simple(_)) | Fate::Applied => Known::Written(number),
                Fate::NotApplied => known[at],
                Fate::Unknown => Known::Unknown,
                Fate::Done(other) => panic!("SET {key}: {other:?}"),
            };
            count(&seen.written);
            continue;
        }
        let Fate::Done(value) = client.call(&["GET", &key]).await else { continue };
        let found = value.text().map_or(Known::Absent, |text| {
            Known::Written(text.split(' ').next().and_then(|number| number.parse().ok()).expect("a number"))
        });
        let may_have_gone = found == Known::Absent && !lasts;
        assert!(
            found == known[at] || may_have_gone,
            "{key} is {found:?} at node {}, and was {:?}",
            client.node(),
            known[at]
        );
        count(if found == known[at] { &seen.found } else { &seen.gone });
        known[at] = found;
    }
}

fn run(seed: u64, duration_ms: u64) {
    println!("simulation seed {seed}");
    let mut rng = Rng::new(seed);
    let (policy, is_volatile) =
        *rng.pick(&[("allkeys-lru", false), ("allkeys-random", false), ("volatile-lru", true), ("volatile-ttl", true)]);
    let shape = Shape {
        write_timeout_ms: *rng.pick(&[2000, 5000]),
        maxmemory: (KEYS_MAX * KEY_BYTES) as u64,
        log_keep: *rng.pick(&[1 << 20, 256 << 20]),
        ..Shape::new(rng.next())
    };
    let seen = Rc::new(Seen::default());
    let shared = seen.clone();
    Cluster::new(shape).run(|world| async move {
        let mut client = Client::new(&world, 1000, 0);
        let set = client.call(&["CONFIG", "SET", "maxmemory-policy", policy]).await;
        assert_eq!(set, Fate::Done(Value::Simple(b"OK".to_vec())));
        let until_ms = now_ms() + duration_ms;
        let faults = Faults { crashes: true, network: true };
        let mut tasks = vec![tokio::task::spawn_local(rage(world.clone(), rng.fork(), faults, until_ms))];
        for id in 0..CLIENTS {
            let life = live(world.clone(), id, rng.fork(), is_volatile, shared.clone(), until_ms + 2000);
            tasks.push(tokio::task::spawn_local(life));
        }
        for task in tasks {
            task.await.unwrap();
        }
        sleep(REST).await;
        world.agree().await;
        for node in 0..world.machines.len() {
            let mut client = Client::new(&world, 1000, node);
            let Fate::Done(size) = client.call(&["DBSIZE"]).await else { panic!("node {node} does not answer") };
            assert!(
                size.int().is_some_and(|keys| keys <= KEYS_MAX as i64),
                "node {node}: {size:?} keys, and {KEYS_MAX} are allowed"
            );
        }
    });
    println!("seed {seed}: {policy}, {seen:?}");
    assert!(
        seen.written.get() > 400 && seen.gone.get() > 20 && seen.found.get() > 50,
        "hardly anything was done: {seen:?}"
    );
}

/// One of the seeds that CI runs.
pub fn one(seed: u64) {
    run(seed, if bounds::long() { 30_000 } else { 8000 });
}

#[test]
fn keys_give_way_as_a_whole_and_no_more_than_they_may_under_random_faults() {
    bounds::seeds("simulation", bounds::PROMISE_SEEDS).for_each(one);
}
