//! Small Lua scripts: those of lock libraries, every conversion between Lua and the protocol, and random sequences of calls.

use crate::atoms::{self, KEYS};
use crate::support::rng::Rng;

/// A script and what it is called with.
pub struct Script {
    /// Its source.
    pub body: Vec<u8>,
    /// KEYS.
    pub keys: Vec<Vec<u8>>,
    /// ARGV.
    pub args: Vec<Vec<u8>>,
}

const FIXED: &[&str] = &[
    "return 1",
    "return",
    "return nil",
    "return false",
    "return true",
    "return 3.99",
    "return -3.99",
    "return 'text'",
    "return ''",
    "return {}",
    "return {1,2,nil,4}",
    "return {1,'two',{3,{4}},false,true}",
    "return {ok='FINE'}",
    "return {err='LOCKED by x'}",
    "return redis.status_reply('TICK')",
    "return redis.error_reply('ERROR')",
    "return redis.error_reply('MY code')",
    "return KEYS",
    "return ARGV",
    "return {#KEYS, #ARGV}",
    "return ARGV[1] + 1",
    "return tostring(ARGV[1]) .. ':' .. tostring(ARGV[9])",
    "return redis.call('TYPE', KEYS[1]).ok",
    "return math.max(10, ARGV[2])",
    "return tonumber(ARGV[1]) or 'none'",
    "local t = {} for i, k in ipairs(KEYS) do t[i] = k .. i end return t",
    "return unpack({7, 8})",
    "return redis.call('GET', KEYS[1]) == ARGV[1]",
    "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end",
    "if redis.call('exists', KEYS[1]) == 0 then redis.call('set', KEYS[1], ARGV[1], 'PX', 90000000) return 1 end return 0",
    "local v = redis.call('get', KEYS[1]) if not v or v ~= ARGV[1] then return 0 end redis.call('pexpire', KEYS[1], 90000000) return 1",
    "return redis.call('nosuch')",
    "return redis.pcall('nosuch')",
    "return redis.call('GET')",
    "return redis.call()",
    "return redis.call('SET', KEYS[1], {})",
    "redis.call('SET', KEYS[1], 'kept') error('stop')",
    "error({err='TABLE error'})",
    "return nosuch",
    "nosuch = 1",
    "syntax error here",
    "return redis.call('SET', KEYS[1], 12345.5)",
    "return redis.call('SET', KEYS[1], 1e15)",
    "return redis.call('INCRBY', KEYS[2], 3)",
    "return redis.call('select', 1)",
    "redis.call('select', 1) return redis.call('set', KEYS[1], 'in db 1')",
    "return redis.call('multi')",
    "return redis.pcall('hincrby', KEYS[1], 'c1', 5)",
    "local r = redis.pcall('hget', KEYS[2], 'f1') if type(r) == 'table' and r.err then return 'caught' end return r",
    "return {redis.pcall('get'), 1}",
];

/// Calls of a random script; `K` is a key, `A` an argument.
const CALLS: &[&str] = &[
    "'SET', K, A",
    "'GET', K",
    "'DEL', K",
    "'EXISTS', K, K",
    "'APPEND', K, A",
    "'STRLEN', K",
    "'INCR', K",
    "'INCRBY', K, A",
    "'INCRBYFLOAT', K, '1.5'",
    "'SETNX', K, A",
    "'GETSET', K, A",
    "'MSET', K, A, K, A",
    "'MGET', K, K",
    "'TYPE', K",
    "'HSET', K, 'f1', A",
    "'HGET', K, 'f1'",
    "'HDEL', K, 'f1', 'f2'",
    "'HLEN', K",
    "'ZADD', K, 1, A",
    "'ZADD', K, 2, 'f1', 1, 'f2'",
    "'ZRANGE', K, 0, -1",
    "'ZCARD', K",
    "'ZREM', K, A, 'f1'",
    "'HINCRBY', K, 'c1', A",
    "'HEXISTS', K, 'f1'",
    "'HMGET', K, 'f1', 'c1'",
    "'RENAME', K, K",
    "'COPY', K, K",
    "'PERSIST', K",
    "'GETRANGE', K, 0, 5",
    "'SET', K, A, 'XX', 'GET'",
    "'PEXPIREAT', K, 4000000000123",
    "'ECHO', A",
    "'TYPE', K",
];

/// A script, one in two a random one.
pub fn script(rng: &mut Rng) -> Script {
    let keys = (0..2).map(|_| rng.pick(&KEYS).as_bytes().to_vec()).collect();
    let mut args = Vec::new();
    for atom in ["value", "int", "value"] {
        atoms::generate(atom, rng, &mut args);
    }
    let body = if rng.percent(50) { rng.pick(FIXED).to_string() } else { random(rng) };
    Script { body: body.into_bytes(), keys, args }
}

fn random(rng: &mut Rng) -> String {
    let mut body = String::from("local r = {} ");
    for i in 1..=1 + rng.below(5) {
        let mut call = String::new();
        for letter in rng.pick(CALLS).split_inclusive(['K', 'A']) {
            // A capital inside a quoted word is part of it.
            match letter.strip_suffix(['K', 'A']) {
                Some(rest) if rest.ends_with([' ', '(']) => {
                    let name = if letter.ends_with('K') { "KEYS" } else { "ARGV" };
                    call.push_str(&format!("{rest}{name}[{}]", 1 + rng.below(2)));
                }
                _ => call.push_str(letter),
            }
        }
        let how = if rng.percent(80) { "pcall" } else { "call" };
        body.push_str(&format!("r[{i}] = redis.{how}({call}) "));
    }
    body.push_str("return r");
    body
}
