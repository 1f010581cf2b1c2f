return cmsgpack._NAME, cmsgpack._VERSION, cmsgpack._COPYRIGHT, cmsgpack._DESCRIPTION
---
local n = {} for k in pairs(cmsgpack) do n[#n + 1] = k end table.sort(n) return unpack(n)
---
return cmsgpack.pack(0), cmsgpack.pack(1), cmsgpack.pack(127), cmsgpack.pack(128), cmsgpack.pack(255), cmsgpack.pack(256), cmsgpack.pack(65535), cmsgpack.pack(65536), cmsgpack.pack(4294967295), cmsgpack.pack(4294967296), cmsgpack.pack(2^53), cmsgpack.pack(2^62)
---
return cmsgpack.pack(-1), cmsgpack.pack(-32), cmsgpack.pack(-33), cmsgpack.pack(-128), cmsgpack.pack(-129), cmsgpack.pack(-32768), cmsgpack.pack(-32769), cmsgpack.pack(-2147483648), cmsgpack.pack(-2147483649), cmsgpack.pack(-(2^53)), cmsgpack.pack(-(2^63))
---
return cmsgpack.pack(2^63), cmsgpack.pack(2^64), cmsgpack.pack(-(2^64)), cmsgpack.pack(1e300), cmsgpack.pack(2^63 - 1024), cmsgpack.pack(1e20)
---
return cmsgpack.pack(0.5), cmsgpack.pack(1.5), cmsgpack.pack(0.1), cmsgpack.pack(-2.25), cmsgpack.pack(1/3), cmsgpack.pack(1e-50), cmsgpack.pack(16777216.5), cmsgpack.pack(-(#""))
---
return cmsgpack.pack(math.huge), cmsgpack.pack(-math.huge), cmsgpack.pack(0/0), cmsgpack.pack(1e39), cmsgpack.pack(3.4e38 + 0.5)
---
return cmsgpack.pack(true), cmsgpack.pack(false), cmsgpack.pack(nil), cmsgpack.pack(cjson.null), cmsgpack.pack(type), cmsgpack.pack(coroutine.create(function() end))
---
return cmsgpack.pack(""), cmsgpack.pack("a"), cmsgpack.pack(("x"):rep(31)), cmsgpack.pack(("x"):rep(32)), cmsgpack.pack(("x"):rep(255)), cmsgpack.pack(("x"):rep(256))
---
local a, b = cmsgpack.pack(("x"):rep(65535)), cmsgpack.pack(("x"):rep(65536)) return #a, a:sub(1, 6), #b, b:sub(1, 8)
---
return cmsgpack.pack("\0\1\255\254"), cmsgpack.pack("\195\169")
---
return cmsgpack.pack({}), cmsgpack.pack({1}), cmsgpack.pack({1, 2, 3}), cmsgpack.pack({"a", {"b"}}), cmsgpack.pack({{}, {}})
---
local t = {} for i = 1, 15 do t[i] = i end local a = cmsgpack.pack(t) t[16] = 16 return a, cmsgpack.pack(t)
---
local t = cjson.decode("[" .. ("1,"):rep(65534) .. "1]") local a = cmsgpack.pack(t) t[65536] = 1 local b = cmsgpack.pack(t) return #a, a:sub(1, 5), #b, b:sub(1, 7)
---
return cmsgpack.pack({a = 1}), cmsgpack.pack({[1.5] = "x"}), cmsgpack.pack({[true] = false}), cmsgpack.pack({[0] = 1}), cmsgpack.pack({[-1] = 1}), cmsgpack.pack({[2] = 1}), cmsgpack.pack({["1"] = 1}), cmsgpack.pack({[2^40] = 1}), cmsgpack.pack({[math.huge] = 1})
---
return cmsgpack.pack({[{}] = 1}), cmsgpack.pack({[{1}] = {2}}), cmsgpack.pack({[type] = 1}), cmsgpack.pack({[cjson.null] = 1})
---
local t = {} for i = 1, 15 do t["k" .. i] = i end local a = cmsgpack.pack(t) t.k16 = 1 local b = cmsgpack.pack(t) return #a, a:sub(1, 1), #b, b:sub(1, 3)
---
local t = cjson.decode("[" .. ("1,"):rep(65535) .. "1]") t[1] = nil local a = cmsgpack.pack(t) t[70000] = 1 local b = cmsgpack.pack(t) return #a, a:sub(1, 3), #b, b:sub(1, 5)
---
local t = {1, 2, 3} t[2] = nil return cmsgpack.unpack(cmsgpack.pack(t))
---
local t = {1, 2, nil, 4} return cmsgpack.unpack(cmsgpack.pack(t))
---
local t = {1, 2, 3} t[3] = nil return cmsgpack.pack(t)
---
local t = {1, 2, 3} t[1] = nil return cmsgpack.unpack(cmsgpack.pack(t))
---
local t = 1 for i = 1, 15 do t = {t} end return cmsgpack.pack(t)
---
local t = 1 for i = 1, 16 do t = {t} end return cmsgpack.pack(t)
---
local t = 1 for i = 1, 17 do t = {t} end return cmsgpack.pack(t)
---
local t = 1 for i = 1, 20 do t = {x = t} end return cmsgpack.pack(t)
---
local t = {} t[1] = t return cmsgpack.pack(t)
---
local t = {} t.self = t return cmsgpack.pack(t)
---
local t = {1} for i = 1, 20 do t = {[t] = 1} end return cmsgpack.pack(t)
---
return cmsgpack.pack(1, 2, 3), cmsgpack.pack("a", nil, {}), cmsgpack.pack(nil, nil)
---
return pcall(cmsgpack.pack)
---
return cmsgpack.pack()
---
return pcall(cmsgpack.pack, unpack({}, 1, 4001))
---
return #cmsgpack.pack(unpack({}, 1, 3990))
---
local t = setmetatable({}, {__index = function() return 1 end, __len = function() return 5 end}) return cmsgpack.pack(t)
---
return cmsgpack.unpack("\0"), cmsgpack.unpack("\127"), cmsgpack.unpack("\224"), cmsgpack.unpack("\255"), cmsgpack.unpack("\204\200"), cmsgpack.unpack("\205\1\2"), cmsgpack.unpack("\206\1\2\3\4"), cmsgpack.unpack("\206\255\2\3\4"), cmsgpack.unpack("\207\0\0\0\1\2\3\4\5")
---
return cmsgpack.unpack("\207\255\255\255\255\255\255\255\255"), cmsgpack.unpack("\207\128\0\0\0\0\0\0\0"), cmsgpack.unpack("\207\127\255\255\255\255\255\255\255")
---
return cmsgpack.unpack("\208\128"), cmsgpack.unpack("\208\127"), cmsgpack.unpack("\209\128\0"), cmsgpack.unpack("\209\127\255"), cmsgpack.unpack("\210\128\0\0\0"), cmsgpack.unpack("\210\127\255\255\255"), cmsgpack.unpack("\211\128\0\0\0\0\0\0\0"), cmsgpack.unpack("\211\255\255\255\255\255\255\255\254"), cmsgpack.unpack("\211\0\0\0\0\0\0\0\5")
---
return cmsgpack.unpack("\192"), cmsgpack.unpack("\194"), cmsgpack.unpack("\195"), cmsgpack.unpack("\202\63\192\0\0"), cmsgpack.unpack("\203\63\248\0\0\0\0\0\0"), cmsgpack.unpack("\202\127\128\0\0"), cmsgpack.unpack("\203\127\248\0\0\0\0\0\0")
---
return cmsgpack.unpack("\160"), cmsgpack.unpack("\163abc"), cmsgpack.unpack("\217\3abc"), cmsgpack.unpack("\218\0\3abc"), cmsgpack.unpack("\219\0\0\0\3abc"), cmsgpack.unpack("\217\0")
---
return cmsgpack.unpack("\144"), cmsgpack.unpack("\147\1\2\3"), cmsgpack.unpack("\220\0\2\1\2"), cmsgpack.unpack("\221\0\0\0\2\1\2"), cmsgpack.unpack("\220\0\0"), cmsgpack.unpack("\221\0\0\0\0")
---
return cmsgpack.unpack("\128"), cmsgpack.unpack("\129\161a\1"), cmsgpack.unpack("\222\0\1\161a\1"), cmsgpack.unpack("\223\0\0\0\1\161a\1"), cmsgpack.unpack("\222\0\0"), cmsgpack.unpack("\130\1\2\1\3")
---
return cmsgpack.unpack("\147\192\1\192"), cmsgpack.unpack("\129\161a\192"), cmsgpack.unpack("\129\195\194"), cmsgpack.unpack("\129\144\1"), cmsgpack.unpack("\129\128\128")
---
return cmsgpack.unpack("\129\192\1")
---
return pcall(cmsgpack.unpack, "\129\192\1")
---
return cmsgpack.unpack("\129\203\127\248\0\0\0\0\0\0\1")
---
return cmsgpack.unpack("\129\192")
---
return cmsgpack.unpack("\1\2\3"), cmsgpack.unpack("")
---
return cmsgpack.unpack("\1\2\3")
---
return select("#", cmsgpack.unpack("")), select("#", cmsgpack.unpack("\192\192"))
---
local r = {} for i = 128, 255 do local ok, e = pcall(cmsgpack.unpack, string.char(i)) r[#r + 1] = i .. tostring(ok) .. (type(e) == "table" and "{}" or tostring(e)) end return table.concat(r, ",")
---
local r = {} for _, c in ipairs{193, 196, 197, 198, 199, 200, 201, 212, 213, 214, 215, 216} do local ok, e = pcall(cmsgpack.unpack, string.char(c) .. ("\1"):rep(30)) r[#r + 1] = c .. tostring(ok) .. tostring(e) end return table.concat(r, ",")
---
local r = {} for _, c in ipairs{202, 203, 204, 205, 206, 207, 208, 209, 210, 211, 217, 218, 219, 220, 221, 222, 223} do for n = 0, 9 do local ok, e = pcall(cmsgpack.unpack, string.char(c) .. ("\0"):rep(n)) r[#r + 1] = tostring(ok) .. (type(e) == "table" and "{}" or tostring(e)) end end return table.concat(r, ",")
---
return cmsgpack.unpack("\163ab")
---
return cmsgpack.unpack("\217\5abcd")
---
return cmsgpack.unpack("\218\255\255abcd")
---
return cmsgpack.unpack("\219\255\255\255\255abcd")
---
return cmsgpack.unpack("\147\1\2")
---
return cmsgpack.unpack("\147\1\193\2")
---
return cmsgpack.unpack("\129\161")
---
return cmsgpack.unpack("\1\193")
---
return cmsgpack.unpack("\221\255\255\255\255\1")
---
return cmsgpack.unpack()
---
return pcall(cmsgpack.unpack)
---
return cmsgpack.unpack({})
---
return cmsgpack.unpack(5)
---
return cmsgpack.unpack("\1\2", 1, 1)
---
return cmsgpack.unpack_one("\1\2\3"), cmsgpack.unpack_one("\1\2\3", 1), cmsgpack.unpack_one("\1\2\3", 2), cmsgpack.unpack_one("\1\2\3", 3)
---
return cmsgpack.unpack_one("\1\2\3", 2)
---
return cmsgpack.unpack_one("")
---
return cmsgpack.unpack_one("\147\1\2\3\4", 0)
---
return cmsgpack.unpack_one("\1\2", nil), cmsgpack.unpack_one("\1\2", "1")
---
return pcall(cmsgpack.unpack_one, "\1\2", 5)
---
return pcall(cmsgpack.unpack_one, "\1\2", -1)
---
return cmsgpack.unpack_one("\1\2", 3)
---
return cmsgpack.unpack_one("\1\2", {})
---
return cmsgpack.unpack_one(nil, {})
---
return cmsgpack.unpack_one({}, 1)
---
return cmsgpack.unpack_limit("\1\2\3\4", 2)
---
return cmsgpack.unpack_limit("\1\2\3\4", 2, 1)
---
return cmsgpack.unpack_limit("\1\2\3\4", 10)
---
return cmsgpack.unpack_limit("\1\2\3\4", 4)
---
return cmsgpack.unpack_limit("\1\2\3\4", 0)
---
return cmsgpack.unpack_limit("\1\2\3\4", 0, 2)
---
return cmsgpack.unpack_limit("\1\2\3\4", 1, 4)
---
return pcall(cmsgpack.unpack_limit, "\1\2", -1)
---
return pcall(cmsgpack.unpack_limit, "\1\2", 1, -7)
---
return pcall(cmsgpack.unpack_limit, "\1\2", 1, 2^40)
---
return pcall(cmsgpack.unpack_limit, "\1\2", 2^40)
---
return pcall(cmsgpack.unpack_limit, "\1\2")
---
return cmsgpack.unpack_limit("\1\2", "x")
---
return cmsgpack.unpack_limit(nil, 1)
---
return cmsgpack:unpack_limit(1)
---
return (cmsgpack.unpack(cmsgpack:pack())), pcall(function() return cmsgpack:unpack() end)
---
local out, at = {}, 0 local s = cmsgpack.pack(1, "two", {3}, {four = 4}, nil, false) while at ~= -1 do local v at, v = cmsgpack.unpack_one(s, at) out[#out + 1] = tostring(type(v)) .. at end return table.concat(out, " ")
---
return select("#", cmsgpack.unpack(("\5"):rep(7999)))
---
return pcall(cmsgpack.unpack, ("\5"):rep(8000))
---
return select("#", pcall(cmsgpack.unpack_limit, ("\5"):rep(9000), 7998))
---
return select("#", cmsgpack.unpack_limit(("\5"):rep(9000), 7990))
---
local function nested(n, s) return pcall(cmsgpack.unpack, s:rep(n) .. "\1") end local r = {} for _, s in ipairs{"\145", "\129\1", "\129"} do for _, n in ipairs{3998, 3999, 4000, 4001} do local ok, e = nested(n, s) r[#r + 1] = type(e) == "string" and e or type(e) end end return unpack(r)
---
local function nested(n, s) return pcall(cmsgpack.unpack, s:rep(n) .. "\1", 5, 6) end local r = {} for _, s in ipairs{"\145", "\129\1"} do for _, n in ipairs{3997, 3998, 3999, 4000} do local ok, e = nested(n, s) r[#r + 1] = type(e) == "string" and e or type(e) end end return unpack(r)
---
return pcall(cmsgpack.unpack, ("\129"):rep(7997)), pcall(cmsgpack.unpack, ("\129"):rep(7998)), pcall(cmsgpack.unpack, ("\129"):rep(7999)), pcall(cmsgpack.unpack, ("\129"):rep(8000)), pcall(cmsgpack.unpack, ("\129"):rep(8005))
---
local t = {1, 2.5, "x", true, false, {}, {a = {b = {c = {1, 2, 3}}}}, -1, -1000, 1e10, 1e100, {[1] = "a", [3] = "c"}} return cmsgpack.unpack(cmsgpack.pack(t))
---
local r = {} for _, n in ipairs{0, 1, 15, 16, 31, 32, 127, 128, 255, 256, 65535, 65536} do local s = ("z"):rep(n) r[#r + 1] = tostring(cmsgpack.unpack(cmsgpack.pack(s)) == s) end return table.concat(r, " ")
---
local r = {} for e = 0, 63 do for d = -1, 1 do for _, s in ipairs{1, -1} do local n = s * (2^e + d) r[#r + 1] = tostring(cmsgpack.unpack(cmsgpack.pack(n)) == n) .. #cmsgpack.pack(n) end end end return table.concat(r, " ")
