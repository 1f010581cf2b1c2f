"""Redisson: hashes with a hold count for each holder, pub/sub to wake waiters, scripts by EVALSHA after SCRIPT LOAD, RESP3."""

from connection import expect

PROTOCOL = 3
ONE, TWO = "6f2a:1", "6f2a:2"
TTL = 30000

LOCK = """
local free = redis.call('exists', KEYS[1]) == 0
if free or redis.call('hexists', KEYS[1], ARGV[2]) == 1 then
    redis.call('hincrby', KEYS[1], ARGV[2], 1)
    redis.call('pexpire', KEYS[1], ARGV[1])
    return nil
end
return redis.call('pttl', KEYS[1])
"""
UNLOCK = """
if redis.call('hexists', KEYS[1], ARGV[3]) == 0 then return nil end
local left = redis.call('hincrby', KEYS[1], ARGV[3], -1)
if left > 0 then
    redis.call('pexpire', KEYS[1], ARGV[2])
    return 0
end
redis.call('del', KEYS[1])
redis.call(ARGV[4], KEYS[2], ARGV[1])
return 1
"""
RENEW = """
if redis.call('hexists', KEYS[1], ARGV[2]) == 1 then
    redis.call('pexpire', KEYS[1], ARGV[1])
    return 1
end
return 0
"""
FENCED = """
local free = redis.call('exists', KEYS[1]) == 0
if free or redis.call('hexists', KEYS[1], ARGV[2]) == 1 then
    if free then redis.call('incr', KEYS[2]) end
    redis.call('hincrby', KEYS[1], ARGV[2], 1)
    redis.call('pexpire', KEYS[1], ARGV[1])
    return {-1, redis.call('get', KEYS[2])}
end
return {redis.call('pttl', KEYS[1]), -1}
"""
FAIR = """
while true do
    local first = redis.call('lindex', KEYS[2], 0)
    if first == false then break end
    local deadline = tonumber(redis.call('zscore', KEYS[3], first))
    if deadline > tonumber(ARGV[4]) then break end
    redis.call('zrem', KEYS[3], first)
    redis.call('lpop', KEYS[2])
end
local free = redis.call('exists', KEYS[1]) == 0
local first = redis.call('lindex', KEYS[2], 0)
if free and (first == false or first == ARGV[2]) then
    redis.call('lpop', KEYS[2])
    redis.call('zrem', KEYS[3], ARGV[2])
    for _, waiter in ipairs(redis.call('zrange', KEYS[3], 0, -1)) do
        redis.call('zincrby', KEYS[3], -tonumber(ARGV[3]), waiter)
    end
    redis.call('hset', KEYS[1], ARGV[2], 1)
    redis.call('pexpire', KEYS[1], ARGV[1])
    return nil
end
if redis.call('hexists', KEYS[1], ARGV[2]) == 1 then
    redis.call('hincrby', KEYS[1], ARGV[2], 1)
    redis.call('pexpire', KEYS[1], ARGV[1])
    return nil
end
local known = redis.call('zscore', KEYS[3], ARGV[2])
if known ~= false then return tonumber(known) - tonumber(ARGV[3]) - tonumber(ARGV[4]) end
local last = redis.call('lindex', KEYS[2], -1)
local ttl
if last ~= false and last ~= ARGV[2] then
    ttl = tonumber(redis.call('zscore', KEYS[3], last)) - tonumber(ARGV[4])
else
    ttl = redis.call('pttl', KEYS[1])
end
if redis.call('zadd', KEYS[3], ttl + tonumber(ARGV[3]) + tonumber(ARGV[4]), ARGV[2]) == 1 then
    redis.call('rpush', KEYS[2], ARGV[2])
end
return ttl
"""
READ = """
local mode = redis.call('hget', KEYS[1], 'mode')
if mode == false then
    redis.call('hset', KEYS[1], 'mode', 'read')
    redis.call('hset', KEYS[1], ARGV[2], 1)
    redis.call('set', KEYS[2] .. ':1', 1)
    redis.call('pexpire', KEYS[2] .. ':1', ARGV[1])
    redis.call('pexpire', KEYS[1], ARGV[1])
    return nil
end
if mode == 'read' or redis.call('hexists', KEYS[1], ARGV[3]) == 1 then
    local count = redis.call('hincrby', KEYS[1], ARGV[2], 1)
    local key = KEYS[2] .. ':' .. count
    redis.call('set', key, 1)
    redis.call('pexpire', key, ARGV[1])
    redis.call('pexpire', KEYS[1], math.max(redis.call('pttl', KEYS[1]), ARGV[1]))
    return nil
end
return redis.call('pttl', KEYS[1])
"""
WRITE = """
local mode = redis.call('hget', KEYS[1], 'mode')
if mode == false then
    redis.call('hset', KEYS[1], 'mode', 'write')
    redis.call('hset', KEYS[1], ARGV[2], 1)
    redis.call('pexpire', KEYS[1], ARGV[1])
    return nil
end
return redis.call('pttl', KEYS[1])
"""
PERMITS = """
local value = redis.call('get', KEYS[1])
if value ~= false and tonumber(value) >= tonumber(ARGV[1]) then
    redis.call('decrby', KEYS[1], ARGV[1])
    return 1
end
return 0
"""
EXPIRABLE = """
local expired = redis.call('zrangebyscore', KEYS[2], 0, ARGV[4], 'limit', 0, ARGV[1])
if #expired > 0 then
    redis.call('zrem', KEYS[2], unpack(expired))
    redis.call('incrby', KEYS[1], #expired)
end
local value = redis.call('get', KEYS[1])
if value ~= false and tonumber(value) >= tonumber(ARGV[1]) then
    redis.call('decrby', KEYS[1], ARGV[1])
    redis.call('zadd', KEYS[2], ARGV[2], ARGV[3])
    return ARGV[3]
end
return nil
"""


