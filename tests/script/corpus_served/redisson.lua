-- Redisson FairLock: lock
--! {f} {f}:queue {f}:timeouts | 30000 a 5000 1700000000000
--! {f} {f}:queue {f}:timeouts | 30000 b 5000 1700000000000
--! {f} {f}:queue {f}:timeouts | 30000 b 5000 1700000000000
--! {f} {f}:queue {f}:timeouts | 30000 c 5000 1700000000000
--$ LRANGE {f}:queue 0 -1
--$ ZRANGE {f}:timeouts 0 -1 WITHSCORES
--$ DEL {f}
--! {f} {f}:queue {f}:timeouts | 30000 c 5000 1700000000000
--! {f} {f}:queue {f}:timeouts | 30000 b 5000 1700000000000
--$ LRANGE {f}:queue 0 -1
--$ ZRANGE {f}:timeouts 0 -1 WITHSCORES
--$ HGETALL {f}
--! {f} {f}:queue {f}:timeouts | 30000 b 5000 1700000000000
--! {f} {f}:queue {f}:timeouts | 30000 d 5000 1800000000000
--$ LRANGE {f}:queue 0 -1
--$ EXISTS {f}:timeouts {f}:queue
--$ SET {f}:queue text
--! {f} {f}:queue {f}:timeouts | 30000 e 5000 1800000000000
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
    redis.call('persist', KEYS[1])
    return nil
end
if redis.call('hexists', KEYS[1], ARGV[2]) == 1 then
    redis.call('hincrby', KEYS[1], ARGV[2], 1)
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
---
-- Redisson FairLock: unlock, which tells the first that waits
--$ HSET {f} a 2
--$ RPUSH {f}:queue gone b c
--$ ZADD {f}:timeouts 1000 gone 9000 b 9500 c
--! {f} {f}:queue {f}:timeouts {f}:channel | 0 30000 x 2000 publish
--! {f} {f}:queue {f}:timeouts {f}:channel | 0 30000 a 2000 publish
--! {f} {f}:queue {f}:timeouts {f}:channel | 0 30000 a 2000 publish
--! {f} {f}:queue {f}:timeouts {f}:channel | 0 30000 a 2000 publish
--! {f} {f}:queue {f}:timeouts {f}:channel | 0 30000 a 99000 nosuch
--$ EXISTS {f}
--$ LRANGE {f}:queue 0 -1
--$ ZRANGE {f}:timeouts 0 -1 WITHSCORES
while true do
    local first = redis.call('lindex', KEYS[2], 0)
    if first == false then break end
    if tonumber(redis.call('zscore', KEYS[3], first)) > tonumber(ARGV[4]) then break end
    redis.call('zrem', KEYS[3], first)
    redis.call('lpop', KEYS[2])
end
if redis.call('exists', KEYS[1]) == 0 then
    local nextId = redis.call('lindex', KEYS[2], 0)
    if nextId ~= false then redis.call(ARGV[5], KEYS[4] .. ':' .. nextId, ARGV[1]) end
    return 1
end
if redis.call('hexists', KEYS[1], ARGV[3]) == 0 then return nil end
if redis.call('hincrby', KEYS[1], ARGV[3], -1) > 0 then
    redis.call('pexpire', KEYS[1], ARGV[2])
    return 0
end
redis.call('del', KEYS[1])
local nextId = redis.call('lindex', KEYS[2], 0)
if nextId ~= false then redis.call(ARGV[5], KEYS[4] .. ':' .. nextId, ARGV[1]) end
return 1
---
-- Redisson FairLock: a waiter gives up
--$ RPUSH {f}:queue a b c b
--$ ZADD {f}:timeouts 1000 a 2000.5 b 3000 c
--! {f}:queue {f}:timeouts | b 500
--$ LRANGE {f}:queue 0 -1
--$ ZRANGE {f}:timeouts 0 -1 WITHSCORES
--! {f}:queue {f}:timeouts | none 500
--! {f}:queue {f}:timeouts | a 500
--! {f}:queue {f}:timeouts | c 500
--$ EXISTS {f}:queue {f}:timeouts
local queue = redis.call('lrange', KEYS[1], 0, -1)
local i = 1
while i <= #queue and queue[i] ~= ARGV[1] do i = i + 1 end
i = i + 1
while i <= #queue do
    redis.call('zincrby', KEYS[2], -tonumber(ARGV[2]), queue[i])
    i = i + 1
