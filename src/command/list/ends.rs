//! What is done at the ends of lists: shared by the commands that push, pop and move, and by who serves a waiting client.

use bytes::Bytes;

use crate::command::strings::bulks;
use crate::command::{KeyFlags, KeySpec};
use crate::error::{ReplyError, SYNTAX, wrong_arity};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{Changed, Create, End, Event, List, ListLimits, Txn};

const NO_POSITIVE_NUMBER: ReplyError = ReplyError::new("ERR value is out of range, must be positive");

/// The keys of commands that move elements of one list to another.
pub(super) const SOURCE_AND_DESTINATION: &[KeySpec] = &[
    KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE)),
    KeySpec::range(2, 0, 1, KeyFlags::RW.union(KeyFlags::INSERT)),
];

/// Adds the arguments from the second on at an end of the list at `key`, one after the other: its length then; None if there is no list
/// and none was to be made.
///
/// # Errors
/// WRONGTYPE.
pub fn push(txn: &mut Txn<'_>, args: &Args, end: End, create: Create) -> Result<Option<i64>, ReplyError> {
    let limits = ListLimits::from(&txn.state().options);
    txn.call_it(pushed(end));
    txn.edit(args.arg(1), create, |list: &mut List| {
        list.expect(args.from(2), limits);
        list.push_all(end, args.from(2), limits);
        Ok((list.len() as i64, Changed(true)))
    })
}

/// Takes up to `count` elements off an end of the list at `key`, the outermost first; None if there is no list.
///
/// # Errors
/// WRONGTYPE; or the command may not do as much.
pub fn pop(txn: &mut Txn<'_>, key: &[u8], end: End, count: usize) -> Result<Option<Vec<Reply>>, ReplyError> {
    if txn.is_work_bounded() {
        let units = txn.typed::<List>(key)?.map_or(0, |list| list.range_units(count.min(list.len())));
        txn.work(units)?;
    }
    let limits = ListLimits::from(&txn.state().options);
    txn.call_it(popped(end));
    txn.edit(key, Create::No, |list: &mut List| {
        let popped = match end {
            End::Head => bulks(list.iter().take(count)).collect(),
            End::Tail => bulks(list.iter().rev().take(count)).collect(),
        };
        list.cut(end, count, limits);
        Ok((popped, Changed(count > 0)))
    })
}

/// Takes an element off one end of the list at `source` and adds it at an end of the one at `target`, which is made if it is absent: the
/// element; None if there is no list at `source`.
///
/// # Errors
/// WRONGTYPE; nothing has changed then.
pub fn transfer(
    txn: &mut Txn<'_>,
    (source, from): (&[u8], End),
    (target, to): (&[u8], End),
) -> Result<Option<Bytes>, ReplyError> {
    let limits = ListLimits::from(&txn.state().options);
    if source == target {
        txn.call_it(pushed(to));
        let element =
            txn.edit(source, Create::No, |list: &mut List| Ok((list.rotate(from, to, limits), Changed(true))))?;
        let Some(element) = element.flatten() else { return Ok(None) };
        txn.tell(source, popped(from));
        return Ok(Some(element.into()));
    }
    let element = txn.typed::<List>(source)?.and_then(|list| match from {
        End::Head => list.iter().next().map(<[u8]>::to_vec),
        End::Tail => list.iter().next_back().map(<[u8]>::to_vec),
    });
    let Some(element) = element else { return Ok(None) };
    // The one that gets it first, as in Redis: in this order they are told.
    txn.call_it(pushed(to));
    txn.edit(target, Create::Yes, |list: &mut List| {
        list.expect([element.as_slice()], limits);
        list.push(to, &element, limits);
        Ok(((), Changed(true)))
    })?;
    txn.call_it(popped(from));
    txn.edit(source, Create::No, |list: &mut List| Ok((list.pop(from, limits), Changed(true))))?;
    Ok(Some(element.into()))
}

pub(super) fn pushed(end: End) -> Event {
    Event::list(if end == End::Head { "lpush" } else { "rpush" })
}

pub(super) fn popped(end: End) -> Event {
    Event::list(if end == End::Head { "lpop" } else { "rpop" })
}

/// LPOP and RPOP.
pub(super) fn pop_command(txn: &mut Txn<'_>, args: &Args, end: End, name: &str) -> Result<Reply, ReplyError> {
    let count = pop_count(args, name)?;
    match pop(txn, args.arg(1), end, count.unwrap_or(1))? {
        Some(popped) if count.is_some() => Ok(Reply::Array(popped)),
        Some(popped) => Ok(popped.into_iter().next().unwrap_or(Reply::Nil)),
        None if count.is_some() => Ok(Reply::NilArray),
        None => Ok(Reply::Nil),
    }
}

/// How many elements LPOP and RPOP are asked for; None for one that is no array.
pub(super) fn pop_count(args: &Args, name: &str) -> Result<Option<usize>, ReplyError> {
    if args.len() > 3 {
        return Err(wrong_arity(name));
    }
    args.opt(2).map(|count| number_from(count, 0, NO_POSITIVE_NUMBER)).transpose()
}

/// A number from `min` on.
///
/// # Errors
/// `refusal`, whatever is wrong with it.
pub fn number_from(arg: &[u8], min: i64, refusal: ReplyError) -> Result<usize, ReplyError> {
    parse_i64(arg).filter(|number| *number >= min).and_then(|number| number.try_into().ok()).ok_or(refusal)
}

/// `LEFT` or `RIGHT`.
///
/// # Errors
/// A syntax error.
pub fn end(args: &Args, at: usize) -> Result<End, ReplyError> {
    if args.is(at, "LEFT") {
        Ok(End::Head)
    } else if args.is(at, "RIGHT") {
        Ok(End::Tail)
    } else {
        Err(SYNTAX)
    }
}
