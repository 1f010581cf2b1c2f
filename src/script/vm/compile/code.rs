//! The code of one function as it is made: instructions, registers, variables, jumps.

use super::super::chunk::{Capture, Named};
use super::super::op::{NO_REG, Op};
use super::super::value::StrId;
use super::room;

/// Registers of a function.
pub(super) const REGISTERS_MAX: u16 = 250;
/// Local variables of a function.
pub(super) const LOCALS_MAX: usize = 200;
/// Upvalues of a function.
pub(super) const UPVALUES_MAX: usize = 60;

/// A block of statements.
#[derive(Default)]
pub(super) struct Block {
    /// Variables before it.
    pub(super) outer: usize,
    /// Jumps to its end, if it is a loop.
    pub(super) breaks: Vec<usize>,
    pub(super) is_loop: bool,
    /// One of its variables is captured by a closure.
    pub(super) is_captured: bool,
}

/// A function under way.
#[derive(Default)]
pub(super) struct Func {
    pub(super) code: Vec<Op>,
    pub(super) lines: Vec<u32>,
    pub(super) names: Vec<(u32, u8, Named)>,
    /// Local variables in scope; each has the register of its place.
    pub(super) locals: Vec<StrId>,
    pub(super) upvalues: Vec<(StrId, Capture)>,
    pub(super) blocks: Vec<Block>,
    /// The first free register.
    pub(super) free: u16,
    /// Registers used at most.
    pub(super) most: u16,
    pub(super) params: u8,
    pub(super) is_vararg: bool,
    /// Takes extra arguments and never says `...`: they are in the table `arg`, as in Lua 5.0.
    pub(super) needs_arg: bool,
    pub(super) line: u32,
    /// The zero among its constants.
    pub(super) zero: Option<f64>,
    /// Bytes by which it has grown since the last token.
    pub(super) grown: usize,
    /// The last place that is a jump's target: what was emitted before may not be joined with what comes.
    pub(super) last_target: usize,
}

impl Func {
    pub(super) fn emit(&mut self, op: Op, line: u32) -> usize {
        self.grown += room::OP;
        self.code.push(op);
        self.lines.push(line);
        self.code.len() - 1
    }

    pub(super) fn here(&mut self) -> usize {
        self.last_target = self.code.len();
        self.code.len()
    }

    pub(super) fn name(&mut self, at: usize, operand: u8, named: Named) {
        if named != Named::Not {
            self.grown += room::NAME;
            self.names.push((at as u32, operand, named));
        }
    }

    pub(super) fn jump_to(&mut self, from: usize, target: usize) {
        if let Some(op) = self.code.get_mut(from) {
            op.set_offset(target as i32 - from as i32 - 1);
        }
    }

    pub(super) fn patch(&mut self, list: Vec<usize>, target: usize) {
        for from in list {
            self.drop_value(from);
            self.jump_to(from, target);
        }
    }

    pub(super) fn patch_here(&mut self, list: Vec<usize>) {
        let target = self.here();
        self.patch(list, target);
    }

    /// The jump is not to carry its value anywhere.
    pub(super) fn drop_value(&mut self, at: usize) {
        if let Some(op) = self.code.get_mut(at)
            && let Op::TestSet { b, when, off, .. } = *op
        {
            *op = Op::Test { a: b, when, off };
        }
    }

    /// The jump carries its value to `register`; false if it has none.
    pub(super) fn carry_value(&mut self, at: usize, register: u8) -> bool {
        match self.code.get_mut(at) {
            Some(op @ Op::TestSet { .. }) => {
                if let Op::TestSet { b, when, off, .. } = *op {
                    *op = if b == register {
                        Op::Test { a: b, when, off }
                    } else {
                        Op::TestSet { a: register, b, when, off }
                    };
                }
                true
            }
            _ => false,
        }
    }

    pub(super) fn is_value_jump(&self, at: usize) -> bool {
        matches!(self.code.get(at), Some(Op::TestSet { .. }))
    }

    /// The register of the result, chosen later than the instruction.
    pub(super) fn set_target(&mut self, at: usize, register: u8) {
        if let Some(
            Op::Move { a, .. }
            | Op::LoadK { a, .. }
            | Op::LoadNil { a, .. }
            | Op::LoadBool { a, .. }
            | Op::GetUpvalue { a, .. }
            | Op::GetGlobal { a, .. }
            | Op::GetTable { a, .. }
            | Op::GetField { a, .. }
            | Op::GetConst { a, .. }
            | Op::NewTable { a, .. }
            | Op::Add { a, .. }
            | Op::Sub { a, .. }
            | Op::Mul { a, .. }
            | Op::Div { a, .. }
            | Op::Mod { a, .. }
            | Op::Pow { a, .. }
            | Op::AddK { a, .. }
            | Op::SubK { a, .. }
            | Op::MulK { a, .. }
            | Op::DivK { a, .. }
            | Op::ModK { a, .. }
            | Op::PowK { a, .. }
            | Op::Minus { a, .. }
            | Op::Not { a, .. }
            | Op::Len { a, .. }
            | Op::Concat { a, .. }
            | Op::Closure { a, .. }
            | Op::Vararg { a, .. },
        ) = self.code.get_mut(at)
        {
            *a = register;
        }
    }

    /// A register that a local variable has is not free when its expression is done.
    pub(super) fn release(&mut self, register: u8) {
        if register != NO_REG && usize::from(register) >= self.locals.len() && u16::from(register) + 1 == self.free {
            self.free -= 1;
        }
    }
}
