//! Variables: what a name means in the functions around it, fields of tables, methods, and assigning to each of them.

use super::super::chunk::{Capture, Named};
use super::super::op::Op;
use super::super::value::{LuaValue, StrId};
use super::code::UPVALUES_MAX;
use super::expr::{Expr, Key, Kind};
use super::{Compiler, Res};

impl Compiler<'_> {
    /// What a name means here.
    pub(super) fn variable(&mut self, name: StrId) -> Res<Expr> {
        let level = self.funcs.len() - 1;
        // Global ones would be looked for in every function around.
        let is_global = self.visible.get(&name.0).is_none_or(|count| *count == 0);
        let found = if is_global { None } else { self.find(level, name, true)? };
        Ok(match found {
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
        // What the functions around have in scope does not change while this one is read, so a name that it captured means the same.
        if let Some(place) = func.upvalues.iter().position(|(upvalue, _)| *upvalue == name) {
            return Ok(Some(Capture::Upvalue(place as u8)));
        }
        let Some(outer) = level.checked_sub(1) else { return Ok(None) };
        let Some(capture) = self.find(outer, name, false)? else { return Ok(None) };
        let Some(func) = self.funcs.get_mut(level) else { return Ok(None) };
        if func.upvalues.len() == UPVALUES_MAX {
            let line = func.line;
            return Err(self.limit(line, "upvalues", UPVALUES_MAX));
        }
        func.upvalues.push((name, capture));
        Ok(Some(Capture::Upvalue((func.upvalues.len() - 1) as u8)))
    }

    /// `expr.name`, the table being in a register.
    pub(super) fn field(&mut self, table: Expr, name: StrId) -> Res<Expr> {
        let k = self.constant(LuaValue::Str(name))?;
        let Kind::Register(register) = table.kind else { return Err(self.lexer.error("unexpected symbol")) };
        let key = Key::Text(k);
        Ok(Expr::named(Kind::Indexed { table: register, key, of: table.named }, Named::Field(name)))
    }

    pub(super) fn indexed(&mut self, table: Expr, mut key: Expr) -> Res<Expr> {
        let Kind::Register(register) = table.kind else { return Err(self.lexer.error("unexpected symbol")) };
        let mut named = Named::Field(self.intern(b"?"));
        let key = match key.kind {
            Kind::Text(id) if !key.has_jumps() => {
                named = Named::Field(id);
                Key::Text(self.constant(LuaValue::Str(id))?)
            }
            Kind::Number(n) if !key.has_jumps() && !n.is_nan() => Key::Number(self.constant(LuaValue::Number(n))?),
            _ => Key::Register(self.put_in_any_register(&mut key)?),
        };
        Ok(Expr::named(Kind::Indexed { table: register, key, of: table.named }, named))
    }

    pub(super) fn method(&mut self, expr: &mut Expr, name: StrId) -> Res<()> {
        let object = self.put_in_any_register(expr)?;
        self.func().release(object);
        let k = self.constant(LuaValue::Str(name))?;
        let base = self.reserve(2)?;
        let at = self.emit(Op::Method { a: base, b: object, k });
        let of = expr.named;
        self.func().name(at, 0, of);
        *expr = Expr::named(Kind::Register(base), Named::Method(name));
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
                let k = self.constant(LuaValue::Str(name))?;
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
}
