//! What lock libraries run: the commands and features of their scripts, written anew, in the order of a lock's life.

use super::shown;
use crate::command::testing::Bench;
use crate::executor::testing::bench;
use crate::protocol::{Args, Resp, encode};

struct Lock {
    bench: Bench,
}

impl Lock {
    fn new() -> Self {
        Self { bench: bench() }
    }

    fn command(&mut self, words: &[&str]) -> String {
        let mut out = bytes::BytesMut::new();
        encode(&mut out, &self.bench.run_args(&Args::from_slices(words)), Resp::V2);
        shown(&out)
    }

    /// EVALSHA; on NOSCRIPT, SCRIPT LOAD and again, as clients do.
    fn script(&mut self, script: &str, keys: &[&str], argv: &[&str]) -> String {
        let sha = String::from_utf8(super::super::source::sha1_hex(script.as_bytes()).to_vec()).unwrap();
        let count = keys.len().to_string();
        let words = [&["EVALSHA", sha.as_str(), count.as_str()], keys, argv].concat();
        let reply = self.command(&words);
        if reply != "-NOSCRIPT No matching script. Please use EVAL." {
            return reply;
        }
        assert_eq!(self.command(&["SCRIPT", "LOAD", script]), format!("$40 {sha}"));
        self.command(&words)
    }
}

#[test]
fn release_script_of_redis_py_works() {
    const RELEASE: &str = "
        local holder = redis.call('get', KEYS[1])
        if not holder or holder ~= ARGV[1] then return 0 end
        redis.call('del', KEYS[1])
        return 1";
    const EXTEND: &str = "
        local holder = redis.call('get', KEYS[1])
        if not holder or holder ~= ARGV[1] then return 0 end
        local expiration = redis.call('pttl', KEYS[1])
        if not expiration then expiration = 0 end
        if expiration < 0 then return 0 end
        local ttl = ARGV[2]
        if ARGV[3] == '0' then ttl = ARGV[2] + expiration end
        redis.call('pexpire', KEYS[1], ttl)
        return 1";
    const REACQUIRE: &str = "
        local holder = redis.call('get', KEYS[1])
        if not holder or holder ~= ARGV[1] then return 0 end
        redis.call('pexpire', KEYS[1], ARGV[2])
        return 1";
    let mut lock = Lock::new();
    assert_eq!(lock.command(&["SET", "l", "me", "NX", "PX", "10000"]), "+OK");
    assert_eq!(lock.command(&["SET", "l", "you", "NX", "PX", "10000"]), "$-1");
    assert_eq!(lock.script(EXTEND, &["l"], &["me", "5000", "0"]), ":1");
    assert_eq!(lock.command(&["PTTL", "l"]), ":15000");
    lock.bench.now_ms += 4000;
    assert_eq!(lock.script(EXTEND, &["l"], &["me", "7000", "1"]), ":1");
    assert_eq!(lock.command(&["PTTL", "l"]), ":7000");
    assert_eq!(lock.script(REACQUIRE, &["l"], &["me", "10000"]), ":1");
    assert_eq!(lock.command(&["PTTL", "l"]), ":10000");
    assert_eq!(lock.script(RELEASE, &["l"], &["you"]), ":0");
    assert_eq!(lock.script(REACQUIRE, &["l"], &["you", "1"]), ":0");
    assert_eq!(lock.script(RELEASE, &["l"], &["me"]), ":1");
    assert_eq!(lock.script(RELEASE, &["l"], &["me"]), ":0");
    assert_eq!(lock.script(EXTEND, &["l"], &["me", "5000", "0"]), ":0");
    lock.command(&["SET", "l", "me", "PX", "50"]);
    lock.bench.now_ms += 51;
    assert_eq!(lock.script(RELEASE, &["l"], &["me"]), ":0", "expired in the entry's time");
}

