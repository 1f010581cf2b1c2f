//! One computer of the simulation: its disks, its clocks, and the node that runs on it.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use lockstep::FEATURE_LEVEL;
use lockstep::config::Settings;
use lockstep::error::Fatal;
use lockstep::executor::StoreExecutor;
use lockstep::node::{MemoryFiles, Node, Ports, StartOptions, Storage};
use lockstep::replication::Group;
use lockstep::replication::log::MemoryDisk;
use lockstep::replication::types::scope;
use lockstep::server::Routed;
use lockstep::snapshot::MemoryStore;
use lockstep::sys::clock::Clocks;
use lockstep::sys::env::Env;
use lockstep::verify::{Report, verify_memory};
use parking_lot::Mutex;

use crate::net::{Process, SimNet, Streams};
use crate::support::rng::Rng;

/// What a key counts for as long as keys give way to others.
pub const KEY_BYTES: usize = 16 * 1024;

thread_local! {
    /// Of all machines, which hold the same keys, and of a simulation, which has one thread.
    static USED: Cell<u64> = const { Cell::new(0) };
}

/// What a node takes for the bytes that it uses.
fn used_bytes() -> u64 {
    USED.get()
}

/// Says how many keys there are now.
pub fn set_keys(keys: usize) {
    USED.set((keys * KEY_BYTES) as u64);
}

/// Wall clock when the simulation begins, ms.
pub const EPOCH_MS: u64 = 1_790_000_000_000;
/// A flush of the log takes this long.
const FLUSH: Duration = Duration::from_millis(1);

/// Clocks that follow simulated time, each machine's at its own rate.
pub struct SimClocks {
    /// Simulated time when asked from outside of a host, ns.
    now_ns: AtomicU64,
    wall_offset_ms: AtomicI64,
    /// Counted up by [`Machine::reboot`]; the boot clock then starts again.
    boot: AtomicU64,
    booted_ns: AtomicU64,
    name: String,
    /// Millionths by which they run fast.
    drift_per_million: AtomicI64,
    /// How the monotonic clock and the boot clock differ from the raw one.
    slew: Mutex<Slew>,
    /// What they show more than whole ms.
    fraction_ns: u64,
    sleep: Mutex<Sleep>,
}

/// What a machine has slept since it was switched on, and since when it sleeps, true ns.
#[derive(Clone, Copy, Default)]
struct Sleep {
    before_ns: u64,
    since_ns: Option<u64>,
}

/// A correction of a clock's rate.
#[derive(Clone, Copy, Default)]
struct Slew {
    /// What it has come to before `since_ns` of the raw clock.
    before_ns: i128,
    since_ns: u64,
    per_million: i128,
}

impl Slew {
    fn at_ns(self, raw_ns: u64) -> i128 {
        self.before_ns + i128::from(raw_ns.saturating_sub(self.since_ns)) * self.per_million / 1_000_000
    }
}

impl SimClocks {
    fn elapsed_ns(&self) -> u64 {
        match turmoil::sim_elapsed() {
            Some(elapsed) => {
                let ns = elapsed.as_nanos() as u64;
                self.now_ns.fetch_max(ns, Ordering::Relaxed).max(ns)
            }
            None => self.now_ns.load(Ordering::Relaxed),
        }
    }

    /// Since the machine was switched on, without what it slept, by its own quartz.
    fn uptime_ns(&self) -> u64 {
        let up_ns = self.elapsed_ns().saturating_sub(self.booted_ns.load(Ordering::Relaxed));
        let true_ns = up_ns.saturating_sub(self.slept_ns());
        let drift_ns = i128::from(true_ns) * i128::from(self.drift_per_million.load(Ordering::Relaxed)) / 1_000_000;
        (i128::from(true_ns) + drift_ns + 5_000_000_000) as u64 + self.fraction_ns
    }

    /// Sets their rate, before the simulation begins: millionths by which they run fast.
    pub fn set_drift(&self, per_million: i64) {
        self.drift_per_million.store(per_million, Ordering::Relaxed);
    }

    /// From now on the monotonic clock and the boot clock gain so many millionths on the raw one, as when somebody corrects them.
    pub fn slew(&self, per_million: i64) {
        let raw_ns = self.uptime_ns();
        let mut slew = self.slew.lock();
        *slew = Slew { before_ns: slew.at_ns(raw_ns), since_ns: raw_ns, per_million: per_million.into() };
    }

    fn slewed_ns(&self) -> u64 {
        let raw_ns = self.uptime_ns();
        (i128::from(raw_ns) + self.slew.lock().at_ns(raw_ns)) as u64
    }

    /// What the machine has slept since it was switched on, ns.
    pub fn slept_ns(&self) -> u64 {
        let (sleep, now_ns) = (*self.sleep.lock(), self.elapsed_ns());
        sleep.before_ns + sleep.since_ns.map_or(0, |since_ns| now_ns.saturating_sub(since_ns))
    }

