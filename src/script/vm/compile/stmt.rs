//! Statements to code (the manual's 2.4).

use super::super::lexer::{Sym, Token};
use super::super::op::Op;
use super::super::value::StrId;
use super::code::{Block, LOCALS_MAX};
use super::expr::{Expr, Key, Kind};
use super::{Compiler, Res};

impl Compiler<'_> {
    fn is_block_end(&self) -> bool {
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

    fn open_block(&mut self, is_loop: bool) {
        let func = self.func();
        let outer = func.locals.len();
        func.blocks.push(Block { outer, is_loop, ..Block::default() });
    }

    fn close_block(&mut self) {
        let func = self.func();
        let Some(block) = func.blocks.pop() else { return };
        func.locals.truncate(block.outer);
        func.free = block.outer as u16;
        if block.is_captured {
            self.emit(Op::Close { a: block.outer as u8 });
        }
        self.func().patch_here(block.breaks);
    }

    fn block(&mut self) -> Res<()> {
        self.open_block(false);
        self.block_body()?;
        self.close_block();
        Ok(())
    }

    /// The variable has its value: it is in scope from now on.
    fn declare(&mut self, names: &[StrId]) -> Res<()> {
        let most = self.func().locals.len() + names.len();
        if most > LOCALS_MAX {
            let line = self.func().line;
            return Err(self.limit(line, "local variables", LOCALS_MAX));
        }
        self.func().locals.extend_from_slice(names);
        Ok(())
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

    fn condition(&mut self) -> Res<Vec<usize>> {
        let mut expr = self.expr()?;
        if matches!(expr.kind, Kind::Nil) {
            expr.kind = Kind::False;
        }
        self.go_if_true(&mut expr)?;
        Ok(expr.if_false)
    }

    fn if_statement(&mut self, line: u32) -> Res<()> {
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

    fn while_statement(&mut self, line: u32) -> Res<()> {
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

    fn repeat_statement(&mut self, line: u32) -> Res<()> {
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

    fn for_statement(&mut self, line: u32) -> Res<()> {
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

    /// Makes `wanted` values of `count` expressions.
    fn adjust(&mut self, wanted: usize, count: usize, mut last: Expr) -> Res<()> {
        let missing = wanted as isize - count as isize;
        if matches!(last.kind, Kind::Call(_) | Kind::Vararg(_)) {
            let extra = (missing + 1).max(0) as usize;
            self.put_values(&mut last, extra)?;
            if extra > 1 {
                self.reserve((extra - 1) as u16)?;
            }
            if missing < 0 {
                self.func().free -= (-missing) as u16;
            }
            return Ok(());
        }
        self.put_in_next_register(&mut last)?;
        if missing > 0 {
            let first = self.reserve(missing as u16)?;
            self.emit(Op::LoadNil { a: first, n: missing as u8 });
        } else {
            self.func().free -= (-missing) as u16;
        }
        Ok(())
    }

    fn local_statement(&mut self) -> Res<()> {
        let mut names = vec![self.name()?];
        while self.test_next(Sym::Comma)? {
            names.push(self.name()?);
            if names.len() > LOCALS_MAX {
                let line = self.func().line;
                return Err(self.limit(line, "local variables", LOCALS_MAX));
            }
        }
        if self.test_next(Sym::Assign)? {
            let (count, last) = self.expr_list()?;
            self.adjust(names.len(), count, last)?;
        } else {
            let first = self.reserve(names.len() as u16)?;
            self.emit(Op::LoadNil { a: first, n: names.len() as u8 });
        }
        self.declare(&names)?;
        let func = self.func();
        func.free = func.locals.len() as u16;
        Ok(())
    }

    fn local_function(&mut self) -> Res<()> {
        let name = self.name()?;
        self.declare(&[name])?;
        let register = self.reserve(1)?;
        let line = self.lexer.line;
        let mut body = self.body(false, line)?;
        self.put_in_register(&mut body, register)
    }

    fn function_statement(&mut self, line: u32) -> Res<()> {
        self.advance()?;
        let name = self.name()?;
        let mut target = self.variable(name)?;
        let mut is_method = false;
        while matches!(self.token(), Token::Sym(Sym::Dot | Sym::Colon)) {
            is_method = *self.token() == Token::Sym(Sym::Colon);
            self.put_in_any_register(&mut target)?;
            self.advance()?;
            let name = self.name()?;
            target = self.field(target, name)?;
            if is_method {
                break;
            }
        }
        let body = self.body(is_method, line)?;
        self.store(&target, body)?;
        // The line of the definition is that of its beginning.
        if let Some(last) = self.func().lines.last_mut() {
            *last = line;
        }
        Ok(())
    }

    /// Parameters and body, as an open instruction that makes the closure.
    pub(super) fn body(&mut self, is_method: bool, line: u32) -> Res<Expr> {
        self.open(line);
        self.check_next(Sym::OpenParen)?;
        let mut names = Vec::new();
        if is_method {
            names.push(self.intern(b"self"));
        }
        if *self.token() != Token::Sym(Sym::CloseParen) {
            loop {
                match self.token().clone() {
                    Token::Name(_) => names.push(self.name()?),
                    Token::Sym(Sym::Dots) => {
                        self.advance()?;
                        self.func().is_vararg = true;
                        self.func().needs_arg = true;
                        break;
                    }
                    _ => return Err(self.lexer.error("<name> or '...' expected")),
                }
                if !self.test_next(Sym::Comma)? {
                    break;
                }
            }
        }
        self.func().params = names.len().min(255) as u8;
        if self.func().is_vararg {
            names.push(self.intern(b"arg"));
        }
        self.declare(&names)?;
        self.reserve(names.len() as u16)?;
        self.check_next(Sym::CloseParen)?;
        self.block_body()?;
        self.check_match(Sym::EndWord, Sym::Function, line)?;
        let p = self.close();
        let at = self.emit(Op::Closure { a: 0, p });
        Ok(Expr::new(Kind::Open(at)))
    }

    fn return_statement(&mut self) -> Res<()> {
        self.advance()?;
        if self.is_block_end() || *self.token() == Token::Sym(Sym::Semicolon) {
            self.emit(Op::Return { a: 0, b: 1 });
            return Ok(());
        }
        let (count, mut last) = self.expr_list()?;
        let base = self.func().locals.len() as u8;
        match last.kind {
            Kind::Call(at) => {
                self.put_all_values(&mut last)?;
                if count == 1
                    && let Some(op) = self.func().code.get_mut(at)
                    && let Op::Call { a, b, .. } = *op
                {
                    *op = Op::TailCall { a, b };
                }
                self.emit(Op::Return { a: base, b: 0 });
            }
            Kind::Vararg(_) => {
                self.put_all_values(&mut last)?;
                self.emit(Op::Return { a: base, b: 0 });
            }
            _ if count == 1 => {
                let a = self.put_in_any_register(&mut last)?;
                self.emit(Op::Return { a, b: 2 });
            }
            _ => {
                self.put_in_next_register(&mut last)?;
                self.emit(Op::Return { a: base, b: (count + 1) as u8 });
            }
        }
        Ok(())
    }

    fn break_statement(&mut self) -> Res<()> {
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

    fn expr_statement(&mut self) -> Res<()> {
        let expr = self.primary()?;
        if let Kind::Call(at) = expr.kind {
            if let Some(Op::Call { c, .. }) = self.func().code.get_mut(at) {
                *c = 1;
            }
            return Ok(());
        }
        self.assignment(vec![expr])
    }

    fn assignment(&mut self, mut targets: Vec<Expr>) -> Res<()> {
        loop {
            let is_variable = targets.last().is_some_and(|target| {
                matches!(target.kind, Kind::Local(_) | Kind::Upvalue(_) | Kind::Global(_) | Kind::Indexed { .. })
            });
            if !is_variable {
                return Err(self.lexer.error("syntax error"));
            }
            if !self.test_next(Sym::Comma)? {
                break;
            }
            let target = self.primary()?;
            if let Kind::Local(register) = target.kind {
                self.move_aside(&mut targets, register)?;
            }
            targets.push(target);
            if targets.len() > super::LEVELS_MAX {
                return Err(self.lexer.error("variables in assignment"));
            }
        }
        self.check_next(Sym::Assign)?;
        let (count, mut last) = self.expr_list()?;
        if count == targets.len() {
            if matches!(last.kind, Kind::Call(_) | Kind::Vararg(_)) {
                self.discharge(&mut last)?;
            }
            if let Some(target) = targets.pop() {
                self.store(&target, last)?;
            }
        } else {
            let wanted = targets.len();
            self.adjust(wanted, count, last)?;
        }
        while let Some(target) = targets.pop() {
            let register = (self.func().free - 1) as u8;
            self.store(&target, Expr::new(Kind::Register(register)))?;
        }
        Ok(())
    }

    /// `a[i], i = …`: an earlier target that uses the variable gets a copy of what it is now.
    fn move_aside(&mut self, targets: &mut [Expr], register: u8) -> Res<()> {
        let copy = self.func().free as u8;
        let mut is_used = false;
        for target in targets {
            if let Kind::Indexed { table, key, .. } = &mut target.kind {
                if *table == register {
                    *table = copy;
                    is_used = true;
                }
                if let Key::Register(key) = key
                    && *key == register
                {
                    *key = copy;
                    is_used = true;
                }
            }
        }
        if is_used {
            self.emit(Op::Move { a: copy, b: register });
            self.reserve(1)?;
        }
        Ok(())
    }
}
