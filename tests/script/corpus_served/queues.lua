-- RQ: a job of the intermediate queue that nobody began goes back
--$ RPUSH rq:queue:default j4
--$ RPUSH rq:queue:default:intermediate j1 j2 j3
--! rq:queue:default:intermediate rq:queue:default | j2 0
--! rq:queue:default:intermediate rq:queue:default | j9 0
--! rq:queue:default:intermediate rq:queue:default | j3 1
--$ LRANGE rq:queue:default 0 -1
--$ LRANGE rq:queue:default:intermediate 0 -1
local place = redis.call('lpos', KEYS[1], ARGV[1])
if place == false then return {false, redis.call('llen', KEYS[1])} end
redis.call('lrem', KEYS[1], 1, ARGV[1])
redis.call(ARGV[2] == '1' and 'lpush' or 'rpush', KEYS[2], ARGV[1])
return {place, redis.call('llen', KEYS[1])}
---
-- RQ: jobs of a registry up to a score go, with a limit; the rest of the arguments by unpack
--$ ZADD rq:finished 100 a 200 b 300 c 400 d
--! rq:finished rq:log | 250 0 1 done x y z
--! rq:finished rq:log | 250 0 10 done
--! rq:finished rq:log | inf 1 1 done
--$ ZRANGE rq:finished 0 -1
--$ LRANGE rq:log 0 -1
local ids = redis.call('zrangebyscore', KEYS[1], 0, ARGV[1], 'LIMIT', ARGV[2], ARGV[3])
if #ids > 0 then redis.call('zrem', KEYS[1], unpack(ids)) end
redis.call('rpush', KEYS[2], unpack(ARGV, 4))
return ids
---
-- RQ: scheduled jobs that are due to their queue
--$ ZADD rq:scheduled 1700000000 a 1700000060.25 b
--! rq:scheduled rq:queue | 1700000000
--! rq:scheduled rq:queue | 1700000060.2
--! rq:scheduled rq:queue | 1700000060.25
--! rq:scheduled rq:queue | 1700000060.25
--$ LRANGE rq:queue 0 -1
local due = redis.call('zrangebyscore', KEYS[1], '-inf', ARGV[1])
for _, id in ipairs(due) do redis.call('rpush', KEYS[2], id) end
local gone = redis.call('zremrangebyscore', KEYS[1], '-inf', ARGV[1])
return {gone, due, redis.call('zrange', KEYS[1], 0, -1, 'withscores')}
---
-- huey: tasks of the schedule that are due
--$ ZADD huey.schedule 10 a 20 b 30.5 c
--! huey.schedule | 20
--! huey.schedule | 20
--! huey.schedule | 30.5
--$ EXISTS huey.schedule
local key, time = KEYS[1], ARGV[1]
local res = redis.call('zrangebyscore', key, '-inf', time)
if #res and redis.call('zremrangebyscore', key, '-inf', time) == #res then return res end
---
-- huey: the task of the highest priority, and its result once
--$ ZADD huey.queue -5 urgent 0 plain -1 soon
--$ HSET huey.results urgent R
--! huey.queue huey.results |
--! huey.queue huey.results |
--! huey.queue huey.results |
--! huey.queue huey.results |
local task = redis.call('zpopmin', KEYS[1])
if #task == 0 then return 'none' end
local result = redis.call('hget', KEYS[2], task[1])
redis.call('hdel', KEYS[2], task[1])
redis.call('hsetnx', KEYS[2], 'count', 0)
return {task[1], task[2], result, redis.call('hincrby', KEYS[2], 'count', 1)}
---
-- Sidekiq: a job that is due, taken by one poller
--$ ZADD retry 100.125 a 200 b
--! retry queue | 100
--! retry queue | 100.125
--! retry queue | 100.125
--! retry queue | 1000
--! retry queue | 1000
local jobs = redis.call('zrange', KEYS[1], '-inf', ARGV[1], 'byscore', 'limit', 0, 1)
if jobs[1] then
    redis.call('zrem', KEYS[1], jobs[1])
    return jobs[1]
