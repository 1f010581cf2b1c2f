return 1, 2.5, "x", nil, true, false
---
local a, b, c = 1, 2 return a + b, a - b, a * b, a / b, a % b, a ^ b, c
---
local s = 0 for i = 1, 100 do s = s + i end return s
---
local s = 0 for i = 10, 1, -3 do s = s * 10 + i end return s
---
local t = {} for i = 1, 10 do t[i] = i * i end return #t, t[5], t[11]
---
local t = {1, 2, 3, nil, 5} return #t
---
local t = {n = 1, [1] = "a", "b", x = {y = 2}} return t[1], t.n, t.x.y
---
local function f(...) return select('#', ...), ... end return f(1, nil, 3)
---
local function f(...) local a, b = ... return a, b, (...) end return f(1, 2, 3)
---
local function f(a, b, ...) return arg and arg.n, a, b end return f(1, 2, 3, 4)
---
local function f(a, b, ...) return ..., arg end return f(1, 2, 3, 4)
---
local x = 5 local function f() x = x + 1 return x end f() return x, f()
---
local fs = {} for i = 1, 3 do fs[i] = function() i = i + 1 return i end end return fs[1](), fs[1](), fs[2]()
---
local t = setmetatable({}, {__index = function(t, k) return k .. "!" end}) return t.a, t[1]
---
local t = setmetatable({}, {__index = {a = 1}, __newindex = function(t, k, v) rawset(t, k, v * 2) end}) t.b = 4 return t.a, t.b
---
local m = {__add = function(a, b) return "add" end, __concat = function(a, b) return "cat" end, __eq = function() return true end, __lt = function() return true end, __le = function() return false end, __unm = function() return "neg" end, __call = function(self, a) return a end} local a, b = setmetatable({}, m), setmetatable({}, m) return a + 1, 1 + a, a .. "x", "x" .. a, a == b, a < b, a <= b, a > b, -a, a(7)
---
return "a" .. 1 .. 2.5 .. "b"
---
return 1 and 2, nil and 1, false or 3, nil or false, not nil, not 1, 1 == 1, 1 ~= 1, 1 < 2, 2 <= 1
---
local x x = nil and 1 or 2 local y = x and x > 1 and "big" or "small" return x, y
---
local a = {} local i = 1 i, a[i] = i + 1, 20 return i, a[1], a[2]
---
local a, b = 1, 2 a, b = b, a return a, b
---
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end return fib(20)
---
local t = {} t[1.5] = "x" t[-1] = "y" t[0] = "z" t[true] = "b" return t[1.5], t[-1], t[0], t[true], #t
---
local i = 0 while true do i = i + 1 if i > 10 then break end end return i
---
local i = 0 repeat local j = i i = i + 1 until j >= 5 return i
---
local fs = {} local i = 0 repeat local j = i fs[#fs + 1] = function() return j end i = i + 1 until j >= 3 return fs[1](), fs[4]()
---
local n = 0 for k, v in pairs({10, 20, 30}) do n = n + k * v end return n
---
local n = 0 for i, v in ipairs({10, 20, nil, 40}) do n = n + i * v end return n
---
return pcall(error, "x")
---
return pcall(function() error("x") end)
---
return pcall(function() error("x", 0) end)
---
return pcall(function() error("x", 2) end)
---
local function g() error("deep", 2) end local function f() g() end return pcall(f)
---
return pcall(function() local x = nil; return x.y end)
---
local x return pcall(function() return x.y end)
---
return pcall(function() local t = {} return t.x.y end)
---
return pcall(function() local t = {} t.x.y = 1 end)
---
return pcall(function() local t = {} t:m() end)
---
local undefined return pcall(function() undefined() end)
---
return pcall(function() local t = {} t.a.b() end)
---
return pcall(function() local t = {} t.a() end)
---
return pcall(function() return 1 + nil end)
---
return pcall(function() local a = "x" return a + 1 end)
---
return pcall(function() local a = {} return a .. "x" end)
---
return pcall(function() local a, b = {}, "q" return b .. a end)
---
return pcall(function() return "a" .. "b" .. nil .. "c" end)
---
return pcall(function() local a = {} return a < 1 end)
---
return pcall(function() return {} < {} end)
---
return pcall(function() return #nil end)
---
return pcall(function() return -{} end)
---
return pcall(function() local t = {} t[nil] = 1 end)
---
return pcall(function() local t = {} t[0/0] = 1 end)
---
return pcall(function() for i = "a", 2 do end end)
---
return pcall(function() for i = 1, {} do end end)
---
return pcall(function() for i in nil do end end)
---
return pcall(function() local up = nil local function f() return up.x end return f() end)
---
return pcall(next, {}, "nokey")
---
return pcall(setmetatable, 1, {})
---
return pcall(ipairs)
---
return pcall(function() ipairs() end)
---
return pcall(function() tostring() end)
---
return pcall(function() local t = {} t.ipairs = ipairs t.ipairs(1) end)
---
return tostring(nil), tostring(true), tostring(12), tostring(1e15), tostring(1e100), tostring(-0.1), tostring(1/3), tostring(2^53), tostring(2^63), tostring(1/0), tostring(-1/0)
---
return tonumber("10"), tonumber("0x1F"), tonumber("  5  "), tonumber("5x"), tonumber(""), tonumber("1e3"), tonumber("z", 36), tonumber("ff", 16), tonumber("8", 8), tonumber("1.5e-3"), tonumber(" -7 "), tonumber("- 7")
---
return type(1), type("x"), type(nil), type({}), type(next), type(function() end)
---
return select(2, "a", "b", "c")
---
return select(-1, "a", "b", "c")
---
return select('#')
---
return pcall(select, 0)
---
return unpack({1, 2, 3})
---
return unpack({1, 2, 3}, 2, 5)
---
return pcall(unpack, {}, 1, 1e6)
---
return rawget({a = 1}, "a"), rawequal("a", "a"), rawequal({}, {})
---
return assert(1, 2, 3)
---
return pcall(assert, false)
---
return pcall(assert, nil, "msg")
---
return pcall(assert, false, 5)
---
return xpcall(function() error("x") end, function(e) return "H:" .. e end)
---
return xpcall(function() return 1, 2 end, function(e) return e end)
---
return pcall(function() local function f() return f() + 1 end return f() end)
---
local function loop(n) if n == 0 then return "done" end return loop(n - 1) end return loop(100000)
---
return loadstring("return 1 + 1")()
---
return loadstring("return +")
---
return loadstring("x = = 1", "@name")
---
return loadstring("x = = 1", "=name")
---
return loadstring("x = 'abc")
---
return getmetatable("x").__index == string
---
local t = setmetatable({}, {__metatable = "locked"}) return getmetatable(t), pcall(setmetatable, t, {})
---
local t = setmetatable({}, {__tostring = function() return "T!" end}) return tostring(t)
---
if nil then return 1 elseif false then return 2 else return 3 end
---
do local x = 1 do local x = 2 end return x end
---
local t = {f = function(self, x) return self, x end} local s, x = t:f(3) return s == t, x
---
local t = {a = {b = {}}} function t.a.b.c(x) return x * 2 end function t.a.b:d(x) return self == t.a.b, x end return t.a.b.c(4), t.a.b:d(5)
---
return 2^-1, -2^2, 5 % 3, -5 % 3, 5 % -3, -5 % -3, 5.5 % 2, 1e308 * 10, -1e308 * 10
---
return 0x10, 1e2, .5, 3., 0xA
---
return "a\65\066\n\t\\\"'" .. 'b"' .. [[long
string]] .. [==[a]]b]==]
---
return #"abc", #"", #"a\0b"
---
return "a" < "b", "a" < "B", "" < "a", "a\0b" < "a\0c", "Z" < "a"
---
return 1 == "1", "abc" == "abc", 0 == -0
---
local a <const> = 1
---
x = 
---
for i = 1 do end
---
return 1 2
---
local function f() return end end
---
break
---
return ...
---
local function f() return ... end
---
goto x
---
x = "unfinished
---
x = [[unfinished
---
--[[ comment ]] return 1 -- tail
---
x = 3x
---
x = 1e
---
x = }
---
x = @
---
f() = 1
---
a.b:c = 1
---
local t = {1,2,3} t[#t + 1] = 4 t[#t] = nil return #t
---
local t = {} for i = 1, 100 do t[i] = i end for i = 100, 51, -1 do t[i] = nil end return #t
---
local t = {nil, nil, 3} return #t
---
local t = {} t[1] = 1 t[2] = 2 t[4] = 4 return #t
---
local t = {1, nil, 3, nil} return #t
---
local t = {n = 1, nil, 2} return #t
---
local t = {} t[3] = 3 t[2] = 2 t[1] = 1 return #t
---
return (function(...) return select('#', ...) end)(nil, nil)
---
return ((function() return 1, 2, 3 end)())
---
local t = {(function() return 1, 2, 3 end)(), (function() return 1, 2, 3 end)()} return #t
---
local a, b, c = (function() return 1, 2 end)() return a, b, c
---
local a, b = 1, (function() return 2, 3 end)() return a, b
---
local t = {} t.x, t.y = 1 return t.x, t.y
---
local a = 1, 2, 3 return a
---
local x = 10 local y = x == 10 and "ten" or "other" local z = not (x > 5 and x < 8) return y, z
---
local n = 0 for i = 1, 3 do for j = 1, 3 do if j == 2 then break end n = n + 1 end end return n
---
local r = {} for k, v in next, {a = 1} do r[#r + 1] = k .. v end return r[1]
---
local t = setmetatable({}, {__call = function(self, a, b) return a, b end}) return t(1, 2)
---
local t = setmetatable({}, {__index = function(t, k) error("no " .. k) end}) return pcall(function() return t.foo end)
---
return pcall(function() local a = setmetatable({}, {__index = function(t, k) return k + 1 end}) return a[1], a.x end)
---
local f = loadstring("local z = 1 return z") return f()
---
local count = 0 local mt = {__newindex = function(t, k, v) count = count + 1 rawset(t, k, v) end} local t = setmetatable({}, mt) t.a = 1 t.a = 2 t.b = 3 return count
---
local s = "" for i = 1, 10 do s = s .. i .. "," end return s
---
local t = {} for i = 1, 10 do t["k" .. i] = i end local s = 0 for k, v in pairs(t) do s = s + v end return s
---
local t = {a=1,b=2,c=3} for k in pairs(t) do t[k] = nil end return next(t)
---
local a = {10,20,30} local i = 2 a[i], i = i, 5 return a[2], i
---
local function v(...) return ... end local t = {v(1,2), v(3,4)} return #t, t[1], t[2], t[3]
---
return pcall(function() local t = setmetatable({}, {__index = function(t,k) return t[k] end}) return t.x end)
---
return _VERSION, _G._G == _G, type(_G)
---
local t = {} t[1e15] = 1 t[2^53] = 2 return t[1e15], t[2^53]
---
return 10 == 10.0, "10" + 5, "3" * "4", 10 .. "", -"2"
---
local a = {[1]=1,[2]=2,[3]=3} return #a
---
return not not nil, not not 0, not ""
---
local a = nil; local b = a == nil; local c = a ~= nil; return b, c, nil == false
---
local f = function(a, b, c) return a, b, c end return f(1), f(1, 2, 3, 4)
---
return type(nil) == "nil", (nil)
---
local s = 0; for i = 1, 0 do s = 1 end; for i = 1, 3, 1 do s = s + i end; for i = 0.1, 0.35, 0.1 do s = s + 1 end return s
---
return tostring(1e14), tostring(123456789012345), tostring(0.1 + 0.2), tostring(100 / 3), tostring(-0)
---
return select(2, loadstring("return 1\0return 2", "=s")), select(2, loadstring("return 1\0\0 2", "=s")), select(2, loadstring("return 1\0\0\0 2", "=s"))
---
return loadstring("return 1\0return", "=s")(), loadstring("return 0x10\0z", "=s")(), loadstring("return .5\0+7", "=s")(), loadstring("return 1\0", "=s")()
---
return select(2, loadstring("return 1e\0", "=s")), select(2, loadstring("return 1e\0005", "=s")), loadstring("return 1e+5\0", "=s")(), select(2, loadstring("x = 1\0a = 2", "=s"))
---
return loadstring("return 'a'.\0'b'", "=s")(), loadstring("return 1.\0\0", "=s")(), select('#', loadstring("return ..\0", "=s")(1, 2)), select('#', loadstring("return .\0.", "=s")(1, 2))
---
return select(2, loadstring("return .\0", "=s")), select(2, loadstring("return .\0\0\0", "=s")), select(2, loadstring("x.\0y = 1", "=s")), select(2, loadstring("x =\0= 1", "=s")), select(2, loadstring("x ~\0= 1", "=s"))
