//! Scripts against what redis-server 7.0.15 answered to them (`testdata/redis.txt`), in order, on one state.
//!
//! `> command`, `< Redis's reply`; where ours differs on purpose, `! reason` and `= our reply` follow.

mod functions;
mod kept;
mod locks;
mod work;

use crate::command::testing::Bench;
use crate::executor::testing::bench;
use crate::protocol::{Args, Resp, encode, parse};

const RECORDED: &str = include_str!("../testdata/redis.txt");

fn shown(bytes: &[u8]) -> String {
    let mut out = String::new();
    let mut rest = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
    while let [byte, tail @ ..] = rest {
        rest = match (byte, tail) {
            (b'\r', [b'\n', tail @ ..]) => {
                out.push(' ');
                tail
            }
            (b'\\', _) => {
                out.push_str("\\\\");
                tail
            }
            (32..=126, _) => {
                out.push(char::from(*byte));
                tail
            }
            _ => {
                out.push_str(&format!("\\x{byte:02x}"));
                tail
            }
        };
    }
    out
}

fn answer(bench: &mut Bench, line: &str) -> String {
    let words = parse::split_inline(line.as_bytes()).unwrap();
    let mut out = bytes::BytesMut::new();
    encode(&mut out, &bench.run_args(&Args::from_slices(words)), Resp::V2);
    shown(&out)
}

/// Runs what was recorded: how many commands, and what is wrong.
fn replay(recorded: &str) -> (usize, String) {
    let mut bench = bench();
    bench.state.cluster.level = crate::FEATURE_LEVEL;
    let (mut wrong, mut count, mut got) = (String::new(), 0, String::new());
    let mut lines = recorded.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(command) = line.strip_prefix("> ") {
            got = answer(&mut bench, command);
            count += 1;
        } else if let Some(redis) = line.strip_prefix("< ") {
            let expected = match lines.peek().and_then(|line| line.strip_prefix("! ")) {
                Some(_) => {
                    lines.next();
                    let ours = lines.next().and_then(|line| line.strip_prefix("= ")).unwrap();
                    assert_ne!(ours, redis, "no difference");
                    ours
                }
                None => redis,
            };
            if got != expected {
                wrong.push_str(&format!("#{count}\n  want {expected}\n  got  {got}\n"));
            }
        }
    }
    (count, wrong)
}

#[test]
fn script_replies_are_those_of_redis() {
    let (count, wrong) = replay(RECORDED);
    assert!(count > 300);
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn time_in_a_script_is_that_of_the_entry() {
    let mut bench = bench();
    bench.now_ms = 1_790_000_001_234;
    assert_eq!(bench.text("EVAL \"return redis.call('TIME')\" 0"), "*2 $10 1790000001 $6 234000");
}

/// A state whose scripts have this budget and memory.
fn bounded(budget: u64, memory: u64) -> Bench {
    let mut bench = bench();
    bench.state.options.script_budget = budget;
    bench.state.options.script_memory = memory;
    bench
}

fn eval(bench: &mut Bench, script: &str) -> String {
    let mut out = bytes::BytesMut::new();
    encode(&mut out, &bench.run_args(&Args::from_slices(["EVAL", script, "0"])), Resp::V2);
    shown(&out)
}

const BUDGET: u64 = 2_000_000;
const MEMORY: u64 = 16 * 1024 * 1024;

/// How a bomb ends: by its units, by its bytes, or by an error of its own that nothing had to stop.
fn ends(script: &str) -> &'static str {
    let reply = eval(&mut bounded(BUDGET, MEMORY), script);
    match reply.as_str() {
        "-ERR the script was stopped: its budget of 2000000 units is used up (script-budget); what it had written stays" => {
            "budget"
        }
        "-ERR the script was stopped: it needs more than 16777216 bytes (script-memory); what it had written stays" => {
            "memory"
        }
        reply => panic!("{script}\nanswers {}", &reply[..reply.len().min(300)]),
    }
}