end
---
-- Sidekiq: dead jobs, by time and by number; statistics of a process
--$ ZADD dead 1 a 2 b 3 c 4 d 5 e
--! dead stat | 2 2
--$ ZRANGE dead 0 -1 WITHSCORES
--$ HGETALL stat
redis.call('hincrby', KEYS[2], 'failed', 1)
redis.call('hincrbyfloat', KEYS[2], 'latency', '0.5')
return {
    redis.call('zremrangebyscore', KEYS[1], '-inf', ARGV[1]), redis.call('zremrangebyrank', KEYS[1], 0, -ARGV[2] - 1),
    redis.call('hget', KEYS[2], 'latency'), redis.call('zrevrange', KEYS[1], 0, 0),
}
---
-- Laravel queue: size
--$ RPUSH queues:default a b
--$ ZADD queues:default:delayed 1 c
--! queues:default queues:default:delayed queues:default:reserved |
return redis.call('llen', KEYS[1]) + redis.call('zcard', KEYS[2]) + redis.call('zcard', KEYS[3])
---
-- Laravel queue: push
--! queues:default queues:default:notify | {"uuid":"1"}
--! queues:default queues:default:notify | {"uuid":"2"}
--$ LRANGE queues:default 0 -1
--$ LLEN queues:default:notify
redis.call('rpush', KEYS[1], ARGV[1])
redis.call('rpush', KEYS[2], 1)
---
-- Laravel queue: pop reserves the job with one more attempt
--$ RPUSH queues:default {"attempts":0} {"attempts":41} not-json
--$ RPUSH queues:default:notify 1 1 1
--! queues:default queues:default:reserved queues:default:notify | 1700000090
--! queues:default queues:default:reserved queues:default:notify | 1700000091
--! queues:default queues:default:reserved queues:default:notify | 1700000092
--! queues:default queues:default:reserved queues:default:notify | 1700000093
--$ ZRANGE queues:default:reserved 0 -1 WITHSCORES
--$ LLEN queues:default:notify
local job = redis.call('lpop', KEYS[1])
local reserved = false
if job ~= false then
    reserved = cjson.decode(job)
    reserved['attempts'] = reserved['attempts'] + 1
    reserved = cjson.encode(reserved)
    redis.call('zadd', KEYS[2], ARGV[1], reserved)
    redis.call('lpop', KEYS[3])
end
return {job, reserved}
---
-- Laravel queue: release
--$ ZADD queues:default:reserved 5 {"attempts":1}
--! queues:default:delayed queues:default:reserved | {"attempts":1} 1700000090
--$ ZRANGE queues:default:delayed 0 -1 WITHSCORES
--$ EXISTS queues:default:reserved
redis.call('zrem', KEYS[2], ARGV[1])
redis.call('zadd', KEYS[1], ARGV[2], ARGV[1])
return true
---
-- Laravel queue: delayed jobs that are due, a hundred at a time
--$ EVAL for\ti=1,250\tdo\tredis.call('zadd',KEYS[1],i,'job'..i)end 1 queues:default:delayed
--! queues:default:delayed queues:default queues:default:notify | 230 -1
--$ LLEN queues:default
--$ LRANGE queues:default 98 102
--$ LLEN queues:default:notify
--! queues:default:delayed queues:default queues:default:notify | 250 5
--! queues:default:delayed queues:default queues:default:notify | 0 5
--$ ZRANGE queues:default:delayed 0 0 WITHSCORES
local val
if tonumber(ARGV[2]) < 0 then
    val = redis.call('zrangebyscore', KEYS[1], '-inf', ARGV[1])
else
    val = redis.call('zrangebyscore', KEYS[1], '-inf', ARGV[1], 'limit', 0, ARGV[2])
