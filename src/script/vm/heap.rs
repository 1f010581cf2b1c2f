//! The objects of one run, by number, and the collector that frees what nothing reaches.
//!
//! Invariants
//! - Numbers are given and used again in an order that is a function of the run alone.
//! - `bytes` is the sum of what the live and not yet collected objects asked for; the moments at which it is compared with its bounds
//!   are instructions of the run, so every node ends a run at the same one.
//! - Whatever a collection must keep is reachable from the roots that [`Heap::collect`] is given: library functions keep their values on
//!   the stack while they call back.

use std::sync::Arc;

use super::strings::{StrObj, Strings};
use super::table::Table;
use super::value::{FuncId, NativeId, StrId, TableId, ThreadId, Value};

/// A variable that closures share.
#[derive(Clone, Copy, Debug)]
pub enum Upvalue {
    /// Still on a thread's stack.
    Open(ThreadId, u32),
    /// Its scope has ended.
    Closed(Value),
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
    Bound(NativeId, Box<[Value]>),
}

/// Objects of one kind.
#[derive(Debug)]
pub struct Slab<T> {
    items: Vec<Option<T>>,
    free: Vec<u32>,
    marked: Vec<bool>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { items: Vec::new(), free: Vec::new(), marked: Vec::new() }
    }
}

impl<T> Slab<T> {
    /// Takes an object in.
    pub fn put(&mut self, item: T) -> u32 {
        match self.free.pop() {
            Some(at) => {
                if let Some(place) = self.items.get_mut(at as usize) {
                    *place = Some(item);
                }
                at
            }
            None => {
                self.items.push(Some(item));
                self.marked.push(false);
                (self.items.len() - 1) as u32
            }
        }
    }

    /// The object of that number.
    #[inline]
    pub fn get(&self, at: u32) -> Option<&T> {
        self.items.get(at as usize)?.as_ref()
    }

    /// The same to change it.
    #[inline]
    pub fn get_mut(&mut self, at: u32) -> Option<&mut T> {
        self.items.get_mut(at as usize)?.as_mut()
    }

    /// Marks it; true if it was not yet.
    fn mark(&mut self, at: u32) -> bool {
        self.marked.get_mut(at as usize).is_some_and(|mark| !std::mem::replace(mark, true))
    }

    fn sweep(&mut self, mut freed: impl FnMut(&T)) {
        for (at, (item, mark)) in self.items.iter_mut().zip(&mut self.marked).enumerate() {
            if !std::mem::take(mark)
                && let Some(dead) = item.take()
            {
                freed(&dead);
                self.free.push(at as u32);
            }
        }
    }

