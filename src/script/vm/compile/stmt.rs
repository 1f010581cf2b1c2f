//! Statements (the manual's 2.4): blocks, and which statement begins here.

use super::super::lexer::{Sym, Token};
use super::super::op::Op;
use super::super::value::StrId;
use super::code::{Block, LOCALS_MAX};
use super::{Compiler, Res};

impl Compiler<'_> {
    pub(super) fn is_block_end(&self) -> bool {
        matches!(self.token(), Token::End | Token::Sym(Sym::Else | Sym::Elseif | Sym::EndWord | Sym::Until))
    }

    /// Statements up to what ends a block.
    pub(super) fn block_body(&mut self) -> Res<()> {
        self.enter()?;
        while !self.is_block_end() {
            let is_last = self.statement()?;
            self.test_next(Sym::Semicolon)?;
            let func = self.func();
            func.free = func.locals.len() as u16;
            if is_last {
                break;
            }
        }
        self.leave();
        Ok(())
    }

    pub(super) fn open_block(&mut self, is_loop: bool) {
        let func = self.func();
        let outer = func.locals.len();
        func.blocks.push(Block { outer, is_loop, ..Block::default() });
    }

    pub(super) fn close_block(&mut self) {
        let Some(block) = self.func().blocks.pop() else { return };
        self.hide(block.outer);
        self.func().free = block.outer as u16;
        if block.is_captured {
            self.emit(Op::Close { a: block.outer as u8 });
        }
        self.func().patch_here(block.breaks);
    }

    pub(super) fn block(&mut self) -> Res<()> {
        self.open_block(false);
        self.block_body()?;
        self.close_block();
        Ok(())
    }

    /// The variable has its value: it is in scope from now on.
    pub(super) fn declare(&mut self, names: &[StrId]) -> Res<()> {
        let most = self.func().locals.len() + names.len();
        if most > LOCALS_MAX {
            let line = self.func().line;
            return Err(self.limit(line, "local variables", LOCALS_MAX));
        }
        self.func().locals.extend_from_slice(names);
        names.iter().for_each(|name| *self.visible.entry(name.0).or_default() += 1);
        Ok(())
    }

    /// The variables of the innermost function from `outer` on are no longer in scope.
    pub(super) fn hide(&mut self, outer: usize) {
        for name in self.func().locals.split_off(outer) {
            if let Some(count) = self.visible.get_mut(&name.0) {
                *count -= 1;
            }
        }
    }

    /// One statement; true if it has to be the last.
    fn statement(&mut self) -> Res<bool> {
        let line = self.lexer.line;
        let Token::Sym(sym) = *self.token() else {
            self.expr_statement()?;
            return Ok(false);
        };
        match sym {
            Sym::If => self.if_statement(line)?,
            Sym::While => self.while_statement(line)?,
            Sym::Do => {
                self.advance()?;
                self.block()?;
                self.check_match(Sym::EndWord, Sym::Do, line)?;
            }
            Sym::For => self.for_statement(line)?,
            Sym::Repeat => self.repeat_statement(line)?,
            Sym::Function => self.function_statement(line)?,
            Sym::Local => {
                self.advance()?;
                if self.test_next(Sym::Function)? { self.local_function()? } else { self.local_statement()? }
            }
            Sym::Return => {
                self.return_statement()?;
                return Ok(true);
            }
            Sym::Break => {
                self.advance()?;
                self.break_statement()?;
                return Ok(true);
            }
            _ => self.expr_statement()?,
        }
        Ok(false)
    }
}
