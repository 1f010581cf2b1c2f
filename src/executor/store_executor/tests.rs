//! Which work is timed, by a clock that has gone on by some ms whenever it is looked at.

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::*;
use crate::executor::Executor;
use crate::executor::entry::{Stamp, encode, seal};
use crate::executor::{BoxFuture, CommandGroup, DiskSpace};
use crate::store::Policy;
use crate::sys::clock::Clocks;
use crate::sys::env::{BoxStream, Listener, Net};
use crate::sys::latency::EVICTION_CYCLE;

#[derive(Default)]
struct GoesOn(AtomicU64);

impl Clocks for GoesOn {
    fn wall_ms(&self) -> u64 {
        5000
    }
    fn boottime_ns(&self) -> u64 {
        0
    }
    fn monotonic_ns(&self) -> u64 {
        self.0.fetch_add(7_000_000, Ordering::Relaxed)
    }
    fn raw_ns(&self) -> u64 {
        0
    }
    fn machine_boot(&self) -> String {
        String::new()
    }
}

struct Nothing;

impl Net for Nothing {
    fn connect<'a>(&'a self, _addr: &'a str) -> BoxFuture<'a, io::Result<BoxStream>> {
        Box::pin(async { Err(io::ErrorKind::Unsupported.into()) })
    }
    fn bind<'a>(&'a self, _host: &'a str, _port: u16) -> BoxFuture<'a, io::Result<Box<dyn Listener>>> {
        Box::pin(async { Err(io::ErrorKind::Unsupported.into()) })
    }
}

impl Consensus for Nothing {
    fn show_pending(&self, _boot: u64, _seq: u64, _look: &mut dyn FnMut(&[CommandGroup])) {}
    fn take_pending(&self, _boot: u64, _seq: u64) -> Option<Vec<CommandGroup>> {
        None
    }
    fn tick(&self) -> oneshot::Receiver<()> {
        oneshot::channel().1
    }
    fn submit(&self, _group: CommandGroup) {}
    fn disk_space(&self) -> DiskSpace {
        DiskSpace::Enough
    }
}

#[tokio::test]
async fn ticks_and_eviction_are_timed_while_somebody_wants_to_know() {
    let clocks = Arc::new(GoesOn::default());
    let (net, random) = (Arc::new(Nothing), Arc::new(|| 4));
    let env = Env {
        clocks: clocks.clone(),
        net,
        random,
        threads: false,
        level: 3,
        spikes: Arc::default(),
        memory: crate::sys::memory::used_bytes,
    };
    let spikes = env.spikes.clone();
    let executor = StoreExecutor::new(env, Arc::new(ClusterClock::new(clocks)));
    executor.gate.write().await.options.set("maxmemory-policy", Policy::AllkeysLru as u64);
    let state = executor.gate.read().await;
    executor.moved(&state);
    drop(state);
    let seen = || -> Vec<_> { spikes.events().iter().map(|(name, series)| (*name, series.worst_ms)).collect() };
    let index = Mutex::new(0);
    let apply = async |content: Content| {
        *index.lock() += 1;
        let (at, entry) = (*index.lock(), seal(encode(&content), Stamp { now_ms: 10_000, ..Stamp::default() }));
        executor.apply_entry(at, entry, Arc::new(Nothing)).await.unwrap();
    };
    let evict = || Content::Evict { number: 1, is_none_left: false, victims: Vec::new() };
    apply(Content::Tick).await;
    apply(evict()).await;
    assert_eq!(seen(), [], "off");
    spikes.set_threshold_ms(5);
    apply(Content::Raise { level: 0 }).await;
    assert_eq!(seen(), [], "neither of them");
    apply(Content::Tick).await;
    assert_eq!(seen(), [(EXPIRE_CYCLE, 7)]);
    apply(evict()).await;
    executor.next_eviction(10_000).await;
    assert_eq!(seen(), [(EVICTION_CYCLE, 7), (EVICTION_DEL, 7), (EXPIRE_CYCLE, 7)]);
}
