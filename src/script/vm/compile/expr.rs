//! What an expression has become so far: it is put into a register as late as possible, so that the instruction that wants it can
//! take a variable, a constant or a jump as it is.

use super::super::chunk::Named;
use super::super::lexer::{Sym, Token};
use super::super::value::StrId;

/// The index of an indexed variable.
#[derive(Clone, Copy, Debug)]
pub(super) enum Key {
    Register(u8),
    Text(u32),
    Number(u32),
}

/// What it is by now.
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

    pub(super) fn named(kind: Kind, named: Named) -> Self {
        Self { named, ..Self::new(kind) }
    }

    pub(super) fn has_jumps(&self) -> bool {
        !self.if_true.is_empty() || !self.if_false.is_empty()
    }

    pub(super) fn number(&self) -> Option<f64> {
        match self.kind {
            Kind::Number(value) if !self.has_jumps() => Some(value),
            _ => None,
        }
    }
}

/// A binary operator.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Binary {
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
    pub(super) fn of(token: &Token) -> Option<Self> {
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
    pub(super) fn priority(self) -> (u8, u8) {
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
