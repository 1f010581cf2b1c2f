//! Lua source to code, in one pass over the tokens, with Lua 5.1's limits and texts.
//!
//! [`Compiler`] has the tokens and the functions under way (`code`). `stmt` reads statements, with `control`, `assign` and `function`;
//! `parse` reads expressions, each an `expr`, with `variable`, `operator` and `condition`; `register` puts them where they are wanted;
//! `jump` changes jumps; `room` counts the bytes of what is made.

mod assign;
mod code;
mod condition;
mod control;
mod expr;
mod function;
mod jump;
mod operator;
mod parse;
mod register;
mod room;
mod stmt;
mod variable;

use std::collections::BTreeMap;

use self::code::{Func, REGISTERS_MAX};
use self::room::Room;
use super::chunk::{Chunk, Proto};
use super::lexer::{Lexer, NotCompiled, Sym, Token};
use super::op::Op;
use super::value::{LuaValue, StrId};

/// Levels of nested blocks and expressions, with the calls that a run is in.
const LEVELS_MAX: usize = 200;
/// Lua's buffers for the name of a chunk, with the zero: in errors of the run (`LUA_IDSIZE`), and of syntax (`MAXSRC`).
const NAME_SIZE: usize = 60;
const SYNTAX_NAME_SIZE: usize = 80;
/// Constants of a chunk.
const CONSTANTS_MAX: usize = 1 << 22;

/// Gives strings their numbers, and says what each takes, bytes: 0 if it was there before.
pub type Intern<'a> = dyn FnMut(&[u8]) -> (StrId, usize) + 'a;

pub(super) struct Compiler<'a> {
    lexer: Lexer<'a>,
    intern: &'a mut Intern<'a>,
    funcs: Vec<Func>,
    chunk: Chunk,
    known: BTreeMap<(u8, u64), u32>,
    /// How many variables in scope have a name, over all functions under way.
    visible: BTreeMap<u32, u32>,
    levels: usize,
    room: Room,
}

/// Compiles a source; `name` is its own, behind `@` or `=`, or the source itself. `levels` are the calls that the run is in, `memory` is
/// what its code may take, bytes.
///
/// # Errors
/// Lua's text; the code takes more.
pub fn compile(
    source: &[u8],
    name: &[u8],
    levels: usize,
    memory: usize,
    intern: &mut Intern<'_>,
) -> Result<Chunk, NotCompiled> {
    let shown = chunk_name(name, SYNTAX_NAME_SIZE);
    let chunk = Chunk {
        source: name.to_vec(),
        name: chunk_name(name, NAME_SIZE),
        code: Vec::new(),
        lines: Vec::new(),
        constants: Vec::new(),
        protos: Vec::new(),
        names: Vec::new(),
        bytes: 0,
    };
    let mut compiler = Compiler {
        lexer: Lexer::new(source, &shown),
        intern,
        funcs: Vec::new(),
        chunk,
        known: BTreeMap::new(),
        visible: BTreeMap::new(),
        levels,
        room: Room::new(memory),
    };
    compiler.room.take(name.len());
    compiler.open(0);
    compiler.func().is_vararg = true;
    compiler.advance()?;
    compiler.block_body()?;
    if *compiler.token() != Token::End {
        return Err(compiler.lexer.error("'<eof>' expected"));
    }
    compiler.close();
    compiler.chunk.bytes = compiler.room.taken()?;
    compiler.chunk.names.sort_unstable_by_key(|(at, operand, _)| (*at, *operand));
    Ok(compiler.chunk)
}

type Res<T> = Result<T, NotCompiled>;

