//! One run: its objects, its threads, and how functions are called.
//!
//! Invariants
//! - Nothing of a run outlives it or is seen by another one.
//! - After its end (budget or memory) a run executes nothing more: [`Fault::Ended`] passes everything that catches errors.
//! - The stack has room for the registers of the running call; what lies above `thread.top` and above the registers is dead.

use std::sync::Arc;

use super::super::host::Host;
use super::heap::{Function, Heap, Upvalue};
use super::op::Chunk;
use super::strings::StrObj;
use super::table::{BadKey, Table};
use super::thread::{Frame, Thread};
use super::value::{FuncId, NativeId, StrId, TableId, ThreadId, Value};

/// Why a run was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// `script-budget` is used up.
    Budget,
    /// `script-memory` is used up.
    Memory,
}

/// Why an execution does not go on.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// An error of the script.
    Error(Value),
    /// The run is over.
    Ended(End),
    /// The coroutine waits; its values are the last so many on its stack.
    Yield(u32),
}

/// What may not go on.
pub type Res<T> = Result<T, Fault>;

/// Arguments of a library function: `count` values from `base` on; its results go there too.
#[derive(Clone, Copy, Debug)]
pub struct Args {
    /// The first one's place on the stack.
    pub base: usize,
    /// How many.
    pub count: usize,
}

/// A function of the library: how many results it has left from `args.base` on.
pub type Native = fn(&mut Machine<'_>, Args) -> Res<usize>;

/// Settings that a module of the library may have.
pub const SETTINGS: usize = 9;
/// Nested calls of library functions, metamethods and coroutines.
pub const LEVELS_MAX: u32 = 200;
/// Nested calls of a thread.
const FRAMES_MAX: usize = 20_000;
/// Places of a thread's stack.
const STACK_MAX: usize = 1_000_000;

/// Who called the library function that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// None runs: it is Lua code.
    None,
    /// The instruction of the last frame.
    Code,
    /// The library, or a metamethod's instruction.
    Library,
}

/// One run.
pub struct Machine<'h> {
    /// Its objects.
    pub heap: Heap,
    /// The thread that runs.
    pub thread: Thread,
    /// Its number.
    pub current: ThreadId,
    /// Compiled sources.
    pub chunks: Vec<Arc<Chunk>>,
    /// The globals.
    pub globals: TableId,
    /// The metatable of strings.
    pub string_meta: Option<TableId>,
    /// Values that the library keeps.
    pub kept: Vec<Value>,
    /// Units that are left.
    pub fuel: u64,
    /// Bytes that it may take.
    pub memory: usize,
    /// Nested calls through the library.
    pub levels: u32,
    /// The library.
    pub natives: &'static [(&'static str, Native)],
    /// What `redis.call` reaches.
    pub host: Option<&'h mut dyn Host>,
    /// Who called what runs now.
    pub(super) caller: Caller,
    /// State of `math.random`.
    pub random: u64,
    /// Settings of `cjson`, and of each module that `cjson.new` made; none are kept while all are as at the start.
    pub settings: Vec<[i32; SETTINGS]>,
    /// The protocol whose types `redis.call` shows (`redis.setresp`).
    pub resp: crate::protocol::Resp,
}

