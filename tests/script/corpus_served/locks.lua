-- redis-py Lock: release
--$ SET lock token
--! lock | other
--! lock | token
--! lock | token
local token = redis.call('get', KEYS[1])
if not token or token ~= ARGV[1] then
    return 0
end
redis.call('del', KEYS[1])
return 1
---
-- redis-py Lock: extend
--$ SET lock token PX 100000
--! lock | other 5000 1
--! lock | token 5000000 1
--! none | token 5000 1
local token = redis.call('get', KEYS[1])
if not token or token ~= ARGV[1] then
    return 0
end
local expiration = redis.call('pttl', KEYS[1])
if not expiration then
    expiration = 0
end
if expiration < 0 then
    return 0
end
local newttl = ARGV[2]
if ARGV[3] == "0" then
    newttl = ARGV[2] + expiration
end
redis.call('pexpire', KEYS[1], newttl)
return 1
---
-- redis-py Lock: reacquire
--$ SET lock token
--! lock | token 5000
local token = redis.call('get', KEYS[1])
if not token or token ~= ARGV[1] then return 0 end
redis.call('pexpire', KEYS[1], ARGV[2])
return 1
---
-- python-redis-lock: extend
--$ SET lock id EX 1000
--! lock | id 2000
--! lock | no 2000
--! gone | id 2000
if redis.call("get", KEYS[1]) ~= ARGV[1] then
    return 1
elseif redis.call("ttl", KEYS[1]) < 0 then
    return 2
else
    redis.call("expire", KEYS[1], ARGV[2])
    return 0
end
---
-- node redlock: acquire
--! a b c | token 30000
--! a d | token2 30000
--! d | token2 30000
local count = 0
for i, key in ipairs(KEYS) do
    if redis.call("exists", key) == 1 then return 0 end
end
for i, key in ipairs(KEYS) do
    redis.call("set", key, ARGV[1], "PX", ARGV[2])
    count = count + 1
end
return count
---
-- node redlock: extend
--$ MSET a token b token c other
--! a b c | token 30000
--! a b | token 30000
for i, key in ipairs(KEYS) do
    if redis.call("get", key) ~= ARGV[1] then return 0 end
end
for i, key in ipairs(KEYS) do redis.call("set", key, ARGV[1], "PX", ARGV[2]) end
return #KEYS
---
-- node redlock: release
--$ MSET a token b other
--! a b c | token
local count = 0
for i, key in ipairs(KEYS) do
    if redis.pcall("get", key) == ARGV[1] then
        redis.pcall("del", key)
        count = count + 1
    end
end
return count
---
-- @sesamecare-oss/redlock: release in another database
--$ SET a token
--! a | token 1
--! a | token x
local selected = redis.pcall("SELECT", tonumber(ARGV[2]))
if type(selected) == "table" and selected.err then return selected end
if redis.call("get", KEYS[1]) == ARGV[1] then return redis.pcall("del", KEYS[1]) end
return 0
---
-- aioredlock: set
--! lock | token 30000
--! lock | token 30000
--! lock | other 30000
if redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return redis.status_reply('OK') end
if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('pexpire', KEYS[1], ARGV[2]) return redis.status_reply('OK') end
return redis.error_reply('ERROR')
---
-- Redisson Lock: lock
--! lock | id 30000
--! lock | id 30000
--! lock | id2 30000
if (redis.call('exists', KEYS[1]) == 0) or (redis.call('hexists', KEYS[1], ARGV[1]) == 1) then
    redis.call('hincrby', KEYS[1], ARGV[1], 1)
    redis.call('pexpire', KEYS[1], ARGV[2])
    return nil
