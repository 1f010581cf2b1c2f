-- redis-semaphore Semaphore: acquire
--! sem | 2 a 10000 1700000000000
--! sem | 2 b 10000 1700000001000
--! sem | 2 c 10000 1700000002000
--! sem | 2 a 10000 1700000003000
--! sem | 2 c 10000 1700000010000
--$ ZRANGE sem 0 -1 WITHSCORES
local key, limit, id = KEYS[1], tonumber(ARGV[1]), ARGV[2]
local timeout, now = tonumber(ARGV[3]), tonumber(ARGV[4])
redis.call('zremrangebyscore', key, '-inf', now - timeout)
if redis.call('zcard', key) < limit then
    redis.call('zadd', key, now, id)
    redis.call('pexpire', key, timeout)
    return 1
else
    return 0
end
---
-- redis-semaphore Semaphore: refresh
--$ ZADD sem 1700000000000 a 1700000005000 b
--! sem | 2 a 10000 1700000009000
--! sem | 2 c 10000 1700000009000
--! sem | 2 b 10000 1700000016000
--! sem | 2 a 10000 1700000030000
--$ ZRANGE sem 0 -1 WITHSCORES
local key, limit, id = KEYS[1], tonumber(ARGV[1]), ARGV[2]
local timeout, now = tonumber(ARGV[3]), tonumber(ARGV[4])
redis.call('zremrangebyscore', key, '-inf', now - timeout)
if redis.call('zscore', key, id) then
    redis.call('zadd', key, now, id)
    redis.call('pexpire', key, timeout)
    return 1
else
    return 0
end
---
-- redis-semaphore MultiSemaphore: acquire several permits with one call each way
--! sem | 5 3 id 10000 1700000000000
--! sem | 5 3 id2 10000 1700000000000
--! sem | 5 2 id2 10000 1700000000000
--$ ZRANGE sem 0 -1 WITHSCORES
local key, limit, permits, id = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local timeout, now = tonumber(ARGV[4]), tonumber(ARGV[5])
redis.call('zremrangebyscore', key, '-inf', now - timeout)
if redis.call('zcard', key) + permits > limit then return 0 end
local args = {}
for i = 0, permits - 1 do
    table.insert(args, now)
    table.insert(args, id .. '_' .. i)
end
redis.call('zadd', key, unpack(args))
redis.call('pexpire', key, timeout)
return 1
---
-- redis-semaphore MultiSemaphore: refresh takes again what it lost, and release
--$ ZADD sem 1700000000000 id_0 1700000009000 id_1 1700000009000 x_0
--! sem | 4 2 id 10000 1700000012000 refresh
--! sem | 2 2 id 10000 1700000022001 refresh
--! sem | 4 2 id 10000 1700000012000 release
--$ EXISTS sem
--$ SET sem text
--! sem | 4 2 id 10000 1700000012000 release
local key, limit, permits, id = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local timeout, now = tonumber(ARGV[4]), tonumber(ARGV[5])
if ARGV[6] == 'release' then
    local args = {}
    for i = 0, permits - 1 do table.insert(args, id .. '_' .. i) end
    return redis.call('zrem', key, unpack(args))
end
redis.call('zremrangebyscore', key, '-inf', now - timeout)
if redis.call('zscore', key, id .. '_0') or redis.call('zcard', key) + permits <= limit then
    local args = {}
    for i = 0, permits - 1 do
        table.insert(args, now)
        table.insert(args, id .. '_' .. i)
    end
    local added = redis.call('zadd', key, unpack(args))
    redis.call('pexpire', key, timeout)
    return {1, added}
end
return 0
---
-- Symfony RedisStore: a write lock
--! lock | t1 300000
--! lock | t2 300000
--! lock | t1 300000
--$ ZRANGE lock 0 -1
--$ DEL lock
--$ SET lock text
--! lock | t1 300000
--$ DEL lock
--$ HSET lock f v
--! lock | t1 300000
if redis.call('TYPE', KEYS[1]).ok == 'string' then return false end
local time = redis.call('TIME')
local now = (time[1] * 1000) + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCOUNT', KEYS[1], '-inf', '+inf') > 0 and not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return false end
local added = redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
local last = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
return {true, added, redis.call('PEXPIREAT', KEYS[1], last), last - now == tonumber(ARGV[2])}
---
-- Symfony RedisStore: read locks beside each other, none beside a writer
--! lock | 1700000000000 r1 300000 read
--! lock | 1700000000000 r2 400000 read
--! lock | 1700000000000 w 300000 write
--! lock | 1700000350000 r2 300000 write
--! lock | 1700000350000 r3 300000 read
--! lock | 1700000660000 r3 300000 read
--$ ZRANGE lock 0 -1 WITHSCORES
local key, now, token, ttl = KEYS[1], tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
if ARGV[4] == 'write' then
    local others = redis.call('ZCOUNT', key, '-inf', '+inf') - (redis.call('ZSCORE', key, token) and 1 or 0)
    if others > 0 then return false end
    redis.call('ZADD', key, now + ttl, '__write__')
else
    if redis.call('ZSCORE', key, '__write__') and not redis.call('ZSCORE', key, token) then return false end
