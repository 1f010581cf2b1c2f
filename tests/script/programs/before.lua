-- What every program has around it. These lines become one, the program's first.
math.randomseed(1)
local LOG, FUEL = {}, 150
local function show(v, d)
 local t = type(v)
 if t == "number" then if v ~= v then return "nan" end return string.format("%.17g", v) end
 if t == "string" then return '"' .. v:gsub('[%c"\\\127-\255]', function(c) return string.format("\\%03d", c:byte()) end) .. '"' end
 if t ~= "table" then return t == "boolean" and tostring(v) or t end
 if d > 3 then return "{...}" end
 local all = {}
 for k, x in pairs(v) do if k ~= "dump" then all[#all + 1] = "[" .. show(k, d + 1) .. "]=" .. show(x, d + 1) end end
 table.sort(all)
 return "{" .. table.concat(all, ",") .. "}"
end
local function all(...) local r = {} for i = 1, select("#", ...) do r[i] = show((select(i, ...)), 0) end return table.concat(r, " | ") end
local function out(...) if #LOG < 60 then LOG[#LOG + 1] = all(...):sub(1, 2000) end end
local function tick() FUEL = FUEL - 1 if FUEL < 0 then error("fuel", 0) end end
local function cut(v) if type(v) == "string" and #v > 60 then return v:sub(1, 60) end return v end
local function tostr(v) local m = type(v) == "table" and getmetatable(v) if type(v) == "table" and not (type(m) == "table" and rawget(m, "__tostring")) or type(v) == "function" or type(v) == "thread" then return type(v) end if v ~= v then return "nan" end return tostring(v) end
local function ten(x) if x ~= x then return "nan" end return string.format("%.10g", x) end
local function real(x) if x ~= x then return 0 end return x end
local function eqf(a, b) tick() return a.n == b.n end
local function ltf(a, b) tick() return (rawget(a, "n") or 0) < (rawget(b, "n") or 0) end
local answer = all(pcall(function(...)
local n1, n2, n3, s1, s2, s3, t1, t2, t3 = 3, -1.5, 0, "abc", "10", "x y", {1, 2, 3}, {n = 1, x = "q"}, {}
local f1, f2, f3 = function(...) tick() return ... end, function(n1, s1) tick() return s1, n1 end, function() tick() end