end
return redis.call('pttl', KEYS[1]) > 0
---
-- Redisson Lock: unlock, with the same answer when it is sent again
--$ HSET lock id 2
--! lock chan latch | id 30000 unlocked PUBLISH 30000
--! lock chan latch | other 30000 unlocked PUBLISH 30000
--! lock chan latch | id 30000 unlocked PUBLISH 30000
--! lock chan latch2 | id 30000 unlocked PUBLISH 30000
local val = redis.call('get', KEYS[3])
if val ~= false then return tonumber(val) end
if (redis.call('hexists', KEYS[1], ARGV[1]) == 0) then return nil end
local counter = redis.call('hincrby', KEYS[1], ARGV[1], -1)
if (counter > 0) then
    redis.call('pexpire', KEYS[1], ARGV[2])
    redis.call('set', KEYS[3], 0, 'px', ARGV[5])
    return 0
else
    redis.call('del', KEYS[1])
    redis.call('set', KEYS[3], 1, 'px', ARGV[5])
    return 1
end
---
-- Redisson Lock: renewal
--$ HSET lock id 1
--! lock | id 30000
--! lock | no 30000
if (redis.call('hexists', KEYS[1], ARGV[1]) == 1) then
    redis.call('pexpire', KEYS[1], ARGV[2])
    return 1
end
return 0
---
-- Redisson Semaphore: acquire
--$ SET permits 3
--! permits | 2
--! permits | 2
--! none | 1
local value = redis.call('get', KEYS[1])
if (value ~= false and tonumber(value) >= tonumber(ARGV[1])) then
    local val = redis.call('decrby', KEYS[1], ARGV[1])
    return 1
end
return 0
---
-- Redisson FencedLock: try, with an answer that ends at nil
--! fenced token | id 30000
--! fenced token | id 30000
--! fenced token | id2 30000
if (redis.call('exists', KEYS[1]) == 0) then
    redis.call('incr', KEYS[2])
    redis.call('hset', KEYS[1], ARGV[1], 1)
    redis.call('pexpire', KEYS[1], ARGV[2])
    return {-1, redis.call('get', KEYS[2])}
end
if (redis.call('hexists', KEYS[1], ARGV[1]) == 1) then
    redis.call('hincrby', KEYS[1], ARGV[1], 1)
    redis.call('pexpire', KEYS[1], ARGV[2])
    return {-1, redis.call('get', KEYS[2])}
end
return {math.max(redis.call('pttl', KEYS[1]) * 0, '0'), nil}
---
-- Redisson ReadLock: lock
--! rw t | id 30000 id:write
--! rw t | id2 30000 id2:write
local mode = redis.call('hget', KEYS[1], 'mode')
if (mode == false) then
    redis.call('hset', KEYS[1], 'mode', 'read')
    redis.call('hset', KEYS[1], ARGV[1], 1)
    redis.call('set', KEYS[2] .. ':1', 1)
    redis.call('pexpire', KEYS[2] .. ':1', ARGV[2])
    redis.call('pexpire', KEYS[1], ARGV[2])
    return nil
end
if (mode == 'read') or (mode == 'write' and redis.call('hexists', KEYS[1], ARGV[3]) == 1) then
    local ind = redis.call('hincrby', KEYS[1], ARGV[1], 1)
    local key = KEYS[2] .. ':' .. ind
    redis.call('set', key, 1)
    redis.call('pexpire', key, ARGV[2])
    local remainTime = redis.call('pttl', KEYS[1])
    redis.call('pexpire', KEYS[1], math.max(remainTime, ARGV[2]))
    return nil
end
return redis.call('pttl', KEYS[1])
---
-- redsync: release
--$ SET lock v
--! lock | v
--! lock | v
local val = redis.call("GET", KEYS[1])
if val == ARGV[1] then
    return redis.call("DEL", KEYS[1])
elseif val == false then
    return -1
else
    return 0
end
---
-- redsync: extend
--$ SET lock v
--! lock | v 8000
--! lock | w 8000
if redis.call("GET", KEYS[1]) == ARGV[1] then
    return redis.call("PEXPIRE", KEYS[1], ARGV[2])
else
    return 0
end
---
-- redsync: extend or take again
--! lock | v 8000
--! lock | w 8000
if redis.call("GET", KEYS[1]) == ARGV[1] then
    return redis.call("PEXPIRE", KEYS[1], ARGV[2])
