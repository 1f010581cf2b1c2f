//! Which commands a script can call, where its code alone tells.
//!
//! Invariant: a script that is given its [`Calls`] calls these commands and no others, whatever its arguments and the state are. It is
//! found by running the main function's code over what registers are known to hold: a register that may hold one of two things holds
//! nothing that is known. Only functions in the list below are called, none of which calls back; the globals of the list cannot be
//! replaced, because the tables of the library are read-only and no function of the list gets around that. So a script's own functions,
//! metatables and coroutines may be made but never entered; whatever else is called ends the analysis with nothing.

use std::collections::BTreeSet;

use super::lib::Script;
use super::vm::chunk::Chunk;
use super::vm::op::{NO_REG, Op};
use super::vm::value::{LuaValue, StrId};

/// What a script can call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// The calls of commands.
    pub commands: Vec<Called>,
    /// It has no loops, its instructions, calls of short functions and calls of commands are few, and it leaves `KEYS` as it is.
    pub is_brief: bool,
}

/// A call of a command, as it stands in the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// Its name.
    pub name: Box<[u8]>,
    /// How many words it has, with the name; None: that is not known.
    pub words: Option<usize>,
    /// The word behind the name is one of `KEYS`.
    pub is_of_key: bool,
}

/// Registers that are looked at, over all instructions and visits: a fraction of a millisecond.
const WORK_MAX: usize = 1 << 16;
/// Instructions and calls of a brief script.
const BRIEF_CODE: usize = 512;
const BRIEF_CALLS: usize = 16;
/// How often a brief script may have its longest string in a new one.
const BRIEF_COPIES: usize = 64;

/// Functions that call nothing, and do not depend on more than arguments and state. First those that take but a moment.
const SHORT: &[&str] = &[
    "assert",
    "error",
    "next",
    "rawequal",
    "rawget",
    "select",
    "tonumber",
    "tostring",
    "type",
    "unpack",
    "math.abs",
    "math.ceil",
    "math.floor",
    "math.fmod",
    "math.max",
    "math.min",
    "redis.error_reply",
    "redis.log",
    "redis.sha1hex",
    "redis.status_reply",
    "string.byte",
    "string.len",
    "string.lower",
    "string.reverse",
    "string.sub",
    "string.upper",
];
const LONGER: &[&str] = &[
    "bit.band",
    "bit.bnot",
    "bit.bor",
    "bit.bxor",
    "bit.lshift",
    "bit.rshift",
    "bit.tobit",
    "bit.tohex",
    "cjson.decode",
    "cjson.encode",
    "cmsgpack.pack",
    "cmsgpack.unpack",
    "math.exp",
    "math.log",
    "math.pow",
    "math.sqrt",
    "string.char",
    "string.find",
    "string.format",
    "string.match",
    "string.rep",
    "struct.pack",
    "struct.unpack",
    "table.concat",
    "table.getn",
    "table.insert",
    "table.maxn",
    "table.remove",
];
/// Those that answer an iterator which calls nothing.
const WALKS: &[&str] = &["ipairs", "pairs"];
const LIBRARIES: &[&str] = &["bit", "cjson", "cmsgpack", "math", "redis", "string", "struct", "table"];

/// What a register is known to hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Known {
    #[default]
    Nothing,
    /// A string of the code.
    Text(StrId),
    /// A table of the library.
    Library(&'static str),
    /// `redis.call` or `redis.pcall`.
    Call,
    /// `KEYS`, one of what stands there, and a table that the script has made.
    Keys,
    Key,
    Own,
    /// A function of the lists.
    Function {
        is_short: bool,
    },
    /// `ipairs` or `pairs`, and what they answer first.
    Walk,
    Iterator,
}

/// What can be called by a script; None: that is not known.
pub fn calls(script: &Script) -> Option<Calls> {
    let (chunk, text) = script.code();
    Analysis { chunk, text }.run()
}

struct Analysis<'a, F> {
    chunk: &'a Chunk,
    text: F,
}

type Registers = Vec<Known>;