end
redis.call('zrem', KEYS[2], ARGV[1])
redis.call('lrem', KEYS[1], 0, ARGV[1])
---
-- Redisson ReadLock: lock, beside other readers and by the writer
--! {rw} {rw}:a:timeout | 30000 a a:write
--! {rw} {rw}:a:timeout | 30000 a a:write
--! {rw} {rw}:b:timeout | 90000 b b:write
--$ HGETALL {rw}
--$ EXISTS {rw}:a:timeout:1 {rw}:a:timeout:2 {rw}:b:timeout:1
--$ DEL {rw}
--$ HSET {rw} mode write c:write 1
--! {rw} {rw}:c:timeout | 30000 c c:write
--$ PERSIST {rw}
--! {rw} {rw}:a:timeout | 30000 a a:write
--$ HGETALL {rw}
local mode = redis.call('hget', KEYS[1], 'mode')
if mode == false then
    redis.call('hset', KEYS[1], 'mode', 'read')
    redis.call('hset', KEYS[1], ARGV[2], 1)
    redis.call('set', KEYS[2] .. ':1', 1)
    redis.call('pexpire', KEYS[2] .. ':1', ARGV[1])
    redis.call('pexpire', KEYS[1], ARGV[1])
    return nil
end
if mode == 'read' or (mode == 'write' and redis.call('hexists', KEYS[1], ARGV[3]) == 1) then
    local count = redis.call('hincrby', KEYS[1], ARGV[2], 1)
    local key = KEYS[2] .. ':' .. count
    redis.call('set', key, 1, 'px', ARGV[1])
    redis.call('pexpire', KEYS[1], math.max(redis.call('pttl', KEYS[1]), ARGV[1]))
    return nil
end
return redis.call('pttl', KEYS[1])
---
-- Redisson ReadLock: unlock, which keeps the lock as long as the longest reader
--$ HSET {rw} mode read a 2 b 1
--$ SET {rw}:a:timeout:1 1 PX 900000
--$ SET {rw}:a:timeout:2 1 PX 900000
--$ SET {rw}:b:timeout:1 1 PX 900000
--! {rw} chan {rw}:x:timeout {rw} | 0 x publish
--! {rw} chan {rw}:a:timeout {rw} | 0 a publish
--! {rw} chan {rw}:a:timeout {rw} | 0 a publish
--$ HGETALL {rw}
--! {rw} chan {rw}:b:timeout {rw} | 0 b publish
--$ EXISTS {rw} {rw}:a:timeout:1 {rw}:a:timeout:2 {rw}:b:timeout:1
--! {rw} chan {rw}:b:timeout {rw} | 0 b publish
local mode = redis.call('hget', KEYS[1], 'mode')
if mode == false then redis.call(ARGV[3], KEYS[2], ARGV[1]) return 1 end
if redis.call('hexists', KEYS[1], ARGV[2]) == 0 then return nil end
local counter = redis.call('hincrby', KEYS[1], ARGV[2], -1)
if counter == 0 then redis.call('hdel', KEYS[1], ARGV[2]) end
redis.call('del', KEYS[3] .. ':' .. (counter + 1))
if redis.call('hlen', KEYS[1]) > 1 then
    local longest = -3
    for n, key in ipairs(redis.call('hkeys', KEYS[1])) do
        counter = tonumber(redis.call('hget', KEYS[1], key))
        if type(counter) == 'number' then
            for i = counter, 1, -1 do
                longest = math.max(redis.call('pttl', KEYS[4] .. ':' .. key .. ':timeout:' .. i), longest)
            end
        end
    end
    if longest > 0 then redis.call('pexpire', KEYS[1], longest) return 0 end
    if mode == 'write' then return 0 end
