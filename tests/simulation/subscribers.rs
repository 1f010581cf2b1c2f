//! Publishers and subscribers under faults.
//!
//! Invariants, of each subscription from its confirmation to the end of its connection
//! - What is sent to it is one stretch of one order of all messages: without a gap, none twice. Two subscriptions that share two messages share
//!   all between them.
//! - Each publisher's messages come in its order, as far as it waited for answers.
//! - One that lasts to the end has every acknowledged message that was sent after its confirmation.
//! - A connection ends with its node's process, or because a snapshot took its node over messages; by nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout};
use turmoil::net::TcpStream;

use crate::client::{Client, Fate};
use crate::cluster::{World, now_ms};
use crate::support::client::encode;
use crate::support::rng::Rng;
use crate::support::value::Value;

const CHANNELS: [&str; 2] = ["news0", "news1"];
/// Of all subscribers' last message.
const END: &str = "end";

/// A message: by events, when it was sent and when it was acknowledged.
#[derive(Clone, Copy, Debug, Default)]
struct Sent {
    at: u64,
    acknowledged: Option<u64>,
    /// Certainly not published.
    is_refused: bool,
}

#[derive(Debug, Default)]
struct Subscription {
    node: usize,
    confirmed: u64,
    messages: Vec<String>,
    is_whole: bool,
}

/// What was seen.
#[derive(Default)]
pub struct Seen {
    events: Mutex<u64>,
    sent: Mutex<BTreeMap<String, Sent>>,
    subscriptions: Mutex<Vec<Subscription>>,
    /// Subscribers that have not had [`END`].
    open: Mutex<usize>,
    /// Nodes may be brought up to date by snapshots.
    by_snapshots: bool,
}

impl Seen {
    /// Nothing yet. Are nodes perhaps brought up to date by snapshots?
    pub fn new(by_snapshots: bool) -> Self {
        Self { by_snapshots, ..Self::default() }
    }

    fn tick(&self) -> u64 {
        let mut events = self.events.lock();
        *events += 1;
        *events
    }
}

/// Publishes one message after the other until `until_ms`, at any node.
pub async fn publish(world: World, seen: Rc<Seen>, id: usize, mut rng: Rng, until_ms: u64) {
    let mut client = Client::new(&world, id, id);
    for number in 0.. {
        if now_ms() >= until_ms {
            return;
        }
        sleep(Duration::from_millis(rng.between(0, 50) as u64)).await;
        if rng.percent(5) {
            client = Client::new(&world, id, rng.below(world.machines.len()));
        }
        let text = format!("{id}-{number:06}");
        seen.sent.lock().insert(text.clone(), Sent { at: seen.tick(), ..Sent::default() });
        let fate = client.call(&["PUBLISH", CHANNELS[rng.below(CHANNELS.len())], &text]).await;
        let (now, mut sent) = (seen.tick(), seen.sent.lock());
        let sent = sent.get_mut(&text).unwrap();
        match fate {
            Fate::Done(Value::Int(_)) | Fate::Applied => sent.acknowledged = Some(now),
            Fate::NotApplied => sent.is_refused = true,
            Fate::Unknown => {}
            Fate::Done(other) => panic!("PUBLISH: {other:?}"),
        }
    }
}

/// Subscribes at one node, again and again, until it has had the end.
pub async fn subscribe(world: World, seen: Rc<Seen>, node: usize, words: &'static [&'static str]) {
    *seen.open.lock() += 1;
    let machine = world.machines[node].clone();
    loop {
        sleep(Duration::from_millis(20)).await;
        let connect = TcpStream::connect((machine.name.clone(), 6379));
        let Ok(Ok(mut stream)) = timeout(Duration::from_millis(500), connect).await else { continue };
        let lives = machine.lives();
        let mut request = Vec::new();
        encode(&mut request, words);
        if stream.write_all(&request).await.is_err() {
            continue;
        }
        let (mut buf, mut confirmations) = (Vec::new(), words.len() - 1);
        let mut subscription = Subscription { node, ..Subscription::default() };
        while let Some(value) = next(&mut stream, &mut buf).await {
            let Value::Array(parts) = value else { break };
            if confirmations > 0 && parts[0].text().unwrap().ends_with("subscribe") {
                confirmations -= 1;
                subscription.confirmed = seen.tick();
                // Between two confirmations only one channel's come.
                subscription.messages.clear();
                continue;
            }
            let text = parts.last().and_then(Value::text).expect("a message");
            world.note(format_args!("subscriber of {node} got {text}"));
            subscription.is_whole = text == END;
            if subscription.is_whole {
                break;
            }
            subscription.messages.push(text);
        }
        let is_new_life = machine.group().is_none() || machine.lives() != lives;
        let has_ended = subscription.is_whole || is_new_life || seen.by_snapshots || subscription.confirmed == 0;
        assert!(has_ended, "a subscriber of {node} was closed, and the node goes on");
        let is_over = subscription.is_whole;
        if confirmations == 0 {
            seen.subscriptions.lock().push(subscription);
        }
        if is_over {
            *seen.open.lock() -= 1;
            return;
        }
    }
}

