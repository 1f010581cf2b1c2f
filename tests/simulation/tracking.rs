//! Clients that keep what they have read (CLIENT TRACKING) under faults.
//!
//! Invariants, of each connection that tracks, from the reply that it keeps to the message that its key has changed
//! - What it keeps is never older than what it is shown: a reply behind a write that was acknowledged, or that shows another value, comes after the
//!   message that what is kept of that key has changed.
//! - Nothing that has changed stays: when the faults are over and its node has applied everything, what it keeps is what is there.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::AsyncWriteExt;
use tokio::time::{sleep, timeout};
use turmoil::net::TcpStream;

use crate::client::{Client, Fate};
use crate::cluster::{World, now_ms};
use crate::subscribers::next;
use crate::support::client::encode;
use crate::support::rng::Rng;
use crate::support::value::Value;

/// Who writes, and keys that each of them writes at a time: every second one's have a time to live.
const WRITERS: usize = 3;
const KEYS: usize = 4;
/// How a connection tracks: what it reads, what it asks to keep, all that is so called.
const WAYS: [&[&str]; 3] = [&[], &["OPTIN"], &["BCAST", "PREFIX", "kept:"]];
/// How long nothing is written before all has to be as it is kept: longer than any key lives then.
const REST: Duration = Duration::from_millis(1500);

/// What was seen.
#[derive(Default)]
pub struct Seen {
    /// The keys that are written at the moment.
    keys: Mutex<BTreeMap<(usize, usize), String>>,
    /// Writers that go on.
    writing: Mutex<usize>,
    /// All nodes have applied all.
    is_settled: Mutex<bool>,
    counts: Mutex<Counts>,
}

/// How much was done.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Replies that were kept.
    pub kept: u64,
    /// Of them: those whose change was told.
    pub told: u64,
    /// Everything that a connection kept has changed, for all that its node knows.
    pub told_of_all: u64,
    /// Writes that were seen behind what was kept of their key.
    pub compared: u64,
    /// What was kept to the end.
    pub left: u64,
}

/// Writes one key after the other until `until_ms`, and behind each acknowledged write says which it was (`done:<writer>`). A key whose write has an
/// unknown outcome is written no more: it may still come.
pub async fn write(world: World, seen: Rc<Seen>, id: usize, mut rng: Rng, until_ms: u64) {
    *seen.writing.lock() += 1;
    let (mut client, writer) = (Client::new(&world, id, id), id % WRITERS);
    let (done, mut generation) = (format!("done:{writer}"), 0);
    for number in 1.. {
        if now_ms() >= until_ms {
            break;
        }
        sleep(Duration::from_millis(rng.between(0, 60) as u64)).await;
        let (at, text) = (rng.below(KEYS), number.to_string());
        let key = format!("kept:{writer}:{at}:{generation}");
        seen.keys.lock().insert((writer, at), key.clone());
        let left_ms = rng.between(30, 900).to_string();
        let fate = match rng.below(8) {
            0 => client.call(&["DEL", &key]).await,
            _ if at % 2 == 1 => client.call(&["SET", &key, &text, "PX", &left_ms]).await,
            1 => client.call(&["GETSET", &key, &text]).await,
            _ => client.call(&["SET", &key, &text]).await,
        };
        match fate {
            Fate::Done(_) | Fate::Applied => _ = client.call(&["SET", &done, &format!("{key} {number}")]).await,
            Fate::NotApplied => {}
            Fate::Unknown => generation += 1,
        }
    }
    *seen.writing.lock() -= 1;
}

/// When nobody writes: waits until all nodes are the same and no key has a time left, and lets those who track look at what they keep.
pub async fn settle(world: &World, seen: &Seen) {
    while *seen.writing.lock() > 0 {
        sleep(Duration::from_millis(20)).await;
    }
    sleep(REST).await;
    world.agree().await;
    *seen.is_settled.lock() = true;
}

/// A connection that tracks, and what it keeps.
struct Tracker<'a> {
    seen: &'a Seen,
    node: usize,
    stream: TcpStream,
    buf: Vec<u8>,
    patience: Duration,
    kept: BTreeMap<String, u64>,
}

/// Reads at one node and keeps what it reads, again and again on new connections, until all is settled.
pub async fn track(world: World, seen: Rc<Seen>, node: usize, way: usize, mut rng: Rng) {
    let machine = world.machines[node].clone();
    loop {
        sleep(Duration::from_millis(20)).await;
        let connect = TcpStream::connect((machine.name.clone(), 6379));
        let Ok(Ok(stream)) = timeout(Duration::from_millis(500), connect).await else { continue };
        let patience = Duration::from_millis(2 * world.write_timeout_ms + 1500);
        let mut tracker = Tracker { seen: &seen, node, stream, buf: Vec::new(), patience, kept: BTreeMap::new() };
        if tracker.live(way % WAYS.len(), &mut rng).await.is_some() {
            return;
        }
    }
}

