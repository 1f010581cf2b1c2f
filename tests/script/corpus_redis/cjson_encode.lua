return cjson.encode(nil), cjson.encode(true), cjson.encode(false), cjson.encode(cjson.null), cjson.encode(1), cjson.encode("x"), cjson.encode({})
---
local z = 0 return cjson.encode(z), cjson.encode(-z), cjson.encode(-1), cjson.encode(1.5), cjson.encode(0.1), cjson.encode(1/3), cjson.encode(1e14), cjson.encode(1e15), cjson.encode(123456789012345), cjson.encode(99999999999999), cjson.encode(1e100), cjson.encode(1e-7), cjson.encode(5e-324), cjson.encode(1.7976931348623157e308)
---
return cjson.encode(2^53), cjson.encode(2^53 + 2), cjson.encode(-(2^63)), cjson.encode(2^64), cjson.encode(1e21), cjson.encode(0.00001), cjson.encode(0.0001), cjson.encode(100000000000000), cjson.encode(12345678.90123456)
---
return cjson.encode(""), cjson.encode("abc"), cjson.encode('a"b'), cjson.encode("a\\b"), cjson.encode("a/b"), cjson.encode("\n\r\t\b\f"), cjson.encode("\127"), cjson.encode("\195\169"), cjson.encode("\255\254")
---
local s = "" for i = 0, 255 do s = s .. string.char(i) end return cjson.encode(s), cjson.encode({[s] = 1})
---
return cjson.encode({1, 2, 3}), cjson.encode({"a", true, false, 1.5}), cjson.encode({{}, {{}}, {1, {2}}}), cjson.encode({cjson.null, cjson.null})
---
return cjson.encode({a = 1}), cjson.encode({["a b"] = {c = {}}}), cjson.encode({x = {1, 2}}), cjson.encode({[""] = ""}), cjson.encode({["a\"/"] = cjson.null})
---
return cjson.encode({[0] = 1}), cjson.encode({[-1] = 1}), cjson.encode({[1.5] = 1}), cjson.encode({[0.1] = 1}), cjson.encode({[1e100] = "x"}), cjson.encode({[-0.5] = {1}})
---
return cjson.encode({[1] = 1}), cjson.encode({[2] = 1}), cjson.encode({[3] = 1}), cjson.encode({[10] = 1}), cjson.encode({1, 2, nil, 4}), cjson.encode({nil, nil, 3})
---
return pcall(cjson.encode, {[11] = 1})
---
return cjson.encode({[11] = 1})
---
return pcall(cjson.encode, {[12] = 1, [1] = 2})
---
return cjson.encode({[12] = 1, [1] = 1, [2] = 1, [3] = 1, [4] = 1, [5] = 1})
---
return pcall(cjson.encode, {[13] = 1, [1] = 1, [2] = 1, [3] = 1, [4] = 1, [5] = 1})
---
return pcall(cjson.encode, {x = {[1000] = 1}})
---
return cjson.encode_sparse_array(true), cjson.encode({[1000] = "x"}), cjson.encode({{[11] = 1}})
---
cjson.encode_sparse_array(false, 0) return cjson.encode({[30] = 1})
---
cjson.encode_sparse_array(true, 1) return cjson.encode({[11] = 1}), cjson.encode({1, 2, nil, 4}), cjson.encode({1, 2, 3})
---
cjson.encode_sparse_array(true, 1, 0) return cjson.encode({[2] = 1}), cjson.encode({1, 2, 3}), cjson.encode({[1] = 1})
---
cjson.encode_sparse_array(false, 3, 0) return cjson.encode({[3] = 1}), pcall(cjson.encode, {[4] = 1})
---
cjson.encode_sparse_array(true, 2, 100) return cjson.encode({[100] = 1}), cjson.encode({[101] = 1})
---
cjson.encode_sparse_array(true, 2147483647, 0) return cjson.encode({[5] = 1}), cjson.encode({[5] = 1, [2] = 3})
---
return cjson.encode({[2147483648] = 1}), cjson.encode({[2^40] = 1}), cjson.encode({[1e300] = 1}), pcall(cjson.encode, {[2147483647] = 1})
---
return pcall(cjson.encode, {[math.huge] = 1})
---
return pcall(cjson.encode, {[-math.huge] = 1})
---
return pcall(cjson.encode, 1/0)
---
return cjson.encode(-1/0)
---
return cjson.encode({0/0})
---
return cjson.encode({a = 0/0})
---
cjson.encode_invalid_numbers(true) return cjson.encode(1/0), cjson.encode(-1/0), cjson.encode(0/0), cjson.encode(-(0/0)), cjson.encode({1/0}), cjson.encode({[1/0] = 0/0})
---
cjson.encode_invalid_numbers("null") return cjson.encode(1/0), cjson.encode(-1/0), cjson.encode(0/0), cjson.encode({[-1/0] = 0/0}), cjson.encode(1)
---
cjson.encode_invalid_numbers("on") cjson.encode_number_precision(3) return cjson.encode(1/0), cjson.encode({-1/0, 0/0, 1.23456})
---
local r = {} for p = 1, 14 do cjson.encode_number_precision(p) r[p] = cjson.encode({0.1, 1/3, 123456, 1e10, -2.5, 99999, 0, 1e-10, 12345.678, [math.pi] = nil}) end return unpack(r)
---
cjson.encode_number_precision(3) return cjson.encode({[1234.5] = 12345}), cjson.encode({[0.123456] = 1})
---
return pcall(cjson.encode, type)
---
return cjson.encode(type)
---
return cjson.encode({function() end})
---
return cjson.encode({a = coroutine.create(function() end)})
---
return pcall(cjson.encode, {[true] = 1})
---
return cjson.encode({[{}] = 1})
---
return pcall(cjson.encode, {[type] = 1})
---
return pcall(cjson.encode, {[cjson.null] = 1})
---
return pcall(cjson.encode)
---
return cjson.encode()
---
return cjson.encode(1, 2)
---
return cjson:encode({1})
---
return pcall(cjson.encode, 1, 2)
---
local t = {} for i = 1, 999 do t = {t} end return #cjson.encode(t), pcall(cjson.encode, {{t}})
---
local t = {} for i = 1, 1000 do t = {x = t} end return pcall(cjson.encode, t)
---
cjson.encode_max_depth(2) return cjson.encode({{1}}), pcall(cjson.encode, {{{1}}})
---
cjson.encode_max_depth(1) return cjson.encode({1}), cjson.encode({}), cjson.encode({a = 1}), pcall(cjson.encode, {{}}), pcall(cjson.encode, {a = {}})
---
local t = {} t[1] = t return pcall(cjson.encode, t)
---
local t = {} t.t = t return cjson.encode(t)
---
cjson.encode_max_depth(100000) local a, b = {}, {} a[1] = a b.b = b return pcall(cjson.encode, a), pcall(cjson.encode, b), select(2, pcall(cjson.encode, {b})), select(2, pcall(cjson.encode, {x = a}))
---
local t = setmetatable({}, {__index = function() return 1 end, __tostring = function() return "t" end}) return cjson.encode(t), cjson.encode({t})
---
local t = {1, 2, 3} t[2] = nil return cjson.encode(t)
---
local t = {1, 2, 3} t[3] = nil t[2] = nil t[1] = nil return cjson.encode(t)
---
local t = {a = 1, b = 2} t.a = nil return cjson.encode(t)
---
local t = {1, 2} t.x = 1 local s = cjson.encode(t) local d = cjson.decode(s) return #s, d["1"], d["2"], d.x
---
local t = {} for i = 1, 100 do t[i] = i * 1.5 end return cjson.encode(t)
---
local t = {} for i = 1, 50 do t["k" .. i] = i end local d = cjson.decode(cjson.encode(t)) local n = 0 for k, v in pairs(d) do if t[k] == v then n = n + 1 end end return n
---
return #cjson.encode(("\1"):rep(10000)), #cjson.encode(("a"):rep(10000)), cjson.encode(("/"):rep(5000)):sub(1, 9)
---
return cjson.encode("\226\130\172 \240\159\152\128"), cjson.encode("a\0b")
---
return cjson.encode({1, "2", {three = 3}, cjson.null, true}), cjson.encode({{{{{{{{}}}}}}}})
---
return cjson.encode({["1"] = "a"}), cjson.encode({["1"] = "a", [1] = nil})
---
return type(cjson.null), tostring(cjson.null), cjson.null == cjson.null, cjson.null == nil, not cjson.null, cjson.null and 1, rawequal(cjson.null, cjson.null)
---
local t = {[cjson.null] = 5} return t[cjson.null], next(t), #t
---
return pcall(function() return cjson.null < cjson.null end)
---
return pcall(function() return cjson.null < 1 end)
---
return pcall(function() return cjson.null + 1 end)
---
return pcall(function() return cjson.null .. "x" end)
---
return pcall(function() return #cjson.null end)
---
return pcall(function() return cjson.null.x end)
---
return pcall(function() return cjson.null() end)
---
return pcall(function() local t = cjson.null t.x = 1 end)
---
return string.format("%s", tostring(cjson.null)), pcall(string.format, "%d", cjson.null)
---
return getmetatable(cjson.null), pcall(setmetatable, cjson.null, {})
---
return tonumber(cjson.null), pcall(table.concat, {cjson.null}), cjson.null == 0, cjson.null ~= false
---
return pcall(table.sort, {cjson.null, cjson.null})
---
return table.concat({cjson.encode({1}), cjson.encode({2})}), cjson.encode(cjson.encode({a = "b"}))
---
local ok, e = pcall(cjson.encode, {type}) return ok, e, cjson.encode({1})
---
cjson.encode_keep_buffer(false) local ok, e = pcall(cjson.encode, {type}) return ok, e, cjson.encode({1})
