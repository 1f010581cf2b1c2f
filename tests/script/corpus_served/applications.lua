-- rate-limiter-flexible: consume
--! counter | 5 60
--! counter | 5 60
--! counter | 100 60
redis.call('set', KEYS[1], 0, 'EX', ARGV[2], 'NX')
local consumed = redis.call('incrby', KEYS[1], ARGV[1])
local ttl = redis.call('pttl', KEYS[1])
if ttl == -1 then
    redis.call('expire', KEYS[1], ARGV[2])
    ttl = 1000 * ARGV[2]
end
return {consumed, ttl > 0}
---
-- rate-limiter-flexible: consume, a counter without an end
--$ SET counter 7
--! counter | 5 60
local consumed = redis.call('incrby', KEYS[1], ARGV[1])
local ttl = redis.call('pttl', KEYS[1])
if ttl == -1 then redis.call('expire', KEYS[1], ARGV[2]) ttl = 1000 * ARGV[2] end
return {consumed, ttl}
---
-- token bucket of a gateway
--! bucket | 10 1 1000 3
--! bucket | 10 1 1000 3
--! bucket | 10 1 1001 9
local capacity, rate, now, requested = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local state = redis.call('hmget', KEYS[1], 'tokens', 'time')
local tokens = tonumber(state[1]) or capacity
local last = tonumber(state[2]) or now
tokens = math.min(capacity, tokens + (now - last) * rate)
local allowed = tokens >= requested
if allowed then tokens = tokens - requested end
redis.call('hset', KEYS[1], 'tokens', tokens, 'time', now)
redis.call('expire', KEYS[1], math.ceil(capacity / rate) * 2)
return {allowed and 1 or 0, tostring(tokens)}
---
-- job data as JSON
--$ HSET job id 7 data {"a":[1,2,{"b":null}],"n":1.5}
--! job |
local data = cjson.decode(redis.call('hget', KEYS[1], 'data'))
data.attempts = 3
return {data.n .. '', #data.a, tostring(data.a[3].b), cjson.encode({attempts = data.attempts}), cjson.encode(data.a)}
---
-- Laravel queue: one more attempt, in a string
--$ SET payload {"job":"send","attempts":0}
--! payload |
local job = redis.call('get', KEYS[1])
local reserved = false
if job ~= false then
    reserved = cjson.decode(job)
    reserved['attempts'] = reserved['attempts'] + 1
    reserved = cjson.encode({reserved['attempts']})
    redis.call('set', KEYS[1], reserved)
end
return {job, reserved}
---
-- BullMQ: options by cmsgpack
--! opts | k1
local packed = cmsgpack.pack({ARGV[1], 5, false, {delay = 10}, cjson.null and 1})
local args = cmsgpack.unpack(packed)
redis.call('hset', KEYS[1], 'name', args[1], 'n', args[2], 'delay', args[4].delay)
return redis.call('hmget', KEYS[1], 'name', 'n', 'delay', 'none')
---
-- BullMQ: a job of its own key
--! meta id | job 5
--! meta id | job 5
local id = redis.call('incr', KEYS[2])
local key = KEYS[1] .. ':' .. id
if redis.call('exists', key) == 1 then return redis.error_reply('exists') end
redis.call('hmset', key, 'name', ARGV[1], 'priority', ARGV[2], 'opts', cjson.encode({p = tonumber(ARGV[2])}))
redis.call('hincrby', KEYS[1], 'count', 1)
return {id, key, redis.call('hget', key, 'opts'), redis.call('hget', KEYS[1], 'count')}
---
-- BullMQ: progress
--$ HSET job a 1 b 2
--! job | -5
--! none | -5
if redis.call('EXISTS', KEYS[1]) == 1 then
    redis.call('HSET', KEYS[1], 'progress', ARGV[1])
    return 0
end
return -5
---
-- BullMQ: the lock of a job extended
--$ SET job:1:lock tok PX 100000
--! job:1:lock | tok 30000
--! job:1:lock | bad 30000
local rcall = redis.call
if rcall('GET', KEYS[1]) == ARGV[1] then
    if rcall('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) then return 1 end
end
return 0
---
-- Celery: counter of a chord
--! chord | 3
--! chord | 3
--! chord | 3
local done = redis.call('incr', KEYS[1])
if done == tonumber(ARGV[1]) then
    redis.call('del', KEYS[1])
    return {done, true}
end
redis.call('expire', KEYS[1], 86400)
return {done, false, redis.call('set', KEYS[1] .. '.seen', '1', 'NX', 'EX', 86400)}
---
-- RQ: the rest of the arguments by unpack
--! k | -inf 5
local keys = {unpack(ARGV, 2)}
return {#keys, keys[1], ARGV[1]}
---
-- Django cache: another version of the keys
--$ MSET c:1:a 1 c:1:b 2
--! c:1:a c:1:b | 2
local version = tonumber(ARGV[1])
local moved = {}
for _, key in ipairs(KEYS) do
    local new = string.gsub(key, '^c:1:', 'c:' .. version .. ':')
    redis.call('rename', key, new)
    moved[#moved + 1] = new
end
return moved
---
-- Django cache: incr of a key that has to be there
--$ SET k 5
--! k | 3
--! none | 3
local v = redis.call('get', KEYS[1])
if v == false then return redis.error_reply("Key '" .. KEYS[1] .. "' not found") end
return redis.call('incrby', KEYS[1], ARGV[1])
---
-- huey: a result once
--$ HSET q:results t1 done
--! q:results | t1
--! q:results | t1
local v = redis.call('hget', KEYS[1], ARGV[1])
if v then redis.call('hdel', KEYS[1], ARGV[1]) end
return v
---
-- semaphore of a hash
--! sem | a 2
--! sem | b 2
--! sem | c 2
--! sem | a 2
if redis.call('hexists', KEYS[1], ARGV[1]) == 1 then return 2 end
if redis.call('hlen', KEYS[1]) < tonumber(ARGV[2]) then
    redis.call('hset', KEYS[1], ARGV[1], 1)
    return 1
end
return 0
---
-- configuration in a hash
--$ HSET cfg on 1 rate 0.25
--! cfg |
local all = redis.call('hgetall', KEYS[1])
local t = {}
for i = 1, #all, 2 do t[all[i]] = all[i + 1] end
return {t.on, t.rate * 4, tostring(t.rate + 0)}
---
-- window of a rate limiter
--! window | 1000000 60 3
--! window | 1000010 60 3
--! window | 1000061 60 3
local now, size, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local current = KEYS[1] .. ':' .. math.floor(now / size)
local previous = KEYS[1] .. ':' .. (math.floor(now / size) - 1)
local count = tonumber(redis.call('get', current) or '0')
local before = tonumber(redis.call('get', previous) or '0')
local weight = (size - now % size) / size
if before * weight + count >= limit then return -1 end
redis.call('incr', current)
redis.call('expire', current, size * 2 + 1)
return {count + 1, string.format('%.4f', before * weight), current}
