//! Inputs that made the C Lua give each node another value, or hold all of them: the same everywhere here, and bounded.

use lockstep::script::lib::Script;
use lockstep::script::source::sha1_hex;
use lockstep::script::vm::machine::{End, Fault};
use lockstep::script::vm::value::LuaValue;

use crate::support::process::Server;
use crate::support::scripts::{Ends, HOSTILE};
use crate::support::value::Value;

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

/// Bytes of a source that the default budget pays for.
const BUDGET_PAYS_FOR: usize = 500_000_000 / 32;

/// (what it is, the source)
fn no_programs() -> Vec<(&'static str, Vec<u8>)> {
    const MOST: usize = 64 << 20;
    let repeated = |head: &[u8], unit: &[u8], count: usize| [head, &unit.repeat(count)].concat();
    vec![
        ("the first byte of bytecode", b"\x1bLua".to_vec()),
        ("a header of bytecode", b"\x1bLuaQ\0\x01\x04\x08\x04\x08\0".to_vec()),
        ("no UTF-8 at all", b"\xff\xfe\xfd".to_vec()),
        ("a sequence of UTF-8 cut off", b"return \xe2\x82".to_vec()),
        ("an encoded surrogate", b"x = \xed\xa0\x80".to_vec()),
        ("a zero byte", b"return 1 \0return 2".to_vec()),
        ("a zero byte behind a number", b"return 1\0return 2".to_vec()),
        ("a string cut off", b"return '\xc3".to_vec()),
        ("a million parentheses", repeated(b"return ", b"(", 1_000_000)),
        ("a million tables", repeated(b"return ", b"{", 1_000_000)),
        ("a million blocks", repeated(b"", b"do ", 1_000_000)),
        ("many functions", repeated(b"return ", b"function() return ", 200_000)),
        ("a million signs", repeated(b"return ", b"- ", 1_000_000)),
        ("a million conditions", repeated(b"", b"if x then ", 1_000_000)),
        ("64 MB of parentheses", repeated(b"return ", b"(", MOST - 7)),
        ("64 MB of calls", repeated(b"", b"f()", MOST / 3)),
        ("64 MB behind the first byte of bytecode", repeated(b"\x1bLua", b"\0", MOST - 4)),
    ]
}

#[test]
fn sources_that_are_no_programs_are_refused_as_by_redis_and_change_nothing() {
    let (redis, node) = (Server::redis(&[]), Server::lockstep(&[]));
    let (mut theirs, mut ours, mut other) = (redis.client(), node.client(), node.client());
    let digest = other.call(&["RAFT.DIGEST"]);
    for (what, source) in no_programs() {
        if source.len() > BUDGET_PAYS_FOR {
            let reply = ours.call(&[b"EVAL".as_slice(), &source, b"0"]);
            let text = "the script was stopped: its budget of 500000000 units is used up (script-budget)";
            assert!(reply.is_error() && format!("{reply:?}").contains(text), "{what}: {reply:?}");
            let exists = ours.call(&[b"SCRIPT".as_slice(), b"EXISTS", &sha1_hex(&source)]);
            assert_eq!(exists, Value::Array(vec![Value::Int(0)]), "{what}");
            continue;
        }
        let mut both = |args: &[&[u8]]| {
            let reply = ours.call(args);
            assert!(reply == theirs.call(args), "{what}: {reply:?}");
            reply
        };
        let reply = both(&[b"EVAL", &source, b"0"]);
        assert!(reply.is_error(), "{what}: {reply:?}");
        assert_eq!(both(&[b"SCRIPT", b"EXISTS", &sha1_hex(&source)]), Value::Array(vec![Value::Int(0)]), "{what}");
        both(&[b"SCRIPT", b"LOAD", &source]);
        both(&[b"EVAL_RO", &source, b"0"]);
        both(&[b"EVAL", b"local f, why = loadstring(ARGV[1]) return {tostring(f), why}", b"0", &source]);
        assert_eq!(other.call(&["DBSIZE"]), Value::Int(0), "{what}");
    }
    assert_ne!(other.call(&["RAFT.DIGEST"]), digest, "refusals are results too");

    // One byte more than an argument may have.
    ours.send_raw(b"*3\r\n$4\r\nEVAL\r\n$67108865\r\n").unwrap();
    assert_eq!(ours.read_to_close().unwrap(), b"-ERR Protocol error: invalid bulk length\r\n");
    assert_eq!(other.call(&["EVAL", "return redis.call('INCR', 'n')", "0"]), Value::Int(1));
}
