-- DistributedLock.Redis reader/writer lock: readers are a set beside the writer's key
--! {d}:write {d}:read | r1 300000 read
--! {d}:write {d}:read | r2 300000 read
--! {d}:write {d}:read | r1 300000 read
--! {d}:write {d}:read | w 300000 write
--$ SREM {d}:read r1 r2
--! {d}:write {d}:read | w 300000 write
--! {d}:write {d}:read | r1 300000 read
--! {d}:write {d}:read | r1 300000 renew
--$ SCARD {d}:read
--$ EXISTS {d}:write
local ttl = tonumber(ARGV[2])
if ARGV[3] == 'read' then
    if redis.call('exists', KEYS[1]) == 1 then return 0 end
    local added = redis.call('sadd', KEYS[2], ARGV[1])
    if redis.call('pttl', KEYS[2]) < ttl then redis.call('pexpire', KEYS[2], ttl) end
    return {1, added, redis.call('scard', KEYS[2])}
elseif ARGV[3] == 'write' then
    if redis.call('scard', KEYS[2]) > 0 then return 0 end
    return redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ttl) and 1 or 0
end
return redis.call('sismember', KEYS[2], ARGV[1])
---
-- Celery: a chord's part that has come twice counts once, and the body is called once
--$ SADD chord.done r0
--! chord.done chord.j chord.called | r0 0 2
--! chord.done chord.j chord.called | r1 1 2
--! chord.done chord.j chord.called | r1 1 2
--$ SMISMEMBER chord.done r0 r1 r2
local seen = redis.call('SISMEMBER', KEYS[1], ARGV[1])
redis.call('SADD', KEYS[1], ARGV[1])
if seen == 0 then redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1]) end
local ready = redis.call('ZCOUNT', KEYS[2], '-inf', '+inf')
if redis.call('SCARD', KEYS[1]) < tonumber(ARGV[3]) then return {seen, ready, nil, 1} end
return {seen, ready, redis.call('SET', KEYS[3], 1, 'NX', 'EX', 3600), redis.call('GET', 'chord.none')}
---
-- BullMQ: stalled jobs without a lock wait again
--$ SADD bull:q:stalled 1 2 3
--$ RPUSH bull:q:active 1 2 3 4
--$ SET bull:q:2:lock tok
--! bull:q:stalled bull:q:wait bull:q:active | bull:q:
--! bull:q:stalled bull:q:wait bull:q:active | bull:q:
--$ LRANGE bull:q:wait 0 -1
--$ LRANGE bull:q:active 0 -1
--$ SISMEMBER bull:q:stalled 4
local rcall = redis.call
local found = rcall('SMEMBERS', KEYS[1])
table.sort(found)
local moved = {}
if #found > 0 then
    rcall('DEL', KEYS[1])
    for i, id in ipairs(found) do
        if rcall('EXISTS', ARGV[1] .. id .. ':lock') == 0 and rcall('LREM', KEYS[3], 1, id) > 0 then
            rcall('HINCRBY', ARGV[1] .. id, 'stc', 1)
            rcall('RPUSH', KEYS[2], id)
            moved[#moved + 1] = id
        end
    end
end
local active = rcall('LRANGE', KEYS[3], 0, -1)
if #active > 0 then rcall('SADD', KEYS[1], unpack(active)) end
return {moved, rcall('SCARD', KEYS[1])}
---
-- Sidekiq: a job is pushed, its queue known to the set of queues
--! queues queue:default | default {"jid":"1"} {"jid":"2"}
--! queues queue:default | default {"jid":"3"}
--! queues queue:default | default
--$ LRANGE queue:default 0 -1
local known = redis.call('sadd', KEYS[1], ARGV[1])
return {known, redis.call('lpush', KEYS[2], unpack(ARGV, 2)), redis.call('smembers', KEYS[1])}
---
-- RQ: workers of a queue, and those that are gone
--$ SADD rq:workers:default w1 w2 w3
--$ SET w2 alive
--! rq:workers:default |
--! rq:workers:default |
--$ SMEMBERS rq:workers:default
local gone = 0
for _, worker in ipairs(redis.call('smembers', KEYS[1])) do
    if redis.call('exists', worker) == 0 then gone = gone + redis.call('srem', KEYS[1], worker) end
end
return {gone, redis.call('scard', KEYS[1])}