    /// Objects that were made and not freed.
    pub fn count(&self) -> usize {
        self.items.len() - self.free.len()
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
    pub threads: Slab<super::thread::Thread>,
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
            tables: Slab::default(),
            functions: Slab::default(),
            upvalues: Slab::default(),
            threads: Slab::default(),
            bytes: 0,
            collect_at: COLLECT_FROM,
            collect_from: COLLECT_FROM,
        }
    }

    /// A new string.
    pub fn string(&mut self, bytes: &[u8]) -> StrId {
        self.bytes += OBJECT + bytes.len();
        self.strings.put(StrObj::new(bytes))
    }

    /// The same from bytes that are not needed elsewhere.
    pub fn owned(&mut self, bytes: Vec<u8>) -> StrId {
        self.bytes += OBJECT + bytes.len();
        self.strings.put(StrObj::owned(bytes))
    }

    /// A part of a string, as a new one.
    pub fn part(&mut self, id: StrId, range: std::ops::Range<usize>) -> Value {
        if range.is_empty() {
            return Value::Str(super::names::EMPTY);
        }
        if range.start == 0 && range.end == self.strings.len(id) {
            return Value::Str(id);
        }
        let object = StrObj::new(self.strings.get(id).get(range.clone()).unwrap_or_default());
        self.bytes += OBJECT + range.len();
        Value::Str(self.strings.put(object))
    }

    /// A new table.
    pub fn table(&mut self, table: Table) -> TableId {
        self.bytes += OBJECT + table.bytes();
        TableId(self.tables.put(table))
    }

    /// A new closure.
    pub fn function(&mut self, function: Function) -> FuncId {
        self.bytes += OBJECT + function.bytes();
        FuncId(self.functions.put(function))
    }

    /// A new variable of closures.
    pub fn upvalue(&mut self, upvalue: Upvalue) -> u32 {
        self.bytes += OBJECT;
        self.upvalues.put(upvalue)
    }

    /// A new coroutine.
    pub fn thread(&mut self, thread: super::thread::Thread) -> ThreadId {
        self.bytes += OBJECT + super::thread::THREAD_BYTES;
        ThreadId(self.threads.put(thread))
    }

    /// Frees what cannot be reached from `roots`: what it did, units.
    pub fn collect(&mut self, roots: impl Iterator<Item = Value>, open: impl Iterator<Item = u32>) -> u64 {
        let mut work = 0;
        let mut grey: Vec<Value> = roots.collect();
        let mut variables: Vec<u32> = open.collect();
        loop {
            while let Some(at) = variables.pop() {
                if !self.upvalues.mark(at) {
                    continue;
                }
                match self.upvalues.get(at) {
                    Some(Upvalue::Closed(value)) => grey.push(*value),
                    Some(Upvalue::Open(thread, place)) => {
                        let stack = self.threads.get(thread.0).map(|thread| &thread.stack);
                        grey.extend(stack.and_then(|stack| stack.get(*place as usize)));
                    }
                    None => {}
                }
            }
            let Some(value) = grey.pop() else { break };
            work += 1;
            match value {
                Value::Nil | Value::Bool(_) | Value::Number(_) | Value::Native(_) | Value::Null => {}
                Value::Str(id) => self.strings.mark(id),
                Value::Table(id) => {
                    if self.tables.mark(id.0)
                        && let Some(table) = self.tables.get(id.0)
                    {
                        grey.extend(table.children().filter(|value| !value.is_nil()));
                        grey.extend(table.meta.map(Value::Table));
                    }
                }
                Value::Function(id) => {
                    if self.functions.mark(id.0) {
                        match self.functions.get(id.0) {
                            Some(Function::Lua { upvalues, env, .. }) => {
                                variables.extend(upvalues);
                                grey.push(Value::Table(*env));
                            }
                            Some(Function::Bound(_, values)) => grey.extend(values),
                            None => {}
                        }
                    }
                }
                Value::Thread(id) => {
                    if self.threads.mark(id.0)
                        && let Some(thread) = self.threads.get(id.0)
                    {
                        grey.extend(thread.values());
                        variables.extend(thread.open_upvalues());
                    }
                }
            }
        }
        work + self.sweep()
    }

    fn sweep(&mut self) -> u64 {
        let Self { strings, tables, functions, upvalues, threads, bytes, .. } = self;
        let mut work = strings.own.len() + tables.items.len() + functions.items.len() + upvalues.items.len();
        // Free numbers in `own` are those that are not in use: their objects are empty.
        let mut is_free = vec![false; strings.own.len()];
        for at in &strings.free {
            if let Some(place) = is_free.get_mut(*at as usize) {
                *place = true;
            }
        }
        for (at, (object, free)) in strings.own.iter_mut().zip(is_free).enumerate() {
            if !std::mem::take(&mut object.marked) && !free {
                *bytes = bytes.saturating_sub(OBJECT + object.len());
                *object = StrObj::new(b"");
                strings.free.push(at as u32);
            }
        }
        tables.sweep(|table| *bytes = bytes.saturating_sub(OBJECT + table.bytes()));
        functions.sweep(|function| *bytes = bytes.saturating_sub(OBJECT + function.bytes()));
        // A thread that nobody will resume leaves its variables to the closures that share them.
        for (thread, _) in threads.items.iter().zip(&threads.marked).filter(|(_, is_marked)| !**is_marked) {
            for (place, number) in thread.iter().flat_map(|thread| &thread.open) {
                let value = thread.as_ref().and_then(|thread| thread.stack.get(*place as usize)).copied();
                if let Some(upvalue) = upvalues.get_mut(*number) {
                    *upvalue = Upvalue::Closed(value.unwrap_or_default());
                }
            }
        }
        upvalues.sweep(|_| *bytes = bytes.saturating_sub(OBJECT));
        threads.sweep(|_| *bytes = bytes.saturating_sub(OBJECT + super::thread::THREAD_BYTES));
        self.collect_at = if self.collect_from == 0 { 0 } else { (*bytes * 2).max(self.collect_from) };
        work += threads.items.len();
        work as u64 / 4
    }
}

impl Function {
    fn bytes(&self) -> usize {
        match self {
            Self::Lua { upvalues, .. } => upvalues.len() * 4,
            Self::Bound(_, values) => values.len() * 16,
        }
    }
}
