return bit.tobit(0xffffffff), bit.tobit(0xffffffff + 1), bit.tobit(2^40 + 1234), bit.tobit(-1), bit.tobit(2147483648), bit.tobit(-2147483649)
---
return bit.tobit(0.5), bit.tobit(1.5), bit.tobit(2.5), bit.tobit(-0.5), bit.tobit(-1.5), bit.tobit(-2.5), bit.tobit(0.49999999), bit.tobit(3.7)
---
return bit.tobit(2^51), bit.tobit(2^52), bit.tobit(2^53), bit.tobit(-(2^51)), bit.tobit(2^52 + 1), bit.tobit(1e15 + 3), bit.tobit(1e300), bit.tobit(-1e300)
---
return bit.tobit(math.huge), bit.tobit(-math.huge), bit.tobit(0/0)
---
return bit.tobit("10"), bit.tobit("0x10"), bit.tobit(" 7 "), bit.tobit("1e2")
---
return pcall(bit.tobit)
---
return pcall(bit.tobit, nil)
---
return pcall(bit.tobit, "x")
---
return pcall(bit.tobit, {})
---
return bit.tobit({}, 1)
---
local t = {} return bit.tobit(t)
---
return bit.tobit()
---
return bit:tobit()
---
return bit:band(1)
---
return bit.bnot(0), bit.bnot(-1), bit.bnot(0x12345678), bit.bnot(0xffffffff), bit.bnot(1.5)
---
return bit.band(0x12345678, 0xff), bit.band(-1, 0xff00ff00), bit.band(7), bit.band(15, 7, 3, 1), bit.band(-1, -1)
---
return bit.bor(1, 2, 4, 8), bit.bor(0x80000000, 1), bit.bor(5), bit.bor(-2, 1)
---
return bit.bxor(0xa5a5f0f0, 0xaa55ff00), bit.bxor(1, 1), bit.bxor(1, 2, 3, 4), bit.bxor(9)
---
return pcall(bit.band)
---
return bit.band(1, "a", {})
---
return bit.bor({}, "a")
---
return bit.bxor(1, nil, 3)
---
return bit.lshift(1, 0), bit.lshift(1, 8), bit.lshift(1, 31), bit.lshift(1, 32), bit.lshift(1, 40), bit.lshift(0x87654321, 12), bit.lshift(1, -1)
---
return bit.rshift(256, 8), bit.rshift(-256, 8), bit.rshift(0x87654321, 12), bit.rshift(1, 33), bit.rshift(-1, 0), bit.rshift(-1, 31)
---
return bit.arshift(256, 8), bit.arshift(-256, 8), bit.arshift(0x87654321, 12), bit.arshift(-1, 31), bit.arshift(-8, 33)
---
return bit.rol(0x12345678, 12), bit.rol(1, 31), bit.rol(1, 32), bit.rol(0x80000000, 1), bit.rol(5, 0), bit.rol(1, -1)
---
return bit.ror(0x12345678, 12), bit.ror(1, 1), bit.ror(1, 32), bit.ror(5, 0), bit.ror(1, -1), bit.ror(0x12345678, 4.5)
---
return bit.bswap(0x12345678), bit.bswap(0x78563412), bit.bswap(-1), bit.bswap(0), bit.bswap(255)
---
return pcall(bit.lshift, 1)
---
return bit.rol(1)
---
return bit.ror("x", 1)
---
return bit.tohex(1), bit.tohex(-1), bit.tohex(0xffffffff), bit.tohex(0x87654321), bit.tohex(0)
---
return bit.tohex(-1, 4), bit.tohex(-1, -4), bit.tohex(0x21, 4), bit.tohex(0x87654321, 4), bit.tohex(0xabcdef, -8), bit.tohex(1, 0), bit.tohex(1, 100), bit.tohex(0xab, -100), bit.tohex(0xabcdef12, 1), bit.tohex(0xab, 2.5)
---
return bit.tohex(1, "3"), bit.tohex(255, 3, 9)
---
return bit.tohex(1, nil)
---
return pcall(bit.tohex)
---
return bit.tohex("z")
---
local n = 0 for k, v in pairs(bit) do n = n + 1 end return n, type(bit.band)
---
local h = 0 for i = 1, 500 do h = bit.bxor(bit.rol(h, 5), i * 2654435761) h = bit.tobit(h + i) end return h, bit.tohex(h)
---
local a = 305419896 local r = {} for i = 0, 33 do r[#r + 1] = bit.tohex(bit.lshift(a, i)) .. bit.tohex(bit.rshift(-a, i)) .. bit.tohex(bit.arshift(-a, i)) .. bit.tohex(bit.rol(a, i)) .. bit.tohex(bit.ror(a, i)) end return table.concat(r, " ")
