return ("a\0b"):match("a\0b"), ("a$\0b"):match("a$\0b"), ("abc"):match("c$\0zz"), ("a\0b"):gsub("\0", "x"), ("xy"):match("x\0(")
---
return ("x\0%dy"):find("\0%d"), ("a\0b%"):find("\0b%"), ("a\0b"):find("\0%d"), ("a\0b"):find("\0b")
---
return ("abc"):match("[a\0]")
---
return ("abc"):match("[%\0]")
---
return ("abc"):match("%\0")
---
return ("abc"):match("%b\0x")
---
return ("abc"):match("%bx\0")
---
return ("aa"):match("()%1"), ("aa"):match("(a)%1"), ("aab"):find("()a%1b")
---
return ("aa"):match("(a%1)")
---
return string.format("%-----------d")
---
return string.format("%123d")
---
return string.format("%-----------d", 1)
---
return string.format("%\200", 1)
---
return string.format("%", 1)
---
return select("#", string.byte(("a"):rep(7997), 1, -1))
---
return select("#", string.byte(("a"):rep(7998), 1, -1))
---
return select("#", string.byte(("a"):rep(7999), 1, -1))
---
local t = {} for i = 1, 7999 do t[i] = i end return select("#", unpack(t))
---
local t = {} for i = 1, 7999 do t[i] = i end return select("#", unpack(t, 1, 7997))
---
local t = {} for i = 1, 7999 do t[i] = i end return select("#", unpack(t, 1, 7998))
---
return select(2, loadstring("local 'a\\98c\\\nd'")), select(2, loadstring("local [[\na\rb]]")), select(2, loadstring("local [==[a]]b]==]")), select(2, loadstring('local "a\\0b"'))
---
local all = {} for n = 195, 201 do local f, e = loadstring(("do "):rep(n) .. ("end "):rep(n), "=x") all[#all + 1] = tostring(e) end return unpack(all)
---
local all = {} for n = 195, 201 do local f, e = loadstring("return " .. ("("):rep(n) .. "1" .. (")"):rep(n), "=x") all[#all + 1] = tostring(e) end return unpack(all)
---
local all = {} for n = 195, 201 do local s = {} for i = 1, n do s[i] = "a" .. i end local f, e = loadstring(table.concat(s, ",") .. " = 1", "=x") all[#all + 1] = tostring(e) end return unpack(all)
---
local s = {} for i = 1, 61 do s[i] = "a" .. i end local l = {} for i = 1, 61 do l[i] = "local a" .. i end return loadstring(table.concat(l, " ") .. " return function() return " .. table.concat(s, "+") .. " end", "=x")
---
local s = {} for i = 1, 201 do s[i] = "a" .. i end s = table.concat(s, ",") return select(2, loadstring("local " .. s, "=x")), select(2, loadstring("local function f(" .. s .. ") end", "=x"))
---
local all = {} for _, name in ipairs({("n"):rep(62), ("n"):rep(63), ("n"):rep(64), "a\nb", "a\0b", "@" .. ("n"):rep(72), "@" .. ("n"):rep(73), "=" .. ("n"):rep(79), "=" .. ("n"):rep(80), "@a\0b", "=a\0b"}) do all[#all + 1] = select(2, loadstring("x =", name)) end return unpack(all)
---
local all = {} for _, name in ipairs({("n"):rep(43), ("n"):rep(44), "a\nb", "a\0b", "@" .. ("n"):rep(52), "@" .. ("n"):rep(53), "=" .. ("n"):rep(59), "=" .. ("n"):rep(60), "@a\0b", "=a\0b"}) do all[#all + 1] = select(2, pcall(loadstring("error('x')", name))) end return unpack(all)
---
return pcall(function() error({}) end)
---
return pcall(function() error({err = true}) end)
---
return pcall(error, {err = {}})
---
return pcall(error, setmetatable({}, {__index = function(t, k) return k .. "!" end}))
---
return pcall(pcall, error, setmetatable({}, {__index = function(t, k) error("inner") end}))
---
local n = 0 return load(function() n = n + 1 if n == 1 then return "return 1" end error("reader") end)
---
local n = 0 return load(function() n = n + 1 if n == 1 then return "return 1" end error({1}) end)
---
local a = 1 local f = load(function() local b = a a = nil return b and "return 1" end) return f(), load(function() local x = nil return x.y end)
---
local z, m = 0, -0 return tostring(z), tostring(m)
---
local m, z = -0, 0 return tostring(z), tostring(m)
---
local m = -0 local f = function() return 0 end return tostring(m), tostring(f()), tostring(-f())
---
local m, f = -0, function(x) return x end return tostring(0 * -1), tostring(f(0)), 0 == -0, tostring(f(-0) + 0)
---
local f = function(x) return tostring(x) end return 0 < (f(-0) and 1), f(0)
---
local f = function(x) return tostring(x) end return -0 == f(0), f(-0)
---
local t = {} for i = 1, 20, 4 do t[i] = i end for i = 1, 20, 3 do t[i] = nil end return #t
---
local t = {1, 2, 3} for i = 1, 20, 5 do t[i] = i end for i = 1, 20, 4 do t[i] = nil end return #t, table.getn(t), table.maxn(t)
---
local r = {}
local function t(f, ...) local a, b = pcall(f, ...) r[#r+1] = tostring(b) end
t(function() for i in next, nil do end end)
t(function() for i in pairs(nil) do end end)
t(function() for i in ("x").rep do end end)
t(function() for i in 5 do end end)
t(function() for i in setmetatable({}, {__call = string.rep}) do end end)
t(function() local a = setmetatable({}, {__index = string.rep}) return a.x end)
t(function() local a = setmetatable({}, {__index = error}) return a.x end)
t(function() local a = setmetatable({}, {__add = string.rep}) return a + {} end)
t(function() local a = setmetatable({}, {__call = string.rep}) return (a("x")) end)
t(function() local a = setmetatable({}, {__call = string.rep}) a("x") end)
t(function() local a = setmetatable({}, {__concat = error}) return "q" .. a end)
t(function() local a = setmetatable({}, {__lt = error}) return a < a end)
t(function() table.sort({1,2,3}, error) end)
t(function() table.sort({1,2,3}, string.rep) end)
t(function() ("x"):gsub("x", string.rep) end)
t(function() ("x"):gsub("x", error) end)
t(function() return string.rep() end)
t(string.rep)
t(pcall, string.rep)
t(function() for i in error, "x" do end end)
t(function() for i in coroutine.wrap(function() error("q") end) do end end)
t(function() for i in coroutine.wrap(function() error() end) do end end)
return unpack(r)
---
local t3 = {} return pcall(function() return (true and t3) .. {} end)
---
local t3 return pcall(function() return (nil or t3).x end), pcall(function() return (t3 or t3).x end)
---
return pcall(string.gsub, "x", "y", nil, "z")
---
return pcall(math.fmod)
---
return pcall(math.ldexp, {}, {})
---
return pcall(table.concat, nil, {})
---
return pcall(assert, nil, "a\0b")