end
redis.call('del', KEYS[1])
redis.call(ARGV[3], KEYS[2], ARGV[1])
return 1
---
-- Redisson WriteLock: lock
--! {rw} | 30000 a:write
--! {rw} | 30000 a:write
--$ PERSIST {rw}
--! {rw} | 30000 b:write
--$ HGETALL {rw}
--$ DEL {rw}
--$ HSET {rw} mode read a 1
--! {rw} | 30000 a:write
local mode = redis.call('hget', KEYS[1], 'mode')
if mode == false then
    redis.call('hset', KEYS[1], 'mode', 'write')
    redis.call('hset', KEYS[1], ARGV[2], 1)
    redis.call('pexpire', KEYS[1], ARGV[1])
    return nil
end
if mode == 'write' and redis.call('hexists', KEYS[1], ARGV[2]) == 1 then
    redis.call('hincrby', KEYS[1], ARGV[2], 1)
    local left = redis.call('pttl', KEYS[1])
    redis.call('pexpire', KEYS[1], left + ARGV[1])
    return nil
end
return redis.call('pttl', KEYS[1])
---
-- Redisson WriteLock: unlock, to a reader where the writer reads too
--$ HSET {rw} mode write a:write 2 a 1
--! {rw} chan | 0 30000 a:write publish
--! {rw} chan | 0 30000 b:write publish
--! {rw} chan | 0 30000 a:write publish
--$ HGETALL {rw}
--! {rw} chan | 0 30000 a:write publish
--$ DEL {rw}
--! {rw} chan | 0 30000 a:write publish
local mode = redis.call('hget', KEYS[1], 'mode')
if mode == false then redis.call(ARGV[4], KEYS[2], ARGV[1]) return 1 end
if mode == 'write' then
    if redis.call('hexists', KEYS[1], ARGV[3]) == 0 then return nil end
    if redis.call('hincrby', KEYS[1], ARGV[3], -1) > 0 then
        redis.call('pexpire', KEYS[1], ARGV[2])
        return 0
    end
    redis.call('hdel', KEYS[1], ARGV[3])
    if redis.call('hlen', KEYS[1]) == 1 then
        redis.call('del', KEYS[1])
        redis.call(ARGV[4], KEYS[2], ARGV[1])
    else
        redis.call('hset', KEYS[1], 'mode', 'read')
    end
    return 1
