//! `cjson.decode`
//!
//! Nesting is a stack of its own, not recursion, bounded by `decode_max_depth` and by what the C library's stack of Lua values holds.

use super::token::{Token, Tokens};
use super::{Setting, setting, text_arg};
use crate::script::lib::C_STACK;
use crate::script::vm::machine::{Args, Fault, Machine, Res};
use crate::script::vm::number::reading_cost;
use crate::script::vm::value::{LuaValue, StrId, TableId};

/// An array or an object that is being read.
struct Level {
    table: TableId,
    /// The field's name; of an array nil.
    key: LuaValue,
    /// The index of an array's next value, 0 for an object.
    index: u32,
}

struct Decoder {
    source: StrId,
    tokens: Tokens,
    /// An array's first token, where that was read already.
    first: Option<Token>,
    levels: Vec<Level>,
    /// Values that the C library would have on its stack.
    slots: usize,
    depth: i32,
}

pub(super) fn decode(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let source = text_arg(vm, args)?;
    let len = vm.heap.strings.len(source);
    // Every byte is looked at once.
    vm.charge(len as u64 / 2)?;
    if let [0, _, ..] | [_, 0, ..] = vm.bytes(source) {
        return Err(vm.error("JSON parser does not support UTF-16 or UTF-32"));
    }
    let tokens =
        Tokens { at: 0, place: 0, text: Vec::new(), takes_invalid: setting(vm, args, Setting::DecodeInvalid) != 0 };
    let depth = setting(vm, args, Setting::DecodeDepth);
    let mut decoder = Decoder { source, tokens, first: None, levels: Vec::new(), slots: 1, depth };
    let value = decoder.document(vm)?;
    Ok(vm.give(args, value))
}

impl Decoder {
    fn next(&mut self, vm: &Machine<'_>) -> Token {
        self.tokens.next(vm.bytes(self.source))
    }

    /// `Expected … but found …`
    fn unexpected(&self, vm: &mut Machine<'_>, expected: &str, found: Token) -> Fault {
        let (found, place) = (found.name(), self.tokens.place + 1);
        vm.error(&format!("Expected {expected} but found {found} at character {place}"))
    }

    fn document(&mut self, vm: &mut Machine<'_>) -> Res<LuaValue> {
        loop {
            let token = self.first.take().unwrap_or_else(|| self.next(vm));
            let Some(mut value) = self.value(vm, token)? else { continue };
            // What is complete goes into the level around it, which may be complete then too.
            loop {
                let Some(level) = self.levels.last_mut() else {
                    return match self.next(vm) {
                        Token::End => Ok(value),
                        other => Err(self.unexpected(vm, "the end", other)),
                    };
                };
                let (table, key, index) = (level.table, level.key, level.index);
                let is_object = index == 0;
                let key = if is_object { key } else { LuaValue::Number(f64::from(index)) };
                level.index += u32::from(!is_object);
                vm.raw_set(table, key, value)?;
                self.slots -= usize::from(is_object);
                let token = self.next(vm);
                match (token, is_object) {
                    (Token::ObjectEnd, true) | (Token::ArrayEnd, false) => {
                        self.levels.pop();
                        self.slots -= 1;
                        value = LuaValue::Table(table);
                    }
                    (Token::Comma, true) => {
                        let token = self.next(vm);
                        self.key(vm, token)?;
                        break;
                    }
                    (Token::Comma, false) => break,
                    (other, true) => return Err(self.unexpected(vm, "comma or object end", other)),
                    (other, false) => return Err(self.unexpected(vm, "comma or array end", other)),
                }
            }
        }
    }

    /// The value that begins with `token`; none if the next token begins a value inside it.
    fn value(&mut self, vm: &mut Machine<'_>, token: Token) -> Res<Option<LuaValue>> {
        vm.charge(4)?;
        Ok(Some(match token {
            Token::String => self.string(vm)?,
            Token::Number(n) => {
                let text = vm.bytes(self.source).get(self.tokens.place..self.tokens.at).unwrap_or_default();
                vm.charge(text.len() as u64 / 4 + reading_cost(text))?;
                LuaValue::Number(n)
            }
            Token::Bool(b) => LuaValue::Bool(b),
            Token::Null => LuaValue::Null,
            Token::ObjectBegin => {
                let table = self.enter(vm, 3)?;
                let first = self.next(vm);
                if first == Token::ObjectEnd {
                    return Ok(Some(LuaValue::Table(table)));
                }
                self.levels.push(Level { table, key: LuaValue::Nil, index: 0 });
                self.slots += 1;
                self.key(vm, first)?;
                return Ok(None);
            }
            Token::ArrayBegin => {
                let table = self.enter(vm, 2)?;
                let first = self.next(vm);
                if first == Token::ArrayEnd {
                    return Ok(Some(LuaValue::Table(table)));
                }
                self.first = Some(first);
                self.levels.push(Level { table, key: LuaValue::Nil, index: 1 });
                self.slots += 1;
                return Ok(None);
            }
            other => return Err(self.unexpected(vm, "value", other)),
        }))
    }

    fn string(&self, vm: &mut Machine<'_>) -> Res<LuaValue> {
        vm.string(&self.tokens.text)
    }

    /// A new table one level deeper; the library needs so many places for it.
    fn enter(&self, vm: &mut Machine<'_>, places: usize) -> Res<TableId> {
        let depth = self.levels.len() as i32 + 1;
        if depth > self.depth || self.slots + places > C_STACK {
            let at = self.tokens.at;
            return Err(vm.error(&format!("Found too many nested data structures ({depth}) at character {at}")));
        }
        vm.charge(10)?;
        vm.room(0)?;
        Ok(vm.table(0, 0))
    }

    /// A field's name, which begins with `token`, and its colon.
    fn key(&mut self, vm: &mut Machine<'_>, token: Token) -> Res<()> {
        if token != Token::String {
            return Err(self.unexpected(vm, "object key string", token));
        }
        let key = self.string(vm)?;
        self.slots += 1;
        if let Some(level) = self.levels.last_mut() {
            level.key = key;
        }
        match self.next(vm) {
            Token::Colon => Ok(()),
            other => Err(self.unexpected(vm, "colon", other)),
        }
    }
}
