//! The library that scripts have: Lua's, as far as Redis gives it to them, and Redis's own.
//!
//! Invariant: every table of the library is read-only and shared by all runs; what a run adds to it (KEYS and ARGV) is its own. So no
//! run leaves anything behind, and beginning one copies nothing.

mod args;
mod base;
mod bits;
mod cjson;
mod cmsgpack;
mod coroutines;
mod image;
mod maths;
mod number_bits;
mod pattern;
mod redis;
mod register;
mod strings;
mod structs;
mod tables;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use super::vm::chunk::Chunk;
use super::vm::compile::compile;
use super::vm::lexer::NotCompiled;
use super::vm::machine::{Machine, Native};
use super::vm::names::{self, NAMES};
use super::vm::strings::StrObj;
use super::vm::table::Table;
use super::vm::units;
use super::vm::value::{LuaValue, NativeId, StrId, TableId};
pub use image::Image;
pub(super) use register::is_name;

/// All functions: `table.name`, `name` for globals; one with a blank in its name is for the library alone.
static FUNCTIONS: LazyLock<Vec<(&'static str, Native)>> = LazyLock::new(|| {
    [
        base::FUNCTIONS,
        bits::FUNCTIONS,
        cjson::FUNCTIONS,
        cmsgpack::FUNCTIONS,
        coroutines::FUNCTIONS,
        maths::FUNCTIONS,
        redis::FUNCTIONS,
        register::FUNCTIONS,
        strings::FUNCTIONS,
        structs::FUNCTIONS,
        tables::FUNCTIONS,
    ]
    .concat()
});

/// The global tables; their numbers in every run are their places here, from 1 on. The globals are number 0.
const TABLES: [&str; 9] = ["bit", "cjson", "cmsgpack", "coroutine", "math", "redis", "string", "struct", "table"];
/// The metatable of the globals, and that of strings.
const GLOBALS_META: TableId = TableId(TABLES.len() as u32 + 1);
const STRING_META: TableId = TableId(TABLES.len() as u32 + 2);
/// `redis` while a library is loaded, and for its functions: tables of their runs alone.
const LOAD_REDIS: TableId = TableId(TABLES.len() as u32 + 3);
const FUNCTION_REDIS: TableId = TableId(TABLES.len() as u32 + 4);

/// Values that a C function may have on Lua's stack (`LUAI_MAXCSTACK`), its arguments among them: bounds nesting and the number of
/// results where the originals are C.
const C_STACK: usize = 8000;

/// Places of a run's stack at its start: enough for a call of a few arguments.
const STACK_PLACES: usize = 288;

/// A field of a library's table that is not a function.
#[derive(Clone, Copy, Debug)]
enum Field {
    Text(&'static str),
    Null,
}

/// What a table of the library holds.
type Entries = Vec<(StrId, LuaValue)>;

/// What all runs share.
#[derive(Debug)]
struct Library {
    /// The strings of the machine and of the library.
    strings: Vec<StrObj>,
    known: BTreeMap<Vec<u8>, StrId>,
    /// By their numbers.
    tables: Vec<Arc<Table>>,
    /// [`LOAD_REDIS`] and [`FUNCTION_REDIS`].
    function_tables: [Arc<Table>; 2],
    /// The globals while a library is loaded, and those of its functions.
    load_globals: Arc<Table>,
    function_globals: Arc<Table>,
}

static LIBRARY: LazyLock<Library> = LazyLock::new(Library::new);

impl Library {
    fn new() -> Self {
        let mut library = Self {
            strings: Vec::new(),
            known: BTreeMap::new(),
            tables: Vec::new(),
            function_tables: Default::default(),
            load_globals: Arc::default(),
            function_globals: Arc::default(),
        };
        NAMES.iter().for_each(|name| _ = library.intern(name));
        let mut entries: Vec<Entries> = vec![Vec::new(); TABLES.len() + 3];
        let number = |name: &str| TABLES.iter().position(|table| *table == name).map_or(0, |at| at + 1);
        let mut put =
            |table: usize, name: StrId, value: LuaValue| entries.get_mut(table).map(|list| list.push((name, value)));
        for (i, (name, _)) in FUNCTIONS.iter().enumerate().filter(|(_, (name, _))| !name.contains(' ')) {
            let (table, name) = name.split_once('.').unwrap_or(("", name));
            put(number(table), library.intern(name), LuaValue::Native(NativeId(i as u16)));
        }
        for (table, name, value) in [("math", "pi", std::f64::consts::PI), ("math", "huge", f64::INFINITY)]
            .into_iter()
            .chain(redis::CONSTANTS.iter().map(|(name, value)| ("redis", *name, *value)))
        {
            put(number(table), library.intern(name), LuaValue::Number(value));
        }
        for (table, name, field) in cjson::FIELDS.iter().chain(cmsgpack::FIELDS) {
            let value = match field {
                Field::Text(text) => LuaValue::Str(library.intern(text)),
                Field::Null => LuaValue::Null,
            };
            put(number(table), library.intern(name), value);
        }
        let version = LuaValue::Str(library.intern(crate::REDIS_VERSION));
        put(number("redis"), library.intern("REDIS_VERSION"), version);
        let version = LuaValue::Str(library.intern("Lua 5.1"));
        put(0, library.intern("_VERSION"), version);
        put(0, library.intern("_G"), LuaValue::Table(TableId(0)));
        for (i, name) in TABLES.iter().enumerate() {
            put(0, library.intern(name), LuaValue::Table(TableId(i as u32 + 1)));
        }
        let unknown = FUNCTIONS.iter().position(|(name, _)| *name == base::UNKNOWN_GLOBAL).unwrap_or_default();
        put(GLOBALS_META.0 as usize, names::INDEX, LuaValue::Native(NativeId(unknown as u16)));
        let string = LuaValue::Table(TableId(number("string") as u32));
        put(STRING_META.0 as usize, names::INDEX, string);
        library.fill(entries, number("redis"));
        library
    }

