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
use tokio::time::{Instant, timeout_at};

use super::look::finish;
use super::{Queue, Waiting};
use crate::replication::Group;
use crate::sys::env::FineTimer;

/// Most rounds under way at once.
const ROUNDS_MAX: usize = 3;
/// From so many commands on, those that wait do not wait for others: a round of their own costs little beside answering them.
const LARGE_COMMANDS: usize = 128;
/// Fewer groups wait for the round before to end; and where fewer read in all, none waits for the others.
pub(super) const SMALL_GROUPS: usize = 10;

impl Queue {
    /// Another waits; true if a round may begin now.
    pub(super) fn came(&mut self, now: Instant) -> bool {
        self.gather.came(now, self.waiting.len());
        self.may_begin(now)
    }

    fn may_begin(&self, now: Instant) -> bool {
        let waiting = self.waiting.len();
        let enough = match self.rounds {
            0 => self.gather.is_ready(now, waiting),
            1..ROUNDS_MAX => waiting >= SMALL_GROUPS && self.gather.enough_came(waiting),
            _ => return false,
        };
        waiting > 0 && (enough || self.commands >= LARGE_COMMANDS)
    }

    fn begin(&mut self, now: Instant) -> Option<Vec<Waiting>> {
        self.may_begin(now).then(|| {
            self.gather.taken(now, self.waiting.len());
            self.rounds += 1;
            self.under_way += self.waiting.len();
            self.commands = 0;
            std::mem::take(&mut self.waiting)
        })
    }

    /// A round with so many has ended.
    fn ended(&mut self, groups: usize) {
        self.rounds -= 1;
        self.under_way -= groups;
        self.gather.answered(groups, self.waiting.len() + self.under_way);
    }
}

/// Drives a group's reads until the future is dropped.
pub async fn drive_reads(group: Arc<Group>) {
    let timer = FineTimer::new(&group.env);
    let mut rounds = FuturesUnordered::new();
    loop {
        let now = Instant::now();
        let (waiting, until) = {
            let mut queue = group.reads.queue.lock();
            (queue.begin(now), queue.gather.until_after(now))
        };
        if let Some(waiting) = waiting {
            rounds.push(round(group.clone(), waiting));
        }
        tokio::select! {
            () = group.reads.wake.notified() => {}
            Some(groups) = rounds.next() => group.reads.queue.lock().ended(groups),
            () = timer.sleep_until(until.unwrap_or(now)), if until.is_some() => {}
        }
    }
}

/// Returns how many began it.
async fn round(group: Arc<Group>, mut ready: Vec<Waiting>) -> usize {
    let groups = ready.len();
    match meanwhile(&group, &mut ready, obtain_index(&group)).await {
        None => {}
        Some(index) if group.applied().index >= index => finish(&group, ready, index).await,
        // Others need not wait for what this node has not applied.
        Some(index) => drop(crate::replication::spawn(finish_when_applied(group, ready, index))),
    }
    groups
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
pub(super) async fn meanwhile<T>(
    group: &Group,
    ready: &mut Vec<Waiting>,
    future: impl Future<Output = T>,
) -> Option<T> {
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