    /// The machine goes to sleep, or wakes up: meanwhile the monotonic clock and the raw one stand still, and the boot clock goes on.
    pub fn set_asleep(&self, is_asleep: bool) {
        let before_ns = self.slept_ns();
        *self.sleep.lock() = Sleep { before_ns, since_ns: is_asleep.then(|| self.elapsed_ns()) };
    }

    /// True if this machine's own clock is right, so that it may be slewed beyond what is believed.
    pub fn is_right(&self) -> bool {
        self.drift_per_million.load(Ordering::Relaxed) == 0
    }

    /// Moves the wall clock.
    pub fn jump_wall(&self, by_ms: i64) {
        self.wall_offset_ms.fetch_add(by_ms, Ordering::Relaxed);
    }
}

impl Clocks for SimClocks {
    fn wall_ms(&self) -> u64 {
        (EPOCH_MS + self.elapsed_ns() / 1_000_000).saturating_add_signed(self.wall_offset_ms.load(Ordering::Relaxed))
    }

    fn boottime_ns(&self) -> u64 {
        self.slewed_ns() + self.slept_ns()
    }

    fn monotonic_ns(&self) -> u64 {
        self.slewed_ns()
    }

    fn raw_ns(&self) -> u64 {
        self.uptime_ns()
    }

    fn machine_boot(&self) -> String {
        format!("{} boot {}", self.name, self.boot.load(Ordering::Relaxed))
    }
}

/// What a machine keeps when it is off.
#[derive(Clone)]
struct Disks {
    log: MemoryDisk,
    snapshots: MemoryStore,
    files: Arc<MemoryFiles>,
}

impl Disks {
    fn empty() -> Self {
        Self { log: MemoryDisk::new(), snapshots: MemoryStore::new(), files: Arc::default() }
    }
}

/// How a node gets into a cluster.
#[derive(Clone, Debug)]
pub enum Entrance {
    /// It begins one.
    Founds,
    /// It calls the node on this machine.
    Joins(String),
    /// It waits for RAFT.ADD.
    Waits,
    /// The cluster of this id is lost, and it goes on alone.
    Forces(String),
}

/// See the module's header.
pub struct Machine {
    /// Its host name.
    pub name: String,
    /// Its clocks.
    pub clocks: Arc<SimClocks>,
    disks: Mutex<Disks>,
    /// How its node gets into a cluster.
    entrance: Mutex<Entrance>,
    streams: Arc<Streams>,
    settings: Settings,
    seed: u64,
    life: AtomicU64,
    removed: AtomicBool,
    running: Mutex<Option<Routed>>,
    /// Its state was made wrong on purpose.
    wrong: AtomicBool,
    rebuild: AtomicBool,
    level: AtomicU32,
    ended: Mutex<Option<String>>,
}

impl Machine {
    /// A certificate over what is durable on its disks.
    pub fn certificate(&self) -> Result<Report, Fatal> {
        let Disks { log, snapshots, files: _ } = self.disks.lock().clone();
        verify_memory(&self.name, &log, &snapshots, self.level.load(Ordering::Relaxed))
    }

    /// A machine with empty disks.
    pub fn new(number: u64, seed: u64, settings: Settings) -> Arc<Self> {
        let name = format!("n{number}");
        let mut rng = Rng::new(seed ^ number.wrapping_mul(0x9e37_79b9));
        let is_drifting = Rng::new(seed).percent(50);
        let clocks = Arc::new(SimClocks {
            now_ns: AtomicU64::new(0),
            wall_offset_ms: AtomicI64::new(rng.between(-500, 500)),
            boot: AtomicU64::new(1),
            booted_ns: AtomicU64::new(0),
            name: name.clone(),
            drift_per_million: AtomicI64::new(if is_drifting { rng.between(-400, 400) } else { 0 }),
            slew: Mutex::default(),
            fraction_ns: Rng::new(seed ^ number).next() % 1_000_000,
            sleep: Mutex::default(),
        });
        Arc::new(Self {
            settings: Settings { advertise: Some(name.clone()), bind: "0.0.0.0".into(), ..settings },
            entrance: Mutex::new(if number > 1 { Entrance::Joins("n1".into()) } else { Entrance::Founds }),
            name,
            clocks,
            disks: Mutex::new(Disks::empty()),
            streams: Arc::default(),
            seed: rng.next(),
            life: AtomicU64::new(0),
            removed: AtomicBool::new(false),
            running: Mutex::default(),
            wrong: AtomicBool::new(false),
            rebuild: AtomicBool::new(false),
            level: AtomicU32::new(FEATURE_LEVEL),
            ended: Mutex::default(),
        })
    }

    /// From now on its state may differ, and its process may end by itself; or no longer.
    pub fn set_wrong(&self, wrong: bool) {
        self.wrong.store(wrong, Ordering::Relaxed);
    }

    /// See [`Self::set_wrong`].
    pub fn is_wrong(&self) -> bool {
        self.wrong.load(Ordering::Relaxed)
    }

    /// Starts with `--rebuild` from now on, or no longer.
    pub fn set_rebuild(&self, rebuild: bool) {
        self.rebuild.store(rebuild, Ordering::Relaxed);
    }