    fn fill(&mut self, entries: Vec<Entries>, redis_number: usize) {
        let redis = self.intern("redis");
        let named = |names: &mut Self, list: &[&str]| list.iter().map(|name| names.intern(name)).collect::<Vec<_>>();
        let (not_in_functions, in_load) = (named(self, redis::NOT_IN_FUNCTIONS), named(self, redis::IN_LOAD));
        let register = FUNCTIONS.iter().position(|(name, _)| *name == register::REGISTER).unwrap_or_default();
        let register = (self.intern("register_function"), LuaValue::Native(NativeId(register as u16)));
        let of_redis: Entries = entries.get(redis_number).cloned().unwrap_or_default();
        let of_functions = of_redis.iter().filter(|(name, _)| !not_in_functions.contains(name)).copied();
        let of_load = of_redis.iter().filter(|(name, _)| in_load.contains(name)).copied();
        let mut globals: Entries = entries.first().cloned().unwrap_or_default();
        for (name, value) in &mut globals {
            if *name == redis {
                *value = LuaValue::Table(FUNCTION_REDIS);
            }
        }
        let strings = super::vm::strings::Strings::new(self.strings.clone().into());
        let table = |entries: Entries| {
            let mut table = Table::sized(0, entries.len());
            for (name, value) in entries {
                // A string can be a key.
                table.set(LuaValue::Str(name), value, &strings).ok();
            }
            Arc::new(table)
        };
        self.function_tables = [table(of_load.chain([register]).collect()), table(of_functions.collect())];
        self.load_globals = table(vec![(redis, LuaValue::Table(LOAD_REDIS))]);
        self.function_globals = table(globals);
        self.tables = entries.into_iter().map(table).collect();
    }

    fn intern(&mut self, name: &str) -> StrId {
        let next = StrId(self.strings.len() as u32);
        let id = *self.known.entry(name.as_bytes().to_vec()).or_insert(next);
        if id == next {
            let string = StrObj::new(name.as_bytes());
            // Before threads share it.
            string.hash();
            self.strings.push(string);
        }
        id
    }
}

/// Bytes of a compiled script's string, besides its text.
const STRING_BYTES: usize = 64;

/// Why a source is no program: Lua's text.
#[derive(Debug)]
pub struct SyntaxError(pub Vec<u8>);

/// A compiled script with its strings: immutable, shared by its runs.
#[derive(Debug)]
pub struct Script {
    chunk: Arc<Chunk>,
    strings: Arc<[StrObj]>,
    source_len: usize,
}

impl Script {
    /// Compiles with no bounds; `name` as in [`compile`].
    ///
    /// # Errors
    /// Lua's text.
    pub fn new(source: &[u8], name: &[u8]) -> Result<Self, SyntaxError> {
        Self::within(source, name, u64::MAX, usize::MAX).map_err(|why| match why {
            NotCompiled::Syntax(text) => SyntaxError(text),
            // There are no bounds.
            NotCompiled::Budget | NotCompiled::Memory => SyntaxError(Vec::new()),
        })
    }