impl<'a, F: Fn(StrId) -> &'a [u8]> Analysis<'a, F> {
    fn run(&self) -> Option<Calls> {
        let main = self.chunk.protos.last()?;
        let code = self.chunk.code.get(main.start as usize..)?;
        // Some more than it needs: a call's registers are looked at whether or not it has so many.
        let registers = usize::from(main.registers) + 3;
        if code.len().checked_mul(registers)? > WORK_MAX {
            return None;
        }
        let mut before: Vec<Option<Registers>> = vec![None; code.len()];
        *before.first_mut()? = Some(vec![Known::Nothing; registers]);
        // The first place first: behind it all is known that comes to the next one, unless something jumps back.
        let mut open = BTreeSet::from([0]);
        let mut visits_left = WORK_MAX / registers;
        while let Some(at) = open.pop_first() {
            visits_left = visits_left.checked_sub(1)?;
            let op = *code.get(at)?;
            let mut after = before.get(at)?.clone()?;
            self.step(op, &mut after)?;
            for next in successors(op, at).into_iter().flatten() {
                if merge(before.get_mut(next)?, &after) {
                    open.insert(next);
                }
            }
        }
        let mut calls = Calls { commands: Vec::new(), is_brief: code.len() <= BRIEF_CODE };
        let (mut called, mut copies) = (0, 1usize);
        for (at, (op, known)) in code.iter().zip(&before).enumerate() {
            let Some(known) = known else { continue };
            let is_back = successors(*op, at).into_iter().flatten().any(|next| next <= at);
            calls.is_brief &= !is_back && !matches!(op, Op::Closure { .. } | Op::SetGlobal { .. });
            if let Op::SetTable { a, .. } | Op::SetField { a, .. } | Op::SetConst { a, .. } = *op {
                // Another one may be `KEYS`.
                calls.is_brief &= get(known, a) == Known::Own;
            }
            if let Op::Concat { b, c, .. } = op {
                copies = copies.saturating_mul(usize::from(c - b) + 1);
            }
            let (Op::Call { a, b, .. } | Op::TailCall { a, b }) = *op else { continue };
            called += 1;
            match get(known, a) {
                Known::Call => {
                    let Known::Text(name) = get(known, a + 1) else { return None };
                    let words = usize::from(b).checked_sub(1);
                    let is_of_key = get(known, a + 2) == Known::Key;
                    calls.commands.push(Called { name: (self.text)(name).into(), words, is_of_key });
                }
                Known::Function { is_short: true } => {}
                _ => calls.is_brief = false,
            }
        }
        calls.is_brief &= called <= BRIEF_CALLS && copies <= BRIEF_COPIES;
        Some(calls)
    }

    /// What registers hold behind an instruction; None if it calls what is not known.
    fn step(&self, op: Op, registers: &mut Registers) -> Option<()> {
        let mut set = |a: u8, known: Known| {
            if let Some(place) = registers.get_mut(usize::from(a)) {
                *place = known;
            }
        };
        match op {
            Op::Move { a, b } => {
                let known = get(registers, b);
                put(registers, a, known);
            }
            Op::LoadK { a, k } => set(a, self.constant(k).map_or(Known::Nothing, Known::Text)),
            Op::GetGlobal { a, k } => {
                let known = self.constant(k).map_or(Known::Nothing, |name| self.resolve("", name));
                set(a, known);
            }
            Op::GetField { a, b, k } => {
                let known = match (get(registers, b), self.constant(k)) {
                    (Known::Library(table), Some(name)) => self.resolve(table, name),
                    _ => Known::Nothing,
                };
                put(registers, a, known);
            }
            Op::LoadNil { a, n } => (a..a.saturating_add(n)).for_each(|at| set(at, Known::Nothing)),
            Op::TestSet { a: NO_REG, .. } => {}
            Op::GetTable { a, b, .. } | Op::GetConst { a, b, .. } => {
                let known = if get(registers, b) == Known::Keys { Known::Key } else { Known::Nothing };
                put(registers, a, known);
            }
            Op::NewTable { a, .. } => set(a, Known::Own),
            Op::LoadBool { a, .. }
            | Op::GetUpvalue { a, .. }
            | Op::Add { a, .. }
            | Op::Sub { a, .. }
            | Op::Mul { a, .. }
            | Op::Div { a, .. }
            | Op::Mod { a, .. }
            | Op::Pow { a, .. }
            | Op::AddK { a, .. }
            | Op::SubK { a, .. }
            | Op::MulK { a, .. }
            | Op::DivK { a, .. }
            | Op::ModK { a, .. }
            | Op::PowK { a, .. }
            | Op::Minus { a, .. }
            | Op::Not { a, .. }
            | Op::Len { a, .. }
            | Op::TestSet { a, .. }
            | Op::Closure { a, .. } => set(a, Known::Nothing),
            Op::Concat { a, b, c } => {
                set(a, Known::Nothing);
                (b..=c).for_each(|at| set(at, Known::Nothing));
            }
            Op::Method { a, .. } => {
                set(a, Known::Nothing);
                set(a + 1, Known::Nothing);
            }
            Op::Vararg { a, .. } | Op::ForPrep { a, .. } | Op::ForLoop { a, .. } => forget(registers, a),
            Op::Call { a, b, .. } | Op::TailCall { a, b } => {
                let answer = match get(registers, a) {
                    // With no argument it fails, but there is no need to know that here.
                    Known::Call if b == 1 => return None,
                    Known::Call => {
                        let Known::Text(_) = get(registers, a + 1) else { return None };
                        Known::Nothing
                    }
                    Known::Function { .. } => Known::Nothing,
                    Known::Walk => Known::Iterator,
                    _ => return None,
                };
                forget(registers, a);
                put(registers, a, answer);
            }
            Op::TForLoop { a, .. } => {
                if get(registers, a) != Known::Iterator {
                    return None;
                }
                forget(registers, a + 1);
            }
            Op::SetUpvalue { .. }
            | Op::SetGlobal { .. }
            | Op::SetTable { .. }
            | Op::SetField { .. }
            | Op::SetConst { .. }
            | Op::SetList { .. }
            | Op::Jump { .. }
            | Op::Test { .. }
            | Op::Eq { .. }
            | Op::EqK { .. }
            | Op::Lt { .. }
            | Op::Le { .. }
            | Op::LtK { .. }
            | Op::LeK { .. }
            | Op::GtK { .. }
            | Op::GeK { .. }
            | Op::Return { .. }
            | Op::Close { .. } => {}
        }
        Some(())
    }

    fn constant(&self, k: u32) -> Option<StrId> {
        match self.chunk.constants.get(k as usize) {
            Some(LuaValue::Str(id)) => Some(*id),
            _ => None,
        }
    }

    /// What is called `name` in a table of the library, or among the globals.
    fn resolve(&self, table: &str, name: StrId) -> Known {
        let name = (self.text)(name);
        let is = |listed: &&str| match (listed.split_once('.'), table) {
            (None, "") => listed.as_bytes() == name,
            (Some((of, function)), table) => of == table && function.as_bytes() == name,
            _ => false,
        };
        match table {
            "" if name == b"KEYS" => Known::Keys,
            "" if WALKS.iter().any(is) => Known::Walk,
            "" if LIBRARIES.iter().any(is) => {
                LIBRARIES.iter().find(|library| is(library)).map_or(Known::Nothing, |library| Known::Library(library))
            }
            "redis" if matches!(name, b"call" | b"pcall") => Known::Call,
            _ if SHORT.iter().any(is) => Known::Function { is_short: true },
            _ if LONGER.iter().any(is) => Known::Function { is_short: false },
            _ => Known::Nothing,
        }
    }
}

