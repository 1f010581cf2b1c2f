//! One run: its objects and threads, and what it may still use.
//!
//! Invariants
//! - Nothing of a run outlives it or is seen by another one.
//! - After its end (budget or memory) a run executes nothing more: [`Fault::Ended`] passes everything that catches errors.
//! - The stack has room for the registers of the running call; what lies above `thread.top` and above the registers is dead.

use std::collections::btree_map::Entry;
use std::sync::Arc;

use super::super::host::Host;
use super::chunk::Chunk;
use super::heap::{Function, Heap};
use super::lexer::NotCompiled;
use super::strings::StrObj;
use super::table::Table;
use super::thread::Thread;
use super::units;
use super::value::{FuncId, LuaValue, StrId, TableId, ThreadId};
use crate::store::ScriptFlags;

/// Why a run was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// `script-budget` is used up.
    Budget,
    /// `script-memory` is used up.
    Memory,
    /// Somebody asked for it (SCRIPT KILL, FUNCTION KILL).
    Killed,
}

/// Lua's text for a source that is no program.
///
/// # Errors
/// It may be one, but what compiling it takes is not there.
pub fn refused(why: NotCompiled) -> Result<Vec<u8>, End> {
    match why {
        NotCompiled::Syntax(text) => Ok(text),
        NotCompiled::Budget => Err(End::Budget),
        NotCompiled::Memory => Err(End::Memory),
    }
}

/// Why an execution does not go on.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// An error of the script.
    Error(LuaValue),
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

/// Units between two looks whether the run is to be stopped: some milliseconds.
const SLICE_UNITS: u64 = 1_000_000;

/// Nested calls of library functions, metamethods and coroutines.
pub const LEVELS_MAX: u32 = 200;

/// Who called the library function that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// None runs: it is Lua code.
    None,
    /// The call that the last frame's instruction is.
    Code,
    /// Another instruction of the last frame: for a metamethod, or for the iterator of a loop.
    Instruction,
    /// The library.
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
    pub kept: Vec<LuaValue>,
    /// Units that are left until it is looked whether the run is to be stopped.
    pub fuel: u64,
    /// Units that are left besides.
    pub reserve: u64,
    /// Units of a slice.
    slice: u64,
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
    /// What a library has registered so far, while it is loaded.
    pub registered: Option<Vec<Registered>>,
}

/// A function that a library has registered.
#[derive(Clone, Debug)]
pub struct Registered {
    /// Its name.
    pub name: Vec<u8>,
    /// What it says of itself.
    pub description: Option<Vec<u8>>,
    /// Its flags.
    pub flags: ScriptFlags,
    /// What FCALL calls.
    pub callback: LuaValue,
}

