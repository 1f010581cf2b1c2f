//! Inputs that made the C Lua give each node another value, or hold all of them: the same everywhere here, and bounded.

use lockstep::script::lib::Script;
use lockstep::script::vm::machine::{End, Fault};
use lockstep::script::vm::value::LuaValue;

/// What a run gave, the units that it took, and the bytes that it had at its end.
type Trace = (Result<Vec<u8>, String>, u64, usize);

const FUEL: u64 = 20_000_000;
const MEMORY: usize = 64 << 20;

fn run(source: &str) -> Trace {
    run_with(source, FUEL)
}

fn run_with(source: &str, fuel: u64) -> Trace {
    let script = Script::new(source.as_bytes(), b"@user_script").map_err(|error| error.0).unwrap();
    let mut vm = script.start(fuel, MEMORY);
    let result = match vm.call_at(0, 0) {
        Ok(_) => match vm.thread.stack[0] {
            LuaValue::Str(id) => Ok(vm.bytes(id).to_vec()),
            other => Err(format!("{other:?}")),
        },
        Err(Fault::Error(LuaValue::Str(id))) => Err(String::from_utf8_lossy(vm.bytes(id)).into_owned()),
        Err(other) => Err(format!("{other:?}")),
    };
    (result, fuel - vm.fuel, vm.heap.bytes)
}

