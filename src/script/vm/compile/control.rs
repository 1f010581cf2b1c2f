//! Statements that branch and loop (the manual's 2.4.4 and 2.4.5).

use super::super::chunk::Named;
use super::super::lexer::{Sym, Token};
use super::super::op::Op;
use super::super::value::StrId;
use super::expr::{Expr, Kind};
use super::{Compiler, Res};

impl Compiler<'_> {
    fn condition(&mut self) -> Res<Vec<usize>> {
        let mut expr = self.expr()?;
        if matches!(expr.kind, Kind::Nil) {
            expr.kind = Kind::False;
        }
        self.go_if_true(&mut expr)?;
        Ok(expr.if_false)
    }

    pub(super) fn if_statement(&mut self, line: u32) -> Res<()> {
        let mut ends = Vec::new();
        loop {
            self.advance()?;
            let otherwise = self.condition()?;
            self.check_next(Sym::Then)?;
            self.block()?;
            let next = match self.token() {
                Token::Sym(sym @ (Sym::Elseif | Sym::Else)) => *sym,
                _ => {
                    self.func().patch_here(otherwise);
                    break;
                }
            };
            ends.push(self.emit(Op::Jump { off: 0 }));
            self.func().patch_here(otherwise);
            if next == Sym::Else {
                self.advance()?;
                self.block()?;
                break;
            }
        }
        self.func().patch_here(ends);
        self.check_match(Sym::EndWord, Sym::If, line)
    }

    pub(super) fn while_statement(&mut self, line: u32) -> Res<()> {
        self.advance()?;
        let start = self.func().here();
        let exit = self.condition()?;
        self.open_block(true);
        self.check_next(Sym::Do)?;
        self.block()?;
        let back = self.emit(Op::Jump { off: 0 });
        self.func().jump_to(back, start);
        self.check_match(Sym::EndWord, Sym::While, line)?;
        self.close_block();
        self.func().patch_here(exit);
        Ok(())
    }

    pub(super) fn repeat_statement(&mut self, line: u32) -> Res<()> {
        let start = self.func().here();
        self.open_block(true);
        self.open_block(false);
        self.advance()?;
        self.block_body()?;
        self.check_match(Sym::Until, Sym::Repeat, line)?;
        let exit = self.condition()?;
        let (is_captured, outer) =
            self.func().blocks.last().map_or((false, 0), |block| (block.is_captured, block.outer as u8));
        if is_captured {
            // The variables end on both ways.
            self.emit(Op::Close { a: outer });
            let over = self.emit(Op::Jump { off: 0 });
            self.func().patch_here(exit);
            self.emit(Op::Close { a: outer });
            let back = self.emit(Op::Jump { off: 0 });
            self.func().jump_to(back, start);
            self.func().patch_here(vec![over]);
            if let Some(block) = self.func().blocks.last_mut() {
                block.is_captured = false;
            }
            self.close_block();
        } else {
            self.close_block();
            self.func().patch(exit, start);
        }
        self.close_block();
        Ok(())
    }

    pub(super) fn for_statement(&mut self, line: u32) -> Res<()> {
        self.open_block(true);
        self.advance()?;
        let first = self.name()?;
        match self.token() {
            Token::Sym(Sym::Assign) => self.numeric_for(first, line)?,
            Token::Sym(Sym::Comma | Sym::In) => self.generic_for(first)?,
            _ => return Err(self.lexer.error("'=' or 'in' expected")),
        }
        self.check_match(Sym::EndWord, Sym::For, line)?;
        self.close_block();
        Ok(())
    }

    fn numeric_for(&mut self, name: StrId, line: u32) -> Res<()> {
        let base = self.func().free as u8;
        self.advance()?;
        self.next_value()?;
        self.check_next(Sym::Comma)?;
        self.next_value()?;
        if self.test_next(Sym::Comma)? {
            self.next_value()?;
        } else {
            let mut one = Expr::new(Kind::Number(1.0));
            self.put_in_next_register(&mut one)?;
        }
        let hidden = ["(for index)", "(for limit)", "(for step)"].map(|name| self.intern(name.as_bytes()));
        self.declare(&hidden)?;
        self.check_next(Sym::Do)?;
        let prepare = self.emit(Op::ForPrep { a: base, off: 0 });
        self.loop_body(&[name])?;
        let target = self.func().here();
        self.func().jump_to(prepare, target);
        let back = self.emit_at(Op::ForLoop { a: base, off: 0 }, line);
        self.func().jump_to(back, prepare + 1);
        Ok(())
    }

    fn generic_for(&mut self, first: StrId) -> Res<()> {
        let base = self.func().free as u8;
        let mut names = vec![first];
        while self.test_next(Sym::Comma)? {
            names.push(self.name()?);
        }
        self.check_next(Sym::In)?;
        let line = self.lexer.line;
        let (count, last) = self.expr_list()?;
        self.adjust(3, count, last)?;
        let hidden = ["(for generator)", "(for state)", "(for control)"].map(|name| self.intern(name.as_bytes()));
        self.declare(&hidden)?;
        // The call of the iterator needs three registers behind the variables that it may not have.
        let free = self.func().free;
        self.reserve(3)?;
        self.func().free = free;
        self.check_next(Sym::Do)?;
        let prepare = self.emit(Op::Jump { off: 0 });
        self.loop_body(&names)?;
        let target = self.func().here();
        self.func().jump_to(prepare, target);
        let back = self.emit_at(Op::TForLoop { a: base, c: names.len() as u8, off: 0 }, line);
        self.func().name(back, 0, Named::Local(hidden[0]));
        self.func().jump_to(back, prepare + 1);
        Ok(())
    }

    fn loop_body(&mut self, names: &[StrId]) -> Res<()> {
        self.open_block(false);
        self.declare(names)?;
        self.reserve(names.len() as u16)?;
        self.block_body()?;
        self.close_block();
        Ok(())
    }

    fn next_value(&mut self) -> Res<()> {
        let mut expr = self.expr()?;
        self.put_in_next_register(&mut expr).map(drop)
    }

    pub(super) fn break_statement(&mut self) -> Res<()> {
        let func = self.func();
        let mut is_captured = false;
        let found = func.blocks.iter().rposition(|block| {
            is_captured |= block.is_captured;
            block.is_loop
        });
        let Some(found) = found else { return Err(self.lexer.error("no loop to break")) };
        let outer = func.blocks.get(found).map_or(0, |block| block.outer as u8);
        if is_captured {
            self.emit(Op::Close { a: outer });
        }
        let at = self.emit(Op::Jump { off: 0 });
        if let Some(block) = self.func().blocks.get_mut(found) {
            block.breaks.push(at);
        }
        Ok(())
    }
}