impl<'h> Machine<'h> {
    /// A run with nothing in it.
    pub fn new(shared: Arc<[StrObj]>, natives: &'static [(&'static str, Native)], fuel: u64, memory: usize) -> Self {
        let mut heap = Heap::new(shared);
        let current = heap.thread(Thread::default());
        Self::of_heap(heap, current, natives, fuel, memory)
    }

    /// A run that begins with these objects; `current` is the number of its thread.
    pub fn of_heap(
        heap: Heap,
        current: ThreadId,
        natives: &'static [(&'static str, Native)],
        fuel: u64,
        memory: usize,
    ) -> Self {
        let globals = TableId(0);
        Self {
            heap,
            thread: Thread { status: super::thread::Status::Running, ..Thread::default() },
            current,
            chunks: Vec::new(),
            globals,
            string_meta: None,
            kept: Vec::new(),
            fuel,
            reserve: 0,
            slice: SLICE_UNITS,
            memory,
            levels: 0,
            natives,
            host: None,
            settings: Vec::new(),
            caller: Caller::None,
            random: 0,
            resp: crate::protocol::Resp::V2,
            registered: None,
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
            None => self.refuel(units),
        }
    }

    /// Takes more units away than `fuel` has, and looks whether the run is to be stopped: one that may be runs on a slice of its units at a time.
    /// How the units are cut does not show: without that question it ends where it would end in one piece.
    ///
    /// # Errors
    /// The run is over.
    #[cold]
    pub(super) fn refuel(&mut self, units: u64) -> Res<()> {
        if self.host.as_ref().is_some_and(|host| host.is_stopped()) {
            return Err(Fault::Ended(End::Killed));
        }
        match self.units_left().checked_sub(units) {
            Some(left) => {
                self.fuel = left.min(self.slice);
                self.reserve = left - self.fuel;
                Ok(())
            }
            None => {
                (self.fuel, self.reserve) = (0, 0);
                Err(Fault::Ended(End::Budget))
            }
        }
    }

    /// Units that are left in all.
    pub fn units_left(&self) -> u64 {
        self.fuel.saturating_add(self.reserve)
    }

    /// Cuts what is left into slices, between which it is looked whether the run is to be stopped.
    pub fn slice(&mut self) {
        self.slice_by(SLICE_UNITS);
    }

    /// The same with slices of that many units.
    pub fn slice_by(&mut self, units: u64) {
        self.slice = units;
        let left = self.units_left();
        self.fuel = left.min(units);
        self.reserve = left - self.fuel;
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
    pub fn string(&mut self, bytes: &[u8]) -> Res<LuaValue> {
        self.charge_bytes(bytes.len())?;
        Ok(LuaValue::Str(self.heap.string(bytes)))
    }

    /// The same without a copy; its bytes were charged as they came.
    ///
    /// # Errors
    /// The run is over.
    pub fn owned(&mut self, bytes: Vec<u8>) -> Res<LuaValue> {
        self.charge_bytes(bytes.len())?;
        Ok(LuaValue::Str(self.heap.owned(bytes)))
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

    /// Frees what nothing reaches; ends the run if what is left is too much.
    ///
    /// # Errors
    /// The run is over.
    #[cold]
    pub fn collect(&mut self, top: usize) -> Res<()> {
        let own_top = self.thread.top;
        self.thread.top = own_top.max(top);
        let chunks = self.chunks.iter().skip(1).flat_map(|chunk| {
            let names = chunk.names.iter().filter_map(|(.., named)| named.id().map(LuaValue::Str));
            let upvalues =
                chunk.protos.iter().flat_map(|proto| proto.upvalue_names.iter().map(|name| LuaValue::Str(*name)));
            chunk.constants.iter().copied().chain(names).chain(upvalues)
        });
        let callbacks = self.registered.iter().flatten().map(|function| function.callback);
        let own = [LuaValue::Table(self.globals), LuaValue::Thread(self.current)];
        let meta = self.string_meta.map(LuaValue::Table);
        let stack = self.thread.values();
        let roots: Vec<LuaValue> = own
            .into_iter()
            .chain(meta)
            .chain(self.kept.iter().copied())
            .chain(callbacks)
            .chain(chunks)
            .chain(stack)
            .collect();
        let open: Vec<u32> = self.thread.open_upvalues().collect();
        self.thread.top = own_top;
        let work = self.heap.collect(roots.into_iter(), open.into_iter());
        self.charge(work)?;
        if self.heap.bytes > self.memory { Err(Fault::Ended(End::Memory)) } else { Ok(()) }
    }

    /// Compiles a source that came up in the run: Lua's text if it is none.
    ///
    /// # Errors
    /// The run is over.
    pub fn compile(&mut self, source: &[u8], name: &[u8]) -> Res<Result<Arc<Chunk>, Vec<u8>>> {
        self.charge(units::COMPILING + units::SOURCE_BYTE * source.len() as u64)?;
        let heap = &mut self.heap;
        let before = heap.bytes;
        let memory = self.memory.saturating_sub(before);
        let mut known = std::collections::BTreeMap::new();
        let mut intern = |text: &[u8]| match known.entry(text.to_vec()) {
            Entry::Occupied(known) => (*known.get(), 0),
            Entry::Vacant(new) => {
                let before = heap.bytes;
                let id = *new.insert(heap.string(text));
                (id, heap.bytes - before)
            }
        };
        match super::compile::compile(source, name, self.levels as usize, memory, &mut intern) {
            Ok(chunk) => {
                // Its strings are among them.
                self.heap.bytes = before + chunk.bytes;
                Ok(Ok(Arc::new(chunk)))
            }
            Err(why) => refused(why).map(Err).map_err(Fault::Ended),
        }
    }
}
