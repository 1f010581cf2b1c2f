//! The engine of scripts beside the C Lua: one run each of the same script, compiled before, on the thread's CPU time.
//!
//!     cargo bench --bench lua [FILTER]
//!
//! The C Lua reuses one state, without Redis's sandbox; ours begins each run afresh, as the server does. `cjson` and `cmsgpack` are not
//! in the C Lua: their peer is the redis-server of this machine, by the CPU time that it takes for the same script (left out where there
//! is none). The list of ratios at the end is ours to theirs in speed, from rounds that take turns: medians of them, whatever else the
//! machine does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "bench"
)]

#[path = "lua/redis.rs"]
mod redis;

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{BenchmarkId, Criterion};
use lockstep::script::lib::Script;
use lockstep::script::vm::machine::Fault;

use self::redis::Redis;

/// (name, script)
const CASES: &[(&str, &str)] = &[
    ("start of a run", "return 1"),
    ("loop of 1,000,000", "local n = 0 for i = 1, 1000000 do n = n + i % 7 end return n"),
    (
        "while of 1,000,000",
        "local i, n = 0, 0 while i < 1000000 do if i % 2 == 0 then n = n + i else n = n - 1 end i = i + 1 end return n",
    ),
    ("call", "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end return fib(22)"),
    ("closures", "local n = 0 for i = 1, 50000 do local function add(x) return x + i end n = n + add(1) end return n"),
    ("string building", "local s = '' for i = 1, 3000 do s = s .. 'abcdefgh' end return s"),
    ("strings of a table", "local t = {} for i = 1, 30000 do t[#t + 1] = 'item:' .. i end return table.concat(t, ',')"),
    (
        "table building",
        "local n = 0 for r = 1, 30 do local t = {} for i = 1, 3000 do t[i] = i end n = n + #t end return n",
    ),
    (
        "table reading",
        "local t = {} for i = 1, 1000 do t[i] = i end local n = 0 for r = 1, 100 do for i = 1, #t do n = n + t[i] end end return n",
    ),
    (
        "ipairs",
        "local t = {} for i = 1, 1000 do t[i] = i end local n = 0 for r = 1, 100 do for _, v in ipairs(t) do n = n + v end end return n",
    ),
    (
        "pairs",
        "local t = {} for i = 1, 1000 do t['k' .. i] = i end local n = 0 for r = 1, 50 do for _, v in pairs(t) do n = n + v end end return n",
    ),
    (
        "field access",
        "local p = {x = 1, y = 2, z = 3} for i = 1, 100000 do p.x = p.y + p.z p.y = p.x - p.z end return p.x",
    ),
    (
        "keys",
        "local t = {} for i = 1, 20000 do t['key:' .. i] = i end local n = 0 for i = 1, 20000 do n = n + t['key:' .. i] end return n",
    ),
    (
        "objects",
        "local P = {} P.__index = P function P.new(x) return setmetatable({x = x}, P) end function P:get() return self.x end \
         local n = 0 for i = 1, 30000 do n = n + P.new(i):get() end return n",
    ),
    (
        "sort",
        "local t, x = {}, 1 for i = 1, 20000 do x = (x * 16807) % 2147483647 t[i] = x end table.sort(t) return t[1]",
    ),
    (
        "sort with a comparator",
        "local t, x = {}, 1 for i = 1, 10000 do x = (x * 16807) % 2147483647 t[i] = x end table.sort(t, function(a, b) return a > b end) return t[1]",
    ),
    (
        "pattern",
        "local s, n = ('key=value; '):rep(500), 0 for k, v in s:gmatch('(%w+)=(%w+)') do n = n + #k + #v end return n",
    ),
    ("gsub", "local s = ('hello world '):rep(500) local r, n = s:gsub('o', '0') return n"),
    ("format", "local n = 0 for i = 1, 10000 do n = n + #string.format('%05d %s %.2f', i, 'abc', i / 3) end return n"),
];

/// What needs Redis's libraries: (name, script).
const REDIS_CASES: &[(&str, &str)] = &[
    (
        "cjson round trip",
        "local t = {id = 17, name = 'a name', tags = {'one', 'two', 'three'}, nested = {list = {1, 2, 3, 4.5, 6}, flag = true}} \
         local n = 0 for i = 1, 2000 do n = n + #cjson.decode(cjson.encode(t)).tags end return n",
    ),
    (
        "cjson round trip of a long list",
        "local t = {} for i = 1, 1000 do t[i] = {id = i, name = 'name ' .. i} end \
         local n = 0 for i = 1, 10 do n = n + #cjson.decode(cjson.encode(t)) end return n",
    ),
    (
        "cmsgpack round trip",
        "local t = {id = 17, name = 'a name', tags = {'one', 'two', 'three'}, nested = {list = {1, 2, 3, 4.5, 6}, flag = true}} \
         local n = 0 for i = 1, 2000 do n = n + #cmsgpack.unpack(cmsgpack.pack(t)).tags end return n",
    ),
];

