"""The smaller libraries: each a function of what it sends and of the replies that it needs, by its documentation."""

import time

from connection import expect

TTL = 10000
RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end"
EXTEND = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) else return 0 end"


def redsync(a, b):
    """redsync v4 (Go): SET NX PX or EX; an extension that may take the lock again; `val == false` in the release."""
    release = """
        local val = redis.call('GET', KEYS[1])
        if val == ARGV[1] then return redis.call('DEL', KEYS[1]) elseif val == false then return -1 else return 0 end
    """
    again = """
        if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2])
        elseif redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX') then return 1 else return 0 end
    """
    expect(a("SET", "redsync", "v1", "px", TTL, "nx"), "OK")
    expect(b("SET", "redsync", "v2", "px", TTL, "nx"), None)
    expect(b("GET", "redsync"), "v1")
    expect(b.script(release, ["redsync"], "v2"), 0)
    expect(a.script(again, ["redsync"], "v1", TTL), 1)
    expect(b.script(again, ["redsync"], "v2", TTL), 0)
    expect(a.script(release, ["redsync"], "v1"), 1)
    expect(a.script(release, ["redsync"], "v1"), -1)
    expect(a.script(again, ["redsync"], "v1", TTL), 1)
    expect(a("SET", "redsync:ex", "v1", "ex", 10, "nx"), "OK")


def redislock(a, b):
    """bsm/redislock (Go): several keys at once by MSETNX, values of token and metadata, `return false` for nil, status replies."""
    obtain = """
        local args = {}
        for i, key in ipairs(KEYS) do args[2 * i - 1] = key args[2 * i] = ARGV[1] end
        if redis.call('msetnx', unpack(args)) ~= 1 then
            for _, value in ipairs(redis.call('mget', unpack(KEYS))) do
                if not value or string.sub(value, 1, tonumber(ARGV[2])) ~= string.sub(ARGV[1], 1, tonumber(ARGV[2])) then return false end
            end
            redis.call('mset', unpack(args))
        end
        for _, key in ipairs(KEYS) do redis.call('pexpire', key, ARGV[3]) end
        return redis.status_reply('OK')
    """
    ttl = """
        local least = -3
        for _, key in ipairs(KEYS) do
            if redis.call('getrange', key, 0, tonumber(ARGV[2]) - 1) ~= ARGV[1] then return -3 end
            local left = redis.call('pttl', key)
            if least == -3 or left < least then least = left end
        end
        return least
    """
    release = """
        for _, key in ipairs(KEYS) do
            local value = redis.call('get', key)
            if not value or string.sub(value, 1, #ARGV[1]) ~= ARGV[1] then return redis.error_reply('not held') end
        end
        redis.call('del', unpack(KEYS))
        return redis.status_reply('OK')
    """
    keys = ["{bsm}:1", "{bsm}:2"]
    expect(a.script(obtain, keys, "token1:meta", 6, TTL), "OK")
    expect(a.script(obtain, keys, "token1:meta", 6, TTL), "OK")
    expect(b.script(obtain, keys[1:], "token2:meta", 6, TTL), None)
    expect(a.script(ttl, keys, "token1", 6), range(1, TTL + 1))
    expect(b.script(ttl, keys, "token2", 6), -3)
    expect(b.script(release, keys, "token2"), "-not held")
    expect(a.script(release, keys, "token1"), "OK")


def redlock_rb(a, b):
    """redlock-rb (Ruby): a script that answers with the time left, one that answers `{false, n}`, and one without a return."""
    lock = """
        if (redis.call('exists', KEYS[1]) == 0 and ARGV[3] == 'yes') or redis.call('get', KEYS[1]) == ARGV[1] then
            return redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2])
        end
    """
    left = "if redis.call('get', KEYS[1]) == ARGV[1] then return {true, redis.call('pttl', KEYS[1])} end return {false, -2}"
    expect(a.script(lock, ["rb"], "v1", TTL, "yes", load="SCRIPT"), "OK")
    expect(b.script(lock, ["rb"], "v2", TTL, "yes"), None)
    expect(a.script(left, ["rb"], "v1")[0], 1)
    expect(b.script(left, ["rb"], "v2"), [None, -2])
    expect(a.script(RELEASE, ["rb"], "v1", load="SCRIPT"), 1)


