//! Functions: their definitions, parameters, and `return` (the manual's 2.5.9 and 2.4.4).

use super::super::lexer::{Sym, Token};
use super::super::op::Op;
use super::expr::{Expr, Kind};
use super::{Compiler, Res};

impl Compiler<'_> {
    pub(super) fn local_function(&mut self) -> Res<()> {
        let name = self.name()?;
        self.declare(&[name])?;
        let register = self.reserve(1)?;
        let line = self.lexer.line;
        let mut body = self.body(false, line)?;
        self.put_in_register(&mut body, register)
    }

    pub(super) fn function_statement(&mut self, line: u32) -> Res<()> {
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

    pub(super) fn return_statement(&mut self) -> Res<()> {
        self.advance()?;
        if self.is_block_end() || *self.token() == Token::Sym(Sym::Semicolon) {
            self.emit(Op::Return { a: 0, b: 1 });
            return Ok(());
        }
        let (count, mut last) = self.expr_list()?;
        let base = self.func().locals.len() as u8;
        match last.kind {
            Kind::Call(at) => {
                self.put_all_values(&last)?;
                if count == 1
                    && let Some(op) = self.func().code.get_mut(at)
                    && let Op::Call { a, b, .. } = *op
                {
                    *op = Op::TailCall { a, b };
                }
                self.emit(Op::Return { a: base, b: 0 });
            }
            Kind::Vararg(_) => {
                self.put_all_values(&last)?;
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
}
