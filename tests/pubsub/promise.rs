//! What the confirmation of SUBSCRIBE promises, whichever nodes the subscriber and the publishers are on: nothing that is published after it is
//! missed, and nothing that was acknowledged before SUBSCRIBE was sent is given.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::support::bounds;
use crate::support::client::Client;
use crate::support::cluster::Cluster;
use crate::support::value::Value;

const NODES: usize = 3;
const PATIENCE: Duration = Duration::from_secs(60);

fn client(cluster: &Cluster, node: usize) -> Client {
    let mut client = cluster.nodes[node].client();
    client.set_timeout(PATIENCE);
    client
}

/// The parts of what a subscriber is sent next.
fn next(client: &mut Client) -> Vec<String> {
    let sent = client.read_reply().unwrap();
    sent.items().unwrap_or_else(|| panic!("{sent:?}")).iter().map(|part| part.text().unwrap_or_default()).collect()
}

/// Numbered messages of one publisher, one at a time.
#[derive(Default)]
struct Published {
    /// The last that may have been sent.
    started: AtomicU64,
    /// The last that was answered.
    acknowledged: AtomicU64,
}

impl Published {
    fn publish(&self, mut client: Client, from: usize, is_over: &AtomicBool) {
        for number in 1.. {
            if is_over.load(Ordering::SeqCst) {
                return;
            }
            self.started.store(number, Ordering::SeqCst);
            let reply = client.call(&["PUBLISH", "a", &format!("{from} {number}")]);
            assert!(reply.int().is_some(), "{reply:?}");
            self.acknowledged.store(number, Ordering::SeqCst);
        }
    }
}

/// What a subscriber was sent of each publisher.
struct Seen {
    first: [Option<u64>; NODES],
    last: [u64; NODES],
}

impl Seen {
    fn note(&mut self, parts: &[String]) {
        assert_eq!(parts[0], "message", "{parts:?}");
        let (from, number) = parts[2].split_once(' ').unwrap();
        let (from, number): (usize, u64) = (from.parse().unwrap(), number.parse().unwrap());
        if self.first[from].is_some() {
            assert_eq!(number, self.last[from] + 1, "each once, in order, of publisher {from}");
        }
        self.first[from].get_or_insert(number);
        self.last[from] = number;
    }
}

/// One subscription from SUBSCRIBE to the confirmation of UNSUBSCRIBE.
fn subscribe_once(client: &mut Client, published: &[Published; NODES]) {
    let before = published.each_ref().map(|of| of.acknowledged.load(Ordering::SeqCst));
    client.send_line("SUBSCRIBE a");
    assert_eq!(next(client)[0], "subscribe", "nothing comes before the confirmation, nor after that of UNSUBSCRIBE");
    let after = published.each_ref().map(|of| of.started.load(Ordering::SeqCst));
    let mut seen = Seen { first: [None; NODES], last: [0; NODES] };
    while (0..NODES).any(|from| seen.last[from] <= after[from]) {
        seen.note(&next(client));
    }
    for from in 0..NODES {
        let first = seen.first[from].unwrap();
        assert!(first > before[from], "{first} of publisher {from} was acknowledged before SUBSCRIBE");
        assert!(first <= after[from] + 1, "{first} of publisher {from} is not the first since the confirmation");
    }
    client.send_line("UNSUBSCRIBE a");
    loop {
        let parts = next(client);
        if parts[0] == "unsubscribe" {
            return;
        }
        seen.note(&parts);
    }
}

#[test]
fn a_subscriber_misses_nothing_behind_its_confirmation_while_all_nodes_publish() {
    let cluster = Cluster::start(NODES, &[]);
    let (published, is_over) = (<[Published; NODES]>::default(), AtomicBool::new(false));
    let rounds = bounds::of_long(bounds::SUBSCRIPTIONS, bounds::SUBSCRIPTIONS_LONG);
    std::thread::scope(|scope| {
        for (from, of) in published.iter().enumerate() {
            let (client, is_over) = (client(&cluster, from), &is_over);
            scope.spawn(move || of.publish(client, from, is_over));
        }
        let subscribed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut clients = [0, 1, 2].map(|node| client(&cluster, node));
            (0..rounds as usize).for_each(|round| subscribe_once(&mut clients[round % NODES], &published));
        }));
        // The publishers end whatever was found.
        is_over.store(true, Ordering::SeqCst);
        subscribed.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
    cluster.check_digests();
}

/// Nothing else is in the log meanwhile: what comes next after SUBSCRIBE is the message.
#[test]
fn the_first_message_behind_a_confirmation_is_given_and_the_last_before_subscribing_is_not() {
    let cluster = Cluster::start(NODES, &[]);
    for subscriber in 0..NODES {
        for publisher in 0..NODES {
            let channel = format!("{subscriber} {publisher}");
            let (mut subscriber, mut publisher) = (client(&cluster, subscriber), client(&cluster, publisher));
            assert_eq!(publisher.call(&["PUBLISH", &channel, "before"]), Value::Int(0));
            assert_eq!(subscriber.call(&["SUBSCRIBE", &channel]).items().unwrap().len(), 3);
            assert_eq!(publisher.call(&["PUBLISH", &channel, "after"]), Value::Int(1));
            assert_eq!(next(&mut subscriber), ["message", &channel, "after"]);
        }
    }
}

/// The node has the messages still before it when it is sent SUBSCRIBE.
#[test]
fn a_node_that_is_behind_gives_a_new_subscriber_nothing_of_what_it_makes_up_for() {
    let cluster = Cluster::start(NODES, &[]);
    cluster.transfer(0);
    let (mut subscriber, mut publisher) = (client(&cluster, 2), client(&cluster, 1));
    assert_eq!(subscriber.call(&["PING"]), Value::Simple(b"PONG".to_vec()));
    cluster.nodes[2].signal("STOP");
    for _ in 0..100 {
        assert_eq!(publisher.call(&["PUBLISH", "a", "before"]), Value::Int(0));
    }
    subscriber.send_line("SUBSCRIBE a");
    cluster.nodes[2].signal("CONT");
    assert_eq!(next(&mut subscriber)[0], "subscribe");
    assert_eq!(publisher.call(&["PUBLISH", "a", "after"]), Value::Int(1));
    assert_eq!(next(&mut subscriber), ["message", "a", "after"]);
}
