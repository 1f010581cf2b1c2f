//! Conditions: expressions of which only jumps are left, `not`, `and`, `or`.
//!
//! Invariant: a jump that leaves an expression carries the value that it tested until it is known that nobody wants it.

use super::super::chunk::Named;
use super::super::op::{NO_REG, Op};
use super::expr::{Binary, Expr, Kind};
use super::{Compiler, Res};

impl Compiler<'_> {
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

    pub(super) fn go_if_false(&mut self, expr: &mut Expr) -> Res<()> {
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

    pub(super) fn not(&mut self, mut operand: Expr) -> Res<Expr> {
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

    /// `and`, `or`: what leaves the left operand leaves the whole.
    pub(super) fn joined(&mut self, op: Binary, left: Expr, mut right: Expr) -> Res<Expr> {
        self.discharge(&mut right)?;
        let (mut from, to) =
            if op == Binary::And { (left.if_false, &mut right.if_false) } else { (left.if_true, &mut right.if_true) };
        // The shorter behind the longer, so that a long chain is not copied for each operand.
        if from.len() > to.len() {
            std::mem::swap(&mut from, to);
        }
        to.extend(from);
        // Of one that is decided already only the other operand is left, with its name.
        if right.has_jumps() {
            right.named = Named::Not;
        }
        Ok(right)
    }
}