def spring(a, b):
    """Spring's RedisLockRegistry 7.1: compare-and-set where the server has it, UNLINK and PUBLISH in the release."""
    obtain = """
        local owner = redis.call('GET', KEYS[1])
        if owner == false then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return true end
        if owner == ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) return true end
        return false
    """
    release = """
        if redis.call('GET', KEYS[1]) == ARGV[1] then
            redis.call('UNLINK', KEYS[1])
            redis.call('PUBLISH', ARGV[2], KEYS[1])
            return true
        end
        return false
    """
    expect(a.script(obtain, ["spring"], "c1", TTL), 1)
    expect(b.script(obtain, ["spring"], "c2", TTL), None)
    expect(a("SET", "spring", "c1", "IFEQ", "c1", "PX", TTL), "OK")
    expect(b("SET", "spring", "c2", "IFEQ", "c2", "PX", TTL), None)
    expect(b.script(release, ["spring"], "c2", "spring:channel"), None)
    expect(a.script(release, ["spring"], "c1", "spring:channel"), 1)
    expect(a.script(obtain, ["spring"], "c1", TTL), 1)
    expect(b("DELEX", "spring", "IFEQ", "c2"), 0)
    expect(a("DELEX", "spring", "IFEQ", "c1"), 1)


def shedlock(a, b):
    """ShedLock (Java): SET NX PX, SET XX PX to keep the lock for its least time, DEL."""
    extend = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) else return 0 end"
    expect(a("SET", "job-lock:env:job", "host1", "NX", "PX", TTL), "OK")
    expect(b("SET", "job-lock:env:job", "host2", "NX", "PX", TTL), None)
    expect(a("EVAL", extend, 1, "job-lock:env:job", "host1", 2 * TTL), 1)
    expect(a("SET", "job-lock:env:job", "host1", "XX", "PX", TTL), "OK")
    expect(a("DEL", "job-lock:env:job"), 1)
    expect(a("SET", "job-lock:env:job", "host1", "XX", "PX", TTL), None)


def laravel(a, b):
    """Laravel's RedisLock (PHP): SET EX NX, or SETNX for a lock without an end."""
    expect(a("SET", "laravel", "o1", "EX", 10, "NX"), "OK")
    expect(b("SETNX", "laravel", "o2"), 0)
    expect(b("EVAL", RELEASE, 1, "laravel", "o2"), 0)
    refresh = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('expire', KEYS[1], ARGV[2]) else return 0 end"
    forever = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('persist', KEYS[1]) else return 0 end"
    expect(a("EVAL", refresh, 1, "laravel", "o1", 20), 1)
    expect(a("EVAL", forever, 1, "laravel", "o1"), 1)
    expect(a("GET", "laravel"), "o1")
    expect(a("EVAL", RELEASE, 1, "laravel", "o1"), 1)
    expect(b("SETNX", "laravel", "o2"), 1)


def redlock_net(a, b):
    """RedLock.net (C#): SET PX NX, and an extension that says whether it renewed (1), took (1) or failed (-1)."""
    extend = """
        local current = redis.call('get', KEYS[1])
        if current == false then return redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2]) and 1 or 0
        elseif current == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) else return -1 end
    """
    expect(a("SET", "redlock:net", "v1", "PX", TTL, "NX"), "OK")
    expect(a.script(extend, ["redlock:net"], "v1", TTL, load="SCRIPT"), 1)
    expect(b.script(extend, ["redlock:net"], "v2", TTL, load="SCRIPT"), -1)
    expect(a.script(RELEASE, ["redlock:net"], "v1", load="SCRIPT"), 1)
    expect(b.script(extend, ["redlock:net"], "v2", TTL), 1)


