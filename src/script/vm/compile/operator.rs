//! Operators but for conditions: which instruction each becomes, by what its operands are, and what is computed here already.

use super::super::arith::modulo;
use super::super::lexer::Sym;
use super::super::op::Op;
use super::super::value::LuaValue;
use super::expr::{Binary, Expr, Kind};
use super::{Compiler, Res};

impl Compiler<'_> {
    pub(super) fn prefix(&mut self, sym: Sym, mut operand: Expr) -> Res<Expr> {
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
            _ => self.not(operand),
        }
    }

    pub(super) fn infix(&mut self, op: Binary, left: &mut Expr) -> Res<()> {
        match op {
            Binary::And => self.go_if_true(left),
            Binary::Or => self.go_if_false(left),
            Binary::Concat => self.put_in_next_register(left).map(drop),
            Binary::Add | Binary::Sub | Binary::Mul | Binary::Div | Binary::Mod | Binary::Pow
                if left.number().is_some() =>
            {
                Ok(())
            }
            _ if let Some(number) = left.number() => {
                // An operand of a comparison becomes a constant before the other one does.
                if number == 0.0 {
                    self.zero(number);
                }
                Ok(())
            }
            Binary::Eq | Binary::Ne if !left.has_jumps() && self.is_constant(left) => Ok(()),
            _ => self.put_in_any_register(left).map(drop),
        }
    }

    pub(super) fn postfix(&mut self, op: Binary, mut left: Expr, mut right: Expr) -> Res<Expr> {
        match op {
            Binary::And | Binary::Or => self.joined(op, left, right),
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

    fn is_constant(&self, expr: &Expr) -> bool {
        matches!(expr.kind, Kind::Nil | Kind::True | Kind::False | Kind::Number(_) | Kind::Text(_))
    }

    /// The number of the constant that the expression is, if an instruction has room for it.
    fn near_constant(&mut self, expr: &Expr) -> Res<Option<u8>> {
        if expr.has_jumps() {
            return Ok(None);
        }
        let value = match expr.kind {
            Kind::Nil => LuaValue::Nil,
            Kind::True => LuaValue::Bool(true),
            Kind::False => LuaValue::Bool(false),
            Kind::Number(n) if !n.is_nan() => LuaValue::Number(n),
            Kind::Text(id) => LuaValue::Str(id),
            _ => return Ok(None),
        };
        Ok(u8::try_from(self.constant(value)?).ok())
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
            let k = self.constant(LuaValue::Number(number))?;
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
        Binary::Mod if b != 0.0 => modulo(a, b),
        Binary::Pow => libm::pow(a, b),
        _ => return None,
    };
    (!value.is_nan()).then_some(value)
}
