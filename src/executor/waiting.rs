//! This node's clients whose commands wait in the state: each group is kept here until the state says what became of its wait.
//!
//! Invariants
//! - A group is held from the entry at which its waiter joins to the one at which that ends, and answered by whoever takes it out here, once:
//!   apply, the end of the boot, a snapshot that no longer has the waiter, or the clock of this node, if no entry comes.
//! - Told "unknown" is only who may have been served: by a snapshot, or by an entry that this node does not have yet. The connection then
//!   cancels what may still wait.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use parking_lot::Mutex;

use super::apply::EntryOutcome;
use super::{CommandGroup, StepReply};
use crate::error::{INDETERMINATE, UNBLOCKED_BY_CHANGE};
use crate::protocol::Reply;
use crate::store::{State, WaiterId};

/// See the module's header.
#[derive(Default)]
pub(super) struct Waiting(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    groups: BTreeMap<WaiterId, (u64, CommandGroup)>,
    /// Those that end by themselves, by cluster time in ms.
    deadlines: BTreeSet<(u64, WaiterId)>,
}

impl Inner {
    fn hold(&mut self, id: WaiterId, deadline_ms: u64, group: CommandGroup) {
        if let Some(waits) = &group.waits {
            waits.store(true, Ordering::Relaxed);
        }
        if deadline_ms != 0 {
            self.deadlines.insert((deadline_ms, id));
        }
        self.groups.insert(id, (deadline_ms, group));
    }

    fn take(&mut self, id: WaiterId) -> Option<CommandGroup> {
        let (deadline_ms, group) = self.groups.remove(&id)?;
        self.deadlines.remove(&(deadline_ms, id));
        if let Some(waits) = &group.waits {
            waits.store(false, Ordering::Relaxed);
        }
        Some(group)
    }

    fn take_all(&mut self, ids: Vec<WaiterId>) -> Vec<CommandGroup> {
        ids.into_iter().filter_map(|id| self.take(id)).collect()
    }
}

impl Waiting {
    /// An entry was applied: takes over the groups that wait from now on, and adds those whose wait has ended to the answers.
    pub(super) fn settle(&self, outcome: &mut EntryOutcome) {
        let released = std::mem::take(&mut outcome.effects.released);
        if outcome.waiting.is_empty() && released.is_empty() && outcome.ended.is_none() {
            return;
        }
        let mut inner = self.0.lock();
        for (id, deadline_ms, group) in outcome.waiting.drain(..) {
            inner.hold(id, deadline_ms, group);
        }
        for (id, reply) in released {
            if let Some(mut group) = inner.take(id) {
                // Its place was one of an earlier entry.
                group.position = 0;
                outcome.answers.push((group, vec![StepReply::Reply(reply)]));
            }
        }
        if let Some(boot) = outcome.ended {
            let first = WaiterId { boot, ..WaiterId::default() };
            let ids = inner.groups.range(first..).map(|(id, _)| *id).take_while(|id| id.boot == boot).collect();
            for group in inner.take_all(ids) {
                outcome.answers.push((group, vec![Reply::Error(UNBLOCKED_BY_CHANGE).into()]));
            }
        }
    }

    /// A snapshot has come: who no longer waits in its state may have been served, or not.
    pub(super) fn keep_those_in(&self, state: &State) {
        let mut inner = self.0.lock();
        let gone = inner.groups.keys().filter(|id| state.waiters().get(**id).is_none()).copied().collect();
        let groups = inner.take_all(gone);
        drop(inner);
        groups.into_iter().for_each(|group| group.fail(&INDETERMINATE));
    }

    /// Answers those whose deadline was before this cluster time, ms.
    pub(super) fn expire(&self, before_ms: u64) {
        let mut inner = self.0.lock();
        let late = inner.deadlines.iter().take_while(|(deadline_ms, _)| *deadline_ms < before_ms);
        let late = late.map(|(_, id)| *id).collect();
        let groups = inner.take_all(late);
        drop(inner);
        groups.into_iter().for_each(|group| group.fail(&INDETERMINATE));
    }
}
