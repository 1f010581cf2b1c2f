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
