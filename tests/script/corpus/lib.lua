return ("hello"):sub(2, 3), ("hello"):sub(-3), ("hello"):sub(0), ("hello"):sub(10), ("hello"):sub(-100, 2), ("hello"):sub(3, 2)
---
return ("abc"):byte(), ("abc"):byte(-1), ("abc"):byte(10), ("abc"):byte(1, 3)
---
return string.char(72, 105), string.char(), pcall(string.char, 256)
---
return ("x"):rep(3), ("x"):rep(0), ("x"):rep(-1), ("ab"):upper(), ("AB"):lower(), ("abc"):reverse(), ("abc"):len()
---
return ("hello world"):find("o w"), ("hello"):find("l"), ("hello"):find("xyz"), ("hello"):find(""), ("hello"):find("", 10), ("a.b"):find(".", 1, true), ("hello"):find("l", -2)
---
return ("hello"):match("(h)(e)"), ("hello"):match("l+"), ("hello"):match("()ll()"), ("key = value"):match("^(%w+)%s*=%s*(%w+)$")
---
return ("hello world from lua"):gsub("(%w+)", "<%1>"), ("abc"):gsub("", "-"), ("abc"):gsub("%w", {a = "1", b = true}), ("abc"):gsub("b", function(x) return nil end), ("hello"):gsub("l", "L", 1)
---
return ("abc"):gsub("(a)(b)(c)", "%3%2%1%0%%")
---
return pcall(string.gsub, "abc", "(", "x")
---
return pcall(string.gsub, "abc", "%", "x")
---
return pcall(string.gsub, "abc", "[a", "x")
---
return pcall(string.gsub, "abc", "a", "%9")
---
return pcall(string.find, "abc", "%f")
---
return ("THE (quick) fox"):find("%((%a+)%)"), ("f(a(b)c)d"):match("%b()"), ("THE (quick) fox"):gsub("%f[%a]%a+", string.lower)
---
local t = {} for w in ("one two three"):gmatch("%a+") do t[#t + 1] = w end return unpack(t)
---
local t = {} for k, v in ("a=1, b=2"):gmatch("(%w+)=(%w+)") do t[#t + 1] = k .. v end return unpack(t)
---
local n = 0 for _ in ("abc"):gmatch("") do n = n + 1 end return n
---
return ("  trim  "):match("^%s*(.-)%s*$"), ("x^y"):find("^", 1, true), ("aXb"):gsub("%u", "%%"), ("[[x]]"):match("%[%[(.*)%]%]")
---
return ("abc123"):match("[%a]+"), ("abc123"):match("[^%a]+"), ("a-b"):match("[a%-]+"), ("]"):match("[]]"), ("^"):match("[%^]"), ("x-"):match("[a-]+x?"), ("az"):match("[a-c-z]+")
---
return string.format("%d %5d %-5d| %05d %+d %x %X %o %u", 42, 42, 42, 42, 42, 255, 255, 8, 7)
---
return string.format("%s %10s %-10s| %.2s %q", "abc", "abc", "abc", "abc", 'a"b\\c\nd\0e')
---
return string.format("%f %.2f %10.3f %e %g %g %g %.3g", 1.5, 1.555, math.pi, 12345.678, 0.1, 1e20, 100000, 1234567)
---
return string.format("%c%c%c", 76, 117, 97), string.format("%%"), string.format("%5.1f|%-8d|", 3.14159, 7), string.format("%i", 3.9)
---
return pcall(string.format, "%d", "x")
---
return pcall(string.format, "%y", 1)
---
return pcall(string.format, "%d")
---
return pcall(string.rep)
---
return pcall(string.rep, "x", {})
---
return pcall(function() return ("x"):rep({}) end)
---
return pcall(function() return ("x"):bad() end)
---
return pcall(function() local s = "x" return s.y.z end)
---
return table.concat({1, 2, 3}), table.concat({1, 2, 3}, ", "), table.concat({}, "x"), table.concat({1, 2, 3}, "-", 2, 3), table.concat({"a"}, "x", 1, 1)
---
return pcall(table.concat, {1, {}, 3})
---
return pcall(table.concat, {1, 2}, ",", 1, 3)
---
local t = {1, 2, 3} table.insert(t, 4) table.insert(t, 1, 0) return #t, t[1], t[5], table.remove(t), table.remove(t, 1), #t
---
local t = {} return table.remove(t), table.remove(t, 1), #t
---
local t = {1, 2, 3} return table.remove(t, 7), table.remove(t, 2), #t, t[2]
---
local t = {} table.insert(t, 5, "x") return #t, t[5]
---
return pcall(table.insert, {}, 1, 2, 3)
---
return pcall(table.insert, {})
---
return pcall(table.insert, nil, 1)
---
local t = {5, 2, 8, 1, 9, 3} table.sort(t) return table.concat(t, ",")
---
local t = {5, 2, 8, 1, 9, 3} table.sort(t, function(a, b) return a > b end) return table.concat(t, ",")
---
local t = {} for i = 1, 200 do t[i] = (i * 7919) % 211 end table.sort(t) for i = 2, 200 do if t[i-1] > t[i] then return false end end return true
---
local t = {"b", "a", "C"} table.sort(t) return table.concat(t)
---
return pcall(table.sort, {1, "x", 2})
---
local log = {} local t = {3, 1, 4, 1, 5, 9, 2, 6} table.sort(t, function(a, b) log[#log + 1] = a .. b return a < b end) return table.concat(log, " ")
---
return pcall(table.sort, {3, 1, 4, 1, 5, 9, 2, 6, 7, 8, 1, 2}, function() return true end)
---
return table.maxn({1, 2, [10] = 1, [5.5] = 2}), table.getn({1, 2}), pcall(table.setn, {}, 1)
---
local s = 0 table.foreachi({1, 2, 3}, function(i, v) s = s + i * v end) return s, table.foreach({a = 1}, function(k, v) return k .. v end)
---
return math.floor(1.5), math.floor(-1.5), math.ceil(1.2), math.ceil(-1.2), math.abs(-3), math.max(1, 5, 3), math.min(4, 2), math.sqrt(16), math.huge, -math.huge
---
return math.fmod(5, 3), math.fmod(-5, 3), math.modf(3.7), math.modf(-3.7), math.frexp(8), math.ldexp(0.5, 4), math.pow(2, 10), math.log10(1000)
---
return math.pi, math.rad(180), math.deg(math.pi), math.exp(0), math.log(1), math.sin(0), math.cos(0), math.tan(0), math.atan2(1, 1)
---
return pcall(math.floor, "x")
---
return pcall(math.floor)
---
return pcall(math.max)
---
return math.floor("3.7"), pcall(math.random, 0), pcall(math.random, 2, 1)
---
local co = coroutine.create(function(a, b) local c = coroutine.yield(a + b) local d, e = coroutine.yield(c * 2) return d + e end)
local r = {coroutine.resume(co, 1, 2)} local r2 = {coroutine.resume(co, 10)} local r3 = {coroutine.resume(co, 3, 4)} local r4 = {coroutine.resume(co)}
return r[1], r[2], r2[2], r3[2], r4[1], r4[2], coroutine.status(co)
---
local gen = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) return gen(), gen(), gen(), gen()
---
local gen = coroutine.wrap(function() error("inside") end) return pcall(gen)
---
local co = coroutine.create(function() error("inside") end) return coroutine.resume(co)
---
local co = coroutine.create(function() error({}) end) local a, b = coroutine.resume(co) return a, type(b)
---
return coroutine.running(), coroutine.status(coroutine.create(function() end)), pcall(coroutine.create, 1)
---
local co co = coroutine.create(function() return coroutine.resume(co) end) return coroutine.resume(co)
---
local co = coroutine.create(function() return coroutine.status(coroutine.running()) end) return coroutine.resume(co)
---
return pcall(coroutine.yield, 1)
---
local co = coroutine.create(function() return pcall(coroutine.yield, 1) end) return coroutine.resume(co)
---
local co = coroutine.create(function() return pcall(function() coroutine.yield(1) end) end) return coroutine.resume(co)
---
local co = coroutine.wrap(function(...) local t = {...} while true do t = {coroutine.yield(#t, unpack(t))} end end) return co(1, 2), co(), co(5)
---
local co = coroutine.wrap(function() return coroutine.yield(1) end) return co(), co(2, 3)
---
local function gen(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end local s = 0 for i in gen(10) do s = s + i end return s
---
local x = 0 local co = coroutine.create(function() local y = 1 local f = function() y = y + 1 return y end coroutine.yield(f) x = f() return y end) local _, f = coroutine.resume(co) return f(), f(), coroutine.resume(co), x
---
local co = coroutine.create(function() local t = setmetatable({}, {__index = function() coroutine.yield(1) end}) return t.x end) return coroutine.resume(co)
---
local function deep(n) if n == 0 then return 0 end return 1 + deep(n - 1) end return deep(10000), pcall(deep, 1e6)
---
local function r(n) return pcall(r, n) end return (pcall(r, 1))
---
return ("x"):rep(10, "y"), #("ab"):rep(1000)
---
return tostring(12):rep(2), (12 .. ""):len(), ("%d"):format(3)
---
local s = "" for c in ("héllo"):gmatch(".") do s = s .. c:byte() .. " " end return s
---
return next({}), next({10}), pcall(next), type(next)
---
return ("a,b,,c"):gsub(",", ";"), ("abc"):find("b", 1, true), ("a+b"):gsub("%+", "-"), ("path/to/file"):match("([^/]+)$")
---
return ("x = 1"):gsub("(%w+) = (%w+)", "%2 = %1"), ("abc"):gsub(".", {a = 1, b = 2.5}), ("hello world"):gsub("o", "0", 0)
---
return string.format("%5s|%-5s|%05.1f|%+.3e", "ab", "ab", 2.345, 12345.6789), ("%s %s"):format(1, 2.5)
---
return pcall(string.format, "%s")
---
return string.format("%.14g %.17g %.0f %5.0f", 0.1, 0.1, 0.5, 2.5), string.format("%x", -1), string.format("%d", -0.5), string.format("%d", 1e15)
---
return tostring(2^31), tostring(-2^31), 2^53 + 1, 1e15 + 0.5, 123456.789e3
---
return loadstring("return ...")(1, 2), pcall(loadstring, nil), loadstring("return 1", "chunk")()
---
local t = {10, 20, 30, nil, 50} local n = 0 for i, v in ipairs(t) do n = n + v end return n, select("#", unpack(t, 1, 5))
---
local t = {} t.x = 1 t.x = nil t.y = 2 local c = 0 for k in pairs(t) do c = c + 1 end return c
---
return #{n = 3}, #{1, 2, [4] = 4}, #{[1] = 1, [2] = 2}, #"\0\0"
---
return tostring(setmetatable({}, {__tostring = function() return 5 end}))
---
return pcall(function() local a; a() end)
---
return pcall(function() local a = {} ; a.b.c.d = 1 end)
---
return pcall(function() return math.nope() end)
---
return pcall(function() return string.rep("x", -1):nope() end)
---
return pcall(function() return (1)() end)
---
return pcall(function() return ("x")() end)
---
return pcall(function() return ({})() end)
---
return pcall(function() local t = {{}} return t[1].x.y end)
---
return pcall(function() local i = 1 local t = {} return t[i].x end)
---
local x return pcall(function() x.y.z = 1 end)
---
return pcall(function() local a = "x" .. {} end)
---
return pcall(function() local a = 1 .. nil end)
---
return pcall(function() local t = {} local a = t.x .. "s" end)
---
return pcall(function() local t = {} local a = t.x + 1 end)
---
return pcall(function() local t = {} local a = 2 ^ t.x end)
---
return pcall(function() return nil > 1 end)
---
return pcall(function() return "a" < 1 end)
---
return pcall(function() local t = {} t.f.g() end)
---
return pcall(function() for i = 1, 10, 0 do return i end return "none" end)
---
return pcall(string.char, -1)
---
return select("#", nil, nil), select(-2, 1, 2, 3), (select(2, "a", "b", "c"))
---
local t = {} table.insert(t, 2^32 + 1, 'x') return #t, t[1]
---
local t = {1, 2, 3} t[-3] = 'a' t[0] = 'z' table.insert(t, -70000, 'x') local r = {} for k = -70001, 6 do if t[k] ~= nil then r[#r + 1] = k .. '=' .. t[k] end end return table.concat(r, ' ')
---
return table.concat({1,2,3}, ',', 2^32+1, 2^32+2), unpack({1,2,3}, 2^32+1, 2^32+1)
---
return select(2^32+1, 'a','b'), ('abc'):sub(2^32+1, 2^32+2), ('abc'):rep(2^32+1), table.remove({1,2,3}, 2^32+1), string.char(2^32+65), tonumber('10', 2^32+2)
