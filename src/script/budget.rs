//! What bounds a run: units of work and bytes, counted so that every node stops at the same point.
//!
//! - A unit is one VM instruction, counted by Lua's count hook every [`INTERVAL`] instructions; library functions and
//!   `redis.call` charge for their bytes and elements beforehand, and a command whose work is not bounded by those says
//!   what it is about to do (`store::work`): it is allowed what is left. Coroutines inherit the hook (`lua_newthread` copies
//!   it) with a fresh counter, so that creating one is charged like an interval.
//! - A single instruction can handle a whole string (`..`, `<`, a string used as a number). So from the moment when a
//!   string of `n` bytes may exist an instruction costs 1 + `n` / [`BYTES_PER_WEIGHT`]. Which strings exist is known from
//!   what the host and the library functions hand out, and, for those that `..` makes, from how much the memory grew
//!   in one interval. Likewise [`Meter::widen`] for the longest list of values.
//! - Lua's own collector is stopped, so growth is seen in full. Instead, [`Meter::settle`] collects everything when memory
//!   has doubled since the last time; it runs at the hook and in library functions that allocate, that is at the same
//!   instructions on every node.
//! - Memory is what Lua's allocator has handed out in a state made for this run, so the same run takes the same bytes on
//!   every node. `script-memory` counts garbage that was not collected yet: at most one interval's.
//! - After its end a run cannot go on: whatever catches errors (`pcall`, `xpcall`, `coroutine.resume`) asks
//!   [`Meter::ended`] and raises again.

use std::cell::Cell;

use mlua::{HookTriggers, Lua, VmState};

use super::raise::Raise;
use crate::error::ReplyError;
use crate::store::Options;

/// Instructions between two calls of the hook.
pub const INTERVAL: u32 = 100;
/// A string of this many bytes makes an instruction cost one unit more.
const BYTES_PER_WEIGHT: u64 = 16 * 1024;
/// A list of this many values makes an instruction cost one unit more.
const VALUES_PER_WEIGHT: u64 = 128;
/// Bytes that cost one unit when they are copied.
const BYTES_PER_UNIT: u64 = 16;
/// No collection below this many bytes.
const COLLECT_FROM: usize = 1024 * 1024;
/// What one `redis.call` costs besides its bytes and elements.
pub const CALL_UNITS: u64 = 100;
/// Units of each argument of `redis.call` besides its bytes: it may be a key or field to look up.
pub const ARGUMENT_UNITS: u64 = 16;
/// Units of an element that is converted or moved.
pub const ELEMENT_UNITS: u64 = 4;

/// Why a run was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// `script-budget` is used up.
    Budget,
    /// `script-memory` is used up.
    Memory,
}

/// The meter of one run.
#[derive(Debug)]
pub struct Meter {
    budget: u64,
    memory: usize,
    left: Cell<u64>,
    ended: Cell<Option<End>>,
    weight: Cell<u64>,
    string_len_max: Cell<u64>,
    values_max: Cell<u64>,
    used: Cell<usize>,
    collect_at: Cell<usize>,
}

impl Meter {
    /// A full meter.
    pub fn new(options: &Options) -> Self {
        Self {
            budget: options.script_budget,
            memory: usize::try_from(options.script_memory).unwrap_or(usize::MAX),
            left: Cell::new(options.script_budget),
            ended: Cell::new(None),
            weight: Cell::new(1),
            string_len_max: Cell::new(0),
            values_max: Cell::new(0),
            used: Cell::new(0),
            collect_at: Cell::new(COLLECT_FROM),
        }
    }

    /// Why the run was stopped, if it was.
    pub fn ended(&self) -> Option<End> {
        self.ended.get()
    }

    /// Units that are left.
    pub fn left(&self) -> u64 {
        self.left.get()
    }

    /// Bytes that a run may take.
    pub fn memory(&self) -> usize {
        self.memory
    }

