return cjson.decode("1"), cjson.decode("true"), cjson.decode("false"), cjson.decode("null"), cjson.decode('"x"'), cjson.decode("[]"), cjson.decode("{}")
---
return cjson.decode("[1,2,3]"), cjson.decode('{"a":1}'), cjson.decode('{"a":{"b":[1,{"c":null}]}}'), cjson.decode("[[],[[]],{}]")
---
return cjson.decode(" \t\r\n[ 1 , 2 ] "), cjson.decode(' { "a" : 1 , "b" : 2 } ')
---
return cjson.decode("[null,1,null]"), cjson.decode('{"a":null}'), #cjson.decode("[null,null]")
---
return cjson.decode('{"a":1,"a":2}'), cjson.decode('{"":1}'), cjson.decode('{"1":1,"2":2}'), cjson.decode('{"a":1,"a":null}')
---
return cjson.decode("0"), cjson.decode("-0"), cjson.decode("-1"), cjson.decode("1.5"), cjson.decode("1e3"), cjson.decode("1E+3"), cjson.decode("1e-3"), cjson.decode("123456789012345678901234567890"), cjson.decode("0.1"), cjson.decode("-1.5e300"), cjson.decode("1e400"), cjson.decode("-1e400"), cjson.decode("1e-400")
---
return cjson.decode("9007199254740993"), cjson.decode("2.2250738585072011e-308"), cjson.decode("1.7976931348623157e308"), cjson.decode("4.9e-324"), cjson.decode("2.4703282292062327e-324"), cjson.decode("0.30000000000000004")
---
return cjson.decode("01"), cjson.decode("-01"), cjson.decode("+1"), cjson.decode("1."), cjson.decode("0x1F"), cjson.decode("-0x10"), cjson.decode("0x1p4"), cjson.decode("0x.8")
---
return cjson.decode("inf"), cjson.decode("Infinity"), cjson.decode("-inf"), cjson.decode("-INFINITY"), cjson.decode("nan"), cjson.decode("NaN"), cjson.decode("-nan"), cjson.decode("+inf"), cjson.decode("[nan,inf]"), cjson.decode("iNf")
---
return cjson.decode("nan(123)"), cjson.decode("nan()"), cjson.decode("[nan(a_1),1]")
---
return pcall(cjson.decode, "nan(1-2)")
---
return pcall(cjson.decode, "nan(12")
---
return pcall(cjson.decode, "infinit")
---
return pcall(cjson.decode, "infx")
---
return pcall(cjson.decode, "1x")
---
return pcall(cjson.decode, "1e")
---
return pcall(cjson.decode, "1e+")
---
return pcall(cjson.decode, "1.2.3")
---
return pcall(cjson.decode, "0x")
---
return pcall(cjson.decode, "0xg")
---
return pcall(cjson.decode, "-")
---
return pcall(cjson.decode, "- 1")
---
return pcall(cjson.decode, "--1")
---
return pcall(cjson.decode, "+")
---
return pcall(cjson.decode, "+x")
---
return pcall(cjson.decode, ".5")
---
return pcall(cjson.decode, "-.5")
---
return pcall(cjson.decode, "[+-1]")
---
cjson.decode_invalid_numbers(false) return cjson.decode("1"), cjson.decode("-1.5e3"), cjson.decode("0"), cjson.decode("-0"), cjson.decode("0.5"), cjson.decode("0e1"), cjson.decode("-0.5"), cjson.decode("1.")
---
cjson.decode_invalid_numbers(false) local r = {} for _, s in ipairs{"01", "-01", "00", "+1", "0x1F", "-0x1", "0X1", "inf", "-inf", "Infinity", "nan", "-nan", "NaN", "-Infinity", "i", "-i", "-x", "-", "n", "[1,01]", "[nan]", "1.5x", ".5"} do local ok, e = pcall(cjson.decode, s) r[#r + 1] = s .. ": " .. tostring(ok) .. " " .. tostring(e) end return unpack(r)
---
return cjson.decode('"abc"'), cjson.decode('""'), cjson.decode('"a\\"b"'), cjson.decode('"a\\\\b"'), cjson.decode('"a\\/b"'), cjson.decode('"\\b\\f\\n\\r\\t"'), cjson.decode('"a/b"'), cjson.decode('"\195\169"'), cjson.decode('"\255\254"'), cjson.decode('"\127\1\31"'), cjson.decode('"a\nb\tc"')
---
return cjson.decode('"\\u0041"'), cjson.decode('"\\u00e9"'), cjson.decode('"\\u20AC"'), cjson.decode('"\\u20ac"'), cjson.decode('"\\uD83D\\uDE00"'), cjson.decode('"\\ud83d\\ude00x"'), cjson.decode('"\\u0000"'), cjson.decode('"a\\u0000b"'), cjson.decode('"\\uFFFF"'), cjson.decode('"\\uFFFD"'), cjson.decode('"\\u007f\\u0080\\u07ff\\u0800"'), cjson.decode('"\\uDBFF\\uDFFF"'), cjson.decode('"\\uD800\\uDC00"')
---
return pcall(cjson.decode, '"\\uD83D"')
---
return pcall(cjson.decode, '"\\uDE00"')
---
return pcall(cjson.decode, '"\\uD83Dx"')
---
return pcall(cjson.decode, '"\\uD83D\\n"')
---
return pcall(cjson.decode, '"\\uD83D\\uD83D"')
---
return pcall(cjson.decode, '"\\uD83D\\u0041"')
---
return pcall(cjson.decode, '"\\uD83D\\uDE0"')
---
return pcall(cjson.decode, '"\\uD83D\\u')
---
return pcall(cjson.decode, '"abc\\u12"')
---
return pcall(cjson.decode, '"\\u"')
---
return pcall(cjson.decode, '"\\u12G4"')
---
return pcall(cjson.decode, '"\\u 123"')
---
return pcall(cjson.decode, '"\\U0041"')
---
return pcall(cjson.decode, '"\\u004')
---
return pcall(cjson.decode, '"\\u+123"')
---
return pcall(cjson.decode, '"ab\\x"')
---
return pcall(cjson.decode, '"\\a"')
---
return pcall(cjson.decode, '"\\0"')
---
return pcall(cjson.decode, '"\\')
---
return pcall(cjson.decode, '"abc')
---
return pcall(cjson.decode, '"')
---
return pcall(cjson.decode, '"a\0b"')
---
return pcall(cjson.decode, '"ab\\\0"')
---
return pcall(cjson.decode, '')
---
return cjson.decode('')
---
return pcall(cjson.decode, '   ')
---
return pcall(cjson.decode, '[')
---
return pcall(cjson.decode, '{')
---
return pcall(cjson.decode, ']')
---
return pcall(cjson.decode, '}')
---
return pcall(cjson.decode, ',')
---
return pcall(cjson.decode, ':')
---
return pcall(cjson.decode, '[1')
---
return pcall(cjson.decode, '[1,')
---
return pcall(cjson.decode, '[1,]')
---
return pcall(cjson.decode, '[,1]')
---
return pcall(cjson.decode, '[1 2]')
---
return pcall(cjson.decode, '[1}')
---
return pcall(cjson.decode, '[1:2]')
---
return pcall(cjson.decode, '["a" "b"]')
---
return pcall(cjson.decode, '{1:2}')
---
return pcall(cjson.decode, '{a:2}')
---
return pcall(cjson.decode, '{null:2}')
---
return pcall(cjson.decode, '{true:2}')
---
return pcall(cjson.decode, '{"a"}')
---
return pcall(cjson.decode, '{"a" 1}')
---
return pcall(cjson.decode, '{"a":}')
---
return pcall(cjson.decode, '{"a":1')
---
return pcall(cjson.decode, '{"a":1,')
---
return pcall(cjson.decode, '{"a":1,}')
---
return pcall(cjson.decode, '{"a":1]')
---
return pcall(cjson.decode, '{"a":1 "b":2}')
---
return pcall(cjson.decode, '{,}')
---
return pcall(cjson.decode, '{[]:1}')
---
return pcall(cjson.decode, '{{}:1}')
---
return pcall(cjson.decode, '{"a":1}x')
---
return pcall(cjson.decode, '1 2')
---
return pcall(cjson.decode, '1,2')
---
return pcall(cjson.decode, '[] []')
---
return pcall(cjson.decode, '"a" "b"')
---
return pcall(cjson.decode, 'null null')
---
return pcall(cjson.decode, 'true false')
---
return pcall(cjson.decode, '1}')
---
return pcall(cjson.decode, '1]')
---
return pcall(cjson.decode, '1:')
---
return pcall(cjson.decode, '1{')
---
return pcall(cjson.decode, '1[')
---
return pcall(cjson.decode, 'tru')
---
return pcall(cjson.decode, 'trux')
---
return pcall(cjson.decode, 'True')
---
return pcall(cjson.decode, 'truefalse')
---
return pcall(cjson.decode, 'fals')
---
return pcall(cjson.decode, 'nul')
---
return pcall(cjson.decode, 'nil')
---
return pcall(cjson.decode, 'NULL')
---
return pcall(cjson.decode, "'a'")
---
return pcall(cjson.decode, "/* x */ 1")
---
return pcall(cjson.decode, "[1, // x\n 2]")
---
return pcall(cjson.decode, "\\")
---
return pcall(cjson.decode, "\239\187\1911")
---
return pcall(cjson.decode, "[\1]")
---
return pcall(cjson.decode, "[1,\12 2]")
---
return pcall(cjson.decode, "1\0002")
---
return cjson.decode("[1]\0 what follows"), cjson.decode("1 \0x")
---
return pcall(cjson.decode, "[1,\0]")
---
return pcall(cjson.decode, "\0001")
---
return pcall(cjson.decode, "1\0")
---
return pcall(cjson.decode, "\0")
---
return pcall(cjson.decode, "\0\0")
---
return cjson.decode("\0001")
---
return pcall(cjson.decode)
---
return cjson.decode()
---
return cjson.decode("1", "2")
---
return cjson.decode(nil)
---
return cjson.decode({})
---
return cjson.decode(true)
---
return cjson.decode(cjson.null)
---
return cjson.decode(12.5), cjson.decode(1e100)
---
return cjson:decode("1")
---
local d = cjson.decode(("["):rep(1000) .. ("]"):rep(1000)) local n = 0 while d do n = n + 1 d = d[1] end return n
---
return pcall(cjson.decode, ("["):rep(1001) .. ("]"):rep(1001))
---
return pcall(cjson.decode, ('{"a":'):rep(1001))
---
return pcall(cjson.decode, (' [ '):rep(1001))
---
cjson.decode_max_depth(2) return cjson.decode("[[1]]"), cjson.decode("[[],[],[[]"):rep(0), 1
---
cjson.decode_max_depth(2) return cjson.decode("[[],{},[1]]"), pcall(cjson.decode, "[[[]]]")
---
cjson.decode_max_depth(1) return cjson.decode("[]"), cjson.decode("1"), pcall(cjson.decode, "[[]]"), pcall(cjson.decode, '{"a":{}}'), select(2, pcall(cjson.decode, '{"a": [')), cjson.decode("[1]")
---
cjson.decode_max_depth(3) return cjson.decode("[[[1]],[[2]],{\"a\":{}}]"), pcall(cjson.decode, "[[[1]],[[2]],{\"a\":[{}]}]")
---
cjson.decode_max_depth(100000) local r = {} for n = 7990, 8003 do local ok, e = pcall(cjson.decode, ("["):rep(n) .. ("]"):rep(n)) r[#r + 1] = type(e) == "string" and e or type(e) end return unpack(r)
---
cjson.decode_max_depth(100000) local r = {} for n = 3995, 4003 do local ok, e = pcall(cjson.decode, ('{"a":'):rep(n) .. "1" .. ("}"):rep(n)) r[#r + 1] = type(e) == "string" and e or type(e) end return unpack(r)
---
cjson.decode_max_depth(100000) local r = {} for n = 2660, 2670 do local ok, e = pcall(cjson.decode, ('{"a":['):rep(n) .. "1" .. ("]}"):rep(n)) r[#r + 1] = type(e) == "string" and e or type(e) end return unpack(r)
---
local t = cjson.decode('{"a":[1,2,{"b":"c"}],"d":null,"e":true,"f":-1.5e-5}') return t, t.d == cjson.null, cjson.encode(t.a)
---
local s = '{"id":1,"name":"A green door","price":12.50,"tags":["home","green"],"nested":{"deep":{"deeper":[[1,2],[3,4]]}}}' return cjson.decode(s)
---
local t = {} for i = 1, 1000 do t[i] = i end local d = cjson.decode("[" .. table.concat(t, ",") .. "]") return #d, d[1], d[500], d[1000]
---
local t = {} for i = 1, 300 do t[i] = ('"k%d":%d'):format(i, i * i) end local d = cjson.decode("{" .. table.concat(t, ", ") .. "}") local n, sum = 0, 0 for k, v in pairs(d) do n = n + 1 sum = sum + v end return n, sum, d.k17
---
local s = ("x"):rep(100000) return #cjson.decode('"' .. s .. '"'), #cjson.decode('["' .. s .. '","' .. s .. '"]')[2]
---
local s = ("\\n"):rep(10000) return #cjson.decode('"' .. s .. '"')
---
return cjson.decode(("1"):rep(300)), cjson.decode("0." .. ("0"):rep(300) .. "1"), cjson.decode(("9"):rep(400)), cjson.decode("1" .. ("0"):rep(500) .. "e-500")
---
local all = "" for i = 1, 255 do all = all .. string.char(i) end return cjson.decode(cjson.encode(all)) == all, cjson.decode(cjson.encode({[all] = all}))[all] == all
---
local r = {} for c = 0, 255 do local ok, e = pcall(cjson.decode, "[" .. string.char(c) .. "]") r[#r + 1] = tostring(ok) .. (type(e) == "string" and e or "") end return table.concat(r, "\n")
---
local r = {} for c = 1, 255 do local ok, e = pcall(cjson.decode, '"\\' .. string.char(c) .. '"') r[#r + 1] = tostring(ok) .. e end return table.concat(r, "\n")
---
local s = '{"a":[1,-2.5e3,true,false,null,"x\\u00e9\\n"],"b":{"c":{}}}' local r = {} for i = 0, #s do local ok, e = pcall(cjson.decode, s:sub(1, i)) r[#r + 1] = type(e) == "string" and e or type(e) end return table.concat(r, "\n")
---
local s = '{"a":[1,-2.5e3,true,false,null,"x\\u00e9\\n"],"b":{"c":{}}}' local r = {} for i = 1, #s do for _, c in ipairs{"", "x", '"', "]", "}", ",", ":", "\\", "0", " ", "\0"} do local ok, e = pcall(cjson.decode, s:sub(1, i - 1) .. c .. s:sub(i + 1)) r[#r + 1] = type(e) == "string" and e or type(e) end end return table.concat(r, "\n")
