//! Strangers at the door, and floods of them.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::super::frame;
use super::super::secret::Secret;
use super::*;
use crate::replication::testing::Pipe;
use crate::sys::clock::SystemClocks;
use crate::sys::env::Tcp;

/// Who has sent something that is no handshake to node 1; what becomes of it there.
fn stranger(door: &Door) -> (DuplexStream, impl Future<Output = io::Error>) {
    let (near, far) = tokio::io::duplex(1 << 16);
    let env = Env {
        clocks: Arc::new(SystemClocks),
        net: Arc::new(Tcp),
        random: Arc::new(|| 4),
        threads: false,
        level: 1,
        spikes: Arc::default(),
        memory: crate::sys::memory::used_bytes,
    };
    let let_in = async move {
        let (identity, mut stream) = (Identity::new(1, 1, 1, 1, Secret::default()), Box::new(Pipe(near)) as BoxStream);
        door.let_in(&env, &identity, &mut stream, |_| panic!("judged")).await.unwrap_err()
    };
    (far, let_in)
}

/// Version 3 of the protocol, which is told so.
fn too_old() -> Vec<u8> {
    frame::encode(0, 200, b"lockstep\x03\x00").to_vec()
}

#[tokio::test(start_paused = true)]
async fn failed_handshake_is_answered_after_a_penalty() {
    let door = Door::default();
    let (mut far, let_in) = stranger(&door);
    far.write_all(&too_old()).await.unwrap();
    let begin = Instant::now();
    let heard = async {
        let first = far.read_u32_le().await.unwrap();
        (first, begin.elapsed())
    };
    let (error, (len, waited)) = tokio::join!(let_in, heard);
    assert!(error.to_string().contains("version 3"), "{error}");
    assert!(len > 9 && waited >= PENALTY, "{waited:?}");
    assert!(door.0.lock().waiting.is_empty());
}

/// Whether it has failed or not said anything: who loses its place is hung up on, and told nothing.
#[tokio::test(start_paused = true)]
async fn connection_that_loses_its_place_is_closed() {
    for says in [too_old(), Vec::new()] {
        let door = Door::default();
        let (mut far, let_in) = stranger(&door);
        far.write_all(&says).await.unwrap();
        let begin = Instant::now();
        let flood = async {
            tokio::time::sleep(PENALTY / 2).await;
            let _places: Vec<_> = (0..WAITING_MAX).map(|_| door.enter(String::new())).collect();
            tokio::time::sleep(PENALTY).await;
        };
        let heard = async {
            let mut heard = Vec::new();
            far.read_to_end(&mut heard).await.unwrap();
            (heard, begin.elapsed())
        };
        let (_, (), (heard, waited)) = tokio::join!(let_in, flood, heard);
        assert!(heard.is_empty() && waited < PENALTY, "{heard:?} {waited:?}");
    }
}

/// Those who have lost their place, by who they are.
fn lost(all: &mut [(&'static str, Place<'_>)]) -> Vec<&'static str> {
    all.iter_mut()
        .filter_map(|(who, place)| {
            place.lost.try_recv().is_err_and(|error| error == oneshot::error::TryRecvError::Closed).then_some(*who)
        })
        .collect()
}

#[test]
fn a_flood_takes_no_place_but_its_own() {
    let door = Door::default();
    let mut all = vec![("peer", door.enter("10.0.0.1:1".into()))];
    all.extend((0..1000).map(|n| ("flood", door.enter(format!("10.0.0.9:{n}")))));
    assert_eq!(door.0.lock().waiting.len(), WAITING_MAX);
    assert_eq!(lost(&mut all), vec!["flood"; 1001 - WAITING_MAX]);
    // Nor does one that has the addresses of a whole network.
    all.extend((0..1000).map(|n| ("flood", door.enter(format!("[2001:db8::{n:x}]:{n}")))));
    assert!(!lost(&mut all).contains(&"peer"));
    // The last of a flood is not the one to go: a peer at the same address gets its time.
    let last = ("last", door.enter("10.0.0.9:1".into()));
    all.push(last);
    all.extend((0..20).map(|n| ("flood", door.enter(format!("10.0.0.9:{n}")))));
    assert!(!lost(&mut all).contains(&"last"));
}

#[test]
fn failed_connections_lose_their_place_first() {
    let door = Door::default();
    let mut all: Vec<_> = (0..WAITING_MAX).map(|n| ("flood", door.enter(format!("10.0.0.9:{n}")))).collect();
    let failed = ("failed", door.enter("10.0.0.1:1".into()));
    failed.1.failed(1, "why");
    all.push(failed);
    assert_eq!(lost(&mut all).len(), 1);
    all.push(("flood", door.enter("10.0.0.9:1".into())));
    assert_eq!(lost(&mut all), ["flood", "failed"]);
}

#[test]
fn an_address_of_peers_keeps_places_against_many_addresses() {
    let door = Door::default();
    door.enter("10.0.0.1:1".into()).proven();
    assert!(door.0.lock().waiting.is_empty());
    let peers = (0..KEPT).map(|n| ("peer", door.enter(format!("10.0.0.1:{n}"))));
    let mut all: Vec<_> = peers.collect();
    all.extend((0..1000).map(|n| ("flood", door.enter(format!("10.1.{}.{}:1", n / 250, n % 250)))));
    assert_eq!(lost(&mut all), vec!["flood"; 1000 + KEPT - WAITING_MAX]);
    // A few, not all: who floods from such an address is no peer.
    all.extend((0..1000).map(|n| ("neighbour", door.enter(format!("10.0.0.1:{n}")))));
    let stranger = all.len();
    all.push(("stranger", door.enter("10.2.0.1:1".into())));
    all.extend((0..10).map(|n| ("neighbour", door.enter(format!("10.0.0.1:{n}")))));
    assert!(!lost(&mut all[stranger..]).contains(&"stranger"));
}

#[test]
fn a_flood_writes_few_lines_and_is_counted() {
    let (mut inner, begin) = (Inner::default(), Instant::now());
    let shown = |inner: &mut Inner, now| (0..1000).filter(|_| inner.line(now).is_some()).count();
    assert_eq!(shown(&mut inner, begin), LINES as usize);
    assert_eq!(shown(&mut inner, begin + LINES_IN / 2), 0);
    assert_eq!(inner.line(begin + LINES_IN), Some(2000 - u64::from(LINES)));
    assert_eq!(inner.line(begin + LINES_IN), Some(0));
}
