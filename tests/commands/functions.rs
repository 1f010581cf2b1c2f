//! Libraries of functions, right and wrong, whose names often meet.

use crc::{CRC_64_REDIS, Crc};

use crate::scripts;
use crate::support::rng::Rng;

/// Names of libraries.
pub const LIBRARIES: &[&str] = &["lib1", "lib2", "Lib1"];
/// Names of functions.
pub const FUNCTIONS: &[&str] = &["f1", "f2", "f3", "F1", "f4", "own0", "OWN1", "own2"];

const HEADERS: &[&str] = &["#!lua name=lib1\n", "#!lua name=lib2\n", "#!LUA NAME=Lib1\n"];

/// What cannot be loaded, or registers in some other way.
const FIXED: &[&str] = &[
    "#!lua name=lib1\n",
    "#!lua name=lib1",
    "#!lua\nreturn 1",
    "#!lua name=a-b\nreturn 1",
    "#!lua name=lib1 name=lib2\nreturn 1",
    "#!lua name=lib1 flags=no-writes\nreturn 1",
    "#!python name=lib1\nreturn 1",
    "return 1",
    "#!lua name=lib1\nsyntax error here",
    "#!lua name=lib1\nredis.call('GET', 'k')",
    "#!lua name=lib1\nglobal = 1",
    "#!lua name=lib1\nlocal x = tostring(1)",
    "#!lua name=lib1\nredis.register_function()",
    "#!lua name=lib1\nredis.register_function('f1', 1)",
    "#!lua name=lib1\nredis.register_function({}, function() end)",
    "#!lua name=lib1\nredis.register_function('f-1', function() end)",
    "#!lua name=lib1\nredis.register_function{function_name='f1'}",
    "#!lua name=lib1\nredis.register_function{callback=function() end}",
    "#!lua name=lib1\nredis.register_function{function_name='f1', callback=function() end, more=1}",
    "#!lua name=lib1\nredis.register_function{function_name='f1', callback=function() end, flags={'nope'}}",
    "#!lua name=lib1\nredis.register_function{function_name='f1', callback=function() end, flags='no-writes'}",
    "#!lua name=lib2\nredis.register_function('f1', function() return 1 end) redis.register_function('f1', function() end)",
    "#!lua name=lib2\nredis.register_function('f4', redis.log) redis.log(redis.LOG_DEBUG, 'x')",
    "#!lua name=lib2\nlocal r = redis redis.register_function('f4', function() return r.call('GET', 'x') end)",
    "#!lua name=lib2\nlocal r = redis redis.register_function('f4', function() r.register_function('f3', r.log) end)",
    "#!lua name=lib2\nredis.register_function('f4', function() return {redis.register_function == nil, KEYS} end)",
    "#!lua name=lib2\nredis.register_function('f4', function() global = 1 end)",
    "#!lua name=lib2\nredis.register_function('f4', function() redis.setresp(3) return redis.call('HGETALL', 'h1') ~= nil end)",
];

/// A library, mostly one that loads.
pub fn library(rng: &mut Rng) -> Vec<u8> {
    if rng.percent(25) {
        return rng.pick(FIXED).as_bytes().to_vec();
    }
    let which = rng.below(HEADERS.len());
    let mut code = HEADERS[which].to_string();
    // One name that others may have at most: Redis names any of those that are taken.
    let names = [FUNCTIONS[rng.below(3)].to_string(), format!("own{which}")];
    for name in names.iter().skip(rng.below(2)) {
        let body = String::from_utf8(scripts::script(rng).body).unwrap_or_default();
        code.push_str(&format!("local function {name}(KEYS, ARGV) {body}\nend\n"));
        let flags = rng.pick(&["", "'no-writes'", "'No-Writes', 'allow-oom'", "'allow-stale'"]);
        code.push_str(&if rng.percent(50) {
            format!("redis.register_function('{name}', {name})\n")
        } else {
            format!("redis.register_function{{function_name='{name}', callback={name}, flags={{{flags}}}, description='of {name}'}}\n")
        });
    }
    code.into_bytes()
}

/// A payload of FUNCTION RESTORE, one in ten damaged.
pub fn dump(rng: &mut Rng) -> Vec<u8> {
    let mut payload = Vec::new();
    // One library at most: Redis names any of those that are there.
    for _ in 0..rng.below(2) {
        let code = library(rng);
        payload.push(245);
        payload.push(0x80);
        payload.extend_from_slice(&(code.len() as u32).to_be_bytes());
        payload.extend_from_slice(&code);
    }
    let version = rng.pick(&[10u16, 10, 9, 300]);
    payload.extend_from_slice(&version.to_le_bytes());
    let sum = Crc::<u64>::new(&CRC_64_REDIS).checksum(&payload);
    payload.extend_from_slice(&sum.to_le_bytes());
    if rng.percent(10) {
        let at = rng.below(payload.len());
        payload[at] ^= 0x20;
    }
    payload
}