end
if next(val) ~= nil then
    redis.call('zremrangebyrank', KEYS[1], 0, #val - 1)
    for i = 1, #val, 100 do
        redis.call('rpush', KEYS[2], unpack(val, i, math.min(i + 99, #val)))
        for j = i, math.min(i + 99, #val) do redis.call('rpush', KEYS[3], 1) end
    end
end
return val
---
-- Laravel queue: clear
--$ RPUSH q a b
--$ ZADD q:delayed 1 c
--! q q:delayed q:reserved q:notify |
--! q q:delayed q:reserved q:notify |
local size = redis.call('llen', KEYS[1]) + redis.call('zcard', KEYS[2]) + redis.call('zcard', KEYS[3])
redis.call('del', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
return size
---
-- kombu: messages that nobody acknowledged in time go back to their queue
--$ HSET unacked t1 ["body","exchange","q1"] t2 ["body2","exchange","q2"]
--$ ZADD unacked_index 100 t1 200 t2 50 gone
--! unacked unacked_index | 150 0 10
--! unacked unacked_index | 500 0 1
--! unacked unacked_index | 500 0 1
--$ LRANGE q1 0 -1
--$ LRANGE q2 0 -1
--$ EXISTS unacked unacked_index
local restored = {}
local found = redis.call('zrange', KEYS[2], ARGV[1], 0, 'byscore', 'rev', 'limit', ARGV[2], ARGV[3], 'withscores')
for i = 1, #found, 2 do
    local tag = found[i]
    local payload = redis.call('hget', KEYS[1], tag)
    redis.call('zrem', KEYS[2], tag)
    redis.call('hdel', KEYS[1], tag)
    if payload then
        local m = cjson.decode(payload)
        redis.call('rpush', m[3], cjson.encode({m[1], m[2]}))
        restored[#restored + 1] = tag .. '@' .. found[i + 1]
    end
end
return restored
---
-- Celery: parts of a chord in a sorted set; the last of them calls the body once
--! chord.j chord.t chord.called | 0 r0 3
--! chord.j chord.t chord.called | 2 r2 3
--! chord.j chord.t chord.called | 2 r2 3
--! chord.j chord.t chord.called | 1 r1 3
--! chord.j chord.t chord.called | 1 r1 3
--$ GET chord.t
redis.call('zadd', KEYS[1], ARGV[1], ARGV[2])
local ready = redis.call('zcount', KEYS[1], '-inf', '+inf')
redis.call('incrby', KEYS[2], 0)
redis.call('expire', KEYS[1], 86400)
if ready < tonumber(ARGV[3]) then return {ready, false, redis.call('get', KEYS[2])} end
local first = redis.call('set', KEYS[3], 1, 'NX', 'EX', 3600)
return {ready, first, redis.call('get', 'chord.none'), redis.call('zrange', KEYS[1], 0, -1)}
---
-- BullMQ: a standard, a delayed or a prioritized job is added
--! bull:q:id bull:q:wait bull:q:delayed bull:q:prioritized bull:q:pc bull:q:meta | ["mail",1700000000000,0,0] bull:q:
--! bull:q:id bull:q:wait bull:q:delayed bull:q:prioritized bull:q:pc bull:q:meta | ["mail",1700000000000,5000,0] bull:q:
--! bull:q:id bull:q:wait bull:q:delayed bull:q:prioritized bull:q:pc bull:q:meta | ["mail",1700000000000,0,3] bull:q:
--! bull:q:id bull:q:wait bull:q:delayed bull:q:prioritized bull:q:pc bull:q:meta | ["mail",1700000000000,0,3] bull:q:
--! bull:q:id bull:q:wait bull:q:delayed bull:q:prioritized bull:q:pc bull:q:meta | ["mail",1700000000000,0,2097151] bull:q:
--$ HSET bull:q:meta paused 1
--! bull:q:id bull:q:wait bull:q:delayed bull:q:prioritized bull:q:pc bull:q:meta | ["mail",1700000000000,0,0,{"lifo":true}] bull:q:
--$ LRANGE bull:q:wait 0 -1
--$ LRANGE bull:q:paused 0 -1
--$ ZRANGE bull:q:delayed 0 -1 WITHSCORES
--$ ZRANGE bull:q:prioritized 0 -1 WITHSCORES
--$ HGETALL bull:q:2
--! bull:q:id bull:q:wait bull:q:delayed bull:q:prioritized bull:q:pc bull:q:meta | [nonsense bull:q:
local args = cmsgpack.unpack(cmsgpack.pack(cjson.decode(ARGV[1])))
local name, timestamp, delay, priority, opts = args[1], args[2], args[3], args[4], args[5] or {}
local rcall = redis.call
local jobId = rcall('INCR', KEYS[1])
local jobKey = ARGV[2] .. jobId
if rcall('EXISTS', jobKey) == 1 then return jobId .. '' end
rcall('HMSET', jobKey, 'name', name, 'timestamp', timestamp, 'delay', delay, 'priority', priority)
if delay > 0 then
    local score = (timestamp + delay) * 0x1000 + bit.band(jobId, 0xfff)
    rcall('ZADD', KEYS[3], score, jobId)
elseif priority > 0 then
    local pc = rcall('INCR', KEYS[5])
    rcall('ZADD', KEYS[4], priority * 0x100000000 + pc % 0x100000000, jobId)
else
    local target = rcall('HEXISTS', KEYS[6], 'paused') == 1 and ARGV[2] .. 'paused' or KEYS[2]
    rcall(opts.lifo and 'RPUSH' or 'LPUSH', target, jobId)
end
return jobId .. ''
---
-- BullMQ: the next job to the active ones, a plain one, then by priority, then none but the time of a delayed one
--$ RPUSH bull:q:wait 9 1
--$ ZADD bull:q:prioritized 8589934593 3 4294967298 2
--$ ZADD bull:q:delayed 6963200020480004 4
--$ HSET bull:q:1 name a
--$ HSET bull:q:2 name b
--! bull:q:wait bull:q:active bull:q:prioritized bull:q:delayed | bull:q: token 30000 1700000000000
--! bull:q:wait bull:q:active bull:q:prioritized bull:q:delayed | bull:q: token 30000 1700000000000
--! bull:q:wait bull:q:active bull:q:prioritized bull:q:delayed | bull:q: token 30000 1700000000000
--! bull:q:wait bull:q:active bull:q:prioritized bull:q:delayed | bull:q: 0 30000 1700000000000
--! bull:q:wait bull:q:active bull:q:prioritized bull:q:delayed | bull:q: token 30000 1700000000000
--! bull:q:wait bull:q:active bull:q:prioritized bull:q:none | bull:q: token 30000 1700000000000
--$ LRANGE bull:q:active 0 -1
--$ HGETALL bull:q:2
--$ GET bull:q:1:lock
local rcall = redis.call
local jobId = rcall('RPOPLPUSH', KEYS[1], KEYS[2])
if not jobId then
    local least = rcall('ZPOPMIN', KEYS[3])
    if #least > 0 then
        jobId = least[1]
        rcall('LPUSH', KEYS[2], jobId)
    end
end
if jobId then
    local jobKey = ARGV[1] .. jobId
    if ARGV[2] ~= '0' then rcall('SET', jobKey .. ':lock', ARGV[2], 'PX', ARGV[3]) end
    rcall('HSET', jobKey, 'processedOn', ARGV[4])
    rcall('HINCRBY', jobKey, 'ats', 1)
    return {rcall('HGETALL', jobKey), jobId, 0, 0}
end
local next = rcall('ZRANGE', KEYS[4], 0, 0, 'WITHSCORES')
if #next > 0 then return {0, 0, 0, tonumber(next[2]) / 0x1000} end
return {0, 0, 0, 0}
---
-- BullMQ: a job is finished, and only some of the finished are kept
--$ RPUSH bull:q:active 1 2 3
--$ MSET bull:q:1:lock tok bull:q:2:lock tok bull:q:3:lock other
--$ ZADD bull:q:completed 5 old 7 older2
--$ HSET bull:q:old name x
--! bull:q:active bull:q:completed | bull:q: 1 tok 10 {"count":2} result
--! bull:q:active bull:q:completed | bull:q: 2 tok 11 {"count":1} result
--! bull:q:active bull:q:completed | bull:q: 3 tok 12 {"count":1} result
--! bull:q:active bull:q:completed | bull:q: 4 tok 13 {"count":1} result
--$ LRANGE bull:q:active 0 -1
--$ ZRANGE bull:q:completed 0 -1 WITHSCORES
--$ EXISTS bull:q:old bull:q:1 bull:q:2 bull:q:1:lock
local rcall = redis.call
local prefix, jobId = ARGV[1], ARGV[2]
local lockKey = prefix .. jobId .. ':lock'
local token = rcall('GET', lockKey)
if token ~= ARGV[3] then return token and -6 or -2 end
rcall('DEL', lockKey)
if rcall('LREM', KEYS[1], -1, jobId) < 1 then return -3 end
rcall('HMSET', prefix .. jobId, 'returnvalue', ARGV[6], 'finishedOn', ARGV[4])
rcall('ZADD', KEYS[2], ARGV[4], jobId)
local keep = cmsgpack.unpack(cmsgpack.pack(cjson.decode(ARGV[5])))['count']
local gone = rcall('ZREVRANGE', KEYS[2], keep, -1)
for i, id in ipairs(gone) do rcall('DEL', prefix .. id, prefix .. id .. ':logs', prefix .. id .. ':lock') end
rcall('ZREMRANGEBYRANK', KEYS[2], 0, -(keep + 1))
return gone
---
-- BullMQ: delayed jobs that are due wait, by priority where they have one
--$ ZADD bull:q:delayed 4096001 1 4096002 2 8192003 3
--$ HSET bull:q:1 priority 0 delay 1000
--$ HSET bull:q:2 priority 2 delay 1000
--! bull:q:delayed bull:q:wait bull:q:prioritized bull:q:pc | bull:q: 1000
--! bull:q:delayed bull:q:wait bull:q:prioritized bull:q:pc | bull:q: 1000
--! bull:q:delayed bull:q:wait bull:q:prioritized bull:q:pc | bull:q: 2000
--$ LRANGE bull:q:wait 0 -1
--$ ZRANGE bull:q:prioritized 0 -1 WITHSCORES
--$ HGET bull:q:1 delay
local rcall = redis.call
local jobs = rcall('ZRANGEBYSCORE', KEYS[1], 0, (tonumber(ARGV[2]) + 1) * 0x1000 - 1, 'LIMIT', 0, 1000)
if #jobs > 0 then
    rcall('ZREM', KEYS[1], unpack(jobs))
    for _, id in ipairs(jobs) do
        local key = ARGV[1] .. id
        local priority = tonumber(rcall('HGET', key, 'priority')) or 0
        if priority == 0 then
            rcall('LPUSH', KEYS[2], id)
        else
            rcall('ZADD', KEYS[3], priority * 0x100000000 + rcall('INCR', KEYS[4]) % 0x100000000, id)
        end
        rcall('HSET', key, 'delay', 0)
    end
end
return #jobs
---
-- BullMQ: numbers of jobs in each state, whatever type has them
--$ RPUSH bull:q:wait 1 2
--$ ZADD bull:q:delayed 1 a
--$ HSET bull:q:meta paused 1
--! | bull:q: wait active delayed none
--! | bull:q: wait meta
local counts = {}
for i = 2, #ARGV do
    local key = ARGV[1] .. ARGV[i]
    local kind = redis.call('TYPE', key).ok
    if kind == 'list' then
        counts[#counts + 1] = redis.call('LLEN', key)
    elseif kind == 'zset' then
        counts[#counts + 1] = redis.call('ZCARD', key)
    elseif kind == 'none' then
        counts[#counts + 1] = 0
    else
        return redis.error_reply('BULL ' .. kind)
    end
end
return counts
---
-- BullMQ: paused and resumed by a new name of the list
--$ RPUSH bull:q:wait 1 2
--! bull:q:wait bull:q:paused bull:q:meta | paused
--! bull:q:wait bull:q:paused bull:q:meta | paused
--! bull:q:paused bull:q:wait bull:q:meta | resumed
--$ LRANGE bull:q:wait 0 -1
--$ EXISTS bull:q:paused bull:q:meta
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('RENAME', KEYS[1], KEYS[2]) end
if ARGV[1] == 'paused' then
    redis.call('HSET', KEYS[3], 'paused', 1)
else
    redis.call('HDEL', KEYS[3], 'paused')
end
return {redis.call('LLEN', KEYS[2]), redis.call('HGET', KEYS[3], 'paused'), redis.pcall('RENAME', KEYS[1], KEYS[2]).err}
---
-- BullMQ: position of a job, and another priority
--$ RPUSH bull:q:wait a b c b
--$ ZADD bull:q:prioritized 4294967297 p
--! bull:q:wait bull:q:prioritized | b 0
--! bull:q:wait bull:q:prioritized | b 3
--$ LRANGE bull:q:wait 0 -1
--! bull:q:wait bull:q:prioritized | c 2
--! bull:q:wait bull:q:prioritized | p 1
--! bull:q:wait bull:q:prioritized | z 1
--$ LRANGE bull:q:wait 0 -1
--$ ZRANGE bull:q:prioritized 0 -1 WITHSCORES
local at = redis.call('LPOS', KEYS[1], ARGV[1], 'RANK', -1)
local all = redis.call('LPOS', KEYS[1], ARGV[1], 'COUNT', 0)
local rank = redis.call('ZRANK', KEYS[2], ARGV[1])
local moved = 0
if tonumber(ARGV[2]) > 0 then
    moved = redis.call('LREM', KEYS[1], -1, ARGV[1])
    if moved > 0 then redis.call('ZADD', KEYS[2], ARGV[2] * 0x100000000 + 7, ARGV[1]) end
end
return {at, all, rank, moved, redis.call('ZSCORE', KEYS[2], ARGV[1])}
---
-- BullMQ: a page of jobs of lists and sorted sets
--$ RPUSH bull:q:wait 5 4 3 2 1
--$ ZADD bull:q:completed 1 a 2 b 3 c
--! bull:q:wait bull:q:completed | 0 1 1
--! bull:q:wait bull:q:completed | 1 -1 0
--! bull:q:wait bull:q:completed | 9 12 1
local from, to, asc = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1'
local pages = {}
if asc then
    local page = redis.call('LRANGE', KEYS[1], -(to + 1), -(from + 1))
    local turned = {}
    for i = #page, 1, -1 do turned[#turned + 1] = page[i] end
    pages[1] = turned
else
    pages[1] = redis.call('LRANGE', KEYS[1], from, to)
end
pages[2] = redis.call(asc and 'ZRANGE' or 'ZREVRANGE', KEYS[2], from, to)
return pages
---
-- BullMQ: logs of a job, the last of them kept
--! bull:q:1:logs | first 2
--! bull:q:1:logs | second 2
--! bull:q:1:logs | third 2
--$ LRANGE bull:q:1:logs 0 -1
local count = redis.call('RPUSH', KEYS[1], ARGV[1])
if ARGV[2] ~= '' then
    redis.call('LTRIM', KEYS[1], -tonumber(ARGV[2]), -1)
    return math.min(tonumber(ARGV[2]), count)
end
return count
---
-- Bull 3: back to waiting with a marker in the list
--$ RPUSH bull:q:active 1 2
--$ RPUSH bull:q:wait 0:marker 5
--! bull:q:active bull:q:wait | 1
--! bull:q:active bull:q:wait | 7
--$ LRANGE bull:q:wait 0 -1
if redis.call('LREM', KEYS[1], 1, ARGV[1]) == 0 then return redis.call('LINDEX', KEYS[2], 0) end
local first = redis.call('LINDEX', KEYS[2], 0)
if first and string.sub(first, 1, 2) == '0:' then
    redis.call('LINSERT', KEYS[2], 'AFTER', first, ARGV[1])
    return redis.call('LMOVE', KEYS[2], KEYS[2], 'LEFT', 'RIGHT')
end
redis.call('LPUSH', KEYS[2], ARGV[1])
return 0
---
-- Resque scheduler: the items of one time
--$ RPUSH delayed:100 {"class":"A"} {"class":"B"}
--$ ZADD delayed_queue_schedule 100 100
--! delayed:100 delayed_queue_schedule | 100
--! delayed:100 delayed_queue_schedule | 100
--! delayed:100 delayed_queue_schedule | 100
local item = redis.call('lpop', KEYS[1])
if redis.call('llen', KEYS[1]) == 0 then
    redis.call('del', KEYS[1])
    redis.call('zrem', KEYS[2], ARGV[1])
end
return {item and cjson.decode(item).class, redis.call('zcard', KEYS[2])}
---
-- sliding log of a rate limiter
--! log | 1000 60 2 a
--! log | 1001 60 2 b
--! log | 1030 60 2 c
--! log | 1060 60 2 d
--$ ZRANGE log 0 -1 WITHSCORES
--! log | 1061 x 2 e
local now, window, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, now - window)
local used = redis.call('ZCARD', KEYS[1])
if used >= limit then
    local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
    return {0, limit - used, oldest[2] + window - now}
end
redis.call('ZADD', KEYS[1], 'NX', now, ARGV[4])
redis.call('EXPIRE', KEYS[1], window)
return {1, limit - used - 1, 0}
---
-- leader board: the place of a player and those around
--$ ZADD board 10 a 20.5 b 20.5 c 30 d
--! board | c 5.25
--! board | a -1048576.75
--! board | new inf
--! board | new -inf
local score = redis.pcall('ZINCRBY', KEYS[1], ARGV[2], ARGV[1])
if type(score) == 'table' and score.err then return score.err end
local rank = redis.call('ZREVRANK', KEYS[1], ARGV[1])
return {score, rank, redis.call('ZREVRANGE', KEYS[1], math.max(0, rank - 1), rank + 1, 'WITHSCORES')}
