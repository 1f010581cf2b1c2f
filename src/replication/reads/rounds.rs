//! Rounds of ReadIndex: who joins which, and who waits for what.
//!
//! Invariants: a round takes what waits when it begins, and nothing afterwards. What has no answer within `write-timeout-ms` fails, in
//! whichever step of its round it waits; the rest of the round goes on.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::time::timeout_at;

use super::look::finish;
use super::{Queue, Waiting};
use crate::replication::Group;

/// Most rounds under way at once.
const ROUNDS_MAX: usize = 3;
/// From so many groups, or commands, on, those that wait do not wait for the round before to end: a round of their own costs little
/// beside answering them, and what one round waits for the network, the others use to read and answer. (Gathering, as writes do, makes
/// all wait together: a sixth slower.)
const LARGE_GROUPS: usize = 20;
const LARGE_COMMANDS: usize = 128;

impl Queue {
    /// True if what waits should begin a round now.
    pub(super) fn may_begin(&self) -> bool {
        let large = self.waiting.len() >= LARGE_GROUPS || self.commands >= LARGE_COMMANDS;
        !self.waiting.is_empty() && (self.rounds == 0 || (self.rounds < ROUNDS_MAX && large))
    }

    fn begin(&mut self) -> Option<Vec<Waiting>> {
        self.may_begin().then(|| {
            self.rounds += 1;
            self.commands = 0;
            std::mem::take(&mut self.waiting)
        })
    }
}

/// Drives a group's reads until the future is dropped.
pub async fn drive_reads(group: Arc<Group>) {
    let mut rounds = FuturesUnordered::new();
    loop {
        tokio::select! {
            () = group.reads.wake.notified() => {}
            Some(()) = rounds.next() => group.reads.queue.lock().rounds -= 1,
        }
        let waiting = group.reads.queue.lock().begin();
        if let Some(waiting) = waiting {
            rounds.push(round(group.clone(), waiting));
        }
    }
}

async fn round(group: Arc<Group>, mut ready: Vec<Waiting>) {
    let Some(index) = meanwhile(&group, &mut ready, obtain_index(&group)).await else { return };
    if group.applied().index >= index {
        return finish(&group, ready, index).await;
    }
    // Others need not wait for what this node has not applied.
    drop(crate::task::spawn(finish_when_applied(group, ready, index)));
}

/// An index from the leader, asked again until there is one.
async fn obtain_index(group: &Group) -> u64 {
    let mut wait = Duration::from_millis(1);
    loop {
        if let Some(index) = group.read_index().await {
            return index;
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(Duration::from_millis(20));
    }
}

/// Waits until `index` is applied; those whose time is over before fail.
pub(super) async fn finish_when_applied(group: Arc<Group>, mut ready: Vec<Waiting>, index: u64) {
    if meanwhile(&group, &mut ready, group.wait_applied(index)).await.is_some() {
        finish(&group, ready, index).await;
    }
}

/// Waits for `future`, and lets those of `ready` fail whose time is over meanwhile; None once nobody is left.
async fn meanwhile<T>(group: &Group, ready: &mut Vec<Waiting>, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    while let Some(first) = ready.iter().map(|waiting| waiting.since).min() {
        if let Ok(value) = timeout_at(first + group.timeout(), &mut future).await {
            return Some(value);
        }
        let (late, rest) = std::mem::take(ready).into_iter().partition(|waiting| waiting.since <= first);
        *ready = rest;
        let late: Vec<Waiting> = late;
        late.into_iter().for_each(|waiting| waiting.job.fail());
    }
    None
}
