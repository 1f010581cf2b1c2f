//! BITOP

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply};
use crate::store::{Deadline, Event, Str, Txn, View, units_of_bytes};

pub static SPEC: Spec = Spec::write("bitop", -4, DOC, run)
    .event(Event::string("set"))
    .since(3)
    .flags(Flags::DENYOOM)
    .check(|args| operation(args).map(drop))
    .keys(&[
        KeySpec::range(2, 0, 1, KeyFlags::OW.union(KeyFlags::UPDATE)),
        KeySpec::range(3, -1, 1, KeyFlags::RO.union(KeyFlags::ACCESS)),
    ]);

const DOC: Doc = Doc {
    summary: "Combines the bits of the strings that keys hold, and puts what comes of it into a key, over whatever is there.",
    since: "2.6.0",
    group: Family::Bitmap,
    complexity: "O(N) with the lengths of the strings",
    args: &[
        Arg::new(
            "operation",
            ArgKind::OneOf(&[
                Arg::word("and", "AND"),
                Arg::word("or", "OR"),
                Arg::word("xor", "XOR"),
                Arg::word("not", "NOT"),
            ]),
        ),
        Arg::new("destkey", ArgKind::Key(0)),
        Arg::new("key", ArgKind::Key(1)).multiple(),
    ],
};

/// What becomes of a byte and that of the next string.
type Operation = fn(u8, u8) -> u8;

/// None: the bytes of the only string are turned round.
fn operation(args: &Args) -> Result<Option<Operation>, ReplyError> {
    if args.is(1, "AND") {
        Ok(Some(|a, b| a & b))
    } else if args.is(1, "OR") {
        Ok(Some(|a, b| a | b))
    } else if args.is(1, "XOR") {
        Ok(Some(|a, b| a ^ b))
    } else if !args.is(1, "NOT") {
        Err(SYNTAX)
    } else if args.len() == 4 {
        Ok(None)
    } else {
        Err(ReplyError::new("ERR BITOP NOT must be called with a single source key."))
    }
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let operation = operation(args)?;
    // Only a script asks; other writes shall not look the keys up twice.
    if txn.is_work_bounded() {
        let strings = strings(&txn.view(), args)?;
        let units = units_of_bytes(longest(&strings)).saturating_mul(strings.len() as u64 + 1);
        txn.work(units)?;
    }
    let view = txn.view();
    let result = strings(&view, args).map(|strings| combined(&strings, operation));
    let tally = view.take_tally();
    txn.count(tally);
    let result = result?;
    let len = result.len();
    if len == 0 {
        txn.remove(args.arg(2));
    } else {
        txn.set(args.arg(2), Str::raw(result).into(), Deadline::Clear);
    }
    Ok(Reply::Int(len as i64))
}

/// What the keys hold; nothing where they are absent.
fn strings<'a>(view: &View<'a>, args: &Args) -> Result<Vec<&'a [u8]>, ReplyError> {
    args.from(3).map(|key| Ok(view.typed::<Str>(key)?.map_or(&[][..], Str::as_bytes))).collect()
}

fn longest(strings: &[&[u8]]) -> usize {
    strings.iter().map(|string| string.len()).max().unwrap_or(0)
}

/// The result, as long as the longest; shorter strings go on with zeros.
fn combined(strings: &[&[u8]], operation: Option<Operation>) -> Vec<u8> {
    let len = longest(strings);
    let Some((first, others)) = strings.split_first() else { return Vec::new() };
    let mut result = first.to_vec();
    let Some(operation) = operation else {
        result.iter_mut().for_each(|byte| *byte = !*byte);
        return result;
    };
    result.resize(len, 0);
    for other in others {
        let (common, rest) = result.split_at_mut(other.len().min(len));
        common.iter_mut().zip(*other).for_each(|(byte, other)| *byte = operation(*byte, *other));
        rest.iter_mut().for_each(|byte| *byte = operation(*byte, 0));
    }
    result
}
