//! Objects that many runs begin with.
//!
//! Invariant: nobody changes them; a run that begins with them has the same ones under the same numbers, as its own.

use std::sync::Arc;

use super::super::strings::{StrObj, Strings};
use super::super::table::Table;
use super::super::thread::Thread;
use super::{Function, Heap, Slab, Upvalue};

/// See the module's header.
#[derive(Debug)]
pub struct FrozenHeap {
    strings: Arc<[StrObj]>,
    tables: Slab<Table>,
    functions: Slab<Function>,
    upvalues: Slab<Upvalue>,
    threads: Slab<Thread>,
    bytes: usize,
    collect_at: usize,
    collect_from: usize,
}

impl Heap {
    /// What it holds now.
    pub fn freeze(self) -> FrozenHeap {
        let Self { strings, tables, functions, upvalues, threads, bytes, collect_at, collect_from } = self;
        let strings = strings.frozen();
        FrozenHeap { strings, tables, functions, upvalues, threads, bytes, collect_at, collect_from }
    }
}

impl FrozenHeap {
    /// What the objects asked for, bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// A run's own.
    pub fn heap(&self) -> Heap {
        Heap {
            strings: Strings::new(self.strings.clone()),
            tables: self.tables.clone(),
            functions: self.functions.clone(),
            upvalues: self.upvalues.clone(),
            threads: self.threads.clone(),
            bytes: self.bytes,
            collect_at: self.collect_at,
            collect_from: self.collect_from,
        }
    }
}
