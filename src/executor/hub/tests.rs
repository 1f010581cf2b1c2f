use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::protocol::Resp;
use crate::store::LostHold;

fn client(id: u64) -> Arc<Client> {
    Arc::new(Client::new(id, String::new(), String::new(), 0))
}

fn name(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

fn subscribed(connection: u64, kind: SubscriptionKind, text: &str) -> PubSub {
    PubSub::Subscribed(connection, kind, name(text))
}

fn published(channel: &str, message: &str) -> PubSub {
    PubSub::Published(SubscriptionKind::Channel, name(channel), name(message))
}

fn apply(hub: &Hub, index: u64, effects: Vec<PubSub>) {
    let reached = hub.queue(index, (1..).zip(effects).collect());
    hub.release(index, reached);
}

/// The last word of each message.
fn words(mailbox: &Mailbox, before: Option<Place>) -> Vec<String> {
    let last = |message: Bytes| {
        let text = String::from_utf8_lossy(&message).into_owned();
        text.trim_end().rsplit("\r\n").next().unwrap().to_owned()
    };
    std::iter::from_fn(|| mailbox.take(before, Resp::V3)).map(last).collect()
}

fn lost(boot: u64, connection: u64, token: u64) -> PubSub {
    PubSub::LockLost(LostHold { boot, connection, name: name("l"), token, reason: "expired" })
}

#[test]
fn who_asks_is_told_of_holds_that_this_process_s_connections_had() {
    let hub = Hub::default();
    let [asks, silent] = [client(1), client(2)];
    let _silent = hub.open(&silent);
    hub.notify(&asks, true);
    let mailbox = hub.open(&asks);
    apply(&hub, 5, vec![lost(4, 1, 7)]);
    assert!(mailbox.take(None, Resp::V3).is_none(), "there was no boot yet");
    hub.booted(9);
    hub.booted(12);
    apply(&hub, 20, vec![lost(8, 1, 7), lost(9, 2, 7), lost(9, 1, 8), lost(12, 1, 9), published("a", "x")]);
    let told = |token: u64| format!(">4\r\n$9\r\nlock-lost\r\n$1\r\nl\r\n:{token}\r\n$7\r\nexpired\r\n");
    let take = || mailbox.take(None, Resp::V3).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert_eq!((take(), take(), take()), (Some(told(8)), Some(told(9)), None));
    apply(&hub, 21, vec![subscribed(1, SubscriptionKind::Channel, "a"), lost(9, 1, 7), published("a", "x")]);
    assert!(mailbox.take(None, Resp::V2).is_some_and(|bytes| bytes.ends_with(b"x\r\n")), "RESP2 has no pushes");
    apply(&hub, 22, vec![PubSub::UnsubscribedFromAll(1, SubscriptionKind::Channel)]);
    hub.cut_off();
    assert!(asks.is_killed() && !silent.is_killed(), "it may have missed one");
    hub.notify(&asks, false);
    apply(&hub, 23, vec![lost(9, 1, 7)]);
    assert_eq!(take(), None);
}

#[test]
fn connections_that_locks_are_bound_to_are_closed_when_their_boot_is_lost() {
    let hub = Hub::default();
    let [bound, left, other] = [client(1), client(2), client(3)];
    hub.bind(&bound);
    hub.bind(&left);
    hub.unbind(2);
    hub.hold_again();
    assert_eq!([&bound, &left, &other].map(|client| client.is_killed()), [true, false, false]);
}

#[test]
fn messages_between_subscribing_and_unsubscribing_are_given_in_order() {
    let hub = Hub::default();
    let (first, second) = (hub.open(&client(1)), hub.open(&client(2)));
    apply(
        &hub,
        5,
        vec![
            published("a", "before"),
            subscribed(1, SubscriptionKind::Channel, "a"),
            published("a", "one"),
            subscribed(1, SubscriptionKind::Channel, "a"),
            subscribed(2, SubscriptionKind::Pattern, "?"),
            subscribed(2, SubscriptionKind::Shard, "a"),
        ],
    );
    apply(&hub, 6, vec![published("a", "two"), published("ab", "other")]);
    let unsubscribed = PubSub::Unsubscribed(1, SubscriptionKind::Channel, name("a"));
    apply(&hub, 7, vec![unsubscribed, published("a", "three")]);
    assert_eq!(words(&first, Some(Place { index: 6, position: 1 })), ["one"]);
    assert_eq!(words(&first, Some(Place { index: 7, position: 1 })), ["two"]);
    assert_eq!(words(&first, None), [""; 0]);
    assert_eq!(words(&second, None), ["two", "three"]);
    hub.close(2);
    apply(&hub, 8, vec![published("a", "four")]);
    assert_eq!(words(&second, None), [""; 0]);
    assert!(hub.table.lock().patterns.is_empty() && hub.table.lock().shards.is_empty());
}

#[test]
fn an_entry_is_complete_once_its_replies_are_sent() {
    let hub = Hub::default();
    let mailbox = hub.open(&client(1));
    apply(&hub, 5, vec![subscribed(1, SubscriptionKind::Channel, "a"), published("a", "one")]);
    assert_eq!(hub.answered(), 5);
    let reached = hub.queue(6, vec![(1, published("a", "two"))]);
    let complete = Some(Place { index: hub.answered() + 1, position: 0 });
    assert_eq!(words(&mailbox, complete), ["one"]);
    hub.release(6, reached);
    assert_eq!(hub.answered(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_grows_too_long_closes_its_client() {
    let hub = Hub::default();
    hub.set_limits(BufferLimits { hard: 1000, soft: 100, soft_for: Duration::from_secs(10) });
    let clients = [client(1), client(2)];
    let mailboxes = clients.each_ref().map(|client| hub.open(client));
    let kind = SubscriptionKind::Channel;
    apply(&hub, 1, vec![subscribed(1, kind, "a"), subscribed(2, kind, "a"), subscribed(2, kind, "b")]);
    for index in 2..5 {
        apply(&hub, index, vec![published("a", "x")]);
    }
    tokio::time::sleep(Duration::from_secs(9)).await;
    apply(&hub, 5, vec![published("a", "x")]);
    assert!(clients.iter().all(|client| !client.is_killed()));
    assert_eq!(words(&mailboxes[1], None).len(), 4);
    tokio::time::sleep(Duration::from_secs(2)).await;
    apply(&hub, 6, vec![published("a", "x")]);
    assert!(clients[0].is_killed() && !clients[1].is_killed());
    apply(&hub, 7, vec![published("b", &"x".repeat(1000))]);
    assert!(clients[1].is_killed());
}

#[test]
fn a_snapshot_closes_those_who_are_subscribed() {
    let hub = Hub::default();
    let clients = [client(1), client(2)];
    let _mailboxes = clients.each_ref().map(|client| hub.open(client));
    apply(&hub, 1, vec![subscribed(1, SubscriptionKind::Shard, "a")]);
    hub.cut_off();
    assert!(clients[0].is_killed() && !clients[1].is_killed());
}
