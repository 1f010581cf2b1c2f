//! The store's executor behind the trait that consensus knows.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;

use super::contract::{Applied, BoxFuture, Consensus, Due, Executor, Installed};
use super::entry::Content;
use super::eviction::Eviction;
use super::read::Read;
use super::store_executor::free;
use super::{CommandGroup, DiskSpace, StoreExecutor, reads};
use crate::store::{Accesses, Cluster, State};
use crate::sys::latency::EVICTION_CYCLE;

/// Reads of another node that are noted while the gate is held.
const NOTED_TOGETHER: usize = 256;

impl Executor for StoreExecutor {
    fn apply(&self, index: u64, entry: Bytes, consensus: Arc<dyn Consensus>) -> BoxFuture<'_, io::Result<Applied>> {
        Box::pin(self.apply_entry(index, entry, consensus))
    }

    fn image(&self) -> BoxFuture<'_, State> {
        Box::pin(async { self.gate.read().await.image() })
    }

    fn install(&self, mut state: State, boot: Option<u64>) -> BoxFuture<'_, Installed> {
        Box::pin(async move {
            let mut present = self.gate.write().await;
            state.take_over_accesses(&present);
            let moved = self.moved(&state);
            let last_seq = boot.and_then(|boot| state.origins.get(boot)).map(|known| known.last_seq);
            self.waiting.keep_those_in(&state);
            // What was published in between is in no state.
            self.hub.cut_off();
            if boot.is_some() && last_seq.is_none() {
                self.hub.hold_again();
            }
            let before = std::mem::replace(&mut *present, state);
            drop(present);
            free(&self.env, before);
            Installed { moved, last_seq }
        })
    }

    fn read(self: Arc<Self>, reads: Vec<Read>, index: u64, consensus: Arc<dyn Consensus>) -> BoxFuture<'static, ()> {
        Box::pin(reads::answer(self, reads, index, consensus))
    }

    fn read_local(self: Arc<Self>, group: CommandGroup, deadline: Instant, consensus: Arc<dyn Consensus>) {
        reads::answer_locally(self, group, deadline, consensus);
    }

    fn cluster(&self) -> BoxFuture<'_, Option<Cluster>> {
        Box::pin(async {
            let state = self.gate.read().await;
            state.cluster.is_created().then(|| state.cluster.clone())
        })
    }

    fn has_boot(&self, boot: u64) -> BoxFuture<'_, bool> {
        Box::pin(async move { self.gate.read().await.origins.get(boot).is_some() })
    }

    fn boots(&self) -> BoxFuture<'_, Vec<(u64, u64)>> {
        Box::pin(async {
            let state = self.gate.read().await;
            state.origins.iter().map(|(id, boot)| (id, boot.node)).collect()
        })
    }

    fn expire_waits(&self, before_ms: u64) {
        self.waiting.expire(before_ms);
    }

    fn boot_lost(&self) {
        self.hub.hold_again();
    }

    fn booted(&self, boot: u64) {
        self.hub.booted(boot);
    }

    fn due(&self) -> Option<Due> {
        let state = self.gate.try_read()?;
        Some(Due { first_ms: state.first_deadline_ms(), now_ms: state.now_ms() })
    }

    fn eviction(&self) -> &Eviction {
        &self.eviction
    }

    fn next_eviction(&self, now_ms: u64) -> BoxFuture<'_, Option<Content>> {
        Box::pin(async move {
            if !self.eviction.policy().evicts() {
                return None;
            }
            let state = self.gate.read().await;
            let began_ns = self.env.begin();
            let next = self.eviction.next(&state, now_ms);
            self.env.end(EVICTION_CYCLE, began_ns);
            next
        })
    }

    fn accesses(&self) -> Accesses {
        self.accesses.clone()
    }

    fn note_reads(&self, weight: u32, keys: Vec<u64>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            for some in keys.chunks(NOTED_TOGETHER) {
                let state = self.gate.read().await;
                state.note_reads(weight, some, self.clock.estimate_ms());
            }
        })
    }

    fn admits(&self, space: DiskSpace, entry: &Bytes) -> bool {
        space.admits_entry(entry)
    }
}
