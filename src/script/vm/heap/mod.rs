//! The objects of one run, by number: closures and their variables, strings, tables, coroutines.
//!
//! Invariants
//! - Numbers are given and used again in an order that is a function of the run alone.
//! - `bytes` is the sum of what the live and not yet collected objects asked for; the moments at which it is compared with its bounds
//!   are instructions of the run, so every node ends a run at the same one.

mod collect;
mod frozen;
mod slab;

use std::sync::Arc;

use super::names::EMPTY;
use super::strings::{StrObj, Strings};
use super::table::Table;
use super::thread::Thread;
use super::units;
use super::value::{FuncId, LuaValue, NativeId, StrId, TableId, ThreadId};

pub use self::frozen::FrozenHeap;
pub use self::slab::Slab;

/// A variable that closures share.
#[derive(Clone, Copy, Debug)]
pub enum Upvalue {
    /// Still on a thread's stack.
    Open(ThreadId, u32),
    /// Its scope has ended.
    Closed(LuaValue),
}

/// A closure.
#[derive(Clone, Debug)]
pub enum Function {
    /// Of Lua code.
    Lua {
        /// Which chunk of the run.
        chunk: u32,
        /// Which function of the chunk.
        proto: u32,
        /// Its upvalues, by number.
        upvalues: Box<[u32]>,
        /// Its globals.
        env: TableId,
    },
    /// A library function with values of its own (`gmatch`, `wrap`).
    Bound(NativeId, Box<[LuaValue]>),
}

impl Function {
    fn bytes(&self) -> usize {
        match self {
            Self::Lua { upvalues, .. } => upvalues.len() * 4,
            Self::Bound(_, values) => values.len() * 16,
        }
    }
}

/// What an object takes besides its contents, bytes.
const OBJECT: usize = 48;

/// All objects of a run.
#[derive(Debug)]
pub struct Heap {
    /// Strings.
    pub strings: Strings,
    /// Tables.
    pub tables: Slab<Table>,
    /// Closures.
    pub functions: Slab<Function>,
    /// Variables of closures.
    pub upvalues: Slab<Upvalue>,
    /// Coroutines.
    pub threads: Slab<Thread>,
    /// Bytes that objects asked for.
    pub bytes: usize,
    /// A collection is due from this many bytes on.
    pub collect_at: usize,
    /// No collection below this many bytes; 0 (in tests): one whenever there may be one.
    pub collect_from: usize,
}

/// No collection below this many bytes.
const COLLECT_FROM: usize = 1024 * 1024;

impl Heap {
    /// An empty one.
    pub fn new(shared: Arc<[StrObj]>) -> Self {
        Self {
            strings: Strings::new(shared),
            // The library's, KEYS and ARGV, and a few of the script's own.
            tables: Slab::with_room(20),
            functions: Slab::default(),
            upvalues: Slab::default(),
            threads: Slab::default(),
            bytes: 0,
            collect_at: COLLECT_FROM,
            collect_from: COLLECT_FROM,
        }
    }

    /// Notes what an object costs, and its bytes.
    fn made(&mut self, bytes: usize, units: u64) {
        self.bytes += OBJECT + bytes;
        self.strings.spend(units);
    }

    /// A new string.
    pub fn string(&mut self, bytes: &[u8]) -> StrId {
        self.made(bytes.len(), string_units(bytes.len()));
        self.strings.put(StrObj::new(bytes))
    }

    /// The same from bytes that are not needed elsewhere.
    pub fn owned(&mut self, bytes: Vec<u8>) -> StrId {
        self.made(bytes.len(), string_units(bytes.len()));
        self.strings.put(StrObj::owned(bytes))
    }

    /// A part of a string, as a new one.
    pub fn part(&mut self, id: StrId, range: std::ops::Range<usize>) -> LuaValue {
        if range.is_empty() {
            return LuaValue::Str(EMPTY);
        }
        if range.start == 0 && range.end == self.strings.len(id) {
            return LuaValue::Str(id);
        }
        let object = StrObj::new(self.strings.get(id).get(range.clone()).unwrap_or_default());
        self.made(range.len(), string_units(range.len()));
        LuaValue::Str(self.strings.put(object))
    }

    /// A new table.
    pub fn table(&mut self, table: Table) -> TableId {
        self.made(table.bytes(), units::OBJECT);
        TableId(self.tables.put(table))
    }

    /// A new closure.
    pub fn function(&mut self, function: Function) -> FuncId {
        self.made(function.bytes(), units::OBJECT);
        FuncId(self.functions.put(function))
    }

    /// A new variable of closures.
    pub fn upvalue(&mut self, upvalue: Upvalue) -> u32 {
        self.made(0, units::OBJECT);
        self.upvalues.put(upvalue)
    }

    /// A new coroutine.
    pub fn thread(&mut self, thread: Thread) -> ThreadId {
        self.made(thread.bytes(), units::THREAD);
        ThreadId(self.threads.put(thread))
    }
}

/// What a string of that length costs besides its bytes.
fn string_units(len: usize) -> u64 {
    units::OBJECT + if StrObj::is_inline(len) { 0 } else { units::PIECE }
}