#[test]
fn endless_loops_end_whatever_catches_errors() {
    for script in [
        "while true do end",
        "repeat until false",
        "for i = 1, math.huge do end",
        "local function f() return f() end return f()",
        "while true do pcall(function() while true do end end) end",
        "while true do xpcall(function() while true do end end, function() while true do end end) end",
        "while true do xpcall(function() error('x') end, function() while true do end end) end",
        "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
        "local co = coroutine.wrap(function() while true do coroutine.yield() end end) while true do co() end",
        "while true do coroutine.wrap(function() end)() end",
        // Each ends before its own hook would have counted anything.
        "for i = 1, 20000 do coroutine.wrap(function() local x = 0 for j = 1, 15 do x = x + j end end)() end",
        "while true do pcall(coroutine.wrap(function() while true do end end)) end",
        "while true do pcall(error) end",
        "local t = setmetatable({}, {__index = function(t, k) return t[k + 1] end}) while true do pcall(function() return t[1] end) end",
        "while true do redis.call('GET', 'k') end",
        "while true do redis.pcall('nope') end",
        "while true do pcall(redis.call, 'nope') end",
        "while true do pcall(string.rep) end",
        "local t = {} for i = 1, 1000 do t[i] = i % 7 end while true do table.sort(t) end",
        "local t = {3, 2, 1} table.sort(t, function(a, b) while true do end end)",
        "local function f(...) return f(...) end return f(unpack({}, 1, 7000))",
        "local t = {} for i = 1, 5000 do t[i] = '' end while true do table.concat(t) end",
        "local t = {} for i = 1, 5000 do t[i] = i end while true do table.insert(t, 1, 0) table.remove(t, 1) end",
        "while true do loadstring('return 1') end",
        "return load(function() return ' ' end)",
        "local t = {} for i = 1, 100 do t[i] = i end while true do for k in pairs(t) do end end",
        "while true do string.format('%99d', 1) end",
        "while true do redis.sha1hex('x') end",
    ] {
        assert_eq!(ends(script), "budget", "{script}");
    }
}

#[test]
fn bombs_end_by_their_bytes() {
    for script in [
        "return string.rep('x', 1e9)",
        "return string.rep('x', 2^31 - 1)",
        "return string.rep('xxxxxxxxxxxxxxxx', 2^30)",
        "local s = 'x' while true do s = s .. s end",
        "pcall(function() local s = 'x' while true do s = s .. s end end) return 1",
        "coroutine.resume(coroutine.create(function() local s = 'x' while true do s = s .. s end end)) return 1",
        "while true do pcall(string.rep, 'x', 1e9) end",
        "local s = string.rep('x', 1e6) local t = {} for i = 1, 100 do t[i] = s end return table.concat(t)",
        "local s = string.rep('x', 1e6) local t = {} for i = 1, 100 do t[i] = s end return t",
        "local s = string.rep('x', 1e6) local t = {} for i = 1, 100 do t[i] = s end return redis.call('DEL', unpack(t))",
        "local s = string.rep('%s', 100) local a = string.rep('x', 1e6) local t = {} for i = 1, 100 do t[i] = a end return string.format(s, unpack(t))",
    ] {
        assert_eq!(ends(script), "memory", "{script}");
    }
}

#[test]
fn growth_ends_by_either_bound() {
    for script in [
        "local t = {{1}} for i = 1, 60 do t = {t, t} end return t",
        "local t = {} while true do t[#t + 1] = {} end",
        "local t = {} for i = 1, 1e9 do t[i] = i end",
        "local t = {} for i = 1, 1e9 do t['k' .. i] = i end",
        "local s = '' while true do s = s .. 'some text' end",
        "local a, b = string.rep('a', 1e6), string.rep('b', 1e6) while true do local c = a .. b end",
        "local a, b = string.rep('a', 1e6) .. '1', string.rep('a', 1e6) .. '2' while true do local c = a < b end",
        "local n = string.rep('1', 1e6) while true do pcall(function() return n + 1 end) end",
        "local s = string.rep('x', 1e6) while true do s:upper() end",
        "local s = string.rep('x', 1e6) while true do s:find('y', 1, true) end",
        "local s = string.rep('x', 1e6) while true do redis.call('SET', 'k', s) end",
        "redis.call('SET', 'k', string.rep('x', 1e6)) while true do redis.call('GET', 'k') end",
        "local t = {} while true do t[#t + 1] = coroutine.create(function() end) end",
        "local t = {} while true do t[#t + 1] = function() return t end end",
    ] {
        ends(script);
    }
}

#[test]
fn deep_recursion_and_long_lists_are_errors_of_the_script() {
    let mut bench = bench();
    for (script, reply) in [
        ("local function f() return 1 + f() end return f()", "user_script:1: stack overflow"),
        ("local function f() return pcall(f) end local ok = f() return tostring(ok)", ""),
        ("local t = setmetatable({}, {}) getmetatable(t).__index = t return t.x", "loop in gettable"),
        ("return #{unpack({}, 1, 7900)}", ":0"),
        ("return select('#', unpack({}, 1, 7900))", ":7900"),
        ("return redis.pcall('nope', unpack({}, 1, 7900))", "arguments must be strings"),
        ("local t = {} for i = 1, 7900 do t[i] = 'x' end return redis.call('DEL', unpack(t))", ":0"),
        ("local t = {} for i = 1, 7900 do t[i] = 65 end return #string.char(unpack(t))", ":7900"),
        ("local t = {} for i = 1, 7900 do t[i] = 65 end return math.max(unpack(t))", ":65"),
        ("local s = string.rep('x', 6000) return select('#', s:byte(1, -1))", ":6000"),
        ("local t = {} t[1] = t return #redis.sha1hex('') + 0", ":40"),
    ] {
        let got = eval(&mut bench, script);
        assert!(got.contains(reply), "{script}\n{got}");
    }
    let got = eval(&mut bench, "local t = {} t[1] = t return t");
    assert!(got.starts_with("*1 *1 ") && got.ends_with("-ERR reached lua stack limit"), "{got}");
}

