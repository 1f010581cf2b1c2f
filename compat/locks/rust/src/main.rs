//! What rslock is put through: `python/driver.py` in Rust, with the same modes and outputs. The cluster is its one server.

use std::error::Error;
use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rslock::{Lock, LockError, LockManager};
use tokio::time::sleep;

const SECTION: Duration = Duration::from_millis(2);

/// A time that suite.py sets: see `python/bounds.py`.
fn bound(name: &str, unit_ms: u64) -> Duration {
    let value = std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    Duration::from_millis(value.unwrap_or_else(|| panic!("{name} is not set")) * unit_ms)
}

static TTL: LazyLock<Duration> = LazyLock::new(|| bound("LOCK_TTL_S", 1000));
static WAIT: LazyLock<Duration> = LazyLock::new(|| bound("LOCK_WAIT_S", 1000));
static POLL: LazyLock<Duration> = LazyLock::new(|| bound("LOCK_POLL_MS", 1));
static RENEW_EVERY: LazyLock<Duration> = LazyLock::new(|| bound("LOCK_RENEW_MS", 1));

static ENDED: AtomicBool = AtomicBool::new(false);

type Result<T> = std::result::Result<T, Box<dyn Error>>;

struct Adapter(LockManager);

impl Adapter {
    fn new(port: &str) -> Self {
        let mut manager = LockManager::new(vec![format!("redis://127.0.0.1:{port}/")]);
        manager.set_retry(1, *POLL);
        Self(manager)
    }

    async fn acquire(&self, name: &str, wait: Duration) -> Result<Option<Lock>> {
        let until = Instant::now() + wait;
        loop {
            match self.0.lock(name.as_bytes(), *TTL).await {
                Ok(lock) => return Ok(Some(lock)),
                Err(LockError::Unavailable) if Instant::now() >= until => return Ok(None),
                Err(LockError::Unavailable) => sleep(*POLL).await,
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// See `python/journal.py`.
async fn section(path: &str) -> Result<()> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let size = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(size.saturating_sub(200)))?;
    let mut tail = String::new();
    file.read_to_string(&mut tail)?;
    let last = tail.lines().next_back().and_then(|line| line.split(' ').nth(2)?.parse::<u64>().ok());
    let (pid, number) = (std::process::id(), last.unwrap_or(0) + 1);
    file.seek(SeekFrom::Start(size))?;
    file.write_all(format!("enter {pid} {number}\n").as_bytes())?;
    sleep(SECTION).await;
    file.write_all(format!("leave {pid} {number}\n").as_bytes())?;
    Ok(())
}

async fn storm(adapter: &Adapter, name: &str, journal: &str) -> Result<()> {
    println!("ready");
    let (mut acquired, mut missed, mut longest) = (0, 0, Duration::ZERO);
    let mut errors = Vec::new();
    let mut last = Instant::now();
    while !ENDED.load(Ordering::Relaxed) {
        match adapter.acquire(name, *WAIT).await {
            Ok(Some(lock)) => {
                section(journal).await?;
                adapter.0.unlock(&lock).await;
                acquired += 1;
                longest = longest.max(last.elapsed());
                last = Instant::now();
            }
            Ok(None) => missed += 1,
            Err(error) => {
                errors.push(format!("{:?}", error.to_string()));
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
    let longest = longest.as_millis();
    errors.truncate(3);
    println!(
        r#"{{"acquired": {acquired}, "missed": {missed}, "longest_ms": {longest}, "errors": [{}]}}"#,
        errors.join(", ")
    );
    Ok(())
}

/// Waits for longer than a lease: a release that its client had no time for leaves the lock until then.
async fn hold(adapter: &Adapter, name: &str) -> Result<Lock> {
    Ok(adapter.acquire(name, 2 * *TTL).await?.ok_or("a free lock was not got")?)
}

async fn must_be_held(adapter: &Adapter, name: &str, message: &str) -> Result<()> {
    match adapter.acquire(name, Duration::ZERO).await? {
        Some(_) => Err(message.into()),
        None => Ok(()),
    }
}

async fn owner(adapter: &Adapter, name: &str) -> Result<()> {
    let lock = hold(adapter, name).await?;
    must_be_held(adapter, name, "a held lock was got a second time").await?;
    let other = Lock {
        val: b"not-the-holder".to_vec(),
        resource: lock.resource.clone(),
        validity_time: lock.validity_time,
        lock_manager: lock.lock_manager.clone(),
    };
    adapter.0.unlock(&other).await;
    must_be_held(adapter, name, "somebody else released the lock").await?;
    adapter.0.unlock(&lock).await;
    adapter.0.unlock(&hold(adapter, name).await?).await;
    println!("refused: silently");
    Ok(())
}

async fn renew(adapter: &Adapter, name: &str) -> Result<()> {
    let mut lock = hold(adapter, name).await?;
    println!("ready");
    let until = Instant::now() + 2 * *TTL;
    let (mut count, mut given_up) = (0, 0);
    while Instant::now() < until || !ENDED.load(Ordering::Relaxed) {
        sleep(*RENEW_EVERY).await;
        lock = match adapter.0.extend(&lock, *TTL).await {
            Ok(extended) => extended,
            // Its client waits half a second for a reply, less than a failover takes; then it releases the lock, as well as it can, and the
            // holder is told. At the latest the lock is free when its time is over.
            Err(LockError::Unavailable) => {
                given_up += 1;
                hold(adapter, name).await?
            }
            Err(error) => return Err(error.into()),
        };
        must_be_held(adapter, name, &format!("the lock was got by another after {count} renewals")).await?;
        count += 1;
    }
    adapter.0.unlock(&lock).await;
    adapter.0.unlock(&hold(adapter, name).await?).await;
    println!("{count} renewals, given up {given_up} times");
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, port, name, rest @ ..] = arguments.as_slice() else { return Err("mode port name [journal]".into()) };
    let adapter = Adapter::new(port);
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        ENDED.store(true, Ordering::Relaxed);
    });
    match (mode.as_str(), rest) {
        ("storm", [journal]) => storm(&adapter, name, journal).await,
        ("owner", []) => owner(&adapter, name).await,
        ("renew", []) => renew(&adapter, name).await,
        _ => Err("storm, owner or renew".into()),
    }
}
