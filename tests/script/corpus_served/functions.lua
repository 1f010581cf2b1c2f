--! k | v
return redis.call('SET', KEYS[1], ARGV[1])
---
--! k |
return redis.call('GET', KEYS[1])
---
--! k | a b
return redis.pcall('SET', KEYS[1], ARGV[1], ARGV[2])
---
--! k | a b
return redis.call('SET', KEYS[1], ARGV[1], ARGV[2])
---
--! k |
return redis.pcall('HGET', KEYS[1])
---
--$ SET k v
--! k |
return redis.pcall('HGET', KEYS[1], 'f').err
---
--$ SET k v
--! k |
local ok, e = pcall(redis.call, 'HGET', KEYS[1], 'f') return {ok, e}
---
--! |
return redis.error_reply('My Err')
---
--! |
return redis.error_reply('-CODE text')
---
--! |
return redis.error_reply('')
---
--! |
return redis.error_reply('code\r\nx y')
---
--! |
return redis.error_reply(1)
---
--! |
return redis.error_reply('a', 'b')
---
--! |
return redis.error_reply('zero\0behind')
---
--! |
return redis.error_reply('two words\0behind')
---
--! |
return redis.status_reply('TICK')
---
--! |
return redis.status_reply('a\r\nb')
---
--! |
return redis.status_reply()
---
--! |
return redis.sha1hex('')
---
--! |
return redis.sha1hex('123', 4)
---
--! |
return {redis.sha1hex(12), redis.sha1hex({}), redis.sha1hex(nil)}
---
--! |
return redis.log(redis.LOG_DEBUG, 'x')
---
--! |
return redis.log('x', 'y')
---
--! |
return redis.log(redis.LOG_DEBUG)
---
--! |
return redis.log(9, 'x')
---
--! |
return redis.setresp(3)
---
--! |
return redis.setresp(4)
---
--! |
return redis.setresp()
---
--$ HSET h a 1
--! h |
redis.setresp(3) return redis.call('HGETALL', KEYS[1])
---
--$ HSET h a 1
--! h |
redis.setresp(3) local r = redis.call('HGETALL', KEYS[1]) return {r.map.a, type(r.map), r[1] == nil}
---
--$ HSET h a 1
--! h |
redis.setresp(2) return redis.call('HGETALL', KEYS[1])
---
--! none |
redis.setresp(3) return {redis.call('GET', KEYS[1]) == nil, redis.call('HGETALL', KEYS[1]).map ~= nil}
---
--! none |
redis.setresp(2) return {redis.call('GET', KEYS[1]) == false, #redis.call('HGETALL', KEYS[1])}
---
--! |
return redis.set_repl(redis.REPL_ALL)
---
--! |
return redis.set_repl()
---
--! |
return redis.set_repl(77)
---
--! |
return redis.replicate_commands()
---
--! |
return redis.breakpoint()
---
--! |
return redis.debug('x')
---
--! |
return redis.acl_check_cmd('SET', 'k', 'v')
---
--! |
return redis.acl_check_cmd('nosuch')
---
--! |
return redis.acl_check_cmd()
---
--! |
return {redis.LOG_DEBUG, redis.LOG_VERBOSE, redis.LOG_NOTICE, redis.LOG_WARNING, redis.REPL_ALL, redis.REPL_AOF, redis.REPL_NONE, redis.REPL_REPLICA, redis.REPL_SLAVE}
---
--! |
return {type(redis.REDIS_VERSION), type(redis.REDIS_VERSION_NUM)}
---
--! a b | c d e
return {KEYS, ARGV, #KEYS, #ARGV}
---
--! |
return {1, 2, {3, 'Hello World!', {4, {5}}}, nil, 6}
---
--! |
return {1, 2, 3.3333, somekey = 'somevalue', 'foo', nil, 'bar'}
---
--! |
return {ok = 'FINE', err = 'no'}
---
--! |
return {err = 'FAILED text'}
---
--! |
return {err = 5}
---
--! |
return {double = 1.5}
---
--! |
return {{double = 1/0}, {double = -1/0}, {double = 3}, {double = -0.5}, {double = 1e15}}
---
--! |
return {map = {a = 1}}
---
--! |
return {map = {a = {map = {b = {1, 2}}}}}
---
--! |
return {set = {x = true}}
---
--! |
return {big_number = '12345678901234567890'}
---
--! |
return {big_number = '1\r\n2'}
---
--! |
return {verbatim_string = {format = 'txt', string = 'some text'}}
---
--! |
return {verbatim_string = {format = 'markdown', string = '# t'}}
---
--! |
return {verbatim_string = {string = 'x'}}
---
--! |
return true
---
--! |
return false
---
--! |
return {true, false, 1}
---
--! |
redis.setresp(3) return true
---
--! |
redis.setresp(3) return {true, false, {map = {x = false}}}
---
--! |
return 3.99
---
--! |
return -0.5
---
--! |
return '10' + 5
---
--! |
return function() end
---
--! |
return coroutine.create(function() end)
---
--! |
return cjson.null
---
--! |
return {1, cjson.null, 2}
---
--! |
return setmetatable({}, {__index = function(t, k) return 7 end})
---
--! |
return setmetatable({1, 2}, {__index = {3, 3, 3}})
---
--! |
error('text')
---
--! |
error({err = 'MY table'})
---
--! |
error({err = 'plain'})
---
--! |
error()
---
--! |
error(nil)
---
--! |
error(12)
---
--! |
error('two\nlines')
---
--! |
error('text', 0)
---
--! |
error('text', 2)
---
--! |
local function f() error('deep', 2) end
local function g() f() end
g()
---
--! |
return nosuch
---
--! |
nosuch = 1
---
--! |
function f() end
---
--! |
redis.call = 1
---
--! |
KEYS[1] = 'x' return KEYS[1]
---
--! |
string.x = 1
---
--! |
setmetatable(_G, {})
---
--! |
rawset(_G, 'x', 1)
---
--! |
return rawget(_G, 'x')
---
--! |
getmetatable('').__index = nil
---
--! |
return (
---
--! |
x =
---
--! |
return 'unfinished
---
--! |
for i = 1 do end
---
--! |
local a <const> = 1
---
--! |
goto a
---
--! |
return redis.call()
---
--! |
return redis.call({})
---
--! |
return redis.call('GET', nil)
---
--! |
return redis.call('GET', true)
---
--! |
return redis.call(1)
---
--! |
return redis.pcall('nosuch', 'a')
---
--! |
return redis.call('nosuch', 'a')
---
--! |
return redis.call('config', 'nosuch')
---
--! |
return redis.pcall('multi')
---
--! |
return redis.pcall('exec')
---
--! |
return redis.pcall('watch', 'k')
---
--! |
return redis.pcall('eval', 'return 1', 0)
---
--! |
return redis.pcall('script', 'load', 'return 1')
---
--! |
return redis.pcall('client', 'setname', 'x')
---
--! |
return redis.pcall('auth', 'x')
---
--! |
return redis.pcall('hello', '3')
---
--! |
return redis.pcall('quit')
---
--! |
return {redis.call('select', '1'), redis.call('set', 'x', 1), redis.call('select', 0), redis.call('exists', 'x')}
---
--! |
return redis.pcall('select', 'x')
---
--! |
return {redis.call('ping'), redis.call('ping', 'x'), redis.call('echo', 'y')}
---
--! k |
return {redis.call('set', KEYS[1], 1.5), redis.call('get', KEYS[1]), redis.call('set', KEYS[1], 1e20), redis.call('get', KEYS[1]), redis.call('set', KEYS[1], 0.1), redis.call('get', KEYS[1])}
---
--! k |
return {redis.call('set', KEYS[1], 2^53), redis.call('get', KEYS[1]), redis.call('set', KEYS[1], -1), redis.call('incr', KEYS[1]), redis.call('set', KEYS[1], 100), redis.call('get', KEYS[1])}
---
--! k |
return redis.call('incrbyfloat', KEYS[1], 0.1)
---
--! k |
local r = redis.call('set', KEYS[1], 'x') return {type(r), r.ok, r.err == nil}
---
--! k |
local r = redis.pcall('incr', KEYS[1], 'x') return {type(r), r.err, r.ok == nil, r.ignore_error_stats_update}
---
--! k | 1 2 3
local n = 0 for _, v in ipairs(ARGV) do n = n + v end redis.call('set', KEYS[1], n) return redis.call('get', KEYS[1])
---
#!lua
return 1
---
#!lua flags=no-writes
return redis.call('get', 'k')