def run(a, b, other):
    lock, channel = "{redisson}:lock", "redisson_lock__channel:{redisson}:lock"
    for publish, subscribe in (("publish", "SUBSCRIBE"), ("spublish", "SSUBSCRIBE")):
        other(subscribe, channel)
        expect(a.script(LOCK, [lock], TTL, ONE, load="SCRIPT"), None)
        expect(a.script(LOCK, [lock], TTL, ONE), None)
        expect(b.script(LOCK, [lock], TTL, TWO), range(1, TTL + 1))
        expect(a.script(RENEW, [lock], TTL, ONE), 1)
        expect(b.script(RENEW, [lock], TTL, TWO), 0)
        expect(b.script(UNLOCK, [lock, channel], 0, TTL, TWO, publish), None)
        expect(a.script(UNLOCK, [lock, channel], 0, TTL, ONE, publish), 0)
        expect(a.script(UNLOCK, [lock, channel], 0, TTL, ONE, publish), 1)
        expect(other.messages(1), [(channel, "0")])
        other("UN" + subscribe, channel)
    expect(a("EXISTS", lock), 0)

    fenced, token = "{redisson}:fenced", "{redisson}:fenced:token"
    expect(a.script(FENCED, [fenced, token], TTL, ONE), [-1, "1"])
    expect(a.script(FENCED, [fenced, token], TTL, ONE), [-1, "1"])
    expect(b.script(FENCED, [fenced, token], TTL, TWO)[1], -1)
    expect(a("DEL", fenced), 1)
    expect(b.script(FENCED, [fenced, token], TTL, TWO), [-1, "2"])

    fair = ["{redisson}:fair", "{redisson}:fair:queue", "{redisson}:fair:timeouts"]
    now = 1_700_000_000_000
    expect(a.script(FAIR, fair, TTL, "a", 5000, now), None)
    expect(b.script(FAIR, fair, TTL, "b", 5000, now), range(1, TTL + 1))
    expect(b.script(FAIR, fair, TTL, "b", 5000, now), range(1, TTL + 1))
    expect(a.script(FAIR, fair, TTL, "c", 5000, now), range(TTL, TTL + 5001))
    expect(a("LRANGE", fair[1], 0, -1), ["b", "c"])
    expect(a("DEL", fair[0]), 1)
    expect(a.script(FAIR, fair, TTL, "c", 5000, now), range(1, TTL + 5001))
    expect(b.script(FAIR, fair, TTL, "b", 5000, now), None)
    expect(a("LRANGE", fair[1], 0, -1), ["c"])
    expect(a("DEL", *fair), 3)

    both = "{redisson}:rw"
    expect(a.script(READ, [both, both + ":a:timeout"], TTL, "a", "a:write"), None)
    expect(b.script(READ, [both, both + ":b:timeout"], TTL, "b", "b:write"), None)
    expect(b.script(WRITE, [both], TTL, "b:write"), range(1, TTL + 1))
    expect(sorted(a("HKEYS", both)), ["a", "b", "mode"])
    expect(a("DEL", both), 1)
    expect(b.script(WRITE, [both], TTL, "b:write"), None)
    expect(b.script(READ, [both, both + ":b:timeout"], TTL, "b", "b:write"), None)
    expect(a.script(READ, [both, both + ":a:timeout"], TTL, "a", "a:write"), range(1, TTL + 1))

    permits = "{redisson}:permits"
    expect(a("SET", permits, 2), "OK")
    expect([a.script(PERMITS, [permits], count) for count in (1, 1, 1)], [1, 1, 0])
    expect(b("INCRBY", permits, 1), 1)
    expect(b.script(PERMITS, [permits], 1), 1)
    expirable = ["{redisson}:expirable", "{redisson}:expirable:timeout"]
    expect(a("SET", expirable[0], 1), "OK")
    expect(a.script(EXPIRABLE, expirable, 1, now + 1000, "p1", now), "p1")
    expect(b.script(EXPIRABLE, expirable, 1, now + 1000, "p2", now + 999), None)
    expect(b.script(EXPIRABLE, expirable, 1, now + 2000, "p2", now + 1000), "p2")

    # Off single mode each lock call goes with a WAIT, which must see at least one replica where `connected_slaves` says so.
    replicas = int(next(line for line in a("INFO", "replication").splitlines() if "connected_slaves" in line).split(":")[1])
    expect(a("SET", "{redisson}:wait", 1), "OK")
    expect(a("WAIT", replicas, 1000), range(replicas, 10))
