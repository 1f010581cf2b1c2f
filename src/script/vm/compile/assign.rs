//! Assignments, local variables, and expressions as statements (the manual's 2.4.3, 2.4.6, 2.4.7).

use super::super::lexer::Sym;
use super::super::op::Op;
use super::code::LOCALS_MAX;
use super::expr::{Expr, Key, Kind};
use super::{Compiler, LEVELS_MAX, Res};

impl Compiler<'_> {
    /// Makes `wanted` values of `count` expressions.
    pub(super) fn adjust(&mut self, wanted: usize, count: usize, mut last: Expr) -> Res<()> {
        let missing = wanted as isize - count as isize;
        if matches!(last.kind, Kind::Call(_) | Kind::Vararg(_)) {
            let extra = (missing + 1).max(0) as usize;
            self.put_values(&last, extra)?;
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

    pub(super) fn local_statement(&mut self) -> Res<()> {
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

    pub(super) fn expr_statement(&mut self) -> Res<()> {
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
            let most = LEVELS_MAX.saturating_sub(self.levels);
            if targets.len() > most {
                let line = self.func().line;
                return Err(self.limit(line, "variables in assignment", most));
            }
            targets.push(target);
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
