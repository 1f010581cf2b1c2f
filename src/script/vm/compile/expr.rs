//! Expressions to code (the manual's 2.5), in one pass: what an expression has become so far is an [`Expr`], put into a register as
//! late as possible.

use super::super::lexer::{Sym, Token};
use super::super::op::{Capture, NO_REG, Named, Op};
use super::super::value::{StrId, Value};
use super::code::UPVALUES_MAX;
use super::{Compiler, Res};

/// The index of an indexed variable.
#[derive(Clone, Copy, Debug)]
pub(super) enum Key {
    Register(u8),
    Text(u32),
    Number(u32),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Nil,
    True,
    False,
    Number(f64),
    Text(StrId),
    Local(u8),
    Upvalue(u8),
    Global(StrId),
    Indexed {
        table: u8,
        key: Key,
        of: Named,
    },
    /// A comparison at this place, which jumps if it holds.
    Jump(usize),
    /// An instruction whose target is still open.
    Open(usize),
    Register(u8),
    Call(usize),
    Vararg(usize),
}

/// An expression.
#[derive(Debug)]
pub(super) struct Expr {
    pub(super) kind: Kind,
    /// Jumps that leave it as true, and as false.
    pub(super) if_true: Vec<usize>,
    pub(super) if_false: Vec<usize>,
    pub(super) named: Named,
}

