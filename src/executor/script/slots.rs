//! The slots of what a script calls, for clients of Redis Cluster.

use crate::command::{OneSlot, Spec};
use crate::error::ReplyError;
use crate::protocol::Args;
use crate::script::Declaration;
use crate::store::slot;

const NO_CLUSTER: ReplyError = ReplyError::new("ERR Can not run script on cluster, 'no-cluster' flag is set.");
const ANOTHER_SLOT: ReplyError =
    ReplyError::new("ERR Script attempted to access keys that do not hash to the same slot");

/// What a script may call: all keys of one call are in one slot, and those of all calls, unless it may cross slots.
#[derive(Clone, Copy, Debug)]
pub struct ScriptSlots {
    /// The slot of its `KEYS`, or else of its first call that has keys.
    slot: OneSlot,
    may_cross: bool,
}

impl ScriptSlots {
    /// Of a script that begins; None for one that runs for no client of Redis Cluster. That its `KEYS` are in one slot was seen by the gate.
    ///
    /// # Errors
    /// It declares `no-cluster`.
    pub fn new<'a>(
        in_cluster: bool,
        declared: Declaration,
        keys: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Option<Self>, ReplyError> {
        if !in_cluster {
            return Ok(None);
        }
        if declared.no_cluster() {
            return Err(NO_CLUSTER);
        }
        let first = keys.into_iter().next().map(slot);
        Ok(Some(Self { slot: OneSlot(first), may_cross: declared.crosses_slots() }))
    }

    /// Takes one more call in.
    ///
    /// # Errors
    /// Redis's texts.
    pub fn call(&mut self, spec: &Spec, args: &Args) -> Result<(), ReplyError> {
        let mut of_call = OneSlot::default();
        if of_call.add(spec, args).is_err() {
            let name = spec.name;
            return Err(ReplyError::text(format!(
                "ERR Command '{name}' in script attempted to access keys that don't hash to the same slot"
            )));
        }
        spec.cluster_check.map_or(Ok(()), |check| check(args))?;
        if !self.may_cross && of_call.0.is_some() {
            if self.slot.0.is_some() && self.slot != of_call {
                return Err(ANOTHER_SLOT);
            }
            self.slot = of_call;
        }
        Ok(())
    }
}