/// On three quarters of the stack that a thread of the server has, in a build without optimization: making, copying, encoding, dropping.
#[test]
fn a_reply_is_nested_a_thousand_deep_and_no_deeper() {
    let work = || {
        let mut bench = bench();
        for (levels, error) in [(999, false), (1000, true), (20_000, true)] {
            for wrapped in ["{t}", "{map={k=t}}"] {
                let script = format!("local t = {{1}} for i = 1, {levels} do t = {wrapped} end return t");
                let reply = bench.run_args(&Args::from_slices(["EVAL", &script, "0"]));
                for resp in [Resp::V2, Resp::V3] {
                    let mut out = bytes::BytesMut::new();
                    encode(&mut out, &reply.clone(), resp);
                    assert_eq!(out.ends_with(b"-ERR reached lua stack limit\r\n"), error, "{levels} {wrapped}");
                }
                assert!(reply.is_longer_than(900));
                bench.state.digest.reply(&reply);
            }
        }
    };
    std::thread::Builder::new().stack_size(3 << 19).spawn(work).unwrap().join().unwrap();
}

#[test]
fn writes_of_a_stopped_script_stay() {
    let mut bench = bounded(BUDGET, MEMORY);
    let reply = eval(&mut bench, "redis.call('SET', 'k', 'v') while true do pcall(redis.call, 'INCR', 'n') end");
    assert!(reply.contains("was stopped"), "{reply}");
    assert_eq!(bench.text("GET k"), "$1 v");
    let count: i64 = bench.text("GET n").rsplit(' ').next().unwrap().parse().unwrap();
    assert!(count > 1000, "{count}");
}

#[test]
fn every_run_ends_at_the_same_point_whatever_ran_before() {
    let bomb = "local t = {} while true do local n = redis.call('INCR', 'n') \
                t['k' .. n] = string.rep('x', n % 100) .. n if n % 7 == 0 then t = {} end end";
    let mut first = None;
    for round in 0..5 {
        let mut bench = bounded(BUDGET, MEMORY);
        for i in 0..round * 3 {
            eval(&mut bench, &format!("local t = {{}} for i = 1, 1000 do t[i] = 'other ' .. i .. '{i}' end return #t"));
        }
        bench.run("DEL n");
        eval(&mut bench, bomb);
        let count = bench.text("GET n");
        assert_eq!(&count, first.get_or_insert_with(|| count.clone()));
    }
}

#[test]
fn iteration_order_is_the_same_in_every_state() {
    let script = "local t = {} for i = 1, 300 do t['key' .. (i * 7919 % 1000)] = i end t.x, t.yy, t[1], t[true] = 1, 2, 3, 4 \
                  for i = 1, 300, 3 do t['key' .. (i * 7919 % 1000)] = nil end \
                  local r = {} for k in pairs(t) do r[#r + 1] = tostring(k) end return table.concat(r, ' ')";
    let first = eval(&mut bench(), script);
    assert!(first.len() > 1000, "{first}");
    for _ in 0..200 {
        assert_eq!(eval(&mut bench(), script), first);
    }
}

#[test]
fn object_addresses_are_not_visible() {
    let mut bench = bench();
    for (script, reply) in [
        ("return tostring({})", "$5 table"),
        ("return tostring(print == nil)", "nonexistent global variable 'print'"),
        ("return tostring(tostring)", "$8 function"),
        ("return tostring(redis.call)", "$8 function"),
        ("return tostring(redis)", "$5 table"),
        ("return tostring(coroutine.create(function() end))", "$6 thread"),
        ("local ok, e = pcall(error, {}) return tostring(e)", "$5 table"),
        ("error({})", "-ERR unknown error"),
        ("error(function() end)", "-ERR function script:"),
        ("local t = {[{}] = 1} local n = 0 for k in pairs(t) do n = n + 1 end return n", ":1"),
        ("return type(next({[function() end] = 1}))", "$8 function"),
        ("return table.foreach({[{}] = 1}, tostring)", "$5 table"),
        ("return {map = {[{}] = 1}}", "*2 *0 :1"),
        ("return {set = {[{}] = 1}}", "*1 *0"),
        ("local k = {} local t = {[k] = 5} return t[k]", ":5"),
        ("return setmetatable({}, {__mode = 'k'})", "*0"),
        ("return setmetatable({}, {__gc = function() end})", "*0"),
    ] {
        let got = eval(&mut bench, script);
        assert!(got.contains(reply), "{script}\n{got}");
    }
}

