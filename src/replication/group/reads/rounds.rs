//! Rounds of ReadIndex: who joins which, and who waits for what.
//!
//! Invariants: a round takes what waits when it begins, and nothing afterwards. What has no answer within `write-timeout-ms` fails, in
//! whichever step of its round it waits; the rest of the round goes on.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::time::Instant;

use super::Queue;
use crate::executor::{Read, within_deadlines};
use crate::replication::Group;
use crate::sys::env::FineTimer;

/// Most rounds under way at once.
const ROUNDS_MAX: usize = 3;
/// From so many commands on, those that wait do not wait for others: a round of their own costs little beside answering them.
const LARGE_COMMANDS: usize = 128;
/// Fewer groups wait for the round before to end; and where fewer read in all, none waits for the others.
pub(in crate::replication) const SMALL_GROUPS: usize = 10;

impl Queue {
    /// Another waits; true if a round may begin now.
    pub(in crate::replication) fn came(&mut self, now: Instant) -> bool {
        self.pacing.came(now, self.waiting.len());
        self.may_begin(now)
    }

    fn may_begin(&self, now: Instant) -> bool {
        let waiting = self.waiting.len();
        let enough = match self.rounds {
            0 => self.pacing.is_ready(now, waiting),
            1..ROUNDS_MAX => waiting >= SMALL_GROUPS && self.pacing.enough_came(waiting),
            _ => return false,
        };
        waiting > 0 && (enough || self.commands >= LARGE_COMMANDS)
    }

    fn begin(&mut self, now: Instant) -> Option<Vec<Read>> {
        self.may_begin(now).then(|| {
            self.pacing.taken(now, self.waiting.len());
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
        self.pacing.answered(groups, self.waiting.len() + self.under_way);
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
            (queue.begin(now), queue.pacing.until_after(now))
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
async fn round(group: Arc<Group>, mut ready: Vec<Read>) -> usize {
    let groups = ready.len();
    match within_deadlines(&mut ready, obtain_index(&group)).await {
        None => {}
        Some(index) if group.applied().index >= index => answer(&group, ready, index).await,
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
pub(in crate::replication) async fn finish_when_applied(group: Arc<Group>, mut ready: Vec<Read>, index: u64) {
    if within_deadlines(&mut ready, group.wait_applied(index)).await.is_some() {
        answer(&group, ready, index).await;
    }
}

async fn answer(group: &Arc<Group>, ready: Vec<Read>, index: u64) {
    group.executor.clone().read(ready, index, group.clone()).await;
}
