//! Scripts as test data: those of the corpora, random mutants of them, and those that made the C Lua give each node another value or hold
//! all of them.

use super::rng::Rng;

/// Every script of the corpora, in the order of their files' names.
pub fn corpora() -> Vec<String> {
    let mut sources: Vec<String> = Vec::new();
    for folder in ["tests/script/corpus", "tests/script/corpus_redis"] {
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        for file in files {
            sources.extend(std::fs::read_to_string(file).unwrap().split("\n---\n").map(str::to_owned));
        }
    }
    sources
}

/// Programs that nobody would write.
pub struct Mutants<'a> {
    words: Vec<Vec<&'a str>>,
    rng: Rng,
}

impl<'a> Mutants<'a> {
    /// Made of these scripts.
    pub fn new(sources: &'a [String], rng: Rng) -> Self {
        let words = sources.iter().map(|source| source.split_inclusive([' ', '(', ')', ',']).collect()).collect();
        Self { words, rng }
    }
}

impl Iterator for Mutants<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let (words, rng) = (&self.words, &mut self.rng);
        let mut mutant = words[rng.below(words.len())].clone();
        for _ in 0..=rng.below(3) {
            let other = &words[rng.below(words.len())];
            let at = rng.below(mutant.len());
            match rng.below(3) {
                0 => drop(mutant.remove(at)),
                1 => mutant[at] = other[rng.below(other.len())],
                _ => mutant.insert(at, other[rng.below(other.len())]),
            }
            if mutant.is_empty() {
                break;
            }
        }
        Some(mutant.concat())
    }
}