/// The next reply or message; None: the connection has ended.
pub async fn next(stream: &mut TcpStream, buf: &mut Vec<u8>) -> Option<Value> {
    loop {
        if let Some((value, len)) = Value::decode(buf).expect("a well-formed reply") {
            buf.drain(..len);
            return Some(value);
        }
        let mut chunk = [0; 16 * 1024];
        let len = stream.read(&mut chunk).await.ok().filter(|len| *len > 0)?;
        buf.extend_from_slice(&chunk[..len]);
    }
}

/// After the faults: tells all subscribers that it is over, and waits until they know.
pub async fn end(world: &World, seen: &Seen) {
    let mut client = Client::new(world, 990, 0);
    let begun_ms = now_ms();
    while *seen.open.lock() > 0 {
        assert!(now_ms() < begun_ms + 30_000, "{} subscribers are not told the end", *seen.open.lock());
        client.call(&["PUBLISH", CHANNELS[0], END]).await;
        sleep(Duration::from_millis(100)).await;
    }
}

/// Holds what was seen against the invariants; gives the number of messages that came to somebody.
pub fn judge(seen: &Seen) -> usize {
    let (sent, subscriptions) = (seen.sent.lock(), seen.subscriptions.lock());
    let mut all = BTreeSet::new();
    for subscription in &*subscriptions {
        let (node, messages) = (subscription.node, &subscription.messages);
        let set: BTreeSet<&String> = messages.iter().collect();
        assert_eq!(set.len(), messages.len(), "a subscriber of {node} got a message twice: {messages:?}");
        let mut last: BTreeMap<&str, &String> = BTreeMap::new();
        for text in messages {
            let what = sent.get(text).unwrap_or_else(|| panic!("{text} was never published"));
            assert!(!what.is_refused, "{text} was refused, and came to a subscriber of {node}");
            if what.acknowledged.is_some() {
                let publisher = text.split('-').next().unwrap();
                let before = last.insert(publisher, text);
                assert!(before.is_none_or(|before| before < text), "{text} came after {before:?}, to one of {node}");
            }
        }
        if subscription.is_whole {
            let is_due = |what: &Sent| what.acknowledged.is_some() && what.at > subscription.confirmed;
            let missed: Vec<_> = sent.iter().filter(|(text, what)| is_due(what) && !set.contains(text)).collect();
            assert!(missed.is_empty(), "acknowledged, and missed by a subscriber of {node}: {missed:?}");
        }
        all.extend(set);
    }
    for (at, first) in subscriptions.iter().enumerate() {
        let place: BTreeMap<&String, usize> = first.messages.iter().zip(0..).collect();
        for second in &subscriptions[at + 1..] {
            let shared = |text: &&String| place.contains_key(*text);
            let begin = second.messages.iter().position(|text| shared(&text));
            let end = second.messages.iter().rposition(|text| shared(&text));
            let (Some(begin), Some(end)) = (begin, end) else { continue };
            let theirs = &second.messages[begin..=end];
            let from = place[&theirs[0]];
            let ours = &first.messages[from..(from + theirs.len()).min(first.messages.len())];
            assert!(ours == theirs, "subscribers of {} and {} got\n{ours:?}\n{theirs:?}", first.node, second.node);
        }
    }
    all.len()
}