impl Compiler<'_> {
    #[expect(clippy::expect_used, reason = "there is a function from the first to the last token")]
    fn func(&mut self) -> &mut Func {
        self.funcs.last_mut().expect("a function")
    }

    fn token(&self) -> &Token {
        &self.lexer.token
    }

    fn advance(&mut self) -> Res<()> {
        let grown = std::mem::take(&mut self.func().grown);
        self.room.take(grown);
        self.room.taken()?;
        self.lexer.advance()
    }

    fn emit(&mut self, op: Op) -> usize {
        let line = self.lexer.last_line;
        self.func().emit(op, line)
    }

    fn emit_at(&mut self, op: Op, line: u32) -> usize {
        self.func().emit(op, line)
    }

    fn intern(&mut self, text: &[u8]) -> StrId {
        let (id, bytes) = (self.intern)(text);
        self.room.take(bytes);
        id
    }

    fn enter(&mut self) -> Res<()> {
        self.levels += 1;
        if self.levels > LEVELS_MAX { Err(self.lexer.plain_error("chunk has too many syntax levels")) } else { Ok(()) }
    }

    fn leave(&mut self) {
        self.levels -= 1;
    }

    fn limit(&self, line: u32, what: &str, most: usize) -> NotCompiled {
        let place = if line == 0 { "main function".to_owned() } else { format!("function at line {line}") };
        self.lexer.plain_error(&format!("{place} has more than {most} {what}"))
    }

    fn name(&mut self) -> Res<StrId> {
        match self.token().clone() {
            Token::Name(name) => {
                self.advance()?;
                Ok(self.intern(&name))
            }
            _ => Err(self.lexer.error("'<name>' expected")),
        }
    }

    fn check(&mut self, sym: Sym) -> Res<()> {
        if *self.token() == Token::Sym(sym) {
            return Ok(());
        }
        Err(self.lexer.error(&format!("'{}' expected", sym.text())))
    }

    fn check_next(&mut self, sym: Sym) -> Res<()> {
        self.check(sym)?;
        self.advance()
    }

    fn test_next(&mut self, sym: Sym) -> Res<bool> {
        let is_there = *self.token() == Token::Sym(sym);
        if is_there {
            self.advance()?;
        }
        Ok(is_there)
    }

    fn check_match(&mut self, what: Sym, who: Sym, line: u32) -> Res<()> {
        if self.test_next(what)? {
            return Ok(());
        }
        if line == self.lexer.line {
            return Err(self.lexer.error(&format!("'{}' expected", what.text())));
        }
        Err(self.lexer.error(&format!("'{}' expected (to close '{}' at line {line})", what.text(), who.text())))
    }

    fn constant(&mut self, mut value: LuaValue) -> Res<u32> {
        if let LuaValue::Number(zero @ 0.0) = value {
            value = LuaValue::Number(self.zero(zero));
        }
        let key = match value {
            LuaValue::Nil => (0, 0),
            LuaValue::Bool(b) => (1, u64::from(b)),
            LuaValue::Number(n) => (2, n.to_bits()),
            LuaValue::Str(id) => (3, u64::from(id.0)),
            _ => (4, 0),
        };
        if let Some(at) = self.known.get(&key) {
            return Ok(*at);
        }
        let at = self.chunk.constants.len();
        if at == CONSTANTS_MAX {
            return Err(self.lexer.error("constant table overflow"));
        }
        self.room.take(room::CONSTANT);
        self.chunk.constants.push(value);
        self.known.insert(key, at as u32);
        Ok(at as u32)
    }

    /// The zero that a function has for both of them: the first that it named, since Lua 5.1 looks its constants up by their values.
    fn zero(&mut self, named: f64) -> f64 {
        *self.func().zero.get_or_insert(named)
    }

    fn reserve(&mut self, count: u16) -> Res<u8> {
        let func = self.func();
        let first = func.free;
        func.free += count;
        func.most = func.most.max(func.free);
        if func.free > REGISTERS_MAX {
            return Err(self.lexer.error("function or expression too complex"));
        }
        Ok(first as u8)
    }

    fn open(&mut self, line: u32) {
        let func = Func { line, most: 2, blocks: vec![code::Block::default()], ..Func::default() };
        self.funcs.push(func);
    }

    /// Ends the innermost function: its number in the chunk.
    fn close(&mut self) -> u32 {
        self.emit(Op::Return { a: 0, b: 1 });
        self.hide(0);
        let Some(func) = self.funcs.pop() else { return 0 };
        self.room.take(func.grown + room::PROTO + room::CAPTURE * func.upvalues.len());
        let start = self.chunk.code.len() as u32;
        self.chunk.code.extend(func.code);
        self.chunk.lines.extend(func.lines);
        self.chunk.names.extend(func.names.into_iter().map(|(at, operand, named)| (start + at, operand, named)));
        self.chunk.protos.push(Proto {
            start,
            params: func.params,
            is_vararg: func.is_vararg,
            needs_arg: func.needs_arg,
            registers: func.most as u8,
            captures: func.upvalues.iter().map(|(_, capture)| *capture).collect(),
            line: func.line,
            upvalue_names: func.upvalues.iter().map(|(name, _)| *name).collect(),
        });
        (self.chunk.protos.len() - 1) as u32
    }
}

/// What messages call a source: its name behind `=` or `@`, or its first line, in a buffer of that size.
fn chunk_name(name: &[u8], size: usize) -> Vec<u8> {
    // A C string.
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    match name {
        [b'=', rest @ ..] => rest.get(..size - 1).unwrap_or(rest).to_vec(),
        [b'@', rest @ ..] => match rest.len().checked_sub(size - 8) {
            Some(cut @ 1..) => [b"...", rest.get(cut..).unwrap_or_default()].concat(),
            _ => rest.to_vec(),
        },
        _ => {
            let line = name.split(|byte| *byte == b'\n' || *byte == b'\r').next().unwrap_or_default();
            let most = size - 17;
            let mut shown = b"[string \"".to_vec();
            if line.len() < name.len() || line.len() > most {
                shown.extend_from_slice(line.get(..most).unwrap_or(line));
                shown.extend_from_slice(b"...");
            } else {
                shown.extend_from_slice(line);
            }
            shown.extend_from_slice(b"\"]");
            shown
        }
    }
}
