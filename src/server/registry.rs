//! Who is connected: the table that accept, every connection's end, CLIENT and INFO share.
//!
//! Invariants
//! - No guard of the map leaves this module, so none can be held across an await or a second call into the map, which could
//!   deadlock. What is given out is a count of the client itself.
//! - A list is in order of id, whatever the map's own order is: CLIENT LIST shows it, and a simulation has to repeat itself. It has
//!   every client that is connected during the whole of the call; one that comes or goes meanwhile is in it or not.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use dashmap::DashMap;

use crate::command::context::Client;

/// How often clients that are to go are counted, and those that have come meanwhile told so.
const DISMISS_EVERY: Duration = Duration::from_millis(2);

/// Who has sent nothing for so long is silent, as in Redis.
const SILENT_MS: u64 = 2000;

/// The connected clients of this node, by id.
#[derive(Debug, Default)]
pub struct ClientRegistry {
    clients: DashMap<u64, Arc<Client>>,
}

impl ClientRegistry {
    /// Enters a client, which has to be taken out when its connection ends.
    pub fn insert(&self, client: Arc<Client>) {
        self.clients.insert(client.id, client);
    }

    /// Takes the client of this id out, if it is there.
    pub fn remove(&self, id: u64) {
        self.clients.remove(&id);
    }

    /// The client of this id.
    pub fn get(&self, id: u64) -> Option<Arc<Client>> {
        self.clients.get(&id).map(|client| client.value().clone())
    }

    /// The client of the lowest id: of a node that has no id yet, the one that came first.
    pub fn oldest(&self) -> Option<Arc<Client>> {
        let oldest = self.clients.iter().map(|client| client.id).min()?;
        self.get(oldest)
    }

    /// Number of clients.
    pub fn len(&self) -> usize {
        self.clients.len()
    }

    /// True without clients.
    pub fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }

    /// Has those clients tidy up that have been silent and hold room for what they may send.
    pub fn tidy(&self, now_ms: u64) {
        let is_silent = |client: &Client| now_ms.saturating_sub(client.active_ms.load(Ordering::Relaxed)) >= SILENT_MS;
        let holds_room = |client: &Client| client.buffers.query_room.load(Ordering::Relaxed) > 0;
        self.list().iter().filter(|client| is_silent(client) && holds_room(client)).for_each(|client| client.tidy());
    }

    /// Dismisses all clients, also those that still come, and returns when they are gone; who is not after `longest` is killed.
    pub async fn dismiss(&self, longest: Duration) {
        let gone = async {
            while !self.is_empty() {
                self.list().iter().for_each(|client| client.dismiss());
                tokio::time::sleep(DISMISS_EVERY).await;
            }
        };
        if tokio::time::timeout(longest, gone).await.is_err() {
            self.list().iter().for_each(|client| client.kill());
            tokio::time::sleep(DISMISS_EVERY).await;
        }
    }

    /// All clients in order of id.
    pub fn list(&self) -> Vec<Arc<Client>> {
        let mut clients: Vec<_> = self.clients.iter().map(|client| client.value().clone()).collect();
        clients.sort_unstable_by_key(|client| client.id);
        clients
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    fn client(id: u64) -> Arc<Client> {
        Arc::new(Client::new(id, format!("127.0.0.1:{id}"), String::new(), 0))
    }

    fn ids(registry: &ClientRegistry) -> Vec<u64> {
        registry.list().iter().map(|client| client.id).collect()
    }

    #[test]
    fn clients_are_listed_in_order_of_id() {
        let registry = ClientRegistry::default();
        assert!(registry.is_empty());
        let entered = (0..500u64).map(|n| (3 << 32) + n * 7919 % 500);
        entered.for_each(|id| registry.insert(client(id)));
        assert_eq!((registry.len(), registry.oldest().unwrap().id), (500, 3 << 32));
        assert_eq!(ids(&registry), (0..500).map(|n| (3 << 32) + n).collect::<Vec<u64>>());
    }

    #[test]
    fn only_silent_clients_that_hold_room_are_told_to_tidy_up() {
        let registry = ClientRegistry::default();
        let told = [(1000, 9), (1001, 9), (1000, 0)].map(|(active_ms, room)| {
            let client = client(active_ms * 10 + room as u64);
            client.active_ms.store(active_ms, Ordering::Relaxed);
            client.buffers.query_room.store(room, Ordering::Relaxed);
            registry.insert(client.clone());
            client
        });
        registry.tidy(1000 + SILENT_MS);
        let told = told.map(|client| client.told_to_tidy().now_or_never().is_some());
        assert_eq!(told, [true, false, false]);
    }

    #[test]
    fn a_client_that_was_taken_out_is_no_longer_found() {
        let registry = ClientRegistry::default();
        registry.insert(client(1));
        registry.insert(client(2));
        let held = registry.get(1).unwrap();
        // While it is held, the map can be changed by the same thread.
        registry.remove(1);
        registry.remove(1);
        assert!(registry.get(1).is_none());
        assert_eq!((held.id, registry.len(), ids(&registry)), (1, 1, vec![2]));
    }

    #[test]
    fn a_list_has_every_client_that_stays_while_others_come_and_go() {
        let registry = ClientRegistry::default();
        let staying: Vec<u64> = (0..64).map(|n| n * 100).collect();
        staying.iter().for_each(|id| registry.insert(client(*id)));
        let registry = &registry;
        std::thread::scope(|scope| {
            for thread in 1..=3u64 {
                scope.spawn(move || {
                    for round in 0..2000u64 {
                        let id = round % 64 * 100 + thread;
                        registry.insert(client(id));
                        assert_eq!(registry.get(id).unwrap().id, id);
                        registry.remove(id);
                    }
                });
            }
            for _ in 0..200 {
                let listed = ids(registry);
                assert!(listed.is_sorted());
                assert_eq!(listed.into_iter().filter(|id| id % 100 == 0).collect::<Vec<_>>(), staying);
            }
        });
        assert_eq!(ids(registry), staying);
    }

    #[tokio::test(start_paused = true)]
    async fn dismissed_clients_are_waited_for_and_killed_in_the_end() {
        let registry = Arc::new(ClientRegistry::default());
        // One that goes, one that comes later and goes, and one that stays.
        let leaves = |id: u64| {
            let (registry, client) = (registry.clone(), client(id));
            registry.insert(client.clone());
            async move {
                client.dismissed().await;
                tokio::time::sleep(Duration::from_millis(100)).await;
                assert!(!client.is_killed());
                registry.remove(id);
            }
        };
        let longest = Duration::from_secs(1);
        let begin = tokio::time::Instant::now();
        let later = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            leaves(2).await;
        };
        tokio::join!(registry.dismiss(longest), leaves(1), later);
        assert!(registry.is_empty() && begin.elapsed() < longest);
        let stays = client(3);
        registry.insert(stays.clone());
        registry.dismiss(longest).await;
        assert!(stays.is_killed());
    }
}
