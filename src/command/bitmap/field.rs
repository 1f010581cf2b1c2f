//! Integers of any width in a bitmap: the operations of BITFIELD.

use super::bits;
use super::offset::{bounded, offset};
use crate::error::{NOT_AN_INTEGER, ReplyError, SYNTAX, c_string};
use crate::protocol::{Args, Reply, parse_i64};

const NO_KIND: ReplyError =
    ReplyError::new("ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.");
const NO_OVERFLOW: ReplyError = ReplyError::new("ERR Invalid OVERFLOW type specified");

/// What becomes of a number that its field is too narrow for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Overflow {
    /// Its lowest bits are kept.
    Wrap,
    /// The nearest that fits.
    Sat,
    /// Nothing: the field stays.
    Fail,
}

/// What is done with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Get,
    Set(i64),
    Add(i64),
}

/// An operation of BITFIELD.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operation {
    signed: bool,
    /// 1 to 64 bits, 63 without a sign.
    width: u32,
    /// The first bit.
    offset: u64,
    action: Action,
    overflow: Overflow,
}

/// The operations among the arguments.
///
/// # Errors
/// What Redis says of the first that is wrong.
pub(super) fn operations(args: &Args) -> Result<Vec<Operation>, ReplyError> {
    let mut operations = Vec::new();
    let mut overflow = Overflow::Wrap;
    let mut at = 2;
    while at < args.len() {
        let behind = args.len() - at - 1;
        if args.is(at, "OVERFLOW") && behind >= 1 {
            overflow = if args.is(at + 1, "WRAP") {
                Overflow::Wrap
            } else if args.is(at + 1, "SAT") {
                Overflow::Sat
            } else if args.is(at + 1, "FAIL") {
                Overflow::Fail
            } else {
                return Err(NO_OVERFLOW);
            };
            at += 2;
            continue;
        }
        let action: fn(i64) -> Action = if args.is(at, "GET") && behind >= 2 {
            |_| Action::Get
        } else if args.is(at, "SET") && behind >= 3 {
            Action::Set
        } else if args.is(at, "INCRBY") && behind >= 3 {
            Action::Add
        } else {
            return Err(SYNTAX);
        };
        let (signed, width) = kind(args.arg(at + 1))?;
        let offset = offset(args.arg(at + 2), Some(width))?;
        let reads = action(0) == Action::Get;
        let operand = if reads { 0 } else { parse_i64(args.arg(at + 3)).ok_or(NOT_AN_INTEGER)? };
        operations.push(Operation { signed, width, offset, action: action(operand), overflow });
        at += if reads { 3 } else { 4 };
    }
    Ok(operations)
}

/// Refuses operations on what a string of `len_max` bytes does not have.
pub(super) fn all_bounded(operations: &[Operation], len_max: u64) -> Result<(), ReplyError> {
    operations.iter().try_for_each(|operation| bounded(operation.offset, len_max))
}

/// `i` or `u` and the number of bits; a C string in Redis.
fn kind(arg: &[u8]) -> Result<(bool, u32), ReplyError> {
    let (signed, digits) = match c_string(arg) {
        [b'i', digits @ ..] => (true, digits),
        [b'u', digits @ ..] => (false, digits),
        _ => return Err(NO_KIND),
    };
    let width = parse_i64(digits).and_then(|width| u32::try_from(width).ok()).ok_or(NO_KIND)?;
    if (1..=if signed { 64 } else { 63 }).contains(&width) { Ok((signed, width)) } else { Err(NO_KIND) }
}

impl Operation {
    /// True if it may change something.
    pub fn writes(&self) -> bool {
        self.action != Action::Get
    }

    /// The bytes that a string has which holds the whole field.
    pub fn bytes(&self) -> u64 {
        (self.offset + u64::from(self.width)).div_ceil(8)
    }

    /// The field.
    pub fn get(&self, bytes: &[u8]) -> i64 {
        let number = bits::read(bytes, self.offset, self.width);
        if self.signed { extend(number, self.width) } else { number as i64 }
    }

    /// Does it, to bytes that hold the whole field: the reply, and whether anything is another afterwards.
    pub fn run(&self, bytes: &mut [u8]) -> (Reply, bool) {
        let before = self.get(bytes);
        let wanted = match self.action {
            Action::Get => return (Reply::Int(before), false),
            // As in Redis a number below 0 is one above the highest where there is no sign.
            Action::Set(number) if !self.signed => i128::from(number as u64),
            Action::Set(number) => i128::from(number),
            Action::Add(number) => i128::from(before) + i128::from(number),
        };
        let (lowest, highest) = self.bounds();
        let fits = (lowest..=highest).contains(&wanted);
        let number = match self.overflow {
            _ if fits => wanted,
            Overflow::Wrap => wanted,
            Overflow::Sat => wanted.clamp(lowest, highest),
            Overflow::Fail => return (Reply::Nil, false),
        };
        bits::write(bytes, self.offset, self.width, number as u64);
        let after = self.get(bytes);
        let reply = if matches!(self.action, Action::Set(_)) { before } else { after };
        (Reply::Int(reply), after != before)
    }

    fn bounds(&self) -> (i128, i128) {
        if self.signed {
            (-(1i128 << (self.width - 1)), (1i128 << (self.width - 1)) - 1)
        } else {
            (0, (1i128 << self.width) - 1)
        }
    }
}

/// The lowest bits as a number with a sign.
fn extend(number: u64, width: u32) -> i64 {
    let spare = 64 - width;
    (number << spare) as i64 >> spare
}
