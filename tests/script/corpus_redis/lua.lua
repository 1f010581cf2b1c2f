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
