use super::*;
use crate::protocol::Args;

fn of(text: &str) -> Option<Calls> {
    calls(&Script::new(text.as_bytes(), b"@test").unwrap())
}

#[test]
fn code_without_loops_is_looked_at_once() {
    let names: Vec<String> = (0..100).map(|n| format!("a{n}")).collect();
    let branches: String = names.iter().map(|name| format!("if KEYS[1] then {name} = 1 end ")).collect();
    let text = format!("local {} = next, next {branches} return 1", names.join(","));
    let script = Script::new(text.as_bytes(), b"@test").unwrap();
    let (chunk, _) = script.code();
    let registers = usize::from(chunk.protos.last().unwrap().registers) + 3;
    assert!(chunk.code.len() * registers * 2 > WORK_MAX, "a second look would be too much");
    assert!(calls(&script).is_some());
}

fn names(calls: &Calls) -> Vec<&str> {
    calls.commands.iter().map(|called| std::str::from_utf8(&called.name).unwrap()).collect()
}

#[test]
fn calls_of_a_brief_script_are_found() {
    for (text, expected) in [
        ("return 1", &[][..]),
        ("return redis.call('get', KEYS[1])", &["get"]),
        (
            "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end",
            &["get", "del"],
        ),
        (
            "local call = redis.call local v = call('GET', KEYS[1]) return v and tonumber(v) or redis.pcall('ttl', 'k')",
            &["GET", "ttl"],
        ),
        ("local r = redis return r['call']('exists', unpack(KEYS))", &["exists"]),
        ("if ARGV[1] then return {ok = 'x'} end return redis.error_reply('E ' .. ARGV[2])", &[]),
        ("local function f() return redis.call('del', 'k') end return 1", &[]),
        ("return redis.call('set', KEYS[1], ARGV[1] or redis.call('get', 'x'))", &["get", "set"]),
        ("local t = {KEYS[1]} t.x = 1 t[2] = 2 return redis.call('get', t[1])", &["get"]),
    ] {
        let calls = of(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(names(&calls), expected, "{text}");
        assert_eq!(calls.is_brief, !text.contains("function"), "{text}");
    }
}

#[test]
fn calls_of_a_script_with_loops_are_found_and_it_is_not_brief() {
    for text in [
        "for i = 1, #KEYS do redis.call('get', KEYS[i]) end",
        "for _, key in ipairs(KEYS) do redis.call('get', key) end",
        "for _, key in pairs({'a'}) do if key then redis.call('get', key) break end end",
        "local n = 0 while n < 10 do n = n + 1 redis.call('get', n) end",
        "local n = 0 repeat n = n + 1 redis.call('get', n) until n > 9",
        "return redis.call('get', string.rep('x', 1000000000))",
        "return cjson.encode(redis.call('get', 'k'))",
    ] {
        let calls = of(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!((names(&calls), calls.is_brief), (vec!["get"], false), "{text}");
    }
    let doubling = format!("local s = ARGV[1] {} return #s", "s = s .. s ".repeat(7));
    assert!(!of(&doubling).unwrap().is_brief);
    let long = "redis.call('get', 'k') ".repeat(BRIEF_CALLS + 1);
    assert!(!of(&long).unwrap().is_brief);
}

#[test]
fn a_word_is_known_for_a_key_where_it_is_one_of_keys_on_every_way() {
    let last = |text: &str| {
        let called = of(text).unwrap().commands.pop().unwrap();
        (called.words, called.is_of_key)
    };
    for (text, expected) in [
        ("return redis.call('get', KEYS[1])", (Some(2), true)),
        ("local k = KEYS local key = k[ARGV[1]] return redis.call('set', key, 1)", (Some(3), true)),
        ("return redis.call('get', ARGV[1])", (Some(2), false)),
        ("return redis.call('get', 'k')", (Some(2), false)),
        ("return redis.call('get', KEYS[1] .. 'x')", (Some(2), false)),
        ("local key = KEYS[1] if ARGV[1] then key = ARGV[1] end return redis.call('get', key)", (Some(2), false)),
        ("return redis.call('del', KEYS[1], unpack(ARGV))", (None, true)),
        ("return redis.call('time')", (Some(1), false)),
    ] {
        assert_eq!(last(text), expected, "{text}");
    }
    for text in [
        "KEYS[1] = 'other' return redis.call('get', KEYS[1])",
        "local k = KEYS k.x = 1 return 1",
        "local t = {KEYS} t[1][1] = 'other' return redis.call('get', KEYS[1])",
        "KEYS = {'other'} return redis.call('get', KEYS[1])",
        "table.insert(KEYS, 1, 'other') return redis.call('get', KEYS[1])",
        "table.remove(KEYS) return 1",
    ] {
        assert!(!of(text).unwrap().is_brief, "{text}");
    }
}

/// What the analysis relies on.
#[test]
fn what_the_analysis_takes_for_fixed_cannot_be_replaced() {
    let mut bench = crate::executor::testing::bench();
    for text in [
        "redis = {call = tostring} return 1",
        "redis.call = tostring return 1",
        "string.len = redis.call return 1",
        "_G.tostring = redis.call return 1",
        "_G['tostring'] = redis.call return 1",
        "rawset(_G, 'tostring', redis.call) return 1",
        "rawset(redis, 'call', tostring) return 1",
        "setmetatable(_G, {__index = {}}) return 1",
        "table.insert(redis, tostring) return 1",
    ] {
        let reply = bench.run_args(&Args::from_slices(["EVAL", text, "0"]));
        assert!(reply.is_error(), "{text}: {reply:?}");
    }
}

#[test]
fn nothing_is_known_of_a_script_that_calls_what_its_code_does_not_name() {
    for text in [
        "return redis.call(ARGV[1], KEYS[1])",
        "return redis.call('s' .. 'et', KEYS[1])",
        "return redis.call()",
        "return redis.call(unpack(ARGV))",
        "local name = 'get' if ARGV[1] then name = 'del' end return redis.call(name, KEYS[1])",
        "local f = tostring if ARGV[1] then f = redis.call end return f('del', KEYS[1])",
        "return (ARGV[1] and redis.call or tostring)('del', 'k')",
        "local function f() return redis.call('del', 'k') end return f()",
        "return (function() return redis.call('del', 'k') end)()",
        "return pcall(redis.call, 'del', 'k')",
        "local t = {'del', 'k'} table.sort(t, redis.call) return t",
        "for a in redis.call, 'del' do return a end",
        "for a in next, {} do redis.call('get', 'k') end",
        "local t = setmetatable({}, {__index = redis}) return t.call('del', 'k')",
        "return string.gsub('del', '.*', redis.call)",
        "return ('x'):rep(3)",
        "return redis[ARGV[1]]('del', 'k')",
        "return _G.redis.call('del', 'k')",
        "local redis = {call = loadstring('x = 1')} return redis.call('get', 'k')",
        "return coroutine.wrap(redis.call)('del', 'k')",
        "return loadstring(ARGV[1])()",
        "local f for i = 1, 2 do if f then f('del', 'k') end f = redis.call end",
        "return math.random()",
        "return redis.setresp(3)",
    ] {
        assert_eq!(of(text), None, "{text}");
    }
    let long = "local a = 1 ".repeat(150) + &"a0 = a ".repeat(2000);
    assert_eq!(of(&long), None, "too long to be looked at");
}

#[test]
fn every_function_of_the_lists_exists() {
    let mut bench = crate::executor::testing::bench();
    for (names, kind) in [(SHORT, "function"), (LONGER, "function"), (WALKS, "function"), (LIBRARIES, "table")] {
        for name in names {
            let reply = bench.run_args(&Args::from_slices(["EVAL", &format!("return type({name})"), "0"]));
            assert_eq!(reply, crate::protocol::Reply::bulk(kind), "{name}");
        }
    }
}
