//! A Lua state with exactly the globals that scripts may use, all of them read-only.
//!
//! Lua 5.1 knows no read-only tables: what a script sees of `_G` and of each library is an empty table that looks
//! everything up in the real one and refuses assignments ([`Shield`]). Functions that look into tables past their metatables
//! (`next`, `rawget`, `rawset`, `table.insert` …) ask the shield.
//!
//! Invariant: no value that a script can get leads to one of the real tables or to a function that is not in the lists here.

use std::rc::Rc;

use mlua::{Function, Lua, LuaOptions, StdLib, Table, Value};

use super::budget::Meter;
use super::raise::{OWN_CHUNK, message};
use super::shield::Shield;
use super::{api, base, cmath, maths, strings, tables};
use crate::store::Options;

/// Functions of `own.lua`: (where they go, under which name).
const OWN: [(&str, &[&str]); 3] = [
    ("", &["load", "next", "pcall", "tostring", "unpack", "xpcall"]),
    ("table", &["foreach", "foreachi", "sort"]),
    ("coroutine", &["create", "resume", "wrap"]),
];

/// A state made for one run.
#[derive(Debug)]
pub struct Sandbox {
    /// The state.
    pub lua: Lua,
    /// Its bounds.
    pub meter: Rc<Meter>,
    /// The tables behind the read-only ones.
    pub shield: Rc<Shield>,
    /// The real globals, for KEYS and ARGV.
    pub globals: Table,
    /// The real `redis`.
    pub redis: Table,
    /// `main(function, handler)`: runs the script.
    pub main: Function,
}

impl Sandbox {
    /// A complete sandbox; nothing is counted yet.
    ///
    /// # Errors
    /// Lua's, when memory runs out.
    pub fn new(options: &Options) -> mlua::Result<Self> {
        cmath::keep();
        let libs = StdLib::TABLE | StdLib::STRING | StdLib::MATH;
        let lua = Lua::new_with(libs, LuaOptions::new().catch_rust_panics(false))?;
        let meter = Rc::new(Meter::new(options));
        let shield = Rc::new(Shield::default());
        let natives = lua.globals();
        let globals = lua.create_table()?;
        let string: Table = natives.raw_get("string")?;
        let table: Table = natives.raw_get("table")?;
        let math: Table = natives.raw_get("math")?;
        let coroutine: Table = natives.raw_get("coroutine")?;
        let redis = lua.create_table()?;
        base::install(&lua, &natives, &globals, &meter, &shield)?;
        let own = own_functions(&lua, &natives, &globals, &table, &coroutine, &meter, &shield)?;
        strings::install(&lua, &string, &meter)?;
        tables::install(&lua, &table, &meter, &shield)?;
        maths::install(&lua, &math)?;
        api::install(&lua, &redis, &meter)?;
        for (place, names) in OWN {
            let target = match place {
                "table" => &table,
                "coroutine" => &coroutine,
                _ => &globals,
            };
            for name in names {
                target.raw_set(*name, own.raw_get::<Function>(*name)?)?;
            }
        }
        let main = own.raw_get("main")?;
        shield.next.set(own.raw_get("next")?).ok();
        let libraries =
            [("string", string), ("table", table), ("math", math), ("coroutine", coroutine), ("redis", redis.clone())];
        for (name, real) in libraries {
            globals.raw_set(name, shield.cover(&lua, real)?)?;
        }
        cover_globals(&lua, &globals, &shield)?;
        let sandbox = Self { lua, meter, shield, globals, redis, main };
        sandbox.meter.start(&sandbox.lua)?;
        Ok(sandbox)
    }
}

/// Runs `own.lua` with Lua's own functions and our helpers.
fn own_functions(
    lua: &Lua,
    natives: &Table,
    globals: &Table,
    table: &Table,
    coroutine: &Table,
    meter: &Rc<Meter>,
    shield: &Rc<Shield>,
) -> mlua::Result<Table> {
    let own = lua.create_table()?;
    for name in ["error", "next", "pcall", "rawget", "rawset", "select", "tostring", "type", "unpack", "xpcall"] {
        own.raw_set(name, natives.raw_get::<Function>(name)?)?;
    }
    for name in ["create", "resume", "wrap"] {
        own.raw_set(name, coroutine.raw_get::<Function>(name)?)?;
    }
    own.raw_set("loadstring", globals.raw_get::<Function>("loadstring")?)?;
    own.raw_set("concat", table.raw_get::<Function>("concat")?)?;
    base::helpers(lua, &own, meter, shield)?;
    let reals = lua.create_table()?;
    own.raw_set("reals", &reals)?;
    lua.set_named_registry_value("reals", &reals)?;
    lua.load(include_str!("own.lua")).set_name(format!("={OWN_CHUNK}")).call(own)
}

/// Puts `_G` in place: unknown names raise, known ones cannot be changed.
fn cover_globals(lua: &Lua, globals: &Table, shield: &Shield) -> mlua::Result<()> {
    let meta = lua.create_table()?;
    let unknown = |lua: &Lua, (_, name): (Value, Value)| {
        let name = lua.coerce_string(name)?.map(|name| name.to_string_lossy()).unwrap_or_default();
        Err::<(), _>(message(lua, format!("Script attempted to access nonexistent global variable '{name}'")))
    };
    meta.raw_set("__index", lua.create_function(unknown)?)?;
    globals.set_metatable(Some(meta.clone()))?;
    let env = shield.cover(lua, globals.clone())?;
    globals.raw_set("_G", &env)?;
    shield.env_meta.set(shield.cover(lua, meta)?).ok();
    shield.env.set(env).ok();
    let string_meta = lua.create_table()?;
    string_meta.raw_set("__index", globals.raw_get::<Table>("string")?)?;
    lua.set_type_metatable::<mlua::LuaString>(Some(string_meta.clone()));
    shield.string_meta.set(shield.cover(lua, string_meta)?).ok();
    let reals: Table = lua.named_registry_value("reals")?;
    for (shown, real) in shield.shown.borrow().iter() {
        reals.raw_set(shown, real)?;
    }
    Ok(())
}