/// (script, how it ends)
const HOSTILE: &[(&str, Ends)] = &[
    (
        "local ks,t={},{} for i=1,24 do ks[i]={} t[ks[i]]=1 end for i=1,24 do t['k'..i]=i end for i=1,24 do t[ks[i]]=nil end \
         local r={} for k in pairs(t) do r[#r+1]=k end return table.concat(r,',')",
        Ends::Well,
    ),
    (
        "local ks,t={},{} for i=1,50 do ks[i]={} t[ks[i]]=i end local r={} local k=next(t) while k do r[#r+1]=t[k] k=next(t,k) end \
         return table.concat(r,',')",
        Ends::Well,
    ),
    (
        "local t={} for i=1,40 do t[{}]=i end for i=1,40 do t[i]=i end for i=1,40,3 do t[i]=nil end return tostring(#t)",
        Ends::Well,
    ),
    (
        "local t={} for i=1,40 do t[function() end]=i t[coroutine.create(function() end)]=i end local s='' for k,v in pairs(t) do s=s..type(k)..v end return s",
        Ends::Well,
    ),
    (
        "local t={} for i=1,40000 do t[2^52+i*4294967295+7]=i end local n=0 for k in pairs(t) do n=n+1 end return tostring(n)",
        Ends::Well,
    ),
    ("local t={} for i=1,16000 do t[('x'):rep(500)..i..('y'):rep(500)]=i end return 'done'", Ends::Well),
    ("local a=('\\0'):rep(16777216) local b=a..'x' local n=0 while true do if a<b then n=n+1 end end", Ends::Budget),
    ("return tostring(string.find(('a'):rep(400), '.-.-.-b'))", Ends::Either),
    ("return tostring(string.find(('a'):rep(4000), '.-.-.-.-b'))", Ends::Budget),
    ("local s=('a'):rep(100000) while true do s:gsub('a*a*a*b', '') end", Ends::Budget),
    ("local s=('a'):rep(1e6) for i=1,500 do ('x'):find(s) end return 'done'", Ends::Budget),
    ("local s=('x'):rep(1e6) while true do s=s..s end", Ends::Memory),
    ("local t={} while true do t[#t+1]={} end", Ends::Either),
    ("local t={} for i=1,1e9 do t[i]=i end", Ends::Either),
    ("local f=function() end while true do local g=f f=coroutine.wrap(function() return g end) end", Ends::Either),
    ("local t={} t.t=t while true do t=setmetatable({}, {__index=t}) end", Ends::Either),
    ("return string.rep('x', -1)..string.rep('', 1e9)", Ends::Well),
    ("local ok, e = pcall(string.rep, 'x', 1e10) return e", Ends::Memory),
    ("local t={} for i=1,5000 do t[i]=i end table.sort(t, function(a,b) return true end) return 'x'", Ends::Error),
    ("local t={} for i=1,200000 do t[i]=i%7 end table.sort(t) return tostring(t[1])", Ends::Either),
    ("while true do pcall(error) end", Ends::Budget),
    ("local function f() return pcall(f) end return tostring(f())", Ends::Well),
    ("return tostring(pcall(string.format, '%99.99f', 1e308))", Ends::Well),
    ("local s=('%d'):rep(100000) return tostring(pcall(string.format, s, 1))", Ends::Well),
    ("local t={} table.insert(t, 2^31, 'x') return tostring(next(t))", Ends::Well),
    (
        "local t=setmetatable({}, {__newindex=function(t,k,v) rawset(t,k,v) t[k+1]=v end}) t[1]=1 return 'x'",
        Ends::Error,
    ),
    ("local a,b=('x'):rep(1e6),('x'):rep(1e6) while true do if a==b then end end", Ends::Budget),
    ("local t={} for i=1,2^17 do t[i]=i end while true do t.x=1 t.x=nil t.y=1 t.y=nil end", Ends::Budget),
    ("return tostring(('xy'):rep(1e6):find(('xy'):rep(1e5)..'z', 1, true))", Ends::Budget),
    ("while true do local x=('%.99f'):format(1e308) end", Ends::Budget),
    (
        "local a,t={},{} for i=1,7000 do a[i]=i end \
         while true do t[#t+1]=coroutine.wrap(function(...) coroutine.yield() end) t[#t](unpack(a)) end",
        Ends::Memory,
    ),
    ("return tostring(loadstring('return '..('a and '):rep(90000)..'b'))", Ends::Well),
    ("return tostring(loadstring(('('):rep(100000)..')'))", Ends::Well),
    ("return tostring(loadstring('return '..('1+'):rep(100000)..'1'))", Ends::Well),
    ("return tostring(loadstring('\\27Lua'))", Ends::Well),
    ("return tostring(0/0)..tostring(-(0/0))..(5%-3)..(-5%3)..(5.3%-1.1)..2^0.5", Ends::Well),
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Ends {
    Well,
    Error,
    Budget,
    Memory,
    /// By one of the bounds, or well if both are enough.
    Either,
}

fn is_as(ends: Ends, result: &Result<Vec<u8>, String>) -> bool {
    let ended = |end: End| result.as_ref().err().is_some_and(|text| *text == format!("Ended({end:?})"));
    match ends {
        Ends::Well => result.is_ok(),
        Ends::Error => result.is_err() && !ended(End::Budget) && !ended(End::Memory),
        Ends::Budget => ended(End::Budget),
        Ends::Memory => ended(End::Memory),
        Ends::Either => result.is_ok() || ended(End::Budget) || ended(End::Memory),
    }
}

#[test]
fn hostile_scripts_end_by_their_bounds_and_alike_after_any_history() {
    let first: Vec<Trace> = HOSTILE.iter().map(|(source, _)| run(source)).collect();
    for ((source, ends), trace) in HOSTILE.iter().zip(&first) {
        assert!(is_as(*ends, &trace.0), "{source}\n{ends:?}: {:?}", trace.0.as_ref().map(|text| text.len()));
    }
    // Other scripts in between, in another order, on another thread with other addresses.
    let again = std::thread::Builder::new().stack_size(3 << 20).spawn(|| {
        let ballast: Vec<Vec<u8>> = (0..1000).map(|i| vec![0; i * 7 % 4096]).collect();
        let traces: Vec<Trace> = HOSTILE
            .iter()
            .rev()
            .enumerate()
            .map(|(i, (source, _))| {
                for other in 0..20 {
                    let _ = run(&format!(
                        "local t = {{}} for i = 1, {} do t['k' .. i] = {{i}} end return 'x'",
                        i * 31 + other
                    ));
                }
                run(source)
            })
            .collect();
        drop(ballast);
        traces
    });
    let mut again = again.unwrap().join().unwrap();
    again.reverse();
    for (((source, _), one), other) in HOSTILE.iter().zip(&first).zip(&again) {
        assert!(one == other, "{source}\n{:?} {:?}", (one.1, one.2), (other.1, other.2));
    }
}

/// Whatever an instruction does, and wherever it does it, its units are taken once.
#[test]
fn a_run_needs_exactly_the_units_that_it_took() {
    for source in [
        "return 'x'",
        "local n = 0 for i = 1, 10 do n = n + i % 3 end return tostring(n)",
        "local t = {x = 1} for i = 1, 10 do t.x = t.x + i t[i] = t.x end return tostring(#t)",
        "local a, b = ('x'):rep(500), ('x'):rep(500) local n = 0 for i = 1, 5 do if a == b then n = n + 1 end end return tostring(n)",
        "local function f(n) if n > 0 then return f(n - 1) end return 'x' end local k = ('y'):rep(100) return f(5) .. k",
        "local t = setmetatable({}, {__index = function(t, k) return k end}) return t.x .. t[1]",
        "local n = 0 for k, v in pairs({1, 2, x = 3}) do n = n + v end return tostring(n)",
        "return ('hello'):gsub('l', function(c) return c .. c end)",
    ] {
        let (result, units, _) = run(source);
        assert!(result.is_ok(), "{source}: {result:?}");
        assert!(run_with(source, units).0.is_ok(), "{source}: {units} units");
        for less in 1..=units.min(40) {
            assert!(
                is_as(Ends::Budget, &run_with(source, units - less).0),
                "{source}: {} of {units} units",
                units - less
            );
        }
    }
}