end
---
-- Redisson ReadWriteLock: renewal of each reader's time
--$ HSET {rw} mode read a 2
--$ SET {rw}:a:timeout:1 1 PX 100000
--$ SET {rw}:a:timeout:2 1 PX 100000
--! {rw} {rw} | 300000 a
--! {rw} {rw} | 300000 b
local counter = redis.call('hget', KEYS[1], ARGV[2])
if counter == false then return 0 end
redis.call('pexpire', KEYS[1], ARGV[1])
if redis.call('hlen', KEYS[1]) > 1 then
    local renewed = {}
    for n, key in ipairs(redis.call('hkeys', KEYS[1])) do
        counter = tonumber(redis.call('hget', KEYS[1], key))
        if type(counter) == 'number' then
            for i = counter, 1, -1 do
                redis.call('pexpire', KEYS[2] .. ':' .. key .. ':timeout:' .. i, ARGV[1])
                renewed[#renewed + 1] = redis.call('pttl', KEYS[2] .. ':' .. key .. ':timeout:' .. i) > 200000
            end
        end
    end
    return renewed
end
return 1
---
-- Redisson Semaphore: permits set once
--! {s} {s}:channel | 3 publish
--! {s} {s}:channel | 5 publish
--$ SET {s} 0
--! {s} {s}:channel | 5 publish
--$ GET {s}
local value = redis.call('get', KEYS[1])
if value == false or value == 0 or value == '0' then
    redis.call('set', KEYS[1], ARGV[1])
    redis.call(ARGV[2], KEYS[2], ARGV[1])
    return 1
end
return 0
---
-- Redisson Semaphore: release
--$ SET {s} 1
--! {s} {s}:channel | 2 publish
--! {s} {s}:channel | -1 nosuch
--! {s} {s}:channel | x publish
--$ GET {s}
local value = redis.call('incrby', KEYS[1], ARGV[1])
redis.call(ARGV[2], KEYS[2], value)
---
-- Redisson Semaphore: drain
--$ SET {s} 4
--! {s} |
--! {s} |
--! {none} |
--$ MGET {s} {none}
local value = redis.call('get', KEYS[1])
if value == false then return 0 end
redis.call('set', KEYS[1], 0)
return value
---
-- Redisson PermitExpirableSemaphore: acquire, or the time of the next that ends
--$ SET {p} 2
--! {p} {p}:timeout {p}:channel | 1 2000 id1 1000 publish
--! {p} {p}:timeout {p}:channel | 1 9000 id2 1000 publish
--! {p} {p}:timeout {p}:channel | 1 3000 id3 1999 publish
--! {p} {p}:timeout {p}:channel | 1 3000 id3 2000 publish
--! {p} {p}:timeout {p}:channel | 2 92233720368547758 id4 20000 publish
--! {p} {p}:timeout {p}:channel | 1 3000 id5 20000 publish
--$ GET {p}
--$ ZRANGE {p}:timeout 0 -1 WITHSCORES
--! {none} {p}:timeout2 {p}:channel | 1 3000 id5 20000 publish
local expired = redis.call('zrangebyscore', KEYS[2], 0, ARGV[4], 'limit', 0, ARGV[1])
if #expired > 0 then
    redis.call('zrem', KEYS[2], unpack(expired))
    local value = redis.call('incrby', KEYS[1], #expired)
    if tonumber(value) > 0 then redis.call(ARGV[5], KEYS[3], value) end
end
local value = redis.call('get', KEYS[1])
if value ~= false and tonumber(value) >= tonumber(ARGV[1]) then
    redis.call('decrby', KEYS[1], ARGV[1])
    for i = 1, ARGV[1] do
        redis.call('zadd', KEYS[2], ARGV[2], ARGV[3] .. (i > 1 and i or ''))
    end
    return ARGV[3]
end
local first = redis.call('zrange', KEYS[2], 0, 0, 'WITHSCORES')
if first[1] ~= nil and first[2] ~= ARGV[2] then return ':' .. tostring(first[2]) end
return nil
---
-- Redisson PermitExpirableSemaphore: release of all permits or of none
--$ SET {p} 0
--$ ZADD {p}:timeout 5000 id1 6000 id2 500 id3
--! {p} {p}:channel {p}:timeout | 1000 publish id1 nosuch
--! {p} {p}:channel {p}:timeout | 1000 publish id1 id3
--! {p} {p}:channel {p}:timeout | 1000 publish id1 id2
--! {p} {p}:channel {p}:timeout | 1000 publish id1 id2
--$ GET {p}
--$ ZRANGE {p}:timeout 0 -1
local ids = {unpack(ARGV, 3)}
for _, id in ipairs(ids) do
    local timeout = redis.call('zscore', KEYS[3], id)
    if timeout == false or tonumber(timeout) <= tonumber(ARGV[1]) then return 0 end
end
local removed = redis.call('zrem', KEYS[3], unpack(ids))
local value = redis.call('incrby', KEYS[1], removed)
redis.call(ARGV[2], KEYS[2], value)
return removed
---
-- Redisson PermitExpirableSemaphore: lease, count of free permits, count of those taken
--$ SET {p} 1
--$ ZADD {p}:timeout 5000 id1 500 id2
--! {p} {p}:timeout | id1 7000 1000
--! {p} {p}:timeout | id2 7000 1000
--! {p} {p}:timeout | id3 7000 1000
--$ ZRANGE {p}:timeout 0 -1 WITHSCORES
local expired = redis.call('zrangebyscore', KEYS[2], 0, ARGV[3], 'limit', 0, -1)
if #expired > 0 then
    redis.call('zrem', KEYS[2], unpack(expired))
    redis.call('incrby', KEYS[1], #expired)
end
local updated = 0
if redis.call('zscore', KEYS[2], ARGV[1]) ~= false then
    updated = 1
    redis.call('zadd', KEYS[2], ARGV[2], ARGV[1])
end
return {updated, redis.call('get', KEYS[1]), redis.call('zcard', KEYS[2]), redis.call('zcount', KEYS[2], '(' .. ARGV[3], '+inf')}
---
-- Redisson FencedLock: lock
--! {x} {x}:token | 30000 a
--! {x} {x}:token | 30000 a
--$ PERSIST {x}
--! {x} {x}:token | 30000 b
--$ DEL {x}
--! {x} {x}:token | 30000 b
--$ GET {x}:token
--$ SET {x}:token many
--$ DEL {x}
--! {x} {x}:token | 30000 b
local free = redis.call('exists', KEYS[1]) == 0
if free or redis.call('hexists', KEYS[1], ARGV[2]) == 1 then
    if free then redis.call('incr', KEYS[2]) end
    redis.call('hincrby', KEYS[1], ARGV[2], 1)
    redis.call('pexpire', KEYS[1], ARGV[1])
    return {-1, redis.call('get', KEYS[2])}
end
return {redis.call('pttl', KEYS[1]), -1}
---
-- Redisson CountDownLatch: count down to nothing, with the word in an argument
--! {l} {l}:channel | 2 publish
--! {l} {l}:channel | 0 publish
--! {l} {l}:channel | 0 publish
--! {l} {l}:channel | 0 publish
--$ EXISTS {l}
if ARGV[1] ~= '0' then
    if redis.call('exists', KEYS[1]) == 0 then
        redis.call('set', KEYS[1], ARGV[1])
        redis.call(ARGV[2], KEYS[2], '1')
        return 1
    end
    return 0
end
local v = redis.call('decr', KEYS[1])
if v <= 0 then redis.call('del', KEYS[1]) end
if v == 0 then redis.call(ARGV[2], KEYS[2], '0') end
return v
---
-- Redisson RateLimiter: permits of a window, each packed with struct
--$ HSET {r} rate 3 interval 1000 type 0
--! {r} {r}:value {r}:permits | 2 100000 rand1
--! {r} {r}:value {r}:permits | 2 100400 rand2
--! {r} {r}:value {r}:permits | 1 100500 rand3
--! {r} {r}:value {r}:permits | 2 101100 rand4
--! {r} {r}:value {r}:permits | 9 101200 rand5
--! {none} {r}:value {r}:permits | 1 101200 rand5
--$ GET {r}:value
--$ ZRANGE {r}:permits 0 -1 WITHSCORES
local rate = redis.call('hget', KEYS[1], 'rate')
local interval = redis.call('hget', KEYS[1], 'interval')
local kind = redis.call('hget', KEYS[1], 'type')
assert(rate ~= false and interval ~= false and kind ~= false, 'RateLimiter is not initialized')
assert(tonumber(rate) >= tonumber(ARGV[1]), 'Requested permits amount could not exceed defined rate')
local current = redis.call('get', KEYS[2])
local res
if current ~= false then
    local expired = redis.call('zrangebyscore', KEYS[3], 0, tonumber(ARGV[2]) - interval)
    local released = 0
    for i, v in ipairs(expired) do
        local random, permits = struct.unpack('Bc0I', v)
        released = released + permits
    end
    if released > 0 then
        redis.call('zremrangebyscore', KEYS[3], 0, tonumber(ARGV[2]) - interval)
        if tonumber(current) + released > tonumber(rate) then
            current = tonumber(rate) - redis.call('zcard', KEYS[3])
        else
            current = tonumber(current) + released
        end
        redis.call('set', KEYS[2], current)
    end
    if tonumber(current) < tonumber(ARGV[1]) then
        local first = redis.call('zrange', KEYS[3], 0, 0, 'withscores')
        res = 3 + interval - (tonumber(ARGV[2]) - first[2])
    else
        redis.call('zadd', KEYS[3], ARGV[2], struct.pack('Bc0I', string.len(ARGV[3]), ARGV[3], ARGV[1]))
        redis.call('decrby', KEYS[2], ARGV[1])
        res = nil
    end
else
    redis.call('set', KEYS[2], rate)
    redis.call('zadd', KEYS[3], ARGV[2], struct.pack('Bc0I', string.len(ARGV[3]), ARGV[3], ARGV[1]))
    redis.call('decrby', KEYS[2], ARGV[1])
    res = nil
end
local ttl = redis.call('pttl', KEYS[1])
if ttl > 0 then redis.call('pexpire', KEYS[2], ttl) redis.call('pexpire', KEYS[3], ttl) end
return res
---
-- Redisson MapCache: a value with its idle time, packed with struct
--! {m} {m}:ttl {m}:idle {m}:access | 1000 2000 500 k1 v1 3
--! {m} {m}:ttl {m}:idle {m}:access | 1100 0 0 k2 v2 3
--! {m} {m}:ttl {m}:idle {m}:access | 1200 0 0 k1 v1b 3
--! {m} {m}:ttl {m}:idle {m}:access | 9000 0 0 k3 v3 1
--$ HLEN {m}
--$ ZRANGE {m}:ttl 0 -1 WITHSCORES
--$ ZRANGE {m}:idle 0 -1 WITHSCORES
--$ ZRANGE {m}:access 0 -1 WITHSCORES
local now, key = tonumber(ARGV[1]), ARGV[4]
local old, before = redis.call('hget', KEYS[1], key), false
if old ~= false then
    local t, value = struct.unpack('dLc0', old)
    local expires = redis.call('zscore', KEYS[2], key)
    if expires == false or tonumber(expires) > now then before = value end
end
if tonumber(ARGV[2]) > 0 then redis.call('zadd', KEYS[2], now + ARGV[2], key) else redis.call('zrem', KEYS[2], key) end
if tonumber(ARGV[3]) > 0 then redis.call('zadd', KEYS[3], now + ARGV[3], key) else redis.call('zrem', KEYS[3], key) end
local size, most = tonumber(redis.call('hlen', KEYS[1])), tonumber(ARGV[6])
redis.call('zadd', KEYS[4], now, key)
if size >= most and old == false then
    for _, oldest in ipairs(redis.call('zrange', KEYS[4], 0, size - most)) do
        redis.call('zrem', KEYS[4], oldest)
        redis.call('zrem', KEYS[2], oldest)
        redis.call('hdel', KEYS[1], oldest)
    end
end
redis.call('hset', KEYS[1], key, struct.pack('dLc0', ARGV[3], string.len(ARGV[5]), ARGV[5]))
return before
---
-- Redisson DelayedQueue: those that are due go to the queue, and the time of the next
--$ ZADD {d}:timeout 1000 a 1000 b 2000.5 c 5e15 d
--$ RPUSH {d}:queue a b c d
--! {d} {d}:timeout {d}:queue | 999 100
--! {d} {d}:timeout {d}:queue | 1000 1
--! {d} {d}:timeout {d}:queue | 3000 100
--$ LRANGE {d} 0 -1
--$ LRANGE {d}:queue 0 -1
--! {d} {d}:timeout {d}:queue | +inf 100
--! {d} {d}:timeout {d}:queue | +inf 100
local due = redis.call('zrangebyscore', KEYS[2], 0, ARGV[1], 'limit', 0, ARGV[2])
if #due > 0 then
    for i, v in ipairs(due) do
        redis.call('rpush', KEYS[1], v)
        redis.call('lrem', KEYS[3], 1, v)
    end
    redis.call('zrem', KEYS[2], unpack(due))
end
local v = redis.call('zrange', KEYS[2], 0, 0, 'WITHSCORES')
if v[1] ~= nil then return v[2] end
return nil