end
redis.call('ZADD', key, now + ttl, token)
return redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')
---
-- Symfony RedisStore: put off, exists, delete
--$ ZADD lock 1900000000000 t1 1700000000000 t2
--! lock | t1 1800000000000
--! lock | t2 1800000000000
--! lock | t3 1800000000000
--$ ZRANGE lock 0 -1 WITHSCORES
local key = KEYS[1]
redis.call('ZREMRANGEBYSCORE', key, '-inf', ARGV[2])
local there = redis.call('ZSCORE', key, ARGV[1])
if not there then return {false, redis.call('ZREM', key, ARGV[1])} end
local moved = redis.call('ZADD', key, 'XX', 'CH', ARGV[2] + 5000, ARGV[1])
return {there, moved, redis.call('ZREM', key, ARGV[1], 'none')}
---
-- DistributedLock.Redis semaphore: the server's time, which does not show
--! s | 2 t1 300000
--! s | 2 t2 300000
--! s | 2 t3 300000
--! s | 2 t1 300000
--$ ZREM s t2
--! s | 2 t3 300000
--$ ZCARD s
redis.replicate_commands()
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('zremrangebyscore', KEYS[1], '-inf', now)
if redis.call('zcard', KEYS[1]) < tonumber(ARGV[1]) then
    redis.call('zadd', KEYS[1], now + tonumber(ARGV[3]), ARGV[2])
    local keyTtl = redis.call('pttl', KEYS[1])
    if keyTtl < tonumber(ARGV[3]) then redis.call('pexpire', KEYS[1], 3 * tonumber(ARGV[3])) end
    return 1
end
return 0
---
-- DistributedLock.Redis semaphore: renewal of what is still held
--$ ZADD s 1900000000000 t1
--! s | t1 1900000300000
--! s | t1 1900000300000
--! s | t2 1900000300000
--$ ZRANGE s 0 -1 WITHSCORES
return redis.call('zadd', KEYS[1], 'XX', 'CH', ARGV[2], ARGV[1])
---
-- bsm/redislock: refresh of keys that all have the token, whatever metadata is behind it
--$ MSET {b}1 token:m1 {b}2 token:m2 {b}3 other:m
--! {b}1 {b}2 | token 100000
--! {b}1 {b}3 | token 100000
--! {b}1 {b}4 | token 100000
local values = redis.call('mget', unpack(KEYS))
for i, _ in ipairs(KEYS) do
    if not values[i] or string.sub(values[i], 1, #ARGV[1]) ~= ARGV[1] then return false end
end
for _, key in ipairs(KEYS) do redis.call('pexpire', key, ARGV[2]) end
return redis.status_reply('OK')
---
-- bsm/redislock: the least time of all keys
--$ MSET {b}1 token:m1 {b}2 token:m2 {b}3 other
--$ PEXPIRE {b}1 500000
--! {b}2 | token 5
--! {b}1 {b}2 | token 5
--! {b}1 {b}3 | token 5
local least = 0
for _, key in ipairs(KEYS) do
    if redis.call('getrange', key, 0, tonumber(ARGV[2]) - 1) ~= ARGV[1] then return -3 end
    local left = redis.call('pttl', key)
    if left > 0 then left = 500 end
    if least == 0 or left < least then least = left end
end
return least
---
-- python-redis-lock: release tells who waits by a list
--$ SET lock:a id
--! lock:a lock-signal:a | other 1000
--! lock:a lock-signal:a | id 100000
--! lock:a lock-signal:a | id 100000
--$ LRANGE lock-signal:a 0 -1
--$ EXISTS lock:a
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 1 end
redis.call('del', KEYS[2])
redis.call('lpush', KEYS[2], 1)
redis.call('pexpire', KEYS[2], ARGV[2])
redis.call('del', KEYS[1])
return 0
---
-- python-redis-lock: all locks away
--$ MSET lock:a 1 lock:b 2 other 3
--$ RPUSH lock-signal:b old
--! | 100000
--$ LRANGE lock-signal:a 0 -1
--$ LRANGE lock-signal:b 0 -1
--$ EXISTS lock:a lock:b other
local locks = redis.call('keys', 'lock:*')
table.sort(locks)
local signals = {}
for _, lock in pairs(locks) do
    local signal = 'lock-signal:' .. string.sub(lock, 6)
    redis.call('del', signal)
    redis.call('lpush', signal, 1)
    redis.call('expire', signal, 1)
    redis.call('persist', signal)
    redis.call('del', lock)
    signals[#signals + 1] = signal
end
return {#locks, signals}
---
-- ruby redis-semaphore: tokens in a list, those in use in a hash
--! av gr ex | 2 1700000000
--! av gr ex | 2 1700000001
--! av gr ex | 2 1700000002
--$ HGETALL gr
--$ LLEN av
--$ GET ex
if redis.call('setnx', KEYS[3], 1) == 1 then
    for i = 0, ARGV[1] - 1 do redis.call('rpush', KEYS[1], i) end
end
local token = redis.call('lpop', KEYS[1])
if not token then return {token, redis.call('hlen', KEYS[2])} end
redis.call('hset', KEYS[2], token, ARGV[2])
return {token, redis.call('hget', KEYS[2], token)}
