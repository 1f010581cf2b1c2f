//! What LMOVEM and BLMOVEM have in common: many elements from one list to another, in one of two orders.
//!
//! Invariant: what is moved stands at the target as it is answered, from its head to its tail.

use bytes::Bytes;

use super::ends::{end, number_from, popped, pushed};
use crate::command::{Arg, ArgKind};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, End, List, ListLimits, Txn};

const COUNT: ReplyError = ReplyError::new("ERR count should be greater than 0");

/// For COMMAND DOCS: an end.
pub(super) const END: ArgKind = ArgKind::OneOf(&[Arg::word("left", "LEFT"), Arg::word("right", "RIGHT")]);

/// For COMMAND DOCS: how many, and in which order.
pub(super) const HOW_MANY: Arg = Arg::new(
    "how-many",
    ArgKind::Block(&[
        Arg::new(
            "selector",
            ArgKind::OneOf(&[
                Arg::new("count", ArgKind::Integer).token("COUNT"),
                Arg::new("exactly", ArgKind::Integer).token("EXACTLY"),
            ]),
        ),
        Arg::new("ordering", ArgKind::OneOf(&[Arg::word("obo", "OBO"), Arg::word("bulk", "BULK")])),
    ]),
)
.optional();

/// The arguments behind the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ManyMoved {
    from: End,
    to: End,
    count: usize,
    /// All of them, or none.
    is_exact: bool,
    /// In the order that they have, and not one by one.
    is_bulk: bool,
}

impl ManyMoved {
    /// Reads them; how many are moved stands at `at`, if it does.
    ///
    /// # Errors
    /// Redis's texts.
    pub(super) fn parse(args: &Args, at: usize) -> Result<Self, ReplyError> {
        let (from, to) = (end(args, 3)?, end(args, 4)?);
        let one = Self { from, to, count: 1, is_exact: false, is_bulk: true };
        if args.len() <= at {
            return Ok(one);
        }
        let is_exact = args.is(at, "EXACTLY");
        if args.len() != at + 3 || !is_exact && !args.is(at, "COUNT") {
            return Err(SYNTAX);
        }
        let count = number_from(args.arg(at + 1), 1, COUNT)?;
        let is_bulk = args.is(at + 2, "BULK");
        if !is_bulk && !args.is(at + 2, "OBO") {
            return Err(SYNTAX);
        }
        Ok(Self { count, is_exact, is_bulk, ..one })
    }

    /// Moves them from the first key to the second: those that were moved; None if there are none, or not as many as there have to be.
    ///
    /// # Errors
    /// WRONGTYPE; or the command may not do as much. Nothing has changed then.
    pub(super) fn run(self, txn: &mut Txn<'_>, args: &Args) -> Result<Option<Reply>, ReplyError> {
        let (source, target) = (args.arg(1), args.arg(2));
        let Some(list) = txn.typed::<List>(source)? else { return Ok(None) };
        let count = self.count.min(list.len());
        if count == 0 || self.is_exact && count < self.count {
            return Ok(None);
        }
        let units = 2 * list.range_units(count);
        txn.work(units)?;
        let Some(list) = txn.typed::<List>(source)? else { return Ok(None) };
        let moved = self.arranged(list, count);
        // Pushed one after the other at the head, the last one comes first.
        let in_turn: Vec<&[u8]> = match self.to {
            End::Head => moved.iter().rev().map(|element| &element[..]).collect(),
            End::Tail => moved.iter().map(|element| &element[..]).collect(),
        };
        let limits = ListLimits::from(&txn.state().options);
        let push = |list: &mut List| {
            list.expect(in_turn.iter().copied(), limits);
            list.push_all(self.to, in_turn.iter().copied(), limits);
        };
        txn.call_it(pushed(self.to));
        if source == target {
            txn.edit(source, Create::No, |list: &mut List| {
                list.cut(self.from, count, limits);
                push(list);
                Ok(((), Changed(true)))
            })?;
            txn.tell(source, popped(self.from));
        } else {
            // The one that gets them first, as with one.
            txn.edit(target, Create::Yes, |list: &mut List| {
                push(list);
                Ok(((), Changed(true)))
            })?;
            txn.call_it(popped(self.from));
            txn.edit(source, Create::No, |list: &mut List| {
                list.cut(self.from, count, limits);
                Ok(((), Changed(true)))
            })?;
        }
        Ok(Some(Reply::Array(moved.into_iter().map(Reply::Bulk).collect())))
    }

    /// What is moved, in the order that it will have.
    fn arranged(self, list: &List, count: usize) -> Vec<Bytes> {
        let own = |element: &[u8]| Bytes::copy_from_slice(element);
        let mut taken: Vec<Bytes> = match self.from {
            End::Head => list.iter().take(count).map(own).collect(),
            End::Tail => list.iter().rev().take(count).map(own).collect(),
        };
        // One by one, the first one taken is the farthest from the end that gets them.
        let is_turned = if self.is_bulk { self.from == End::Tail } else { self.to == End::Head };
        if is_turned {
            taken.reverse();
        }
        taken
    }
}