    /// Compiles within that many units and bytes, which are compared before anything that takes longer is done.
    ///
    /// # Errors
    /// Lua's text; one of the bounds.
    pub fn within(source: &[u8], name: &[u8], budget: u64, memory: usize) -> Result<Self, NotCompiled> {
        if budget < units::SOURCE_BYTE * source.len() as u64 {
            return Err(NotCompiled::Budget);
        }
        let room = memory.checked_sub(source.len()).ok_or(NotCompiled::Memory)?;
        let mut strings = LIBRARY.strings.clone();
        let mut own: BTreeMap<Vec<u8>, StrId> = BTreeMap::new();
        let mut intern = |text: &[u8]| {
            if let Some(id) = LIBRARY.known.get(text).or_else(|| own.get(text)) {
                return (*id, 0);
            }
            let id = StrId(strings.len() as u32);
            strings.push(StrObj::new(text));
            own.insert(text.to_vec(), id);
            (id, STRING_BYTES + text.len())
        };
        let chunk = Arc::new(compile(source, name, 0, room, &mut intern)?);
        strings.iter().for_each(|string| _ = string.hash());
        Ok(Self { chunk, strings: strings.into(), source_len: source.len() })
    }

    /// What compiling it costs, units.
    pub fn units(&self) -> u64 {
        units::SOURCE_BYTE * self.source_len as u64
    }

    /// What it takes, bytes.
    pub fn bytes(&self) -> usize {
        self.source_len + self.chunk.bytes
    }

    /// Its code, and what its strings are.
    pub fn code<'a>(&'a self) -> (&'a Chunk, impl Fn(StrId) -> &'a [u8]) {
        (&self.chunk, |id| self.strings.get(id.0 as usize).map(StrObj::bytes).unwrap_or_default())
    }

    /// Whether it would have been compiled within these bounds.
    ///
    /// # Errors
    /// As [`Self::within`].
    pub fn fits(&self, budget: u64, memory: usize) -> Result<(), NotCompiled> {
        if budget < self.units() {
            return Err(NotCompiled::Budget);
        }
        if memory < self.bytes() { Err(NotCompiled::Memory) } else { Ok(()) }
    }

    /// A machine in front of the script's first instruction; its main function is on the stack's first place.
    pub fn start<'h>(&self, fuel: u64, memory: usize) -> Machine<'h> {
        let mut vm = Machine::new(self.strings.clone(), &FUNCTIONS, fuel, memory);
        for table in &LIBRARY.tables {
            vm.heap.table(Table::shared(table.clone()));
        }
        if let Some(globals) = vm.heap.tables.get_mut(0) {
            globals.set_meta(Some(GLOBALS_META));
        }
        vm.string_meta = Some(STRING_META);
        self.enter(&mut vm);
        vm
    }

    /// The same in front of a library's first instruction: it sees next to nothing but what registers its functions.
    pub fn start_load(&self, fuel: u64, memory: usize) -> Machine<'static> {
        let mut vm = Machine::new(self.strings.clone(), &FUNCTIONS, fuel, memory);
        for table in LIBRARY.tables.iter().chain(&LIBRARY.function_tables) {
            vm.heap.table(Table::shared(table.clone()));
        }
        vm.replace_globals(&LIBRARY.load_globals);
        if let Some(redis) = vm.heap.tables.get_mut(LOAD_REDIS.0) {
            redis.set_meta(Some(GLOBALS_META));
        }
        vm.string_meta = Some(STRING_META);
        vm.registered = Some(Vec::new());
        self.enter(&mut vm);
        vm
    }

    /// Puts the main function on the stack's first place.
    fn enter(&self, vm: &mut Machine<'_>) {
        let globals = vm.globals;
        let main = vm.load(self.chunk.clone(), globals);
        vm.thread.stack.resize(STACK_PLACES, LuaValue::Nil);
        if let Some(place) = vm.thread.stack.first_mut() {
            *place = LuaValue::Function(main);
        }
        vm.thread.top = 1;
        // What a run begins with is no work of the script.
        vm.heap.strings.work.take();
    }
}

impl Machine<'_> {
    /// Gives the run other globals under the number of those that it had.
    fn replace_globals(&mut self, shared: &Arc<Table>) {
        if let Some(globals) = self.heap.tables.get_mut(self.globals.0) {
            *globals = Table::shared(shared.clone());
            globals.set_meta(Some(GLOBALS_META));
        }
    }

    /// Gives the run its KEYS and ARGV.
    pub fn set_arguments(&mut self, keys: LuaValue, argv: LuaValue) {
        let strings = &self.heap.strings;
        if let Some(globals) = self.heap.tables.get_mut(self.globals.0) {
            globals.make_room(2);
            for (name, value) in [(names::KEYS, keys), (names::ARGV, argv)] {
                // A string can be a key.
                globals.set(LuaValue::Str(name), value, strings).ok();
            }
        }
    }
}