fn get(registers: &Registers, a: u8) -> Known {
    registers.get(usize::from(a)).copied().unwrap_or_default()
}

fn put(registers: &mut Registers, a: u8, known: Known) {
    if let Some(place) = registers.get_mut(usize::from(a)) {
        *place = known;
    }
}

/// Registers from `a` on.
fn forget(registers: &mut Registers, a: u8) {
    registers.iter_mut().skip(usize::from(a)).for_each(|place| *place = Known::Nothing);
}

/// True if less is known than before.
fn merge(before: &mut Option<Registers>, registers: &Registers) -> bool {
    let Some(before) = before else {
        *before = Some(registers.clone());
        return true;
    };
    let mut changed = false;
    for (place, known) in before.iter_mut().zip(registers) {
        if *place != *known && *place != Known::Nothing {
            *place = Known::Nothing;
            changed = true;
        }
    }
    changed
}

/// Places that come behind the instruction at `at`: the next one, and where it jumps to.
fn successors(op: Op, at: usize) -> [Option<usize>; 2] {
    let next = at + 1;
    let jumped = |off: i32| next.checked_add_signed(off as isize);
    match op {
        Op::Return { .. } => [None, None],
        Op::Jump { off } | Op::ForPrep { off, .. } => [None, jumped(off)],
        Op::LoadBool { skip: true, .. } => [None, Some(next + 1)],
        Op::Test { off, .. }
        | Op::TestSet { off, .. }
        | Op::Eq { off, .. }
        | Op::EqK { off, .. }
        | Op::Lt { off, .. }
        | Op::Le { off, .. }
        | Op::LtK { off, .. }
        | Op::LeK { off, .. }
        | Op::GtK { off, .. }
        | Op::GeK { off, .. }
        | Op::ForLoop { off, .. }
        | Op::TForLoop { off, .. } => [Some(next), jumped(off)],
        _ => [Some(next), None],
    }
}

#[cfg(test)]
mod tests;
