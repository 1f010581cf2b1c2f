//! The libraries that Redis gives to scripts, compared with a redis-server, script by script; and hostile input.

use lockstep::script::lib::Script;
use lockstep::script::vm::machine::{End, Fault};
use lockstep::script::vm::value::LuaValue;

use crate::support::process::Server;

/// `show` and `all`: values as texts that do not depend on the order of `pairs`.
pub const SHOW: &str = r##"local function show(v) local t = type(v) if t == "number" then return v ~= v and "nan" or string.format("%.17g", v) elseif t == "string" then return '"' .. v:gsub('[%c"\\\127-\255]', function(c) return string.format("\\%03d", c:byte()) end) .. '"' elseif t == "table" then local all = {} for k, x in pairs(v) do all[#all + 1] = "[" .. show(k) .. "]=" .. show(x) end table.sort(all) return "{" .. table.concat(all, ",") .. "}" elseif t == "function" then return t else return tostring(v) end end local function all(...) local r = {} for i = 1, select("#", ...) do r[i] = show((select(i, ...))) end return table.concat(r, " | ") end"##;
/// What stands between that and a script, on the script's first line.
const BEFORE: &str = " local answer = all(pcall(function() ";
/// Redis keeps the settings of `cjson` for the next script.
const AFTER: &str = r#"
end)) cjson.encode_sparse_array(false, 2, 10) cjson.encode_max_depth(1000) cjson.decode_max_depth(1000) cjson.encode_number_precision(14) cjson.encode_keep_buffer(true) cjson.encode_invalid_numbers(false) cjson.decode_invalid_numbers(true) return answer"#;

/// A script with what shows its results.
pub fn wrapped(source: &str) -> String {
    format!("{SHOW}{BEFORE}{source}{AFTER}")
}

fn run(source: &str, fuel: u64, memory: usize, stress: bool) -> Result<Vec<u8>, String> {
    let script = Script::new(source.as_bytes(), b"@user_script")
        .map_err(|error| format!("compile: {}", String::from_utf8_lossy(&error.0)))?;
    let mut vm = script.start(fuel, memory);
    if stress {
        (vm.heap.collect_from, vm.heap.collect_at) = (0, 0);
    }
    match vm.call_at(0, 0) {
        Ok(_) => match vm.thread.stack[0] {
            LuaValue::Str(id) => Ok(vm.bytes(id).to_vec()),
            other => Err(format!("no string: {other:?}")),
        },
        Err(Fault::Error(LuaValue::Str(id))) => Err(format!("error: {}", String::from_utf8_lossy(vm.bytes(id)))),
        Err(Fault::Ended(end)) => Err(format!("ended: {end:?}")),
        Err(other) => Err(format!("{other:?}")),
    }
}

fn shown(result: &Result<Vec<u8>, String>) -> String {
    match result {
        Ok(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Err(error) => format!("<{error}>"),
    }
}

#[test]
fn libraries_give_what_redis_gives() {
    let redis = Server::redis(&[]);
    let mut client = redis.client();
    let (mut failed, mut count) = (0, 0);
    let mut files: Vec<_> =
        std::fs::read_dir("tests/script/corpus_redis").unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        for source in text.trim_end().split("\n---\n") {
            count += 1;
            let source = wrapped(source);
            let reply = client.call(&["EVAL", &source, "0"]);
            let theirs = reply.bytes().map(<[u8]>::to_vec).ok_or_else(|| format!("{reply:?}"));
            let ours = run(&source, 2_000_000_000, 1 << 30, false);
            let stressed = run(&source, 2_000_000_000, 1 << 30, true);
            if theirs.is_err() || ours != theirs || stressed != theirs {
                failed += 1;
                let source = &source[SHOW.len() + BEFORE.len()..source.len() - AFTER.len()];
                let (ours, theirs, stressed) = (shown(&ours), shown(&theirs), shown(&stressed));
                println!("== {}\n{source}\n  ours:   {ours}\n  theirs: {theirs}", path.display());
                if stressed != ours {
                    println!("  stress: {stressed}");
                }
            }
        }
    }
    println!("{count} scripts, {failed} differ");
    assert_eq!(failed, 0);
    assert!(count >= 150);
}