const COMPILED: &str = "local t = {} for i = 1, 10 do t[i] = redis.call('GET', KEYS[i]) if t[i] then t[i] = tonumber(t[i]) + 1 \
     redis.call('SET', KEYS[i], t[i]) else redis.call('SET', KEYS[i], ARGV[1]) end end return t";

/// Time of the thread on its CPU.
struct CpuTime;

fn thread_time() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

impl Measurement for CpuTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        thread_time()
    }

    fn end(&self, start: Duration) -> Duration {
        thread_time() - start
    }

    fn add(&self, a: &Duration, b: &Duration) -> Duration {
        *a + *b
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        value.as_nanos() as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

/// The time that so many runs take.
type Runs = Box<dyn FnMut(u64) -> Duration>;

struct Case {
    name: &'static str,
    ours: Runs,
    theirs: Runs,
}

fn timed(mut run: impl FnMut() + 'static) -> Runs {
    Box::new(move |count| {
        let start = thread_time();
        (0..count).for_each(|_| run());
        thread_time() - start
    })
}

fn ours(source: &str) -> Runs {
    let script = Script::new(source.as_bytes(), b"@user_script").unwrap();
    timed(move || {
        let mut vm = script.start(1 << 40, 1 << 30);
        match vm.call_at(0, 0) {
            Ok(count) => _ = black_box((count, vm.thread.stack.first().copied())),
            Err(Fault::Error(value)) => {
                panic!("{:?}", vm.text_of(value).map(|text| String::from_utf8_lossy(&text).into_owned()))
            }
            Err(other) => panic!("{other:?}"),
        }
    })
}

fn theirs(lua: &mlua::Lua, source: &str) -> Runs {
    let function = lua.load(source).into_function().unwrap();
    timed(move || {
        black_box(function.call::<mlua::Value>(()).unwrap());
    })
}

fn cases() -> Vec<Case> {
    let lua = mlua::Lua::new();
    let mut cases: Vec<Case> =
        CASES.iter().map(|(name, source)| Case { name, ours: ours(source), theirs: theirs(&lua, source) }).collect();
    let ours_compiled = timed(|| _ = black_box(Script::new(COMPILED.as_bytes(), b"@user_script").unwrap()));
    let theirs_compiled = timed(move || _ = black_box(lua.load(COMPILED).into_function().unwrap()));
    cases.push(Case { name: "compile", ours: ours_compiled, theirs: theirs_compiled });
    match Redis::start() {
        Ok(server) => {
            let server = std::rc::Rc::new(std::cell::RefCell::new(server));
            for (name, source) in REDIS_CASES {
                let server = server.clone();
                let sha = server.borrow_mut().load(source);
                let theirs: Runs = Box::new(move |count| server.borrow_mut().time(&sha, count));
                cases.push(Case { name, ours: ours(source), theirs });
            }
        }
        Err(error) => println!("no redis-server to compare with: {error}"),
    }
    cases
}

/// Rounds of about 20 ms for either.
fn ratio(case: &mut Case, rounds: usize) -> f64 {
    let count = |runs: &mut Runs| {
        let one = runs(3).max(Duration::from_nanos(30)) / 3;
        (Duration::from_millis(20).as_nanos() / one.as_nanos()).clamp(1, 1_000_000) as u64
    };
    let (ours, theirs) = (count(&mut case.ours), count(&mut case.theirs));
    let mut ratios: Vec<f64> = (0..rounds)
        .map(|_| {
            let ours = (case.ours)(ours).as_secs_f64() / ours as f64;
            (case.theirs)(theirs).as_secs_f64() / theirs as f64 / ours
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    ratios[rounds / 2]
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let is_chosen = |case: &Case| {
        let filters: Vec<&String> = args.iter().filter(|arg| !arg.starts_with("--")).collect();
        filters.is_empty() || filters.iter().any(|filter| case.name.contains(filter.as_str()))
    };
    let mut cases: Vec<Case> = cases().into_iter().filter(is_chosen).collect();
    if !args.iter().any(|arg| arg == "--ratios") {
        let mut criterion = Criterion::default()
            .with_measurement(CpuTime)
            .without_plots()
            .warm_up_time(Duration::from_millis(300))
            .measurement_time(Duration::from_secs(2))
            .sample_size(20);
        for case in &mut cases {
            let mut group = criterion.benchmark_group(case.name);
            for (who, runs) in [("ours", &mut case.ours), ("theirs", &mut case.theirs)] {
                group.bench_function(BenchmarkId::from_parameter(who), |bencher| bencher.iter_custom(&mut *runs));
            }
            group.finish();
        }
    }
    println!("{:<34} {:>12} {:>8}", "", "ours, us", "speed");
    for case in &mut cases {
        let ratio = ratio(case, 11);
        let count = 5;
        let one = (case.ours)(count).as_secs_f64() / count as f64;
        println!("{:<34} {:>12.2} {:>7.2}x", case.name, one * 1e6, ratio);
    }
}
