//! What the runs of a library's functions begin with: the objects that loading it has left.
//!
//! Invariant: an image is never changed. Each run has a copy of its objects under the same numbers, so that no run feels another: what a function
//! changes in its library's variables is gone with the run.

use std::sync::Arc;

use super::{LIBRARY, STRING_META};
use crate::script::vm::chunk::Chunk;
use crate::script::vm::heap::FrozenHeap;
use crate::script::vm::machine::{Machine, Registered, Res, SETTINGS};
use crate::script::vm::value::{LuaValue, ThreadId};

/// See the module's header.
#[derive(Debug)]
pub struct Image {
    heap: FrozenHeap,
    chunks: Vec<Arc<Chunk>>,
    current: ThreadId,
    settings: Vec<[i32; SETTINGS]>,
}

impl Image {
    /// What a machine holds whose library is loaded, and the functions that it has registered.
    ///
    /// # Errors
    /// The run is over.
    pub fn of(mut vm: Machine<'_>) -> Res<(Self, Vec<Registered>, u64)> {
        vm.replace_globals(&LIBRARY.function_globals);
        vm.thread = Default::default();
        let work = vm.heap.strings.work.take();
        vm.charge(work)?;
        vm.collect(0)?;
        let registered = vm.registered.take().unwrap_or_default();
        let Machine { heap, chunks, current, settings, fuel, .. } = vm;
        Ok((Self { heap: heap.freeze(), chunks, current, settings }, registered, fuel))
    }

    /// Bytes of its objects, as a run counts them.
    pub fn bytes(&self) -> usize {
        self.heap.bytes()
    }

    /// A machine in front of a function's call, with nothing on its stack.
    pub fn start<'h>(&self, fuel: u64, memory: usize) -> Machine<'h> {
        let mut vm = Machine::of_heap(self.heap.heap(), self.current, &super::FUNCTIONS, fuel, memory);
        vm.chunks.clone_from(&self.chunks);
        vm.settings.clone_from(&self.settings);
        vm.string_meta = Some(STRING_META);
        vm.thread.stack.resize(64, LuaValue::Nil);
        vm
    }
}
