local n = {} for k in pairs(cjson) do n[#n + 1] = k end table.sort(n) return unpack(n)
---
return cjson._NAME, cjson._VERSION
---
local a, b, c = cjson.encode_sparse_array() return a, b, c, cjson.encode_max_depth(), cjson.decode_max_depth(), cjson.encode_number_precision(), cjson.encode_keep_buffer(), cjson.encode_invalid_numbers(), cjson.decode_invalid_numbers()
---
return cjson.encode_sparse_array(true)
---
return cjson.encode_sparse_array("on", 5, 6)
---
return cjson.encode_sparse_array("off", nil, 7)
---
return cjson.encode_sparse_array(nil, 0, 0)
---
return cjson.encode_sparse_array(nil, 1.9, "12")
---
return pcall(cjson.encode_sparse_array, "maybe")
---
return pcall(cjson.encode_sparse_array, 1)
---
return pcall(cjson.encode_sparse_array, true, -1)
---
return pcall(cjson.encode_sparse_array, true, 1, -1)
---
return pcall(cjson.encode_sparse_array, true, 2^31)
---
return cjson.encode_sparse_array(true, 2^32 + 5, 2^31 - 1)
---
return pcall(cjson.encode_sparse_array, true, "x")
---
return pcall(cjson.encode_sparse_array, true, 1, {})
---
return pcall(cjson.encode_sparse_array, {})
---
return pcall(cjson.encode_sparse_array, true, 1, 2, 3)
---
return cjson.encode_sparse_array(true, 1, 2, nil)
---
local ok, e = pcall(cjson.encode_sparse_array, true, -1) return ok, e, cjson.encode_sparse_array()
---
return cjson.encode_max_depth(5), cjson.encode_max_depth(), cjson.encode_max_depth(nil), cjson.encode_max_depth("7"), cjson.encode_max_depth(3.99), cjson.encode_max_depth(2147483647)
---
return pcall(cjson.encode_max_depth, 0)
---
return cjson.encode_max_depth(-5)
---
return pcall(cjson.encode_max_depth, 2^31)
---
return pcall(cjson.encode_max_depth, 1/0)
---
return pcall(cjson.encode_max_depth, 0/0)
---
return pcall(cjson.encode_max_depth, "x")
---
return cjson.encode_max_depth({})
---
return cjson.encode_max_depth(1, 2)
---
return cjson.encode_max_depth(1, nil)
---
return cjson.decode_max_depth(5), cjson.decode_max_depth(), cjson.encode_max_depth()
---
return pcall(cjson.decode_max_depth, 0)
---
return cjson.decode_max_depth(false)
---
return cjson.decode_max_depth(1, 2)
---
return cjson.encode_number_precision(1), cjson.encode_number_precision(14), cjson.encode_number_precision(7.5)
---
return pcall(cjson.encode_number_precision, 0)
---
return pcall(cjson.encode_number_precision, 15)
---
return cjson.encode_number_precision(17)
---
return cjson.encode_number_precision(1, 2)
---
return cjson.encode_keep_buffer(false), cjson.encode_keep_buffer(), cjson.encode({1}), cjson.encode_keep_buffer(true), cjson.encode_keep_buffer("off"), cjson.encode_keep_buffer("on")
---
return pcall(cjson.encode_keep_buffer, "null")
---
return cjson.encode_keep_buffer(1)
---
return cjson.encode_keep_buffer(1, 2)
---
return cjson.encode_invalid_numbers(true), cjson.encode_invalid_numbers("null"), cjson.encode_invalid_numbers(), cjson.encode_invalid_numbers("off"), cjson.encode_invalid_numbers("on"), cjson.encode_invalid_numbers(false)
---
return pcall(cjson.encode_invalid_numbers, "On")
---
return cjson.encode_invalid_numbers("none")
---
return cjson.encode_invalid_numbers({})
---
return cjson.encode_invalid_numbers(true, false)
---
return cjson.encode_invalid_numbers("on\0x")
---
return cjson.encode_invalid_numbers("x\0on")
---
return cjson.decode_invalid_numbers(false), cjson.decode_invalid_numbers(), cjson.decode_invalid_numbers("on"), cjson.decode_invalid_numbers("off")
---
return pcall(cjson.decode_invalid_numbers, "null")
---
return cjson.decode_invalid_numbers(0)
---
return cjson:encode_max_depth()
---
return cjson:encode_max_depth(3)
---
local c = cjson.new() local n = {} for k, v in pairs(c) do n[#n + 1] = k .. "=" .. type(v) end table.sort(n) return unpack(n)
---
local c = cjson.new() c.encode_max_depth(1) cjson.encode_max_depth(2) return c.encode_max_depth(), cjson.encode_max_depth(), pcall(c.encode, {{}}), cjson.encode({{}})
---
local a, b = cjson.new(), cjson.new() a.decode_max_depth(1) b.decode_max_depth(2) a.encode_number_precision(3) return pcall(a.decode, "[[]]"), b.decode("[[]]"), pcall(b.decode, "[[[]]]"), a.encode(math.pi), b.encode(math.pi)
---
local c = cjson.new().new() return c.encode({1}), c.null == cjson.null, c._NAME, c._VERSION, c.decode("[1]")
---
cjson.encode_max_depth(3) local c = cjson.new() return c.encode_max_depth()
---
local c = cjson.new(1, 2, 3) c.x = 5 return c.x, c.encode_sparse_array(true, 3), cjson.encode_sparse_array()
---
local c = cjson.new() return pcall(function() return c.encode() end), pcall(function() return c:decode("x") end), pcall(function() c.encode_max_depth(0) end)
---
local f = cjson.new().encode local g = cjson.new().decode return f({1, {2}}), g("[3]")