    /// Ends the run; the first reason counts.
    pub fn end(&self, end: End) -> Raise {
        if self.ended.get().is_none() {
            self.ended.set(Some(end));
        }
        Raise::Ended
    }

    /// Takes units away.
    ///
    /// # Errors
    /// The run is over.
    pub fn charge(&self, units: u64) -> Result<(), Raise> {
        if self.ended.get().is_some() {
            return Err(Raise::Ended);
        }
        match self.left.get().checked_sub(units) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => {
                self.left.set(0);
                Err(self.end(End::Budget))
            }
        }
    }

    /// Charges for a copy of `len` bytes, before it is made, and refuses what memory cannot hold.
    ///
    /// # Errors
    /// The run is over.
    pub fn charge_bytes(&self, len: usize) -> Result<(), Raise> {
        if len > self.memory {
            return Err(self.end(End::Memory));
        }
        self.note_string(len);
        self.charge(len as u64 / BYTES_PER_UNIT)
    }

    /// Notes that a string of `len` bytes may exist from now on.
    pub fn note_string(&self, len: usize) {
        if len as u64 > self.string_len_max.get() {
            self.string_len_max.set(len as u64);
            self.weigh();
        }
    }

    /// Charges for a list of `count` values on Lua's stack; from now on each instruction may copy as many.
    ///
    /// # Errors
    /// The run is over.
    pub fn widen(&self, count: u64) -> Result<(), Raise> {
        if count > self.values_max.get() {
            self.values_max.set(count);
            self.weigh();
        }
        self.charge(count)
    }

    fn weigh(&self) {
        self.weight.set(1 + self.string_len_max.get() / BYTES_PER_WEIGHT + self.values_max.get() / VALUES_PER_WEIGHT);
    }

    /// Installs the hook and takes the collector over. `lua` must be the run's fresh state.
    ///
    /// # Errors
    /// Lua's, when it cannot.
    pub fn start(self: &std::rc::Rc<Self>, lua: &Lua) -> mlua::Result<()> {
        lua.gc_collect()?;
        lua.gc_stop();
        let used = lua.used_memory();
        self.used.set(used);
        self.collect_at.set(COLLECT_FROM.max(2 * used));
        lua.set_memory_limit(used.saturating_add(self.memory))?;
        let meter = std::rc::Rc::clone(self);
        lua.set_global_hook(HookTriggers::new().every_nth_instruction(INTERVAL), move |lua, _| {
            meter.charge(u64::from(INTERVAL) * meter.weight.get())?;
            meter.settle(lua)?;
            Ok(VmState::Continue)
        })
    }

    /// Charges for the growth since the last time, and collects if it is time to.
    ///
    /// # Errors
    /// The run is over.
    pub fn settle(&self, lua: &Lua) -> mlua::Result<()> {
        let used = lua.used_memory();
        let growth = used.saturating_sub(self.used.get());
        self.used.set(used);
        self.note_string(growth);
        self.charge(growth as u64 / BYTES_PER_UNIT)?;
        if used >= self.collect_at.get() {
            lua.gc_collect()?;
            // A full collection switches Lua's own pace on again.
            lua.gc_stop();
            let left = lua.used_memory();
            self.charge(left as u64 / BYTES_PER_UNIT)?;
            self.used.set(left);
            self.collect_at.set(COLLECT_FROM.max(left.saturating_mul(2)).min(used.max(left + self.memory / 4)));
        }
        Ok(())
    }

    /// What the client reads when the run was stopped.
    pub fn error(&self, end: End) -> ReplyError {
        ReplyError::text(match end {
            End::Budget => format!(
                "ERR the script was stopped: its budget of {} units is used up (script-budget); what it had written stays",
                self.budget
            ),
            End::Memory => format!(
                "ERR the script was stopped: it needs more than {} bytes (script-memory); what it had written stays",
                self.memory
            ),
        })
    }
}
