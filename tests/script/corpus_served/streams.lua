-- BullMQ: a job is added, and an event of it, in a stream that is trimmed as it grows
--! bull:q:wait bull:q:events bull:q:meta bull:q:id | bull:q: mail {"to":"a"} 3
--! bull:q:wait bull:q:events bull:q:meta bull:q:id | bull:q: mail {"to":"b"} 3
--! bull:q:wait bull:q:events bull:q:meta bull:q:id | bull:q: mail {"to":"c"} 3
--$ XLEN bull:q:events
--$ LRANGE bull:q:wait 0 -1
--$ HGETALL bull:q:2
--$ TYPE bull:q:events
local rcall = redis.call
local id = rcall('INCR', KEYS[4])
local job = ARGV[1] .. id
if rcall('EXISTS', job) == 1 then
    rcall('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], '*', 'event', 'duplicated', 'jobId', id)
    return id
end
rcall('HMSET', job, 'name', ARGV[2], 'data', ARGV[3], 'opts', cjson.encode({attempts = 3}), 'priority', 0)
rcall('XADD', KEYS[2], 'MAXLEN', '~', rcall('HGET', KEYS[3], 'opts.maxLenEvents') or 10000, '*', 'event', 'added', 'jobId', id,
    'name', ARGV[2])
rcall('LPUSH', KEYS[1], id)
rcall('XADD', KEYS[2], '*', 'event', 'waiting', 'jobId', id)
return {tostring(id), rcall('LLEN', KEYS[1]), rcall('XLEN', KEYS[2])}
---
-- BullMQ: a job is finished, its return value is an event, and the stream keeps so many
--$ RPUSH bull:f:active 7 8
--$ HSET bull:f:7 name mail atm 1
--$ XADD bull:f:events 1-1 event active jobId 7
--$ XADD bull:f:events 1-2 event active jobId 8
--! bull:f:active bull:f:completed bull:f:events | bull:f: 7 1700000000000 completed "ok" 2
--! bull:f:active bull:f:completed bull:f:events | bull:f: 9 1700000000001 completed "ok" 2
--! bull:f:active bull:f:completed bull:f:events | bull:f: 8 1700000000002 failed "no" 2
--$ ZRANGE bull:f:completed 0 -1 WITHSCORES
--$ XRANGE bull:f:events - +
--$ HGETALL bull:f:7
local rcall = redis.call
local prefix, id, now, target, value = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
if rcall('LREM', KEYS[1], -1, id) < 1 then return -3 end
rcall('ZADD', KEYS[2], now, id)
rcall('HSET', prefix .. id, target == 'completed' and 'returnvalue' or 'failedReason', value, 'finishedOn', now)
local event = {'XADD', KEYS[3], now - 1600000000000 .. '-0', 'event', target, 'jobId', id, 'prev', 'active'}
event[#event + 1] = target == 'completed' and 'returnvalue' or 'failedReason'
event[#event + 1] = value
local added = rcall(unpack(event))
rcall('XTRIM', KEYS[3], 'MAXLEN', ARGV[6])
if rcall('LLEN', KEYS[1]) == 0 then rcall('XADD', KEYS[3], 'MAXLEN', '=', ARGV[6], '200000000000-0', 'event', 'drained') end
return {added, rcall('XLEN', KEYS[3]), rcall('XREVRANGE', KEYS[3], '+', '-', 'COUNT', 1)}
---
-- BullMQ: a queue's events are removed with the queue
--$ XADD bull:o:events 5-1 event added jobId 1
--$ XADD bull:o:events 5-2 event added jobId 2
--! bull:o:events bull:o:meta | 5-1
--! bull:o:events bull:o:meta | all
--! bull:o:events bull:o:meta | all
--$ EXISTS bull:o:events
if ARGV[1] ~= 'all' then return {redis.call('XDEL', KEYS[1], ARGV[1]), redis.call('XLEN', KEYS[1])} end
return redis.call('DEL', unpack(KEYS))
---
-- A group's entries are taken, acknowledged and claimed by a script
--$ XADD jobs 1-1 n 1
--$ XADD jobs 1-2 n 2
--$ XADD jobs 1-3 n 3
--$ XGROUP CREATE jobs g 0
--! jobs | a 2
--! jobs | b 5
--! jobs | b 5
--$ XPENDING jobs g
--$ XINFO GROUPS jobs
local read = redis.call('XREADGROUP', 'GROUP', 'g', ARGV[1], 'COUNT', ARGV[2], 'STREAMS', KEYS[1], '>')
if not read then return redis.call('XCLAIM', KEYS[1], 'g', ARGV[1], 0, '1-2', 'JUSTID') end
local ids = {}
for _, entry in ipairs(read[1][2]) do
    ids[#ids + 1] = entry[1]
    if entry[2][2] == '1' then redis.call('XACK', KEYS[1], 'g', entry[1]) end
end
return {read[1][1], ids}
---
-- What waits does not in a script
--$ XADD s 1-1 f v
--! s
--$ XRANGE s - +
local function try(...)
    local result = redis.pcall(...)
    return type(result) == 'table' and result.err or result
end
return {try('BLMPOP', 0, 1, KEYS[1] .. 'absent', 'LEFT') or 'nil', try('XREAD', 'STREAMS', KEYS[1], '0')[1][2][1][1],
    try('XADD', KEYS[1], '1-1', 'f', 'v'), try('XADD', KEYS[1], '0-0', 'f', 'v'), try('XADD', KEYS[1], 'x', 'f', 'v'),
    try('XADD', KEYS[1], 'NOMKSTREAM', '2-1', 'f'), try('XGROUP', 'CREATE', 'none', 'g', '$'), try('XREADGROUP', 'GROUP', 'g', 'c', 'STREAMS', KEYS[1], '>')}