impl Tracker<'_> {
    /// None: the connection has ended.
    async fn live(&mut self, way: usize, rng: &mut Rng) -> Option<()> {
        let track: Vec<&str> = ["CLIENT", "TRACKING", "ON"].iter().chain(WAYS[way]).copied().collect();
        let replies = self.ask(&[vec!["HELLO", "3"], track]).await?;
        if replies.iter().any(Value::is_error) {
            return None;
        }
        let is_asked_for = WAYS[way] == ["OPTIN"];
        while !*self.seen.is_settled.lock() {
            sleep(Duration::from_millis(rng.between(0, 40) as u64)).await;
            if rng.percent(40) {
                self.compare(&format!("done:{}", rng.below(WRITERS))).await?;
                continue;
            }
            let key = self.seen.keys.lock().get(&(rng.below(WRITERS), rng.below(KEYS))).cloned();
            if let Some(key) = key {
                self.read(&key, is_asked_for).await?;
            }
        }
        self.ask(&[vec!["PING"]]).await?;
        for (key, kept) in self.kept.clone() {
            let value = self.ask(&[vec!["GET", &key]]).await?.remove(0);
            assert_eq!(
                value.int(),
                Some(kept as i64),
                "node {}: {key} is kept, and nobody has said that it changed",
                self.node
            );
            self.seen.counts.lock().left += 1;
        }
        Some(())
    }

    /// Reads a key and keeps the reply.
    async fn read(&mut self, key: &str, is_asked_for: bool) -> Option<()> {
        let mut commands = vec![vec!["GET", key]];
        if is_asked_for {
            commands.insert(0, vec!["CLIENT", "CACHING", "YES"]);
        }
        // What is told behind the reply is taken with the next one.
        let value = self.ask(&commands).await?.pop()?;
        if value.is_error() {
            return Some(());
        }
        let found = value.int().map(|number| number as u64);
        // One whose time is over is gone for who reads, and changes by an entry behind that.
        let may_be_over =
            found.is_none() && key.split(':').nth(2).is_some_and(|at| at.parse() != Ok(0) && at.parse() != Ok(2));
        if let Some(kept) = self.kept.get(key) {
            let is_same = found == Some(*kept);
            assert!(
                is_same || may_be_over,
                "node {}: {key} is {value:?}, and {kept} is kept: nobody said that it changed",
                self.node
            );
        }
        if let Some(found) = found {
            self.kept.insert(key.to_owned(), found);
            self.seen.counts.lock().kept += 1;
        }
        Some(())
    }

    /// Looks what a writer has done last, and whether what is kept of that is older.
    async fn compare(&mut self, done: &str) -> Option<()> {
        let value = self.ask(&[vec!["GET", done]]).await?.pop()?;
        let Some(text) = value.text().filter(|_| !value.is_error()) else { return Some(()) };
        let (key, number) = text.split_once(' ').expect("a key and a number");
        let number: u64 = number.parse().expect("a number");
        if let Some(kept) = self.kept.get(key) {
            assert!(*kept >= number, "node {}: {key} was written by {number}, and {kept} is kept", self.node);
            self.seen.counts.lock().compared += 1;
        }
        Some(())
    }

    /// Sends commands, and takes what it is told before their replies.
    async fn ask(&mut self, commands: &[Vec<&str>]) -> Option<Vec<Value>> {
        let mut out = Vec::new();
        commands.iter().for_each(|command| encode(&mut out, command));
        self.stream.write_all(&out).await.ok()?;
        let mut replies = Vec::new();
        while replies.len() < commands.len() {
            let Ok(value) = timeout(self.patience, next(&mut self.stream, &mut self.buf)).await else {
                panic!("node {} has not answered within {:?} to {commands:?}", self.node, self.patience);
            };
            match value? {
                Value::Push(parts) => self.take(parts.into()),
                reply => replies.push(reply),
            }
        }
        Some(replies)
    }

    fn take(&mut self, mut parts: VecDeque<Value>) {
        assert_eq!(parts.pop_front().and_then(|word| word.text()).as_deref(), Some("invalidate"));
        let mut counts = self.seen.counts.lock();
        match parts.pop_front() {
            Some(Value::Array(keys)) => {
                for key in keys {
                    counts.told += u64::from(self.kept.remove(&key.text().expect("a key")).is_some());
                }
            }
            Some(value) if value.is_null() => {
                self.kept.clear();
                counts.told_of_all += 1;
            }
            other => panic!("invalidated: {other:?}"),
        }
    }
}

/// How much was done, enough of it.
pub fn judge(seen: &Seen) -> Counts {
    let counts = *seen.counts.lock();
    assert!(counts.kept > 100 && counts.told > 50 && counts.compared > 0, "hardly anything was kept: {counts:?}");
    counts
}
