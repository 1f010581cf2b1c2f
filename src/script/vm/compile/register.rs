//! From expressions to registers.
//!
//! Invariant: a register above the local variables is released by the instruction that reads it, the highest one first, so that
//! `Func::free` is the first that nothing uses.

use super::super::chunk::Named;
use super::super::op::Op;
use super::super::value::LuaValue;
use super::code::Func;
use super::expr::{Expr, Key, Kind};
use super::{Compiler, Res};

impl Compiler<'_> {
    /// A variable becomes a value: an instruction with an open target, or a register.
    pub(super) fn discharge(&mut self, expr: &mut Expr) -> Res<()> {
        expr.kind = match expr.kind {
            Kind::Local(register) => Kind::Register(register),
            Kind::Upvalue(i) => Kind::Open(self.emit(Op::GetUpvalue { a: 0, i })),
            Kind::Global(name) => {
                let k = self.constant(LuaValue::Str(name))?;
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

    pub(super) fn discharge_to(&mut self, expr: &mut Expr, register: u8) -> Res<()> {
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
                let k = self.constant(LuaValue::Number(value))?;
                self.emit(Op::LoadK { a: register, k });
            }
            Kind::Text(id) => {
                let k = self.constant(LuaValue::Str(id))?;
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
            let needs = |func: &Func, list: &[usize]| list.iter().any(|at| !func.is_value_jump(*at));
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

    pub(super) fn put_value(&mut self, expr: &mut Expr) -> Res<()> {
        if expr.has_jumps() {
            self.put_in_any_register(expr)?;
            return Ok(());
        }
        self.discharge(expr)
    }

    /// A call or `...` gives all its values, up to the top.
    pub(super) fn put_all_values(&mut self, expr: &Expr) -> Res<()> {
        self.set_results(expr, 0)
    }

    /// A call or `...` gives exactly `wanted` values from the next free register on.
    pub(super) fn put_values(&mut self, expr: &Expr, wanted: usize) -> Res<()> {
        self.set_results(expr, (wanted + 1) as u8)
    }

    /// `results` as instructions have it: one more than are wanted, or 0 for all.
    fn set_results(&mut self, expr: &Expr, results: u8) -> Res<()> {
        match expr.kind {
            Kind::Call(at) => {
                if let Some(Op::Call { c, .. }) = self.func().code.get_mut(at) {
                    *c = results;
                }
            }
            Kind::Vararg(at) => {
                let free = self.func().free as u8;
                if let Some(Op::Vararg { a, b }) = self.func().code.get_mut(at) {
                    (*a, *b) = (free, results);
                }
                self.reserve(1)?;
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn free_expr(&mut self, expr: &Expr) {
        if let Kind::Register(register) = expr.kind {
            self.func().release(register);
        }
    }
}
