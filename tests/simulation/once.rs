//! Clients of ONCE under faults: they send again blindly, to any node, also through two at the same time.
//!
//! Invariant: each request takes effect exactly once, so its reply says how often those before it have; and it is answered the same for ever
//! after, by every node.

use std::rc::Rc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::sleep;

use crate::client::{Client, Fate};
use crate::cluster::{World, now_ms};
use crate::support::once;
use crate::support::rng::Rng;
use crate::support::value::Value;

/// A request and its first reply.
type Answered = (Vec<String>, Value);

/// What was seen.
#[derive(Default)]
pub struct Seen {
    answered: Mutex<Vec<Answered>>,
    /// Rounds of each client.
    rounds: Mutex<Vec<(usize, i64)>>,
}

/// One client's life until `until_ms`.
pub async fn live(world: World, seen: Rc<Seen>, id: usize, mut rng: Rng, until_ms: u64) {
    let mut client = Client::new(&world, id, id);
    let (mut round, mut last_token) = (0, 0);
    while now_ms() < until_ms {
        round += 1;
        for (command, expected) in once::commands(id, round) {
            let name = format!("{id}:{:016x}", rng.next());
            let request: Vec<String> = ["ONCE".to_owned(), name].into_iter().chain(command).collect();
            let reply = send(&mut client, &request, &mut rng).await;
            match expected {
                Some(expected) => assert_eq!(reply, expected, "{request:?}"),
                None => last_token = once::new_token(&reply, last_token),
            }
            seen.answered.lock().push((request, reply));
            if rng.percent(30) {
                let (request, first) = rng.pick(&seen.answered.lock()).clone();
                assert_eq!(send(&mut client, &request, &mut rng).await, first, "{request:?}, again");
            }
            sleep(Duration::from_millis(rng.between(0, 40) as u64)).await;
        }
    }
    seen.rounds.lock().push((id, round));
}

/// Sends until there is an answer: mostly over connections that are cut, to any node, sometimes to two at once.
async fn send(client: &mut Client, request: &[String], rng: &mut Rng) -> Value {
    let world = client.world().clone();
    let mut twin = Client::new(&world, 1000 + client.id, rng.below(world.machines.len()));
    for cuts in 0.. {
        let next = rng.below(world.machines.len());
        let fate = if cuts < 3 && rng.percent(40) {
            client.call_or_cut(request, Duration::from_millis(rng.between(0, 30) as u64), next).await
        } else if rng.percent(15) {
            let (one, other) = tokio::join!(client.call(request), twin.call(request));
            if let (Fate::Done(one), Fate::Done(other)) = (&one, &other) {
                assert_eq!(one, other, "{request:?}, twice at the same time");
            }
            one
        } else {
            client.call(request).await
        };
        match fate {
            Fate::Done(reply) => return reply,
            Fate::NotApplied | Fate::Unknown | Fate::Applied => {}
        }
        sleep(Duration::from_millis(rng.between(0, 20) as u64)).await;
    }
    unreachable!("it is sent until it is answered")
}

/// After the faults, at every node: the same replies again, and what they say.
pub async fn read_back(world: &World, seen: &Seen, rng: &mut Rng) -> usize {
    let (answered, rounds) = (seen.answered.lock().clone(), seen.rounds.lock().clone());
    for node in 0..world.machines.len() {
        let mut client = Client::new(world, 980 + node, node);
        for _ in 0..40 {
            let (request, first) = rng.pick(&answered);
            assert_eq!(client.call(request).await, Fate::Done(first.clone()), "{request:?}, again at node {node}");
        }
        for (id, round) in &rounds {
            for read in once::counts(*id) {
                let fate = client.call(&read).await;
                let Fate::Done(value) = &fate else { panic!("{read:?}: {fate:?}") };
                assert!(once::is_count(value, *round), "{read:?} at node {node}: {value:?}, and not {round}");
            }
        }
    }
    answered.len()
}