#[test]
fn powers_and_numbers_go_through_our_functions() {
    let mut bench = bench();
    assert_eq!(eval(&mut bench, "local x = tonumber('2') return x ^ 10"), ":1024");
    // The system's strtod would read it.
    assert_eq!(eval(&mut bench, "return tonumber(string.rep('1', 5000)) == nil"), ":1");
    assert_eq!(eval(&mut bench, "return tonumber(string.rep('1', 4000)) == 1/0"), ":1");
}

#[test]
fn random_numbers_are_those_of_the_entry() {
    let script = "return {math.random(1e9), math.random(1e9), math.random(5, 10), tostring(math.random())}";
    let first = eval(&mut bench(), script);
    assert_eq!(eval(&mut bench(), script), first);
    let mut bench_of_many = bench();
    let mut several: Vec<String> = (0..8).map(|_| eval(&mut bench_of_many, "return math.random(1e9)")).collect();
    several.sort();
    several.dedup();
    assert_eq!(several.len(), 8, "each run has its own");
    let seeded = "math.randomseed(7) return math.random(1e9)";
    assert_eq!(eval(&mut bench_of_many, seeded), eval(&mut bench_of_many, seeded));
    assert_ne!(eval(&mut bench(), seeded), eval(&mut bench(), "return math.random(1e9)"));
}

#[test]
fn below_level_3_random_numbers_are_the_same_in_every_run() {
    let mut bench = bench();
    bench.state.cluster.level = 2;
    let first = eval(&mut bench, "return math.random(1e9)");
    assert_eq!(eval(&mut bench, "return math.random(1e9)"), first);
    assert_eq!(bench.text("EVAL_RO 'return math.random(1e9)' 0"), first);
}

#[test]
fn loaded_scripts_are_replicated_state() {
    let mut bench = bench();
    let before = bench.state.digest.value();
    assert_eq!(bench.text("SCRIPT LOAD 'return 1'"), "$40 e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
    assert_ne!(bench.state.digest.value(), before);
    assert_eq!(bench.text("EVALSHA E0E1F9FABFC9D4800C877A703B823AC0578FF8DB 0"), ":1");
    eval(&mut bench, "error('fails')");
    assert_eq!(bench.state.scripts.len(), 2, "what compiles is kept although it fails");
    eval(&mut bench, "return (");
    assert_eq!(bench.state.scripts.len(), 2);
    bench.run("SCRIPT FLUSH");
    assert!(bench.state.scripts.is_empty());
}

#[test]
fn eval_ro_loads_what_compiles() {
    let mut bench = bench();
    for (command, loaded) in [
        ("EVAL_RO 'return 3' 0", true),
        ("EVAL_RO 'return 3' 0", false),
        ("EVAL_RO \"return redis.call('SET', 'k', 1)\" 0", true),
        ("EVAL_RO \"#!lua flags=no-writes\\nreturn 1\" 0", true),
        ("EVAL_RO \"#!lua\\nreturn 1\" 0", true),
        ("EVAL_RO \"#!lua flags=nope\\nreturn 1\" 0", false),
        ("EVAL_RO 'return (' 0", false),
        ("EVAL_RO 'return 4' -1", false),
        ("EVAL_RO 'return 5' 1", false),
    ] {
        let before = (bench.state.scripts.len(), bench.state.digest.value());
        let first = answer(&mut bench, command);
        assert_eq!(bench.state.scripts.len(), before.0 + usize::from(loaded), "{command}");
        assert!(!loaded || bench.state.digest.value() != before.1, "{command}");
        assert_eq!(answer(&mut bench, command), first, "{command}: as a read");
    }
    assert_eq!(bench.text("EXISTS k"), ":0");
}

#[test]
fn each_write_of_a_script_has_a_revision_of_its_own() {
    let mut bench = bench();
    let before = bench.state.revision();
    eval(&mut bench, "redis.call('SET', 'a', 1) redis.call('GET', 'a') redis.call('SET', 'b', 2)");
    assert_eq!(bench.state.revision(), before + 3, "EVAL itself and two writes; the read takes none");
    let revision = |key: &[u8]| bench.state.db(0).get(key).unwrap().revision();
    assert_eq!((revision(b"a"), revision(b"b")), (before + 2, before + 3));
}

#[test]
fn a_script_that_one_node_lacks_shows_in_the_digest() {
    let digest = |loaded: bool| {
        let mut bench = bench();
        if loaded {
            let source = super::Source::new(bytes::Bytes::from_static(b"return 1")).unwrap();
            bench.state.scripts.load(source.sha(), source.body(), usize::MAX).unwrap();
        }
        eval(&mut bench, "return 1");
        bench.state.digest.value()
    };
    assert_ne!(digest(true), digest(false));
}