#[test]
fn scripts_of_node_redlock_work() {
    const ACQUIRE: &str = "
        for i, key in ipairs(KEYS) do
          if redis.call('exists', key) == 1 then return 0 end
        end
        for i, key in ipairs(KEYS) do redis.call('set', key, ARGV[1], 'PX', ARGV[2]) end
        return #KEYS";
    const EXTEND: &str = "
        for i, key in ipairs(KEYS) do
          if redis.call('get', key) ~= ARGV[1] then return 0 end
        end
        for i, key in ipairs(KEYS) do redis.call('set', key, ARGV[1], 'PX', ARGV[2]) end
        return #KEYS";
    const RELEASE: &str = "
        local count = 0
        for i, key in ipairs(KEYS) do
          if redis.call('get', key) == ARGV[1] then
            redis.pcall('del', key)
            count = count + 1
          end
        end
        return count";
    let mut lock = Lock::new();
    assert_eq!(lock.script(ACQUIRE, &["a", "b"], &["me", "1000"]), ":2");
    assert_eq!(lock.script(ACQUIRE, &["b", "c"], &["you", "1000"]), ":0");
    assert_eq!(lock.command(&["EXISTS", "c"]), ":0");
    lock.bench.now_ms += 900;
    assert_eq!(lock.script(EXTEND, &["a", "b"], &["me", "1000"]), ":2");
    assert_eq!(lock.command(&["PTTL", "b"]), ":1000");
    assert_eq!(lock.script(EXTEND, &["a", "b"], &["you", "1000"]), ":0");
    assert_eq!(lock.script(RELEASE, &["a", "b", "c"], &["me"]), ":2");
    assert_eq!(lock.script(ACQUIRE, &["b", "c"], &["you", "1000"]), ":2");
}

#[test]
fn scripts_of_rslock_and_redlock_rb_work() {
    const UNLOCK: &str = "
        if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end";
    const EXTEND: &str = "
        if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
        if redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2]) ~= nil then return 1 else return 0 end";
    const LOCK: &str = "
        if (redis.call('exists', KEYS[1]) == 0 and ARGV[3] == 'yes') or redis.call('get', KEYS[1]) == ARGV[1] then
          redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2])
          return {true, redis.call('pttl', KEYS[1])}
        end
        return {false, redis.call('pttl', KEYS[1])}";
    let mut lock = Lock::new();
    assert_eq!(lock.command(&["SET", "l", "\u{1}\u{2}", "NX", "PX", "500"]), "+OK");
    assert_eq!(lock.script(EXTEND, &["l"], &["\u{1}\u{2}", "900"]), ":1");
    assert_eq!(lock.script(EXTEND, &["l"], &["other", "900"]), ":0");
    assert_eq!(lock.script(UNLOCK, &["l"], &["other"]), ":0");
    assert_eq!(lock.script(LOCK, &["l"], &["other", "100", "yes"]), "*2 $-1 :900");
    assert_eq!(lock.script(UNLOCK, &["l"], &["\u{1}\u{2}"]), ":1");
    assert_eq!(lock.script(LOCK, &["l"], &["other", "100", "yes"]), "*2 :1 :100");
}

#[test]
fn scripts_of_redisson_and_aioredlock_work() {
    const TRY: &str = "
        if ((redis.call('exists', KEYS[1]) == 0) or (redis.call('hexists', KEYS[1], ARGV[2]) == 1)) then
          redis.call('hincrby', KEYS[1], ARGV[2], 1)
          redis.call('pexpire', KEYS[1], ARGV[1])
          return nil
        end
        return redis.call('pttl', KEYS[1])";
    const UNLOCK: &str = "
        if (redis.call('hexists', KEYS[1], ARGV[2]) == 0) then return nil end
        local counter = redis.call('hincrby', KEYS[1], ARGV[2], -1)
        if (counter > 0) then redis.call('pexpire', KEYS[1], ARGV[1]) return 0 end
        redis.call('del', KEYS[1])
        return math.max(1, '0')";
    const STATUS: &str = "
        if redis.call('get', KEYS[1]) == ARGV[1] then return redis.status_reply('OK') end
        return redis.error_reply('ERROR')";
    let mut lock = Lock::new();
    assert_eq!(lock.script(TRY, &["l"], &["30000", "a:1"]), "$-1");
    assert_eq!(lock.script(TRY, &["l"], &["30000", "a:1"]), "$-1");
    assert_eq!(lock.script(TRY, &["l"], &["30000", "b:1"]), ":30000");
    assert_eq!(lock.script(UNLOCK, &["l"], &["30000", "b:1"]), "$-1");
    assert_eq!(lock.script(UNLOCK, &["l"], &["30000", "a:1"]), ":0");
    assert_eq!(lock.script(UNLOCK, &["l"], &["30000", "a:1"]), ":1");
    assert_eq!(lock.command(&["EXISTS", "l"]), ":0");
    lock.command(&["SET", "s", "me"]);
    assert_eq!(lock.script(STATUS, &["s"], &["me"]), "+OK");
    assert_eq!(lock.script(STATUS, &["s"], &["you"]), "-ERR ERROR");
    assert_eq!(lock.command(&["EVAL", "return redis.call('TYPE', KEYS[1]).ok", "1", "s"]), "$6 string");
}
