return struct.pack("b", 1), struct.pack("b", -1), struct.pack("b", 255), struct.pack("b", 256), struct.pack("B", 300), struct.pack("B", -2), struct.pack("b", 127.9), struct.pack("b", -1.9)
---
return struct.pack("h", 1), struct.pack(">h", 1), struct.pack("<h", -2), struct.pack("H", 65535), struct.pack(">H", 65536), struct.pack(">H", 513)
---
return struct.pack("i", 1), struct.pack(">i", 1), struct.pack("I", 4294967295), struct.pack(">I", 4294967296), struct.pack("i", -2147483648), struct.pack(">i", 16909060)
---
return struct.pack("l", 1), struct.pack(">l", -1), struct.pack("L", 2^53), struct.pack(">L", 2^63), struct.pack(">L", 2^64), struct.pack(">L", 2^63 + 2048), struct.pack(">l", -(2^63)), struct.pack(">l", -(2^64)), struct.pack(">l", 2^62)
---
return struct.pack("T", 1), struct.pack(">T", 258), struct.pack(">T", 1e30), struct.pack(">T", -1e30)
---
local r = {} for i = 0, 32 do r[#r + 1] = struct.pack(">i" .. i, 123456789012345) .. "." .. struct.pack("<I" .. i, -2) end return unpack(r)
---
return struct.pack("f", 1.5), struct.pack(">f", 1.5), struct.pack(">f", 0.1), struct.pack(">f", 1e40), struct.pack(">f", -1e40), struct.pack(">f", 1e-45), struct.pack(">f", -0.0), struct.pack(">f", 16777217)
---
return struct.pack("d", 1.5), struct.pack(">d", 1.5), struct.pack(">d", 0.1), struct.pack(">d", 1e308 * 10), struct.pack(">d", -1e308 * 10), struct.pack(">d", 0/0), struct.pack(">f", 0/0), struct.pack(">d", 5e-324)
---
return struct.pack(">I8", 0/0), struct.pack(">I8", 1/0), struct.pack(">i8", -1/0), struct.pack(">I4", 1/0), struct.pack(">I2", 0/0)
---
return struct.pack("s", "abc"), struct.pack("s", ""), struct.pack("s", "a\0b"), struct.pack("ss", "x", "y"), struct.pack("s", 12)
---
return struct.pack("c", "abc"), struct.pack("c1", "abc"), struct.pack("c3", "abc"), struct.pack("c2", "abc"), struct.pack("c0", "hello"), struct.pack("c0", ""), struct.pack("c2c0", "ab", "cde"), struct.pack("c2", 1234)
---
return pcall(struct.pack, "c4", "abc")
---
return struct.pack("c4", "abc")
---
return struct.pack("bc4", 1, "abc")
---
return pcall(struct.pack, "c", "")
---
return struct.pack("x"), struct.pack("bxb", 1, 2), struct.pack("xxx"), struct.pack("")
---
return struct.pack(" b b ", 1, 2), struct.pack(">h<h", 1, 1), struct.pack("b>h h<h", 1, 2, 3, 4)
---
return struct.pack("!bh", 1, 2), struct.pack("!4bi", 1, 2), struct.pack("!8bd", 1, 2), struct.pack("!2bd", 1, 2), struct.pack("!1bd", 1, 2), struct.pack("!16bi16", 1, 2), struct.pack("!bl", 1, 2), struct.pack("!8bs", 1, "x"), struct.pack("!8bc4", 1, "abcd"), struct.pack("!8bx", 1)
---
return struct.pack("!4bi3", 1, 2), struct.pack("!4bbbi3", 1, 2, 3, 4), struct.pack("!8bi5", 1, 2), struct.pack("!8bbi6bi7", 1, 2, 3, 4, 5), struct.pack("!8bi0", 1, 2), struct.pack("!32bi32", 1, 2), struct.pack("!64bi9", 1, 2)
---
return pcall(struct.pack, "!3b", 1)
---
return pcall(struct.pack, "!0b", 1)
---
return pcall(struct.pack, "!6i", 1)
---
return struct.pack("!1073741824bi", 1, 2)
---
return pcall(struct.pack, "!2147483648b", 1)
---
return pcall(struct.pack, "i33", 1)
---
return pcall(struct.pack, "i99999", 1)
---
return pcall(struct.pack, "i99999999999", 1)
---
return pcall(struct.pack, "c2147483648", "x")
---
return pcall(struct.pack, "c2147483647", "x")
---
return pcall(struct.pack, "z", 1)
---
return pcall(struct.pack, "b,b", 1, 2)
---
return pcall(struct.pack, "\255", 1)
---
return pcall(struct.pack, "b%", 1)
---
return struct.pack("b\0zzz", 7)
---
return pcall(struct.pack, "5", 1)
---
return pcall(struct.pack)
---
return struct.pack()
---
return pcall(struct.pack, {})
---
return struct.pack("b")
---
return struct.pack("bb", 1)
---
return struct.pack("b", "x")
---
return struct.pack("b", {})
---
return struct.pack("s")
---
return struct.pack("s", true)
---
return struct.pack("f", "abc")
---
return struct.pack("d")
---
return struct.pack("b", "12"), struct.pack("d", "0x10"), struct.pack("b", 1, 2, 3)
---
return struct.unpack("b", "\255"), struct.unpack("B", "\255"), struct.unpack("b", "\127"), struct.unpack("b", "\128")
---
return struct.unpack("<h", "\1\2"), struct.unpack(">h", "\1\2"), struct.unpack("<h", "\255\255"), struct.unpack("<H", "\255\255")
---
return struct.unpack("<i", "\1\2\3\4"), struct.unpack(">i", "\1\2\3\4"), struct.unpack("<i", "\255\255\255\255"), struct.unpack("<I", "\255\255\255\255")
---
return struct.unpack("<l", "\1\2\3\4\5\6\7\8"), struct.unpack(">l", "\255\2\3\4\5\6\7\8"), struct.unpack("<L", "\255\255\255\255\255\255\255\255"), struct.unpack("T", "\1\0\0\0\0\0\0\0")
---
local s = "\200\1\2\3\4\5\6\7\8\9" .. ("\1"):rep(30) local r = {} for i = 0, 32 do r[#r + 1] = (struct.unpack("<i" .. i, s)) r[#r + 1] = (struct.unpack(">i" .. i, s)) r[#r + 1] = (struct.unpack("<I" .. i, s)) r[#r + 1] = (struct.unpack(">I" .. i, s)) end return unpack(r)
---
local s = ("\255"):rep(40) local r = {} for i = 0, 32 do r[#r + 1] = (struct.unpack("<i" .. i, s)) r[#r + 1] = (struct.unpack(">I" .. i, s)) end return unpack(r)
---
return struct.unpack("<f", "\0\0\192\63"), struct.unpack(">f", "\63\192\0\0"), struct.unpack(">f", "\127\128\0\0"), struct.unpack(">f", "\255\128\0\0"), struct.unpack(">f", "\127\192\0\0"), struct.unpack(">f", "\61\204\204\205"), struct.unpack(">f", "\0\0\0\1")
---
return struct.unpack("<d", "\0\0\0\0\0\0\248\63"), struct.unpack(">d", "\63\248\0\0\0\0\0\0"), struct.unpack(">d", "\127\240\0\0\0\0\0\0"), struct.unpack(">d", "\255\240\0\0\0\0\0\0"), struct.unpack(">d", "\127\248\0\0\0\0\0\1"), struct.unpack(">d", "\0\0\0\0\0\0\0\1")
---
return struct.unpack("s", "abc\0def"), struct.unpack("ss", "a\0b\0"), struct.unpack("s", "\0")
---
return pcall(struct.unpack, "s", "abc")
---
return struct.unpack("s", "")
---
return struct.unpack("c", "abc"), struct.unpack("c2", "abc"), struct.unpack("c3", "abc"), struct.unpack("Bc0", "\3abcdef"), struct.unpack("bc0", "\0abc")
---
return pcall(struct.unpack, "c0", "abc")
---
return struct.unpack("sc0", "2\0abc")
---
return struct.unpack("sc0", "x\0abc")
---
return pcall(struct.unpack, "xc0", "abc")
---
return pcall(struct.unpack, "bc0", "\5abc")
---
return pcall(struct.unpack, "bc0", "\255abc")
---
return struct.unpack("dc0", struct.pack("d", 2.9) .. "abc"), pcall(struct.unpack, "dc0", struct.pack("d", 0/0) .. "abc")
---
return struct.unpack("bbc0", "\9\1abc"), struct.unpack("bc0bc0", "\1a\2bc"), pcall(struct.unpack, "bc0c0", "\1abc")
---
return struct.unpack("c1c0", "2abcd"), struct.unpack("fc0", struct.pack("f", -0.5) .. "a")
---
return pcall(struct.unpack, "i", "abc")
---
return struct.unpack("i", "abc")
---
return struct.unpack("c4", "abc")
---
return struct.unpack("bb", "\1\2", 2)
---
return struct.unpack("b", "\1\2", 2), struct.unpack("b", "\1\2\3", 3), struct.unpack("", "abc"), struct.unpack("", "abc", 10), struct.unpack("b", "\7\8", 1.9), struct.unpack("b", "\7\8", "2")
---
return pcall(struct.unpack, "b", "abc", 0)
---
return pcall(struct.unpack, "b", "abc", 4)
---
return pcall(struct.unpack, "b", "abc", -1)
---
return struct.unpack("b", "abc", -1)
---
return struct.unpack("", "abc", -7), struct.unpack(" ", "abc", -1)
---
return struct.unpack("b", "abc", 2^53), 1
---
return pcall(struct.unpack, "b", "abc", 1e300)
---
return pcall(struct.unpack, "s", "abc\0", -5)
---
return pcall(struct.unpack, "!8bl", "abc", -5)
---
return struct.unpack("b", "abc", {})
---
return struct.unpack("b")
---
return pcall(struct.unpack)
---
return struct.unpack("b", nil)
---
return struct.unpack("!4bi", "\1\0\0\0\2\0\0\0"), struct.unpack("!bd", struct.pack("!bd", 1, 2.5)), struct.unpack("!4bi3", struct.pack("!4bi3", 1, 2)), struct.unpack("!8bbi6bi7", struct.pack("!8bbi6bi7", 1, 2, 3, 4, 5))
---
return struct.unpack(">I2 <I2 x s", "\1\2\1\2\9abc\0tail")
---
return struct.unpack("bb b", "\1\2\3"), struct.unpack("b\0zz", "\5")
---
return pcall(struct.unpack, "q", "abc")
---
return pcall(struct.unpack, "b!3b", "abc")
---
return pcall(struct.unpack, "i64", "abc")
---
return struct.unpack("xxb", "abc"), pcall(struct.unpack, "xxxx", "abc")
---
return select("#", struct.unpack(("b"):rep(7990), ("a"):rep(9000)))
---
return select("#", pcall(struct.unpack, ("b"):rep(7996), ("a"):rep(9000)))
---
return select("#", pcall(struct.unpack, ("b"):rep(7997), ("a"):rep(9000)))
---
return (pcall(struct.unpack, ("b"):rep(7993), ("a"):rep(9000), 1, 5, 6, 7)), (pcall(struct.unpack, ("b"):rep(7992), ("a"):rep(9000), 1, 5, 6, 7))
---
return struct.size("b"), struct.size("bh"), struct.size("!bh"), struct.size("i"), struct.size("l"), struct.size("T"), struct.size("f"), struct.size("d"), struct.size("x"), struct.size("c10"), struct.size(""), struct.size("i7"), struct.size(" > < "), struct.size("!8bdb"), struct.size("c")
---
return pcall(struct.size, "s")
---
return struct.size("c0")
---
return struct.size("z"), struct.size("bzq9b"), struct.size("ZX")
---
return pcall(struct.size, "b,b")
---
return pcall(struct.size, "\200")
---
return struct.size("c2147483647c2147483647"), pcall(struct.size, "c99999999999")
---
return struct.size("i40")
---
return struct.size("!5")
---
return struct.size()
---
return struct.size({})
---
return struct:size()
---
local t = {} for _, n in ipairs{0, 1, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2^31 - 1, 2^31, 2^32 - 1, 2^32, 2^53, -1, -128, -129, -32768, -32769, -2^31, -2^31 - 1} do for _, f in ipairs{"b", "B", "h", "H", "i", "I", "l", "L", "i3", "I5"} do t[#t + 1] = (struct.unpack(">" .. f, struct.pack(">" .. f, n))) end end return unpack(t)
---
local n = {} for k in pairs(struct) do n[#n + 1] = k end table.sort(n) return unpack(n)
---
local record = struct.pack(">!4 B s I4 d c5", 7, "name", 99, 2.25, "12345") return record, #record, struct.unpack(">!4 B s I4 d c5", record)