fn ours(source: &str) -> String {
    String::from_utf8(run(source, 200_000_000, 64 << 20, false).unwrap()).unwrap()
}

/// How a run ends that is too small for what it is asked.
fn ends(source: &str, fuel: u64, memory: usize) -> String {
    run(source, fuel, memory, false).unwrap_err()
}

/// Bytes that a run has when it has ended by its memory.
fn bytes_at_end(source: &str, memory: usize) -> usize {
    let script = Script::new(source.as_bytes(), b"@user_script").map_err(|_| "compiles").unwrap();
    let mut vm = script.start(1 << 40, memory);
    assert!(matches!(vm.call_at(0, 0), Err(Fault::Ended(End::Memory))));
    vm.heap.bytes
}

fn budget() -> String {
    format!("ended: {:?}", End::Budget)
}

fn memory() -> String {
    format!("ended: {:?}", End::Memory)
}

#[test]
fn settings_of_cjson_are_the_defaults_in_every_run() {
    let change =
        "cjson.encode_max_depth(3) cjson.encode_sparse_array(true, 9, 9) return tostring(cjson.encode_max_depth())";
    assert_eq!(ours(change), "3");
    let read = "local a, b, c = cjson.encode_sparse_array() return tostring(cjson.encode_max_depth()) .. tostring(a) .. b .. c";
    assert_eq!(ours(read), "1000false210");
}

#[test]
fn nan_is_the_same_bytes_however_it_was_made() {
    let bytes = r#"
        local nans = {0/0, -(0/0), struct.unpack(">d", "\127\248\0\0\0\0\0\5"), tonumber("nan"), math.huge - math.huge,
            (struct.unpack(">f", "\127\192\0\7")), (cmsgpack.unpack("\203\255\248\0\0\0\0\0\9"))}
        local all = {}
        for _, n in ipairs(nans) do
            local packed = struct.pack(">dfI8", n, n, n) .. cmsgpack.pack(n) .. bit.tohex(n) .. tostring(n)
            all[packed] = true
        end
        local count, only = 0
        for packed in pairs(all) do count, only = count + 1, packed end
        return count .. " " .. only:gsub("[%c\127-\255]", function(c) return ("%02x"):format(c:byte()) end)"#;
    assert_eq!(ours(bytes), "1 fff8000000000000ffc000008000000000000000cbfff800000000000000000000-nan");
}

#[test]
fn deep_nesting_is_refused_at_any_setting() {
    for depth in ["", "cjson.decode_max_depth(2147483647) "] {
        let decode = format!("{depth}return select(2, pcall(cjson.decode, ('['):rep(10000)))");
        let limit = if depth.is_empty() { 1001 } else { 7999 };
        assert_eq!(ours(&decode), format!("Found too many nested data structures ({limit}) at character {limit}"),);
        let objects = format!("{depth}return select(2, pcall(cjson.decode, ('{{\"a\":'):rep(10000)))");
        assert!(ours(&objects).starts_with("Found too many nested data structures"));
    }
    let lists = ours("return select(2, pcall(cmsgpack.unpack, ('\\145'):rep(10000)))");
    assert_eq!(lists, "stack overflow (in function mp_decode_to_lua_array)");
    let keys = ours("return select(2, pcall(cmsgpack.unpack, ('\\129'):rep(10000)))");
    assert!(keys.starts_with("stack overflow (too many return values"));
}

#[test]
fn cyclic_tables_end_by_depth() {
    let list = "local t = {} t[1] = t return select(2, pcall(cjson.encode, t))";
    assert_eq!(ours(list), "Cannot serialise, excessive nesting (1001)");
    let map = "local t = {} t.x = t cjson.encode_max_depth(2147483647) return select(2, pcall(cjson.encode, t))";
    assert_eq!(ours(map), "Cannot serialise, excessive nesting (4000)");
    let packed = "local t = {} t[1] = t return tostring(#cmsgpack.pack(t))";
    assert_eq!(ours(packed), "17");
}

