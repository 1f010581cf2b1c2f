//! Expressions (the manual's 2.5) in one pass: operators by their priority, calls, table constructors.

use super::super::lexer::{Sym, Token};
use super::super::op::Op;
use super::expr::{Binary, Expr, Kind};
use super::{Compiler, Res};

const UNARY_PRIORITY: u8 = 8;

impl Compiler<'_> {
    /// An expression.
    pub(super) fn expr(&mut self) -> Res<Expr> {
        self.sub_expr(0)
    }

    fn sub_expr(&mut self, limit: u8) -> Res<Expr> {
        self.enter()?;
        let unary = match self.token() {
            Token::Sym(sym @ (Sym::Not | Sym::Minus | Sym::Hash)) => Some(*sym),
            _ => None,
        };
        let mut left = match unary {
            Some(sym) => {
                self.advance()?;
                let operand = self.sub_expr(UNARY_PRIORITY)?;
                self.prefix(sym, operand)?
            }
            None => self.simple()?,
        };
        while let Some(op) = Binary::of(self.token())
            && op.priority().0 > limit
        {
            self.advance()?;
            self.infix(op, &mut left)?;
            let right = self.sub_expr(op.priority().1)?;
            left = self.postfix(op, left, right)?;
        }
        self.leave();
        Ok(left)
    }

    fn simple(&mut self) -> Res<Expr> {
        let expr = match self.token().clone() {
            Token::Number(value) => Expr::new(Kind::Number(value)),
            Token::Text(text) => {
                let id = self.intern(&text);
                Expr::new(Kind::Text(id))
            }
            Token::Sym(Sym::Nil) => Expr::new(Kind::Nil),
            Token::Sym(Sym::True) => Expr::new(Kind::True),
            Token::Sym(Sym::False) => Expr::new(Kind::False),
            Token::Sym(Sym::Dots) => {
                if !self.func().is_vararg {
                    return Err(self.lexer.error("cannot use '...' outside a vararg function"));
                }
                self.func().needs_arg = false;
                let at = self.emit(Op::Vararg { a: 0, b: 1 });
                Expr::new(Kind::Vararg(at))
            }
            Token::Sym(Sym::OpenBrace) => return self.constructor(),
            Token::Sym(Sym::Function) => {
                self.advance()?;
                let line = self.lexer.line;
                return self.body(false, line);
            }
            _ => return self.primary(),
        };
        self.advance()?;
        Ok(expr)
    }

    fn prefix_expr(&mut self) -> Res<Expr> {
        match self.token().clone() {
            Token::Sym(Sym::OpenParen) => {
                let line = self.lexer.line;
                self.advance()?;
                let mut expr = self.expr()?;
                self.check_match(Sym::CloseParen, Sym::OpenParen, line)?;
                self.discharge(&mut expr)?;
                Ok(expr)
            }
            Token::Name(name) => {
                self.advance()?;
                let name = self.intern(&name);
                self.variable(name)
            }
            _ => Err(self.lexer.error("unexpected symbol")),
        }
    }

    /// A variable, an indexed one, or a call.
    pub(super) fn primary(&mut self) -> Res<Expr> {
        let mut expr = self.prefix_expr()?;
        loop {
            match self.token() {
                Token::Sym(Sym::Dot) => {
                    self.put_in_any_register(&mut expr)?;
                    self.advance()?;
                    let name = self.name()?;
                    expr = self.field(expr, name)?;
                }
                Token::Sym(Sym::OpenBracket) => {
                    self.put_in_any_register(&mut expr)?;
                    let key = self.bracketed()?;
                    expr = self.indexed(expr, key)?;
                }
                Token::Sym(Sym::Colon) => {
                    self.advance()?;
                    let name = self.name()?;
                    self.method(&mut expr, name)?;
                    expr = self.call(expr)?;
                }
                Token::Sym(Sym::OpenParen | Sym::OpenBrace) | Token::Text(_) => {
                    self.put_in_next_register(&mut expr)?;
                    expr = self.call(expr)?;
                }
                _ => return Ok(expr),
            }
        }
    }

    fn bracketed(&mut self) -> Res<Expr> {
        self.advance()?;
        let mut key = self.expr()?;
        self.put_value(&mut key)?;
        self.check(Sym::CloseBracket)?;
        self.advance()?;
        Ok(key)
    }

    fn call(&mut self, function: Expr) -> Res<Expr> {
        let line = self.lexer.line;
        let Kind::Register(base) = function.kind else { return Err(self.lexer.error("unexpected symbol")) };
        let mut last: Option<Expr> = None;
        match self.token().clone() {
            Token::Sym(Sym::OpenParen) => {
                if line != self.lexer.last_line {
                    return Err(self.lexer.error("ambiguous syntax (function call x new statement)"));
                }
                self.advance()?;
                if *self.token() != Token::Sym(Sym::CloseParen) {
                    last = Some(self.expr_list()?.1);
                }
                self.check_match(Sym::CloseParen, Sym::OpenParen, line)?;
            }
            Token::Sym(Sym::OpenBrace) => last = Some(self.constructor()?),
            Token::Text(text) => {
                let id = self.intern(&text);
                self.advance()?;
                last = Some(Expr::new(Kind::Text(id)));
            }
            _ => return Err(self.lexer.error("function arguments expected")),
        }
        let b = match last {
            Some(last) if matches!(last.kind, Kind::Call(_) | Kind::Vararg(_)) => {
                self.put_all_values(&last)?;
                0
            }
            Some(mut last) => {
                self.put_in_next_register(&mut last)?;
                (self.func().free - u16::from(base)) as u8
            }
            None => (self.func().free - u16::from(base)) as u8,
        };
        let at = self.emit_at(Op::Call { a: base, b, c: 2 }, line);
        let named = function.named;
        self.func().name(at, 0, named);
        self.func().free = u16::from(base) + 1;
        Ok(Expr::new(Kind::Call(at)))
    }

    /// Expressions with commas: how many, and the last one; the others are in registers.
    pub(super) fn expr_list(&mut self) -> Res<(usize, Expr)> {
        let mut count = 1;
        let mut last = self.expr()?;
        while *self.token() == Token::Sym(Sym::Comma) {
            self.advance()?;
            self.put_in_next_register(&mut last)?;
            last = self.expr()?;
            count += 1;
        }
        Ok((count, last))
    }

    fn constructor(&mut self) -> Res<Expr> {
        /// Items that are collected in registers before they go to the table.
        const BATCH: usize = 50;
        let line = self.lexer.line;
        let at = self.emit(Op::NewTable { a: 0, array: 0, fields: 0 });
        let mut table = Expr::new(Kind::Open(at));
        self.put_in_next_register(&mut table)?;
        let Kind::Register(base) = table.kind else { return Err(self.lexer.error("unexpected symbol")) };
        let (mut items, mut waiting, mut fields) = (0usize, 0usize, 0usize);
        let mut last: Option<Expr> = None;
        self.check(Sym::OpenBrace)?;
        self.advance()?;
        loop {
            if *self.token() == Token::Sym(Sym::CloseBrace) {
                break;
            }
            if let Some(mut item) = last.take() {
                self.put_in_next_register(&mut item)?;
                if waiting == BATCH {
                    self.emit(Op::SetList { a: base, n: BATCH as u8, start: (items - waiting) as u32 });
                    self.func().free = u16::from(base) + 1;
                    waiting = 0;
                }
            }
            let is_field = match self.token() {
                Token::Name(_) => *self.lexer.look_ahead()? == Token::Sym(Sym::Assign),
                Token::Sym(Sym::OpenBracket) => true,
                _ => false,
            };
            if is_field {
                let free = self.func().free;
                let key = if *self.token() == Token::Sym(Sym::OpenBracket) {
                    self.bracketed()?
                } else {
                    let name = self.name()?;
                    Expr::new(Kind::Text(name))
                };
                fields += 1;
                self.check(Sym::Assign)?;
                self.advance()?;
                let target = self.indexed(Expr::new(Kind::Register(base)), key)?;
                let value = self.expr()?;
                self.store(&target, value)?;
                self.func().free = free;
            } else {
                last = Some(self.expr()?);
                items += 1;
                waiting += 1;
            }
            if !matches!(self.token(), Token::Sym(Sym::Comma | Sym::Semicolon)) {
                break;
            }
            self.advance()?;
        }
        self.check_match(Sym::CloseBrace, Sym::OpenBrace, line)?;
        if waiting > 0 {
            let start = (items - waiting) as u32;
            let n = match last {
                Some(item) if matches!(item.kind, Kind::Call(_) | Kind::Vararg(_)) => {
                    self.put_all_values(&item)?;
                    items -= 1;
                    0
                }
                Some(mut item) => {
                    self.put_in_next_register(&mut item)?;
                    waiting as u8
                }
                None => waiting as u8,
            };
            self.emit(Op::SetList { a: base, n, start });
            self.func().free = u16::from(base) + 1;
        }
        if let Some(op) = self.func().code.get_mut(at) {
            let cut = |n: usize| n.min(usize::from(u16::MAX)) as u16;
            *op = Op::NewTable { a: base, array: cut(items), fields: cut(fields) };
        }
        Ok(table)
    }
}
