//! Libraries of functions.

use super::{answer, bounded, replay};
use crate::command::testing::Bench;
use crate::executor::testing::bench;
use crate::protocol::{Args, Reply};
use crate::rdb::payload;
use crate::script::library::{Header, load};
use crate::store::{Libraries, Library, Loaded, State};

const RECORDED: &str = include_str!("../testdata/functions.txt");

const LIBRARY: &str = "#!lua name=lib
local calls, seen = 0, {}
local function count() calls = calls + 1 seen[calls] = 'seen' return {calls, #seen} end
redis.register_function('count', count)
redis.register_function('set', function(keys, args) return redis.call('SET', keys[1], args[1]) end)
redis.register_function{function_name='get', callback=function(keys) return redis.call('GET', keys[1]) end, flags={'no-writes'}}";

fn loaded(code: &str) -> Bench {
    let mut bench = bench();
    let reply = put(&mut bench, code);
    assert!(matches!(reply, Reply::Bulk(_)), "{reply:?}");
    bench
}

fn put(bench: &mut Bench, code: &str) -> Reply {
    bench.run_args(&Args::from_slices(["FUNCTION", "LOAD", "REPLACE", code]))
}

fn error_of(reply: Reply) -> String {
    match reply {
        Reply::Error(error) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

/// The state as another node has it that has loaded nothing yet.
fn forget(state: &mut State) {
    let mut libraries = Libraries::default();
    for library in state.libraries.iter() {
        libraries.add(Library { loaded: Loaded::default(), ..(**library).clone() }, false).unwrap();
    }
    state.libraries = libraries;
}

#[test]
fn function_replies_are_those_of_redis() {
    let (count, wrong) = replay(RECORDED);
    assert!(count > 120);
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn each_run_begins_with_the_library_as_it_was_loaded() {
    let mut bench = loaded(LIBRARY);
    for _ in 0..3 {
        assert_eq!(bench.text("FCALL count 0"), "*2 :1 :1");
    }
}

#[test]
fn a_load_that_fails_changes_nothing() {
    for code in [
        "#!lua name=lib\nredis.register_function('count', function() end) nosuch()",
        "#!lua name=lib\nredis.register_function('count', function() end) redis.register_function('COUNT', function() end)",
        "#!lua name=lib\n",
        "#!lua name=lib\nx =",
        "#!lua name=other\nredis.register_function('new', function() end) redis.register_function('Get', function() end)",
        "#!lua name=lib\nwhile true do end",
        "#!lua name=lib\nredis.register_function('a', function() end) local t = {} for i = 1, 1e9 do t[i] = {} end",
    ] {
        let mut bench = loaded(LIBRARY);
        bench.state.options.script_budget = 30_000_000;
        let before = bench.state.libraries.clone();
        assert!(matches!(put(&mut bench, code), Reply::Error(_)), "{code}");
        assert_eq!(bench.state.libraries, before, "{code}");
        assert_eq!(bench.text("FCALL count 0"), "*2 :1 :1", "{code}");
    }
}

#[test]
fn what_loading_may_take_is_bounded() {
    let budget = 100_000;
    for (code, end) in [
        ("while true do end", "its budget of 100000 units is used up (script-budget)"),
        ("local s = ('x'):rep(20000000)", "it needs more than 16777216 bytes (script-memory)"),
        (
            "local s = ('x'):rep(90000) for i = 1, 999 do redis.register_function{function_name='f' .. i, \
             callback=function() end, description=s} end",
            "its budget of 100000 units is used up (script-budget)",
        ),
    ] {
        let mut bench = bounded(budget, 1 << 30);
        let error = error_of(put(&mut bench, &format!("#!lua name=lib\n{code}")));
        assert_eq!(error, format!("ERR Error registering functions: the load was stopped: {end}"), "{code}");
    }
    // Descriptions take memory as long as they are there.
    let mut bench = bounded(1 << 40, 1 << 30);
    let code = "#!lua name=lib\nlocal s = ('x'):rep(1000000) for i = 1, 999 do redis.register_function{function_name='f' .. i, \
                callback=function() end, description=s} end";
    assert!(error_of(put(&mut bench, code)).ends_with("(script-memory)"));
}

/// The digest has the replies: where the budget ends a run shows in it.
#[test]
fn whether_a_node_has_loaded_the_library_already_is_not_felt() {
    let code = "#!lua name=lib
local t = {} for i = 1, 100 do t[i] = {i} end
redis.register_function('spend', function(keys, args) local n = 0 while true do n = n + 1 redis.call('SET', 'n', n) end end)
redis.register_function('get', function() return redis.call('GET', 'n') end)";
    let spent = |is_new: bool| {
        let mut bench = loaded(code);
        bench.state.options.script_budget = 200_000;
        let mut replies = Vec::new();
        for _ in 0..3 {
            if is_new {
                forget(&mut bench.state);
            }
            replies.push((bench.text("FCALL spend 0"), bench.text("FCALL get 0")));
        }
        (replies, bench.state.digest.value())
    };
    let first = spent(false);
    assert!(first.0[0].0.contains("was stopped"), "{first:?}");
    assert_eq!(spent(true), first);
}

#[test]
fn loading_is_paid_for_by_each_run() {
    let code = |rounds| {
        format!(
            "#!lua name=lib\nlocal n = 0 for i = 1, {rounds} do n = n + i end\n\
             redis.register_function('f', function() return n end)"
        )
    };
    for (rounds, expected) in [(100, ":5050"), (100_000, "-ERR the script was stopped")] {
        let mut bench = loaded(&code(rounds));
        bench.state.options.script_budget = 50_000;
        assert!(bench.text("FCALL f 0").starts_with(expected), "{rounds}");
        forget(&mut bench.state);
        assert!(bench.text("FCALL f 0").starts_with(expected), "{rounds}");
    }
}

#[test]
fn libraries_are_in_the_digest() {
    let digest = |lines: &[&str]| {
        let mut bench = bench();
        let before = bench.state.digest.value();
        lines.iter().for_each(|line| _ = answer(&mut bench, line));
        assert_ne!(bench.state.digest.value(), before);
        bench.state.digest.value()
    };
    let load = |n| format!("FUNCTION LOAD \"#!lua name=l\\nredis.register_function('f', function() return {n} end)\"");
    assert_ne!(digest(&[&load(1)]), digest(&[&load(2)]));
    assert_ne!(digest(&[&load(1), "FUNCTION FLUSH"]), digest(&[&load(1), "FUNCTION DELETE l"]));
}

#[test]
fn a_dump_is_restored_by_each_policy() {
    let mut from = loaded(LIBRARY);
    let other = "#!lua name=other\nredis.register_function('o', function() return 1 end)";
    put(&mut from, other);
    let Reply::Bulk(dump) = from.run("FUNCTION DUMP") else { panic!() };
    let restore = |bench: &mut Bench, policy: &[&[u8]]| {
        let words = [&[&b"FUNCTION"[..], b"RESTORE", &dump], policy].concat();
        bench.run_args(&Args::from_slices(words))
    };
    let mut bench = bench();
    assert_eq!(restore(&mut bench, &[]), Reply::Ok);
    let list = |bench: &mut Bench| bench.text("FUNCTION LIST WITHCODE");
    assert_eq!(list(&mut bench), list(&mut from));
    for policy in [&[][..], &[&b"append"[..]]] {
        assert_eq!(error_of(restore(&mut bench, policy)), "ERR Library lib already exists");
    }
    assert_eq!(restore(&mut bench, &[b"REPLACE"]), Reply::Ok);
    // A function's name that a library has which stays.
    bench.run("FUNCTION FLUSH");
    put(&mut bench, "#!lua name=mine\nredis.register_function('O', function() return 2 end)");
    let before = bench.state.libraries.clone();
    for policy in [&b"append"[..], b"replace"] {
        assert_eq!(error_of(restore(&mut bench, &[policy])), "ERR Function o already exists");
        assert_eq!(bench.state.libraries, before);
    }
    assert_eq!(restore(&mut bench, &[b"Flush"]), Reply::Ok);
    assert_eq!(list(&mut bench), list(&mut from));
    assert_eq!(bench.text("FCALL set 1 k v"), "+OK");
}

#[test]
fn a_payload_that_is_no_libraries_is_refused() {
    let mut bench = loaded(LIBRARY);
    let before = bench.state.libraries.clone();
    for (payload, error) in [
        (&b"\xf6"[..], "ERR Pre-GA function format not supported"),
        (b"\x00", "ERR given type is not a function"),
        (b"\xf5", "ERR Failed loading library payload"),
        (b"\xf5\x05abc", "ERR Failed loading library payload"),
        (b"\xf5\x81\xff\xff\xff\xff\xff\xff\xff\xffabc", "ERR Failed loading library payload"),
        (b"\xf5\xc3\x02\x80\xff\xff\xff\xff\x00a", "ERR Failed loading library payload"),
        (b"\xf5\x03abc", "ERR Missing library metadata"),
    ] {
        let mut sealed = payload.to_vec();
        payload::seal(&mut sealed);
        let words: [&[u8]; 4] = [b"FUNCTION", b"RESTORE", &sealed, b"FLUSH"];
        assert_eq!(error_of(bench.run_args(&Args::from_slices(words))), error, "{payload:?}");
        assert_eq!(bench.state.libraries, before);
    }
}

#[test]
fn all_libraries_of_a_payload_share_one_budget() {
    let mut bench = bounded(1_000_000, 1 << 24);
    let library =
        |i| format!("#!lua name=l{i}\nredis.register_function('f{i}', function() end) for i = 1, 200000 do end");
    let mut sealed = Vec::new();
    for i in 0..10 {
        sealed.push(245);
        crate::rdb::string::write(library(i).as_bytes(), &mut sealed);
        assert!(matches!(put(&mut bench, &library(i)), Reply::Bulk(_)));
    }
    payload::seal(&mut sealed);
    let words: [&[u8]; 4] = [b"FUNCTION", b"RESTORE", &sealed, b"REPLACE"];
    assert!(error_of(bench.run_args(&Args::from_slices(words))).ends_with("(script-budget)"));
}

#[test]
fn a_function_without_allow_oom_does_not_start_where_memory_is_short() {
    use crate::store::{Effects, Rng};
    let code = "#!lua name=lib
redis.register_function('plain', function() return 1 end)
redis.register_function{function_name='oom', callback=function() return redis.call('SET', 'k', 1) end, flags={'allow-oom'}}
redis.register_function{function_name='reads', callback=function() return 2 end, flags={'no-writes'}}";
    let mut bench = loaded(code);
    let mut call = |name: &str| {
        let args = Args::from_slices(["FCALL", name, "0"]);
        let spec = crate::command::lookup(b"fcall").unwrap();
        let mut effects = Effects::default();
        let mut txn = bench.state.txn(0, Rng::new(1), &mut effects).short_of_memory(true);
        crate::executor::run_write(spec, &mut txn, &args)
    };
    assert!(call("plain").unwrap_err().to_string().starts_with("OOM"));
    assert_eq!((call("oom"), call("reads")), (Ok(Reply::simple("OK")), Ok(Reply::Int(2))));
}

#[test]
fn a_library_loads_to_the_same_wherever_it_is_loaded() {
    let options = bench().state.options;
    let load = || load(Header::read(LIBRARY.as_bytes()).unwrap(), LIBRARY.as_bytes(), 1 << 30, &options).unwrap();
    let (first, second) = (load(), load());
    assert_eq!(first, second);
    assert!(first.units > LIBRARY.len() as u64 / 2 && first.bytes > 0);
}