    /// Its node, which has been removed and does not run, is followed by a new one, which has nothing yet.
    pub fn replace(&self, entrance: Entrance) {
        *self.disks.lock() = Disks::empty();
        *self.entrance.lock() = entrance;
        self.removed.store(false, Ordering::Relaxed);
    }

    /// How its node starts from now on.
    pub fn set_entrance(&self, entrance: Entrance) {
        *self.entrance.lock() = entrance;
    }

    /// From its next process on its binary is of another version, which knows this feature level.
    pub fn set_level(&self, level: u32) {
        self.level.store(level, Ordering::Relaxed);
    }

    /// What the last process ended with, if it did; said once.
    pub fn ended(&self) -> Option<String> {
        self.ended.lock().take()
    }

    /// Processes that have begun here; less than before never.
    pub fn lives(&self) -> u64 {
        self.life.load(Ordering::Relaxed)
    }

    /// The group of the node that runs here.
    pub fn group(&self) -> Option<Arc<Group>> {
        self.running.lock().as_ref().map(|running| running.group.clone())
    }

    /// The state of the node that runs here.
    pub fn executor(&self) -> Option<Arc<StoreExecutor>> {
        self.running.lock().as_ref().map(|running| running.executor.clone())
    }

    /// From now on the node may be told that it was removed; its process then ends.
    pub fn remove(&self) {
        self.removed.store(true, Ordering::Relaxed);
    }

    /// True after [`Self::remove`].
    pub fn is_removed(&self) -> bool {
        self.removed.load(Ordering::Relaxed)
    }

    /// A process of the node; ends only by a mistake, when it is crashed, or when the node was removed.
    pub async fn run(self: Arc<Self>) -> turmoil::Result {
        let _process = Process::new(&self.streams);
        let life = self.life.fetch_add(1, Ordering::Relaxed);
        let mut rng = Rng::new(self.seed.wrapping_add(life));
        match scope(rng.next(), self.clone().serve(rng)).await {
            Err(why) if self.is_wrong() => {
                *self.running.lock() = None;
                *self.ended.lock() = Some(why.to_string());
                Ok(())
            }
            ended => ended,
        }
    }

    async fn serve(self: Arc<Self>, rng: Rng) -> turmoil::Result {
        let rng = Mutex::new(rng);
        let env = Env {
            clocks: self.clocks.clone(),
            net: Arc::new(SimNet(self.streams.clone())),
            random: Arc::new(move || rng.lock().next()),
            threads: false,
            level: self.level.load(Ordering::Relaxed),
            spikes: Arc::default(),
            memory: used_bytes,
        };
        let (settings, disks) = (self.settings_now(), self.disks.lock().clone());
        let ports = Ports::bind(&env, &settings).await?;
        let storage = || {
            let Disks { log, snapshots, files } = disks;
            Ok(Storage { files, log: Arc::new(log.open(FLUSH)), snapshots: Arc::new(snapshots) })
        };
        let options = StartOptions { rebuild: self.rebuild.load(Ordering::Relaxed), ..StartOptions::default() };
        let Some(node) = Node::start(env, settings, options, storage, ports).await? else { return Ok(()) };
        *self.running.lock() = Some(Routed { group: node.group.clone(), executor: node.executor.clone() });
        let why = node.failed().await;
        if self.is_removed() && why.0.contains("was removed from the cluster") {
            *self.running.lock() = None;
            return Ok(());
        }
        Err(format!("{}: {why}", self.name).into())
    }

    fn settings_now(&self) -> Settings {
        let entrance = self.entrance.lock().clone();
        Settings {
            join: if let Entrance::Joins(name) = &entrance { Some(format!("{name}:6379")) } else { None },
            must_join: matches!(entrance, Entrance::Waits),
            force_new_cluster: if let Entrance::Forces(lost) = entrance { Some(lost) } else { None },
            ..self.settings.clone()
        }
    }

    /// The process is killed: of the log's writes that were under way, `writes_kept` had reached the disk; what the seed says of the
    /// names of snapshots that were not synced.
    pub fn crash(&self, writes_kept: usize) {
        *self.running.lock() = None;
        self.streams.kill();
        let disks = self.disks.lock();
        disks.log.crash_keeping(writes_kept);
        let mut rng = Rng::new(self.seed ^ self.life.load(Ordering::Relaxed));
        disks.snapshots.crash(|| rng.percent(50));
    }

    /// The machine is switched off and on: its clocks start again.
    pub fn reboot(&self) {
        self.clocks.boot.fetch_add(1, Ordering::Relaxed);
        self.clocks.booted_ns.store(self.clocks.elapsed_ns(), Ordering::Relaxed);
        *self.clocks.slew.lock() = Slew::default();
        *self.clocks.sleep.lock() = Sleep::default();
    }

    /// Told by the driver, so that clocks can be asked from outside.
    pub fn note_time(&self, elapsed: Duration) {
        self.clocks.now_ns.fetch_max(elapsed.as_nanos() as u64, Ordering::Relaxed);
    }
}