def distributed_lock(a, b):
    """DistributedLock.Redis (C#): a reader/writer lock of a set, and a semaphore of a sorted set in the server's time."""
    read = """
        if redis.call('exists', KEYS[1]) == 1 then return 0 end
        redis.call('sadd', KEYS[2], ARGV[1])
        if redis.call('pttl', KEYS[2]) < tonumber(ARGV[2]) then redis.call('pexpire', KEYS[2], ARGV[2]) end
        return 1
    """
    write = "if redis.call('scard', KEYS[2]) > 0 then return 0 end return redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0"
    semaphore = """
        redis.replicate_commands()
        local time = redis.call('time')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        redis.call('zremrangebyscore', KEYS[1], '-inf', now)
        if redis.call('zcard', KEYS[1]) < tonumber(ARGV[1]) then
            redis.call('zadd', KEYS[1], now + tonumber(ARGV[3]), ARGV[2])
            redis.call('pexpire', KEYS[1], 3 * tonumber(ARGV[3]))
            return 1
        end
        return 0
    """
    renew = "return redis.call('zadd', KEYS[1], 'XX', 'CH', ARGV[2], ARGV[1])"
    keys = ["{dl}:write", "{dl}:read"]
    expect([c.script(read, keys, name, TTL) for c, name in ((a, "r1"), (b, "r2"), (a, "r1"))], [1, 1, 1])
    expect(b.script(write, keys, "w", TTL), 0)
    expect([a("SISMEMBER", keys[1], "r1"), a("SREM", keys[1], "r1", "r2")], [1, 2])
    expect(b.script(write, keys, "w", TTL), 1)
    expect(a.script(read, keys, "r1", TTL), 0)
    expect([c.script(semaphore, ["dl:s"], 2, name, TTL) for c, name in ((a, "1"), (b, "2"), (a, "3"))], [1, 1, 0])
    expect([a.script(renew, ["dl:s"], name, 2**50) for name in ("1", "3")], [1, 0])
    expect(b("ZREM", "dl:s", "2"), 1)
    expect(a.script(semaphore, ["dl:s"], 2, "3", 1), 1)
    time.sleep(0.05)
    expect(b.script(semaphore, ["dl:s"], 2, "4", TTL), 1)


def symfony(a, b):
    """Symfony's RedisStore (PHP), whose own run needs Debian's package: the type by `.ok`, the server's time, a sorted set of read locks."""
    save = """
        if redis.call('TYPE', KEYS[1]).ok == 'string' then return false end
        local time = redis.call('TIME')
        local now = (time[1] * 1000) + math.floor(time[2] / 1000)
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
        if redis.call('ZCOUNT', KEYS[1], '-inf', '+inf') > 0 and not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return false end
        redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
        local last = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
        redis.call('PEXPIREAT', KEYS[1], last)
        return true
    """
    expect([a.script(save, ["symfony"], "t1", TTL), b.script(save, ["symfony"], "t2", TTL)], [1, None])
    expect(a("TTL", "symfony"), range(1, 12))
    expect(a("ZREM", "symfony", "t1"), 1)
    expect(b("SET", "symfony", "x", "PX", TTL), "OK")
    expect(a.script(save, ["symfony"], "t1", TTL), None)


ALL = {
    "redsync 4": redsync,
    "bsm/redislock": redislock,
    "redlock-rb": redlock_rb,
    "Spring `RedisLockRegistry` 7.1": spring,
    "ShedLock": shedlock,
    "Laravel `RedisLock`": laravel,
    "RedLock.net": redlock_net,
    "DistributedLock.Redis": distributed_lock,
    "Symfony `RedisStore`": symfony,
}