#[test]
fn tables_that_share_tables_end_by_budget() {
    let grow = "local t = {} for i = 1, 60 do t = {t, t} end ";
    assert_eq!(ends(&format!("{grow} return cjson.encode(t)"), 10_000_000, 1 << 30), budget());
    assert_eq!(ends(&format!("{grow} return cjson.encode(t)"), 1 << 40, 1 << 20), memory());
    // Packing stops at 16 levels, two tables each.
    let wide = "local t = {} for i = 1, 60 do t = {t, t, t, t, t, t, t, t, t, t} end ";
    assert_eq!(ends(&format!("{wide} return cmsgpack.pack(t)"), 10_000_000, 1 << 30), budget());
    assert_eq!(ends(&format!("{wide} return cmsgpack.pack(t)"), 1 << 40, 1 << 20), memory());
}

#[test]
fn long_json_under_a_small_budget_ends_the_run() {
    let long = "local s = ('x'):rep(10485760) ";
    // What making the text takes, and a little more.
    let fuel = 700_000;
    for call in
        ["cjson.decode('\"' .. s .. '\"')", "cjson.decode('[' .. s .. ']')", "cjson.encode(s)", "cjson.encode({s})"]
    {
        let source = format!("{long} local ok = pcall(function() return {call} end) return tostring(ok)");
        assert_eq!(ends(&source, fuel, 1 << 30), budget(), "{call}");
    }
    let blanks = "local s = (' '):rep(10485760) return tostring(pcall(cjson.decode, s))";
    assert_eq!(ends(blanks, fuel, 1 << 30), budget());
    let tables = "local s = ('[],'):rep(3000000) return tostring(pcall(cjson.decode, '[' .. s .. '1]'))";
    assert_eq!(ends(tables, 3_500_000, 1 << 30), budget());
    assert_eq!(ends(tables, 1 << 40, 64 << 20), memory());
    assert!(bytes_at_end(tables, 64 << 20) < 65 << 20, "it ends at the bound, not behind the text");
}

#[test]
fn long_messages_under_a_small_memory_end_the_run() {
    let tables = "local s = ('\\144'):rep(4000000) return tostring(pcall(cmsgpack.unpack, '\\221\\0\\61\\9\\0' .. s))";
    assert_eq!(ends(tables, 1 << 40, 32 << 20), memory());
    assert!(bytes_at_end(tables, 32 << 20) < 33 << 20, "it ends at the bound, not behind the message");
    assert_eq!(ends(tables, 3_000_000, 1 << 30), budget());
    let strings = "local s = ('y'):rep(1000000) local t = {} for i = 1, 1000 do t[i] = s end return cmsgpack.pack(t)";
    assert_eq!(ends(strings, 1 << 40, 32 << 20), memory());
    let format = "local s = ('y'):rep(1000000) local t = {} for i = 1, 1000 do t[i] = s end
        return struct.pack(('s'):rep(1000), unpack(t))";
    assert_eq!(ends(format, 1 << 40, 32 << 20), memory());
    assert_eq!(ends(format, 2_000_000, 1 << 40), budget());
}

#[test]
fn sparse_arrays_end_the_run_and_not_the_node() {
    let sparse = "cjson.encode_sparse_array(false, 0) return cjson.encode({[2000000000] = 1})";
    assert_eq!(ends(sparse, 100_000_000, 1 << 40), budget());
    assert_eq!(ends(sparse, 1 << 40, 64 << 20), memory());
    let refused = "return select(2, pcall(cjson.encode, {[2000000000] = 1}))";
    assert_eq!(ours(refused), "Cannot serialise table: excessively sparse array");
}

#[test]
fn claimed_lengths_take_no_memory() {
    for head in ["\\221\\255\\255\\255\\255", "\\223\\255\\255\\255\\255", "\\219\\255\\255\\255\\255"] {
        let source = format!("return select(2, pcall(cmsgpack.unpack, '{head}\\1\\2'))");
        let answer = run(&source, 10_000, 1 << 20, false).unwrap();
        assert_eq!(answer, b"Missing bytes in input.");
    }
    let source = "return select(2, pcall(struct.unpack, 'c2147483647', 'abc'))";
    assert!(run(source, 10_000, 1 << 20, false).unwrap().ends_with(b"(data string too short)"));
}

#[test]
fn modules_of_cjson_are_counted_as_memory() {
    assert_eq!(ends("for i = 1, 1e9 do cjson.new() end", 1 << 40, 4 << 20), memory());
    assert_eq!(ends("for i = 1, 1e9 do cjson.new() end", 10_000_000, 1 << 30), budget());
}
