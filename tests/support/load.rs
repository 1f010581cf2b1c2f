//! Clients that count: each sends INCR of one key over one connection, without reconnection and without retries, and notes what it
//! is told.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::client::{Client, encode};
use super::value::Value;

/// What one client was told.
#[derive(Debug, Default)]
pub struct Tally {
    /// Numbers that came back.
    pub acknowledged: i64,
    /// Commands without an answer when the connection broke.
    pub outstanding: i64,
    /// Errors of all kinds.
    pub errors: Vec<String>,
    /// The longest time between two acknowledgements.
    pub longest_gap: Duration,
}

impl Tally {
    /// Of several clients.
    pub fn sum(tallies: &[Tally]) -> Tally {
        let mut sum = Tally::default();
        for tally in tallies {
            sum.acknowledged += tally.acknowledged;
            sum.outstanding += tally.outstanding;
            sum.errors.extend(tally.errors.iter().cloned());
            sum.longest_gap = sum.longest_gap.max(tally.longest_gap);
        }
        sum
    }

    /// Errors of unknown outcome: each may have counted.
    pub fn indeterminate(&self) -> i64 {
        self.errors.iter().filter(|error| error.starts_with("INDETERMINATE")).count() as i64
    }
}

/// Running clients.
pub struct Load {
    stop: Arc<AtomicBool>,
    acknowledged: Arc<AtomicU64>,
    clients: Vec<JoinHandle<Tally>>,
}

impl Load {
    /// `clients` connections to `addr`, each of which sends `depth` commands at a time.
    pub fn start(addr: SocketAddr, clients: usize, depth: usize, key: &str) -> Self {
        Self::start_with(|| Client::connect(addr), clients, depth, key)
    }

    /// The same over connections that are made so.
    pub fn start_with(connect: impl Fn() -> Client, clients: usize, depth: usize, key: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let acknowledged = Arc::new(AtomicU64::new(0));
        let clients = (0..clients)
            .map(|_| {
                let (stop, acknowledged, key) = (stop.clone(), acknowledged.clone(), key.to_owned());
                let client = connect();
                std::thread::spawn(move || count(client, depth, &key, &stop, &acknowledged))
            })
            .collect();
        Self { stop, acknowledged, clients }
    }

    /// Acknowledgements of all clients so far.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Waits until there were `count` more acknowledgements.
    pub fn wait_more(&self, count: u64) {
        let from = self.acknowledged();
        super::cluster::until("more acknowledgements", || (self.acknowledged() >= from + count).then_some(()));
    }

    /// Ends the clients after their last reply.
    pub fn finish(self) -> Vec<Tally> {
        self.stop.store(true, Ordering::Relaxed);
        self.clients.into_iter().map(|client| client.join().expect("a client")).collect()
    }
}

fn count(mut client: Client, depth: usize, key: &str, stop: &AtomicBool, total: &AtomicU64) -> Tally {
    let mut tally = Tally::default();
    let mut out = Vec::new();
    (0..depth).for_each(|_| encode(&mut out, &["INCR", key]));
    let (mut last, mut last_at) = (i64::MIN, Instant::now());
    while !stop.load(Ordering::Relaxed) {
        if client.send_raw(&out).is_err() {
            tally.outstanding += depth as i64;
            tally.errors.push("the connection broke".into());
            return tally;
        }
        for answered in 0..depth {
            match client.read_reply() {
                Ok(Value::Int(number)) => {
                    if number <= last {
                        tally.errors.push(format!("{number} after {last}"));
                    }
                    last = number;
                    tally.acknowledged += 1;
                    total.fetch_add(1, Ordering::Relaxed);
                    tally.longest_gap = tally.longest_gap.max(last_at.elapsed());
                    last_at = Instant::now();
                }
                Ok(other) => tally.errors.push(other.text().unwrap_or_else(|| format!("{other:?}"))),
                Err(error) => {
                    tally.outstanding += (depth - answered) as i64;
                    tally.errors.push(format!("the connection broke: {error}"));
                    return tally;
                }
            }
        }
    }
    tally
}