impl<'h> Machine<'h> {
    /// A run with nothing in it.
    pub fn new(shared: Arc<[StrObj]>, natives: &'static [(&'static str, Native)], fuel: u64, memory: usize) -> Self {
        let mut heap = Heap::new(shared);
        let globals = TableId(0);
        let current = heap.thread(Thread::default());
        Self {
            heap,
            thread: Thread { status: super::thread::Status::Running, ..Thread::default() },
            current,
            chunks: Vec::new(),
            globals,
            string_meta: None,
            kept: Vec::new(),
            fuel,
            memory,
            levels: 0,
            natives,
            host: None,
            settings: Vec::new(),
            caller: Caller::None,
            random: 0,
            resp: crate::protocol::Resp::V2,
        }
    }

    /// Takes a compiled source in: its main function.
    pub fn load(&mut self, chunk: Arc<Chunk>, env: TableId) -> FuncId {
        let proto = chunk.protos.len() as u32 - 1;
        self.chunks.push(chunk);
        let number = self.chunks.len() as u32 - 1;
        self.heap.function(Function::Lua { chunk: number, proto, upvalues: Box::default(), env })
    }

    /// Takes units away.
    ///
    /// # Errors
    /// The run is over.
    #[inline]
    pub fn charge(&mut self, units: u64) -> Res<()> {
        match self.fuel.checked_sub(units) {
            Some(left) => {
                self.fuel = left;
                Ok(())
            }
            None => {
                self.fuel = 0;
                Err(Fault::Ended(End::Budget))
            }
        }
    }

    /// Before `len` bytes are made or copied.
    ///
    /// # Errors
    /// The run is over.
    #[inline]
    pub fn charge_bytes(&mut self, len: usize) -> Res<()> {
        if self.heap.bytes.saturating_add(len) > self.memory {
            return Err(Fault::Ended(End::Memory));
        }
        self.charge(len as u64 / 16)
    }

    /// Refuses what memory has no room for.
    ///
    /// # Errors
    /// The run is over.
    pub fn room(&self, len: usize) -> Res<()> {
        if self.heap.bytes.saturating_add(len) > self.memory { Err(Fault::Ended(End::Memory)) } else { Ok(()) }
    }

    /// A new string, charged.
    ///
    /// # Errors
    /// The run is over.
    pub fn string(&mut self, bytes: &[u8]) -> Res<Value> {
        self.charge_bytes(bytes.len())?;
        Ok(Value::Str(self.heap.string(bytes)))
    }

    /// The same without a copy; its bytes were charged as they came.
    ///
    /// # Errors
    /// The run is over.
    pub fn owned(&mut self, bytes: Vec<u8>) -> Res<Value> {
        self.charge_bytes(bytes.len())?;
        Ok(Value::Str(self.heap.owned(bytes)))
    }

    /// A new table.
    pub fn table(&mut self, array: usize, fields: usize) -> TableId {
        self.heap.table(Table::sized(array, fields))
    }

    /// The bytes of a string.
    #[inline]
    pub fn bytes(&self, id: StrId) -> &[u8] {
        self.heap.strings.get(id)
    }

    /// Collects if it is due, and ends the run if what is left is too much. Called where all that lives is on the stack.
    ///
    /// # Errors
    /// The run is over.
    #[inline]
    pub fn settle(&mut self, top: usize) -> Res<()> {
        let work = self.heap.strings.work.take();
        if work > 0 {
            self.charge(work)?;
        }
        if self.heap.bytes >= self.heap.collect_at.min(self.memory) { self.collect(top) } else { Ok(()) }
    }

    #[cold]
    fn collect(&mut self, top: usize) -> Res<()> {
        let own_top = self.thread.top;
        self.thread.top = own_top.max(top);
        let chunks = self.chunks.iter().skip(1).flat_map(|chunk| {
            let names = chunk.names.iter().filter_map(|(.., named)| named.id().map(Value::Str));
            let upvalues =
                chunk.protos.iter().flat_map(|proto| proto.upvalue_names.iter().map(|name| Value::Str(*name)));
            chunk.constants.iter().copied().chain(names).chain(upvalues)
        });
        let own = [Value::Table(self.globals), Value::Thread(self.current)];
        let meta = self.string_meta.map(Value::Table);
        let stack = self.thread.values();
        let roots: Vec<Value> =
            own.into_iter().chain(meta).chain(self.kept.iter().copied()).chain(chunks).chain(stack).collect();
        let open: Vec<u32> = self.thread.open_upvalues().collect();
        self.thread.top = own_top;
        let work = self.heap.collect(roots.into_iter(), open.into_iter());
        self.charge(work)?;
        if self.heap.bytes > self.memory { Err(Fault::Ended(End::Memory)) } else { Ok(()) }
    }

    // -- errors

    /// An error with this text, behind the place of the call at `level` (1: what called the library function).
    pub fn error(&mut self, text: &str) -> Fault {
        self.error_at(1, text.as_bytes())
    }

    /// The same, of bytes.
    pub fn error_at(&mut self, level: u32, text: &[u8]) -> Fault {
        let mut message = self.place(level);
        message.extend_from_slice(text);
        Fault::Error(Value::Str(self.heap.owned(message)))
    }

    /// `chunk:line: ` of the Lua function at that level, nothing for another.
    pub fn place(&self, level: u32) -> Vec<u8> {
        let mut left = level;
        if self.caller == Caller::Library {
            left -= 1;
            if left == 0 {
                return Vec::new();
            }
        }
        for frame in self.thread.frames.iter().rev() {
            if left == 1 {
                return self.line(frame).map_or(Vec::new(), |(chunk, line)| {
                    let mut place = chunk.name.clone();
                    place.extend(format!(":{line}: ").bytes());
                    place
                });
            }
            left -= 1;
            let between = frame.tail_calls + u32::from(frame.is_entry);
            if left <= between {
                return Vec::new();
            }
            left -= between;
        }
        Vec::new()
    }

    /// Where a call is: chunk and line.
    pub fn line(&self, frame: &Frame) -> Option<(&Chunk, u32)> {
        let chunk = self.chunks.get(frame.chunk as usize)?;
        let line = *chunk.lines.get((frame.pc as usize).wrapping_sub(1))?;
        Some((chunk, line))
    }

    // -- calls

    /// Makes sure that the stack has the places up to `len`.
    ///
    /// # Errors
    /// There are too many.
    pub fn reserve(&mut self, len: usize) -> Res<()> {
        if len > self.thread.stack.len() {
            if len > STACK_MAX {
                return Err(self.machine_error(b"stack overflow"));
            }
            let more = len.next_power_of_two() - self.thread.stack.len();
            self.charge(more as u64 / 8)?;
            let len = len.next_power_of_two().max(64);
            self.thread.stack.resize(len, Value::Nil);
        }
        Ok(())
    }

    /// Calls a function with the `count` values behind it: its results are from `at` on; how many.
    ///
    /// # Errors
    /// What the function raises; the frames that it left are still there.
    pub fn call_at(&mut self, at: usize, count: usize) -> Res<usize> {
        if self.levels >= LEVELS_MAX {
            return Err(self.machine_error(b"C stack overflow"));
        }
        self.levels += 1;
        self.thread.levels += 1;
        let saved = self.thread.top;
        let result = self.call_inner(at, count);
        self.levels -= 1;
        self.thread.levels -= 1;
        self.thread.top = saved;
        result
    }

    fn call_inner(&mut self, at: usize, count: usize) -> Res<usize> {
        let function = self.thread.stack.get(at).copied().unwrap_or_default();
        match function {
            Value::Native(id) => {
                self.call_native(id, at + 1, count, Caller::Library).inspect(|n| self.shift_down(at, *n))
            }
            Value::Function(id) => {
                if let Some(Function::Bound(native, _)) = self.heap.functions.get(id.0) {
                    let native = *native;
                    return self
                        .call_native(native, at + 1, count, Caller::Library)
                        .inspect(|n| self.shift_down(at, *n));
                }
                let outer = std::mem::replace(&mut self.caller, Caller::None);
                let result = self.push_frame(id, at, count, 0, true).and_then(|()| self.execute());
                self.caller = outer;
                result
            }
            _ => {
                self.callable(at, count, super::op::Named::Not)?;
                self.call_inner(at, count + 1)
            }
        }
    }

    /// Results of a library function go where the function was.
    pub(super) fn shift_down(&mut self, at: usize, count: usize) {
        self.thread.stack.copy_within(at + 1..at + 1 + count, at);
    }

    /// Calls a library function.
    ///
    /// # Errors
    /// Its own.
    #[inline]
    pub(super) fn call_native(&mut self, id: NativeId, base: usize, count: usize, caller: Caller) -> Res<usize> {
        self.thread.top = base + count;
        self.reserve(base + count + 8)?;
        let Some((_, native)) = self.natives.get(usize::from(id.0)) else { return Ok(0) };
        let outer = std::mem::replace(&mut self.caller, caller);
        let result = native(self, Args { base, count });
        self.caller = outer;
        result
    }

    /// Calls a function from the library: its first result.
    ///
    /// # Errors
    /// Its own.
    pub fn call(&mut self, function: Value, args: &[Value]) -> Res<Value> {
        let at = self.thread.top;
        self.reserve(at + args.len() + 8)?;
        for (place, value) in self.thread.stack.iter_mut().skip(at).zip([function].iter().chain(args)) {
            *place = *value;
        }
        self.thread.top = at + 1 + args.len();
        let count = self.call_at(at, args.len());
        self.thread.top = at;
        let count = count?;
        Ok(if count == 0 { Value::Nil } else { self.thread.stack.get(at).copied().unwrap_or_default() })
    }

    /// Begins the call of a Lua function.
    pub(super) fn push_frame(&mut self, id: FuncId, at: usize, count: usize, wanted: u8, is_entry: bool) -> Res<()> {
        let Some(Function::Lua { chunk, proto, .. }) = self.heap.functions.get(id.0) else { return Ok(()) };
        let (chunk, proto) = (*chunk, *proto);
        if self.thread.frames.len() >= FRAMES_MAX {
            return Err(self.machine_error(b"stack overflow"));
        }
        let Some(info) = self.chunks.get(chunk as usize).and_then(|chunk| chunk.protos.get(proto as usize)) else {
            return Ok(());
        };
        let (params, is_vararg, needs_arg) = (usize::from(info.params), info.is_vararg, info.needs_arg);
        let (registers, start) = (usize::from(info.registers), info.start);
        let mut base = at + 1;
        let mut extra = 0;
        if is_vararg {
            // Fixed parameters move above the extra ones, which lie just below `base`.
            base = at + 1 + count;
            extra = count.saturating_sub(params);
            self.reserve(base + registers + 8)?;
            self.thread.stack.copy_within(at + 1..at + 1 + params.min(count), base);
            let missing = params.saturating_sub(count);
            self.fill(base + params.min(count), missing);
            if needs_arg {
                let table = self.arg_table(at + 1 + params, extra)?;
                if let Some(place) = self.thread.stack.get_mut(base + params) {
                    *place = Value::Table(table);
                }
            } else {
                self.fill(base + params, 1);
            }
        } else {
            self.reserve(base + registers + 8)?;
            if count < params {
                self.fill(base + count, params - count);
            }
        }
        self.thread.frames.push(Frame {
            base: base as u32,
            pc: start,
            function: id,
            chunk,
            proto,
            result: at as u32,
            wanted,
            is_entry,
            extra: extra as u32,
            tail_calls: 0,
        });
        Ok(())
    }

    fn fill(&mut self, from: usize, count: usize) {
        self.thread.stack.iter_mut().skip(from).take(count).for_each(|place| *place = Value::Nil);
    }

    fn arg_table(&mut self, from: usize, count: usize) -> Res<TableId> {
        self.charge(count as u64)?;
        let table = self.table(count, 1);
        for i in 0..count {
            let value = self.thread.stack.get(from + i).copied().unwrap_or_default();
            self.raw_set(table, Value::Number((i + 1) as f64), value)?;
        }
        self.raw_set(table, Value::Str(super::names::ARG_N), Value::Number(count as f64))?;
        Ok(table)
    }

    // -- variables that closures share

    pub(super) fn find_upvalue(&mut self, place: u32) -> u32 {
        match self.thread.open.binary_search_by_key(&place, |(place, _)| *place) {
            Ok(found) => self.thread.open.get(found).map_or(0, |(_, number)| *number),
            Err(at) => {
                let number = self.heap.upvalue(Upvalue::Open(self.current, place));
                self.thread.open.insert(at, (place, number));
                number
            }
        }
    }

    pub(super) fn close_upvalues(&mut self, from: u32) {
        while let Some((place, number)) = self.thread.open.last().copied() {
            if place < from {
                break;
            }
            self.thread.open.pop();
            let value = self.thread.stack.get(place as usize).copied().unwrap_or_default();
            if let Some(upvalue) = self.heap.upvalues.get_mut(number) {
                *upvalue = Upvalue::Closed(value);
            }
        }
    }

    pub(super) fn upvalue(&self, number: u32) -> Value {
        match self.heap.upvalues.get(number) {
            Some(Upvalue::Closed(value)) => *value,
            Some(Upvalue::Open(thread, place)) => {
                let stack = if *thread == self.current {
                    Some(&self.thread.stack)
                } else {
                    self.heap.threads.get(thread.0).map(|thread| &thread.stack)
                };
                stack.and_then(|stack| stack.get(*place as usize)).copied().unwrap_or_default()
            }
            None => Value::Nil,
        }
    }

    pub(super) fn set_upvalue(&mut self, number: u32, value: Value) {
        match self.heap.upvalues.get_mut(number) {
            Some(Upvalue::Closed(place)) => *place = value,
            Some(Upvalue::Open(thread, place)) => {
                let (thread, place) = (*thread, *place as usize);
                let stack = if thread == self.current {
                    Some(&mut self.thread.stack)
                } else {
                    self.heap.threads.get_mut(thread.0).map(|thread| &mut thread.stack)
                };
                if let Some(place) = stack.and_then(|stack| stack.get_mut(place)) {
                    *place = value;
                }
            }
            None => {}
        }
    }

    // -- tables

    /// `rawget`
    #[inline]
    pub fn raw_get(&self, table: TableId, key: Value) -> Value {
        self.heap.tables.get(table.0).map_or(Value::Nil, |table| table.get(key, &self.heap.strings))
    }

    /// `rawset`
    ///
    /// # Errors
    /// The key cannot be one, or the table may not be changed.
    pub fn raw_set(&mut self, table: TableId, key: Value, value: Value) -> Res<()> {
        let Heap { tables, strings, bytes, .. } = &mut self.heap;
        let Some(table) = tables.get_mut(table.0) else { return Ok(()) };
        if table.read_only {
            return Err(self.machine_error(b"Attempt to modify a readonly table"));
        }
        let before = table.bytes();
        let result = table.set(key, value, strings);
        let after = table.bytes();
        if after != before {
            *bytes = (*bytes + after).saturating_sub(before);
            self.charge(after as u64 / 64)?;
            if self.heap.bytes > self.memory {
                // A collection at the next instruction that may have one decides.
                self.heap.collect_at = 0;
            }
        }
        match result {
            Ok(()) => Ok(()),
            Err(BadKey::Nil) => Err(self.machine_error(b"table index is nil")),
            Err(BadKey::NaN) => Err(self.machine_error(b"table index is NaN")),
        }
    }

    /// An error of the machine itself: an instruction says where it is; in what the library asks for nothing does.
    pub(super) fn machine_error(&mut self, text: &[u8]) -> Fault {
        if self.caller == Caller::None { self.error_at(1, text) } else { self.plain_error(text) }
    }

    /// An error without a place.
    pub fn plain_error(&mut self, text: &[u8]) -> Fault {
        Fault::Error(Value::Str(self.heap.string(text)))
    }

    /// A metamethod of a value.
    pub fn metamethod(&self, value: Value, name: StrId) -> Value {
        match self.metatable(value) {
            Some(meta) => {
                self.heap.tables.get(meta.0).map_or(Value::Nil, |meta| meta.get_str(name, &self.heap.strings))
            }
            None => Value::Nil,
        }
    }

    /// The metatable of a value.
    pub fn metatable(&self, value: Value) -> Option<TableId> {
        match value {
            Value::Table(id) => self.heap.tables.get(id.0)?.meta,
            Value::Str(_) => self.string_meta,
            _ => None,
        }
    }

    /// What the running library function was called.
    pub fn called_as(&self) -> super::op::Named {
        if self.caller == Caller::Code { self.called() } else { super::op::Named::Not }
    }

    /// Drops the calls beyond the first `frames`, and closes the variables from `from` on.
    pub fn unwind(&mut self, frames: usize, from: usize) {
        self.thread.frames.truncate(frames);
        self.close_upvalues(from as u32);
    }

    /// Compiles a source that came up in the run: Lua's text if it is none.
    ///
    /// # Errors
    /// The run is over.
    pub fn compile(&mut self, source: &[u8], name: &[u8]) -> Res<Result<Arc<Chunk>, Vec<u8>>> {
        self.charge(source.len() as u64)?;
        let heap = &mut self.heap;
        let mut known = std::collections::BTreeMap::new();
        let mut intern = |text: &[u8]| *known.entry(text.to_vec()).or_insert_with(|| heap.string(text));
        match super::compile::compile(source, name, &mut intern) {
            Ok(chunk) => {
                self.heap.bytes += chunk.code.len() * 12 + chunk.constants.len() * 16;
                Ok(Ok(Arc::new(chunk)))
            }
            Err(error) => Ok(Err(error.0)),
        }
    }
}