impl Expr {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, if_true: Vec::new(), if_false: Vec::new(), named: Named::Not }
    }

    fn named(kind: Kind, named: Named) -> Self {
        Self { named, ..Self::new(kind) }
    }

    fn has_jumps(&self) -> bool {
        !self.if_true.is_empty() || !self.if_false.is_empty()
    }

    fn number(&self) -> Option<f64> {
        match self.kind {
            Kind::Number(value) if !self.has_jumps() => Some(value),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Binary {
    Or,
    And,
    Lt,
    Gt,
    Le,
    Ge,
    Ne,
    Eq,
    Concat,
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
}

impl Binary {
    fn of(token: &Token) -> Option<Self> {
        let Token::Sym(sym) = token else { return None };
        Some(match sym {
            Sym::Or => Self::Or,
            Sym::And => Self::And,
            Sym::Lt => Self::Lt,
            Sym::Gt => Self::Gt,
            Sym::Le => Self::Le,
            Sym::Ge => Self::Ge,
            Sym::Ne => Self::Ne,
            Sym::Eq => Self::Eq,
            Sym::Concat => Self::Concat,
            Sym::Plus => Self::Add,
            Sym::Minus => Self::Sub,
            Sym::Star => Self::Mul,
            Sym::Slash => Self::Div,
            Sym::Percent => Self::Mod,
            Sym::Caret => Self::Pow,
            _ => return None,
        })
    }

    /// How strongly it binds to its left and to its right (the manual's 2.5.6).
    fn priority(self) -> (u8, u8) {
        match self {
            Self::Or => (1, 1),
            Self::And => (2, 2),
            Self::Lt | Self::Gt | Self::Le | Self::Ge | Self::Ne | Self::Eq => (3, 3),
            Self::Concat => (5, 4),
            Self::Add | Self::Sub => (6, 6),
            Self::Mul | Self::Div | Self::Mod => (7, 7),
            Self::Pow => (10, 9),
        }
    }
}

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

    /// `expr.name`, the table being in a register.
    pub(super) fn field(&mut self, table: Expr, name: StrId) -> Res<Expr> {
        let k = self.constant(Value::Str(name))?;
        let Kind::Register(register) = table.kind else { return Err(self.lexer.error("unexpected symbol")) };
        let key = Key::Text(k);
        Ok(Expr::named(Kind::Indexed { table: register, key, of: table.named }, Named::Field(name)))
    }

    fn bracketed(&mut self) -> Res<Expr> {
        self.advance()?;
        let mut key = self.expr()?;
        self.put_value(&mut key)?;
        self.check(Sym::CloseBracket)?;
        self.advance()?;
        Ok(key)
    }

    fn indexed(&mut self, table: Expr, mut key: Expr) -> Res<Expr> {
        let Kind::Register(register) = table.kind else { return Err(self.lexer.error("unexpected symbol")) };
        let mut named = Named::Field(self.intern(b"?"));
        let key = match key.kind {
            Kind::Text(id) if !key.has_jumps() => {
                named = Named::Field(id);
                Key::Text(self.constant(Value::Str(id))?)
            }
            Kind::Number(n) if !key.has_jumps() && !n.is_nan() => Key::Number(self.constant(Value::Number(n))?),
            _ => Key::Register(self.put_in_any_register(&mut key)?),
        };
        Ok(Expr::named(Kind::Indexed { table: register, key, of: table.named }, named))
    }

    fn method(&mut self, expr: &mut Expr, name: StrId) -> Res<()> {
        let object = self.put_in_any_register(expr)?;
        self.func().release(object);
        let k = self.constant(Value::Str(name))?;
        let base = self.reserve(2)?;
        let at = self.emit(Op::Method { a: base, b: object, k });
        let of = expr.named;
        self.func().name(at, 0, of);
        *expr = Expr::named(Kind::Register(base), Named::Method(name));
        Ok(())
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
            Some(mut last) if matches!(last.kind, Kind::Call(_) | Kind::Vararg(_)) => {
                self.put_all_values(&mut last)?;
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
                Some(mut item) if matches!(item.kind, Kind::Call(_) | Kind::Vararg(_)) => {
                    self.put_all_values(&mut item)?;
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

    /// What a name means here.
    pub(super) fn variable(&mut self, name: StrId) -> Res<Expr> {
        let level = self.funcs.len() - 1;
        Ok(match self.find(level, name, true)? {
            Some(Capture::Register(register)) => Expr::named(Kind::Local(register), Named::Local(name)),
            Some(Capture::Upvalue(i)) => Expr::named(Kind::Upvalue(i), Named::Upvalue(name)),
            None => Expr::named(Kind::Global(name), Named::Global(name)),
        })
    }

    fn find(&mut self, level: usize, name: StrId, is_own: bool) -> Res<Option<Capture>> {
        let Some(func) = self.funcs.get_mut(level) else { return Ok(None) };
        if let Some(place) = func.locals.iter().rposition(|local| *local == name) {
            if !is_own && let Some(block) = func.blocks.iter_mut().rev().find(|block| block.outer <= place) {
                block.is_captured = true;
            }
            return Ok(Some(Capture::Register(place as u8)));
        }
        let Some(outer) = level.checked_sub(1) else { return Ok(None) };
        let Some(capture) = self.find(outer, name, false)? else { return Ok(None) };
        let Some(func) = self.funcs.get_mut(level) else { return Ok(None) };
        if let Some(place) = func.upvalues.iter().position(|upvalue| *upvalue == (name, capture)) {
            return Ok(Some(Capture::Upvalue(place as u8)));
        }
        if func.upvalues.len() == UPVALUES_MAX {
            let line = func.line;
            return Err(self.limit(line, "upvalues", UPVALUES_MAX));
        }
        func.upvalues.push((name, capture));
        Ok(Some(Capture::Upvalue((func.upvalues.len() - 1) as u8)))
    }

    // -- from expressions to registers

    /// A variable becomes a value: an instruction with an open target, or a register.
    pub(super) fn discharge(&mut self, expr: &mut Expr) -> Res<()> {
        expr.kind = match expr.kind {
            Kind::Local(register) => Kind::Register(register),
            Kind::Upvalue(i) => Kind::Open(self.emit(Op::GetUpvalue { a: 0, i })),
            Kind::Global(name) => {
                let k = self.constant(Value::Str(name))?;
                Kind::Open(self.emit(Op::GetGlobal { a: 0, k }))
            }
            Kind::Indexed { table, key, of } => {
                if let Key::Register(c) = key {
                    self.func().release(c);
                }
                self.func().release(table);
                let at = self.emit(match key {
                    Key::Register(c) => Op::GetTable { a: 0, b: table, c },
                    Key::Text(k) => Op::GetField { a: 0, b: table, k },
                    Key::Number(k) => Op::GetConst { a: 0, b: table, k },
                });
                self.func().name(at, 0, of);
                Kind::Open(at)
            }
            Kind::Call(at) => match self.func().code.get(at) {
                Some(Op::Call { a, .. }) => Kind::Register(*a),
                _ => expr.kind,
            },
            Kind::Vararg(at) => {
                if let Some(Op::Vararg { b, .. }) = self.func().code.get_mut(at) {
                    *b = 2;
                }
                Kind::Open(at)
            }
            other => other,
        };
        Ok(())
    }

    fn discharge_to(&mut self, expr: &mut Expr, register: u8) -> Res<()> {
        self.discharge(expr)?;
        match expr.kind {
            Kind::Nil => {
                let last = self.func().code.len().wrapping_sub(1);
                let is_joined = self.func().last_target != self.func().code.len();
                if is_joined
                    && let Some(Op::LoadNil { a, n }) = self.func().code.get_mut(last)
                    && u16::from(*a) + u16::from(*n) == u16::from(register)
                {
                    *n += 1;
                } else {
                    self.emit(Op::LoadNil { a: register, n: 1 });
                }
            }
            Kind::True | Kind::False => {
                self.emit(Op::LoadBool { a: register, value: matches!(expr.kind, Kind::True), skip: false });
            }
            Kind::Number(value) => {
                let k = self.constant(Value::Number(value))?;
                self.emit(Op::LoadK { a: register, k });
            }
            Kind::Text(id) => {
                let k = self.constant(Value::Str(id))?;
                self.emit(Op::LoadK { a: register, k });
            }
            Kind::Open(at) => self.func().set_target(at, register),
            Kind::Register(from) if from != register => {
                self.emit(Op::Move { a: register, b: from });
            }
            _ => return Ok(()),
        }
        expr.kind = Kind::Register(register);
        Ok(())
    }

    /// Puts an expression into a register.
    pub(super) fn put_in_register(&mut self, expr: &mut Expr, register: u8) -> Res<()> {
        self.discharge_to(expr, register)?;
        if let Kind::Jump(at) = expr.kind {
            expr.if_true.push(at);
        }
        if expr.has_jumps() {
            let needs = |func: &super::code::Func, list: &[usize]| list.iter().any(|at| !func.is_value_jump(*at));
            let (mut load_false, mut load_true) = (None, None);
            if needs(self.func(), &expr.if_true) || needs(self.func(), &expr.if_false) {
                let over = match expr.kind {
                    Kind::Jump(_) => None,
                    _ => Some(self.emit(Op::Jump { off: 0 })),
                };
                load_false = Some(self.func().here());
                self.emit(Op::LoadBool { a: register, value: false, skip: true });
                load_true = Some(self.func().here());
                self.emit(Op::LoadBool { a: register, value: true, skip: false });
                if let Some(over) = over {
                    self.func().patch_here(vec![over]);
                }
            }
            let end = self.func().here();
            for (list, load) in
                [(std::mem::take(&mut expr.if_false), load_false), (std::mem::take(&mut expr.if_true), load_true)]
            {
                for at in list {
                    let target = if self.func().carry_value(at, register) { end } else { load.unwrap_or(end) };
                    self.func().jump_to(at, target);
                }
            }
            expr.named = Named::Not;
        }
        expr.kind = Kind::Register(register);
        Ok(())
    }

    /// Puts it into the next free register.
    pub(super) fn put_in_next_register(&mut self, expr: &mut Expr) -> Res<u8> {
        self.discharge(expr)?;
        if let Kind::Register(register) = expr.kind {
            self.func().release(register);
        }
        let register = self.reserve(1)?;
        self.put_in_register(expr, register)?;
        Ok(register)
    }

    /// Puts it into some register: its own, if it is a local variable.
    pub(super) fn put_in_any_register(&mut self, expr: &mut Expr) -> Res<u8> {
        self.discharge(expr)?;
        if let Kind::Register(register) = expr.kind {
            if !expr.has_jumps() {
                return Ok(register);
            }
            if usize::from(register) >= self.func().locals.len() {
                self.put_in_register(expr, register)?;
                return Ok(register);
            }
        }
        self.put_in_next_register(expr)
    }

    fn put_value(&mut self, expr: &mut Expr) -> Res<()> {
        if expr.has_jumps() {
            self.put_in_any_register(expr)?;
            return Ok(());
        }
        self.discharge(expr)
    }

    /// A call or `...` gives all its values, up to the top.
    pub(super) fn put_all_values(&mut self, expr: &mut Expr) -> Res<()> {
        match expr.kind {
            Kind::Call(at) => {
                if let Some(Op::Call { c, .. }) = self.func().code.get_mut(at) {
                    *c = 0;
                }
            }
            Kind::Vararg(at) => {
                let free = self.func().free as u8;
                if let Some(Op::Vararg { a, b }) = self.func().code.get_mut(at) {
                    (*a, *b) = (free, 0);
                }
                self.reserve(1)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// A call or `...` gives exactly `wanted` values from the next free register on.
    pub(super) fn put_values(&mut self, expr: &mut Expr, wanted: usize) -> Res<()> {
        match expr.kind {
            Kind::Call(at) => {
                if let Some(Op::Call { c, .. }) = self.func().code.get_mut(at) {
                    *c = (wanted + 1) as u8;
                }
            }
            Kind::Vararg(at) => {
                let free = self.func().free as u8;
                if let Some(Op::Vararg { a, b }) = self.func().code.get_mut(at) {
                    (*a, *b) = (free, (wanted + 1) as u8);
                }
                self.reserve(1)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Assigns.
    pub(super) fn store(&mut self, target: &Expr, mut value: Expr) -> Res<()> {
        match target.kind {
            Kind::Local(register) => {
                self.free_expr(&value);
                self.put_in_register(&mut value, register)?;
                return Ok(());
            }
            Kind::Upvalue(i) => {
                let a = self.put_in_any_register(&mut value)?;
                self.emit(Op::SetUpvalue { a, i });
            }
            Kind::Global(name) => {
                let a = self.put_in_any_register(&mut value)?;
                let k = self.constant(Value::Str(name))?;
                self.emit(Op::SetGlobal { a, k });
            }
            Kind::Indexed { table, key, of } => {
                let c = self.put_in_any_register(&mut value)?;
                let at = self.emit(match key {
                    Key::Register(b) => Op::SetTable { a: table, b, c },
                    Key::Text(k) => Op::SetField { a: table, c, k },
                    Key::Number(k) => Op::SetConst { a: table, c, k },
                });
                self.func().name(at, 0, of);
            }
            _ => {}
        }
        self.free_expr(&value);
        Ok(())
    }

    pub(super) fn free_expr(&mut self, expr: &Expr) {
        if let Kind::Register(register) = expr.kind {
            self.func().release(register);
        }
    }

    // -- conditions

    /// Goes on if the expression is true; jumps otherwise.
    pub(super) fn go_if_true(&mut self, expr: &mut Expr) -> Res<()> {
        self.discharge(expr)?;
        let jump = match expr.kind {
            Kind::Text(_) | Kind::Number(_) | Kind::True => None,
            Kind::Jump(at) => {
                if let Some(op) = self.func().code.get_mut(at) {
                    op.negate();
                }
                Some(at)
            }
            _ => Some(self.jump_if(expr, false)?),
        };
        expr.if_false.extend(jump);
        let list = std::mem::take(&mut expr.if_true);
        self.func().patch_here(list);
        Ok(())
    }

    fn go_if_false(&mut self, expr: &mut Expr) -> Res<()> {
        self.discharge(expr)?;
        let jump = match expr.kind {
            Kind::Nil | Kind::False => None,
            Kind::Jump(at) => Some(at),
            _ => Some(self.jump_if(expr, true)?),
        };
        expr.if_true.extend(jump);
        let list = std::mem::take(&mut expr.if_false);
        self.func().patch_here(list);
        Ok(())
    }

    fn jump_if(&mut self, expr: &mut Expr, when: bool) -> Res<usize> {
        if let Kind::Open(at) = expr.kind
            && at + 1 == self.func().code.len()
            && let Some(Op::Not { b, .. }) = self.func().code.get(at).copied()
        {
            self.func().code.pop();
            self.func().lines.pop();
            return Ok(self.emit(Op::Test { a: b, when: !when, off: 0 }));
        }
        if !matches!(expr.kind, Kind::Register(_)) {
            let register = self.reserve(1)?;
            self.discharge_to(expr, register)?;
        }
        self.free_expr(expr);
        let b = if let Kind::Register(b) = expr.kind { b } else { NO_REG };
        Ok(self.emit(Op::TestSet { a: NO_REG, b, when, off: 0 }))
    }

    // -- operators

    fn prefix(&mut self, sym: Sym, mut operand: Expr) -> Res<Expr> {
        match sym {
            Sym::Minus => {
                if let Some(value) = operand.number() {
                    return Ok(Expr::new(Kind::Number(-value)));
                }
                let b = self.put_in_any_register(&mut operand)?;
                self.func().release(b);
                let at = self.emit(Op::Minus { a: 0, b });
                let named = operand.named;
                self.func().name(at, 0, named);
                Ok(Expr::new(Kind::Open(at)))
            }
            Sym::Hash => {
                let b = self.put_in_any_register(&mut operand)?;
                self.func().release(b);
                let at = self.emit(Op::Len { a: 0, b });
                let named = operand.named;
                self.func().name(at, 0, named);
                Ok(Expr::new(Kind::Open(at)))
            }
            _ => {
                self.discharge(&mut operand)?;
                operand.named = Named::Not;
                operand.kind = match operand.kind {
                    Kind::Nil | Kind::False => Kind::True,
                    Kind::Text(_) | Kind::Number(_) | Kind::True => Kind::False,
                    Kind::Jump(at) => {
                        if let Some(op) = self.func().code.get_mut(at) {
                            op.negate();
                        }
                        Kind::Jump(at)
                    }
                    _ => {
                        let register = match operand.kind {
                            Kind::Register(register) => register,
                            _ => {
                                let register = self.reserve(1)?;
                                self.discharge_to(&mut operand, register)?;
                                register
                            }
                        };
                        self.func().release(register);
                        Kind::Open(self.emit(Op::Not { a: 0, b: register }))
                    }
                };
                std::mem::swap(&mut operand.if_true, &mut operand.if_false);
                for at in operand.if_true.iter().chain(&operand.if_false) {
                    let func = self.funcs.last_mut();
                    func.into_iter().for_each(|func| func.drop_value(*at));
                }
                Ok(operand)
            }
        }
    }

    fn infix(&mut self, op: Binary, left: &mut Expr) -> Res<()> {
        match op {
            Binary::And => self.go_if_true(left),
            Binary::Or => self.go_if_false(left),
            Binary::Concat => self.put_in_next_register(left).map(drop),
            _ if left.number().is_some() => Ok(()),
            Binary::Eq | Binary::Ne if !left.has_jumps() && self.is_constant(left) => Ok(()),
            _ => self.put_in_any_register(left).map(drop),
        }
    }

    fn is_constant(&self, expr: &Expr) -> bool {
        matches!(expr.kind, Kind::Nil | Kind::True | Kind::False | Kind::Number(_) | Kind::Text(_))
    }

    /// The number of the constant that the expression is, if an instruction has room for it.
    fn near_constant(&mut self, expr: &Expr) -> Res<Option<u8>> {
        if expr.has_jumps() {
            return Ok(None);
        }
        let value = match expr.kind {
            Kind::Nil => Value::Nil,
            Kind::True => Value::Bool(true),
            Kind::False => Value::Bool(false),
            Kind::Number(n) if !n.is_nan() => Value::Number(n),
            Kind::Text(id) => Value::Str(id),
            _ => return Ok(None),
        };
        Ok(u8::try_from(self.constant(value)?).ok())
    }

    fn postfix(&mut self, op: Binary, mut left: Expr, mut right: Expr) -> Res<Expr> {
        match op {
            Binary::And | Binary::Or => {
                self.discharge(&mut right)?;
                right.named = Named::Not;
                let (from, to) = if op == Binary::And {
                    (left.if_false, &mut right.if_false)
                } else {
                    (left.if_true, &mut right.if_true)
                };
                to.extend(from);
                Ok(right)
            }
            Binary::Concat => self.concat(left, right),
            Binary::Eq | Binary::Ne => {
                let when = op == Binary::Eq;
                if self.is_constant(&left) {
                    std::mem::swap(&mut left, &mut right);
                }
                let k = self.near_constant(&right)?;
                let at = if let Some(b) = k {
                    let a = self.put_in_any_register(&mut left)?;
                    self.func().release(a);
                    self.emit(Op::EqK { a, b, when, off: 0 })
                } else {
                    let (a, b) = self.operands(&mut left, &mut right)?;
                    self.emit(Op::Eq { a, b, when, off: 0 })
                };
                Ok(Expr::new(Kind::Jump(at)))
            }
            Binary::Lt | Binary::Le | Binary::Gt | Binary::Ge => self.compare(op, left, right),
            _ => self.arithmetic(op, left, right),
        }
    }

    /// Both operands in registers, which are free behind the instruction.
    fn operands(&mut self, left: &mut Expr, right: &mut Expr) -> Res<(u8, u8)> {
        let b = self.put_in_any_register(right)?;
        let a = self.put_in_any_register(left)?;
        let (high, low) = if a > b { (a, b) } else { (b, a) };
        self.func().release(high);
        if high != low {
            self.func().release(low);
        }
        Ok((a, b))
    }

    fn compare(&mut self, op: Binary, mut left: Expr, mut right: Expr) -> Res<Expr> {
        let number_on = |expr: &Expr| expr.number().is_some();
        let (is_left, is_right) = (number_on(&left), number_on(&right));
        let k = match (is_left, is_right) {
            (false, true) => self.near_constant(&right)?.map(|k| (k, false)),
            (true, false) => self.near_constant(&left)?.map(|k| (k, true)),
            _ => None,
        };
        let at = if let Some((b, is_turned)) = k {
            let expr = if is_turned { &mut right } else { &mut left };
            let a = self.put_in_any_register(expr)?;
            self.func().release(a);
            let less =
                if is_turned { Op::GtK { a, b, when: true, off: 0 } } else { Op::LtK { a, b, when: true, off: 0 } };
            let less_equal =
                if is_turned { Op::GeK { a, b, when: true, off: 0 } } else { Op::LeK { a, b, when: true, off: 0 } };
            let greater =
                if is_turned { Op::LtK { a, b, when: true, off: 0 } } else { Op::GtK { a, b, when: true, off: 0 } };
            let greater_equal =
                if is_turned { Op::LeK { a, b, when: true, off: 0 } } else { Op::GeK { a, b, when: true, off: 0 } };
            self.emit(match op {
                Binary::Lt => less,
                Binary::Le => less_equal,
                Binary::Gt => greater,
                _ => greater_equal,
            })
        } else {
            let (a, b) = self.operands(&mut left, &mut right)?;
            self.emit(match op {
                Binary::Lt => Op::Lt { a, b, when: true, off: 0 },
                Binary::Le => Op::Le { a, b, when: true, off: 0 },
                Binary::Gt => Op::Lt { a: b, b: a, when: true, off: 0 },
                _ => Op::Le { a: b, b: a, when: true, off: 0 },
            })
        };
        Ok(Expr::new(Kind::Jump(at)))
    }

    fn concat(&mut self, left: Expr, mut right: Expr) -> Res<Expr> {
        self.put_value(&mut right)?;
        let Kind::Register(first) = left.kind else { return Err(self.lexer.error("unexpected symbol")) };
        // a .. (b .. c): the chain that stands behind takes one more in front.
        if let Kind::Open(at) = right.kind
            && let Some(Op::Concat { b, .. }) = self.func().code.get_mut(at)
            && *b == first + 1
        {
            *b = first;
            self.func().name(at, first, left.named);
            self.func().release(first);
            return Ok(Expr::new(Kind::Open(at)));
        }
        let last = self.put_in_next_register(&mut right)?;
        self.func().release(last);
        self.func().release(first);
        let at = self.emit(Op::Concat { a: 0, b: first, c: last });
        self.func().name(at, first, left.named);
        self.func().name(at, last, right.named);
        Ok(Expr::new(Kind::Open(at)))
    }

    fn arithmetic(&mut self, op: Binary, mut left: Expr, mut right: Expr) -> Res<Expr> {
        if let (Some(a), Some(b)) = (left.number(), right.number())
            && let Some(value) = fold(op, a, b)
        {
            return Ok(Expr::new(Kind::Number(value)));
        }
        let (left_named, right_named) = (left.named, right.named);
        let at = if let Some(number) = right.number() {
            let k = self.constant(Value::Number(number))?;
            let b = self.put_in_any_register(&mut left)?;
            self.func().release(b);
            self.emit(match op {
                Binary::Add => Op::AddK { a: 0, b, k },
                Binary::Sub => Op::SubK { a: 0, b, k },
                Binary::Mul => Op::MulK { a: 0, b, k },
                Binary::Div => Op::DivK { a: 0, b, k },
                Binary::Mod => Op::ModK { a: 0, b, k },
                _ => Op::PowK { a: 0, b, k },
            })
        } else {
            let (b, c) = self.operands(&mut left, &mut right)?;
            self.emit(match op {
                Binary::Add => Op::Add { a: 0, b, c },
                Binary::Sub => Op::Sub { a: 0, b, c },
                Binary::Mul => Op::Mul { a: 0, b, c },
                Binary::Div => Op::Div { a: 0, b, c },
                Binary::Mod => Op::Mod { a: 0, b, c },
                _ => Op::Pow { a: 0, b, c },
            })
        };
        self.func().name(at, 0, left_named);
        self.func().name(at, 1, right_named);
        Ok(Expr::new(Kind::Open(at)))
    }
}

/// Constants are computed when the script is compiled, unless the result is no number.
fn fold(op: Binary, a: f64, b: f64) -> Option<f64> {
    let value = match op {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        Binary::Div if b != 0.0 => a / b,
        Binary::Mod if b != 0.0 => super::super::arith::modulo(a, b),
        Binary::Pow => libm::pow(a, b),
        _ => return None,
    };
    (!value.is_nan()).then_some(value)
}