elseif redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2], "NX") then
    return 1
else
    return 0
end
---
-- bsm/redislock: obtain
--! k1 k2 | token 5 30000
--! k1 k2 | token 5 30000
--! k1 k3 | other 5 30000
local args = {}
for _, key in ipairs(KEYS) do
    table.insert(args, key)
    table.insert(args, ARGV[1])
end
if redis.call("msetnx", unpack(args)) ~= 1 then
    local offset = tonumber(ARGV[2])
    for _, key in ipairs(KEYS) do
        if redis.call("getrange", key, 0, offset - 1) ~= string.sub(ARGV[1], 1, offset) then return false end
    end
    redis.call("mset", unpack(args))
end
for _, key in ipairs(KEYS) do redis.call("pexpire", key, ARGV[3]) end
return redis.status_reply("OK")
---
-- bsm/redislock: release
--$ MSET k1 v k2 v k3 w
--! k1 k2 | v
--! k1 k2 k3 | v
local values = redis.call("mget", unpack(KEYS))
for i, _ in ipairs(KEYS) do
    if values[i] ~= ARGV[1] then return false end
end
redis.call("del", unpack(KEYS))
return redis.status_reply("OK")
---
-- bsm/redislock: whether time is left
--$ SET k1 v PX 900000
--! k1 k2 | v
local values = redis.call("mget", unpack(KEYS))
local min = nil
for i, key in ipairs(KEYS) do
    if values[i] == ARGV[1] then
        local ttl = redis.call("pttl", key)
        if ttl > 0 and (min == nil or ttl < min) then min = ttl end
    end
end
return min ~= nil
---
-- redlock-rb: lock
--! lock | t 5000 true
--! lock | t 5000 true
--! lock | u 5000 false
if (redis.call("exists", KEYS[1]) == 0 and ARGV[3] == "true") or redis.call("get", KEYS[1]) == ARGV[1] then
    redis.call("set", KEYS[1], ARGV[1], "PX", ARGV[2])
    return {true, ARGV[2]}
end
return {false, -1}
---
-- Spring RedisLockRegistry: obtain
--! lock chan | id 5000
--! lock chan | id 5000
--! lock chan | id2 5000
local lockClientId = redis.call('GET', KEYS[1])
if lockClientId == ARGV[1] then
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
    return true
elseif not lockClientId then
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
    return true
end
return false
---
-- Spring RedisLockRegistry: release
--$ SET lock id
--! lock chan | id
--! lock chan | id
local lockClientId = redis.call('GET', KEYS[1])
if lockClientId == ARGV[1] then
    if redis.call('UNLINK', KEYS[1]) == 1 then return true end
end
return false
---
-- Laravel RedisLock: refresh
--$ SET lock owner
--! lock | other 5
--! lock | owner 5000
--! lock | owner 0
if redis.call("get", KEYS[1]) == ARGV[1] then
    if tonumber(ARGV[2]) == 0 then return redis.call("persist", KEYS[1]) end
    return redis.call("expire", KEYS[1], ARGV[2])
else
    return 0
end
---
-- Symfony RedisStore: the type of a key
--$ SET text v
--$ HSET hash f v
--! text hash none |
return {redis.call("TYPE", KEYS[1]).ok, redis.call("TYPE", KEYS[2]).ok, redis.call("TYPE", KEYS[3])["ok"]}
---
-- DistributedLock.Redis: mutex, with the server's time
--! l | owner 7000
redis.replicate_commands()
local time = redis.call('time')
local now = math.floor((time[1] * 1000) + (time[2] / 1000))
if now < 1500000000000 then return redis.error_reply('clock') end
if redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', tonumber(ARGV[2])) == false then return 1 end
return {tostring(now):len(), 0}
---
-- RedLock.net: release
--$ SET r v
--! r | v
if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('del', KEYS[1]) return 1 end return 0
---
-- ShedLock: lock, and what keeps it
--! r | v 100000 nx
--! r | w 100000 xx
return redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2], ARGV[3])