/// (script, how it ends)
pub const HOSTILE: &[(&str, Ends)] = &[
    (
        "local ks,t={},{} for i=1,24 do ks[i]={} t[ks[i]]=1 end for i=1,24 do t['k'..i]=i end for i=1,24 do t[ks[i]]=nil end \
         local r={} for k in pairs(t) do r[#r+1]=k end return table.concat(r,',')",
        Ends::Well,
    ),
    (
        "local ks,t={},{} for i=1,50 do ks[i]={} t[ks[i]]=i end local r={} local k=next(t) while k do r[#r+1]=t[k] k=next(t,k) end \
         return table.concat(r,',')",
        Ends::Well,
    ),
    (
        "local t={} for i=1,40 do t[{}]=i end for i=1,40 do t[i]=i end for i=1,40,3 do t[i]=nil end return tostring(#t)",
        Ends::Well,
    ),
    (
        "local t={} for i=1,40 do t[function() end]=i t[coroutine.create(function() end)]=i end local s='' for k,v in pairs(t) do s=s..type(k)..v end return s",
        Ends::Well,
    ),
    (
        "local t={} for i=1,40000 do t[2^52+i*4294967295+7]=i end local n=0 for k in pairs(t) do n=n+1 end return tostring(n)",
        Ends::Well,
    ),
    ("local t={} for i=1,16000 do t[('x'):rep(500)..i..('y'):rep(500)]=i end return 'done'", Ends::Well),
    ("local a=('\\0'):rep(16777216) local b=a..'x' local n=0 while true do if a<b then n=n+1 end end", Ends::Budget),
    ("return tostring(string.find(('a'):rep(400), '.-.-.-b'))", Ends::Either),
    ("return tostring(string.find(('a'):rep(4000), '.-.-.-.-b'))", Ends::Budget),
    ("local s=('a'):rep(100000) while true do s:gsub('a*a*a*b', '') end", Ends::Budget),
    ("local s=('a'):rep(1e6) for i=1,500 do ('x'):find(s) end return 'done'", Ends::Budget),
    ("local s=('x'):rep(1e6) while true do s=s..s end", Ends::Memory),
    ("local t={} while true do t[#t+1]={} end", Ends::Either),
    ("local t={} for i=1,1e9 do t[i]=i end", Ends::Either),
    ("local f=function() end while true do local g=f f=coroutine.wrap(function() return g end) end", Ends::Either),
    ("local t={} t.t=t while true do t=setmetatable({}, {__index=t}) end", Ends::Either),
    ("return string.rep('x', -1)..string.rep('', 1e9)", Ends::Well),
    ("local ok, e = pcall(string.rep, 'x', 1e10) return e", Ends::Memory),
    ("local t={} for i=1,5000 do t[i]=i end table.sort(t, function(a,b) return true end) return 'x'", Ends::Error),
    ("local t={} for i=1,200000 do t[i]=i%7 end table.sort(t) return tostring(t[1])", Ends::Either),
    ("while true do pcall(error) end", Ends::Budget),
    ("local function f() return pcall(f) end return tostring(f())", Ends::Well),
    ("return tostring(pcall(string.format, '%99.99f', 1e308))", Ends::Well),
    ("local s=('%d'):rep(100000) return tostring(pcall(string.format, s, 1))", Ends::Well),
    ("local t={} table.insert(t, 2^31, 'x') return tostring(next(t))", Ends::Well),
    (
        "local t=setmetatable({}, {__newindex=function(t,k,v) rawset(t,k,v) t[k+1]=v end}) t[1]=1 return 'x'",
        Ends::Error,
    ),
    ("local a,b=('x'):rep(1e6),('x'):rep(1e6) while true do if a==b then end end", Ends::Budget),
    ("local t={} for i=1,2^17 do t[i]=i end while true do t.x=1 t.x=nil t.y=1 t.y=nil end", Ends::Budget),
    ("return tostring(('xy'):rep(1e6):find(('xy'):rep(1e5)..'z', 1, true))", Ends::Budget),
    ("while true do local x=('%.99f'):format(1e308) end", Ends::Budget),
    (
        "local a,t={},{} for i=1,7000 do a[i]=i end \
         while true do t[#t+1]=coroutine.wrap(function(...) coroutine.yield() end) t[#t](unpack(a)) end",
        Ends::Memory,
    ),
    ("return tostring(loadstring('return '..('a and '):rep(90000)..'b'))", Ends::Well),
    ("return tostring(loadstring(('('):rep(100000)..')'))", Ends::Well),
    ("return tostring(loadstring('return '..('1+'):rep(100000)..'1'))", Ends::Well),
    ("return tostring(loadstring('\\27Lua'))", Ends::Well),
    ("return tostring(0/0)..tostring(-(0/0))..(5%-3)..(-5%3)..(5.3%-1.1)..2^0.5", Ends::Well),
    (
        "local s = '' for i = 1, 50 do s = s .. (i * 1e15 + 0.1) % (i / 7) .. ' ' .. -i * 1e9 % 0.3 .. ' ' end return s",
        Ends::Well,
    ),
    (
        "return tostring(pcall(select, 1e300, 'a')) .. tostring(pcall(select, -1e300, 'a')) .. tostring(pcall(select, 2^40, 1, 2)) \
         .. bit.tobit(1e300) .. string.format('%d', 2^62) .. tostring(pcall(string.char, 2^33))",
        Ends::Well,
    ),
    (
        "local t={} for i=1,64 do t[i]=i end for i=1,64,2 do t[i]=nil end t[{}]=1 for i=33,64 do t[i]=nil end return tostring(#t)",
        Ends::Well,
    ),
    (
        "local n=0 return tostring(load(function() n=n+1 if n==1 then return '\\27LuaQ' end end))..tostring(loadstring('\\27LuaQ\\0\\1\\4\\4\\4\\8\\0'))",
        Ends::Well,
    ),
    ("return tostring(loadstring('return \"\\255\\254\\0\\237\\160\\128\"')())", Ends::Well),
];

/// How a script ends, under 20 million units and 64 MiB.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ends {
    /// With a value.
    Well,
    /// By an error of its own.
    Error,
    /// Its units are used up.
    Budget,
    /// It asks for too many bytes.
    Memory,
    /// By one of the bounds, or well if both are enough.
    Either,
}
